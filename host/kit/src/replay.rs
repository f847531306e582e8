//! A back end on loopback that plays recorded exchanges strictly: it expects these requests, in this
//! order, and no other.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use krabice_contract::Manifest;
use krabice_contract::manifest::Authorisation;
use krabice_egress::is_transport;
use tokio::task::JoinHandle;

use crate::back_end;
use crate::difference::{self, shown};
use crate::exchange::{self, BACK_END, Body, RecordedExchange, RecordedRequest};
use crate::locked;

/// The reason why a recorded answer is valid: it was checked when its case was read.
const CHECKED: &str = "`RecordedResponse::check` refuses it when a case is read";

/// A running back end, which ends when it is dropped.
pub(crate) struct Replay {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    origin: String,
    authorisation: Authorisation,
    exchanges: Vec<RecordedExchange>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// For each exchange, whether it was played.
    played: Vec<bool>,
    differences: Vec<String>,
    /// The number of requests so far.
    requests: usize,
}

impl Replay {
    /// Starts a back end with the exchanges of a case.
    ///
    /// # Errors
    /// The system gives no port.
    pub(crate) async fn start(
        manifest: &Manifest,
        exchanges: Vec<RecordedExchange>,
    ) -> std::io::Result<Replay> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            origin: format!("http://{address}"),
            authorisation: manifest.authorisation.clone(),
            progress: Mutex::new(Progress {
                played: vec![false; exchanges.len()],
                ..Progress::default()
            }),
            exchanges,
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Replay {
            address,
            shared,
            server,
        })
    }

    /// All differences of the requests from the recorded ones.
    pub(crate) fn finish(&self) -> Vec<String> {
        let mut progress = locked(&self.shared.progress);
        let mut differences = std::mem::take(&mut progress.differences);
        let exchanges = self.shared.exchanges.iter().zip(&progress.played);
        for (index, (exchange, _)) in exchanges.enumerate().filter(|(_, (_, played))| !**played) {
            differences.push(format!(
                "request {} is missing: {}",
                index + 1,
                line(&exchange.request)
            ));
        }
        differences
    }

    /// A text with the placeholder in place of this back end's address.
    pub(crate) fn without_address(&self, text: &str) -> String {
        self.shared.without_address(text)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<axum::body::Body>) -> Response {
    let (parts, body) = request.into_parts();
    // A request that breaks off counts as one without a body.
    let bytes = axum::body::to_bytes(body, back_end::REQUEST_BYTES)
        .await
        .unwrap_or_default();
    if let Authorisation::Login(login) = &shared.authorisation
        && back_end::is_login(login, parts.uri.path())
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
    let found = RecordedRequest {
        method: parts.method.to_string(),
        path: shared.path_without_credential(&parts.uri.to_string()),
        headers: exchange::headers(&parts.headers, |name| shared.is_of_host(name)),
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

/// A path without the parameters of a name.
fn without_parameter(target: &str, name: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let own: Vec<_> = query
        .split('&')
        .filter(|pair| pair.split_once('=').is_none_or(|(key, _)| key != name))
        .collect();
    if own.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", own.join("&"))
}

impl Shared {
    /// The path below the address, without a credential that the host added to it.
    fn path_without_credential(&self, target: &str) -> String {
        let target = target.trim_start_matches('/');
        match &self.authorisation {
            Authorisation::Query { name, .. } => without_parameter(target, name),
            // The secret of a connection that is played is one segment.
            Authorisation::SecretPath { .. } => {
                let end = target.find(['/', '?']).unwrap_or(target.len());
                target[end..].trim_start_matches('/').to_owned()
            }
            Authorisation::None
            | Authorisation::Basic { .. }
            | Authorisation::Header { .. }
            | Authorisation::Hmac(_)
            | Authorisation::Login(_) => target.to_owned(),
        }
    }

    /// Whether the host added a header, or may have.
    fn is_of_host(&self, name: &str) -> bool {
        let carriers = match &self.authorisation {
            Authorisation::Basic { header, .. } => [Some(header), None],
            Authorisation::Header { name, .. } => [Some(name), None],
            Authorisation::Login(login) => [Some(&login.header), None],
            Authorisation::Hmac(hmac) => {
                let timestamp = hmac.timestamp.as_ref();
                [
                    Some(&hmac.header),
                    timestamp.map(|timestamp| &timestamp.header),
                ]
            }
            Authorisation::None
            | Authorisation::Query { .. }
            | Authorisation::SecretPath { .. } => [None, None],
        };
        carriers
            .into_iter()
            .flatten()
            .any(|carrier| carrier.eq_ignore_ascii_case(name))
            || matches!(name, "accept-encoding" | "user-agent" | "authorization")
            || HeaderName::try_from(name).is_ok_and(|name| is_transport(&name))
    }

    /// A text with the placeholder in place of this back end's address.
    fn without_address(&self, text: &str) -> String {
        exchange::with_address(text, &self.origin, BACK_END)
    }

    fn with_placeholder(&self, mut request: RecordedRequest) -> RecordedRequest {
        request.path = self.without_address(&request.path);
        for value in request.headers.values_mut() {
            *value = self.without_address(value);
        }
        Body::change_text(&mut request.body, |text| self.without_address(text));
        request
    }

    /// Finds the exchange of a request. A request that is not the next one is a difference; it is
    /// answered when it is recorded later.
    fn play(&self, found: &RecordedRequest) -> Option<&RecordedExchange> {
        let mut progress = locked(&self.progress);
        progress.requests += 1;
        let number = progress.requests;
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
        // The same method and path: their differences say more than that one request is missing and
        // another is not recorded.
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

    fn response(&self, exchange: &RecordedExchange) -> Response {
        let recorded = &exchange.response;
        let body: Bytes = match &recorded.body {
            None => Bytes::new(),
            Some(Body::Json(raw)) => self.with_address(raw.get()).into(),
            Some(Body::Text(text)) => self.with_address(text).into(),
            Some(body @ Body::Base64(_)) => body.bytes().expect(CHECKED),
        };
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(recorded.status).expect(CHECKED);
        for (name, value) in &recorded.headers {
            let name = HeaderName::try_from(name).expect(CHECKED);
            let value = HeaderValue::try_from(self.with_address(value)).expect(CHECKED);
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn with_address(&self, text: &str) -> String {
        exchange::with_address(text, BACK_END, &self.origin)
    }
}

/// `GET orders?page=2`
fn line(request: &RecordedRequest) -> String {
    format!("{} {}", request.method, shown(&request.path))
}

fn compare(expected: &RecordedRequest, found: &RecordedRequest) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use krabice_contract::manifest::Effect;
    use krabice_egress::{CallScope, Request};
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::test_connection::{SECRET, TestConnection, TimeoutProfile};

    /// A recording has nothing that the host added, and is played whatever the host adds.
    #[tokio::test]
    async fn what_the_host_adds_is_no_difference() {
        for authorisation in [
            json!("none"),
            json!({ "header": { "name": "X-Key", "prefix": "", "setting": "key" } }),
            json!({ "query": { "name": "key", "setting": "key" } }),
            json!({ "secret-path": { "prefix": "bot", "setting": "key" } }),
            json!({ "hmac": {
                "header": "X-Signature", "prefix": "", "algorithm": "sha512", "encoding": "base64",
                "setting": "key", "timestamp": { "header": "X-Timestamp", "separator": "." }
            } }),
        ] {
            let setting = |name: &str, kind: &str, secret: bool| {
                json!({ "name": name, "kind": kind, "secret": secret, "required": true,
                        "default": null, "choices": [], "label": { "en": name }, "help": {} })
            };
            let manifest: Manifest = serde_json::from_value(json!({
                "name": "shop", "version": "1.0.0", "label": { "en": "Shop" }, "help": {},
                "settings": [setting("address", "url", false), setting("key", "text", true)],
                "address": "address", "authorisation": authorisation, "hosts": [],
                "limits": { "requests-at-once": null, "requests-per-minute": null },
                "functions": {}
            }))
            .unwrap();
            let paths = ["orders?page=2", "orders", "?page=2", ""];
            let recorded = paths.map(|path| {
                json!({ "request": { "method": "GET", "path": path }, "response": { "status": 200 } })
            });
            let exchanges = serde_json::from_value(json!(recorded)).unwrap();
            let replay = Replay::start(&manifest, exchanges).await.unwrap();
            let given = IndexMap::new();
            let outlet = TestConnection::new(&manifest, &given)
                .outlet(replay.address, TimeoutProfile::WithoutRetries)
                .unwrap()
                .unwrap();
            let deadline = Instant::now() + std::time::Duration::from_secs(10);
            let scope = CallScope::new("shop", "load", Effect::Reads, deadline, 9);
            for path in paths {
                let answer = outlet.send(&scope, Request::get(path)).await.unwrap();
                assert_eq!(answer.status, 200, "{authorisation} {path}");
            }
            assert_eq!(replay.finish(), Vec::<String>::new(), "{authorisation}");
            assert!(!format!("{scope:?}").contains(SECRET));
        }
    }
}
