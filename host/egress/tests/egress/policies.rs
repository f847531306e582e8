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

    /// Whatever a plugin writes, an accepted address is one that it may reach, however the
    /// server reads it.
    fn holds(written: &str, server: &[u8]) {
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
        let url = Url::parse(&format!("{}{}", target.destination.origin(), target.path)).unwrap();
        assert_eq!(
            url.origin(),
            Url::parse(&target.destination.origin().to_string())
                .unwrap()
                .origin(),
            "{written:?}"
        );
        if let Destination::Own(_) = target.destination {
            let servers = [
                &[] as &[_],
                &[0, 0],
                &[0, 5],
                &[1, 3, 5],
                &[0, 2, 5],
                &[0, 3, 5, 7],
                &[6],
            ];
            for server in servers.into_iter().chain([server]) {
                let path = servers::normalised(target.path.path(), server);
                assert!(
                    path == "/api/v2" || path.starts_with("/api/v2/"),
                    "{written:?} becomes {path} by {server:?}"
                );
            }
        }
    }

    /// A server that does up to three steps, in any order, reads no path of the table as one
    /// above the address.
    #[test]
    fn for_every_accepted_path_of_the_table_and_every_server() {
        let steps = servers::STEPS.len() as u8;
        let accepted: Vec<_> = rows::<2>(include_str!("../tables/addresses-written.txt"))
            .into_iter()
            .filter(|[_, expected]| expected.starts_with("own"))
            .collect();
        for first in 0..steps {
            for second in 0..steps {
                for third in 0..steps {
                    for [written, _] in &accepted {
                        holds(written, &[first, second, third]);
                    }
                }
            }
        }
    }

    #[test]
    fn for_any_text() {
        check!()
            .with_type::<(String, Vec<u8>)>()
            .for_each(|(written, server)| holds(written, server));
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
        check!()
            .with_type::<(Vec<u8>, Vec<u8>)>()
            .for_each(|(picks, server)| holds(&picked(PARTS, picks), server));
    }

    /// The parts that the picks choose, one after the other.
    fn picked(parts: &[&str], picks: &[u8]) -> String {
        picks
            .iter()
            .map(|pick| parts[*pick as usize % parts.len()])
            .collect()
    }

    #[test]
    fn for_texts_of_what_steps_upwards_are_made_of() {
        const PARTS: &[&str] = &[
            "a",
            "/",
            "\\",
            ".",
            "..",
            "...",
            ";",
            "?",
            "%",
            "%25",
            "25",
            "2e",
            "2f",
            "u002e",
            "%2e",
            "%2f",
            "%5c",
            "%c0%ae",
            "%c0%af",
            "%c1%9c",
            "%c0",
            "%ae",
            "%e0%80%ae",
            "%f0%80%80%ae",
            "%u002e",
            "%u002f",
            "%u005c",
            "%uff0e",
            "%uff0f",
            "%ef%bc%8e",
            "%ef%bc%8f",
            "%ef%bc%bc",
            "．",
            "／",
            "＼",
            "％",
            "․",
            "∕",
            "¥",
            "%e2%80%a4",
            " ",
            "+",
            "%20",
            "%c2%a0",
            "%3b",
            "%3f",
            "%23",
            "%00",
            "%80",
            "%ff",
            "č",
            "v1.2",
        ];
        check!()
            .with_type::<(Vec<u8>, Vec<u8>)>()
            .for_each(|(picks, server)| holds(&picked(PARTS, picks), server));
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

/// How servers read a path, written without the code under test: steps over the bytes, each
/// of which some server does.
mod servers {
    type Step = fn(Vec<u8>) -> Vec<u8>;

    pub(super) const STEPS: [Step; 10] = [
        percent,
        iis,
        overlong,
        best_fit,
        without_errors,
        backslashes,
        filtered,
        trimmed,
        parameters,
        cut,
    ];

    /// The path after these steps, without dot segments (RFC 3986, section 5.2.4).
    pub(super) fn normalised(path: &str, steps: &[u8]) -> String {
        let mut path = path.as_bytes().to_vec();
        for step in steps.iter().take(6) {
            path = STEPS[*step as usize % STEPS.len()](path);
        }
        let mut kept: Vec<&[u8]> = Vec::new();
        for segment in path.split(|byte| *byte == b'/').skip(1) {
            match segment {
                b"." => {}
                b".." => drop(kept.pop()),
                name => kept.push(name),
            }
        }
        format!("/{}", String::from_utf8_lossy(&kept.join(&b'/')))
    }

    fn hex(digits: &[u8]) -> Option<u32> {
        let text = std::str::from_utf8(digits).ok()?;
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten()
    }

    /// Writes each piece that `read` finds, and other bytes as they are.
    fn replaced(path: Vec<u8>, read: impl Fn(&[u8]) -> Option<(usize, Vec<u8>)>) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < path.len() {
            let (length, bytes) = read(&path[at..]).unwrap_or((1, vec![path[at]]));
            out.extend(bytes);
            at += length;
        }
        out
    }

    fn percent(path: Vec<u8>) -> Vec<u8> {
        replaced(path, |rest| {
            let digits = rest.strip_prefix(b"%")?.get(..2)?;
            Some((3, vec![hex(digits)? as u8]))
        })
    }

    fn iis(path: Vec<u8>) -> Vec<u8> {
        replaced(path, |rest| {
            let digits = rest.strip_prefix(b"%u")?.get(..4)?;
            let c = char::from_u32(hex(digits)?)?;
            Some((6, c.to_string().into_bytes()))
        })
    }

    fn overlong(path: Vec<u8>) -> Vec<u8> {
        replaced(path, |rest| {
            let length = match rest[0] {
                0xc0..=0xc1 => 2,
                0xe0 => 3,
                0xf0 => 4,
                _ => return None,
            };
            let more = rest.get(1..length)?;
            let mut value = u32::from(rest[0] & 0x03);
            for byte in more {
                value = value * 64 + u32::from(*byte).checked_sub(0x80).filter(|low| *low < 64)?;
            }
            (value < 128).then(|| (length, vec![value as u8]))
        })
    }

    fn best_fit(path: Vec<u8>) -> Vec<u8> {
        let Ok(text) = String::from_utf8(path.clone()) else {
            return path;
        };
        let fit = |c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap(),
            '\u{2024}' => '.',
            '\u{2044}' | '\u{2215}' => '/',
            '\u{2216}' | '\u{a5}' | '\u{20a9}' => '\\',
            '\u{a0}' | '\u{3000}' => ' ',
            other => other,
        };
        text.chars().map(fit).collect::<String>().into_bytes()
    }

    fn without_errors(path: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&path);
        text.replace(char::REPLACEMENT_CHARACTER, "").into_bytes()
    }

    fn backslashes(path: Vec<u8>) -> Vec<u8> {
        replaced(path, |rest| {
            rest.starts_with(b"\\").then(|| (1, b"/".to_vec()))
        })
    }

    /// Removes `../` once.
    fn filtered(path: Vec<u8>) -> Vec<u8> {
        replaced(path, |rest| {
            rest.starts_with(b"../").then(|| (3, Vec::new()))
        })
    }

    fn of_segments(path: Vec<u8>, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let segments: Vec<_> = path.split(|byte| *byte == b'/').map(change).collect();
        segments.join(&b'/')
    }

    /// Windows: no spaces around a name, and `...` for two steps.
    fn trimmed(path: Vec<u8>) -> Vec<u8> {
        of_segments(path, |segment| {
            let name: Vec<u8> = replaced(segment.to_vec(), |rest| {
                rest.starts_with(b"+").then(|| (1, b" ".to_vec()))
            });
            let name = name.trim_ascii();
            let points = name.iter().all(|byte| matches!(byte, b'.' | b' '));
            if points && name.len() > 1 {
                return vec![&b".."[..]; name.len() - 1].join(&b'/');
            }
            name.to_vec()
        })
    }

    fn parameters(path: Vec<u8>) -> Vec<u8> {
        of_segments(path, |segment| {
            let name = segment.split(|byte| *byte == b';').next();
            name.unwrap_or_default().to_vec()
        })
    }

    fn cut(path: Vec<u8>) -> Vec<u8> {
        let end = path.iter().position(|byte| matches!(byte, b'?' | b'#' | 0));
        path[..end.unwrap_or(path.len())].to_vec()
    }
}
