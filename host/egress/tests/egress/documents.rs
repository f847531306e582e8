//! `docs/connections.md` agrees with the code: ranges, codes, examples.

use std::collections::BTreeSet;
use std::path::Path;

use krabice_config::Table;
use krabice_egress::{
    Connections, FIRST_RETRY_WAIT, LONGEST_PAUSE, LONGEST_RETRY_WAIT, REQUESTS_AT_ONCE, Rules,
    SharedRules,
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

#[test]
fn the_page_has_the_defaults_of_an_account_and_the_fixed_values() {
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
fn every_range_of_an_account_is_the_real_one() {
    for row in table("## Limits of the account") {
        let (from, to) = row[2].split_once(", ").unwrap();
        let (from, to) = (from.parse::<i64>().unwrap(), to.parse::<i64>().unwrap());
        for (value, problems) in [(from, 0), (to, 0), (from - 1, 1), (to + 1, 1)] {
            let text = format!(
                "[connections.a]\nplugin = \"p\"\n[connections.a.limits]\n{} = {value}\n",
                row[0]
            );
            let found = Connections::read(&text, Path::new("/"), &Kept::default()).1;
            assert_eq!(found.len(), problems, "{} = {value}", row[0]);
        }
    }
}

#[test]
fn every_network_setting_has_a_reason_and_holds_within_its_range() {
    fn check<T: Table + Default>(table: &str) {
        for key in T::keys() {
            assert!(key.doc.contains(" Default: "), "{}", key.name);
            let (least, most) = key.range.split_once(" to ").unwrap();
            for value in [least, most] {
                let value = value.replace(',', "");
                let value = if value.bytes().all(|byte| byte.is_ascii_digit()) {
                    value
                } else {
                    format!("{value:?}")
                };
                let text = format!(
                    "[connections.a]\nplugin = \"p\"\n[{table}]\n{} = {value}\n",
                    key.name
                );
                let problems = Connections::read(&text, Path::new("/"), &Kept::default()).1;
                assert_eq!(problems, [], "{} = {value}", key.name);
            }
        }
    }
    check::<Rules>("network");
    check::<Rules>("connections.a.network");
    check::<SharedRules>("network");
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
