//! Checking the tests of `condition` boxes: whether the compared values can be compared.

use krabice_contract::shape::Parts;
use krabice_contract::{Kind, Value};

use super::Checker;
use super::facts::{FactSet, Origin};
use super::flow::reference;
use super::references::Need;
use super::uses::Audience;
use crate::compare::equal_folded;
use crate::diagnostic::Code;
use crate::draft::{
    CompareDraft, Content, ExpectDraft, MaybeOperand, PairRelation, RelationDraft, TestDraft,
};
use crate::moment;
use crate::read::words;
use crate::scenario::Operand;
use crate::source::{Part, Place};
use crate::template::Reference;

impl<'c> Checker<'c, '_, '_> {
    /// Checks a test that is evaluated with these facts.
    pub(super) fn test(&mut self, test: &'c TestDraft, state: &FactSet) {
        match test {
            TestDraft::All(tests) => {
                let mut state = state.clone();
                for test in tests {
                    test.iter().for_each(|test| self.test(test, &state));
                    state = self.resolver.rules.split(test.as_ref(), state).0;
                }
            }
            TestDraft::Any(tests) => {
                let mut state = state.clone();
                for test in tests {
                    test.iter().for_each(|test| self.test(test, &state));
                    state = self.resolver.rules.split(test.as_ref(), state).1;
                }
            }
            TestDraft::Not(test) => test.iter().for_each(|test| self.test(test, state)),
            TestDraft::Compare(compare) => self.comparison(compare, state),
        }
    }

    fn comparison(&mut self, compare: &'c CompareDraft, state: &FactSet) {
        let relation = compare.relation.as_ref();
        let right = compare.right();
        let with_booleans = || {
            let mut others = right.iter().flatten().map(|other| &other.value).peekable();
            others.peek().is_some()
                && others.all(|other| matches!(other, Operand::Constant(Value::Boolean(_))))
        };
        let need = match relation.map(|relation| &relation.value) {
            Some(RelationDraft::Exists | RelationDraft::Empty) | None => Need::Presence,
            Some(RelationDraft::True | RelationDraft::False) => Need::Truth,
            Some(_) if with_booleans() => Need::Truth,
            Some(_) => Need::Comparison,
        };
        if let Some(left) = &compare.value {
            self.operand(left, state, need, Audience::Nobody);
        }
        for right in right.iter().flatten() {
            self.operand(right, state, Need::Comparison, Audience::Nobody);
        }
        let Some(relation) = relation else { return };
        match &relation.value {
            RelationDraft::Pair(pair, right) => self.pair(compare, *pair, right, state),
            RelationDraft::OneOf(several) => {
                for right in several {
                    self.pair(compare, PairRelation::Equals, right, state);
                }
            }
            RelationDraft::Matches(_) => {
                self.left_kind(compare, state, "matches", "a text", Kind::is_textual);
            }
            RelationDraft::True | RelationDraft::False => self.left_truth(compare, state),
            RelationDraft::Exists | RelationDraft::Empty => {}
        }
    }

