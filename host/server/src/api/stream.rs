//! The event stream of a session: server-sent events, which browsers read with `fetch`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use super::Api;
use crate::notifier::Listener;
use crate::problem::{Problem, ProblemCode, RETRY_LATER};
use crate::view::{Event, Waits};

/// How often a silent stream sends a comment. Proxies close silent connections after 30 s or more.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client should wait before it connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Streams the events of the session, first those after `Last-Event-ID` and then new ones.
///
/// `chat` is an event of the session, with its number as the id. `waits` says what the session waits
/// for, after each turn. `working` says that a call to one of the shop's systems is under way.
#[utoipa::path(
    get,
    path = "/sessions/{id}/events",
    params(
        ("id" = String, Path, description = "The session's public name"),
        ("Last-Event-ID" = Option<String>, Header, description = "The number of the last event that the client has"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The events", body = Event, content_type = "text/event-stream"),
        Problem,
    )
)]
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = api.authenticate(&id, &headers).await?;
    let after = match headers.get("last-event-id") {
        None => 0,
        Some(value) => {
            let text = value.to_str().map_err(|_| ProblemCode::BadRequest)?;
            text.trim().parse().map_err(|_| ProblemCode::BadRequest)?
        }
    };
    if api.service.is_stopping() {
        return Err(Problem::unavailable());
    }
    let most = api.service.settings.limits.streams_per_session;
    let listener = api
        .service
        .notifier
        .listen(&record.id, record.version, most);
    let listener = listener.ok_or(Problem::later(ProblemCode::TooMany, RETRY_LATER))?;
    // A client cannot have an event that does not exist yet.
    let after = std::cmp::min(after, record.last_event);
    let follower = Follower {
        api,
        id: record.id,
        listener,
        after,
        version: None,
        ready: VecDeque::from([sse::Event::default().retry(RECONNECT)]),
    };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    let mut response = Sse::new(follower.stream())
        .keep_alive(keep_alive)
        .into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// An open stream.
struct Follower {
    api: Arc<Api>,
    id: String,
    listener: Listener,
    /// The number of the last event sent.
    after: u64,
    /// The version of the session when its events were last sent.
    version: Option<u64>,
    ready: VecDeque<sse::Event>,
}

impl Follower {
    fn stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        stream::unfold(self, |mut follower| async move {
            while follower.ready.is_empty() {
                follower.wait_for_more().await?;
            }
            let next = follower.ready.pop_front()?;
            Some((Ok(next), follower))
        })
    }

    /// Waits for news. `None` ends the stream: on erasure, a stopping server or a failing store.
    async fn wait_for_more(&mut self) -> Option<()> {
        let signal = self.listener.next().await?;
        let record = self.api.service.record(&self.id).await.ok()?;
        if self.version.replace(record.version) == Some(record.version) {
            return Some(());
        }
        let events = self.api.service.events(&record, self.after).await.ok()?;
        for event in &events {
            self.after = event.n;
            let chat = named("chat", event).id(event.n.to_string());
            self.ready.push_back(chat);
        }
        if record.waits != Waits::Call {
            self.ready.push_back(named("waits", &record.waits));
        } else if signal.working || record.turn.is_some() {
            let nothing = serde_json::Map::new();
            self.ready.push_back(named("working", &nothing));
        }
        Some(())
    }
}

fn named(name: &str, data: &impl Serialize) -> sse::Event {
    let event = sse::Event::default().event(name).json_data(data);
    event.expect("the types of the API serialise to JSON")
}
