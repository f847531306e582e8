//! The public HTTP API.

mod scenarios;
mod sessions;
mod stream;
mod transcript;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use krabice_edge::{Peer, Problem, ProblemCode, ProblemDocument, client_address, guarded};
use krabice_sessions::{AddressPrefix, OpenedSession, RateLimit, SessionService, SessionToken};
use serde::de::DeserializeOwned;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::metrics::Metrics;
use crate::origin::Origins;
use crate::pages;
use crate::settings::Settings;

/// How long a browser may cache the response to a preflight request, in seconds.
const PREFLIGHT_SECONDS: u32 = 600;

/// The state of the API's handlers.
struct Api {
    service: Arc<SessionService>,
    metrics: Arc<Metrics>,
    settings: Settings,
    /// Requests per minute from one address prefix.
    requests: RateLimit<AddressPrefix>,
    origins: Arc<Origins>,
    /// The description of the API, as JSON.
    description: Bytes,
}

/// The parts of the description that do not come from a route.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Krabice chat",
        version = "1",
        description = "Sessions of published scenarios: start, answer, end."
    ),
    components(schemas(ProblemDocument))
)]
struct Description;

fn described_routes() -> OpenApiRouter<Arc<Api>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(sessions::start))
        .routes(routes!(sessions::resume, sessions::erase))
        .routes(routes!(sessions::answer))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::export))
        .routes(routes!(sessions::file))
        .routes(routes!(stream::events))
        .routes(routes!(scenarios::facts));
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", routes)
}

/// The OpenAPI description of the API, generated from its code.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = described_routes().into_openapi();
    // The macro fills these in from the manifest of the crate.
    document.info.license = None;
    document.info.contact = None;
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    document
}

/// The routes of the API and of the pages.
pub(crate) fn router(
    service: Arc<SessionService>,
    metrics: Arc<Metrics>,
    settings: Settings,
    origins: Arc<Origins>,
    demo: bool,
) -> Router {
    let description = openapi()
        .to_pretty_json()
        .expect("an OpenAPI description consists of texts, numbers, lists and maps by text")
        .into();
    let pages = pages::router(Arc::clone(&service), Arc::clone(&origins), demo);
    let api = Arc::new(Api {
        requests: RateLimit::per_minute(settings.limits.requests_per_minute),
        service,
        metrics,
        settings,
        origins,
        description,
    });
    let (routes, _) = described_routes().split_for_parts();
    let routes = routes
        .route("/api/v1/openapi.json", axum::routing::get(description_json))
        .fallback(async |headers: HeaderMap| pages::refused(&headers, ProblemCode::NotFound))
        .with_state(Arc::clone(&api))
        .merge(pages);
    guarded(routes).layer(middleware::from_fn_with_state(api, around))
}

async fn description_json(State(api): State<Arc<Api>>) -> Response {
    let media_type = [(header::CONTENT_TYPE, "application/json")];
    (media_type, api.description.clone()).into_response()
}

/// Wraps every request: client address, rate limit, preflight requests, metrics, common headers.
async fn around(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let Peer(peer) = *request
        .extensions()
        .get()
        .expect("the listener adds the peer to every request");
    let trusted = &api.settings.access.trusted_proxies;
    let prefix = AddressPrefix::of(client_address(peer, request.headers(), trusted));
    let allow_origin = api.origins.allow_origin(request.headers());
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = match api.requests.take(&prefix) {
        Err(wait) => Problem::later(ProblemCode::TooMany, wait).into_response(),
        Ok(()) if is_api && *request.method() == Method::OPTIONS => {
            preflight(allow_origin.is_some())
        }
        Ok(()) => {
            request.extensions_mut().insert(prefix);
            next.run(request).await
        }
    };
    let code = response.extensions().get::<ProblemCode>().copied();
    if let Some(code) = code {
        api.metrics.refused(code.word());
    }
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = allow_origin
            && code != Some(ProblemCode::OriginRefused)
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

/// The response to a preflight request, which a browser sends before another site's request.
fn preflight(is_allowed: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    if is_allowed {
        let headers = response.headers_mut();
        let mut add = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        add(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE");
        add(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, last-event-id",
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS.into());
    }
    response
}

/// The token of a request, from the only header `Authorization: Bearer …`.
fn bearer_token(headers: &HeaderMap) -> Option<SessionToken> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| SessionToken::parse(token))
        .flatten()
}

impl Api {
    /// The session of a request, if the request's token opens it and its site may use the scenario.
    async fn authenticate(&self, id: &str, headers: &HeaderMap) -> Result<OpenedSession, Problem> {
        self.authenticate_for(id, headers, None).await
    }

    /// The same, with the message of an id if the session was sent it.
    async fn authenticate_for(
        &self,
        id: &str,
        headers: &HeaderMap,
        message: Option<&str>,
    ) -> Result<OpenedSession, Problem> {
        let token = bearer_token(headers);
        let opened = self.service.authenticate(id, token.as_ref(), message);
        let session = opened.await?;
        self.check_origin(headers, session.scenario())?;
        Ok(session)
    }

    fn check_origin(&self, headers: &HeaderMap, scenario: &str) -> Result<(), Problem> {
        Ok(self.origins.admit(headers, scenario)?)
    }

    /// Reads a JSON body within the limits of size and time.
    async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        let limits = &self.settings.limits;
        krabice_edge::json(request, limits.body_bytes, limits.body_timeout).await
    }
}
