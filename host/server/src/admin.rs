//! The operator's listener: health, readiness and metrics. It serves no customer data.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use krabice_edge::{Admission, Problem, ProblemCode, guarded};
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
    let routes = Router::new()
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state((service, metrics, live, admission));
    guarded(routes)
}

/// Ready if the store accepts writes, visitors can start a scenario, and the server is not stopping.
async fn ready(State((service, _, live, _)): State<Admin>) -> Response {
    match service.ready().await {
        Ok(()) => {
            let mut text = "ready\n".to_owned();
            if live.is_invalid() {
                text += "the changed configuration is invalid; the earlier one is in use\n";
            }
            for scenario in service.suspended() {
                text += &format!("no session of {scenario} can be started: a file is refused\n");
            }
            text.into_response()
        }
        Err(why) => Problem::from(ProblemCode::Unavailable).with_detail(why.to_string()),
    }
}

async fn show_metrics(State((service, metrics, _, admission)): State<Admin>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = metrics.text(admission.open(), service.counts());
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
