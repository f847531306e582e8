//! Applies a fault: turns the back end's own answer into what the client gets.

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
use crate::refusal::response;
use crate::script::{Script, Step, whole};

/// The size of the pieces of a huge body.
const PIECE: usize = 64 * 1024;

/// What the client gets.
pub(crate) enum Sending {
    /// A head, then the body of a script.
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
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
    let text = text.expect("no moment before the year 0");
    HeaderValue::try_from(text).expect("a date is ASCII")
}

/// What is sent instead of, or made from, the back end's own answer. A fault that needs
/// one has one, and all values are valid: [`FaultRule::check`](crate::FaultRule::check).
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
            let bytes = match body_base64 {
                Some(text) => STANDARD.decode(text).expect(CHECKED),
                None => body.clone().into_bytes(),
            };
            let mut answer = made(*status, "text/plain; charset=utf-8", bytes);
            for (name, value) in headers {
                let name = HeaderName::try_from(name.as_str()).expect(CHECKED);
                answer.headers_mut().insert(name, header_value(value));
            }
            Sending::plain(answer)
        }
        Fault::RateLimited { retry_after } => {
            let mut answer = made(429, "application/json", r#"{"messages":[]}"#);
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
            Sending::plain(made(200, "text/html; charset=utf-8", page))
        }
        Fault::ContentType { value } => {
            let mut answer = own;
            let value = header_value(value);
            answer.headers_mut().insert(CONTENT_TYPE, value);
            Sending::plain(answer)
        }
        Fault::InvalidJson => {
            let body = r#"{"current_page":1,"orders":[{"order_number":"O26"#;
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
            let location = header_value(location);
            answer.headers_mut().insert(LOCATION, location);
            Sending::plain(answer)
        }
        Fault::Echo { body } => Sending::plain(echo(body.as_deref(), call)),
        Fault::HeaderFlood { count, value_bytes } => {
            let mut answer = own;
            let filler = header_value(&"a".repeat(*value_bytes as usize));
            for number in 0..*count {
                let name = HeaderName::try_from(format!("x-flood-{number}"));
                let name = name.expect("a valid name");
                answer.headers_mut().insert(name, filler.clone());
            }
            Sending::plain(answer)
        }
    }
}

/// Why a value of a fault is valid.
const CHECKED: &str = "`FaultRule::check` has accepted it";

fn made(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    response(
        StatusCode::from_u16(status).expect(CHECKED),
        content_type,
        body,
    )
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect(CHECKED)
}

fn promise(head: &mut Parts, length: usize) {
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
}

/// Promises the whole body, sends its beginning, and then does `end`.
fn cut(own: Response<Bytes>, send: u64, end: Step) -> Sending {
    let (mut head, body) = own.into_parts();
    // An empty body would end before the fault, so at least one byte is promised.
    promise(&mut head, body.len().max(1));
    let most = body.len().saturating_sub(1);
    let sent = usize::try_from(send).map_or(most, |send| send.min(most));
    let script = whole(body.slice(..sent)).chain([Step::Flush, end]);
    Sending::Answer(Box::new(head), Box::new(script))
}

fn drip(own: Response<Bytes>, pause: Duration, piece: u32) -> Sending {
    let (mut head, body) = own.into_parts();
    promise(&mut head, body.len());
    let piece = piece as usize;
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
    let mut answer = made(200, "application/json", text);
    for (name, value) in &call.headers {
        let name = HeaderName::try_from(format!("x-echo-{name}")).expect("a valid name");
        answer.headers_mut().append(name, value.clone());
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
        RetryAfter::Text(text) => Some(header_value(text)),
        RetryAfter::Absent => None,
    }
}
