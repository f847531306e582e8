//! The public facts of scenarios.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::HeaderMap;
use krabice_edge::{Problem, ProblemCode};
use krabice_sessions::view::ScenarioFacts;

use super::Api;

/// Returns the public facts of a scenario.
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
) -> Result<Json<ScenarioFacts>, Problem> {
    let facts = api.service.facts(&name, "");
    let facts = facts.ok_or(ProblemCode::NotFound)?;
    api.check_origin(&headers, &name)?;
    Ok(Json(facts))
}
