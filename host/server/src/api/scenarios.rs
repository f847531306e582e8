//! The public facts of scenarios.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, header};
use krabice_edge::Problem;
use krabice_sessions::view::ScenarioFacts;

use super::Api;

/// Returns the public facts of a scenario. Every site can read why it is refused, so that the widget of a
/// site that is not set up can say so.
#[utoipa::path(
    get,
    path = "/scenarios/{name}",
    params(("name" = String, Path, description = "The scenario's name")),
    responses(
        (status = 200, description = "The facts", body = ScenarioFacts),
        Problem,
    )
)]
pub(super) async fn facts(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ScenarioFacts>, impl IntoResponse> {
    let facts = match api.service.facts(&name, "") {
        Some(facts) => Ok(facts),
        None if api.service.is_suspended(&name) => Err(Problem::suspended()),
        None => Err(api.origins.refuse_unknown(&headers, &name).into()),
    };
    facts
        .and_then(|facts| {
            api.origins.admit(&headers, &name)?;
            Ok(Json(facts))
        })
        .map_err(|problem| {
            let any = HeaderValue::from_static("*");
            ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, any)], problem)
        })
}
