//! Decides which sites may use which scenario.
//!
//! A browser names the site of the page that sends a request in the header `Origin`. The scenario's
//! list decides. A request without `Origin` does not come from another site's page. There are no
//! cookies, so another site's page cannot act on behalf of a session whose token it does not have.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use http::{HeaderMap, HeaderValue, header};
use krabice_edge::ProblemCode;
use krabice_sessions::RateLimit;

use crate::metrics::Metrics;

/// Stands for any site in the operator's list.
const ANY: &str = "*";

/// The lines of the log about chats that are not set up, per minute. Anybody can cause such a line, so
/// they are few; the metric counts all.
const LINES_PER_MINUTE: u32 = 10;

/// The most characters of a client's text in such a line.
const LOGGED_CHARACTERS: usize = 100;

/// A site as a browser names it in the header `Origin`: a scheme, a host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Site(String);

/// A site that may use a scenario: one site, or with `*` any site.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AllowedSite {
    /// Any site.
    Any,
    /// This site.
    One(Site),
}

/// Why a text is not the origin of a site.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The text does not begin with `https://` or `http://`.
    #[error("an origin begins with `https://` or `http://`, such as `https://shop.example`")]
    Scheme,
    /// There is more than an origin: a path, a query or a user.
    #[error("an origin has no path, query or user; write `{0}`")]
    More(String),
    /// The host is not one that a browser would send.
    #[error(
        "the host is not one that browsers send: letters, digits, `-` and `.`, with `xn--` for other letters"
    )]
    Host,
    /// The port is not a number up to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

impl FromStr for Site {
    type Err = SiteError;

    /// Reads an origin. A slash at the end, capitals and the scheme's own port are left out, as in what a
    /// browser sends.
    fn from_str(text: &str) -> Result<Site, SiteError> {
        let text = text.to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://").ok_or(SiteError::Scheme)?;
        let own_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return Err(SiteError::Scheme),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest[..end].rsplit('@').next().unwrap_or_default();
        // The colons of an IPv6 address are in brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !is_address && (host.is_empty() || !host.bytes().all(letter)) {
            return Err(SiteError::Host);
        }
        let port = match port {
            Some(port) if port.parse::<u16>().map_or(true, |port| port == 0) => {
                return Err(SiteError::Port);
            }
            Some(port) if port != own_port => format!(":{port}"),
            Some(_) | None => String::new(),
        };
        let site = format!("{scheme}://{host}{port}");
        if authority.len() < rest.len() {
            return Err(SiteError::More(site));
        }
        Ok(Site(site))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AllowedSite {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<AllowedSite, SiteError> {
        if text == ANY {
            Ok(AllowedSite::Any)
        } else {
            text.parse().map(AllowedSite::One)
        }
    }
}

impl AllowedSite {
    /// The site as a source of a content security policy.
    fn source(&self) -> &str {
        match self {
            AllowedSite::Any => ANY,
            AllowedSite::One(Site(site)) => site,
        }
    }
}

/// The sites that may use each scenario.
type Sites = BTreeMap<String, Vec<AllowedSite>>;

/// The origins that may use each scenario. They can be replaced while the server runs.
pub(crate) struct Origins {
    sites: RwLock<Sites>,
    metrics: Arc<Metrics>,
    lines: RateLimit<()>,
}

impl Origins {
    pub(crate) fn new(sites: Sites, metrics: Arc<Metrics>) -> Origins {
        Origins {
            sites: RwLock::new(sites),
            metrics,
            lines: RateLimit::per_minute(LINES_PER_MINUTE),
        }
    }

    pub(crate) fn replace(&self, sites: Sites) {
        *self.sites.write().unwrap_or_else(PoisonError::into_inner) = sites;
    }

    /// Warns of the scenarios with sites that no visitor can start.
    pub(crate) fn warn_of_unknown(&self, is_published: impl Fn(&str) -> bool) {
        for scenario in self.sites().keys().filter(|name| !is_published(name)) {
            tracing::warn!(
                scenario,
                "`[origins]` has a line for a scenario that visitors cannot start: it does not exist, or lacks `\"channels\": [\"chat\"]`"
            );
        }
    }

