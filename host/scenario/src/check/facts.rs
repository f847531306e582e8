//! Facts about variables at a place of a scenario. They are numbered, so that the knowledge
//! at a box is a set of bits.
//!
//! Each variable has the fact that it may be unset. Each definition of it has the fact that
//! the variable may have its value; a `call` box also has the fact that the function may
//! have answered false or failed. Each part of the value that some text refers to has the
//! fact that it may be absent.

use std::collections::HashMap;

use indexmap::IndexMap;
use krabice_contract::name::nearest;

use super::SUGGESTIONS;
use super::graph::Graph;
use super::manifests::{CalledFunction, Calls};
use crate::draft::{BoxDraft, Content, Draft, ExitName};
use crate::source::Placed;
use crate::template::{NOW, Reference, Segment, Template};

/// The part of a list that is its last item. No key of `lookup` is written so.
pub(super) const THE_LAST: &str = "(the last)";

/// The number of a fact.
type Fact = usize;

/// All facts of a scenario.
#[derive(Debug)]
pub(super) struct Facts<'c> {
    variables: IndexMap<&'c str, Variable>,
    /// Unknown names, with the variable that each means.
    meant: HashMap<&'c str, usize>,
    /// Unknown names whose uses are right, with the variable that is saved under the wrong
    /// name.
    pub(super) misnamed: Vec<(&'c str, usize)>,
    pub(super) definitions: Vec<Definition>,
    /// For each box, its definition.
    by_box: Vec<Option<usize>>,
    count: usize,
}

#[derive(Debug, Default)]
struct Variable {
    unset: Fact,
    is_input: bool,
    /// Whether every session starts with a value of it.
    is_assigned: bool,
    definitions: Vec<usize>,
    /// By the path within the value, the fact that this part may be absent.
    absents: IndexMap<String, Fact>,
}

/// A place that sets a variable.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) variable: usize,
    pub(super) origin: Origin,
    value: Fact,
    /// For a `call` box, the fact that it answered false or failed.
    falsity: Option<Fact>,
}

/// The place that sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The session's start: the input of this number.
    Input(usize),
    /// The box of this number.
    Box(usize),
}

/// The facts that may hold at a place, on any of the paths that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FactSet(Vec<u64>);

impl FactSet {
    fn has(&self, fact: Fact) -> bool {
        self.0[fact / 64] & (1 << (fact % 64)) != 0
    }

    fn add(&mut self, fact: Fact) {
        self.0[fact / 64] |= 1 << (fact % 64);
    }

    fn remove(&mut self, fact: Fact) {
        self.0[fact / 64] &= !(1 << (fact % 64));
    }

    /// Adds the facts of another path. Returns whether any of them was new.
    pub(super) fn join(&mut self, other: &FactSet) -> bool {
        let mut new = false;
        for (own, others) in self.0.iter_mut().zip(&other.0) {
            new |= others & !*own != 0;
            *own |= others;
        }
        new
    }
}

