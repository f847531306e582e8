//! Carries a fault out: turns the back end's answer into what the client gets.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::back_end::Call;
use crate::fault::{Fault, RetryAfter};
use crate::script::{Script, Step, whole};

/// The size of a piece of a huge body.
const PIECE: usize = 64 * 1024;

/// What the client gets.
pub(crate) enum Sending {
    /// A head, then a body by its script.
    Answer(Box<Parts>, Script),
    /// Nothing; the connection is closed.
    HangUp,
    /// Nothing; the connection is reset.
    Reset,
    /// Nothing; the connection stays open.
    Silence,
}

impl Sending {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(head, _) => Some(head.status.as_u16()),
            Self::HangUp | Self::Reset | Self::Silence => None,
        }
    }

    /// An answer whose `Content-Length` is right.
    pub(crate) fn plain(response: Response<Bytes>) -> Self {
        let (mut head, body) = response.into_parts();
        promise(&mut head, body.len());
        Self::Answer(Box::new(head), whole(body))
    }
}

/// A date in GMT (RFC 9110, section 5.6.7), as `Retry-After` carries it.
pub(crate) fn http_date(at: Timestamp) -> HeaderValue {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok();
    text.and_then(|text| HeaderValue::try_from(text).ok())
        .unwrap_or_else(|| HeaderValue::from_static("Fri, 31 Dec 9999 23:59:59 GMT"))
}

/// What is sent in place of, or made of, the back end's own answer. Where a
/// fault needs one, there is one: [`FaultRule::check`](crate::FaultRule::check).
pub(crate) fn inject(fault: &Fault, own: Option<Response<Bytes>>, call: &Call) -> Sending {
    let own = own.unwrap_or_default();
    match fault {
        Fault::None | Fault::IdleClose => Sending::plain(own),
        Fault::Status {
            status,
            headers,
            body,
            body_base64,
        } => {
            let bytes = body_base64
                .as_ref()
                .and_then(|text| STANDARD.decode(text).ok());
            let bytes = bytes.map_or_else(|| Bytes::from(body.clone()), Bytes::from);
            let mut answer = made(*status, "text/plain; charset=utf-8", bytes);
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (
                    HeaderName::try_from(name.as_str()),
                    HeaderValue::from_str(value),
                ) {
                    answer.headers_mut().insert(name, value);
                }
            }
            Sending::plain(answer)
        }
        Fault::RateLimited { retry_after } => {
            let body = Bytes::from_static(br#"{"messages":[]}"#);
            let mut answer = made(429, "application/json", body);
            if let Some(value) = retry_after_value(retry_after, call.at) {
                answer.headers_mut().insert(RETRY_AFTER, value);
            }
            Sending::plain(answer)
        }
        Fault::Truncated { send } => {
            let half = own.body().len() as u64 / 2;
            cut(own, send.unwrap_or(half), Step::Close)
        }
        Fault::Reset {
            after_bytes: Some(bytes),
        } => cut(own, *bytes, Step::Reset),
        Fault::Silence {
            after_bytes: Some(bytes),
        } => cut(own, *bytes, Step::Stall),
        Fault::Reset { after_bytes: None } => Sending::Reset,
        Fault::Silence { after_bytes: None } => Sending::Silence,
        Fault::HangUp => Sending::HangUp,
        Fault::Huge { bytes, chunked } => {
            let (mut head, _) = made(200, "application/json", Bytes::new()).into_parts();
            if !chunked {
                head.headers
                    .insert(CONTENT_LENGTH, HeaderValue::from(*bytes));
            }
            Sending::Answer(Box::new(head), huge(*bytes))
        }
        Fault::Html => {
            let page = "<!DOCTYPE html>\n<html lang=\"cs\"><title>Údržba</title><h1>Probíhá údržba</h1></html>\n";
            Sending::plain(made(
                200,
                "text/html; charset=utf-8",
                Bytes::from_static(page.as_bytes()),
            ))
        }
        Fault::ContentType { value } => {
            let mut answer = own;
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.headers_mut().insert(CONTENT_TYPE, value);
            }
            Sending::plain(answer)
        }
        Fault::InvalidJson => {
            let body = Bytes::from_static(br#"{"current_page":1,"orders":[{"order_number":"O26"#);
            Sending::plain(made(200, "application/json", body))
        }
        Fault::Empty => Sending::plain(made(200, "application/json", Bytes::new())),
        Fault::Drip {
            interval_ms,
            bytes,
            head: _,
        } => drip(own, Duration::from_millis(*interval_ms), *bytes),
        Fault::Redirect { status, location } => {
            let mut answer = made(*status, "text/plain; charset=utf-8", Bytes::new());
            if let Ok(value) = HeaderValue::from_str(location) {
                answer.headers_mut().insert(LOCATION, value);
            }
            Sending::plain(answer)
        }
        Fault::Echo { body } => Sending::plain(echo(body.as_deref(), call)),
        Fault::HeaderFlood { count, value_bytes } => {
            let mut answer = own;
            let filler = HeaderValue::try_from("a".repeat(*value_bytes as usize));
            for number in 0..*count {
                let name = HeaderName::try_from(format!("x-flood-{number}"));
                if let (Ok(name), Ok(value)) = (name, &filler) {
                    answer.headers_mut().insert(name, value.clone());
                }
            }
            Sending::plain(answer)
        }
    }
}

