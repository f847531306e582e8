//! Recorded exchanges: requests as a plugin wrote them, and the answers that it got.
//!
//! A body of JSON is JSON in the file, with its digits and the order of its members, so that a
//! person can read and change it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::de::{MapAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The placeholder for the back end's address in recordings.
pub(crate) const BACK_END: &str = "http://back-end.example";

/// A request and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedExchange {
    pub(crate) request: RecordedRequest,
    pub(crate) response: RecordedResponse,
}

/// A request, without what the host adds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    /// The path below the connection's address, with its query: `orders?page=2`.
    pub(crate) path: String,
    /// The plugin's own headers, names in lower case. The values of a header that repeats are joined
    /// by commas.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Body>,
}

/// An answer, without the headers of the transport.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedResponse {
    pub(crate) status: u16,
    /// The headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Body>,
}

impl RecordedResponse {
    /// Checks that a server can give this answer: the file may be written by hand.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        StatusCode::from_u16(self.status)
            .map_err(|_| format!("`{}` is not a status of HTTP", self.status))?;
        for (name, value) in &self.headers {
            HeaderName::try_from(name).map_err(|_| format!("invalid header name `{name}`"))?;
            HeaderValue::try_from(value)
                .map_err(|_| format!("invalid value of the header `{name}`"))?;
        }
        match &self.body {
            Some(body) if body.bytes().is_none() => Err("the body is not Base64".to_owned()),
            Some(_) | None => Ok(()),
        }
    }
}

/// A body, in the form that is easiest to read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Body {
    /// An object or an array of JSON.
    Json(#[serde(serialize_with = "kept")] Box<RawValue>),
    /// Another text.
    Text(String),
    /// Anything else, in Base64.
    Base64(String),
}

impl Body {
    /// The body of these bytes; None for an empty one.
    pub(crate) fn of(bytes: &[u8]) -> Option<Body> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some(Body::Base64(STANDARD.encode(bytes)));
        };
        if text.is_empty() {
            return None;
        }
        // A single word or number is easier to read as a text.
        let structured = text.trim_start().starts_with(['{', '[']);
        let json = structured
            .then(|| serde_json::from_str::<&RawValue>(text).ok())
            .flatten()
            .and_then(|raw| RawValue::from_string(dense(raw)?).ok());
        Some(json.map_or_else(|| Body::Text(text.to_owned()), Body::Json))
    }

    /// The bytes; None for a text that is not Base64.
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        match self {
            Body::Json(raw) => Some(raw.get().to_owned().into()),
            Body::Text(text) => Some(text.clone().into()),
            Body::Base64(text) => STANDARD.decode(text).ok().map(Bytes::from),
        }
    }

    /// The body as it is compared: JSON without white space.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Body::Json(raw) => dense(raw).unwrap_or_else(|| raw.get().to_owned()),
            Body::Text(text) | Body::Base64(text) => text.clone(),
        }
    }

    /// The document of a body of JSON.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        match self {
            Body::Json(raw) => serde_json::from_str(raw.get()).ok(),
            Body::Text(_) | Body::Base64(_) => None,
        }
    }

    /// Changes the text of a body that has one.
    pub(crate) fn change_text(body: &mut Option<Body>, change: impl Fn(&str) -> String) {
        let text = match body {
            Some(Body::Json(raw)) => change(raw.get()),
            Some(Body::Text(text)) => change(text),
            Some(Body::Base64(_)) | None => return,
        };
        *body = Body::of(text.as_bytes());
    }
}

/// Headers as a recording has them.
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

/// A text with one address replaced by another, also where JSON escapes its slashes. An address that
/// only begins alike stays: another port, a longer host, a longer folder.
pub(crate) fn with_address(text: &str, from: &str, to: &str) -> String {
    let escaped = |address: &str| address.replace('/', "\\/");
    let text = with_literal(text, from, to);
    with_literal(&text, &escaped(from), &escaped(to))
}

fn with_literal(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let (_, after) = found.split_at(from.len());
        out.push_str(before);
        out.push_str(if ends_address(after) { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether an address ends before this text. A dot or a colon at the end of a word is punctuation.
fn ends_address(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.' | ':') => !next.next().is_some_and(char::is_alphanumeric),
        Some('-' | '_' | '~' | '%' | '@') => false,
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// The connection's address in every form that a text may have: as it is configured and as requests
/// have it, with and without its path and its port.
#[derive(Debug, Default)]
pub(crate) struct Address {
    /// The beginning of the addresses of requests, without a slash at its end.
    base: String,
    /// All forms, the longest first.
    forms: Vec<String>,
}

impl Address {
    /// Reads an address as it is configured; a text that is not an address has no forms.
    pub(crate) fn new(configured: &str) -> Address {
        let configured = configured.trim_end_matches('/');
        let Ok(url) = url::Url::parse(configured) else {
            return Address::default();
        };
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        let base = format!("{origin}{path}");
        let mut forms = vec![configured.to_owned(), base.clone(), origin];
        // Forms with the host in the letters of the configuration, and with the port of the scheme.
        let rest = configured.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let known = url
            .port_or_known_default()
            .map_or_else(String::new, |port| format!(":{port}"));
        let written = authority.strip_suffix(&known).unwrap_or(authority);
        let mut ports = vec![known.as_str()];
        if url.port().is_none() {
            ports.push("");
        }
        for host in [url.host_str().unwrap_or(authority), written] {
            for port in &ports {
                for path in ["", path] {
                    forms.push(format!("{}://{host}{port}{path}", url.scheme()));
                }
            }
        }
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        forms.dedup();
        Address { base, forms }
    }

    /// The path of a request below the address, with its query; None for a request to another
    /// place.
    pub(crate) fn below<'a>(&self, url: &'a str) -> Option<&'a str> {
        let rest = url.strip_prefix(&self.base)?;
        let inside = !self.base.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?']));
        inside.then(|| rest.trim_start_matches('/'))
    }

    /// A text with the placeholder in place of the address.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| {
            with_address(&text, form, BACK_END)
        })
    }
}

