//! The policy, with one table for each kind of decision.

use http::HeaderValue;
use http::uri::PathAndQuery;
use krabice_egress::{
    BaseUrl, Destination, HostEntry, Origin, Policy, Reach, Redirect, Refusal, Scheme, Target,
};
use url::Url;

/// The rows of a table: columns between `|`, without comments and empty lines.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let rows: Vec<_> = table
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<_> = line.split('|').map(str::trim).collect();
            columns
                .try_into()
                .unwrap_or_else(|_| panic!("not {N} columns: {line}"))
        })
        .collect();
    assert!(rows.len() > 10);
    rows
}

fn origin(text: &str) -> Origin {
    let url = Url::parse(text).unwrap();
    Origin {
        scheme: if url.scheme() == "https" {
            Scheme::Https
        } else {
            Scheme::Http
        },
        host: url.host().unwrap().to_owned(),
        port: url.port_or_known_default().unwrap(),
    }
}

fn policy() -> Policy {
    let hosts = ["https://files.example.com", "https://*.cdn.example.com"];
    let hosts = hosts
        .iter()
        .map(|entry| HostEntry::parse(entry).unwrap())
        .collect();
    Policy::new(
        Some(BaseUrl::parse("https://shop.example.com/api/v2").unwrap()),
        hosts,
        None,
        Vec::new(),
    )
}

fn shown(judged: Result<Target, Refusal>) -> String {
    match judged {
        Ok(Target {
            destination: Destination::Own(_),
            path,
        }) => format!("own {path}"),
        Ok(Target {
            destination: Destination::Named(origin),
            path,
        }) => format!("named {origin} {path}"),
        Err(refusal) => refusal.rule.code().to_owned(),
    }
}

/// The target of a table's text.
fn target(policy: &Policy, shown: &str) -> Target {
    match shown.split(' ').collect::<Vec<_>>()[..] {
        ["own", path] => Target {
            destination: Destination::Own(policy.base().unwrap().clone().into()),
            path: PathAndQuery::try_from(path).unwrap(),
        },
        ["named", at, path] => Target {
            destination: Destination::Named(origin(at)),
            path: PathAndQuery::try_from(path).unwrap(),
        },
        _ => panic!("{shown}"),
    }
}

#[test]
fn every_address_has_the_reach_of_its_network() {
    for [address, expected] in rows::<2>(include_str!("../tables/addresses.txt")) {
        let reach = match Reach::of(address.parse().unwrap()) {
            Reach::Public => "public",
            Reach::Loopback => "loopback",
            Reach::Private(_) => "private",
            Reach::Never(_) => "never",
        };
        assert_eq!(reach, expected, "{address}");
    }
}

#[test]
fn a_host_entry_allows_what_it_says() {
    for [entry, asked, expected] in rows::<3>(include_str!("../tables/entries.txt")) {
        match HostEntry::parse(entry) {
            Err(_) => assert_eq!(expected, "bad", "{entry}"),
            Ok(parsed) => {
                let allowed = if parsed.allows(&origin(asked)) {
                    "allowed"
                } else {
                    "not"
                };
                assert_eq!(allowed, expected, "{entry} for {asked}");
            }
        }
    }
}

#[test]
fn what_a_plugin_writes_leads_to_where_it_may_go_or_breaks_a_rule() {
    let policy = policy();
    for [written, expected] in rows::<2>(include_str!("../tables/addresses-written.txt")) {
        assert_eq!(shown(policy.judge(written)), expected, "{written}");
    }
}

#[test]
fn characters_that_split_a_request_are_refused() {
    let policy = policy();
    for byte in (0..0x20u8).chain([0x7f]) {
        let control = char::from(byte);
        for written in [
            format!("orders{control}x"),
            format!("orders?a={control}"),
            format!("{control}orders"),
            format!("https://files.example.com/{control}a"),
            format!("https://files{control}.example.com/a"),
            format!("{control}https://files.example.com/a"),
        ] {
            assert!(policy.judge(&written).is_err(), "{written:?}");
        }
    }
}

#[test]
fn a_redirect_is_followed_within_the_rules_alone() {
    let hosts = [
        "https://files.example.com",
        "https://*.cdn.example.com",
        "http://plain.example.com",
        "https://plain.example.com",
    ];
    let hosts = hosts
        .iter()
        .map(|entry| HostEntry::parse(entry).unwrap())
        .collect();
    let policy = Policy::new(
        Some(BaseUrl::parse("https://shop.example.com/api/v2").unwrap()),
        hosts,
        None,
        Vec::new(),
    );
    for [from, location, expected] in rows::<3>(include_str!("../tables/redirects.txt")) {
        let decided =
            match policy.redirect(&target(&policy, from), &HeaderValue::from_static(location)) {
                Redirect::Follow(target) => shown(Ok(target)),
                Redirect::Return => "return".to_owned(),
                Redirect::Refuse(refusal) => refusal.rule.code().to_owned(),
            };
        assert_eq!(decided, expected, "{from} to {location}");
    }
}

#[test]
fn a_socket_is_opened_to_public_addresses_and_to_what_the_operator_wrote_down() {
    for [connection, allow, asked, at, expected] in rows::<5>(include_str!("../tables/grants.txt"))
    {
        let grants = if allow.is_empty() {
            Vec::new()
        } else {
            vec![origin(allow)]
        };
        let policy = Policy::new(
            Some(BaseUrl::parse(connection).unwrap()),
            Vec::new(),
            None,
            grants,
        );
        let admitted = policy.admit(&origin(asked), at.parse().unwrap()).is_ok();
        assert_eq!(
            if admitted { "allowed" } else { "not" },
            expected,
            "{connection} | {allow} | {asked} | {at}"
        );
    }
}

