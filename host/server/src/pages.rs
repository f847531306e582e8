//! The chat page, the widget and the demo shop: the files of `web/dist`, which the program
//! holds.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::api::Api;
use crate::problem::{Code, Problem};

static DIST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// What a page of ours may do: nothing but its own scripts, styles and requests. Which frames
/// it may stand in comes after it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors ";
/// The sources of a page that stands in no frame.
const NO_FRAME: &str = "'none'";

/// The name of the script stays the same, so it is asked for again now and then.
const SHORT: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The name holds a digest of the file.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-cache");

/// The routes of the pages; those of the demo shop where it is wanted.
pub(crate) fn router(demo: bool) -> Router<Arc<Api>> {
    let pages = Router::new()
        .route(
            "/widget.js",
            get(async || file("widget.js", &[(header::CACHE_CONTROL, SHORT)])),
        )
        .route("/assets/{name}", get(asset))
        .route("/chat/{scenario}", get(chat));
    if !demo {
        return pages;
    }
    pages
        .route("/", get(scenarios))
        .route("/demo", get(async || Redirect::permanent("/demo/")))
        .route("/demo/", get(async || page("demo/index.html", NO_FRAME)))
        .route(
            "/demo/{name}",
            get(async |Path(name): Path<String>| page(&format!("demo/{name}"), NO_FRAME)),
        )
}

/// A file with its kind and more headers.
fn file(path: &str, headers: &[(HeaderName, HeaderValue)]) -> Response {
    let Some(found) = DIST.get_file(path) else {
        return Problem::from(Code::NotFound).into_response();
    };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    let mut response = found.contents().into_response();
    let said = response.headers_mut();
    said.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    said.extend(headers.iter().cloned());
    response
}

/// A file of a page of ours, which may stand in frames of `ancestors`: sources as the policy
/// writes them.
fn page(path: &str, ancestors: &str) -> Response {
    let Ok(policy) = HeaderValue::try_from(format!("{POLICY}{ancestors}")) else {
        return Problem::unavailable().into_response();
    };
    file(
        path,
        &[
            (header::CACHE_CONTROL, NOT_KEPT),
            (header::CONTENT_SECURITY_POLICY, policy),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
        ],
    )
}

/// A part of the widget, which shops' pages load as a module: always with CORS.
async fn asset(Path(name): Path<String>) -> Response {
    file(
        &format!("assets/{name}"),
        &[
            (header::CACHE_CONTROL, FOR_EVER),
            (
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            ),
        ],
    )
}

/// The page of a published scenario, which it reads from its own address. The sites that may
/// talk to the scenario may have it in a frame, too.
async fn chat(State(api): State<Arc<Api>>, Path(scenario): Path<String>) -> Response {
    match api.desk.catalogue.current().contains_key(&scenario) {
        true => page("chat.html", &api.origins.ancestors(&scenario)),
        false => Problem::from(Code::NotFound).into_response(),
    }
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    lang: String,
}

/// The published scenarios for the demo shop; the demo shop for people.
async fn scenarios(
    State(api): State<Arc<Api>>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    if !accepts.is_some_and(|accepts| accepts.contains("application/json")) {
        return Redirect::temporary("/demo/").into_response();
    }
    let current = api.desk.catalogue.current();
    let mut names: Vec<_> = current.keys().collect();
    names.sort();
    let facts: Vec<_> = names
        .into_iter()
        .map(|name| current[name].facts(&wish.lang))
        .collect();
    Json(facts).into_response()
}