    fn sites(&self) -> RwLockReadGuard<'_, Sites> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides whether a request may use a scenario.
    ///
    /// # Errors
    /// The request's site may not use it, which is logged and counted.
    pub(crate) fn admit(&self, headers: &HeaderMap, scenario: &str) -> Result<(), ProblemCode> {
        self.admit_site(RequestOrigin::of(headers), scenario)
    }

    /// Decides whether the page at an origin may show the scenario's page in a frame, as [`Origins::admit`].
    pub(crate) fn admit_frame(
        &self,
        headers: &HeaderMap,
        origin: &str,
        scenario: &str,
    ) -> Result<(), ProblemCode> {
        self.admit_site(RequestOrigin::named(origin, headers), scenario)
    }

    fn admit_site(&self, site: RequestOrigin, scenario: &str) -> Result<(), ProblemCode> {
        let origin = match site {
            RequestOrigin::Own => return Ok(()),
            RequestOrigin::Invalid => String::new(),
            RequestOrigin::Other(origin) => {
                let sites = self.sites();
                let known = sites.get(scenario).map_or(&[][..], Vec::as_slice);
                if contains(known, &origin) {
                    return Ok(());
                }
                origin
            }
        };
        self.metrics.not_set_up("origin", scenario);
        if self.lines.take(&()).is_ok() {
            tracing::warn!(
                scenario,
                origin = shortened(&origin),
                "a page of a site that may not use the scenario asked for it; if it is the shop's own, add it to `[origins]`"
            );
        }
        Err(ProblemCode::OriginRefused)
    }

    /// Logs and counts that a page asked for a scenario that visitors cannot start.
    pub(crate) fn refuse_unknown(&self, headers: &HeaderMap, scenario: &str) -> ProblemCode {
        self.metrics.not_set_up("scenario", "");
        if self.lines.take(&()).is_ok() {
            let origin = foreign_origin(headers).unwrap_or_default();
            tracing::warn!(
                scenario = shortened(scenario),
                origin = shortened(&origin),
                "a page asked for a scenario that visitors cannot start; correct the page's `data-scenario` or address, or publish the scenario with `\"channels\": [\"chat\"]`"
            );
        }
        ProblemCode::NotFound
    }

    /// The sites that may show the scenario's page in a frame, as sources for `frame-ancestors`.
    pub(crate) fn ancestors(&self, scenario: &str) -> String {
        let sites = self.sites();
        let known = sites.get(scenario).into_iter().flatten();
        let sources: Vec<&str> = known.map(AllowedSite::source).collect();
        if sources.is_empty() {
            "'none'".to_owned()
        } else {
            sources.join(" ")
        }
    }

    /// The `Access-Control-Allow-Origin` of a request whose scenario is not known yet: its origin, if
    /// any scenario allows it.
    pub(crate) fn allow_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let RequestOrigin::Other(origin) = RequestOrigin::of(headers) else {
            return None;
        };
        self.sites()
            .values()
            .any(|origins| contains(origins, &origin))
            .then(|| headers.get(header::ORIGIN).cloned())
            .flatten()
    }
}

/// A client's text, as far as it is logged.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LOGGED_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    // A line break of a client must not begin a line of the log.
    short.escape_debug().to_string()
}

/// The site of the page that sent a request, if it is not this server's own.
pub(crate) fn foreign_origin(headers: &HeaderMap) -> Option<String> {
    match RequestOrigin::of(headers) {
        RequestOrigin::Other(origin) => Some(origin),
        // An invalid one has no access to any scenario.
        RequestOrigin::Own | RequestOrigin::Invalid => None,
    }
}

fn contains(sites: &[AllowedSite], origin: &str) -> bool {
    sites.iter().any(|known| match known {
        AllowedSite::Any => true,
        AllowedSite::One(Site(site)) => site.eq_ignore_ascii_case(origin),
    })
}

/// The site whose page sent a request.
enum RequestOrigin {
    /// This server's own page, or a client that is not a browser page.
    Own,
    Other(String),
    Invalid,
}

impl RequestOrigin {
    fn of(headers: &HeaderMap) -> RequestOrigin {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let origin = match (values.next(), values.next()) {
            (None, _) => return RequestOrigin::Own,
            (Some(origin), None) => origin.to_str(),
            (Some(_), Some(_)) => return RequestOrigin::Invalid,
        };
        match origin {
            Ok(origin) => RequestOrigin::named(origin, headers),
            Err(_) => RequestOrigin::Invalid,
        }
    }