    /// Checks that the relation can compare the kinds of both sides.
    fn pair(
        &mut self,
        compare: &'c CompareDraft,
        pair: PairRelation,
        right: &'c MaybeOperand,
        state: &FactSet,
    ) {
        let orders = |kind: Kind| kind.is_numeric() || kind == Kind::Timestamp;
        let left_fits = match pair {
            PairRelation::Equals | PairRelation::NotEquals => true,
            PairRelation::GreaterThan => {
                self.left_kind(compare, state, "greater-than", NUMBERS, orders)
            }
            PairRelation::AtLeast => self.left_kind(compare, state, "at-least", NUMBERS, orders),
            PairRelation::LessThan => self.left_kind(compare, state, "less-than", NUMBERS, orders),
            PairRelation::AtMost => self.left_kind(compare, state, "at-most", NUMBERS, orders),
            PairRelation::Contains => {
                let holds = |kind: Kind| kind.is_textual() || kind == Kind::List;
                self.left_kind(compare, state, "contains", "a text or a list", holds)
            }
            PairRelation::StartsWith => {
                self.left_kind(compare, state, "starts-with", "a text", Kind::is_textual)
            }
        };
        let (Some(at), true) = (right, left_fits) else {
            return;
        };
        let left_kinds = self.resolver.kinds(&compare.value, state);
        let right_kinds = self.resolver.kinds(right, state);
        for left in left_kinds.iter().flatten() {
            let against = match (pair, left) {
                (PairRelation::Contains, Kind::List) => match self.item_kind(&compare.value, state)
                {
                    Some(items) => items,
                    None => continue,
                },
                _ => *left,
            };
            let misfit = right_kinds
                .iter()
                .flatten()
                .find(|right| !self.comparable(against, **right, &at.value));
            if let Some(misfit) = misfit {
                let message = format!(
                    "a value of the kind `{against}` cannot be compared with one of the kind `{misfit}`"
                );
                let help = match at.value.literal() {
                    Some(literal)
                        if against.is_numeric() && literal.trim().parse::<f64>().is_ok() =>
                    {
                        format!("write the number without quotes: `{}`", literal.trim())
                    }
                    Some("true" | "false") if against == Kind::Boolean => {
                        "write it without quotes".to_owned()
                    }
                    Some(_) if against == Kind::Timestamp => {
                        "write the date as `2026-03-14`, or with a time as `2026-03-14T09:26`"
                            .to_owned()
                    }
                    None if against.is_textual() && matches!(at.value, Operand::Constant(_)) => {
                        "write it in quotes to compare it as a text".to_owned()
                    }
                    _ => "compare values of the same kind".to_owned(),
                };
                self.report(Code::WrongKind, at.place, Part::Value, message, Some(help));
                return;
            }
        }
        if matches!(pair, PairRelation::Equals | PairRelation::NotEquals) {
            self.known_choice(compare, right, state);
        }
    }

    fn comparable(&self, left: Kind, right: Kind, written: &Operand) -> bool {
        let moment = |kind: Kind| match written.literal() {
            Some(text) => self
                .draft
                .time_zone
                .as_ref()
                .is_none_or(|zone| moment::parse(text, zone).is_some()),
            None => kind.is_textual(),
        };
        left == right
            || left.is_numeric() && right.is_numeric()
            || left.is_textual() && right.is_textual()
            || left == Kind::Timestamp && right.is_textual() && moment(right)
            || left.is_textual() && right == Kind::Timestamp
    }

    /// The kind of a list's items, if it is known.
    fn item_kind(&self, list: &MaybeOperand, state: &FactSet) -> Option<Kind> {
        let meaning = self.resolver.meaning(reference(list)?, state)?;
        match meaning.shapes.as_slice() {
            [Some(shape)] => match &shape.parts {
                Parts::Items(items) => Some(items.kind),
                Parts::Single | Parts::Fields(_) | Parts::Any => None,
            },
            _ => None,
        }
    }

    /// Checks that the relation can have the kind of the left side.
    fn left_kind(
        &mut self,
        compare: &CompareDraft,
        state: &FactSet,
        relation: &str,
        about: &str,
        fits: impl Fn(Kind) -> bool,
    ) -> bool {
        let Some(left) = &compare.value else {
            return true;
        };
        let kinds = self.resolver.kinds(&compare.value, state);
        let Some(misfit) = kinds.into_iter().flatten().find(|kind| !fits(*kind)) else {
            return true;
        };
        self.left_misfit(left.place, misfit, relation, about);
        false
    }

    fn left_truth(&mut self, compare: &CompareDraft, state: &FactSet) {
        let Some(left) = &compare.value else { return };
        if let Some(reference) = reference(&compare.value)
            && reference.path.is_empty()
            && self.is_answer(reference)
        {
            return;
        }
        let kinds = self.resolver.kinds(&compare.value, state);
        if let Some(misfit) = kinds
            .into_iter()
            .flatten()
            .find(|kind| *kind != Kind::Boolean)
        {
            let about = "a boolean or the outcome of a function";
            let relation = match compare.relation.as_ref().map(|relation| &relation.value) {
                Some(RelationDraft::False) => "false",
                _ => "true",
            };
            self.left_misfit(left.place, misfit, relation, about);
        }
    }

