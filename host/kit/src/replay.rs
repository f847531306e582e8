//! A back end on loopback that plays recorded exchanges, and is strict about them:
//! these requests, in this order, and no other.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use krabice_egress::is_transport;
use krabice_scenario::Manifest;
use krabice_scenario::manifest::Authorisation;
use tokio::task::JoinHandle;

use crate::back_end;
use crate::difference::{self, shown};
use crate::exchange::{self, Asked, BACK_END, Body, Exchange};

/// A running back end; it ends when it is dropped.
pub(crate) struct Replay {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    origin: String,
    authorisation: Authorisation,
    exchanges: Vec<Exchange>,
    state: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// Which exchanges have been played.
    played: Vec<bool>,
    differences: Vec<String>,
    /// How many requests came.
    asked: usize,
}

impl Replay {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no port.
    pub(crate) async fn start(
        manifest: &Manifest,
        exchanges: Vec<Exchange>,
    ) -> std::io::Result<Replay> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            origin: format!("http://{address}"),
            authorisation: manifest.authorisation.clone(),
            state: Mutex::new(Progress {
                played: vec![false; exchanges.len()],
                ..Progress::default()
            }),
            exchanges,
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Replay {
            address,
            shared,
            server,
        })
    }

    /// Everything in which the requests differ from the recorded ones.
    pub(crate) fn finish(&self) -> Vec<String> {
        let mut progress = lock(&self.shared.state);
        let mut differences = std::mem::take(&mut progress.differences);
        for (index, exchange) in self.shared.exchanges.iter().enumerate() {
            if !progress.played.get(index).is_some_and(|played| *played) {
                differences.push(format!(
                    "request {} is missing: {}",
                    index + 1,
                    line(&exchange.request)
                ));
            }
        }
        differences
    }

    /// A text with the address of this back end as recordings have it.
    pub(crate) fn without_address(&self, text: &str) -> String {
        exchange::with_address(text, &self.shared.origin, BACK_END)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<axum::body::Body>) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 20)
        .await
        .unwrap_or_default();
    if let Authorisation::Login(login) = &shared.authorisation
        && parts.uri.path().trim_start_matches('/') == login.path.trim_start_matches('/')
        && !shared
            .exchanges
            .iter()
            .any(|known| path(&known.request.path) == login.path)
    {
        let mut response = Response::new(back_end::token(login).into());
        let json = HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
        return response;
    }
    let found = Asked {
        method: parts.method.to_string(),
        path: shared.own_path(&parts.uri.to_string()),
        headers: exchange::headers(&parts.headers, |name| shared.added_by_the_host(name)),
        body: Body::of(&bytes),
    };
    match shared.play(&shared.with_placeholder(found)) {
        Some(exchange) => shared.response(exchange),
        None => {
            let mut response = Response::new("no such exchange is recorded".into());
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
            response
        }
    }
}

fn path(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or(target)
}

