//! Spans for the operator's collector: how long turns, calls and requests took, and what they
//! came to. They go by OTLP over HTTP, with protobuf.
//!
//! Only the spans of a short list are exported, and nothing that is logged within them; their
//! labels are from closed sets: scenarios, boxes, plugins, functions, connections, results. So no
//! name of a session, no path, no parameter and no word of a customer, a plugin or a back end can
//! be in what leaves. What waits to be sent waits in a queue that drops what is too much: a
//! collector that is away holds up no turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rustls::ClientConfig;
use serde::Deserialize;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{FilterFn, Filtered, filter_fn};
use tracing_subscriber::{Layer, Registry, reload};

use crate::refusal::Refusal;

/// The spans that are exported: the crate and the name of each.
const SPANS: [(&str, &str); 3] = [
    ("krabice_server", "turn"),
    ("krabice_server", "call"),
    ("krabice_egress", "request"),
];

/// The variables that say where the collector is. The first is the whole address.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// How long the collector may take for one delivery.
const DELIVERY: Duration = Duration::from_secs(10);

/// How long a server that stops waits for its last spans to be taken.
const LAST: Duration = Duration::from_secs(5);

/// What a configuration file says about telemetry.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TelemetrySettings {
    /// The collector's address, such as `https://collector.example:4318`; none: nothing is exported.
    pub(crate) endpoint: Option<String>,
    /// What the service is called. Default: `krabice`.
    pub(crate) service_name: Option<String>,
}

type Spans = OpenTelemetryLayer<Registry, SdkTracer>;
type Door = reload::Layer<Option<Spans>, Registry>;
type Listed = FilterFn<fn(&Metadata<'_>) -> bool>;

/// Starts exporting, when it is known where to.
pub(crate) struct Telemetry(reload::Handle<Option<Spans>, Registry>);

/// What is being exported. Nothing, if nobody asked for it.
pub(crate) struct Exporting(Option<SdkTracerProvider>);

/// A door for spans that lets nothing through yet.
pub(crate) fn closed() -> (Filtered<Door, Listed, Registry>, Telemetry) {
    let (door, handle) = reload::Layer::new(None);
    let filter = filter_fn(is_exported as fn(&Metadata<'_>) -> bool);
    let filter = filter.with_max_level_hint(LevelFilter::INFO);
    (door.with_filter(filter), Telemetry(handle))
}

fn is_exported(metadata: &Metadata<'_>) -> bool {
    let part = || metadata.target().split("::").next().unwrap_or_default();
    metadata.is_span() && SPANS.contains(&(part(), metadata.name()))
}

impl Telemetry {
    /// Begins to export, if the environment or the settings name a collector.
    ///
    /// # Errors
    /// What they say cannot be used.
    pub(crate) fn begin(&self, settings: &TelemetrySettings) -> Result<Exporting, Refusal> {
        let said = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let disabled = std::env::var("OTEL_SDK_DISABLED");
        if disabled.is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Exporting(None));
        }
        let mut builder = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary);
        if !ENDPOINTS.into_iter().any(said) {
            let Some(endpoint) = &settings.endpoint else {
                return Ok(Exporting(None));
            };
            let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
            builder = builder.with_endpoint(endpoint);
        }
        let collector = Collector::new().map_err(|error| refused(&error))?;
        let exporter = builder
            .with_http_client(collector)
            .build()
            .map_err(|error| refused(&error))?;
        let mut resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if !said("OTEL_SERVICE_NAME") {
            let name = settings.service_name.as_deref().unwrap_or("krabice");
            resource = resource.with_service_name(name.to_owned());
        }
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("krabice"))
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        // It fails where there is no log any more, and then nobody listens.
        let _ = self.0.reload(Some(layer));
        Ok(Exporting(Some(provider)))
    }
}

fn refused(error: &(dyn std::error::Error + 'static)) -> Refusal {
    Refusal::usage("the telemetry cannot be set up")
        .because(error)
        .help("docs/chat-server.md tells the settings and the variables")
}

impl Exporting {
    /// Sends what is still to be sent, as far as the collector takes it soon.
    pub(crate) async fn end(self) {
        let Some(provider) = self.0 else {
            return;
        };
        // It waits for a thread.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the collector did not take the last spans");
        }
    }
}

/// The way to the collector. The exporter's own thread has no runtime; the requests run in ours.
#[derive(Debug)]
struct Collector {
    client: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: tokio::runtime::Handle,
    away: AtomicBool,
}

impl Collector {
    fn new() -> Result<Collector, rustls::Error> {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .try_with_platform_verifier()?
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Collector {
            client: HyperClient::new(connector, DELIVERY, None),
            runtime: tokio::runtime::Handle::current(),
            away: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self
            .runtime
            .spawn(async move { client.send_bytes(request).await });
        let answer = sent.await?;
        let status = answer.as_ref().map(|answer| answer.status());
        let away = !matches!(status, Ok(status) if status.is_success());
        // Once, and not with every delivery.
        if self.away.swap(away, Ordering::Relaxed) != away {
            match status {
                Ok(status) if away => {
                    tracing::warn!(status = status.as_u16(), "the collector refuses the spans");
                }
                Ok(_) => tracing::info!("the collector takes the spans again"),
                Err(_) => tracing::warn!("the collector does not answer"),
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_the_collector() {
        let settings: TelemetrySettings =
            toml::from_str("endpoint = \"http://127.0.0.1:4318\"\nservice-name = \"chat\"")
                .unwrap();
        assert_eq!(settings.endpoint.as_deref(), Some("http://127.0.0.1:4318"));
        assert_eq!(settings.service_name.as_deref(), Some("chat"));
        assert!(toml::from_str::<TelemetrySettings>("endpont = \"x\"").is_err());
    }
}
