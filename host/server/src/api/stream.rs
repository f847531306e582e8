//! The events of a session as they come: server-sent events, read by `fetch`.

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
use crate::hub::Listener;
use crate::problem::{Code, Problem, ProblemDocument};
use crate::store::Record;
use crate::view::{Event, Waits};

/// How often a silent stream says that it is alive; proxies cut silent ones after 30 s or more.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// After how long a client should come back.
const RETRY: Duration = Duration::from_secs(1);

/// The events of the session from a number on, and those to come.
///
/// `chat` is an event with its number as the id; `waits` says after each turn what the session waits
/// for; `working` says that the shop's systems are asked.
#[utoipa::path(
    get,
    path = "/sessions/{id}/events",
    params(
        ("id" = String, Path, description = "The session's public name"),
        ("Last-Event-ID" = Option<String>, Header, description = "The number of the last event that is known"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The events", body = Event, content_type = "text/event-stream"),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = api.enter(&id, &headers).await?;
    let after = match headers.get("last-event-id") {
        None => 0,
        Some(value) => {
            let text = value.to_str().map_err(|_| Code::BadRequest)?;
            text.trim().parse().map_err(|_| Code::BadRequest)?
        }
    };
    if api.desk.is_stopping() {
        return Err(Problem::unavailable());
    }
    let most = api.desk.settings.limits.streams_per_session;
    let listener = api.desk.hub.listen(&record.id, record.version, most);
    let listener = listener.ok_or(Problem::later(Code::TooMany, Duration::from_secs(5)))?;
    // What is not there yet is not known either.
    let after = std::cmp::min(after, record.last_event);
    let follow = Follow {
        api,
        id: record.id,
        listener,
        after,
        version: None,
        ready: VecDeque::from([sse::Event::default().retry(RETRY)]),
    };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    let mut response = Sse::new(follow.stream())
        .keep_alive(keep_alive)
        .into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A client that follows a session.
struct Follow {
    api: Arc<Api>,
    id: String,
    listener: Listener,
    /// The number of the last event that was sent.
    after: u64,
    /// The version of the session that was told of.
    version: Option<u64>,
    ready: VecDeque<sse::Event>,
}

impl Follow {
    fn stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        stream::unfold(self, |mut follow| async move {
            while follow.ready.is_empty() {
                follow.more().await?;
            }
            let next = follow.ready.pop_front()?;
            Some((Ok(next), follow))
        })
    }

    /// Waits for something new. None: the session is gone, or the server stops or cannot read; the
    /// client comes back and asks again.
    async fn more(&mut self) -> Option<()> {
        let signal = self.listener.next().await?;
        let record: Record = self.api.desk.store.session(&self.id).await.ok()??;
        if self.version.replace(record.version) == Some(record.version) {
            return Some(());
        }
        let events = self.api.desk.events(&record, self.after).await.ok()?;
        for event in &events {
            self.after = event.n;
            let chat = named("chat", event)?;
            self.ready.push_back(chat.id(event.n.to_string()));
        }
        if record.waits != Waits::Call {
            self.ready.push_back(named("waits", &record.waits)?);
        } else if signal.working || record.turn.is_some() {
            self.ready
                .push_back(named("working", &serde_json::Map::new())?);
        }
        Some(())
    }
}

fn named(name: &str, data: &impl Serialize) -> Option<sse::Event> {
    sse::Event::default().event(name).json_data(data).ok()
}
