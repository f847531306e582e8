//! What only the operator may ask: health, readiness, numbers. Nothing of a customer's.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::desk::Desk;

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/health/live", get(async || "alive\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(desk)
}

/// Ready while the store takes writes, some scenario is published, and the server does not stop.
async fn ready(State(desk): State<Arc<Desk>>) -> Response {
    let no = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if desk.is_stopping() {
        no("stopping\n")
    } else if desk.catalogue.current().is_empty() {
        no("no scenarios\n")
    } else if desk.store.ready().await.is_err() {
        no("no store\n")
    } else {
        "ready\n".into_response()
    }
}

async fn metrics(State(desk): State<Arc<Desk>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let editions = desk.catalogue.editions();
    let text = desk.metrics.text(desk.hub.count(), editions);
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
