//! What people type, and what must be understood: `typed/*.tsv`, one file for each kind of
//! answer. A row has a language, the typed text, and what is understood of it: a value;
//! `ask:X`, the customer is asked "Did you mean X?"; `which:X|Y`, asked which one; `refuse`,
//! it is not taken.

use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_scenario::Variables;
use krabice_scenario::scenario::Expect;
use krabice_scenario::template::Scope;
use krabice_scenario::understand::{Understood, yes_no};
use proptest::prelude::*;

pub(crate) fn understand(expect: &Expect, typed: &str, language: &str) -> Understood {
    let scope = Scope {
        variables: &Variables::new(),
        language,
        time_zone: &TimeZone::get("Europe/Prague").unwrap(),
    };
    expect.understand(typed, &scope, "2026-03-14T22:30:00Z".parse().unwrap())
}

/// A value as the tables have it: the day of a moment, the digits of a number.
fn shown(value: &Value) -> String {
    match value {
        Value::Timestamp(moment) => {
            let zone = TimeZone::get("Europe/Prague").unwrap();
            moment.to_zoned(zone).date().to_string()
        }
        Value::Decimal(number) => number.to_string(),
        other => other.to_plain_json().as_str().unwrap().to_owned(),
    }
}

fn outcome(understood: &Understood) -> String {
    match understood {
        Understood::Value(value) => shown(value),
        Understood::Meant { reading, .. } => match &reading.value {
            Value::Text(text) => format!("ask:{text}"),
            _ => format!("ask:{}", reading.label),
        },
        Understood::OneOf(readings) => {
            let labels: Vec<&str> = readings.iter().map(|it| it.label.as_str()).collect();
            format!("which:{}", labels.join("|"))
        }
        Understood::Nothing => "refuse".to_owned(),
    }
}

fn rows(table: &str) -> Vec<[&str; 3]> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        <[&str; 3]>::try_from(cells).unwrap_or_else(|cells| panic!("{cells:?}"))
    });
    rows.collect()
}

/// Checks every row, and names all that are wrong.
fn check(table: &str, expect: &Expect) {
    let wrong: Vec<String> = rows(table)
        .into_iter()
        .filter_map(|[language, typed, meant]| {
            let found = outcome(&understand(expect, typed, language));
            (found != meant).then(|| format!("{language}: {typed}\n    {found}, not {meant}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn order_numbers_are_taken_out_of_sentences() {
    check(
        include_str!("../typed/order-number.tsv"),
        &Expect::OrderNumber(None),
    );
}

#[test]
fn e_mails_are_taken_out_of_sentences_and_words() {
    check(include_str!("../typed/email.tsv"), &Expect::Email);
}

#[test]
fn telephone_numbers_are_taken_as_people_write_them() {
    check(include_str!("../typed/phone.tsv"), &Expect::Phone);
}

#[test]
fn dates_are_taken_as_people_write_them() {
    check(include_str!("../typed/date.tsv"), &Expect::Date);
}

#[test]
fn numbers_are_taken_with_their_units() {
    check(include_str!("../typed/number.tsv"), &Expect::Number);
}

#[test]
fn yes_and_no_are_told_apart() {
    let wrong: Vec<String> = rows(include_str!("../typed/yesno.tsv"))
        .into_iter()
        .filter_map(|[language, typed, meant]| {
            let found = match yes_no(typed, language) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "refuse",
            };
            (found != meant).then(|| format!("{language}: {typed}: {found}, not {meant}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

const LANGUAGES: [&str; 13] = [
    "cs", "sk", "pl", "en", "en-GB", "en-US", "pt-PT", "pt-BR", "de", "hu", "ro", "fi", "x",
];

const KINDS: [Expect; 5] = [
    Expect::OrderNumber(None),
    Expect::Email,
    Expect::Phone,
    Expect::Number,
    Expect::Date,
];

/// The text by which a value is understood again: the value's own spelling, of a number with
/// the decimal mark of the language.
fn canonical(value: &Value, language: &str) -> String {
    match value {
        Value::Decimal(number)
            if !language.starts_with("en") && !matches!(language, "fi" | "x") =>
        {
            number.to_string().replace('.', ",")
        }
        other => shown(other),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_is_understood_the_same_again(
        typed in prop_oneof![
            "\\PC{0,60}",
            "[0-9+ ,.#/()'–-]{0,24}",
            "([a-zá-ž]{1,8}|[0-9]{1,8}|[.,@#€+()/-]| ){0,14}",
        ],
        language in prop::sample::select(LANGUAGES.to_vec()),
    ) {
        let _ = yes_no(&typed, language);
        for expect in &KINDS {
            if let Understood::Value(value) = understand(expect, &typed, language) {
                let again = canonical(&value, language);
                prop_assert_eq!(
                    understand(expect, &again, language),
                    Understood::Value(value.clone()),
                    "{:?}: {:?} of {:?}", expect, again, typed
                );
            }
        }
    }
}
