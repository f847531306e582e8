//! Faults: what goes wrong between client and back end, and on which requests.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// The most headers that a flood may add. The limit of the HTTP library is 32,768.
const FLOOD_MAX: u32 = 30_000;

/// A fault, and the requests that it affects.
///
/// Rules are tried in the order in which they were added. A rule that matches a
/// request's method and path counts it. It acts on the `nth` matching request and
/// on those after it, `times` in all; no further rule then sees the request.
/// Rules with the defaults therefore make a queue: the first fault affects the
/// first request, the second fault the second request.
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
    /// The method that it matches, in upper case; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The beginning of the paths that it matches, base path included
    /// (`/api/v2/orders`); absent: any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The first of the matching requests on which it acts, from 1. Default 1.
    #[serde(default = "first")]
    pub nth: u32,
    /// On how many requests it acts. Default 1; `null`: on all.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// The delay of the answer before the fault, in milliseconds of real time.
    /// The request counts as in progress meanwhile. Default 0.
    #[serde(default)]
    pub delay_ms: u64,
    /// Whether the back end processes the request although its answer is lost:
    /// `true` makes a write that took place and was never confirmed. Absent:
    /// `true` for faults that change the back end's own answer, else `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed: Option<bool>,
    /// The fault. Default [`Fault::None`]: nothing but the delay.
    #[serde(default)]
    pub fault: Fault,
}

fn first() -> u32 {
    1
}

fn once() -> Option<u32> {
    Some(1)
}

/// A fault.
///
/// In JSON it is an object whose `kind` is the name in kebab case, such as
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
        /// Headers. Without a `content-type` among them it is `text/plain`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body as text. Default empty.
        #[serde(default)]
        body: String,
        /// The body as base64, for bytes that are not text. Replaces `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
    /// Status 429.
    RateLimited {
        /// The value of `Retry-After`.
        retry_after: RetryAfter,
    },
    /// The back end's own answer with the right `Content-Length`, but only the
    /// beginning of its body; then the connection is closed (FIN).
    Truncated {
        /// How many bytes of the body are sent. Default: half of them.
        #[serde(default)]
        send: Option<u64>,
    },
    /// Status 200 with a JSON document (`{"filler":"aaa…"}`) of this size.
    Huge {
        /// The size in bytes, at least 16.
        bytes: u64,
        /// Whether it is sent chunked, without a `Content-Length`. Default no.
        #[serde(default)]
        chunked: bool,
    },
    /// Status 200 with an HTML page, as of a gateway that hides an outage.
    Html,
    /// The back end's own answer with another `Content-Type`.
    ContentType {
        /// The `Content-Type`, such as `text/html; charset=utf-8`.
        value: String,
    },
    /// Status 200 with `application/json` and a body that ends in the middle
    /// of a document, with the right `Content-Length`.
    InvalidJson,
    /// Status 200 with an empty body.
    Empty,
    /// The connection is reset (RST).
    Reset {
        /// How many bytes of the back end's own body are sent first. Absent: not
        /// even the head is sent.
        #[serde(default)]
        after_bytes: Option<u64>,
    },
    /// The connection is closed (FIN) without any answer.
    HangUp,
    /// No answer, or no further byte of it, until the client gives up.
    Silence {
        /// How many bytes of the back end's own body are sent first. Absent: not
        /// even the head is sent.
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
        /// Whether the head is also sent byte by byte. Default no.
        #[serde(default)]
        head: bool,
    },
    /// A redirect.
    Redirect {
        /// The status: 301, 302, 303, 307 or 308. Default 302.
        #[serde(default = "found")]
        status: u16,
        /// The target: the value of `Location`.
        location: String,
    },
    /// Status 200 with the request's headers, including the credential, as
    /// response headers `x-echo-…` and in the body.
    Echo {
        /// The body, in which `{authorization}` is replaced by the value of that
        /// request header. Absent: a JSON object of all headers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// The back end's own answer with many more headers.
    HeaderFlood {
        /// The number of headers, at most 30,000.
        count: u32,
        /// The size of each value in bytes. Default 1.
        #[serde(default = "first")]
        value_bytes: u32,
    },
    /// The back end's own answer, after which the connection is closed without
    /// notice: the next request of a connection pool uses a dead connection.
    IdleClose,
}

fn found() -> u16 {
    302
}

/// The value of `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// A number of seconds: `{"seconds": 30}`.
    Seconds(u64),
    /// A date in GMT, so many seconds from now: `{"date-in-seconds": 60}`. A negative
    /// number is a date in the past.
    DateInSeconds(i64),
    /// Any text, also an invalid one: `{"text": "soon"}`.
    Text(String),
    /// No such header: `"absent"`.
    Absent,
}

impl Fault {
    /// An answer of this status, without headers and body.
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

    /// The fault's name in kebab case, as in JSON and in the log.
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

    /// Whether the fault changes the back end's own answer, and therefore needs one.
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
            let is_final = StatusCode::from_u16(status).is_ok() && status >= 200;
            if is_final {
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
            Self::None
            | Self::RateLimited { .. }
            | Self::Truncated { .. }
            | Self::Huge { .. }
            | Self::Html
            | Self::InvalidJson
            | Self::Empty
            | Self::Reset { .. }
            | Self::HangUp
            | Self::Silence { .. }
            | Self::Drip { .. }
            | Self::Echo { .. }
            | Self::HeaderFlood { .. }
            | Self::IdleClose => Ok(()),
        }
    }
}

impl FaultRule {
    /// The fault, once, on the next request of any kind.
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

    /// Only a delay in milliseconds, once, on the next request.
    pub fn delay(milliseconds: u64) -> Self {
        Self {
            delay_ms: milliseconds,
            ..Self::new(Fault::None)
        }
    }

    /// Restricts the rule to requests of this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Restricts the rule to requests whose path begins with the prefix.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        self.path = Some(prefix.to_owned());
        self
    }

    /// Lets the rule begin with the nth matching request.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// Lets the rule act on so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets the rule act on every further request.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Delays the answer, in milliseconds.
    #[must_use]
    pub fn after(mut self, milliseconds: u64) -> Self {
        self.delay_ms = milliseconds;
        self
    }

    /// Lets the back end process the request although its answer is lost.
    #[must_use]
    pub fn processed(mut self) -> Self {
        self.processed = Some(true);
        self
    }

    /// Whether the back end processes a request on which this rule acts.
    pub(crate) fn lets_through(&self) -> bool {
        self.fault.needs_answer() || self.processed == Some(true)
    }

    /// Checks that the rule can be carried out.
    ///
    /// # Errors
    /// A status, header, body or size is invalid, `nth` is 0, or `processed` is
    /// `false` for a fault that changes the back end's own answer.
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
    #[error("`{0}` is not a valid header name")]
    HeaderName(String),
    /// Not a value of a header.
    #[error("`{0}` is not a valid header value")]
    HeaderValue(String),
    /// `body_base64` is not base64.
    #[error("`body_base64` is not base64")]
    Base64,
    /// A huge body below 16 bytes, or pieces of no bytes.
    #[error("`bytes` is too small: at least 16 for `huge`, 1 for `drip`")]
    TooSmall,
    /// More headers than the HTTP library allows.
    #[error("`count` is at most 30000")]
    Flood,
    /// `nth` counts from 1.
    #[error("`nth` counts from 1")]
    Nth,
    /// The fault changes the back end's own answer, so there must be one.
    #[error("`{0}` changes the back end's own answer, so `processed` cannot be false")]
    NeedsAnswer(&'static str),
}
