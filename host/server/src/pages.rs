//! The chat page, the widget and the demo shop: the files of `web/dist`, which are compiled into the
//! program.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::origin::Origins;
use crate::problem::{Problem, ProblemCode};
use crate::service::SessionService;

static DIST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/dist");

/// The content security policy of the pages, without the sources of `frame-ancestors`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors ";
/// The `frame-ancestors` of a page that may not be shown in a frame.
const NO_FRAME: &str = "'none'";

/// For a file whose name stays the same when its content changes.
const CACHE_SHORT: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// For a file whose name contains a digest of its content.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

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

/// A file of `web/dist`, with additional headers.
fn file(path: &str, headers: &[(HeaderName, HeaderValue)]) -> Response {
    let Some(found) = DIST.get_file(path) else {
        return Problem::from(ProblemCode::NotFound).into_response();
    };
    let media_type = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    let mut response = found.contents().into_response();
    let response_headers = response.headers_mut();
    response_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response_headers.extend(headers.iter().cloned());
    response
}

/// A file of a page that `ancestors`, sources of the policy, may show in a frame.
fn page(path: &str, ancestors: &str) -> Response {
    let policy = HeaderValue::try_from(format!("{POLICY}{ancestors}"))
        .expect("`Origins::ancestors` returns only visible ASCII characters and spaces");
    file(
        path,
        &[
            (header::CACHE_CONTROL, REVALIDATE),
            (header::CONTENT_SECURITY_POLICY, policy),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
        ],
    )
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

/// The chat page of a published scenario. Sites that may use the scenario may frame the page.
async fn chat(State((service, origins)): State<Pages>, Path(scenario): Path<String>) -> Response {
    if service.catalogue.current().contains_key(&scenario) {
        page("chat.html", &origins.ancestors(&scenario))
    } else {
        Problem::from(ProblemCode::NotFound).into_response()
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
    let current = service.catalogue.current();
    let mut names: Vec<_> = current.keys().collect();
    names.sort();
    let facts: Vec<_> = names
        .into_iter()
        .map(|name| current[name].facts(&query.lang))
        .collect();
    Json(facts).into_response()
}
