//! Server-sent events, which browsers read with `fetch`.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::HeaderValue;
use serde::Serialize;

/// How often a silent stream sends a comment. Proxies close silent connections after 30 s or more.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client should wait before it connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// The response with a stream of events. Proxies are asked not to hold them back.
pub fn response<S>(events: S) -> Response
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The first event of a stream: when to connect again.
pub fn opening() -> Event {
    Event::default().retry(RECONNECT)
}

/// An event of a name with a value as JSON.
///
/// # Panics
/// If the value does not serialise to JSON.
pub fn named(name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().event(name).json_data(data);
    event.expect("the types of the API serialise to JSON")
}