    /// The site with an origin, in a request with these headers.
    fn named(origin: &str, headers: &HeaderMap) -> RequestOrigin {
        // The scheme is ignored: a proxy may have ended the TLS connection.
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let own = origin.split_once("://").map(|(_, host)| host);
        match (own, host) {
            (Some(own), Some(host)) if own.eq_ignore_ascii_case(host) => RequestOrigin::Own,
            _ => RequestOrigin::Other(origin.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(sites: &[(&str, &[&str])]) -> Origins {
        let list = |sites: &[&str]| sites.iter().map(|site| site.parse().unwrap()).collect();
        let sites = sites
            .iter()
            .map(|(name, sites)| ((*name).to_owned(), list(sites)));
        Origins::new(sites.collect(), Arc::new(Metrics::new()))
    }

    #[test]
    fn an_origin_is_read_as_browsers_send_it_or_refused() {
        let long = "https://[2001:DB8::1]:8443";
        for (text, read) in [
            ("https://Shop.cz/", Ok("https://shop.cz")),
            ("https://shop.cz:443", Ok("https://shop.cz")),
            ("http://localhost:80", Ok("http://localhost")),
            ("http://localhost:443", Ok("http://localhost:443")),
            (long, Ok("https://[2001:db8::1]:8443")),
            ("https://[2001:db8::1]", Ok("https://[2001:db8::1]")),
            ("shop.cz", Err(SiteError::Scheme)),
            ("ftp://shop.cz", Err(SiteError::Scheme)),
            ("null", Err(SiteError::Scheme)),
            ("", Err(SiteError::Scheme)),
            (
                "https://shop.cz/chat",
                Err(SiteError::More("https://shop.cz".to_owned())),
            ),
            (
                "https://me@shop.cz",
                Err(SiteError::More("https://shop.cz".to_owned())),
            ),
            (
                "https://shop.cz?x",
                Err(SiteError::More("https://shop.cz".to_owned())),
            ),
            ("https://", Err(SiteError::Host)),
            ("https://žába.cz", Err(SiteError::Host)),
            ("https://*.shop.cz", Err(SiteError::Host)),
            ("https://x; script-src *", Err(SiteError::Host)),
            ("https://shop.cz:http", Err(SiteError::Port)),
            ("https://shop.cz:0", Err(SiteError::Port)),
        ] {
            let site = text.parse::<Site>().map(|site| site.to_string());
            assert_eq!(site, read.map(str::to_owned), "{text}");
        }
        assert!("*".parse::<Site>().is_err());
        assert_eq!("*".parse(), Ok(AllowedSite::Any));
    }

    #[test]
    fn only_origins_enter_a_policy() {
        let origins = origins(&[
            ("shop", &["https://Shop.cz/", "http://localhost:3000"]),
            ("open", &["*"]),
        ]);
        let shop = origins.ancestors("shop");
        assert_eq!(shop, "https://shop.cz http://localhost:3000");
        assert_eq!(origins.ancestors("open"), "*");
        assert_eq!(origins.ancestors("other"), "'none'");
    }

    #[test]
    fn the_list_of_a_scenario_decides() {
        let origins = origins(&[
            ("shop", &["https://Shop.cz/", "http://localhost:3000"]),
            ("open", &["*"]),
        ]);
        let allows = |origin: &str, scenario: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("chat.example"));
            if !origin.is_empty() {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.admit(&headers, scenario).is_ok()
        };
        for (origin, shop, open, other) in [
            ("", true, true, true),
            ("https://chat.example", true, true, true),
            ("https://shop.cz", true, true, false),
            ("http://localhost:3000", true, true, false),
            ("http://shop.cz", false, true, false),
            ("https://shop.cz:8443", false, true, false),
            ("https://shop.cz.evil.com", false, true, false),
            ("https://evil.com/https://shop.cz", false, true, false),
            ("https://evilshop.cz", false, true, false),
            ("null", false, true, false),
        ] {
            assert_eq!(allows(origin, "shop"), shop, "{origin} at shop");
            assert_eq!(allows(origin, "open"), open, "{origin} at open");
            assert_eq!(allows(origin, "other"), other, "{origin} at other");
        }
    }
}
