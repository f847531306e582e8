//! What can be true of variables at a place of a scenario: a fixed set of small
//! facts, numbered, so that what is known at a box is a set of bits.
//!
//! For each variable there is the fact that nothing has set it; for each place
//! that sets it, the fact that its value stands there, and for a `call` box the
//! fact that the function answered false or failed; and for each part of its
//! value that some text refers to, the fact that the part may be absent.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::SUGGESTIONS;
use super::graph::Graph;
use super::manifests::{Called, Calls};
use crate::draft::{BoxDraft, Content, Draft, ExitName};
use crate::name::nearest;
use crate::source::At;
use crate::template::{Reference, Segment, Template};

/// The number of a fact.
type Fact = usize;

/// All facts of a scenario.
#[derive(Debug)]
pub(super) struct Facts<'c> {
    variables: IndexMap<&'c str, Variable>,
    /// Unknown names, with the variable that each plainly means.
    meant: HashMap<&'c str, usize>,
    /// Those of them that are right where they are used, so that the box that
    /// saves under the other name is wrong.
    pub(super) misnamed: Vec<(&'c str, usize)>,
    pub(super) definitions: Vec<Definition>,
    /// For each box, what it defines.
    by_box: Vec<Option<usize>>,
    count: usize,
}

#[derive(Debug, Default)]
struct Variable {
    unset: Fact,
    is_input: bool,
    definitions: Vec<usize>,
    /// By the path within the value, the fact that this part may be absent.
    absents: IndexMap<String, Fact>,
}

/// A place that gives a variable a value.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) variable: usize,
    pub(super) origin: Origin,
    value: Fact,
    /// For a `call` box: it answered false or failed.
    falsity: Option<Fact>,
}

/// What gives a variable its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The session's start: the input of this number.
    Input(usize),
    /// The box of this number.
    Box(usize),
}

/// The facts that may hold at a place: those of all paths that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(Vec<u64>);

impl State {
    fn has(&self, fact: Fact) -> bool {
        self.0[fact / 64] & (1 << (fact % 64)) != 0
    }

    fn add(&mut self, fact: Fact) {
        self.0[fact / 64] |= 1 << (fact % 64);
    }

    fn remove(&mut self, fact: Fact) {
        self.0[fact / 64] &= !(1 << (fact % 64));
    }

    /// Takes in the facts of another path. Whether any of them was new.
    pub(super) fn join(&mut self, other: &State) -> bool {
        let mut new = false;
        for (own, others) in self.0.iter_mut().zip(&other.0) {
            new |= others & !*own != 0;
            *own |= others;
        }
        new
    }
}

/// What the facts say about a variable.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Whether some path leaves it unset.
    pub(super) unset: bool,
    /// The definitions whose value may stand in it.
    pub(super) values: Vec<usize>,
    /// The definitions that may have made it false instead.
    pub(super) falsities: Vec<usize>,
}

impl<'c> Facts<'c> {
    pub(super) fn of(draft: &'c Draft, graph: &Graph) -> Self {
        let mut facts = Facts {
            variables: IndexMap::new(),
            meant: HashMap::new(),
            misnamed: Vec::new(),
            definitions: Vec::new(),
            by_box: vec![None; draft.boxes.len()],
            count: 0,
        };
        for (number, name) in draft.inputs.keys().enumerate() {
            let variable = facts.define(name, Origin::Input(number), false);
            facts.variables[variable].is_input = true;
        }
        for (number, each) in draft.boxes.values().enumerate() {
            if let Some(save) = &each.save {
                facts.by_box[number] = Some(facts.definitions.len());
                facts.define(
                    &save.value,
                    Origin::Box(number),
                    matches!(each.content, Content::Call(_)),
                );
            }
        }
        facts.names_meant(draft, graph);
        for each in draft.boxes.values() {
            each.each_template(&mut |template| facts.mention(template.value));
        }
        facts
    }

    /// Finds out what unknown names mean. Where a name is used more than once
    /// and never set, and another like it is set and never used, the slip is
    /// where it is set: that is one finding, not one for each use.
    fn names_meant(&mut self, draft: &'c Draft, graph: &Graph) {
        let mut uses: IndexMap<&str, usize> = IndexMap::new();
        for each in draft.boxes.values() {
            each.each_template(&mut |template| {
                for used in template.value.uses() {
                    *uses.entry(used.reference.root.as_str()).or_default() += 1;
                }
            });
        }
        let unknown = uses
            .iter()
            .filter(|(name, _)| !self.variables.contains_key(**name));
        let mut found = Vec::new();
        for (name, count) in unknown.take(SUGGESTIONS as usize) {
            let known = || self.variables.keys().copied();
            let unused = nearest(name, known().filter(|known| !uses.contains_key(known)));
            let unused = unused.filter(|_| *count > 1);
            // The same slip in the id of a box, which exits name, too.
            let of_box = graph.misnamed.iter().find(|(misnamed, _)| misnamed == name);
            let of_box = of_box.and_then(|(_, number)| draft.boxes.get_index(*number));
            let of_box = of_box.map(|(id, _)| id.as_str());
            let misnamed = of_box
                .or(unused)
                .and_then(|meant| self.variables.get_index_of(meant));
            if let Some(variable) = misnamed {
                found.push((*name, variable, true));
            } else if let Some(meant) = nearest(name, known())
                && let Some(variable) = self.variables.get_index_of(meant)
            {
                found.push((*name, variable, false));
            }
        }
        for (name, variable, misnamed) in found {
            self.meant.insert(name, variable);
            if misnamed && !self.misnamed.iter().any(|(_, other)| *other == variable) {
                self.misnamed.push((name, variable));
            }
        }
    }

