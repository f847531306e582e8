//! Definite assignment: a data-flow analysis of the graph of boxes, which finds out what is
//! known of the variables at each box, on all paths that lead there.

use std::collections::VecDeque;

use krabice_contract::Value;

use super::facts::{FactSet, Facts, Origin};
use super::graph::Graph;
use super::manifests::Calls;
use super::references::follow;
use crate::document::{Comparison, ExitName, Node, Operand, Placed, Relation, Scenario, Test};
use crate::template::{Guard, GuardTest, Reference};

/// The facts at the entry of each box; none if no path leads to it.
pub(super) type Flow = Vec<Option<FactSet>>;

/// The rules by which facts change on a path through a scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'c> {
    pub(super) facts: &'c Facts<'c>,
    pub(super) calls: &'c Calls<'c>,
}

/// Follows the facts along all paths until nothing changes.
pub(super) fn flow(document: &Scenario, graph: &Graph, rules: Rules<'_>) -> Flow {
    let mut entries: Flow = vec![None; document.boxes.len()];
    let Some(start) = graph.start else {
        return entries;
    };
    entries[start] = Some(rules.facts.start());
    let mut waiting = vec![false; document.boxes.len()];
    let mut ahead = VecDeque::from([start]);
    while let Some(at) = ahead.pop_front() {
        waiting[at] = false;
        let (Some(entry), each) = (entries[at].clone(), &document.boxes[at]) else {
            continue;
        };
        let (mut split, mut left) = (None, entry);
        if let Node::Condition(condition) = &each.value {
            split = Some(rules.split(&condition.test, left.clone()));
        } else if let Node::Broken(_) = &each.value {
            left = rules.facts.doubt(left);
        }
        for exit in &graph.exits[at] {
            let Some(to) = exit.to else { continue };
            let state = match (&split, exit.name) {
                (Some((holds, _)), ExitName::True) => holds.clone(),
                (Some((_, fails)), ExitName::False) => fails.clone(),
                _ => rules.facts.after(at, each, exit.name, left.clone()),
            };
            let new = match &mut entries[to] {
                Some(known) => known.join(&state),
                unknown => {
                    *unknown = Some(state);
                    true
                }
            };
            if new && !std::mem::replace(&mut waiting[to], true) {
                ahead.push_back(to);
            }
        }
    }
    entries
}

