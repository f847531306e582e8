//! `krabice plugin check`

use insta::assert_snapshot;
use serde_json::json;

use super::{SHIPPED, altered, component, json, plugin, text};
use crate::filters;

/// Settings without which most functions of a plugin do nothing.
const SETTINGS: [(&str, &[&str]); 2] = [
    (
        "pohoda",
        &[
            "--set=invoice-report=231",
            "--set=issue-invoices=true",
            "--set=external-system=shop",
        ],
    ),
    ("base", &["--set=show-labels=true"]),
];

#[test]
fn the_shipped_plugins_have_no_finding() {
    for name in SHIPPED {
        let file = component(name);
        let settings = SETTINGS.iter().find(|(known, _)| *known == name);
        for settings in [&[][..], settings.map_or(&[], |(_, settings)| settings)] {
            let arguments = ["check", text(&file), "--json", "--deny-warnings"];
            let ended = plugin(arguments.into_iter().chain(settings.iter().copied()));
            assert_eq!(ended.exit, 0, "{name} {settings:?}\n{}", ended.text());
            let report = json(&ended);
            assert_eq!(report["findings"], json!([]), "{name}");
            let functions = report["functions"].as_array().unwrap();
            let asked = functions
                .iter()
                .filter(|tried| tried["requests"].as_u64().unwrap() > 0);
            // Otherwise the check tried little.
            assert!(
                asked.count() * 2 > functions.len(),
                "{name}: most functions never asked their back end\n{}",
                ended.stdout
            );
        }
    }
}

#[test]
fn the_report_reads_well() {
    let file = component("retino");
    let ended = plugin(["check", text(&file)]);
    assert_eq!((ended.exit, ended.stderr.as_str()), (0, ""));
    let report = regex::Regex::new(r"sha256 [0-9a-f]{64}")
        .unwrap()
        .replace(&ended.stdout, "sha256 DIGEST")
        .replace(text(&file), "retino.wasm");
    // The rest has sizes and times, and its columns move with them.
    let (report, calls) = report.split_once("\nCalls against").unwrap();
    let report = regex::Regex::new(r"\d+ kB")
        .unwrap()
        .replace_all(report, "N kB");
    for words in [
        " that misbehaves\n",
        "\n  change-case-state ",
        "\nloaded in ",
        " no findings\n",
    ] {
        assert!(calls.contains(words), "{words}\n{calls}");
    }
    filters::settings(&crate::binary::workspace().join("tests/e2e/snapshots"))
        .bind(|| assert_snapshot!("plugin-check", report));
}

/// A report holds neither a made-up credential nor a made-up parameter.
#[test]
fn a_report_says_where_data_goes_and_holds_none() {
    let ended = plugin(["check", text(&component("upgates")), "--json"]);
    for canary in ["made-up-secret", "kanarek", "73100"] {
        assert!(!ended.stdout.contains(canary), "{canary}\n{}", ended.stdout);
        assert!(!ended.stderr.contains(canary), "{canary}\n{}", ended.stderr);
    }
    let report = json(&ended);
    let passport = &report["passport"];
    assert_eq!(
        passport["destinations"],
        json!([{
            "host": null,
            "setting": "address",
            "credentials": ["login", "key"],
            "how": "by HTTP Basic in the header `Authorization`"
        }])
    );
    assert_eq!(
        passport["functions"][1],
        json!({
            "function": "load-order",
            "effect": "reads",
            "methods": ["GET"],
            "parameters": [
                {
                    "name": "order", "kind": "text", "personal": false,
                    "seen": [{ "host": null, "place": "query" }]
                },
                { "name": "email", "kind": "email", "personal": true, "seen": [] }
            ],
            "personal-fields": ["phone"]
        })
    );
}

#[test]
fn a_file_that_is_not_a_plugin_is_a_finding_and_a_missing_file_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.wasm");
    std::fs::write(&file, "(component)").unwrap();
    let ended = plugin(["check", text(&file)]);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert!(
        ended.stdout.contains("conformance::not-loaded"),
        "{}",
        ended.text()
    );
    assert!(
        ended
            .stdout
            .contains("is not a plugin, so no function was called")
    );

    let ended = plugin(["check", "no/such/file.wasm"]);
    assert_eq!((ended.exit, ended.stdout.as_str()), (2, ""));
    let ended = plugin(["check", text(&component("upgates")), "--set", "colour=blue"]);
    assert_eq!(
        (ended.exit, ended.stdout.as_str()),
        (2, ""),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("colour"), "{}", ended.stderr);
}

/// All faults of a manifest are reported, each with its place.
#[test]
fn every_fault_of_a_manifest_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [
        ("verify-order", "VERIFY ORDER"),
        ("load-documents", "load_documents"),
    ];
    let file = altered(&component("upgates"), folder.path(), &changes);
    let ended = plugin(["check", text(&file), "--json"]);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    let report = json(&ended);
    let places: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["code"].as_str().unwrap(),
                finding["at"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("conformance::manifest", "functions.\"VERIFY ORDER\""),
            ("conformance::manifest", "functions.\"load_documents\""),
        ]
    );
    // The component was compiled and asked for its manifest, so its name is known.
    assert_eq!(report["plugin"]["name"], "upgates");
    assert_eq!(report["plugin"]["contract"], "0.2.0");
    let sha256 = report["plugin"]["sha256"].as_str().unwrap();
    assert_eq!(sha256.len(), 64);
    assert!(!report["imports"].as_array().unwrap().is_empty());
    let told = plugin(["check", text(&file)]).stdout;
    for words in [
        "upgates ",
        sha256,
        "It is not a plugin, so no function was called.\n",
        "\nImports\n",
        "functions.\"load_documents\"",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

/// A plugin without problems, under a limit of memory that it nearly reaches.
#[test]
fn warnings_refuse_a_plugin_where_they_are_denied() {
    let file = component("retino");
    let measured = json(&plugin(["check", text(&file), "--json"]));
    let most = measured["measured"]["memory-bytes"].as_u64().unwrap();
    let limit = format!("memory-bytes={}B", most + most / 8);
    let arguments = ["check", text(&file), "--json", "--limit", limit.as_str()];
    let allowed = plugin(arguments);
    assert_eq!(allowed.exit, 0, "{}", allowed.text());
    let report = json(&allowed);
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        assert_eq!(
            (&finding["severity"], &finding["code"]),
            (&json!("warning"), &json!("conformance::memory"))
        );
    }
    let denied = plugin(arguments.into_iter().chain(["--deny-warnings"]));
    assert_eq!(denied.exit, 1, "{}", denied.text());
}