fn made(status: u16, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn promise(head: &mut Parts, length: usize) {
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
}

/// Promises the whole body, sends its beginning, and then does `end`.
fn cut(own: Response<Bytes>, send: u64, end: Step) -> Sending {
    let (mut head, body) = own.into_parts();
    // A body that had nothing to cut would end before the fault: promise more.
    promise(&mut head, body.len().max(1));
    let most = body.len().saturating_sub(1);
    let sent = usize::try_from(send).map_or(most, |send| send.min(most));
    let script = whole(body.slice(..sent)).chain([Step::Flush, end]);
    Sending::Answer(Box::new(head), Box::new(script))
}

fn drip(own: Response<Bytes>, pause: Duration, piece: u32) -> Sending {
    let (mut head, body) = own.into_parts();
    promise(&mut head, body.len());
    let piece = usize::try_from(piece).unwrap_or(usize::MAX).max(1);
    let steps = (0..body.len()).step_by(piece).flat_map(move |from| {
        let to = from.saturating_add(piece).min(body.len());
        [
            Step::Wait(pause),
            Step::Send(body.slice(from..to)),
            Step::Flush,
        ]
    });
    Sending::Answer(Box::new(head), Box::new(steps))
}

/// `{"filler":"aaa…"}` of exactly this many bytes.
fn huge(bytes: u64) -> Script {
    const OPENING: &[u8] = br#"{"filler":""#;
    const CLOSING: &[u8] = br#""}"#;
    let filler = bytes.saturating_sub((OPENING.len() + CLOSING.len()) as u64);
    let piece = Bytes::from(vec![b'a'; PIECE]);
    let full = (0..filler / PIECE as u64).map({
        let piece = piece.clone();
        move |_| piece.clone()
    });
    let rest = piece.slice(..(filler % PIECE as u64) as usize);
    let opening = Some(Bytes::from_static(OPENING)).into_iter();
    Box::new(
        opening
            .chain(full)
            .chain([rest, Bytes::from_static(CLOSING)])
            .filter(|piece| !piece.is_empty())
            .map(Step::Send),
    )
}

fn echo(body: Option<&str>, call: &Call) -> Response<Bytes> {
    let text = match body {
        Some(body) => body.replace(
            "{authorization}",
            call.header("authorization").unwrap_or_default(),
        ),
        None => Value::Object(as_json(&call.headers)).to_string(),
    };
    let mut answer = made(200, "application/json", Bytes::from(text));
    for (name, value) in &call.headers {
        if let Ok(name) = HeaderName::try_from(format!("x-echo-{name}")) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

fn as_json(headers: &HeaderMap) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        map.insert(name.to_string(), value.into());
    }
    map
}

fn retry_after_value(retry_after: &RetryAfter, now: Timestamp) -> Option<HeaderValue> {
    match retry_after {
        RetryAfter::Seconds(seconds) => Some(HeaderValue::from(*seconds)),
        RetryAfter::DateInSeconds(seconds) => {
            let at = now.checked_add(SignedDuration::from_secs(*seconds));
            Some(http_date(at.unwrap_or(Timestamp::MAX)))
        }
        RetryAfter::Text(text) => HeaderValue::from_str(text).ok(),
        RetryAfter::Absent => None,
    }
}
