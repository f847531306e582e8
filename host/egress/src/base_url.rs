//! The connection's own address: one origin and the path below which a plugin may
//! send requests.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::error::{Refusal, Rule};
use crate::origin::Origin;
use crate::path::{path_problem, unreadable};

/// Characters that a plugin may write unencoded in a path and that a request line
/// may not have (RFC 3986, section 2).
const ENCODED_IN_REQUEST_LINE: &AsciiSet = &CONTROLS
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
    /// The host as text, for records.
    host: Arc<str>,
    /// The value of the header `Host`.
    host_header: HeaderValue,
}

/// The reason why an address cannot be a connection's; its text says what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BaseUrlError(&'static str);

impl BaseUrl {
    /// Reads an address such as `https://shop.example.com/api/v2`. A slash at
    /// the end changes nothing.
    ///
    /// # Errors
    /// The text is not an absolute `http` or `https` address, or has a user name, a
    /// query, a fragment, or path segments that lead upwards.
    pub fn parse(address: &str) -> Result<BaseUrl, BaseUrlError> {
        if address.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(BaseUrlError(
                "remove spaces, backslashes and control characters from the address",
            ));
        }
        let url = Url::parse(address).map_err(|_| {
            BaseUrlError("write the address in full, such as `https://shop.example.com/api`")
        })?;
        let origin = Origin::of(&url).ok_or(BaseUrlError(
            "begin the address with `https://` or `http://`",
        ))?;
        if has_user(address) {
            return Err(BaseUrlError(
                "remove the user name and the password from the address; they have settings of their own",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError(
                "remove the query and the fragment from the address",
            ));
        }
        if path_problem(written_path(address)).is_some() {
            return Err(BaseUrlError(
                "remove the `.` and `..` segments from the address, plain or encoded",
            ));
        }
        Ok(BaseUrl {
            prefix: url.path().trim_end_matches('/').to_owned(),
            host: origin.host.to_string().into(),
            host_header: origin.host_header(),
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

    /// The path and query of a request, from a path below the address that a plugin
    /// wrote. A slash at its beginning changes nothing.
    ///
    /// # Errors
    /// The path leads out of the address or hides its target.
    pub fn below(&self, written: &str) -> Result<PathAndQuery, Refusal> {
        let rest = written.strip_prefix('/').unwrap_or(written);
        if rest.starts_with('/') {
            return Err(Refusal::new(
                Rule::Url,
                "the path begins with `//`, like an address of another host",
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

    /// A path below the address with a secret end of the address put between the two.
    pub(crate) fn with_end(&self, path: &PathAndQuery, end: &str) -> String {
        let rest = path
            .as_str()
            .strip_prefix(self.prefix.as_str())
            .expect("a path below the address begins with its path");
        // The path of an address without one is `/`, which stands for nothing.
        let rest = if self.prefix.is_empty() && path.path() == "/" {
            &rest[1..]
        } else {
            rest
        };
        format!("{}/{end}{rest}", self.prefix)
    }

    /// Whether a normalised path is the path of the address or below it.
    pub(crate) fn contains(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Whether the authority of an absolute address has a user name. `url` hides an
/// empty one.
pub(crate) fn has_user(address: &str) -> bool {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .is_some_and(|authority| authority.contains('@'))
}

/// The path of an absolute address as it was written, without its first slash.
pub(crate) fn written_path(address: &str) -> &str {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    rest[..end].split_once('/').map_or("", |(_, path)| path)
}

/// The path, and the query where there is one.
fn split_query(text: &str) -> (&str, Option<&str>) {
    text.split_once('?')
        .map_or((text, None), |(path, query)| (path, Some(query)))
}

fn query_problem(query: &str) -> Option<Refusal> {
    query
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b'#')
        .then(unreadable)
}

fn writable(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, ENCODED_IN_REQUEST_LINE).into()
}

/// Whether a query has a parameter of that name, in any encoding, as far as PHP reads it.
pub(crate) fn has_parameter(path: &PathAndQuery, name: &str) -> bool {
    path.query()
        .is_some_and(|query| query.split('&').any(|pair| is_named(pair, name)))
}

/// The query parameter that some servers take for the request's method, if there is one.
///
/// WordPress takes `_method` of a `GET` (REST API Handbook, "Global Parameters"),
/// Symfony and Laravel of a `POST` (`Request::getMethod`), ASP.NET MVC
/// `X-HTTP-Method-Override` (`HttpRequestExtensions.GetHttpMethodOverride`), and
/// wai-extra `_method_override`. PHP ends a name at a NUL, writes `_` for a point or a
/// space in it, and leaves spaces before it out.
pub(crate) fn method_parameter(query: &str) -> Option<&'static str> {
    query.split(['&', ';']).find_map(|pair| {
        let decoded = decoded_name(pair);
        let name = String::from_utf8_lossy(&decoded)
            .trim_start()
            .replace(['.', ' '], "_")
            .to_ascii_lowercase();
        ["_method", "_method_override", "x-http-method-override"]
            .into_iter()
            .find(|known| *known == name)
    })
}

/// The same path without the parameters of that name.
pub(crate) fn without_parameter(path: &PathAndQuery, name: &str) -> PathAndQuery {
    let Some(query) = path.query() else {
        return path.clone();
    };
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !is_named(pair, name))
        .collect();
    let joint = if kept.is_empty() { "" } else { "?" };
    PathAndQuery::try_from(format!("{}{joint}{}", path.path(), kept.join("&")))
        .expect("a part of a valid query is a valid query")
}

fn is_named(pair: &str, name: &str) -> bool {
    let written = pair.split_once('=').map_or(pair, |(written, _)| written);
    written == name || decoded_name(pair) == name.as_bytes()
}

/// The decoded name of a parameter up to a NUL, where PHP ends it.
fn decoded_name(pair: &str) -> Vec<u8> {
    let written = pair.split_once('=').map_or(pair, |(written, _)| written);
    percent_decode_str(&written.replace('+', " "))
        .take_while(|byte| *byte != 0)
        .collect()
}
