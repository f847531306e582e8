//! Definite assignment: a data-flow analysis of the graph of boxes, which finds out what is
//! known of the variables at each box, on all paths that lead there.

use std::collections::VecDeque;

use krabice_contract::Value;

use super::facts::{FactSet, Facts, Origin};
use super::graph::Graph;
use super::manifests::Calls;
use super::references::follow;
use crate::draft::{
    CompareDraft, Content, Draft, ExitName, MaybeOperand, PairRelation, RelationDraft, TestDraft,
};
use crate::scenario::Operand;
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
pub(super) fn flow(draft: &Draft, graph: &Graph, rules: Rules<'_>) -> Flow {
    let mut entries: Flow = vec![None; draft.boxes.len()];
    let Some(start) = graph.start else {
        return entries;
    };
    entries[start] = Some(rules.facts.start());
    let mut waiting = vec![false; draft.boxes.len()];
    let mut ahead = VecDeque::from([start]);
    while let Some(at) = ahead.pop_front() {
        waiting[at] = false;
        let (Some(entry), each) = (entries[at].clone(), &draft.boxes[at]) else {
            continue;
        };
        let (mut split, mut left) = (None, entry);
        if let Content::Condition { test } = &each.content {
            split = Some(rules.split(test.as_ref(), left.clone()));
        } else if let Content::Unreadable = &each.content {
            left = rules.facts.doubt(left);
        }
        for (exit, to) in each.exits.iter().zip(&graph.exits[at]) {
            let Some(to) = *to else { continue };
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
    pub(super) fn split(self, test: Option<&TestDraft>, state: FactSet) -> (FactSet, FactSet) {
        match test {
            None => {
                let state = self.facts.doubt(state);
                (state.clone(), state)
            }
            Some(TestDraft::All(tests)) => {
                let (mut holds, mut fails) = (state, None::<FactSet>);
                for test in tests {
                    let (held, failed) = self.split(test.as_ref(), holds);
                    holds = held;
                    fails = Some(joined(fails, failed));
                }
                let fails = fails.unwrap_or_else(|| holds.clone());
                (holds, fails)
            }
            Some(TestDraft::Any(tests)) => {
                let (mut holds, mut fails) = (None::<FactSet>, state);
                for test in tests {
                    let (held, failed) = self.split(test.as_ref(), fails);
                    fails = failed;
                    holds = Some(joined(holds, held));
                }
                let holds = holds.unwrap_or_else(|| fails.clone());
                (holds, fails)
            }
            Some(TestDraft::Not(test)) => {
                let (holds, fails) = self.split(test.as_ref().as_ref(), state);
                (fails, holds)
            }
            Some(TestDraft::Compare(compare)) if self.is_invalid(compare) => {
                self.split(None, state)
            }
            Some(TestDraft::Compare(compare)) => self.compare(compare, state),
        }
    }

    /// Whether a comparison has a gap, or names a field that does not exist.
    fn is_invalid(self, compare: &CompareDraft) -> bool {
        let right = match compare.relation.as_ref().map(|relation| &relation.value) {
            None | Some(RelationDraft::Pair(_, None)) => return true,
            Some(RelationDraft::Pair(_, right)) => reference(right),
            Some(_) => None,
        };
        let left = reference(&compare.value);
        compare.value.is_none()
            || [left, right]
                .into_iter()
                .flatten()
                .any(|of| self.leads_nowhere(of))
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

    fn compare(self, compare: &CompareDraft, state: FactSet) -> (FactSet, FactSet) {
        let Rules { facts, calls } = self;
        let (mut holds, mut fails) = (state.clone(), state);
        let left = reference(&compare.value);
        match (
            left,
            compare.relation.as_ref().map(|relation| &relation.value),
        ) {
            (Some(left), Some(RelationDraft::Exists)) => {
                facts.present(left, &mut holds);
                facts.absent(left, &mut fails);
            }
            (Some(left), Some(RelationDraft::Empty)) => {
                // A record is not empty, and neither is `false`.
                facts.not_true(left, calls, &mut holds);
                facts.not_false(left, &mut holds);
                facts.present(left, &mut fails);
                facts.not_empty(left, &mut fails);
            }
            (Some(left), Some(RelationDraft::True)) => {
                self.truth(left, true, &mut holds);
                self.truth(left, false, &mut fails);
            }
            (Some(left), Some(RelationDraft::False)) => {
                facts.present(left, &mut holds);
                facts.not_true(left, calls, &mut holds);
                facts.not_false(left, &mut fails);
            }
            (left, Some(RelationDraft::Pair(pair, right))) => {
                let (equal, other) = match pair {
                    PairRelation::NotEquals => (&mut fails, Some(&mut holds)),
                    PairRelation::Equals => (&mut holds, Some(&mut fails)),
                    PairRelation::GreaterThan
                    | PairRelation::AtLeast
                    | PairRelation::LessThan
                    | PairRelation::AtMost
                    | PairRelation::Contains
                    | PairRelation::StartsWith => (&mut holds, None),
                };
                self.compared(left, right, equal);
                self.compared(reference(right), &compare.value, equal);
                if let (Some(left), Some(other), Some(Value::Boolean(false))) =
                    (left, other, constant(right))
                {
                    facts.not_false(left, other);
                }
            }
            (Some(left), Some(RelationDraft::Matches(_))) => {
                facts.present(left, &mut holds);
                facts.not_false(left, &mut holds);
            }
            (Some(left), Some(RelationDraft::OneOf(_))) => facts.present(left, &mut holds),
            _ => {}
        }
        (holds, fails)
    }

    /// Adds what follows for one side if a comparison with the other holds: it is present,
    /// and it is `false` only if the other side can be.
    fn compared(self, one: Option<&Reference>, other: &MaybeOperand, state: &mut FactSet) {
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
fn constant(operand: &MaybeOperand) -> Option<&Value> {
    match &operand.as_ref()?.value {
        Operand::Constant(value) => Some(value),
        Operand::Template(_) => None,
    }
}

/// The reference, if a value is exactly one reference.
pub(super) fn reference(operand: &MaybeOperand) -> Option<&Reference> {
    operand.as_ref()?.value.template()?.as_reference()
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
