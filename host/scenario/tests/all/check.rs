//! The check, as data: each file in `tests/check` is a scenario with errors, and its snapshot
//! has all findings of the check; each file in `tests/check/accepted` is a valid scenario.
//! `tests/check/host` describes the host that they are checked against.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use krabice_scenario::{Code, DocumentType, Report, Severity, World, check, restore};

use krabice_scenario::check::Surface;

use crate::host::Host;

fn rendered(text: &str, checked: &Report) -> String {
    let mut out = String::new();
    for found in &checked.diagnostics {
        let excerpt = text[found.span.clone()].lines().next().unwrap_or_default();
        writeln!(
            out,
            "{} {} {}:{} at {}",
            found.severity, found.code, found.line, found.column, found.path
        )
        .unwrap();
        writeln!(out, "    {}", found.message).unwrap();
        if let Some(help) = &found.help {
            writeln!(out, "    help: {help}").unwrap();
        }
        writeln!(out, "    here: {excerpt}").unwrap();
    }
    if checked.diagnostics.is_empty() {
        "nothing\n".to_owned()
    } else {
        out
    }
}

/// Line and column of a byte, counted anew.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

#[test]
fn everything_wrong_is_found_at_its_place() {
    let host = Host::load();
    insta::glob!("..", "check/*.json", |path| {
        let text = fs::read_to_string(path).unwrap();
        let checked = check(&text, &host.world());
        for found in &checked.diagnostics {
            assert_eq!(
                (found.line, found.column),
                position(&text, found.span.start),
                "{found}"
            );
            assert_eq!(found.severity, found.code.severity(), "{found}");
        }
        let errors = checked
            .diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error);
        let is_other = matches!(
            DocumentType::of(&text),
            Some(other) if other != DocumentType::Scenario
        );
        assert_eq!(
            checked.scenario.is_none(),
            errors || is_other,
            "a scenario runs exactly if it has no errors"
        );
        assert!(
            !checked.diagnostics.is_empty(),
            "a faulty scenario has faults"
        );
        insta::assert_snapshot!(rendered(&text, &checked));
    });
}

#[test]
fn sound_scenarios_are_accepted() {
    let host = Host::load();
    insta::glob!("..", "check/accepted/*.json", |path| {
        let text = fs::read_to_string(path).unwrap();
        let checked = check(&text, &host.world());
        insta::assert_snapshot!(rendered(&text, &checked));
        assert!(checked.scenario.is_some(), "it has errors");
        let alone = check(&text, &World::default());
        assert!(
            alone.scenario.is_some(),
            "it has errors where the host is not known: {:?}",
            alone.diagnostics
        );
    });
}

#[test]
fn fifteen_faults_are_fifteen_findings() {
    let text = fs::read_to_string("tests/check/fifteen-faults.json").unwrap();
    let host = Host::load();
    assert_eq!(check(&text, &host.world()).diagnostics.len(), 15);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_scenario() {
    let text = fs::read_to_string("tests/check/fifteen-faults.json").unwrap();
    let host = Host::load();
    let plain = check(&text, &host.world()).diagnostics;
    let marked = check(&format!("\u{feff}{text}"), &host.world()).diagnostics;
    let moved: Vec<_> = plain
        .iter()
        .map(|found| (found.code, found.span.start + 3..found.span.end + 3))
        .collect();
    let marked: Vec<_> = marked
        .iter()
        .map(|found| (found.code, found.span.clone()))
        .collect();
    assert_eq!(marked, moved);
    let broken = check("\u{feff}{ 1 }", &host.world()).diagnostics;
    assert_eq!(broken[0].span.start, 5, "{}", broken[0]);
}

#[test]
fn every_code_has_a_case() {
    let host = Host::load();
    let mut seen: BTreeSet<Code> = BTreeSet::new();
    for entry in fs::read_dir("tests/check").unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(path).unwrap();
            seen.extend(
                check(&text, &host.world())
                    .diagnostics
                    .iter()
                    .map(|found| found.code),
            );
        }
    }
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !seen.contains(code))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// Every code's case, restored: it runs exactly if the engine relies on none of its findings.
/// A part that could not be read is a finding that the engine relies on, or a gap.
#[test]
fn a_restored_scenario_is_refused_for_what_the_engine_relies_on_alone() {
    let host = Host::load();
    let mut restored = 0;
    for entry in fs::read_dir("tests/check").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let found = restore(&text, &host.world());
        for finding in &found.diagnostics {
            let is_error = finding.severity == Severity::Error;
            assert_eq!(is_error, finding.code.is_relied_on(), "{finding}");
        }
        let relied = found.diagnostics.iter().any(|it| it.code.is_relied_on());
        assert!(!relied || found.scenario.is_none(), "{}", path.display());
        restored += usize::from(found.scenario.is_some());
        // The same problems are found, whatever they count.
        let codes = |found: &Report| {
            let mut codes: Vec<_> = found.diagnostics.iter().map(|it| it.code).collect();
            codes.sort();
            codes
        };
        assert_eq!(codes(&found), codes(&check(&text, &host.world())));
    }
    assert!(
        restored > 3,
        "only {restored} scenarios with errors are restored"
    );
}

