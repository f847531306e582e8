//! What is known of variables at each box, over all paths that lead there:
//! definite assignment, as a data-flow analysis of the graph of boxes.

use std::collections::VecDeque;

use super::facts::{Facts, State};
use super::graph::Graph;
use super::manifests::Calls;
use crate::Value;
use crate::draft::{
    CompareDraft, Content, Draft, ExitName, Operand, OperandDraft, PairRelation, RelationDraft,
    TestDraft,
};
use crate::template::{Guard, GuardTest, Reference};

/// The facts at the entry of each box; none where no path leads to it.
pub(super) type Flow = Vec<Option<State>>;

/// What is needed to follow the facts through a scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'c> {
    pub(super) facts: &'c Facts<'c>,
    pub(super) calls: &'c Calls<'c>,
}

/// Follows the facts along all paths until nothing new is learnt.
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
        let split = match &each.content {
            Content::Condition { test: Some(test) } => Some(rules.split(test, entry.clone())),
            _ => None,
        };
        for (exit, to) in each.exits.iter().zip(&graph.exits[at]) {
            let Some(to) = *to else { continue };
            let state = match (&split, exit.name) {
                (Some((holds, _)), ExitName::True) => holds.clone(),
                (Some((_, fails)), ExitName::False) => fails.clone(),
                _ => rules.facts.after(at, each, exit.name, entry.clone()),
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
    /// What is known where a test holds, and where it does not. Tests are read
    /// from top to bottom, so that one may rely on those before it.
    pub(super) fn split(self, test: &TestDraft, state: State) -> (State, State) {
        match test {
            TestDraft::All(tests) => {
                let (mut holds, mut fails) = (state, None::<State>);
                for test in tests.iter().flatten() {
                    let (held, failed) = self.split(test, holds);
                    holds = held;
                    fails = Some(joined(fails, failed));
                }
                let fails = fails.unwrap_or_else(|| holds.clone());
                (holds, fails)
            }
            TestDraft::Any(tests) => {
                let (mut holds, mut fails) = (None::<State>, state);
                for test in tests.iter().flatten() {
                    let (held, failed) = self.split(test, fails);
                    fails = failed;
                    holds = Some(joined(holds, held));
                }
                let holds = holds.unwrap_or_else(|| fails.clone());
                (holds, fails)
            }
            TestDraft::Not(test) => match &**test {
                Some(test) => {
                    let (holds, fails) = self.split(test, state);
                    (fails, holds)
                }
                None => (state.clone(), state),
            },
            TestDraft::Compare(compare) => self.compare(compare, state),
        }
    }

    fn compare(self, compare: &CompareDraft, state: State) -> (State, State) {
        let (mut holds, mut fails) = (state.clone(), state);
        let left = reference(&compare.value);
        match (
            left,
            compare.relation.as_ref().map(|relation| &relation.value),
        ) {
            (Some(left), Some(RelationDraft::Exists)) => {
                self.facts.present(left, &mut holds);
                if left.path.is_empty() {
                    self.facts.absent(left, &mut fails);
                }
            }
            (Some(left), Some(RelationDraft::Empty)) => {
                self.facts.present(left, &mut fails);
                self.facts.not_empty(left, &mut fails);
                if left.path.is_empty() {
                    self.facts.not_true(left, self.calls, &mut holds);
                    self.facts.not_false(left, &mut holds);
                }
            }
            (Some(left), Some(RelationDraft::True)) => {
                self.truth(left, true, &mut holds);
                self.truth(left, false, &mut fails);
            }
            (Some(left), Some(RelationDraft::False)) => {
                self.facts.present(left, &mut holds);
                if left.path.is_empty() {
                    self.facts.not_true(left, self.calls, &mut holds);
                    self.facts.not_false(left, &mut fails);
                }
            }
            (left, Some(RelationDraft::Pair(relation, right))) => {
                let state = if *relation == PairRelation::NotEquals {
                    &mut fails
                } else {
                    &mut holds
                };
                // Nothing compares with what is absent.
                for (one, other) in [(left, right), (reference(right), &compare.value)] {
                    let Some(one) = one else { continue };
                    self.facts.present(one, state);
                    match other.as_ref().map(|other| &other.value) {
                        Some(OperandDraft::Constant(Value::Boolean(false))) => {
                            if one.path.is_empty() {
                                self.facts.not_true(one, self.calls, state);
                            }
                        }
                        Some(OperandDraft::Constant(_)) => self.facts.not_false(one, state),
                        Some(OperandDraft::Template(template))
                            if template.as_reference().is_none() =>
                        {
                            self.facts.not_false(one, state);
                        }
                        _ => {}
                    }
                }
            }
            (Some(left), Some(RelationDraft::Matches(_) | RelationDraft::OneOf(_))) => {
                self.facts.present(left, &mut holds);
                if matches!(
                    compare.relation.as_ref().map(|r| &r.value),
                    Some(RelationDraft::Matches(_))
                ) {
                    self.facts.not_false(left, &mut holds);
                }
            }
            _ => {}
        }
        (holds, fails)
    }

    /// Notes the truth of a reference, as `true` tests it.
    fn truth(self, reference: &Reference, holds: bool, state: &mut State) {
        if holds {
            self.facts.present(reference, state);
            self.facts.not_false(reference, state);
        } else if reference.path.is_empty() {
            self.facts.not_true(reference, self.calls, state);
        }
    }

    /// What is known inside the blocks of a template.
    pub(super) fn guarded(self, guards: &[Guard], state: &State) -> State {
        let mut state = state.clone();
        for Guard {
            reference,
            test,
            holds,
        } in guards
        {
            match (test, holds) {
                (GuardTest::True, holds) => {
                    self.truth(reference, *holds, &mut state);
                    if *holds {
                        self.facts.not_empty(reference, &mut state);
                    }
                }
                (GuardTest::Present, true) => {
                    self.facts.present(reference, &mut state);
                    self.facts.not_empty(reference, &mut state);
                }
                // Neither present nor not empty: neither fields nor false.
                (GuardTest::Present, false) => {
                    if reference.path.is_empty() {
                        self.facts.not_true(reference, self.calls, &mut state);
                        self.facts.not_false(reference, &mut state);
                    }
                }
            }
        }
        state
    }
}

/// The reference, where a value is exactly one.
pub(super) fn reference(operand: &Operand) -> Option<&Reference> {
    operand.as_ref()?.value.template()?.as_reference()
}

fn joined(known: Option<State>, other: State) -> State {
    match known {
        Some(mut known) => {
            known.join(&other);
            known
        }
        None => other,
    }
}
