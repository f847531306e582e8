//! The operator's listener: health, readiness and metrics. It serves no customer data.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use krabice_edge::Admission;
use krabice_sessions::SessionService;

use crate::live::Live;
use crate::metrics::Metrics;

/// The service, its metrics, the live settings, and the admission control of the public listener.
type Admin = (Arc<SessionService>, Arc<Metrics>, Arc<Live>, Arc<Admission>);

pub(crate) fn router(
    service: Arc<SessionService>,
    metrics: Arc<Metrics>,
    live: Arc<Live>,
    admission: Arc<Admission>,
) -> Router {
    Router::new()
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state((service, metrics, live, admission))
}

/// Ready if the store accepts writes, a scenario is published, and the server is not stopping. What is wrong
/// all the same stands below.
async fn ready(State((service, _, live, _)): State<Admin>) -> Response {
    match service.ready().await {
        Ok(no_room) => {
            let mut text = "ready\n".to_owned();
            if live.is_invalid() {
                text.push_str("the changed configuration is invalid; the earlier one is in use\n");
            }
            if let Some(why) = no_room {
                text.push_str(&format!("no new sessions are started: {why}\n"));
            }
            text.into_response()
        }
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn show_metrics(State((service, metrics, _, admission)): State<Admin>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = metrics.text(admission.open(), service.counts());
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
