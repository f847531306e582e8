//! Exports spans to the operator's collector: how long turns, calls and requests took, and how they
//! ended. The protocol is OTLP over HTTP with protobuf.
//!
//! An export must not leak personal data. So only the spans of a short list are exported, without
//! the events logged within them, and their labels come from closed sets: scenarios, boxes,
//! plugins, functions, connections, results. No session id, path, parameter, or text of a customer,
//! a plugin or a back end is exported.
//!
//! Spans wait in a queue that drops what it has no room for: an unreachable collector delays no
//! turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use krabice_config::optional;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rustls::ClientConfig;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::{Layer, Registry, reload};

use crate::error::CliError;

/// The exported spans: the crate and the name of each.
const SPANS: [(&str, &str); 3] = [
    ("krabice_sessions", "turn"),
    ("krabice_sessions", "call"),
    ("krabice_egress", "request"),
];

/// The environment variables with the collector's address. The first holds the full URL, the
/// second the base URL.
const ENDPOINT_VARIABLES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// The timeout of one request to the collector.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stopping server waits until its last spans are exported.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

krabice_config::settings! {
    /// The `[telemetry]` table of a configuration.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct TelemetrySettings {
        /// The collector's address, such as `https://collector.example:4318`. Without one, nothing is
        /// exported.
        pub(crate) endpoint: Option<String> = optional("none", "the URL of a collector");
        /// The name of the service at the collector.
        pub(crate) service_name: Option<String> = optional("krabice", "a text");
    }
}

type SpanLayer = OpenTelemetryLayer<Registry, SdkTracer>;
type OptionalSpanLayer = reload::Layer<Option<SpanLayer>, Registry>;

/// Whether spans are exported. While they are not, none is made for the export: making them costs time in
/// each turn, and nobody reads them.
static EXPORTS: AtomicBool = AtomicBool::new(false);

/// Lets the exported spans through, once there is an export.
pub(crate) struct SpanFilter;

impl<S> Filter<S> for SpanFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        is_exported(metadata)
    }

    // The answer changes only when the export starts, which asks again.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_exported(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if EXPORTS.load(Ordering::Relaxed) {
            LevelFilter::INFO
        } else {
            LevelFilter::OFF
        })
    }
}

/// The handle that starts the export, once the configuration is known.
pub(crate) struct Telemetry(reload::Handle<Option<SpanLayer>, Registry>);

/// A running export. `None` inside means that none was configured.
pub(crate) struct SpanExport(Option<SdkTracerProvider>);

/// A layer that exports nothing yet, and the handle that starts the export.
pub(crate) fn inactive_layer() -> (Filtered<OptionalSpanLayer, SpanFilter, Registry>, Telemetry) {
    let (layer, handle) = reload::Layer::new(None);
    (layer.with_filter(SpanFilter), Telemetry(handle))
}

fn is_exported(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let crate_name = target.split_once("::").map_or(target, |(first, _)| first);
    EXPORTS.load(Ordering::Relaxed)
        && metadata.is_span()
        && SPANS.contains(&(crate_name, metadata.name()))
}

impl Telemetry {
    /// Starts the export if the environment or the settings name a collector.
    ///
    /// # Errors
    /// The environment or the settings are invalid.
    pub(crate) fn start(&self, settings: &TelemetrySettings) -> Result<SpanExport, CliError> {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let disabled = std::env::var("OTEL_SDK_DISABLED");
        if disabled.is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(SpanExport(None));
        }
        let mut builder = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary);
        if !ENDPOINT_VARIABLES.into_iter().any(is_set) {
            let Some(endpoint) = &settings.endpoint else {
                return Ok(SpanExport(None));
            };
            let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
            builder = builder.with_endpoint(endpoint);
        }
        let collector = Collector::new().map_err(|error| invalid(&error))?;
        let exporter = builder
            .with_http_client(collector)
            .build()
            .map_err(|error| invalid(&error))?;
        let mut resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if !is_set("OTEL_SERVICE_NAME") {
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
        EXPORTS.store(true, Ordering::Relaxed);
        self.0
            .reload(Some(layer))
            .expect("the log lives as long as the process");
        Ok(SpanExport(Some(provider)))
    }
}

fn invalid(error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::usage("the telemetry cannot be set up")
        .because(error)
        .help("docs/chat-server.md lists the settings and the environment variables")
}

impl SpanExport {
    /// Exports the remaining spans, if the collector takes them in time.
    pub(crate) async fn shut_down(self) {
        let Some(provider) = self.0 else {
            return;
        };
        // The shutdown blocks until the exporter's thread has ended.
        let ended =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT))
                .await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the collector did not accept the last spans");
        }
    }
}

/// The HTTP client of the exporter. The exporter's thread has no Tokio runtime, so its requests run in
/// the runtime of the command.
#[derive(Debug)]
struct Collector {
    client: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: tokio::runtime::Handle,
    /// Whether the last request failed.
    is_failing: AtomicBool,
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
            client: HyperClient::new(connector, REQUEST_TIMEOUT, None),
            runtime: tokio::runtime::Handle::current(),
            is_failing: AtomicBool::new(false),
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
        let fails = !matches!(status, Ok(status) if status.is_success());
        // Only a change is logged, not every request.
        if self.is_failing.swap(fails, Ordering::Relaxed) != fails {
            match status {
                Ok(status) if fails => {
                    tracing::warn!(status = status.as_u16(), "the collector refuses the spans");
                }
                Ok(_) => tracing::info!("the collector accepts the spans again"),
                Err(_) => tracing::warn!("the collector does not answer"),
            }
        }
        answer
    }
}