impl Shared {
    /// The path below the address, without what the host added.
    fn own_path(&self, target: &str) -> String {
        let target = target.trim_start_matches('/');
        let (Authorisation::Query { name, .. }, Some((path, query))) =
            (&self.authorisation, target.split_once('?'))
        else {
            return target.to_owned();
        };
        let own: Vec<_> = query
            .split('&')
            .filter(|pair| pair.split_once('=').is_none_or(|(key, _)| key != name))
            .collect();
        match own.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", own.join("&")),
        }
    }

    fn added_by_the_host(&self, name: &str) -> bool {
        let carrier = match &self.authorisation {
            Authorisation::Basic { header, .. } => Some(header),
            Authorisation::Header { name, .. } => Some(name),
            Authorisation::Login(login) => Some(&login.header),
            Authorisation::None | Authorisation::Query { .. } => None,
        };
        carrier.is_some_and(|carrier| carrier.eq_ignore_ascii_case(name))
            || matches!(name, "accept-encoding" | "user-agent" | "authorization")
            || HeaderName::try_from(name).is_ok_and(|name| is_transport(&name))
    }

    /// A request as a recording has it, where it speaks of this back end.
    fn with_placeholder(&self, mut asked: Asked) -> Asked {
        let replaced = |text: &str| exchange::with_address(text, &self.origin, BACK_END);
        asked.path = replaced(&asked.path);
        for value in asked.headers.values_mut() {
            *value = replaced(value);
        }
        let text = match &asked.body {
            Some(Body::Json(raw)) => Some(replaced(raw.get())),
            Some(Body::Text(text)) => Some(replaced(text)),
            _ => None,
        };
        if let Some(text) = text {
            asked.body = Body::of(text.as_bytes());
        }
        asked
    }

    /// The exchange that a request belongs to. A request that is not the next one
    /// is a difference; it is answered all the same where it is recorded later.
    fn play(&self, found: &Asked) -> Option<&Exchange> {
        let mut progress = lock(&self.state);
        progress.asked += 1;
        let number = progress.asked;
        let next = progress.played.iter().position(|played| !played);
        let Some(next) = next else {
            let text = format!("request {number} is not recorded: {}", line(found));
            progress.differences.push(text);
            return None;
        };
        let differences = compare(&self.exchanges[next].request, found);
        if differences.is_empty() {
            progress.played[next] = true;
            return Some(&self.exchanges[next]);
        }
        let later = (next + 1..self.exchanges.len()).find(|&index| {
            !progress.played[index] && compare(&self.exchanges[index].request, found).is_empty()
        });
        if let Some(later) = later {
            let text = format!(
                "request {number} comes too early, it is recorded as request {}: {}",
                later + 1,
                line(found)
            );
            progress.differences.push(text);
            progress.played[later] = true;
            return Some(&self.exchanges[later]);
        }
        // The same place, told otherwise: the difference is worth more than the
        // two lines. Anything else is not the recorded request at all.
        let expected = &self.exchanges[next].request;
        if expected.method == found.method && path(&expected.path) == path(&found.path) {
            let all = differences
                .into_iter()
                .map(|difference| format!("request {number}, {difference}"));
            progress.differences.extend(all);
            progress.played[next] = true;
            return Some(&self.exchanges[next]);
        }
        let text = format!(
            "request {number} is not recorded: {}; expected {}",
            line(found),
            line(expected)
        );
        progress.differences.push(text);
        None
    }

    fn response(&self, exchange: &Exchange) -> Response {
        let answered = &exchange.response;
        let body = match &answered.body {
            None => bytes::Bytes::new(),
            Some(Body::Json(raw)) => self.with_address(raw.get()).into(),
            Some(Body::Text(text)) => self.with_address(text).into(),
            Some(body) => body.bytes().unwrap_or_default(),
        };
        let mut response = Response::new(body.into());
        *response.status_mut() =
            StatusCode::from_u16(answered.status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
        for (name, value) in &answered.headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::try_from(name.as_str()),
                HeaderValue::try_from(self.with_address(value)),
            ) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn with_address(&self, text: &str) -> String {
        exchange::with_address(text, BACK_END, &self.origin)
    }
}

/// `GET orders?page=2`
fn line(asked: &Asked) -> String {
    format!("{} {}", asked.method, shown(&asked.path))
}

fn compare(expected: &Asked, found: &Asked) -> Vec<String> {
    let mut all = Vec::new();
    if expected.method != found.method {
        all.push(format!(
            "the method: expected `{}`, found `{}`",
            expected.method, found.method
        ));
    }
    if expected.path != found.path {
        all.push(format!(
            "the path: expected {}, found {}",
            shown(&expected.path),
            shown(&found.path)
        ));
    }
    compare_headers(&expected.headers, &found.headers, &mut all);
    compare_bodies(expected.body.as_ref(), found.body.as_ref(), &mut all);
    all
}

fn compare_headers(
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
    all: &mut Vec<String>,
) {
    for (name, value) in expected {
        match found.get(name) {
            Some(found) if found == value => {}
            Some(found) => all.push(format!(
                "the header `{name}`: expected {}, found {}",
                shown(value),
                shown(found)
            )),
            None => all.push(format!(
                "the header `{name}`: expected {}, found none",
                shown(value)
            )),
        }
    }
    for (name, value) in found {
        if !expected.contains_key(name) {
            all.push(format!(
                "the header `{name}`: expected none, found {}",
                shown(value)
            ));
        }
    }
}

fn compare_bodies(expected: Option<&Body>, found: Option<&Body>, all: &mut Vec<String>) {
    let canonical = |body: Option<&Body>| body.map(Body::canonical).unwrap_or_default();
    let (one, other) = (canonical(expected), canonical(found));
    if one == other {
        return;
    }
    if let (Some(expected), Some(found)) =
        (expected.and_then(Body::json), found.and_then(Body::json))
    {
        let lines = difference::json(&expected, &found);
        if !lines.is_empty() {
            all.extend(lines.into_iter().map(|line| format!("the body, {line}")));
            return;
        }
    }
    let begin = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let from = |text: &str| {
        text.chars()
            .skip(begin.saturating_sub(20))
            .collect::<String>()
    };
    all.push(format!(
        "the body, from character {begin}: expected {}, found {}",
        shown(&from(&one)),
        shown(&from(&other))
    ));
}
