//! The chat page, the widget and the demo shop: the files of `web/dist`, which are compiled into the
//! program.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use include_dir::{Dir, include_dir};
use krabice_edge::static_files::{self, NO_FRAME};
use krabice_edge::{Problem, ProblemCode};
use krabice_sessions::SessionService;
use serde::Deserialize;

use crate::origin::Origins;

static DIST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// For a file whose name stays the same when its content changes.
const CACHE_SHORT: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// For a file whose name contains a digest of its content.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The state of the pages' handlers.
type Pages = (Arc<SessionService>, Arc<Origins>);

/// The routes of the pages, and with `demo` those of the demo shop.
pub(crate) fn router(service: Arc<SessionService>, origins: Arc<Origins>, demo: bool) -> Router {
    let pages = Router::new()
        .route(
            "/widget.js",
            get(async || file("widget.js", &[(header::CACHE_CONTROL, CACHE_SHORT)])),
        )
        .route("/assets/{name}", get(asset))
        .route("/chat/{scenario}", get(chat));
    let demo_pages = Router::new()
        .route("/", get(scenarios))
        .route("/demo", get(async || Redirect::permanent("/demo/")))
        .route("/demo/", get(async || page("demo/index.html", NO_FRAME)))
        .route(
            "/demo/{name}",
            get(async |Path(name): Path<String>| page(&format!("demo/{name}"), NO_FRAME)),
        );
    let routes = if demo { pages.merge(demo_pages) } else { pages };
    routes.with_state((service, origins))
}

fn file(path: &str, headers: &[(HeaderName, HeaderValue)]) -> Response {
    static_files::file(&DIST, path, headers)
}

fn page(path: &str, ancestors: &str) -> Response {
    static_files::page(&DIST, path, ancestors)
}

/// A part of the widget. Shops' pages load it as a module, which needs CORS headers.
async fn asset(Path(name): Path<String>) -> Response {
    file(
        &format!("assets/{name}"),
        &[
            (header::CACHE_CONTROL, CACHE_FOREVER),
            (
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            ),
        ],
    )
}

/// A refusal: for a browser a page that says so, otherwise a problem document. The page has no script and
/// no data, so any site may show it in a frame: in place of the chat that it has not set up.
pub(crate) fn refused(headers: &HeaderMap, code: ProblemCode) -> Response {
    let mut problem = Problem::from(code).into_response();
    let accepts = headers.get_all(header::ACCEPT).iter();
    let mut accepts = accepts.filter_map(|value| value.to_str().ok());
    if accepts.any(|accepts| accepts.contains("text/html")) {
        let mut page = page("not-set-up.html", "*");
        *page.status_mut() = problem.status();
        std::mem::swap(page.extensions_mut(), problem.extensions_mut());
        return page;
    }
    problem
}

#[derive(Deserialize)]
struct ChatQuery {
    /// The origin of the page that shows this one in a frame.
    embed: Option<String>,
}

/// The chat page of a published scenario. Sites that may use the scenario may frame the page.
async fn chat(
    State((service, origins)): State<Pages>,
    scenario: Result<Path<String>, PathRejection>,
    query: Result<Query<ChatQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let (Ok(Path(scenario)), Ok(Query(query))) = (scenario, query) else {
        return refused(&headers, ProblemCode::BadRequest);
    };
    // A session of a suspended scenario goes on in its page.
    if !service.is_published(&scenario) && !service.is_suspended(&scenario) {
        return refused(&headers, origins.refuse_unknown(&headers, &scenario));
    }
    let framed = match &query.embed {
        Some(site) => origins.admit_frame(&headers, site, &scenario),
        None => Ok(()),
    };
    match framed {
        Ok(()) => page("chat.html", &origins.ancestors(&scenario)),
        Err(code) => refused(&headers, code),
    }
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    lang: String,
}

/// The published scenarios as JSON for the demo shop. Other requests are redirected to the shop.
async fn scenarios(
    State((service, _)): State<Pages>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Response {
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if !accepts.is_some_and(|accepts| accepts.contains("application/json")) {
        return Redirect::temporary("/demo/").into_response();
    }
    let names = service.published();
    let facts = names
        .iter()
        .filter_map(|name| service.facts(name, &query.lang));
    let facts: Vec<_> = facts.collect();
    Json(facts).into_response()
}
