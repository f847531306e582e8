//! A back end on loopback that notes what it is asked and answers as it is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header};
use krabice_egress::{ObservedExchange, ObservedRequest, RequestObserver};
use krabice_scenario::manifest::{Authorisation, Login};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::fault::Situation;

/// More than an answer may have by default.
const HUGE: usize = 5 << 20;
/// Deeper than any reader should follow.
const DEEP: usize = 100_000;
/// Where no plugin may ever be led.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// A request as it came over the network, with what the host added; of one to a host
/// of the manifest, what the plugin wrote.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The host of the manifest that it was for; none where it came to this back end.
    pub(crate) host: Option<String>,
    pub(crate) method: Method,
    /// Path and query, as they were written.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A running back end; it ends when it is dropped.
pub(crate) struct BackEnd {
    address: SocketAddr,
    /// A port that is taken and on which nobody listens.
    nowhere: TcpSocket,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    situation: Mutex<Situation>,
    asked: Mutex<Vec<Asked>>,
    login: Option<Login>,
}

impl BackEnd {
    /// Starts it. A login, where the plugin has one, is answered with a token.
    ///
    /// # Errors
    /// The system gives no port.
    pub(crate) async fn start(authorisation: &Authorisation) -> std::io::Result<BackEnd> {
        let shared = Arc::new(Shared {
            situation: Mutex::new(Situation::EmptyObject),
            asked: Mutex::default(),
            login: match authorisation {
                Authorisation::Login(login) => Some(login.clone()),
                _ => None,
            },
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let nowhere = TcpSocket::new_v4()?;
        nowhere.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(BackEnd {
            address,
            nowhere,
            shared,
            server,
        })
    }

    /// From now on it behaves so. Returns the address to ask.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub(crate) fn behave(&self, situation: Situation) -> std::io::Result<SocketAddr> {
        *lock(&self.shared.situation) = situation;
        match situation {
            Situation::Down => self.nowhere.local_addr(),
            _ => Ok(self.address),
        }
    }

    /// What it was asked since the last time, logins left out.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *lock(&self.shared.asked))
    }
}

impl Drop for BackEnd {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20)
        .await
        .unwrap_or_default();
    let situation = *lock(&shared.situation);
    if let Some(login) = shared.login.as_ref()
        && parts.uri.path().trim_start_matches('/') == login.path.trim_start_matches('/')
        && situation != Situation::Refused
    {
        return reply(StatusCode::OK, "application/json", token(login));
    }
    lock(&shared.asked).push(Asked {
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

/// Takes note of requests to hosts of the manifest: none is looked up here, so none
/// arrives.
#[derive(Default)]
pub(crate) struct Elsewhere(Mutex<Vec<Asked>>);

impl Elsewhere {
    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl RequestObserver for Elsewhere {
    fn exchanged(&self, _: ObservedExchange<'_>) {}

    fn sending(&self, leaving: ObservedRequest<'_>) {
        let Some(host) = leaving.host else {
            return;
        };
        lock(&self.0).push(Asked {
            host: Some(host),
            method: leaving.method.clone(),
            target: leaving.path.to_owned(),
            headers: leaving.headers.clone(),
            body: leaving.body.cloned().unwrap_or_default(),
        });
    }
}

/// The answer to a login: a token where the manifest looks for one.
pub(crate) fn token(login: &Login) -> String {
    let mut document = serde_json::Value::Null;
    put(
        &mut document,
        &login.token,
        format!("{}-token", crate::stage::SECRET).into(),
    );
    if let Some(expires_in) = &login.expires_in {
        put(&mut document, expires_in, 3600.into());
    }
    document.to_string()
}

/// Puts a value where a JSON Pointer says, making what is missing on the way.
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
