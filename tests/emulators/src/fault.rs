//! Faults: what goes wrong between the client and the back end, and when.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// The most headers a flood may add: the HTTP library stops at 32,768.
const FLOOD_MAX: u32 = 30_000;

/// When a fault happens, and which one.
///
/// Rules are asked in the order in which they were added. A rule that fits a
/// request's method and path counts it; it acts on the `nth` of them and on
/// the following ones up to `times`, and then the request is no other rule's.
/// So rules added one after another with the defaults make a queue: the first
/// request meets the first fault, the second request the second.
///
/// ```
/// use krabice_emulators::{Fault, FaultRule};
///
/// // As the control endpoint takes it:
/// let rule: FaultRule = serde_json::from_str(
///     r#"{ "method": "GET", "path": "/api/v2/orders", "nth": 2, "fault": { "kind": "status", "status": 503 } }"#,
/// ).unwrap();
/// // As a test writes it:
/// assert_eq!(rule, FaultRule::new(Fault::status(503)).method("GET").path("/api/v2/orders").nth(2));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The method it fits, in capitals; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What the path begins with, base path included (`/api/v2/orders`);
    /// absent: any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The first of the fitting requests it acts on, from 1. Default 1.
    #[serde(default = "first")]
    pub nth: u32,
    /// How many requests it acts on. Default 1; `null`: every one.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// How long the answer is held back before the fault, in milliseconds of
    /// real time. The request counts as under way meanwhile. Default 0.
    #[serde(default)]
    pub delay_ms: u64,
    /// Whether the back end handles the request although its answer is lost:
    /// `true` makes a write that took place and was never confirmed. Absent:
    /// it does for faults that spoil its own answer and not for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed: Option<bool>,
    /// What goes wrong. Default [`Fault::None`]: nothing but the delay.
    #[serde(default)]
    pub fault: Fault,
}

fn first() -> u32 {
    1
}

fn once() -> Option<u32> {
    Some(1)
}

/// What goes wrong.
///
/// In JSON an object whose `kind` is the name in kebab case, such as
/// `{"kind": "truncated", "send": 10}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// Nothing: the back end's own answer, after the rule's delay.
    #[default]
    None,
    /// An answer of this status.
    Status {
        /// The status, 200 to 999.
        status: u16,
        /// Headers; `content-type` is `text/plain` where it is not among them.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body as text. Default empty.
        #[serde(default)]
        body: String,
        /// The body as base64, for bytes that are not text. Goes before `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
    /// Status 429.
    RateLimited {
        /// What `Retry-After` says.
        retry_after: RetryAfter,
    },
    /// The back end's own answer with the right `Content-Length`, of whose
    /// body only the beginning comes before the connection is closed (FIN).
    Truncated {
        /// How many bytes of the body come. Default: half of them.
        #[serde(default)]
        send: Option<u64>,
    },
    /// Status 200 with a JSON document (`{"filler":"aaa…"}`) of this size.
    Huge {
        /// The size in bytes, at least 16.
        bytes: u64,
        /// Whether it comes chunked, without a `Content-Length`. Default no.
        #[serde(default)]
        chunked: bool,
    },
    /// Status 200 with an HTML page, as from a gateway that hides an outage.
    Html,
    /// The back end's own answer under another `Content-Type`.
    ContentType {
        /// The `Content-Type`, such as `text/html; charset=utf-8`.
        value: String,
    },
    /// Status 200 with `application/json` and a body that ends in the middle
    /// of a document, its `Content-Length` right.
    InvalidJson,
    /// Status 200 with an empty body.
    Empty,
    /// The connection is reset (RST).
    Reset {
        /// How many bytes of the back end's own body come first. Absent: not
        /// even the head comes.
        #[serde(default)]
        after_bytes: Option<u64>,
    },
    /// The connection is closed (FIN) without a byte of an answer.
    HangUp,
    /// No answer, or no further byte of it, until the client gives up.
    Silence {
        /// How many bytes of the back end's own body come first. Absent: not
        /// even the head comes.
        #[serde(default)]
        after_bytes: Option<u64>,
    },
    /// The back end's own answer in small pieces.
    Drip {
        /// The pause between two pieces, in milliseconds.
        interval_ms: u64,
        /// The size of a piece of the body in bytes. Default 1.
        #[serde(default = "first")]
        bytes: u32,
        /// Whether the head drips too, byte by byte. Default no.
        #[serde(default)]
        head: bool,
    },
    /// A redirect.
    Redirect {
        /// The status: 301, 302, 303, 307 or 308. Default 302.
        #[serde(default = "found")]
        status: u16,
        /// Where to: the value of `Location`.
        location: String,
    },
    /// Status 200 with the request's headers, the credential among them, as
    /// answer headers `x-echo-…` and in the body.
    Echo {
        /// The body, in which `{authorization}` becomes the value of that
        /// request header. Absent: a JSON object of all headers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// The back end's own answer with many more headers.
    HeaderFlood {
        /// How many, at most 30,000.
        count: u32,
        /// The size of each value in bytes. Default 1.
        #[serde(default = "first")]
        value_bytes: u32,
    },
    /// The back end's own answer, after which the connection is closed though
    /// nothing said so: the next request of a pool meets a dead connection.
    IdleClose,
}

fn found() -> u16 {
    302
}

/// What `Retry-After` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// A number of seconds: `{"seconds": 30}`.
    Seconds(u64),
    /// A moment, as a date in GMT, so many seconds from now; below zero it has
    /// passed: `{"date-in-seconds": 60}`.
    DateInSeconds(i64),
    /// Anything, absurd too: `{"text": "soon"}`.
    Text(String),
    /// No such header: `"absent"`.
    Absent,
}