#[test]
fn an_empty_policy_allows_nothing() {
    let policy = Policy::default();
    for written in [
        "orders",
        "http://connection.internal/orders",
        "https://example.com/",
        "",
    ] {
        assert_eq!(
            shown(policy.judge(written)),
            "egress::forbidden-host",
            "{written}"
        );
    }
    let loopback = "127.0.0.1".parse().unwrap();
    assert!(policy.admit(&origin("http://127.0.0.1"), loopback).is_err());
}

#[test]
fn the_operator_may_allow_less_than_the_manifest_names() {
    let entry = |text| HostEntry::parse(text).unwrap();
    let named = vec![
        entry("https://*.example.com"),
        entry("https://files.example.net"),
    ];
    let policy = Policy::new(
        None,
        named,
        Some(vec![
            entry("https://a.example.com"),
            entry("https://evil.com"),
        ]),
        vec![],
    );
    assert!(policy.judge("https://a.example.com/").is_ok());
    for other in [
        "https://b.example.com/",
        "https://files.example.net/",
        "https://evil.com/",
    ] {
        assert_eq!(
            shown(policy.judge(other)),
            "egress::forbidden-host",
            "{other}"
        );
    }
}

mod never_outside {
    use bolero::check;

    use super::*;

    /// Whatever a plugin writes, an accepted address is one that it may reach.
    fn holds(written: &str) {
        let policy = policy();
        let Ok(target) = policy.judge(written) else {
            return;
        };
        match &target.destination {
            Destination::Own(base) => {
                assert_eq!(base.origin(), &origin("https://shop.example.com"))
            }
            Destination::Named(at) => {
                let host = at.host.to_string();
                assert!(
                    host == "files.example.com" || host.ends_with(".cdn.example.com"),
                    "{written:?}"
                );
                assert_eq!((at.scheme, at.port), (Scheme::Https, 443), "{written:?}");
            }
        }
        // The path as the most tolerant server reads it.
        let url = Url::parse(&format!("{}{}", target.destination.origin(), target.path)).unwrap();
        assert_eq!(
            url.origin(),
            Url::parse(&target.destination.origin().to_string())
                .unwrap()
                .origin(),
            "{written:?}"
        );
        if let Destination::Own(_) = target.destination {
            let mut path = url.path().to_owned();
            for _ in 0..3 {
                assert!(
                    path == "/api/v2" || path.starts_with("/api/v2/"),
                    "{written:?} becomes {path}"
                );
                path = percent_encoding::percent_decode_str(&path)
                    .decode_utf8_lossy()
                    .replace('\\', "/");
                let mut again = url.clone();
                again.set_path(&path);
                path = again.path().to_owned();
            }
        }
    }

    #[test]
    fn for_any_text() {
        check!()
            .with_type::<String>()
            .for_each(|written| holds(written));
    }

    #[test]
    fn for_texts_of_what_addresses_are_made_of() {
        const PARTS: &[&str] = &[
            "https://",
            "http://",
            "https:",
            "//",
            "/",
            "\\",
            "..",
            ".",
            "%2e",
            "%2f",
            "%5c",
            "%25",
            "@",
            ":",
            "?",
            "#",
            ";",
            "shop.example.com",
            "files.example.com",
            "x.cdn.example.com",
            "evil.com",
            "connection.internal",
            "/api/v2",
            "api",
            "orders",
            "%00",
            "\r\n",
            "\t",
            " ",
            "[::1]",
            "127.0.0.1",
            "443",
            "č",
            "。",
            "&",
            "=",
            "HTTPS://",
        ];
        check!().with_type::<Vec<u8>>().for_each(|picks: &Vec<u8>| {
            let written: String = picks
                .iter()
                .map(|pick| PARTS[*pick as usize % PARTS.len()])
                .collect();
            holds(&written);
        });
    }

    #[test]
    fn for_host_entries() {
        check!().with_type::<String>().for_each(|entry: &String| {
            let Ok(parsed) = HostEntry::parse(entry) else {
                return;
            };
            // The entry allows only hosts that its text shows.
            for other in [
                "https://evil.com",
                "http://127.0.0.1",
                "https://169.254.169.254",
                "https://com",
            ] {
                let other = origin(other);
                let shows = entry.contains(&other.host.to_string())
                    || Url::parse(entry).is_ok_and(|url| {
                        url.host().map(|host| host.to_owned()) == Some(other.host.clone())
                    });
                assert!(!parsed.allows(&other) || shows, "{entry:?} allows {other}");
            }
        });
    }

    #[test]
    fn for_any_location() {
        let policy = policy();
        let from = policy.judge("orders").unwrap();
        check!()
            .with_type::<Vec<u8>>()
            .for_each(|location: &Vec<u8>| {
                let Ok(location) = HeaderValue::from_bytes(location) else {
                    return;
                };
                if let Redirect::Follow(target) = policy.redirect(&from, &location) {
                    let host = target.destination.origin().host.to_string();
                    assert!(
                        ["shop.example.com", "files.example.com"].contains(&host.as_str())
                            || host.ends_with(".cdn.example.com")
                    );
                }
            });
    }
}