    fn left_misfit(&mut self, place: Place, misfit: Kind, relation: &str, about: &str) {
        let message = format!("`{relation}` needs {about}, and this is of the kind `{misfit}`");
        let help = match (relation, misfit) {
            ("true" | "false", _) => "to test whether it is present, use `exists` or `empty`",
            (_, Kind::Text) => "a text has no order; compare it with `equals` or `one-of`",
            (_, Kind::Boolean) => "use `true` or `false`",
            _ => "use another relation, such as `equals`",
        };
        self.report(
            Code::WrongKind,
            place,
            Part::Value,
            message,
            Some(help.to_owned()),
        );
    }

    /// Whether some function sets the variable of a reference.
    fn is_answer(&self, reference: &Reference) -> bool {
        let facts = self.resolver.rules.facts;
        facts.variable(&reference.root).is_some_and(|variable| {
            facts.definitions_of(variable).iter().any(|definition| {
                match facts.definitions[*definition].origin {
                    Origin::Box(number) => {
                        matches!(self.draft.boxes[number].content, Content::Call(_))
                    }
                    Origin::Input(_) => false,
                }
            })
        })
    }

    /// Checks that a literal is a value that the left side can have.
    fn known_choice(&mut self, compare: &CompareDraft, right: &'c MaybeOperand, state: &FactSet) {
        let (Some(left), Some(at)) = (reference(&compare.value), right) else {
            return;
        };
        let Some(literal) = at.value.literal() else {
            return;
        };
        let Some(choices) = self.choices(left, state) else {
            return;
        };
        let same =
            |choice: &&str| *choice == literal || !compare.exact && equal_folded(choice, literal);
        if choices.iter().any(|choice| same(&choice.as_str())) {
            return;
        }
        let help = match self.nearest(literal, choices.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("it can be {}", words(choices.iter().map(String::as_str))),
        };
        let message = format!("`{left}` is never `{literal}`");
        self.report(
            Code::UnknownChoice,
            at.place,
            Part::Value,
            message,
            Some(help),
        );
    }

    /// Every value that a reference can have, if they are known.
    fn choices(&self, reference: &Reference, state: &FactSet) -> Option<Vec<String>> {
        let facts = self.resolver.rules.facts;
        let possible = facts.variable_state(facts.variable(&reference.root)?, state);
        let mut choices = Vec::new();
        for definition in possible.values {
            let Origin::Box(number) = facts.definitions[definition].origin else {
                return None;
            };
            let whole = reference.path.is_empty();
            match &self.draft.boxes[number].content {
                Content::Buttons { buttons, .. } if whole => {
                    for button in buttons {
                        choices.push(button.id.as_ref()?.value.clone());
                    }
                }
                Content::Answer {
                    expect: Some(ExpectDraft::Choice(of)),
                    ..
                } if whole => {
                    for choice in of {
                        choices.push(choice.value.as_ref()?.value.clone());
                    }
                }
                Content::Call(_) => {
                    let known = self
                        .resolver
                        .rules
                        .calls
                        .of_box(number)?
                        .choices(super::facts::parts(reference).last()?);
                    if known.is_empty() {
                        return None;
                    }
                    choices.extend(known.iter().map(|choice| choice.value.clone()));
                }
                Content::Message { .. }
                | Content::Buttons { .. }
                | Content::Answer { .. }
                | Content::Condition { .. }
                | Content::Set { .. }
                | Content::JumpToBox
                | Content::JumpToScenario { .. }
                | Content::Handover { .. }
                | Content::End { .. }
                | Content::Unreadable => return None,
            }
        }
        (!choices.is_empty()).then_some(choices)
    }
}

const NUMBERS: &str = "a number or a moment";