/// The possible states of a variable at a place.
#[derive(Debug, Default)]
pub(super) struct VariableState {
    /// Whether some path leaves it unset.
    pub(super) unset: bool,
    /// The definitions whose value it may have.
    pub(super) values: Vec<usize>,
    /// The definitions that may have set it to false instead.
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
        for (number, (name, input)) in draft.inputs.iter().enumerate() {
            let variable = facts.define(name, Origin::Input(number), false);
            facts.variables[variable].is_input = true;
            facts.variables[variable].is_assigned = input.is_assigned();
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

    /// Finds the variables that unknown names mean. If a name is used more than once and never
    /// set, and a similar name is set and never used, the typo is where it is set: that is
    /// one finding, not one for each use.
    fn names_meant(&mut self, draft: &'c Draft, graph: &Graph) {
        let mut uses: IndexMap<&str, usize> = IndexMap::new();
        for each in draft.boxes.values() {
            each.each_template(&mut |template| {
                for used in template.value.uses() {
                    *uses.entry(used.reference.root.as_str()).or_default() += 1;
                    for other in &used.alternatives {
                        uses.entry(other.root.as_str()).or_default();
                    }
                }
            });
        }
        let unknown = uses
            .iter()
            .filter(|(name, _)| **name != NOW && !self.variables.contains_key(**name));
        let mut found = Vec::new();
        let unknown = unknown.filter(|(_, count)| **count > 0);
        for (name, count) in unknown.take(SUGGESTIONS as usize) {
            let known = || self.variables.keys().copied();
            let unused = nearest(name, known().filter(|known| !uses.contains_key(known)));
            let unused = unused.filter(|_| *count > 1);
            // A typo in the id of a box, which exits also name.
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

    /// Adds a fact for every part of a value that a template refers to.
    fn mention(&mut self, template: &Template) {
        for used in template.uses() {
            let guards = (used.guards.iter())
                .flat_map(|guard| std::iter::once(&guard.reference).chain(&guard.alternatives));
            let references = used.references().chain(guards);
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

    /// The number of the variable of this name, or of the one that a typo means.
    fn meant(&self, name: &str) -> Option<usize> {
        self.variables
            .get_index_of(name)
            .or_else(|| self.meant.get(name).copied())
    }

    /// The name of a variable.
    pub(super) fn name(&self, variable: usize) -> &'c str {
        self.variables.keys()[variable]
    }

    /// The facts after something unreadable, which may have tested for anything: no variable
    /// counts as unset, absent or false.
    pub(super) fn doubt(&self, mut state: FactSet) -> FactSet {
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

    /// Whether the variable is an input, so that a session may start with or without it.
    pub(super) fn is_input(&self, variable: usize) -> bool {
        self.variables[variable].is_input
    }

    /// All definitions of a variable.
    pub(super) fn definitions_of(&self, variable: usize) -> &[usize] {
        &self.variables[variable].definitions
    }

    /// The facts at the start of a session.
    pub(super) fn start(&self) -> FactSet {
        let mut state = FactSet(vec![0; self.count.div_ceil(64)]);
        for variable in self.variables.values() {
            if !variable.is_assigned {
                state.add(variable.unset);
            }
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

    /// The facts at a place whose paths are not known: every value is possible, and no
    /// variable counts as unset, absent or false.
    pub(super) fn anything(&self) -> FactSet {
        let mut state = FactSet(vec![0; self.count.div_ceil(64)]);
        self.definitions
            .iter()
            .for_each(|definition| state.add(definition.value));
        state
    }

    /// The facts after a box was left by an exit.
    pub(super) fn after(
        &self,
        number: usize,
        of: &BoxDraft,
        exit: ExitName,
        mut state: FactSet,
    ) -> FactSet {
        let Some(number) = self.by_box[number] else {
            return state;
        };
        let definition = &self.definitions[number];
        let fact = match (&of.content, exit) {
            (_, ExitName::Exhausted) => return state,
            (
                Content::Call(_),
                ExitName::False | ExitName::Failure | ExitName::Unknown | ExitName::Limited,
            ) => definition.falsity,
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

    /// The possible states of a variable.
    pub(super) fn variable_state(&self, variable: usize, state: &FactSet) -> VariableState {
        let variable = &self.variables[variable];
        let mut possible = VariableState {
            unset: state.has(variable.unset),
            ..VariableState::default()
        };
        for number in &variable.definitions {
            let definition = &self.definitions[*number];
            if state.has(definition.value) {
                possible.values.push(*number);
            }
            if definition.falsity.is_some_and(|falsity| state.has(falsity)) {
                possible.falsities.push(*number);
            }
        }
        possible
    }

    /// Whether a part of a variable's value, if it is optional, may be absent.
    pub(super) fn may_be_absent(&self, variable: usize, part: &str, state: &FactSet) -> bool {
        self.variables[variable]
            .absents
            .get(part)
            .is_some_and(|absent| state.has(*absent))
    }

    /// The variable of a reference.
    fn of_reference(&self, reference: &Reference) -> Option<&Variable> {
        self.meant(&reference.root)
            .map(|number| &self.variables[number])
    }

    /// The variable of a reference to its whole value. A part says nothing about the whole.
    fn of_whole(&self, reference: &Reference) -> Option<&Variable> {
        self.of_reference(reference)
            .filter(|_| reference.path.is_empty())
    }

    /// Adds that the value of a reference is present. A part is present only if the variable
    /// holds a record, so that no function has set it to false.
    pub(super) fn present(&self, reference: &Reference, state: &mut FactSet) {
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

    /// Adds that a list is not empty, so that it has a first and a last item.
    pub(super) fn not_empty(&self, reference: &Reference, state: &mut FactSet) {
        let Some(variable) = self.of_reference(reference) else {
            return;
        };
        for end in [Segment::Index(0), Segment::Last] {
            let steps = reference.path.iter().cloned().chain([end]);
            let item = Reference {
                root: reference.root.clone(),
                path: steps.collect(),
            };
            let absent = parts(&item)
                .last()
                .and_then(|part| variable.absents.get(part));
            absent.into_iter().for_each(|absent| state.remove(*absent));
        }
    }

    /// Adds that the variable as a whole is not false.
    pub(super) fn not_false(&self, reference: &Reference, state: &mut FactSet) {
        if let Some(variable) = self.of_whole(reference) {
            self.remove_falsities(variable, state);
        }
    }

    /// Adds that the variable as a whole is not an answer that certainly counts as true:
    /// fields, or true alone.
    pub(super) fn not_true(&self, reference: &Reference, calls: &Calls<'_>, state: &mut FactSet) {
        let Some(variable) = self.of_whole(reference) else {
            return;
        };
        for definition in &variable.definitions {
            let definition = &self.definitions[*definition];
            if let Origin::Box(number) = definition.origin
                && calls
                    .of_box(number)
                    .is_some_and(CalledFunction::is_certainly_true)
            {
                state.remove(definition.value);
            }
        }
    }

    /// Adds that the variable as a whole is unset.
    pub(super) fn absent(&self, reference: &Reference, state: &mut FactSet) {
        let Some(variable) = self.of_whole(reference) else {
            return;
        };
        self.remove_falsities(variable, state);
        for definition in &variable.definitions {
            state.remove(self.definitions[*definition].value);
        }
    }

    fn remove_falsities(&self, variable: &Variable, state: &mut FactSet) {
        for definition in &variable.definitions {
            let falsity = self.definitions[*definition].falsity;
            falsity
                .into_iter()
                .for_each(|falsity| state.remove(falsity));
        }
    }
}

/// The paths of a reference's parts, from the outermost: `items` and `items.name` for
/// `order.items[].name`.
pub(super) fn parts(reference: &Reference) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for segment in &reference.path {
        let name = match segment {
            Segment::Field(name) => name.clone(),
            Segment::Index(index) => index.to_string(),
            Segment::Lookup(key) => format!("({key})"),
            Segment::Last => THE_LAST.to_owned(),
            Segment::Item | Segment::Section => continue,
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
    pub(super) fn each_template<'d>(&'d self, visit: &mut dyn FnMut(Placed<&'d Template>)) {
        self.each_text(&mut |text| {
            for line in text.templates() {
                visit(Placed {
                    value: &line.value,
                    place: line.place,
                });
            }
        });
        self.each_operand(&mut |operand| {
            if let Some(template) = operand.value.template() {
                visit(Placed {
                    value: template,
                    place: operand.place,
                });
            }
        });
    }
}
