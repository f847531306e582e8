//! Recorded exchanges: requests as a plugin wrote them, and the answers it was
//! given.
//!
//! A body of JSON stands in the file as JSON, with its digits and the order of its
//! members, so that a person can read and change it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use serde::de::{MapAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
    Json(#[serde(serialize_with = "kept")] Box<RawValue>),
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
            .and_then(|raw| RawValue::from_string(dense(raw)?).ok());
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
            Body::Json(raw) => dense(raw).unwrap_or_else(|| raw.get().to_owned()),
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

/// A text with another address, also where JSON escapes its slashes. What only begins
/// like the address is another one: another port, a longer host, a longer folder.
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

/// Whether an address is over where this text goes on. A dot or a colon alone ends a
/// sentence.
fn ends_address(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.' | ':') => !next.next().is_some_and(char::is_alphanumeric),
        Some('-' | '_' | '~' | '%' | '@') => false,
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// The connection's address in every form in which it may stand in a text: as it is
/// configured and as requests have it, with and without its path and its port.
#[derive(Debug, Default)]
pub(crate) struct Address {
    /// As requests begin with it; no slash at its end.
    base: String,
    /// The longest first.
    forms: Vec<String>,
}

impl Address {
    /// Of an address as it is configured; none where the plugin has no address.
    pub(crate) fn new(configured: &str) -> Address {
        let configured = configured.trim_end_matches('/');
        let Ok(url) = url::Url::parse(configured) else {
            return Address::default();
        };
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        let base = format!("{origin}{path}");
        let mut forms = vec![configured.to_owned(), base.clone(), origin];
        // The host also in the letters in which it is configured, and the port also where
        // nobody has to write it.
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

    /// The path of a request below the address, with its query; none where it went
    /// elsewhere.
    pub(crate) fn below<'a>(&self, url: &'a str) -> Option<&'a str> {
        let rest = url.strip_prefix(&self.base)?;
        let inside = !self.base.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?']));
        inside.then(|| rest.trim_start_matches('/'))
    }

    /// A text with the placeholder wherever the address stands.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| {
            with_address(&text, form, BACK_END)
        })
    }
}

/// As deep as `serde_json` reads any other document.
const DEEPEST: usize = 128;

/// JSON that is written as the serializer has it, with its digits and its texts as they
/// are: `serde_json::Value` would round `1.50`, and so would `serde_transcode`, which
/// reads numbers as `f64`. Its single values are [`RawValue`]s, which nothing rounds.
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

/// The members of an object in their order, also one that stands twice.
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

/// Writes JSON into the document around it.
fn kept<S: Serializer>(json: &RawValue, serializer: S) -> Result<S::Ok, S::Error> {
    Kept { json, depth: 0 }.serialize(serializer)
}

/// JSON without white space; none where it is nested too deep.
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

    /// Whoever answers so wants a stack to run out.
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
