//! The plugin that misbehaves: each of its functions is stopped by the host and reported by the
//! check.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{guest, json, plugin, text};

/// Functions that behave, or misbehave only as their parameters tell them to.
const GOOD: [&str; 13] = [
    "deny",
    "confirm",
    "price",
    "label",
    "order",
    "echo",
    "surroundings",
    "get",
    "fetch",
    "post",
    "fail",
    "gossip",
    "choose",
];

/// A function, the finding that reports it, and how the host ended its calls.
const TABLE: [(&str, &str, &str); 48] = [
    // --- that take too much
    ("choose.endless", "timeout", "timeout"),
    ("loop-forever", "timeout", "timeout"),
    ("grow-memory", "resource-limit", "resource-limit"),
    ("recurse", "trap", "trap"),
    ("panic", "trap", "trap"),
    ("trap", "trap", "trap"),
    ("exit", "trap", "trap"),
    ("sleep", "timeout", "timeout"),
    ("flood-log", "log-flood", ""),
    ("flood-line", "log-flood", ""),
    ("hoard-handles", "resource-limit", "resource-limit"),
    ("push-bytes", "resource-limit", "resource-limit"),
    // --- that break their manifest
    ("choose.twice", "contract-broken", "contract-broken"),
    ("undeclared-field", "contract-broken", "contract-broken"),
    (
        "undeclared-nested-field",
        "contract-broken",
        "contract-broken",
    ),
    ("wrong-kind", "contract-broken", "contract-broken"),
    ("wrong-nested-kind", "contract-broken", "contract-broken"),
    ("missing-field", "contract-broken", "contract-broken"),
    ("missing-nested-field", "contract-broken", "contract-broken"),
    ("repeated-field", "contract-broken", "contract-broken"),
    ("unasked-value", "contract-broken", "contract-broken"),
    ("bare-true", "contract-broken", "contract-broken"),
    ("bad-decimal", "contract-broken", "contract-broken"),
    ("bad-timestamp", "contract-broken", "contract-broken"),
    ("bad-choice", "contract-broken", "contract-broken"),
    ("bad-json", "contract-broken", "contract-broken"),
    ("huge-json", "contract-broken", "contract-broken"),
    ("deep-json", "contract-broken", "contract-broken"),
    ("huge-text", "contract-broken", "contract-broken"),
    ("nul-text", "contract-broken", "contract-broken"),
    ("climbing-file", "contract-broken", "contract-broken"),
    ("huge-file", "contract-broken", "contract-broken"),
    ("no-such-zone", "contract-broken", "contract-broken"),
    // --- that break out
    ("forbidden-host", "forbidden", "forbidden"),
    ("forbidden-host-with-body", "forbidden", "forbidden"),
    ("private-address", "unescaped", "forbidden"),
    ("climb", "forbidden", "forbidden"),
    ("follow-redirect", "unescaped", "forbidden"),
    ("own-authorization", "unescaped", "forbidden"),
    ("many-headers", "resource-limit", "resource-limit"),
    ("some-headers", "forbidden", "forbidden"),
    ("huge-request", "forbidden", "forbidden"),
    ("huge-response", "false-answer", "unexpected-answer"),
    ("stalled-request", "false-answer", "unavailable"),
    ("swallow-refusal", "forbidden", "forbidden"),
    ("refused-then-loop", "forbidden", "forbidden"),
    ("many-requests", "forbidden", "forbidden"),
    ("swarm", "forbidden", "forbidden"),
];

/// Reported elsewhere than at their own name.
const ELSEWHERE: [(&str, &str, &str); 2] = [
    // The name service of the check knows no name; the host is the finding.
    ("private-name", "host", "hosts.http://*.hosts.example"),
    ("walk-away", "abandoned-request", "walk-away"),
];

#[test]
fn every_misbehaviour_is_reported_and_stopped() {
    let ended = plugin([
        "check",
        text(&guest()),
        "--json",
        // The guest's file is huge for this limit only.
        "--limit",
        "file-bytes=50000",
    ]);
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    let report = json(&ended);
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let code = finding["code"].as_str().unwrap();
        found
            .entry(finding["at"].as_str().unwrap())
            .or_default()
            .insert(code.strip_prefix("conformance::").unwrap());
    }
    let functions: BTreeMap<&str, &Json> = report["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tried| (tried["name"].as_str().unwrap(), tried))
        .collect();
    let mut missing = Vec::new();
    for (name, code, stopped) in TABLE {
        if !found.get(name).is_some_and(|codes| codes.contains(code)) {
            missing.push(format!(
                "`{name}` is not reported as `{code}`: {:?}",
                found.get(name)
            ));
        }
        let outcomes = &functions[name]["outcomes"];
        if !stopped.is_empty() && outcomes[stopped].is_null() {
            missing.push(format!("`{name}` did not end as `{stopped}`: {outcomes}"));
        }
    }
    for (_, code, at) in ELSEWHERE {
        assert!(found[at].contains(code), "{at}: {:?}", found[at]);
    }
    assert!(missing.is_empty(), "{missing:#?}");
    for name in functions.keys().filter(|name| **name != "probe") {
        let known = GOOD.contains(name)
            || TABLE.iter().any(|(known, _, _)| known == name)
            || ELSEWHERE.iter().any(|(known, _, _)| known == name)
            || *name == "choose.pick";
        assert!(known, "`{name}` stands in no table");
    }
    // Those that behave are not slandered: nothing is said of those that ask nobody.
    for name in [
        "deny",
        "confirm",
        "price",
        "label",
        "order",
        "surroundings",
        "fail",
    ] {
        assert!(!found.contains_key(name), "{name}: {:?}", found[name]);
    }
}