/// The most levels of JSON: as many as `serde_json` reads of any other document.
const DEEPEST: usize = 128;

/// JSON in the layout of the serializer, with its digits and its texts unchanged.
/// `serde_json::Value` would round `1.50`, and so would `serde_transcode`, which reads numbers as
/// `f64`; [`RawValue`]s are not rounded.
struct Kept<'a> {
    json: &'a RawValue,
    depth: usize,
}

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let depth = self.depth + 1;
        if depth > DEEPEST {
            return Err(S::Error::custom("nested too deep"));
        }
        match self.json.get().as_bytes().first() {
            Some(b'{') => {
                let Members(members) =
                    serde_json::from_str(self.json.get()).map_err(S::Error::custom)?;
                let kept = members
                    .into_iter()
                    .map(|(name, json)| (name, Kept { json, depth }));
                serializer.collect_map(kept)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(self.json.get()).map_err(S::Error::custom)?;
                serializer.collect_seq(items.into_iter().map(|json| Kept { json, depth }))
            }
            _ => self.json.serialize(serializer),
        }
    }
}

/// The members of an object in their order, also a member that is there twice.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// Writes JSON as a part of a document.
fn kept<S: Serializer>(json: &RawValue, serializer: S) -> Result<S::Ok, S::Error> {
    Kept { json, depth: 0 }.serialize(serializer)
}

/// JSON without white space; None when it is nested too deep.
fn dense(json: &RawValue) -> Option<String> {
    serde_json::to_string(&Kept { json, depth: 0 }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_digits_its_order_and_its_texts() {
        let json =
            r#"{"b":1.50,"a":[],"c":{},"d":[1,{"x":"a, {\"b\": 1}\\ \u00e1"}],"e":1e400,"b":"\/"}"#;
        let body = Body::of(json.as_bytes()).unwrap();
        let Body::Json(raw) = &body else {
            panic!("it is JSON");
        };
        assert_eq!(raw.get(), json);
        insta::assert_snapshot!(serde_json::to_string_pretty(&[&body]).unwrap(), @r#"
        [
          {
            "json": {
              "b": 1.50,
              "a": [],
              "c": {},
              "d": [
                1,
                {
                  "x": "a, {\"b\": 1}\\ \u00e1"
                }
              ],
              "e": 1e400,
              "b": "\/"
            }
          }
        ]
        "#);
        let read: Vec<Body> =
            serde_json::from_str(&serde_json::to_string_pretty(&[&body]).unwrap()).unwrap();
        assert_eq!(read[0].canonical(), json);
    }

    /// Such an answer is an attempt to overflow the stack.
    #[test]
    fn json_that_is_nested_too_deep_is_a_text() {
        for depth in [128, 129, 200_000] {
            let json = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let body = Body::of(json.as_bytes()).unwrap();
            assert_eq!(matches!(body, Body::Json(_)), depth == 128, "{depth}");
            assert_eq!(body.bytes().unwrap(), json);
        }
    }

    #[test]
    fn an_address_ends_where_a_host_a_port_or_a_folder_ends() {
        let hidden = |text: &str| Address::new("https://shop.example/api").hidden_in(text);
        for (text, expected) in [
            ("https://shop.example/api", BACK_END),
            (
                r#"{"next":"https:\/\/shop.example\/api\/x"}"#,
                r#"{"next":"http:\/\/back-end.example\/x"}"#,
            ),
            (
                "see https://shop.example/api.",
                "see http://back-end.example.",
            ),
            ("https://shop.example/apis", "http://back-end.example/apis"),
            (
                "https://shop.example:443/api?a=1",
                "http://back-end.example?a=1",
            ),
            ("https://shop.example.net/x", "https://shop.example.net/x"),
            (
                "https://shop.example:8443/api",
                "https://shop.example:8443/api",
            ),
            (
                "https://shop.example-two/api",
                "https://shop.example-two/api",
            ),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
        assert_eq!(Address::new("").hidden_in("http://a"), "http://a");
    }

    #[test]
    fn a_request_is_below_the_address_however_that_is_configured() {
        for configured in [
            "https://Shop.Example/api/",
            "https://shop.example:443/api",
            "https://shop.example/api",
        ] {
            let address = Address::new(configured);
            assert_eq!(
                address.below("https://shop.example/api/orders?page=2"),
                Some("orders?page=2")
            );
            assert_eq!(address.below("https://shop.example/api?a=1"), Some("?a=1"));
            assert_eq!(address.below("https://shop.example/apis"), None);
            assert_eq!(address.below("https://shop.example.net/api/x"), None);
            let configured = configured.trim_end_matches('/');
            assert_eq!(
                address.hidden_in(&format!("{configured}/x https://shop.example/api/y")),
                "http://back-end.example/x http://back-end.example/y"
            );
        }
        assert_eq!(Address::new("").below("https://shop.example/"), None);
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
