//! Comparisons: each line of `comparisons/cases.txt` says whether one holds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::{Kind, Value};
use krabice_scenario::compare::{equal_folded, fold};
use krabice_scenario::scenario::{Comparison, Operand, Relation, Test};
use krabice_scenario::template::Scope;
use krabice_scenario::{Template, Variables};
use proptest::prelude::*;
use regex::Regex;

fn operand(text: &str) -> Operand {
    match text.split_once(' ') {
        _ if text == "absent" => Operand::Template(Template::parse("{{absent}}").unwrap()),
        Some(("moment", moment)) => {
            Operand::Constant(Value::parse(Kind::Timestamp, moment).unwrap())
        }
        _ => Operand::Constant(Value::read_json(text).unwrap()),
    }
}

fn relation(word: &str, right: &str) -> Relation {
    let text = || serde_json::from_str::<String>(right).unwrap();
    match word {
        "equals" => Relation::Equals(operand(right)),
        "not-equals" => Relation::NotEquals(operand(right)),
        "greater-than" => Relation::GreaterThan(operand(right)),
        "at-least" => Relation::AtLeast(operand(right)),
        "less-than" => Relation::LessThan(operand(right)),
        "at-most" => Relation::AtMost(operand(right)),
        "contains" => Relation::Contains(operand(right)),
        "starts-with" => Relation::StartsWith(operand(right)),
        "matches" => Relation::Matches(Regex::new(&text()).unwrap()),
        "one-of" => {
            let Value::List(values) = Value::read_json(right).unwrap() else {
                panic!("{right}")
            };
            Relation::OneOf(values.into_iter().map(Operand::Constant).collect())
        }
        "exists" => Relation::Exists,
        "empty" => Relation::Empty,
        "true" => Relation::True,
        "false" => Relation::False,
        other => panic!("{other}"),
    }
}

fn holds(test: &Test) -> bool {
    let time_zone = TimeZone::get("Europe/Prague").unwrap();
    test.holds(&Scope {
        variables: &Variables::new(),
        language: "cs",
        time_zone: &time_zone,
        now: &Timestamp::UNIX_EPOCH.into(),
    })
}

#[test]
fn every_relation_holds_where_its_case_says() {
    let mut wrong = Vec::new();
    let mut relations = std::collections::BTreeSet::new();
    for line in include_str!("../comparisons/cases.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let [left, words, right, expected] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (exact, word) = match words.strip_prefix("exactly ") {
            Some(word) => (true, word),
            None => (false, words),
        };
        relations.insert(word);
        let comparison = Comparison {
            value: operand(left),
            is: relation(word, right),
            exact,
        };
        if holds(&Test::Compare(comparison)) != (expected == "yes") {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(relations.len(), 14, "every relation has a case");
}

#[test]
fn tests_combine_as_their_words_say() {
    let truth = |truth: bool| {
        let is = if truth {
            Relation::True
        } else {
            Relation::False
        };
        Test::Compare(Comparison {
            value: Operand::Constant(true.into()),
            is,
            exact: false,
        })
    };
    assert!(holds(&Test::All(vec![])) && !holds(&Test::Any(vec![])));
    assert!(
        holds(&Test::All(vec![truth(true), truth(true)]))
            && !holds(&Test::All(vec![truth(true), truth(false)]))
    );
    assert!(
        holds(&Test::Any(vec![truth(false), truth(true)]))
            && !holds(&Test::Any(vec![truth(false)]))
    );
    assert!(holds(&Test::Not(Box::new(truth(false)))) && !holds(&Test::Not(Box::new(truth(true)))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_is_stable_and_forgets_case(text in "\\PC{0,20}") {
        let folded = fold(&text).into_owned();
        prop_assert_eq!(fold(&folded), &*folded);
        prop_assert!(equal_folded(&text, &folded));
        prop_assert!(equal_folded(&text, &text));
    }
}
