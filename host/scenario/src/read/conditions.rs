//! Reading the tests of `condition` boxes.

use jsonc_parser::ast;
use krabice_contract::name::nearest;

use super::Reader;
use super::fields::{Fields, PlacedJson};
use super::keys::{is_word, keys_of};
use crate::diagnostic::Code;
use crate::draft::{CompareDraft, PairRelation, RelationDraft, TestDraft};
use crate::source::{Part, Placed};

/// A relation without its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Pair(PairRelation),
    Matches,
    OneOf,
    Exists,
    Empty,
    True,
    False,
}

const RELATIONS: [(&str, Relation); 14] = [
    ("equals", Relation::Pair(PairRelation::Equals)),
    ("not-equals", Relation::Pair(PairRelation::NotEquals)),
    ("greater-than", Relation::Pair(PairRelation::GreaterThan)),
    ("at-least", Relation::Pair(PairRelation::AtLeast)),
    ("less-than", Relation::Pair(PairRelation::LessThan)),
    ("at-most", Relation::Pair(PairRelation::AtMost)),
    ("contains", Relation::Pair(PairRelation::Contains)),
    ("starts-with", Relation::Pair(PairRelation::StartsWith)),
    ("matches", Relation::Matches),
    ("one-of", Relation::OneOf),
    ("exists", Relation::Exists),
    ("empty", Relation::Empty),
    ("true", Relation::True),
    ("false", Relation::False),
];

/// The keys of tests that hold other tests.
const GROUPS: [&str; 3] = ["all", "any", "not"];

impl Relation {
    fn word(self) -> &'static str {
        let row = RELATIONS.iter().find(|(_, relation)| *relation == self);
        row.expect("every relation has a word").0
    }

    /// Whether it compares texts, so that `exact` has a meaning.
    fn may_be_exact(self) -> bool {
        matches!(
            self,
            Relation::OneOf
                | Relation::Pair(
                    PairRelation::Equals
                        | PairRelation::NotEquals
                        | PairRelation::Contains
                        | PairRelation::StartsWith
                )
        )
    }
}

impl Reader<'_, '_> {
    /// A test: `all`, `any`, `not`, or a comparison.
    pub(super) fn test(&mut self, json: PlacedJson<'_, '_>) -> Option<TestDraft> {
        let ast::Value::Object(object) = json.1 else {
            self.wrong_type(json, "a test must be an object");
            return None;
        };
        let keys = || {
            object
                .properties
                .iter()
                .map(|property| property.name.as_str())
        };
        let exact = GROUPS
            .into_iter()
            .find(|group| keys().any(|key| key == *group));
        // A typo of one of these words that is the only key of the object.
        let typo = || match object.properties.as_slice() {
            [only] if !is_word(only.name.as_str()) => nearest(only.name.as_str(), GROUPS),
            _ => None,
        };
        match exact.or_else(typo) {
            Some("all") => {
                let fields = self.fields(json, "an `all` test", keys_of("All"))?;
                Some(TestDraft::All(self.tests(fields.get("all")?, "`all`")))
            }
            Some("any") => {
                let fields = self.fields(json, "an `any` test", keys_of("Any"))?;
                Some(TestDraft::Any(self.tests(fields.get("any")?, "`any`")))
            }
            Some(_) => {
                let fields = self.fields(json, "a `not` test", keys_of("Not"))?;
                Some(TestDraft::Not(Box::new(self.test(fields.get("not")?))))
            }
            None => self.comparison(json).map(TestDraft::Compare),
        }
    }

    fn tests(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Vec<Option<TestDraft>> {
        let items = self.items(json, what).unwrap_or_default();
        items.into_iter().map(|item| self.test(item)).collect()
    }

    fn comparison(&mut self, json: PlacedJson<'_, '_>) -> Option<CompareDraft> {
        let keys = keys_of("Comparison");
        let known = |name: &str| {
            keys.iter().any(|key| key.name == name)
                || nearest(name, keys.iter().map(|key| key.name.as_str())).is_some()
        };
        if let ast::Value::Object(object) = json.1
            && !object
                .properties
                .iter()
                .any(|property| known(property.name.as_str()))
        {
            let help = "write a comparison with `\"value\"`, `\"is\"` and `\"to\"`; or combine tests with `\"all\"`, `\"any\"` or `\"not\"`";
            let message = "the test is neither a comparison nor `all`, `any` or `not`";
            self.source.report(
                Code::MissingKey,
                json.0,
                Part::Key,
                message,
                Some(help.to_owned()),
            );
            return None;
        }
        let fields = self.fields(json, "a comparison", keys)?;
        let value = fields
            .get("value")
            .and_then(|json| self.operand(json, "the value of a comparison"));
        let exact = fields
            .get("exact")
            .is_some_and(|json| self.boolean(json, "`exact`").unwrap_or(false));
        let relation = fields.get("is").and_then(|json| {
            let relation = self.word(json, "a relation", RELATIONS)?;
            if let (false, Some((place, _))) = (relation.may_be_exact(), fields.get("exact")) {
                let message = format!("`exact` means nothing with `{}`", relation.word());
                self.superfluous(place, message);
            }
            Some(Placed {
                value: self.right_side(relation, &fields)?,
                place: json.0,
            })
        });
        Some(CompareDraft {
            value,
            relation,
            exact,
        })
    }

    /// A relation with its right side.
    fn right_side(&mut self, relation: Relation, fields: &Fields<'_, '_>) -> Option<RelationDraft> {
        let word = relation.word();
        match (relation, fields.get("to")) {
            (Relation::Pair(pair), Some(to)) => {
                Some(RelationDraft::Pair(pair, self.operand(to, "`to`")))
            }
            (Relation::Matches, Some(to)) => Some(RelationDraft::Matches(self.pattern(to, false))),
            (Relation::OneOf, Some(to)) => {
                let items = self.items(to, "`to` of `one-of`").unwrap_or_default();
                let items = items
                    .into_iter()
                    .map(|item| self.operand(item, "a value of `one-of`"));
                Some(RelationDraft::OneOf(items.collect()))
            }
            (Relation::Exists, None) => Some(RelationDraft::Exists),
            (Relation::Empty, None) => Some(RelationDraft::Empty),
            (Relation::True, None) => Some(RelationDraft::True),
            (Relation::False, None) => Some(RelationDraft::False),
            (Relation::Pair(_) | Relation::Matches | Relation::OneOf, None) => {
                let message =
                    format!("the comparison lacks `to`: `{word}` needs something to compare with");
                let help = Some("add `\"to\"`".to_owned());
                self.source
                    .report(Code::MissingKey, fields.place, Part::Key, message, help);
                None
            }
            (
                Relation::Exists | Relation::Empty | Relation::True | Relation::False,
                Some((place, _)),
            ) => {
                let message =
                    format!("`{word}` needs nothing to compare with, so `to` means nothing here");
                self.superfluous(place, message);
                None
            }
        }
    }

    fn boolean(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<bool> {
        if let ast::Value::BooleanLit(literal) = json.1 {
            return Some(literal.value);
        }
        self.wrong_type(json, &format!("{what} must be true or false"));
        None
    }
}
