//! The operator's listener: health, readiness and metrics. It serves no customer data.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::listener::Admission;
use crate::live::Live;
use crate::metrics::Observed;
use crate::service::SessionService;

/// The service, the live settings, and the admission control of the public listener.
type Admin = (Arc<SessionService>, Arc<Live>, Arc<Admission>);

pub(crate) fn router(
    service: Arc<SessionService>,
    live: Arc<Live>,
    admission: Arc<Admission>,
) -> Router {
    Router::new()
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state((service, live, admission))
}

/// Ready if the store accepts writes, a scenario is published, and the server is not stopping.
async fn ready(State((service, live, _)): State<Admin>) -> Response {
    let not_ready = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if service.is_stopping() {
        not_ready("stopping\n")
    } else if service.catalogue.current().is_empty() {
        not_ready("no scenarios\n")
    } else if service.store.ready().await.is_err() {
        not_ready("no store\n")
    } else if live.is_invalid() {
        "ready\nthe changed configuration is invalid; the earlier one is in use\n".into_response()
    } else {
        "ready\n".into_response()
    }
}

async fn metrics(State((service, _, admission)): State<Admin>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = service.metrics.text(&Observed {
        connections: admission.open(),
        streams: service.notifier.count(),
        revisions: service.catalogue.revisions_in_memory(),
        turns_under_way: service.busy_sessions().len(),
    });
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
