//! Reading the tests of `condition` boxes.

use jsonc_parser::ast;
use krabice_contract::name::nearest;

use super::Reader;
use super::fields::{Fields, PlacedJson};
use super::keys::{is_word, keys_of};
use super::value::{Field, Read};
use crate::diagnostic::Code;
use crate::document::{Comparison, Placed, Relation, RightSide, Test};
use crate::source::Part;

/// The keys of tests that hold other tests.
const GROUPS: [&str; 3] = ["all", "any", "not"];

impl Reader<'_, '_> {
    /// A test: `all`, `any`, `not`, or a comparison.
    pub(super) fn test(&mut self, json: PlacedJson<'_, '_>) -> Option<Test> {
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
            Some("all") => Read::read(self, json, ("", "")).map(Test::All),
            Some("any") => Read::read(self, json, ("", "")).map(Test::Any),
            Some(_) => Read::read(self, json, ("", "")).map(|not| Test::Not(Box::new(not))),
            None => self.comparison(json).map(Test::Compare),
        }
    }

    fn comparison(&mut self, json: PlacedJson<'_, '_>) -> Option<Comparison> {
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
        let value = Field::field(self, &fields, "value", ("the value of a comparison", ""));
        let exact = Field::field(self, &fields, "exact", ("", ""));
        let mut is: Placed<Relation> = Field::field(self, &fields, "is", ("a relation", ""));
        let mut comparison = Comparison {
            value,
            is: is.clone(),
            to: Vec::new(),
            pattern: None,
            exact,
        };
        let Some(relation) = is.known().copied() else {
            return Some(comparison);
        };
        if let (false, Some((place, _))) = (relation.may_be_exact(), fields.get("exact")) {
            let message = format!("`exact` means nothing with `{}`", relation.word());
            self.superfluous(place, message);
        }
        if !self.right_side(relation, &fields, &mut comparison) {
            is = Placed::hole(relation, is.place);
        }
        Some(Comparison { is, ..comparison })
    }

    /// Reads the right side of a relation. Returns whether it has what it needs.
    fn right_side(
        &mut self,
        relation: Relation,
        fields: &Fields<'_, '_>,
        comparison: &mut Comparison,
    ) -> bool {
        let word = relation.word();
        match (relation.right_side(), fields.get("to")) {
            (RightSide::One, Some(to)) => {
                comparison.to.extend(self.read_or_hole(to, ("`to`", "")));
            }
            (RightSide::Pattern, Some(to)) => {
                comparison.pattern = self.read_or_hole(to, ("", ""));
            }
            (RightSide::Several, Some(to)) => {
                let what = ("a value of `one-of`", "`to` of `one-of`");
                comparison.to = self.read_or_hole(to, what).unwrap_or_default();
            }
            (RightSide::Nothing, None) => {}
            (RightSide::One | RightSide::Pattern | RightSide::Several, None) => {
                let message =
                    format!("the comparison lacks `to`: `{word}` needs something to compare with");
                let help = Some("add `\"to\"`".to_owned());
                self.source
                    .report(Code::MissingKey, fields.place, Part::Key, message, help);
                return false;
            }
            (RightSide::Nothing, Some((place, _))) => {
                let message =
                    format!("`{word}` needs nothing to compare with, so `to` means nothing here");
                self.superfluous(place, message);
                return false;
            }
        }
        true
    }
}
