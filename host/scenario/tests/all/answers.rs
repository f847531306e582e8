//! Customers' answers, read as what a box expects: `answers/cases.txt`.

use std::fmt::Write;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_scenario::document::{Answer, Expect};
use krabice_scenario::template::Scope;
use krabice_scenario::understand::Understood;
use krabice_scenario::{Variable, Variables};
use proptest::prelude::*;
use serde_json::json;

use crate::made;

fn expects(word: &str) -> Answer {
    made::answer(match word {
        "choice" => json!({ "expect": "choice", "choices": [
            { "value": "return", "label": { "cs": "Vrácení zboží", "en": "Returning {{name}}'s goods" } },
            { "value": "claim", "label": "Reklamace", "keywords": "rozbité, vada" },
            { "value": "17", "label": "Něco jiného" }
        ] }),
        "pattern" => json!({ "expect": "pattern", "pattern": "AB|AB-[0-9]+" }),
        word => json!({ "expect": word }),
    })
}

fn read(expect: &Answer, answer: &str, language: &str) -> Understood {
    let variables = Variables::from_iter([("name", Variable::visible("Jan"))]);
    let time_zone = TimeZone::get("Europe/Prague").unwrap();
    let now: Timestamp = "2026-03-14T22:30:00Z".parse().unwrap();
    expect.understand(
        answer,
        &Scope {
            variables: &variables,
            language,
            time_zone: &time_zone,
        },
        now,
    )
}

#[test]
fn answers_are_read_as_documented() {
    let mut report = String::new();
    for line in include_str!("../answers/cases.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (how, answer) = line.split_once(": ").unwrap();
        let (expect, language) = how.split_once(' ').unwrap();
        let answer: String = serde_json::from_str(answer).expect(line);
        let value = match read(&expects(expect), &answer, language) {
            Understood::Nothing => "does not fit".to_owned(),
            Understood::Value(value) => format!("{value:?}"),
            asked @ (Understood::Meant { .. } | Understood::OneOf(_)) => format!("{asked:?}"),
        };
        writeln!(report, "{line}\n    {value}").unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_text_of_two_thousand_characters_fits_and_a_longer_one_does_not() {
    let read = |text: String| read(&expects("text"), &text, "cs");
    assert!(matches!(read("ž".repeat(2_000)), Understood::Value(_)));
    assert_eq!(read("ž".repeat(2_001)), Understood::Nothing);
    assert_eq!(read(" ".repeat(100_000)), Understood::Nothing);
}

#[test]
fn every_expectation_has_its_text_in_five_languages() {
    for expect in Expect::ALL.iter().copied() {
        let texts = ["cs", "pl", "pt-BR", "en"].map(|language| expect.usual_reask(language));
        assert!(
            texts
                .iter()
                .enumerate()
                .all(|(i, text)| !texts[..i].contains(text)),
            "{texts:?}"
        );
        assert_eq!(expect.usual_reask("fi"), expect.usual_reask("en"));
        assert!(!expect.usual_reask("sk").is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_panics_and_what_was_read_is_read_again(answer in "\\PC{0,40}|[0-9+ ,.#/()-]{0,20}", language in "cs|sk|pl|pt|en|en-GB|x") {
        static BOXES: LazyLock<Vec<Answer>> =
            LazyLock::new(|| Expect::ALL.iter().map(|expect| expects(expect.word())).collect());
        for expect in BOXES.iter() {
            if let Understood::Value(value) = read(expect, &answer, &language) {
                // A date is saved as a moment, which cannot be typed as an answer.
                if let Value::Text(again) = &value {
                    prop_assert_eq!(read(expect, again, &language), Understood::Value(value.clone()), "{:?}", expect.expect);
                }
            }
        }
    }
}
