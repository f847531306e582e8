//! `docs/connections.md` agrees with the code: defaults, ranges, codes, examples.

use std::collections::BTreeSet;
use std::path::Path;

use krabice_egress::{
    ALL_REQUESTS_AT_ONCE, Connections, FIRST_RETRY_WAIT, LONGEST_PAUSE, LONGEST_RETRY_WAIT,
    REQUESTS_AT_ONCE, Rules,
};

use crate::shop::Kept;

const PAGE: &str = include_str!("../../../../docs/connections.md");

/// The rows of the table after a line, as cells.
fn table(after: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = PAGE
        .split_once(after)
        .unwrap_or_else(|| panic!("no `{after}`"));
    let rows: Vec<_> = rest
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table after `{after}`");
    rows
}

/// A default as the page writes it.
fn defaults() -> Vec<(&'static str, String)> {
    // Every field is named, so that a new rule does not compile without a line here.
    let Rules {
        connect_timeout,
        first_byte_timeout,
        between_bytes_timeout,
        total_timeout,
        idle_timeout,
        idle_connections,
        request_bytes,
        response_bytes,
        request_headers,
        request_header_bytes,
        response_headers,
        response_header_bytes,
        redirects,
        retries,
        login_pause,
    } = Rules::default();
    vec![
        ("connect-timeout", format!("{connect_timeout:?}")),
        ("first-byte-timeout", format!("{first_byte_timeout:?}")),
        (
            "between-bytes-timeout",
            format!("{between_bytes_timeout:?}"),
        ),
        ("total-timeout", format!("{total_timeout:?}")),
        ("idle-timeout", format!("{idle_timeout:?}")),
        ("idle-connections", idle_connections.to_string()),
        ("request-bytes", request_bytes.to_string()),
        ("response-bytes", response_bytes.to_string()),
        ("request-headers", request_headers.to_string()),
        ("request-header-bytes", request_header_bytes.to_string()),
        ("response-headers", response_headers.to_string()),
        ("response-header-bytes", response_header_bytes.to_string()),
        ("redirects", redirects.to_string()),
        ("retries", retries.to_string()),
        ("login-pause", format!("{login_pause:?}")),
    ]
}

#[test]
fn every_rule_has_its_default_on_the_page() {
    let page: Vec<_> = table("<!-- settings -->")
        .iter()
        .map(|row| (row[0], row[1].to_owned()))
        .collect();
    assert_eq!(page, defaults());
    assert!(
        table("<!-- settings -->")
            .iter()
            .all(|row| row[3].len() > 20),
        "each with its reason"
    );
    assert_eq!(
        table("And one under `[network]` alone")[0][1],
        ALL_REQUESTS_AT_ONCE.to_string()
    );
    assert_eq!(
        table("## Limits of the account")[0][1],
        format!("the manifest's, else {REQUESTS_AT_ONCE}")
    );
    assert!(PAGE.contains(&format!("at most {LONGEST_PAUSE:?} at a time").replace("60s", "60 s")));
    let waits = format!("begin at {FIRST_RETRY_WAIT:?} and end at {LONGEST_RETRY_WAIT:?}");
    assert!(
        PAGE.contains(&waits.replace("100ms", "100 ms").replace("2s", "2 s")),
        "{waits}"
    );
}

#[test]
fn every_range_on_the_page_is_the_real_one() {
    // Both ends are valid, and one nanosecond or one more is not.
    let problems = |table: &str, key: &str, value: &str| {
        let text = format!("[connections.a]\nplugin = \"p\"\n[{table}]\n{key} = {value}\n");
        Connections::read(&text, Path::new("/"), &Kept::default()).1
    };
    let mut checked = 0;
    for (after, place) in [
        ("<!-- settings -->", "network"),
        ("<!-- settings -->", "connections.a.network"),
        ("And one under `[network]` alone", "network"),
        ("## Limits of the account", "connections.a.limits"),
    ] {
        for row in table(after) {
            let (key, (from, to)) = (row[0], row[2].split_once(", ").unwrap());
            let quoted = |value: &str| {
                if from.ends_with('s') {
                    format!("\"{value}\"")
                } else {
                    value.to_owned()
                }
            };
            for inside in [from, to] {
                assert_eq!(
                    problems(place, key, &quoted(inside)),
                    [],
                    "{key} = {inside}"
                );
            }
            let beyond = if from.ends_with('s') {
                vec!["-1s".to_owned(), format!("{} 1ns", to)]
            } else {
                vec![
                    (from.parse::<i64>().unwrap() - 1).to_string(),
                    (to.parse::<i64>().unwrap() + 1).to_string(),
                ]
            };
            for outside in beyond {
                assert_eq!(
                    problems(place, key, &quoted(&outside)).len(),
                    1,
                    "{key} = {outside}"
                );
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 2 * defaults().len() + 1 + 2);
}

#[test]
fn every_example_on_the_page_is_read() {
    let mut examples = 0;
    for example in PAGE.split("```toml\n").skip(1) {
        let example = example.split("```").next().unwrap();
        let texts: Vec<String> = if example.starts_with('[') {
            let plugin = |name: &str| {
                if example.contains("plugin =") {
                    String::new()
                } else {
                    format!("[connections.{name}]\nplugin = \"p\"\n")
                }
            };
            vec![format!("{}{example}", plugin("accounting"))]
        } else {
            // Each line is a setting of its own.
            example
                .lines()
                .map(|line| {
                    format!("[connections.a]\nplugin = \"p\"\n[connections.a.settings]\n{line}")
                })
                .collect()
        };
        for text in texts {
            let kept = Kept([("UPGATES_KEY", "x"), ("key", "y")].into());
            assert_eq!(
                Connections::read(&text, Path::new("/"), &kept).1,
                [],
                "{text}"
            );
            examples += 1;
        }
    }
    assert_eq!(examples, 5);
}

#[test]
fn the_page_has_exactly_the_codes_of_the_source() {
    let page: BTreeSet<_> = table("## Findings").iter().map(|row| row[0]).collect();
    let sources = [
        include_str!("../../src/connection/read.rs"),
        include_str!("../../src/connection/check.rs"),
        include_str!("../../src/connection/mod.rs"),
        include_str!("../../src/network.rs"),
    ];
    let used: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|text| text.starts_with("connections::") && !text.contains(char::is_whitespace))
        .collect();
    assert_eq!(page, used);
}