    fn fresh(&mut self) -> Fact {
        self.count += 1;
        self.count - 1
    }

    fn define(&mut self, name: &'c str, origin: Origin, may_be_false: bool) -> usize {
        let variable = match self.variables.get_index_of(name) {
            Some(known) => known,
            None => {
                let unset = self.fresh();
                self.variables
                    .insert_full(
                        name,
                        Variable {
                            unset,
                            ..Variable::default()
                        },
                    )
                    .0
            }
        };
        let value = self.fresh();
        let falsity = may_be_false.then(|| self.fresh());
        self.variables[variable]
            .definitions
            .push(self.definitions.len());
        self.definitions.push(Definition {
            variable,
            origin,
            value,
            falsity,
        });
        variable
    }

    /// Gives a fact to every part of a value that a template speaks of.
    fn mention(&mut self, template: &Template) {
        for used in template.uses() {
            let references = std::iter::once(&used.reference)
                .chain(used.guards.iter().map(|guard| &guard.reference));
            for reference in references {
                let Some(variable) = self.meant(&reference.root) else {
                    continue;
                };
                for part in parts(reference) {
                    if !self.variables[variable].absents.contains_key(&part) {
                        let fact = self.fresh();
                        self.variables[variable].absents.insert(part, fact);
                    }
                }
            }
        }
    }