#[test]
fn a_document_says_what_it_is() {
    for known in DocumentType::ALL.iter().copied() {
        let key = known.key();
        let text = format!(r#"{{ "$schema": "x", "{key}": 1, "name": "n" }}"#);
        assert_eq!(DocumentType::of(&text), Some(known));
        let found = check(&text, &World::default()).diagnostics;
        let unused = found.iter().any(|it| it.code == Code::UnusedDocument);
        assert_eq!(unused, known != DocumentType::Scenario, "{key}");
        if unused {
            assert_eq!(found.len(), 1, "{key}");
            assert!(Surface::read(&text).is_none(), "{key}");
        }
        // A slip is one finding about the word that was meant.
        let slip = text.replace(key, &format!("{key}e"));
        let found = check(&slip, &World::default()).diagnostics;
        let meant = format!("did you mean `{key}`?");
        let helps = found.iter().filter(|it| it.help.as_deref() == Some(&meant));
        assert_eq!(helps.count(), 1, "{found:?}");
    }
    for text in ["{}", "[]", "", "{", r#"{ "version": 2 }"#] {
        assert_eq!(DocumentType::of(text), None);
    }
}

/// The documentation of the codes, by sections: the code and the JSON in it.
fn sections() -> Vec<(String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnostics.md");
    let text = fs::read_to_string(path).unwrap();
    let sections = text.split("\n### `").skip(1);
    let sections = sections.map(|section| {
        let (code, rest) = section.split_once('`').unwrap();
        let blocks = rest
            .split("```json\n")
            .skip(1)
            .map(|block| block.split("\n```").next().unwrap().to_owned());
        (code.to_owned(), blocks.collect())
    });
    sections.collect()
}

/// The scenario of an example: a whole one, or boxes after two questions.
fn scenario_of(example: &str) -> String {
    if example.starts_with('{') {
        return example.to_owned();
    }
    let first = example.split('"').nth(1).unwrap();
    format!(
        r#"{{ "krabice": 1, "channels": ["unattended"], "name": "example", "languages": ["cs", "en"], "start": "ask-order", "boxes": {{
        "ask-order": {{ "type": "answer", "text": "Order?", "expect": "order-number", "save": "obj", "next": "ask-email" }},
        "ask-email": {{ "type": "answer", "text": "E-mail?", "expect": "email", "save": "$email", "attempts": 3, "exhausted": "bye", "next": "{first}" }},
        {example}, "bye": {{ "type": "end" }} }} }}"#
    )
}

#[test]
fn every_code_has_its_section_in_the_documentation() {
    let sections = sections();
    let sections: Vec<&str> = sections.iter().map(|(code, _)| code.as_str()).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        sections, codes,
        "docs/diagnostics.md has one section for each code, in the order of the codes"
    );
}

#[test]
fn the_examples_of_the_documentation_are_true() {
    let host = Host::load();
    for (code, examples) in sections() {
        let found = |example: &str| {
            let found = check(&scenario_of(example), &host.world()).diagnostics;
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        match examples.as_slice() {
            [] => assert_eq!(
                code,
                Code::TooLarge.as_str(),
                "only this one has no example"
            ),
            [wrong, right] => {
                let findings = found(wrong);
                assert!(
                    findings.len() == 1 && findings[0].contains(&format!(" {code}: ")),
                    "{code}: {findings:#?}"
                );
                assert_eq!(found(right), Vec::<String>::new(), "{code}");
            }
            _ => panic!("{code} has one example and what to write instead"),
        }
    }
}
