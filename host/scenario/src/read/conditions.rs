//! Reading the tests of `condition` boxes.

use jsonc_parser::ast;

use super::Reader;
use super::fields::{Found, Key, is_word};
use crate::diagnostic::Code;
use crate::draft::{CompareDraft, PairRelation, RelationDraft, TestDraft};
use crate::name::nearest;
use crate::source::{At, Part};

/// What a relation has on its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Pair(PairRelation),
    Matches,
    OneOf,
    Exists,
    Empty,
    True,
    False,
}

const RELATIONS: [(&str, Shape); 14] = [
    ("equals", Shape::Pair(PairRelation::Equals)),
    ("not-equals", Shape::Pair(PairRelation::NotEquals)),
    ("greater-than", Shape::Pair(PairRelation::GreaterThan)),
    ("at-least", Shape::Pair(PairRelation::AtLeast)),
    ("less-than", Shape::Pair(PairRelation::LessThan)),
    ("at-most", Shape::Pair(PairRelation::AtMost)),
    ("contains", Shape::Pair(PairRelation::Contains)),
    ("starts-with", Shape::Pair(PairRelation::StartsWith)),
    ("matches", Shape::Matches),
    ("one-of", Shape::OneOf),
    ("exists", Shape::Exists),
    ("empty", Shape::Empty),
    ("true", Shape::True),
    ("false", Shape::False),
];

/// The keys of tests that hold other tests.
const GROUPS: [&str; 3] = ["all", "any", "not"];

impl Shape {
    fn word(self) -> &'static str {
        RELATIONS
            .iter()
            .find(|(_, shape)| *shape == self)
            .map_or("", |(word, _)| word)
    }

    fn has_right_side(self) -> bool {
        matches!(self, Shape::Pair(_) | Shape::Matches | Shape::OneOf)
    }

    /// Whether it compares texts, so that `exact` says how.
    fn may_be_exact(self) -> bool {
        matches!(
            self,
            Shape::OneOf
                | Shape::Pair(
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
    pub(super) fn test(&mut self, found: Found<'_, '_>) -> Option<TestDraft> {
        let ast::Value::Object(object) = found.1 else {
            self.wrong_type(found, "a test must be an object");
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
        // The only key of an object, and nearly one of these words.
        let typo = || match object.properties.as_slice() {
            [only] if !is_word(only.name.as_str()) => nearest(only.name.as_str(), GROUPS),
            _ => None,
        };
        match exact.or_else(typo) {
            Some("all") => {
                let fields = self.fields(found, "an `all` test", &[Key::required("all")])?;
                Some(TestDraft::All(self.tests(fields.get("all")?, "`all`")))
            }
            Some("any") => {
                let fields = self.fields(found, "an `any` test", &[Key::required("any")])?;
                Some(TestDraft::Any(self.tests(fields.get("any")?, "`any`")))
            }
            Some(_) => {
                let fields = self.fields(found, "a `not` test", &[Key::required("not")])?;
                Some(TestDraft::Not(Box::new(self.test(fields.get("not")?))))
            }
            None => self.comparison(found).map(TestDraft::Compare),
        }
    }

    fn tests(&mut self, found: Found<'_, '_>, what: &str) -> Vec<Option<TestDraft>> {
        let items = self.items(found, what).unwrap_or_default();
        items.into_iter().map(|item| self.test(item)).collect()
    }

    fn comparison(&mut self, found: Found<'_, '_>) -> Option<CompareDraft> {
        let keys = [
            Key::required("value"),
            Key::required("is"),
            Key::optional("to"),
            Key::optional("exact"),
        ];
        if let ast::Value::Object(object) = found.1
            && !object.properties.iter().any(|property| {
                let name = property.name.as_str();
                keys.iter().any(|key| key.name == name)
                    || nearest(name, keys.map(|key| key.name)).is_some()
            })
        {
            let help = "compare: `\"value\"`, `\"is\"` and `\"to\"`; or hold tests: `\"all\"`, `\"any\"`, `\"not\"`";
            let message = "the test is neither a comparison nor `all`, `any` or `not`";
            self.source.report(
                Code::MissingKey,
                found.0,
                Part::Key,
                message,
                Some(help.to_owned()),
            );
            return None;
        }
        let fields = self.fields(found, "a comparison", &keys)?;
        let value = fields
            .get("value")
            .and_then(|found| self.operand(found, "the value of a comparison"));
        let exact = fields
            .get("exact")
            .is_some_and(|found| self.boolean(found, "`exact`").unwrap_or(false));
        let relation = fields.get("is").and_then(|found| {
            let shape = self.word(found, "a relation", RELATIONS)?;
            Some((shape, found.0))
        });
        let Some((shape, place)) = relation else {
            return Some(CompareDraft {
                value,
                relation: None,
                exact,
            });
        };
        let word = shape.word();
        if let (false, Some((place, _))) = (shape.may_be_exact(), fields.get("exact")) {
            let message = format!("`exact` means nothing with `{word}`");
            self.source.report(
                Code::SuperfluousKey,
                place,
                Part::Key,
                message,
                Some("take it out".to_owned()),
            );
        }
        let relation = match (fields.get("to"), shape) {
            (None, shape) if shape.has_right_side() => {
                let message = format!(
                    "the comparison lacks `to`: what the value is compared with by `{word}`"
                );
                self.source.report(
                    Code::MissingKey,
                    fields.place,
                    Part::Key,
                    message,
                    Some("add `\"to\"`".to_owned()),
                );
                None
            }
            (Some((place, _)), Shape::Exists | Shape::Empty | Shape::True | Shape::False) => {
                let message = format!("`{word}` compares with nothing, so `to` means nothing here");
                self.source.report(
                    Code::SuperfluousKey,
                    place,
                    Part::Key,
                    message,
                    Some("take it out".to_owned()),
                );
                None
            }
            (Some(to), Shape::Pair(pair)) => {
                Some(RelationDraft::Pair(pair, self.operand(to, "`to`")))
            }
            (Some(to), Shape::Matches) => Some(RelationDraft::Matches(self.pattern(to, false))),
            (Some(to), Shape::OneOf) => {
                let items = self.items(to, "`to` of `one-of`").unwrap_or_default();
                let items = items
                    .into_iter()
                    .map(|item| self.operand(item, "a value of `one-of`"));
                Some(RelationDraft::OneOf(items.collect()))
            }
            (_, Shape::Exists) => Some(RelationDraft::Exists),
            (_, Shape::Empty) => Some(RelationDraft::Empty),
            (_, Shape::True) => Some(RelationDraft::True),
            (_, Shape::False) => Some(RelationDraft::False),
            (None, Shape::Pair(_) | Shape::Matches | Shape::OneOf) => None,
        };
        let relation = relation.map(|value| At { value, place });
        Some(CompareDraft {
            value,
            relation,
            exact,
        })
    }

    fn boolean(&mut self, found: Found<'_, '_>, what: &str) -> Option<bool> {
        match found.1 {
            ast::Value::BooleanLit(literal) => Some(literal.value),
            _ => {
                self.wrong_type(found, &format!("{what} must be true or false"));
                None
            }
        }
    }
}
