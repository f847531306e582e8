//! The connection's own address: one origin and the path below which a plugin
//! may ask.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::origin::Origin;
use crate::{Refusal, Rule};

/// What a plugin's path may contain unencoded and a request line may not
/// (RFC 3986, section 2).
const UNWRITABLE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The connection's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    origin: Origin,
    /// Empty, or a path without a slash at its end.
    prefix: String,
    /// The host as records have it.
    host: Arc<str>,
    /// What `Host` carries.
    host_header: HeaderValue,
}

/// Why an address cannot be a connection's; its text says what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BaseUrlError(&'static str);

impl BaseUrl {
    /// Reads an address such as `https://shop.example.com/api/v2`. A slash at
    /// the end changes nothing.
    ///
    /// # Errors
    /// When it is no absolute `http` or `https` address, or has a user name, a
    /// query, a fragment, or path segments that lead upwards.
    pub fn parse(address: &str) -> Result<BaseUrl, BaseUrlError> {
        if address.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(BaseUrlError(
                "an address has no spaces, backslashes or control characters",
            ));
        }
        let url = Url::parse(address).map_err(|_| {
            BaseUrlError("an address is written in full, such as `https://shop.example.com/api`")
        })?;
        let origin = Origin::of(&url).ok_or(BaseUrlError(
            "an address begins with `https://` or `http://`",
        ))?;
        if has_user(address) {
            return Err(BaseUrlError(
                "an address has no user name or password; they are settings of their own",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError("an address has no query and no fragment"));
        }
        if path_problem(written_path(address)).is_some() {
            return Err(BaseUrlError("an address has no `.` or `..` segments"));
        }
        let host_header = HeaderValue::try_from(origin.authority())
            .map_err(|_| BaseUrlError("an address names a host that a header can carry"))?;
        Ok(BaseUrl {
            prefix: url.path().trim_end_matches('/').to_owned(),
            host: origin.host.to_string().into(),
            host_header,
            origin,
        })
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn host(&self) -> &Arc<str> {
        &self.host
    }

    pub(crate) fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    /// The path and query of a request, from what a plugin writes: a path below
    /// the address. A slash before it changes nothing.
    ///
    /// # Errors
    /// When the path leads out of the address or hides where it leads.
    pub fn below(&self, written: &str) -> Result<PathAndQuery, Refusal> {
        let rest = written.strip_prefix('/').unwrap_or(written);
        if rest.starts_with('/') {
            return Err(Refusal::new(
                Rule::Url,
                "the path begins with `//`, as the address of another host does",
            ));
        }
        let (path, query) = split_query(rest);
        if let Some(problem) = path_problem(path) {
            return Err(problem);
        }
        if let Some(problem) = query_problem(query.unwrap_or_default()) {
            return Err(problem);
        }
        let mut joined = String::with_capacity(self.prefix.len() + rest.len() + 1);
        joined.push_str(&self.prefix);
        if !path.is_empty() || self.prefix.is_empty() {
            joined.push('/');
        }
        joined.push_str(&writable(path));
        if let Some(query) = query {
            joined.push('?');
            joined.push_str(&writable(query));
        }
        PathAndQuery::from_maybe_shared(joined).map_err(|_| unreadable())
    }

    /// Whether a normalised path is at the address or below it.
    pub(crate) fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Whether the authority of an absolute address has a user name, even an empty
/// one, which `url` does not show.
pub(crate) fn has_user(address: &str) -> bool {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .is_some_and(|authority| authority.contains('@'))
}

/// The path of an absolute address as it is written, without its first slash.
pub(crate) fn written_path(address: &str) -> &str {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    rest[..end].split_once('/').map_or("", |(_, path)| path)
}

/// Path, and query where there is one.
fn split_query(text: &str) -> (&str, Option<&str>) {
    text.split_once('?')
        .map_or((text, None), |(path, query)| (path, Some(query)))
}

/// What is wrong with a path that a server might take for another one.
///
/// Servers differ in what they decode before they route, so whatever any of
/// them would read as a step upwards is refused: `..`, `%2e%2e`, `..%2f`,
/// `..;` and the same encoded twice.
pub(crate) fn path_problem(path: &str) -> Option<Refusal> {
    if path
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b'#')
    {
        return Some(unreadable());
    }
    if path.contains('\\') {
        return Some(Refusal::new(Rule::Path, "the path has a backslash"));
    }
    let upwards = || {
        Some(Refusal::new(
            Rule::Path,
            "the path has a `.` or `..` segment, plain or encoded",
        ))
    };
    if leads_upwards(path.as_bytes()) {
        return upwards();
    }
    let mut decoded = Cow::Borrowed(path.as_bytes());
    for _ in 0..DECODINGS {
        if !decoded.contains(&b'%') {
            return None;
        }
        let once: Vec<u8> = percent_encoding::percent_decode(&decoded).collect();
        if once == *decoded {
            return None;
        }
        if leads_upwards(&once) {
            return upwards();
        }
        if once.iter().any(u8::is_ascii_control) {
            return Some(Refusal::new(
                Rule::Path,
                "the path has an encoded control character",
            ));
        }
        decoded = Cow::Owned(once);
    }
    Some(Refusal::new(
        Rule::Path,
        "the path is encoded over and over",
    ))
}

/// How often a path is decoded in search of a step upwards. A proxy and the
/// server behind it decode twice; whoever writes more layers hides something.
const DECODINGS: usize = 4;

fn leads_upwards(path: &[u8]) -> bool {
    path.split(|byte| matches!(byte, b'/' | b'\\'))
        .any(|segment| {
            // Some servers cut off what follows a `;` (path parameters).
            let name = segment
                .split(|byte| *byte == b';')
                .next()
                .unwrap_or_default();
            matches!(name, b"." | b"..")
        })
}

fn query_problem(query: &str) -> Option<Refusal> {
    query
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b'#')
        .then(unreadable)
}

fn unreadable() -> Refusal {
    Refusal::new(Rule::Url, "the address has characters that no address has")
}

fn writable(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, UNWRITABLE).into()
}

/// Whether a query has a parameter of that name, however it is encoded.
pub(crate) fn has_parameter(path: &PathAndQuery, name: &str) -> bool {
    path.query()
        .is_some_and(|query| query.split('&').any(|pair| is_named(pair, name)))
}

/// The same path without the parameters of that name.
pub(crate) fn without_parameter(path: &PathAndQuery, name: &str) -> Option<PathAndQuery> {
    let kept: Vec<_> = path
        .query()?
        .split('&')
        .filter(|pair| !is_named(pair, name))
        .collect();
    let joint = if kept.is_empty() { "" } else { "?" };
    PathAndQuery::try_from(format!("{}{joint}{}", path.path(), kept.join("&"))).ok()
}

fn is_named(pair: &str, name: &str) -> bool {
    let written = pair.split('=').next().unwrap_or_default();
    written == name || percent_decode_str(&written.replace('+', " ")).eq(name.bytes())
}
