//! The check of the guest plugin that misbehaves: the host stops each of its functions, and the
//! check reports it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::{guest, plugin, text};

/// Functions that behave, or misbehave only as their parameters tell them to.
const GOOD: [&str; 19] = [
    "deny",
    "confirm",
    "price",
    "label",
    "order",
    "echo",
    "context",
    "get",
    "fetch",
    "post",
    "fail",
    "choose",
    "visit",
    "search",
    "note",
    "changes",
    "measure",
    "compare",
    "write-and-look",
];

/// A function, the finding that reports it, and how the host ended its calls.
const TABLE: [(&str, &str, &str); 55] = [
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
    ("follow-redirect", "false-answer", "forbidden"),
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
    // --- that no guard stops
    ("gossip", "repeats-parameter", "unexpected-answer"),
    ("paste", "unescaped", "true"),
    ("tell-elsewhere", "unescaped", "unavailable"),
    ("write-quietly", "writes", "true"),
    ("nearly-full", "memory", "true"),
    ("fail-bluntly", "other-failure", "unexpected-answer"),
    ("blame-nobody", "unknown-parameter", "invalid-parameter"),
];

/// Functions whose finding is at another place than their name.
const ELSEWHERE: [(&str, &str, &str); 2] = [
    // The check looks up no name, so the finding is about the host in the manifest.
    ("private-name", "host", "hosts.http://*.hosts.example"),
    ("walk-away", "abandoned-request", "walk-away"),
];

/// The report of one check for all tests, because a check takes a while.
fn report() -> &'static Json {
    static REPORT: LazyLock<Json> = LazyLock::new(|| {
        let ended = plugin([
            "check",
            text(&guest()),
            "--json",
            // The guest's file is huge for this limit only.
            "--limit",
            "file-bytes=50000B",
        ]);
        assert_eq!(ended.exit, 1, "{}", ended.stderr);
        super::json(&ended)
    });
    &REPORT
}

/// The findings of a code at a place: message and situations.
fn found(code: &str, at: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    report()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == format!("conformance::{code}") && finding["at"] == at)
        .map(|finding| {
            let when = finding["when"].as_array().unwrap().iter();
            (
                finding["message"].as_str().unwrap(),
                when.map(|when| when.as_str().unwrap()).collect(),
            )
        })
        .collect()
}

/// Not only the first parameter is reported, but also a part of a list and an e-mail address.
#[test]
fn every_parameter_that_is_not_encoded_is_reported() {
    let told: BTreeSet<_> = found("unescaped", "paste")
        .into_iter()
        .map(|(message, _)| message)
        .collect();
    let plus = "a text with a space instead of the plus";
    for parameter in ["first", "second", "email", "items.code"] {
        for becomes in ["another query parameter", plus] {
            let message = format!("the parameter `{parameter}` is read as {becomes}");
            let refused = format!("{message}; the host refused the request");
            assert!(
                told.contains(message.as_str()) || told.contains(refused.as_str()),
                "{message}: {told:#?}"
            );
        }
    }
}

#[test]
fn a_finding_lists_every_situation_in_which_it_was_seen() {
    let told = found("false-answer", "write-quietly");
    let [(message, when)] = told.as_slice() else {
        panic!("{told:#?}");
    };
    assert_eq!(*message, "it answered `true`; it should have failed");
    for words in ["answers 401", "answers 429", "answers 500"] {
        assert!(
            when.contains(&format!("the back end {words}").as_str()),
            "{when:?}"
        );
    }
}

#[test]
fn what_a_manifest_could_be_better_at_is_a_warning() {
    let codes: BTreeSet<&str> = report()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "warning")
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    for code in [
        "conformance::help",
        "conformance::personal",
        "conformance::host",
    ] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

#[test]
fn a_redirect_to_a_forbidden_place_is_stopped_and_not_the_plugins_fault() {
    let functions = report()["functions"].as_array().unwrap();
    let tried = functions
        .iter()
        .find(|tried| tried["name"] == "follow-redirect");
    let situations = tried.unwrap()["situations"].as_array().unwrap();
    let redirected = situations
        .iter()
        .find(|ended| ended["situation"] == "redirect");
    assert_eq!(redirected.unwrap()["outcome"], "forbidden");
    let words = "the back end redirects to a metadata service";
    for finding in report()["findings"].as_array().unwrap() {
        let here = finding["at"] == "follow-redirect";
        let when = finding["when"].as_array().unwrap();
        assert!(!here || !when.contains(&words.into()), "{finding}");
    }
}

/// A refusal with ordinary parameters, too, proves nothing about a parameter.
#[test]
fn a_function_that_is_always_forbidden_is_not_called_unescaped() {
    assert!(!found("forbidden", "climb").is_empty());
    assert!(found("unescaped", "climb").is_empty());
}

/// Requests to a host that does not answer are in the passport, too.
#[test]
fn the_passport_tells_what_goes_to_another_host() {
    let functions = report()["passport"]["functions"].as_array().unwrap();
    let of = |name: &str| {
        let mut all = functions.iter();
        &all.find(|passage| passage["function"] == name).unwrap()["parameters"]
    };
    assert_eq!(
        of("tell-elsewhere")[1]["seen"],
        json!([
            { "host": "http://reports.hosts.example", "place": "query" },
            { "host": "http://reports.hosts.example", "place": "body" }
        ])
    );
    let pasted = of("paste");
    for (place, name) in [(1, "first"), (3, "email"), (5, "items.code")] {
        assert_eq!(pasted[place]["name"], name);
        assert_eq!(
            pasted[place]["seen"],
            json!([{ "host": null, "place": "query" }])
        );
    }
    assert_eq!(pasted[4]["seen"], json!([]));
}

#[test]
fn every_misbehaviour_is_reported_and_stopped() {
    let report = report();
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
    // Functions that behave and make no request have no finding.
    for name in [
        "deny", "confirm", "price", "label", "order", "context", "fail",
    ] {
        assert!(!found.contains_key(name), "{name}: {:?}", found[name]);
    }
}