impl Fault {
    /// An answer of this status, without headers or a body.
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            headers: BTreeMap::new(),
            body: String::new(),
            body_base64: None,
        }
    }

    /// Status 200 with this text as `application/json`.
    pub fn json(body: impl Into<String>) -> Self {
        let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        Self::Status {
            status: 200,
            headers,
            body: body.into(),
            body_base64: None,
        }
    }

    /// Its name in kebab case, as in JSON and in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Status { .. } => "status",
            Self::RateLimited { .. } => "rate-limited",
            Self::Truncated { .. } => "truncated",
            Self::Huge { .. } => "huge",
            Self::Html => "html",
            Self::ContentType { .. } => "content-type",
            Self::InvalidJson => "invalid-json",
            Self::Empty => "empty",
            Self::Reset { .. } => "reset",
            Self::HangUp => "hang-up",
            Self::Silence { .. } => "silence",
            Self::Drip { .. } => "drip",
            Self::Redirect { .. } => "redirect",
            Self::Echo { .. } => "echo",
            Self::HeaderFlood { .. } => "header-flood",
            Self::IdleClose => "idle-close",
        }
    }

    /// Whether it spoils the back end's own answer and so needs one.
    pub fn needs_answer(&self) -> bool {
        match self {
            Self::None
            | Self::Truncated { .. }
            | Self::ContentType { .. }
            | Self::Drip { .. }
            | Self::HeaderFlood { .. }
            | Self::IdleClose => true,
            Self::Reset { after_bytes } | Self::Silence { after_bytes } => after_bytes.is_some(),
            Self::Status { .. }
            | Self::RateLimited { .. }
            | Self::Huge { .. }
            | Self::Html
            | Self::InvalidJson
            | Self::Empty
            | Self::HangUp
            | Self::Redirect { .. }
            | Self::Echo { .. } => false,
        }
    }

    fn check(&self) -> Result<(), FaultError> {
        let status = |status: u16| {
            let final_one = StatusCode::from_u16(status).is_ok() && status >= 200;
            if final_one {
                Ok(())
            } else {
                Err(FaultError::Status(status))
            }
        };
        let value = |text: &str| match HeaderValue::from_str(text) {
            Ok(_) => Ok(()),
            Err(_) => Err(FaultError::HeaderValue(text.to_owned())),
        };
        match self {
            Self::Status {
                status: code,
                headers,
                body_base64,
                ..
            } => {
                status(*code)?;
                for (name, text) in headers {
                    if HeaderName::try_from(name.as_str()).is_err() {
                        return Err(FaultError::HeaderName(name.clone()));
                    }
                    value(text)?;
                }
                match body_base64.as_deref().map(|text| STANDARD.decode(text)) {
                    Some(Err(_)) => Err(FaultError::Base64),
                    _ => Ok(()),
                }
            }
            Self::RateLimited {
                retry_after: RetryAfter::Text(text),
            } => value(text),
            Self::Redirect {
                status: code,
                location,
            } => {
                status(*code)?;
                value(location)
            }
            Self::ContentType { value: text } => value(text),
            Self::Huge { bytes, .. } if *bytes < 16 => Err(FaultError::TooSmall),
            Self::HeaderFlood { count, .. } if *count > FLOOD_MAX => Err(FaultError::Flood),
            Self::Drip { bytes: 0, .. } => Err(FaultError::TooSmall),
            _ => Ok(()),
        }
    }
}