    /// The number of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<usize> {
        let misnamed = || self.misnamed.iter().find(|(other, _)| *other == name);
        self.variables
            .get_index_of(name)
            .or_else(|| misnamed().map(|(_, variable)| *variable))
    }

    /// The number of the variable that a name is, or plainly means.
    fn meant(&self, name: &str) -> Option<usize> {
        self.variables
            .get_index_of(name)
            .or_else(|| self.meant.get(name).copied())
    }

    /// The name of a variable.
    pub(super) fn name(&self, variable: usize) -> Option<&'c str> {
        self.variables.get_index(variable).map(|(name, _)| *name)
    }

    /// The same with the benefit of the doubt: nothing is held against any
    /// variable. For where something unreadable may have tested for it.
    pub(super) fn doubt(&self, mut state: State) -> State {
        for variable in self.variables.values() {
            state.remove(variable.unset);
            variable
                .absents
                .values()
                .for_each(|absent| state.remove(*absent));
        }
        for definition in &self.definitions {
            definition
                .falsity
                .into_iter()
                .for_each(|falsity| state.remove(falsity));
        }
        state
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'c str> {
        self.variables.keys().copied()
    }

    /// Whether a session may start with the variable, and without it.
    pub(super) fn is_input(&self, variable: usize) -> bool {
        self.variables[variable].is_input
    }

    /// Everything that defines a variable.
    pub(super) fn definitions_of(&self, variable: usize) -> &[usize] {
        &self.variables[variable].definitions
    }

    /// At the start of a session.
    pub(super) fn start(&self) -> State {
        let mut state = State(vec![0; self.count.div_ceil(64)]);
        for variable in self.variables.values() {
            state.add(variable.unset);
            if variable.is_input {
                for definition in &variable.definitions {
                    if matches!(self.definitions[*definition].origin, Origin::Input(_)) {
                        state.add(self.definitions[*definition].value);
                    }
                }
                variable
                    .absents
                    .values()
                    .for_each(|absent| state.add(*absent));
            }
        }
        state
    }

    /// Where nothing is known of the paths: every value may stand, and nothing
    /// is held against them.
    pub(super) fn anything(&self) -> State {
        let mut state = State(vec![0; self.count.div_ceil(64)]);
        self.definitions
            .iter()
            .for_each(|definition| state.add(definition.value));
        state
    }

    /// What is known after a box by one of its exits.
    pub(super) fn after(
        &self,
        number: usize,
        of: &BoxDraft,
        exit: ExitName,
        mut state: State,
    ) -> State {
        let Some(number) = self.by_box[number] else {
            return state;
        };
        let definition = &self.definitions[number];
        let fact = match (&of.content, exit) {
            (_, ExitName::Exhausted) => return state,
            (Content::Call(_), ExitName::False | ExitName::Failure) => definition.falsity,
            _ => Some(definition.value),
        };
        let variable = &self.variables[definition.variable];
        state.remove(variable.unset);
        for other in &variable.definitions {
            let other = &self.definitions[*other];
            state.remove(other.value);
            other
                .falsity
                .into_iter()
                .for_each(|falsity| state.remove(falsity));
        }
        variable
            .absents
            .values()
            .for_each(|absent| state.add(*absent));
        fact.into_iter().for_each(|fact| state.add(fact));
        state
    }

    /// What the facts say about a variable.
    pub(super) fn standing(&self, variable: usize, state: &State) -> Standing {
        let variable = &self.variables[variable];
        let mut standing = Standing {
            unset: state.has(variable.unset),
            ..Standing::default()
        };
        for number in &variable.definitions {
            let definition = &self.definitions[*number];
            if state.has(definition.value) {
                standing.values.push(*number);
            }
            if definition.falsity.is_some_and(|falsity| state.has(falsity)) {
                standing.falsities.push(*number);
            }
        }
        standing
    }

    /// Whether a part of a variable's value may be absent, if it is optional.
    pub(super) fn may_be_absent(&self, variable: usize, part: &str, state: &State) -> bool {
        self.variables[variable]
            .absents
            .get(part)
            .is_some_and(|absent| state.has(*absent))
    }

    /// The variable that a reference is about.
    fn of_reference(&self, reference: &Reference) -> Option<&Variable> {
        self.meant(&reference.root)
            .map(|number| &self.variables[number])
    }

    /// The same, where it is about the whole value; a part tells nothing of
    /// what it is a part of.
    fn of_whole(&self, reference: &Reference) -> Option<&Variable> {
        self.of_reference(reference)
            .filter(|_| reference.path.is_empty())
    }

    /// Notes that what a reference refers to is there. A part is there only if
    /// the variable holds a record, so that no function has made it false.
    pub(super) fn present(&self, reference: &Reference, state: &mut State) {
        let Some(variable) = self.of_reference(reference) else {
            return;
        };
        state.remove(variable.unset);
        if !reference.path.is_empty() {
            self.remove_falsities(variable, state);
        }
        for part in parts(reference) {
            variable
                .absents
                .get(&part)
                .into_iter()
                .for_each(|absent| state.remove(*absent));
        }
    }

    /// Notes that a list is not empty, so that it has a first item.
    pub(super) fn not_empty(&self, reference: &Reference, state: &mut State) {
        let Some(variable) = self.of_reference(reference) else {
            return;
        };
        let steps = reference.path.iter().cloned().chain([Segment::Index(0)]);
        let first = Reference {
            root: reference.root.clone(),
            path: steps.collect(),
        };
        let absent = parts(&first)
            .last()
            .and_then(|part| variable.absents.get(part));
        absent.into_iter().for_each(|absent| state.remove(*absent));
    }

    /// Notes that the variable as a whole is not false.
    pub(super) fn not_false(&self, reference: &Reference, state: &mut State) {
        if let Some(variable) = self.of_whole(reference) {
            self.remove_falsities(variable, state);
        }
    }

    /// Notes that the variable as a whole is not what a function answers when
    /// that is certainly true: fields, or true alone.
    pub(super) fn not_true(&self, reference: &Reference, calls: &Calls<'_>, state: &mut State) {
        let Some(variable) = self.of_whole(reference) else {
            return;
        };
        for definition in &variable.definitions {
            let definition = &self.definitions[*definition];
            if let Origin::Box(number) = definition.origin
                && calls.of_box(number).is_some_and(Called::is_certainly_true)
            {
                state.remove(definition.value);
            }
        }
    }

    /// Notes that the variable as a whole is unset.
    pub(super) fn absent(&self, reference: &Reference, state: &mut State) {
        let Some(variable) = self.of_whole(reference) else {
            return;
        };
        self.remove_falsities(variable, state);
        for definition in &variable.definitions {
            state.remove(self.definitions[*definition].value);
        }
    }

    fn remove_falsities(&self, variable: &Variable, state: &mut State) {
        for definition in &variable.definitions {
            let falsity = self.definitions[*definition].falsity;
            falsity
                .into_iter()
                .for_each(|falsity| state.remove(falsity));
        }
    }
}

/// The paths of a reference's parts, from the outermost: of `order.items[].name`
/// they are `items` and `items.name`.
pub(super) fn parts(reference: &Reference) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for segment in &reference.path {
        let name = match segment {
            Segment::Field(name) => name.clone(),
            Segment::Index(index) => index.to_string(),
            Segment::Item => continue,
        };
        parts.push(
            parts
                .last()
                .map_or(name.clone(), |before| format!("{before}.{name}")),
        );
    }
    parts
}

impl BoxDraft {
    /// Every template of the box.
    pub(super) fn each_template<'d>(&'d self, visit: &mut dyn FnMut(At<&'d Template>)) {
        self.each_text(&mut |text| {
            for line in text.templates() {
                visit(At {
                    value: &line.value,
                    place: line.place,
                });
            }
        });
        self.each_operand(&mut |operand| {
            if let Some(template) = operand.value.template() {
                visit(At {
                    value: template,
                    place: operand.place,
                });
            }
        });
    }
}
