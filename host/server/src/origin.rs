//! Decides which sites may use which scenario.
//!
//! A browser names the site of the page that sends a request in the header `Origin`. The scenario's
//! list decides. A request without `Origin` does not come from another site's page. There are no
//! cookies, so another site's page cannot act on behalf of a session whose token it does not have.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use http::{HeaderMap, HeaderValue, header};

/// Stands for any site in the operator's list.
const ANY: &str = "*";

/// The sites that may use each scenario.
type Sites = BTreeMap<String, Vec<String>>;

/// The origins that may use each scenario. They can be replaced while the server runs.
pub(crate) struct Origins(RwLock<Sites>);

impl Origins {
    pub(crate) fn new(origins: &Sites) -> Origins {
        Origins(RwLock::new(cleaned(origins)))
    }

    pub(crate) fn replace(&self, origins: &Sites) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = cleaned(origins);
    }

    fn sites(&self) -> RwLockReadGuard<'_, Sites> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may use a scenario.
    pub(crate) fn allows(&self, headers: &HeaderMap, scenario: &str) -> bool {
        match RequestOrigin::of(headers) {
            RequestOrigin::Own => true,
            RequestOrigin::Invalid => false,
            RequestOrigin::Other(origin) => self
                .sites()
                .get(scenario)
                .is_some_and(|origins| contains(origins, &origin)),
        }
    }

    /// The sites that may show the scenario's page in a frame, as sources for `frame-ancestors`.
    pub(crate) fn ancestors(&self, scenario: &str) -> String {
        let sites = self.sites();
        let known = sites.get(scenario).into_iter().flatten();
        // A text that is not an origin could end the directive and begin another one.
        let is_source = |origin: &&String| {
            let letter = |c: char| c.is_ascii_alphanumeric() || "-.:/*[]".contains(c);
            !origin.is_empty() && origin.chars().all(letter)
        };
        let sources: Vec<&str> = known.filter(is_source).map(String::as_str).collect();
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

/// The origins without what a browser does not send.
fn cleaned(sites: &Sites) -> Sites {
    let clean = |origin: &String| origin.trim_end_matches('/').to_ascii_lowercase();
    let list = |origins: &Vec<String>| origins.iter().map(clean).collect();
    sites
        .iter()
        .map(|(scenario, origins)| (scenario.clone(), list(origins)))
        .collect()
}

/// The site of the page that sent a request, if it is not this server's own.
pub(crate) fn foreign_origin(headers: &HeaderMap) -> Option<String> {
    match RequestOrigin::of(headers) {
        RequestOrigin::Other(origin) => Some(origin),
        // An invalid one has no access to any scenario.
        RequestOrigin::Own | RequestOrigin::Invalid => None,
    }
}

fn contains(origins: &[String], origin: &str) -> bool {
    origins
        .iter()
        .any(|known| known == ANY || known.eq_ignore_ascii_case(origin))
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
        let Ok(origin) = origin else {
            return RequestOrigin::Invalid;
        };
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

    #[test]
    fn only_origins_enter_a_policy() {
        let origins = Origins::new(&BTreeMap::from([
            (
                "shop".to_owned(),
                [
                    "https://Shop.cz/",
                    "http://localhost:3000",
                    "x; script-src *",
                    "",
                ]
                .map(str::to_owned)
                .to_vec(),
            ),
            ("bad".to_owned(), vec!["'unsafe-inline'".to_owned()]),
            ("open".to_owned(), vec!["*".to_owned()]),
        ]));
        let shop = origins.ancestors("shop");
        assert_eq!(shop, "https://shop.cz http://localhost:3000");
        assert_eq!(origins.ancestors("open"), "*");
        for scenario in ["bad", "other"] {
            assert_eq!(origins.ancestors(scenario), "'none'");
        }
    }

    #[test]
    fn the_list_of_a_scenario_decides() {
        let list = |origins: &[&str]| origins.iter().map(|&origin| origin.to_owned()).collect();
        let origins = Origins::new(&BTreeMap::from([
            (
                "shop".to_owned(),
                list(&["https://Shop.cz/", "http://localhost:3000"]),
            ),
            ("open".to_owned(), list(&["*"])),
        ]));
        let allows = |origin: &str, scenario: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("chat.example"));
            if !origin.is_empty() {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.allows(&headers, scenario)
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