impl FaultRule {
    /// The fault, once, on the next request whatever it is.
    pub fn new(fault: Fault) -> Self {
        Self {
            method: None,
            path: None,
            nth: 1,
            times: Some(1),
            delay_ms: 0,
            processed: None,
            fault,
        }
    }

    /// Nothing but a delay, in milliseconds, once, on the next request.
    pub fn delay(milliseconds: u64) -> Self {
        Self {
            delay_ms: milliseconds,
            ..Self::new(Fault::None)
        }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path begins so.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        self.path = Some(prefix.to_owned());
        self
    }

    /// From the nth fitting request on.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// On so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// On every request from then on.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// After a delay in milliseconds.
    #[must_use]
    pub fn after(mut self, milliseconds: u64) -> Self {
        self.delay_ms = milliseconds;
        self
    }

    /// Although the back end handled the request.
    #[must_use]
    pub fn processed(mut self) -> Self {
        self.processed = Some(true);
        self
    }

    /// Whether the back end handles a request that this rule acts on.
    pub(crate) fn lets_through(&self) -> bool {
        self.fault.needs_answer() || self.processed == Some(true)
    }

    /// Whether the rule can be carried out.
    ///
    /// # Errors
    /// A status, header, body or size that HTTP does not know, `nth` 0, or
    /// `processed: false` on a fault that spoils the back end's own answer.
    pub fn check(&self) -> Result<(), FaultError> {
        if self.nth == 0 {
            return Err(FaultError::Nth);
        }
        if self.processed == Some(false) && self.fault.needs_answer() {
            return Err(FaultError::NeedsAnswer(self.fault.kind()));
        }
        self.fault.check()
    }

    pub(crate) fn fits(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self
                .path
                .as_deref()
                .is_none_or(|prefix| path.starts_with(prefix))
    }
}

/// A fault that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// Not a final status of HTTP.
    #[error("`{0}` is not a status from 200 to 999")]
    Status(u16),
    /// Not a name of a header.
    #[error("`{0}` is not a header's name")]
    HeaderName(String),
    /// Not a value of a header.
    #[error("`{0}` cannot stand in a header")]
    HeaderValue(String),
    /// `body_base64` is not base64.
    #[error("`body_base64` is not base64")]
    Base64,
    /// A huge body below 16 bytes, or pieces of no bytes.
    #[error("`bytes` is too small: at least 16 for `huge`, 1 for `drip`")]
    TooSmall,
    /// A flood that the HTTP library itself refuses.
    #[error("`count` is at most 30000")]
    Flood,
    /// `nth` counts from 1.
    #[error("`nth` counts from 1")]
    Nth,
    /// The fault spoils the back end's own answer, so there must be one.
    #[error("`{0}` spoils the back end's own answer, so `processed` cannot be false")]
    NeedsAnswer(&'static str),
}
