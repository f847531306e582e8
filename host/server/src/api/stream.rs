//! The event stream of a session: server-sent events, which browsers read with `fetch`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::response::sse;
use futures_util::stream::{self, Stream};
use http::HeaderMap;
use krabice_edge::event_stream::{named, opening, response};
use krabice_edge::{Problem, ProblemCode};
use krabice_sessions::Listener;
use krabice_sessions::view::{Event, Waits};

use super::Api;

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
    let session = api.authenticate(&id, &headers).await?;
    let after = match headers.get("last-event-id") {
        None => 0,
        Some(value) => {
            let text = value.to_str().map_err(|_| ProblemCode::BadRequest)?;
            text.trim().parse().map_err(|_| ProblemCode::BadRequest)?
        }
    };
    let listener = api.service.listen(&session)?;
    // A client cannot have an event that does not exist yet.
    let after = std::cmp::min(after, session.last_event());
    let follower = Follower {
        api,
        id: session.id().to_owned(),
        listener,
        after,
        version: None,
        ready: VecDeque::from([opening()]),
        unsent: None,
    };
    Ok(response(follower.stream()))
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
    /// News of which only the first pages of events were sent.
    unsent: Option<News>,
}

/// What a session has come to.
struct News {
    last_event: u64,
    /// `None` while a call is under way that the client need not know of.
    then: Option<sse::Event>,
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
        let news = match self.unsent.take() {
            Some(news) => news,
            None => match self.news().await? {
                Some(news) => news,
                None => return Some(()),
            },
        };
        if self.after < news.last_event {
            // One page at a time, so that a client that reads slowly holds no more.
            let page = self.api.service.page(&self.id, self.after, news.last_event);
            for event in page.await.ok()? {
                self.after = event.n;
                let chat = named("chat", &event).id(event.n.to_string());
                self.ready.push_back(chat);
            }
        }
        if self.after < news.last_event {
            self.unsent = Some(news);
        } else {
            self.ready.extend(news.then);
        }
        Some(())
    }

    /// Waits for a signal, and reads what the session has come to, if it is something new.
    async fn news(&mut self) -> Option<Option<News>> {
        let signal = self.listener.next().await?;
        let session = self.api.service.session(&self.id).await.ok()?;
        if self.version.replace(session.version()) == Some(session.version()) {
            return Some(None);
        }
        let then = if *session.waits() != Waits::Call {
            Some(named("waits", session.waits()))
        } else if signal.working || session.has_turn() {
            Some(named("working", &serde_json::Map::new()))
        } else {
            None
        };
        Some(Some(News {
            last_event: session.last_event(),
            then,
        }))
    }
}
