//! Responses with a whole transcript: it is read and sent page by page, as fast as the client takes it.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use krabice_edge::Problem;
use krabice_sessions::view::Event;
use krabice_sessions::{SessionError, SessionService};
use serde::Serialize;

/// Where the events belong in the JSON of a session without any. No text that stands before them can
/// hold it, because quotes in texts are escaped.
const NO_EVENTS: &str = "\"events\":[]";

/// The parts of a response that are still to be sent.
struct Parts {
    service: Arc<SessionService>,
    session: String,
    /// The number of the last event that was sent, and of the last one to send.
    after: u64,
    last: u64,
    /// What follows the events.
    end: Option<String>,
}

/// The response with a session's JSON, whose events are still to be read.
///
/// # Errors
/// The store failed before the response began. If it fails later, the connection ends in the middle.
pub(super) async fn response(
    service: &Arc<SessionService>,
    session: &str,
    last: u64,
    without_events: &impl Serialize,
) -> Result<Response, Problem> {
    let json =
        serde_json::to_string(without_events).expect("the types of the API serialise to JSON");
    let (start, end) = json
        .split_once(NO_EVENTS)
        .expect("the types of the API have their events");
    let mut parts = Parts {
        service: Arc::clone(service),
        session: session.to_owned(),
        after: 0,
        last,
        end: Some(format!("]{end}")),
    };
    let mut first = format!("{start}\"events\":[");
    parts.add_page(&mut first).await?;
    let body = if parts.after < last {
        let rest = stream::try_unfold(parts, |mut parts| async move {
            let next = parts.next().await?;
            Ok::<_, SessionError>(next.map(|next| (next, parts)))
        });
        let first = stream::once(std::future::ready(Ok(Bytes::from(first))));
        Body::from_stream(futures_util::StreamExt::chain(first, rest))
    } else {
        first.extend(parts.end);
        Body::from(first)
    };
    let mut response = Response::new(body);
    let media_type = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

impl Parts {
    /// Adds the next page, if there is one.
    async fn add_page(&mut self, to: &mut String) -> Result<(), SessionError> {
        if self.after >= self.last {
            return Ok(());
        }
        let page = self.service.page(&self.session, self.after, self.last);
        let page: Vec<Event> = page.await?;
        for event in page {
            if self.after > 0 {
                to.push(',');
            }
            self.after = event.n;
            to.push_str(
                &serde_json::to_string(&event).expect("the types of the API serialise to JSON"),
            );
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, SessionError> {
        if self.after >= self.last {
            return Ok(self.end.take().map(Bytes::from));
        }
        let mut page = String::new();
        self.add_page(&mut page).await?;
        Ok(Some(page.into()))
    }
}
