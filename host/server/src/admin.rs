//! The operator's listener: health, readiness and metrics. It serves no customer data.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use krabice_edge::Admission;
use krabice_sessions::SessionService;

use crate::metrics::Metrics;

/// The service, its metrics, and the admission control of the public listener.
type Admin = (Arc<SessionService>, Arc<Metrics>, Arc<Admission>);

pub(crate) fn router(
    service: Arc<SessionService>,
    metrics: Arc<Metrics>,
    admission: Arc<Admission>,
) -> Router {
    Router::new()
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state((service, metrics, admission))
}

/// Ready if the store accepts writes, a scenario is published, and the server is not stopping.
async fn ready(State((service, ..)): State<Admin>) -> Response {
    match service.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn show_metrics(State((service, metrics, admission)): State<Admin>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = metrics.text(admission.open(), service.counts());
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
