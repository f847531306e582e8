//! What people type, and what must be understood: `typed/*.tsv`, one file for each kind of
//! answer. A row has a language, the typed text, and what is understood of it: a value;
//! `ask:X`, the customer is asked "Did you mean X?"; `which:X|Y`, asked which one; `refuse`,
//! it is not taken.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_scenario::Variables;
use krabice_scenario::document::{Answer, Expect};
use krabice_scenario::template::Scope;
use krabice_scenario::understand::{Understood, transcript, yes_no};
use proptest::prelude::*;
use serde_json::json;

use crate::made;

fn expects(word: &str) -> Answer {
    made::answer(json!({ "expect": word }))
}

pub(crate) fn understand(expect: &Answer, typed: &str, language: &str) -> Understood {
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
        other @ (Value::Boolean(_)
        | Value::Integer(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_)) => other.to_plain_json().as_str().unwrap().to_owned(),
    }
}

fn outcome(understood: &Understood) -> String {
    match understood {
        Understood::Value(value) => shown(value),
        Understood::Meant { reading, .. } => {
            let text = match &reading.value {
                Value::Text(text) => text,
                Value::Boolean(_)
                | Value::Integer(_)
                | Value::Decimal(_)
                | Value::Timestamp(_)
                | Value::List(_)
                | Value::Record(_)
                | Value::File(_) => &reading.label,
            };
            format!("ask:{text}")
        }
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
fn check(table: &str, expect: &str) {
    let expect = &expects(expect);
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
    check(include_str!("../typed/order-number.tsv"), "order-number");
}

#[test]
fn e_mails_are_taken_out_of_sentences_and_words() {
    check(include_str!("../typed/email.tsv"), "email");
}

#[test]
fn telephone_numbers_are_taken_as_people_write_them() {
    check(include_str!("../typed/phone.tsv"), "phone");
}

#[test]
fn dates_are_taken_as_people_write_them() {
    check(include_str!("../typed/date.tsv"), "date");
}

#[test]
fn numbers_are_taken_with_their_units() {
    check(include_str!("../typed/number.tsv"), "number");
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

#[test]
fn prose_keeps_the_joiners_of_emoji_and_words_and_identities_lose_them() {
    let family = "👩\u{200d}👩\u{200d}👧 می\u{200c}خواهم";
    assert_eq!(outcome(&understand(&expects("text"), family, "cs")), family);
    assert_eq!(transcript(family, Some(Expect::Text)), family);
    let number = understand(&expects("order-number"), "O26\u{200b}0\u{200d}147", "cs");
    assert_eq!(outcome(&number), "O260147");
}

#[test]
fn the_transcript_keeps_the_beginning_of_what_is_too_long() {
    let long = "ž".repeat(2_001);
    assert_eq!(
        understand(&expects("text"), &long, "cs"),
        Understood::Nothing
    );
    assert_eq!(
        transcript(&long, Some(Expect::Text)),
        format!("{}…", "ž".repeat(2_000))
    );
    assert_eq!(transcript(" ano ", None), "ano");
}

#[test]
fn the_shops_pattern_finds_its_numbers_and_nothing_else() {
    let shop = made::answer(json!({ "expect": "order-number", "pattern": "O[0-9]{6}" }));
    for (typed, meant) in [
        (
            "objednávka O260147 z 14. 3. 2026, faktura 2026001",
            "O260147",
        ),
        ("O260147 a O260152", "which:O260147|O260152"),
        ("O2601477", "refuse"),
        ("260147", "refuse"),
    ] {
        assert_eq!(outcome(&understand(&shop, typed, "cs")), meant, "{typed}");
    }
}

#[test]
fn a_choice_is_taken_in_the_customers_own_words() {
    let expects = |choices| made::answer(json!({ "expect": "choice", "choices": choices }));
    let topics = expects(json!([
        { "value": "return", "label": "Vrácení zboží", "keywords": "vrátit, odstoupit" },
        { "value": "claim", "label": "Reklamace", "keywords": "rozbité, nefunguje" },
        { "value": "other", "label": "Něco jiného" }
    ]));
    let counts = expects(json!([
        { "value": "10", "label": "Deset" },
        { "value": "2", "label": "Dva" },
        { "value": "1", "label": "Jeden" }
    ]));
    let offer = expects(json!([
        { "value": "later", "label": "Ne, děkuji" },
        { "value": "now", "label": "Ano, chci" }
    ]));
    for (choices, typed, meant) in [
        (&topics, "vraceni zbozi", "return"),
        (&topics, "VRÁCENÍ", "return"),
        (&topics, "reklamaci, prosím", "claim"),
        (&topics, "rozbite", "claim"),
        (&topics, "reklmaace", "claim"),
        (&topics, "2", "claim"),
        (&topics, "2)", "claim"),
        (&topics, "4", "refuse"),
        (&topics, "ano", "refuse"),
        (&topics, "r", "refuse"),
        (&counts, "1", "1"),
        (&counts, "1.", "1"),
        (&counts, "3", "refuse"),
        (&counts, "deset", "10"),
        (&offer, "jasně", "now"),
        (&offer, "ne", "later"),
        (&offer, "no", "refuse"),
        (&offer, "👍", "now"),
    ] {
        assert_eq!(outcome(&understand(choices, typed, "cs")), meant, "{typed}");
    }
}

const LANGUAGES: [&str; 13] = [
    "cs", "sk", "pl", "en", "en-GB", "en-US", "pt-PT", "pt-BR", "de", "hu", "ro", "fi", "x",
];

static KINDS: LazyLock<Vec<Answer>> = LazyLock::new(|| {
    let words = ["order-number", "email", "phone", "number", "date"];
    words.map(expects).into()
});

/// The text by which a value is understood again: the value's own spelling, of a number with
/// the decimal mark of the language.
fn canonical(value: &Value, language: &str) -> String {
    let point = language.starts_with("en") || matches!(language, "fi" | "x");
    if let Value::Decimal(number) = value
        && !point
    {
        return number.to_string().replace('.', ",");
    }
    shown(value)
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
        for expect in KINDS.iter() {
            if let Understood::Value(value) = understand(expect, &typed, language) {
                let again = canonical(&value, language);
                prop_assert_eq!(
                    understand(expect, &again, language),
                    Understood::Value(value.clone()),
                    "{:?}: {:?} of {:?}", expect.expect, again, typed
                );
            }
        }
    }
}
