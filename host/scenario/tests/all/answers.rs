//! Customers' answers, read as what a box expects: `answers/cases.txt`.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_scenario::scenario::{AnswerChoice, Expect, LocalText};
use krabice_scenario::template::Scope;
use krabice_scenario::understand::Understood;
use krabice_scenario::{Template, Variable, Variables};
use proptest::prelude::*;
use regex::Regex;

fn expects(word: &str) -> Expect {
    let every = |text: &str| LocalText::Every(Template::parse(text).unwrap());
    match word {
        "text" => Expect::Text,
        "order-number" => Expect::OrderNumber(None),
        "email" => Expect::Email,
        "phone" => Expect::Phone,
        "number" => Expect::Number,
        "date" => Expect::Date,
        "choice" => Expect::Choice(vec![
            AnswerChoice {
                value: "return".to_owned(),
                label: LocalText::ByLanguage(
                    [
                        ("cs", "Vrácení zboží"),
                        ("en", "Returning {{name}}'s goods"),
                    ]
                    .map(|(language, text)| (language.to_owned(), Template::parse(text).unwrap()))
                    .into_iter()
                    .collect(),
                ),
                keywords: None,
            },
            AnswerChoice {
                value: "claim".to_owned(),
                label: every("Reklamace"),
                keywords: Some(every("rozbité, vada")),
            },
            AnswerChoice {
                value: "17".to_owned(),
                label: every("Něco jiného"),
                keywords: None,
            },
        ]),
        "pattern" => Expect::Pattern(Regex::new("^(?:AB|AB-[0-9]+)$").unwrap()),
        other => panic!("{other}"),
    }
}

fn read(expect: &Expect, answer: &str, language: &str) -> Understood {
    let variables = Variables::from_iter([("name", Variable::visible("Jan"))]);
    let time_zone = TimeZone::get("Europe/Prague").unwrap();
    let now: Timestamp = "2026-03-14T22:30:00Z".parse().unwrap();
    expect.understand(
        answer,
        &Scope {
            variables: &variables,
            language,
            time_zone: &time_zone,
            now: &now.into(),
        },
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
    let read = |text: String| read(&Expect::Text, &text, "cs");
    assert!(matches!(read("ž".repeat(2_000)), Understood::Value(_)));
    assert_eq!(read("ž".repeat(2_001)), Understood::Nothing);
    assert_eq!(read(" ".repeat(100_000)), Understood::Nothing);
}

#[test]
fn every_expectation_has_its_text_in_five_languages() {
    for word in [
        "text",
        "order-number",
        "email",
        "phone",
        "number",
        "date",
        "choice",
        "pattern",
    ] {
        let expect = expects(word);
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
        for word in ["text", "order-number", "email", "phone", "number", "date", "choice", "pattern"] {
            let expect = expects(word);
            if let Understood::Value(value) = read(&expect, &answer, &language) {
                // A date is saved as a moment, which cannot be typed as an answer.
                if let Value::Text(again) = &value {
                    prop_assert_eq!(read(&expect, again, &language), Understood::Value(value.clone()), "{}", word);
                }
            }
        }
    }
}
