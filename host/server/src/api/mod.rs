//! The public API.

mod scenarios;
mod sessions;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::client::{self, Prefix};
use crate::desk::Desk;
use crate::listener::Peer;
use crate::origin::Origins;
use crate::pages;
use crate::problem::{Code, Problem};
use crate::token::Token;

/// How long a browser may remember what a preflight said, in seconds.
const PREFLIGHT_SECONDS: u32 = 600;

/// What handlers have.
pub(crate) struct Api {
    pub(crate) desk: Arc<Desk>,
    pub(crate) origins: Origins,
    document: Bytes,
}

/// The client's address prefix, beside a request.
#[derive(Clone, Copy)]
struct Client(Prefix);

fn described() -> OpenApiRouter<Arc<Api>> {
    let sessions = OpenApiRouter::new()
        .routes(routes!(sessions::start))
        .routes(routes!(sessions::resume, sessions::erase))
        .routes(routes!(sessions::answer))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::export))
        .routes(routes!(sessions::file))
        .routes(routes!(stream::events))
        .routes(routes!(scenarios::facts));
    OpenApiRouter::new().nest("/api/v1", sessions)
}

/// The description of the API, made from its code.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = described().into_openapi();
    document.info.title = "Krabice chat".to_owned();
    document.info.version = "1".to_owned();
    document.info.description =
        Some("Sessions of published scenarios: start, answer, end.".to_owned());
    // The macros name their own authors there.
    document.info.license = None;
    document.info.contact = None;
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    document
}

/// The routes, and the pages beside them.
pub(crate) fn router(desk: Arc<Desk>, demo: bool) -> Router {
    // It holds nothing that does not serialise.
    let document = openapi().to_pretty_json().unwrap_or_default().into();
    let origins = Origins::new(&desk.settings.origins);
    let api = Arc::new(Api {
        desk,
        origins,
        document,
    });
    let (routes, _) = described().split_for_parts();
    routes
        .route("/api/v1/openapi.json", axum::routing::get(document_of))
        .fallback(async || Problem::from(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Code::NotFound))
        .merge(pages::router(demo))
        .with_state(Arc::clone(&api))
        .layer(middleware::from_fn_with_state(api, around))
}

async fn document_of(State(api): State<Arc<Api>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, api.document.clone()).into_response()
}

/// Around every request: who asks, how often, from which site; and what every answer says.
async fn around(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return Problem::unavailable().into_response();
    };
    let trusted = &api.desk.settings.trusted_proxies;
    let prefix = Prefix::of(client::address(peer, request.headers(), trusted));
    let told = api.origins.told(request.headers());
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = match api.desk.rates.request(prefix) {
        Err(problem) => problem.into_response(),
        Ok(()) if is_api && *request.method() == Method::OPTIONS => preflight(told.is_some()),
        Ok(()) => {
            request.extensions_mut().insert(Client(prefix));
            next.run(request).await
        }
    };
    let code = response.extensions().get::<Code>().copied();
    if let Some(code) = code {
        api.desk.metrics.refused(code.word());
    }
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = told
            && code != Some(Code::OriginRefused)
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after, content-disposition"),
            );
        }
    }
    response
}

/// What a browser asks before it sends another site's request.
fn preflight(admitted: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    if admitted {
        let headers = response.headers_mut();
        let mut say = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        say(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE");
        say(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, last-event-id",
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS.into());
    }
    response
}

/// The token of a request: `Authorization: Bearer …`, once.
fn token(headers: &HeaderMap) -> Option<Token> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Token::read(token))
        .flatten()
}

impl Api {
    /// The session that a request opens, from a site that may.
    async fn enter(&self, id: &str, headers: &HeaderMap) -> Result<crate::store::Record, Problem> {
        let record = self.desk.enter(id, token(headers).as_ref()).await?;
        self.admit(headers, &record.scenario)?;
        Ok(record)
    }

    fn admit(&self, headers: &HeaderMap, scenario: &str) -> Result<(), Problem> {
        if self.origins.admit(headers, scenario) {
            Ok(())
        } else {
            Err(Code::OriginRefused.into())
        }
    }

    /// A body of JSON, as large and as slow as it may be.
    async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        let limits = &self.desk.settings.limits;
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                let kind = value.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("application/json")
            });
        if !is_json {
            return Err(Code::BadRequest.into());
        }
        let body = Limited::new(request.into_body(), limits.body_bytes).collect();
        let time = Duration::from_secs(limits.body_seconds);
        match tokio::time::timeout(time, body).await {
            Ok(Ok(body)) => {
                serde_json::from_slice(&body.to_bytes()).map_err(|_| Code::BadRequest.into())
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Code::TooLarge.into()),
            // It was broken off, or took too long.
            Ok(Err(_)) | Err(_) => Err(Code::BadRequest.into()),
        }
    }
}
