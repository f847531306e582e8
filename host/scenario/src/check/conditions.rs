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
use crate::document::{Comparison, Expect, Node, Operand, Placed, Relation, Test};
use crate::moment;
use crate::read::words;
use crate::source::{Part, Place};
use crate::template::Reference;

impl<'c> Checker<'c, '_, '_> {
    /// Checks a test that is evaluated with these facts.
    pub(super) fn test(&mut self, test: &'c Placed<Test>, state: &FactSet) {
        match &test.value {
            Test::All(tests) => {
                let mut state = state.clone();
                for test in &tests.all {
                    self.test(test, &state);
                    state = self.resolver.rules.split(test, state).0;
                }
            }
            Test::Any(tests) => {
                let mut state = state.clone();
                for test in &tests.any {
                    self.test(test, &state);
                    state = self.resolver.rules.split(test, state).1;
                }
            }
            Test::Not(test) => self.test(&test.not, state),
            Test::Compare(compare) => self.comparison(compare, state),
        }
    }

    fn comparison(&mut self, compare: &'c Comparison, state: &FactSet) {
        let relation = compare.is.known().copied();
        let with_booleans = || {
            let mut others = compare.to.iter().filter_map(Placed::known).peekable();
            others.peek().is_some()
                && others.all(|other| matches!(other, Operand::Constant(Value::Boolean(_))))
        };
        let need = match relation {
            Some(Relation::Exists | Relation::Empty) | None => Need::Presence,
            Some(Relation::True | Relation::False) => Need::Truth,
            Some(_) if with_booleans() => Need::Truth,
            Some(_) => Need::Comparison,
        };
        self.operand(&compare.value, state, need, Audience::Nobody);
        for right in &compare.to {
            self.operand(right, state, Need::Comparison, Audience::Nobody);
        }
        let Some(relation) = relation else { return };
        if !self.left_fits(compare, relation, state) {
            return;
        }
        for right in &compare.to {
            self.pair(compare, relation, right, state);
        }
    }

    /// Checks that the relation can have the kind of the left side.
    fn left_fits(&mut self, compare: &Comparison, relation: Relation, state: &FactSet) -> bool {
        let orders = |kind: Kind| kind.is_numeric() || kind == Kind::Timestamp;
        let (about, fits): (_, fn(Kind) -> bool) = match relation {
            Relation::GreaterThan | Relation::AtLeast | Relation::LessThan | Relation::AtMost => {
                ("a number or a moment", orders)
            }
            Relation::Contains => ("a text or a list", |kind| {
                kind.is_textual() || kind == Kind::List
            }),
            Relation::StartsWith | Relation::Matches => ("a text", Kind::is_textual),
            Relation::True | Relation::False => {
                let reference = reference(&compare.value);
                let whole = reference.filter(|reference| reference.path.is_empty());
                if whole.is_some_and(|whole| self.is_answer(whole)) {
                    return true;
                }
                ("a boolean or the outcome of a function", |kind| {
                    kind == Kind::Boolean
                })
            }
            Relation::Equals
            | Relation::NotEquals
            | Relation::OneOf
            | Relation::Exists
            | Relation::Empty => return true,
        };
        let kinds = self.resolver.kinds(&compare.value, state);
        let misfit = kinds.into_iter().flatten().find(|kind| !fits(*kind));
        if let Some(misfit) = misfit {
            self.left_misfit(compare.value.place, misfit, relation, about);
        }
        misfit.is_none()
    }

    /// Checks that the relation can compare the kinds of both sides.
    fn pair(
        &mut self,
        compare: &'c Comparison,
        relation: Relation,
        right: &'c Placed<Operand>,
        state: &FactSet,
    ) {
        let Some(written) = right.known() else {
            return;
        };
        let left_kinds = self.resolver.kinds(&compare.value, state);
        let right_kinds = self.resolver.kinds(right, state);
        for left in left_kinds.iter().flatten() {
            let against = match (relation, left) {
                (Relation::Contains, Kind::List) => match self.item_kind(&compare.value, state) {
                    Some(items) => items,
                    None => continue,
                },
                _ => *left,
            };
            let misfit = right_kinds
                .iter()
                .flatten()
                .find(|right| !self.comparable(against, **right, written));
            if let Some(misfit) = misfit {
                let message = format!(
                    "a value of the kind `{against}` cannot be compared with one of the kind `{misfit}`"
                );
                let help = match written.literal() {
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
                    None if against.is_textual() && matches!(written, Operand::Constant(_)) => {
                        "write it in quotes to compare it as a text".to_owned()
                    }
                    _ => "compare values of the same kind".to_owned(),
                };
                self.report(
                    Code::WrongKind,
                    right.place,
                    Part::Value,
                    message,
                    Some(help),
                );
                return;
            }
        }
        if matches!(
            relation,
            Relation::Equals | Relation::NotEquals | Relation::OneOf
        ) {
            self.known_choice(compare, right, state);
        }
    }

    fn comparable(&self, left: Kind, right: Kind, written: &Operand) -> bool {
        let moment = |kind: Kind| match written.literal() {
            Some(text) => self
                .document
                .time_zone
                .known()
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
    fn item_kind(&self, list: &Placed<Operand>, state: &FactSet) -> Option<Kind> {
        let meaning = self.resolver.meaning(reference(list)?, state)?;
        match meaning.shapes.as_slice() {
            [Some(shape)] => match &shape.parts {
                Parts::Items(items) => Some(items.kind),
                Parts::Single | Parts::Fields(_) | Parts::Any => None,
            },
            _ => None,
        }
    }

    fn left_misfit(&mut self, place: Place, misfit: Kind, relation: Relation, about: &str) {
        let word = relation.word();
        let message = format!("`{word}` needs {about}, and this is of the kind `{misfit}`");
        let help = match (relation, misfit) {
            (Relation::True | Relation::False, _) => {
                "to test whether it is present, use `exists` or `empty`"
            }
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
                        matches!(*self.document.boxes[number], Node::Call(_))
                    }
                    Origin::Input(_) => false,
                }
            })
        })
    }

    /// Checks that a literal is a value that the left side can have.
    fn known_choice(&mut self, compare: &Comparison, right: &Placed<Operand>, state: &FactSet) {
        let (Some(left), Some(literal)) = (reference(&compare.value), right.literal()) else {
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
            right.place,
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
            match &*self.document.boxes[number] {
                Node::Buttons(of) if whole => {
                    for button in &of.buttons {
                        choices.push(button.id.known()?.clone());
                    }
                }
                Node::Answer(of) if whole && of.expect.known() == Some(&Expect::Choice) => {
                    for choice in &of.choices {
                        choices.push(choice.value.known()?.clone());
                    }
                }
                Node::Call(_) => {
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
                Node::Message(_)
                | Node::Buttons(_)
                | Node::Answer(_)
                | Node::Condition(_)
                | Node::Set(_)
                | Node::Jump(_)
                | Node::Handover(_)
                | Node::End(_)
                | Node::Broken(_) => return None,
            }
        }
        (!choices.is_empty()).then_some(choices)
    }
}
