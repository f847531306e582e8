//! Comparisons: each line of `comparisons/cases.txt` says whether one holds.

use jiff::tz::TimeZone;
use krabice_contract::{Kind, Value};
use krabice_scenario::compare::{equal_folded, fold};
use krabice_scenario::document::Relation;
use krabice_scenario::template::Scope;
use krabice_scenario::{Variable, Variables};
use proptest::prelude::*;
use serde_json::json;

use crate::made;

/// A side of a comparison; none if it is absent.
fn value(text: &str) -> Option<Value> {
    match text.split_once(' ') {
        _ if text == "absent" => None,
        Some(("moment", moment)) => Some(Value::parse(Kind::Timestamp, moment).unwrap()),
        _ => Some(Value::read_json(text).unwrap()),
    }
}

fn holds(test: serde_json::Value, variables: &Variables) -> bool {
    made::condition(test).test.holds(&Scope {
        variables,
        language: "cs",
        time_zone: &TimeZone::get("Europe/Prague").unwrap(),
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
        let mut test = json!({ "value": "<<left>>", "is": word });
        let mut sides = vec![("left".to_owned(), value(left))];
        match word {
            "matches" => test["to"] = serde_json::from_str(right).unwrap(),
            "one-of" => {
                let Some(Value::List(values)) = value(right) else {
                    panic!("{right}")
                };
                let numbered = values.into_iter().enumerate();
                sides.extend(numbered.map(|(n, value)| (format!("right{n}"), Some(value))));
                let names = sides[1..].iter().map(|(name, _)| format!("<<{name}>>"));
                test["to"] = names.collect();
            }
            "exists" | "empty" | "true" | "false" => {}
            _ => {
                sides.push(("right".to_owned(), value(right)));
                test["to"] = json!("<<right>>");
            }
        }
        if exact {
            test["exact"] = json!(true);
        }
        let present = sides
            .into_iter()
            .filter_map(|(name, value)| Some((name, Variable::visible(value?))));
        if holds(test, &present.collect()) != (expected == "yes") {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let words = Relation::ALL.iter().map(|relation| relation.word());
    assert_eq!(relations, words.collect(), "every relation has a case");
}

#[test]
fn tests_combine_as_their_words_say() {
    let truth = |truth: bool| json!({ "value": true, "is": truth.to_string() });
    let holds = |test| holds(test, &Variables::new());
    assert!(holds(json!({ "all": [truth(true), truth(true)] })));
    assert!(!holds(json!({ "all": [truth(true), truth(false)] })));
    assert!(holds(json!({ "any": [truth(true), truth(false)] })));
    assert!(!holds(json!({ "any": [truth(false), truth(false)] })));
    assert!(holds(json!({ "not": truth(false) })));
    assert!(!holds(json!({ "not": truth(true) })));
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
