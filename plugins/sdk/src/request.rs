//! Requests to the back end.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::contract::Failure;
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::transport::{Outgoing, Transport};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Adds a name and a value to the query of a target.
pub(crate) fn push_query(target: &mut String, name: &str, value: &str) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.extend(utf8_percent_encode(name, RESERVED));
    target.push('=');
    target.extend(utf8_percent_encode(value, RESERVED));
}

/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The body of a form.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, RESERVED);
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// Whether a value can be a part of a path: it is not empty, has no control characters, and is more
/// than points, alone or with what servers drop from a name. The host refuses a path by the same
/// marks and more, and the whole call with it: see `host/egress/src/path.rs`.
fn can_be_segment(value: &str) -> bool {
    let leads_upwards = value.contains(is_point)
        && value
            .chars()
            .all(|letter| is_point(letter) || is_dropped(letter));
    !value.is_empty() && !value.contains(char::is_control) && !leads_upwards
}

/// Whether a character is a point, or some number of them in one.
fn is_point(letter: char) -> bool {
    matches!(
        letter,
        '.' | '\u{2024}'
            ..='\u{2026}'
                | '\u{3002}'
                | '\u{fe12}'
                | '\u{fe19}'
                | '\u{fe30}'
                | '\u{fe52}'
                | '\u{ff0e}'
                | '\u{ff61}'
    )
}

/// Whether a character can disappear from a name: white space, also as `+` in forms, a `%` that
/// begins nothing, and characters of no width.
fn is_dropped(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '+' | '%'
                | '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
        )
}

/// A request under construction. The host adds the credential.
///
/// ```
/// # use krabice_plugin::{Context, Failure};
/// # fn example(shop: &Context, number: &str) -> Result<(), Failure> {
/// let orders = shop.get("orders").query("order_numbers", number).send()?;
/// let history = shop.get("orders/{order}/history").segment("order", number).allow(404).send()?;
/// let change = serde_json::json!({ "orders": [{ "order_number": number, "status_id": 5 }] });
/// shop.put("orders").json(&change).send()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a request is sent by `send`"]
pub struct Request<'a> {
    transport: &'a dyn Transport,
    now: &'a Timestamp,
    method: &'static str,
    path: &'static str,
    name: Option<&'static str>,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    allowed: Vec<u16>,
    reads: bool,
    fault: Option<Failure>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        transport: &'a dyn Transport,
        now: &'a Timestamp,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            transport,
            now,
            method,
            path,
            name: None,
            target: path.to_owned(),
            headers: Vec::new(),
            body: None,
            allowed: Vec::new(),
            reads: false,
            fault: None,
        }
    }

    /// Replaces `{name}` in the path by a value, percent-encoded. `name` is the name of the
    /// parameter that the value comes from.
    ///
    /// An empty value, `.` and `..` would lead to another path, so that [`Request::send`] returns
    /// [`Failure::InvalidParameter`] for them without a request. So it does for what some server
    /// takes for them, such as more points or points of other scripts, and for a value with control
    /// characters: the host would refuse the whole call.
    pub fn segment(mut self, name: &'static str, value: &str) -> Self {
        if !can_be_segment(value) {
            self.fault = Some(Failure::invalid_parameter(name, "cannot be part of a path"));
        }
        let encoded = utf8_percent_encode(value, RESERVED).to_string();
        self.target = self.target.replace(&format!("{{{name}}}"), &encoded);
        self
    }

    /// Adds a name and a value to the query, both percent-encoded. A name may
    /// repeat; the order is kept.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        push_query(&mut self.target, name, &value.to_string());
        self
    }

    /// Sets a header. Refused by the host: the header that carries the
    /// credential, and those of the transport.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body with its `Content-Type`.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body("application/json", body),
            Err(_) => {
                let detail = format!("{}: the request cannot be written as JSON", self.label());
                self.fault = Some(Failure::unexpected_answer(detail));
                self
            }
        }
    }

    /// Sets a form body with its `Content-Type`.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.body(FORM, form(fields))
    }

    /// Sets a body with its `Content-Type`.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Adds a name for failures, for a path with many purposes: they say `POST connector.php
    /// (getOrders)`.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Accepts a status that has a meaning for the function, such as 404 for "not found". Without
    /// it, [`Request::send`] returns a failure for every status but 2xx.
    pub fn allow(mut self, status: u16) -> Self {
        self.allowed.push(status);
        self
    }

    /// Says that the request changes nothing at the back end, whatever its method is: a search is
    /// often a POST.
    ///
    /// In a function that writes, the host may then repeat it, and a lost answer to it leaves no
    /// doubt about what was written. Without it, every request of such a function, a GET among them,
    /// counts as one that may write. In a function that reads it changes nothing.
    pub fn reads(mut self) -> Self {
        self.reads = true;
        self
    }

    /// Sends the request and waits for the whole answer. Repeats and time limits are the host's.
    ///
    /// # Errors
    /// The host's failure when no answer came, and [`Response::failure`] for a status that is
    /// neither 2xx nor allowed.
    pub fn send(self) -> Result<Response, Failure> {
        let label = self.label();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.target.contains('{') {
            let detail = format!("{label}: a part of the path was not given");
            return Err(Failure::unexpected_answer(detail));
        }
        let answer = self.transport.send(Outgoing {
            method: self.method,
            target: self.target,
            headers: self.headers,
            body: self.body,
            reads: self.reads,
        })?;
        let response = Response::new(label, answer, self.now);
        let status = response.status();
        if (200..300).contains(&status) || self.allowed.contains(&status) {
            Ok(response)
        } else {
            Err(response.failure())
        }
    }

    /// The name of the request in failures, without any value.
    fn label(&self) -> String {
        let Self { method, path, .. } = self;
        match self.name {
            Some(name) => format!("{method} {path} ({name})"),
            None => format!("{method} {path}"),
        }
    }
}
