//! What anybody may know of a scenario.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::HeaderMap;

use super::Api;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::view::ScenarioFacts;

/// The public facts of a scenario.
#[utoipa::path(
    get,
    path = "/scenarios/{name}",
    params(("name" = String, Path, description = "The scenario's name")),
    responses(
        (status = 200, description = "The facts", body = ScenarioFacts),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn facts(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ScenarioFacts>, Problem> {
    let edition = api.desk.catalogue.current().get(&name).cloned();
    let edition = edition.ok_or(Code::NotFound)?;
    api.admit(&headers, &name)?;
    Ok(Json(edition.facts("")))
}
