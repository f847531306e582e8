//! Which sites may talk to which scenario.
//!
//! A browser says with `Origin` whose page asks. The list of a scenario decides; a request without
//! `Origin` comes from no other site's page. There are no cookies, so no answer is ever given to a
//! site on behalf of somebody else's session.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, header};

/// Any site, where the operator wrote so.
const ANY: &str = "*";

/// The origins of each scenario.
pub(crate) struct Origins(BTreeMap<String, Vec<String>>);

impl Origins {
    pub(crate) fn new(origins: &BTreeMap<String, Vec<String>>) -> Origins {
        let clean = |origin: &String| origin.trim_end_matches('/').to_ascii_lowercase();
        Origins(
            origins
                .iter()
                .map(|(scenario, origins)| (scenario.clone(), origins.iter().map(clean).collect()))
                .collect(),
        )
    }

    /// Whether a request may talk to a scenario.
    pub(crate) fn admit(&self, headers: &HeaderMap, scenario: &str) -> bool {
        match asked(headers) {
            Asked::Own => true,
            Asked::Unreadable => false,
            Asked::Other(origin) => self
                .0
                .get(scenario)
                .is_some_and(|origins| holds(origins, &origin)),
        }
    }

    /// The sites of a scenario as sources of a page's policy: who may have its page in a frame.
    pub(crate) fn ancestors(&self, scenario: &str) -> String {
        let known = self.0.get(scenario).into_iter().flatten();
        // What is no origin could end the directive and begin another.
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

    /// What a browser may be told about a request before it is known which scenario it is for: the
    /// origin, where some scenario's list has it.
    pub(crate) fn told(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let Asked::Other(origin) = asked(headers) else {
            return None;
        };
        self.0
            .values()
            .any(|origins| holds(origins, &origin))
            .then(|| headers.get(header::ORIGIN).cloned())
            .flatten()
    }
}

fn holds(origins: &[String], origin: &str) -> bool {
    origins
        .iter()
        .any(|known| known == ANY || known.eq_ignore_ascii_case(origin))
}

enum Asked {
    /// The server's own page, or no page at all.
    Own,
    Other(String),
    Unreadable,
}

fn asked(headers: &HeaderMap) -> Asked {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (values.next(), values.next()) else {
        return if headers.contains_key(header::ORIGIN) {
            Asked::Unreadable
        } else {
            Asked::Own
        };
    };
    let Ok(origin) = origin.to_str() else {
        return Asked::Unreadable;
    };
    // The scheme is not looked at: a proxy may have taken the TLS away.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, host)| host);
    match (own, host) {
        (Some(own), Some(host)) if own.eq_ignore_ascii_case(host) => Asked::Own,
        _ => Asked::Other(origin.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_origins_comes_into_a_policy() {
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
        let admits = |origin: &str, scenario: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("chat.example"));
            if !origin.is_empty() {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.admit(&headers, scenario)
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
            assert_eq!(admits(origin, "shop"), shop, "{origin} at shop");
            assert_eq!(admits(origin, "open"), open, "{origin} at open");
            assert_eq!(admits(origin, "other"), other, "{origin} at other");
        }
    }
}
