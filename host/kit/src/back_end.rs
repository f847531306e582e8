//! A back end on loopback that records its requests and answers as the check tells it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use krabice_contract::manifest::{Authorisation, Login};
use krabice_egress::{Prepared, RequestObserver};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::locked;
use crate::situation::Situation;

/// The host of the back end, as records of requests have it.
pub(crate) const HOST: &str = "127.0.0.1";

/// The bytes of a huge answer: more than an answer may have by default.
const HUGE: usize = 5 << 20;
/// The levels of deep JSON: more than any reader should follow.
const DEEP: usize = 100_000;
/// The most bytes of a request that are read.
pub(crate) const REQUEST_BYTES: usize = 64 << 20;
/// The metadata service of clouds, which gives credentials to whoever reaches it.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// A request as it arrived, with what the host added; or a request to a host of the manifest, as
/// the plugin wrote it.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    /// The host of the manifest; None for a request to this back end.
    pub(crate) host: Option<String>,
    pub(crate) method: Method,
    /// Path and query, as they were written.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ReceivedRequest {
    pub(crate) fn path_and_query(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }
}

/// A running back end, which ends when it is dropped.
pub(crate) struct BackEnd {
    address: SocketAddr,
    /// A port that is bound and on which nothing listens.
    closed_port: TcpSocket,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    situation: Mutex<Situation>,
    requests: Mutex<Vec<ReceivedRequest>>,
    login: Option<Login>,
}

impl BackEnd {
    /// Starts a back end, which answers the plugin's login, if it has one, with a token.
    ///
    /// # Errors
    /// The system gives no port.
    pub(crate) async fn start(authorisation: &Authorisation) -> std::io::Result<BackEnd> {
        let login = if let Authorisation::Login(login) = authorisation {
            Some(login.clone())
        } else {
            None
        };
        let shared = Arc::new(Shared {
            situation: Mutex::new(Situation::EmptyObject),
            requests: Mutex::default(),
            login,
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let closed_port = TcpSocket::new_v4()?;
        closed_port.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(BackEnd {
            address,
            closed_port,
            shared,
            server,
        })
    }

    /// Brings the back end into a situation; returns the address to ask.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub(crate) fn behave(&self, situation: Situation) -> std::io::Result<SocketAddr> {
        *locked(&self.shared.situation) = situation;
        if situation == Situation::Down {
            return self.closed_port.local_addr();
        }
        Ok(self.address)
    }

    /// Takes the requests since the last time, without logins.
    pub(crate) fn take_requests(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut *locked(&self.shared.requests))
    }
}

impl Drop for BackEnd {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A request that breaks off counts as one without a body.
    let body = axum::body::to_bytes(body, REQUEST_BYTES)
        .await
        .unwrap_or_default();
    let situation = *locked(&shared.situation);
    if let Some(login) = shared.login.as_ref()
        && is_login(login, parts.uri.path())
        && situation != Situation::Refused
    {
        return reply(StatusCode::OK, "application/json", token(login));
    }
    locked(&shared.requests).push(ReceivedRequest {
        host: None,
        method: parts.method,
        target: parts.uri.to_string(),
        headers: parts.headers,
        body,
    });
    let json = |text: &'static str| reply(StatusCode::OK, "application/json", text);
    match situation {
        Situation::EmptyObject | Situation::Down => json("{}"),
        Situation::EmptyList => json("[]"),
        Situation::Null => json("null"),
        Situation::NotFound => reply(StatusCode::NOT_FOUND, "application/json", "{}"),
        Situation::Refused => reply(StatusCode::UNAUTHORIZED, "application/json", "{}"),
        Situation::RateLimited => {
            let mut response = reply(StatusCode::TOO_MANY_REQUESTS, "application/json", "{}");
            let wait = http::HeaderValue::from_static("7");
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            response
        }
        Situation::Broken => reply(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            "out of order",
        ),
        Situation::Html => reply(
            StatusCode::OK,
            "text/html",
            "<!doctype html><title>Sign in</title><h1>Sign in</h1>",
        ),
        Situation::Truncated => json(r#"{"data":[{"id":1,"name":"cut o"#),
        Situation::Deep => reply(StatusCode::OK, "application/json", "[".repeat(DEEP)),
        Situation::Huge => reply(StatusCode::OK, "application/json", " ".repeat(HUGE)),
        Situation::Redirect => {
            let mut response = reply(StatusCode::FOUND, "text/plain", "");
            let place = http::HeaderValue::from_static(METADATA);
            response.headers_mut().insert(header::LOCATION, place);
            response
        }
        Situation::Slow => std::future::pending().await,
    }
}

fn reply(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        http::HeaderValue::from_static(media_type),
    );
    response
}

/// Records requests to hosts that the manifest names. No name is looked up in a check, so none of
/// them arrives anywhere.
#[derive(Default)]
pub(crate) struct NamedHosts(Mutex<Vec<ReceivedRequest>>);

impl NamedHosts {
    /// Takes the requests since the last time.
    pub(crate) fn take_requests(&self) -> Vec<ReceivedRequest> {
        std::mem::take(&mut *locked(&self.0))
    }
}

impl RequestObserver for NamedHosts {
    fn exchanged(&self, _: &Prepared, _: krabice_egress::Response) {}

    fn sending(&self, request: &Prepared) {
        let Some(host) = request.named_host() else {
            return;
        };
        locked(&self.0).push(ReceivedRequest {
            host: Some(host),
            method: request.method().clone(),
            target: request.path().to_owned(),
            headers: request.headers().clone(),
            body: request.body().cloned().unwrap_or_default(),
        });
    }
}

/// Whether a path is that of the login.
pub(crate) fn is_login(login: &Login, path: &str) -> bool {
    path.trim_start_matches('/') == login.path.trim_start_matches('/')
}

/// The answer to a login: a token at the place that the manifest names.
pub(crate) fn token(login: &Login) -> String {
    let mut document = serde_json::Value::Null;
    put(
        &mut document,
        &login.token,
        format!("{}-token", crate::test_connection::SECRET).into(),
    );
    if let Some(expires_in) = &login.expires_in {
        put(&mut document, expires_in, 3600.into());
    }
    document.to_string()
}

/// Puts a value at a JSON Pointer; missing objects on the way are made.
fn put(document: &mut serde_json::Value, pointer: &str, value: serde_json::Value) {
    let mut place = document;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !place.is_object() {
            *place = serde_json::json!({});
        }
        place = &mut place[step];
    }
    *place = value;
}
