//! Recorded exchanges: requests as a plugin wrote them, and the answers it was
//! given.
//!
//! A body of JSON stands in the file as JSON, with its digits and the order of its
//! members, so that a person can read and change it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What stands in recordings in place of the back end's address.
pub const BACK_END: &str = "http://back-end.example";

/// A request and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exchange {
    /// What the plugin asked.
    pub request: Asked,
    /// What it was answered.
    pub response: Answered,
}

/// A request, without what the host adds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path below the connection's address, with its query: `orders?page=2`.
    pub path: String,
    /// The plugin's own headers, names in lower case. One that repeats has its
    /// values joined by commas.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// An answer, without what belongs to the transport.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// A body, in the form in which it is easiest to read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// JSON.
    Json(Box<RawValue>),
    /// Another text.
    Text(String),
    /// Anything else, in Base64.
    Base64(String),
}

impl Body {
    /// A body as it came; none where it is empty.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Body> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some(Body::Base64(STANDARD.encode(bytes)));
        };
        if text.is_empty() {
            return None;
        }
        // A bare word or number is easier to read as the text that it is.
        let structured = text.trim_start().starts_with(['{', '[']);
        let json = structured
            .then(|| serde_json::from_str::<&RawValue>(text).ok())
            .flatten()
            .and_then(|raw| RawValue::from_string(indented(raw.get(), 4)).ok());
        Some(json.map_or_else(|| Body::Text(text.to_owned()), Body::Json))
    }

    /// The bytes; none where Base64 is none.
    #[must_use]
    pub fn bytes(&self) -> Option<Bytes> {
        match self {
            Body::Json(raw) => Some(raw.get().to_owned().into()),
            Body::Text(text) => Some(text.clone().into()),
            Body::Base64(text) => STANDARD.decode(text).ok().map(Bytes::from),
        }
    }

    /// The body in one form for comparing: JSON without its white space.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Body::Json(raw) => dense(raw.get()),
            Body::Text(text) => text.clone(),
            Body::Base64(text) => text.clone(),
        }
    }

    /// The JSON, where it is some.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        match self {
            Body::Json(raw) => serde_json::from_str(raw.get()).ok(),
            _ => None,
        }
    }
}

/// Headers as they stand in a recording.
pub(crate) fn headers(
    headers: &HeaderMap,
    left_out: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for name in headers.keys().filter(|name| !left_out(name.as_str())) {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        all.insert(name.as_str().to_owned(), values.join(", "));
    }
    all
}

/// A text with another address, also where JSON escapes its slashes.
pub(crate) fn with_address(text: &str, from: &str, to: &str) -> String {
    let escaped = |address: &str| address.replace('/', "\\/");
    text.replace(from, to).replace(&escaped(from), &escaped(to))
}

/// JSON without white space, its digits and members as they are.
fn dense(json: &str) -> String {
    let mut dense = String::with_capacity(json.len());
    each_token(json, |c, in_text| {
        if in_text || !c.is_ascii_whitespace() {
            dense.push(c);
        }
    });
    dense
}

/// JSON over several lines, its digits and members as they are. It begins `depth`
/// steps to the right.
fn indented(json: &str, depth: usize) -> String {
    let dense = dense(json);
    let mut out = String::with_capacity(2 * dense.len());
    let mut level = depth;
    let mut last = ' ';
    each_token(&dense, |c, in_text| {
        let line = |out: &mut String, level: usize| {
            out.push('\n');
            out.push_str(&"  ".repeat(level));
        };
        match c {
            _ if in_text => out.push(c),
            '}' | ']' => {
                level = level.saturating_sub(1);
                if !matches!(last, '{' | '[') {
                    line(&mut out, level);
                }
                out.push(c);
            }
            _ => {
                if matches!(last, '{' | '[') {
                    line(&mut out, level);
                }
                out.push(c);
                match c {
                    '{' | '[' => level += 1,
                    ',' => line(&mut out, level),
                    ':' => out.push(' '),
                    _ => {}
                }
            }
        }
        // What stands within a text opens nothing.
        last = if in_text { '"' } else { c };
    });
    out
}

/// Visits the characters of JSON, and says of each whether it is within a text. A
/// text's opening quote is not, its closing quote is.
fn each_token(json: &str, mut visit: impl FnMut(char, bool)) {
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        visit(c, in_text);
        match c {
            '"' if !escaped => in_text = !in_text,
            _ => {}
        }
        escaped = in_text && c == '\\' && !escaped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_digits_its_order_and_its_texts() {
        let json = r#"{"b":1.50,"a":[],"c":{},"d":[1,{"x":"a, {\"b\": 1}\\"}],"e":1e400}"#;
        let Some(Body::Json(raw)) = Body::of(json.as_bytes()) else {
            panic!("it is JSON");
        };
        assert_eq!(dense(raw.get()), json);
        insta::assert_snapshot!(raw.get(), @r#"
        {
                  "b": 1.50,
                  "a": [],
                  "c": {},
                  "d": [
                    1,
                    {
                      "x": "a, {\"b\": 1}\\"
                    }
                  ],
                  "e": 1e400
                }
        "#);
    }

    #[test]
    fn every_body_comes_back_as_it_was() {
        for bytes in [&b"plain"[..], b"\xff\xfe", b"12", b"{broken"] {
            let body = Body::of(bytes).unwrap();
            assert_eq!(body.bytes().unwrap(), bytes);
        }
        assert!(Body::of(b"").is_none());
    }
}