impl Rules<'_> {
    /// The facts if a test holds, and if it does not. Tests are evaluated from top to bottom,
    /// so that each may rely on those before it. A test that could not be read may have
    /// tested for anything.
    pub(super) fn split(self, test: &Placed<Test>, state: FactSet) -> (FactSet, FactSet) {
        match test.known() {
            None => self.doubt(state),
            Some(Test::All(tests)) => {
                let (mut holds, mut fails) = (state, None::<FactSet>);
                for test in &tests.all {
                    let (held, failed) = self.split(test, holds);
                    holds = held;
                    fails = Some(joined(fails, failed));
                }
                let fails = fails.unwrap_or_else(|| holds.clone());
                (holds, fails)
            }
            Some(Test::Any(tests)) => {
                let (mut holds, mut fails) = (None::<FactSet>, state);
                for test in &tests.any {
                    let (held, failed) = self.split(test, fails);
                    fails = failed;
                    holds = Some(joined(holds, held));
                }
                let holds = holds.unwrap_or_else(|| fails.clone());
                (holds, fails)
            }
            Some(Test::Not(test)) => {
                let (holds, fails) = self.split(&test.not, state);
                (fails, holds)
            }
            Some(Test::Compare(compare)) if self.is_invalid(compare) => self.doubt(state),
            Some(Test::Compare(compare)) => self.compare(compare, state),
        }
    }

    fn doubt(self, state: FactSet) -> (FactSet, FactSet) {
        let state = self.facts.doubt(state);
        (state.clone(), state)
    }

    /// Whether a comparison has a gap, or names a field that does not exist.
    fn is_invalid(self, compare: &Comparison) -> bool {
        let right = compare.right();
        let right_hole = right.is_some_and(|right| right.known().is_none());
        let sides = [Some(&compare.value), right].into_iter().flatten();
        compare.is.known().is_none()
            || compare.value.known().is_none()
            || right_hole
            || sides.filter_map(reference).any(|of| self.leads_nowhere(of))
    }

    /// Whether a reference names a field that is in no function's answer.
    fn leads_nowhere(self, reference: &Reference) -> bool {
        let Some(variable) = self.facts.variable(&reference.root) else {
            return false;
        };
        let answers =
            self.facts
                .definitions_of(variable)
                .iter()
                .filter_map(
                    |definition| match self.facts.definitions[*definition].origin {
                        Origin::Box(number) => {
                            let constant = self.calls.constant(number);
                            constant.or_else(|| self.calls.answer(number))
                        }
                        Origin::Input(_) => None,
                    },
                );
        let mut answers = answers.peekable();
        answers.peek().is_some()
            && answers.all(|shape| follow(Some(shape), &reference.path).is_err())
    }

    fn compare(self, compare: &Comparison, state: FactSet) -> (FactSet, FactSet) {
        let Rules { facts, calls } = self;
        let (mut holds, mut fails) = (state.clone(), state);
        let left = reference(&compare.value);
        if let Some(right) = compare.right() {
            let (equal, other) = match *compare.is {
                Relation::NotEquals => (&mut fails, Some(&mut holds)),
                Relation::Equals => (&mut holds, Some(&mut fails)),
                Relation::GreaterThan
                | Relation::AtLeast
                | Relation::LessThan
                | Relation::AtMost
                | Relation::Contains
                | Relation::StartsWith
                | Relation::Matches
                | Relation::OneOf
                | Relation::Exists
                | Relation::Empty
                | Relation::True
                | Relation::False => (&mut holds, None),
            };
            self.compared(left, right, equal);
            self.compared(reference(right), &compare.value, equal);
            if let (Some(left), Some(other), Some(Value::Boolean(false))) =
                (left, other, constant(right))
            {
                facts.not_false(left, other);
            }
        }
        let Some(left) = left else {
            return (holds, fails);
        };
        match *compare.is {
            Relation::Exists => {
                facts.present(left, &mut holds);
                facts.absent(left, &mut fails);
            }
            Relation::Empty => {
                // A record is not empty, and neither is `false`.
                facts.not_true(left, calls, &mut holds);
                facts.not_false(left, &mut holds);
                facts.present(left, &mut fails);
                facts.not_empty(left, &mut fails);
            }
            Relation::True => {
                self.truth(left, true, &mut holds);
                self.truth(left, false, &mut fails);
            }
            Relation::False => {
                facts.present(left, &mut holds);
                facts.not_true(left, calls, &mut holds);
                facts.not_false(left, &mut fails);
            }
            Relation::Matches => {
                facts.present(left, &mut holds);
                facts.not_false(left, &mut holds);
            }
            Relation::OneOf => facts.present(left, &mut holds),
            // Done above.
            Relation::Equals
            | Relation::NotEquals
            | Relation::GreaterThan
            | Relation::AtLeast
            | Relation::LessThan
            | Relation::AtMost
            | Relation::Contains
            | Relation::StartsWith => {}
        }
        (holds, fails)
    }

    /// Adds what follows for one side if a comparison with the other holds: it is present,
    /// and it is `false` only if the other side can be.
    fn compared(self, one: Option<&Reference>, other: &Placed<Operand>, state: &mut FactSet) {
        let Some(one) = one else { return };
        self.facts.present(one, state);
        match constant(other) {
            Some(Value::Boolean(false)) => self.facts.not_true(one, self.calls, state),
            Some(_) => self.facts.not_false(one, state),
            // A rendered text is not a boolean.
            None if reference(other).is_none() => self.facts.not_false(one, state),
            None => {}
        }
    }

    /// Adds what follows from the truth of a reference, as the relation `true` tests it.
    fn truth(self, reference: &Reference, holds: bool, state: &mut FactSet) {
        if holds {
            self.facts.present(reference, state);
            self.facts.not_false(reference, state);
        } else {
            self.facts.not_true(reference, self.calls, state);
        }
    }

    /// The facts inside the blocks of a template.
    pub(super) fn guarded(self, guards: &[Guard], state: &FactSet) -> FactSet {
        let mut state = state.clone();
        if guards
            .iter()
            .any(|guard| self.leads_nowhere(&guard.reference))
        {
            return self.facts.doubt(state);
        }
        for Guard {
            reference,
            test,
            holds,
            ..
        } in guards
        {
            match (test, holds) {
                (GuardTest::True, holds) => self.truth(reference, *holds, &mut state),
                (GuardTest::Present, true) => self.facts.present(reference, &mut state),
                (GuardTest::Present, false) => {
                    self.facts.not_true(reference, self.calls, &mut state);
                    self.facts.not_false(reference, &mut state);
                }
            }
            if *holds {
                self.facts.not_empty(reference, &mut state);
            }
        }
        state
    }
}

/// The constant, if a value is one.
fn constant(operand: &Placed<Operand>) -> Option<&Value> {
    match operand.known()? {
        Operand::Constant(value) => Some(value),
        Operand::Template(_) => None,
    }
}

/// The reference, if a value is exactly one reference.
pub(super) fn reference(operand: &Placed<Operand>) -> Option<&Reference> {
    operand.template()?.as_reference()
}

fn joined(known: Option<FactSet>, other: FactSet) -> FactSet {
    match known {
        Some(mut known) => {
            known.join(&other);
            known
        }
        None => other,
    }
}
