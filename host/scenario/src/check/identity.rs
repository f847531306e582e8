//! Identity as data flow: a scenario that strangers can start writes, and shows personal
//! data, only about a value that was proven to be the customer's.
//!
//! What is proven is a value and not a path: after "verify A, ask again, cancel B" a control
//! flow analysis would still call the customer proven. So the analysis follows values. At
//! each box it knows which variables certainly hold the same value (a partition into
//! classes), what was proven of each class, and for what value each answer of a function was
//! loaded. A proof belongs to a class, so that copies made before it and after it have it,
//! and a new answer in the same variable has not.
//!
//! A proof is the *true* exit of a function that verifies identity, a signed input, or the
//! *true* exit of a comparison of the customer's own words with a hidden personal field that
//! was loaded for the value. It is of a kind of thing and of one connection of its plugin:
//! a proven order number is no case number, and no order of the second shop.
//!
//! Jumps are followed by summaries: what a scenario needs of each of its inputs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::{IndexMap, IndexSet};
use krabice_contract::Kind;
use krabice_contract::manifest::{Effect, Function, Purpose, SubjectKind};
use krabice_contract::shape::{Parts, Shape};

use super::Checker;
use super::facts::{Facts, Origin};
use super::flow::{self, Rules};
use super::graph::{self, Graph};
use super::manifests::Calls;
use super::references::{Copies, Resolver};
use super::world::{Surface, World};
use crate::diagnostic::Code;
use crate::document::{
    Call, ExitName, Expect, InputFrom, Jump, Node, Operand, Placed, Relation, Scenario, Test,
};
use crate::read::words;
use crate::source::{Part, Place};
use crate::template::{Position, Reference, Segment, Template, Use};
use crate::variable::is_hidden_name;

/// The inputs, by number, that a caller must have proven.
type Given = BTreeSet<usize>;

/// The meaning of a value for a back end: a kind of thing there, such as an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    /// The word of the kind.
    kind: &'static str,
    plugin: String,
    /// None: the only one of the plugin.
    connection: Option<String>,
    /// The parameter that names the thing. None: whatever it is called.
    parameter: Option<String>,
}

impl Subject {
    fn of(call: &Call, plugin: &str, kind: SubjectKind, parameter: &str) -> Self {
        Subject {
            kind: kind.word(),
            plugin: plugin.to_owned(),
            connection: call.connection.as_ref().map(|named| named.to_string()),
            parameter: Some(parameter.to_owned()),
        }
    }

    /// Whether both are of one shop: another plugin is another system of the same shop, another
    /// connection of the same plugin is another shop.
    fn is_of_same_shop(&self, other: &Subject) -> bool {
        self.plugin != other.plugin || agree(self.connection.as_ref(), other.connection.as_ref())
    }

    /// Whether a name means the same thing to both. A plugin that names its parameters apart
    /// tells two numbers of a thing apart: the shop's own, and the one that the system gave it.
    fn shares_names(&self, other: &Subject) -> bool {
        self.is_of_same_shop(other)
            && (self.plugin != other.plugin
                || agree(self.parameter.as_ref(), other.parameter.as_ref()))
    }
}

/// Whether two names are the same, as far as both are known.
fn agree(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// A proof that a value is the customer's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Proof {
    /// What the value was proven to be; none: whatever it is.
    of: Option<Subject>,
    /// It holds if the caller of the scenario has proven these inputs.
    given: Given,
}

impl Proof {
    fn is_of(&self, subject: Option<&Subject>) -> bool {
        match (&self.of, subject) {
            (None, _) | (_, None) => true,
            (Some(of), Some(subject)) => of.kind == subject.kind && of.shares_names(subject),
        }
    }
}

/// Variables, or parts of their values, that certainly hold the same value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Class {
    proofs: BTreeSet<Proof>,
    /// Whether it is the customer's own words, typed here or where it was asked.
    said: bool,
}

impl Class {
    fn prove(&mut self, of: Option<Subject>, given: Given) {
        self.proofs.insert(Proof { of, given });
    }

    /// The inputs that a caller must have proven so that the value is proven; none if nobody
    /// has proven it.
    fn proven(&self, subject: Option<&Subject>) -> Option<Given> {
        let proofs = self.proofs.iter().filter(|proof| proof.is_of(subject));
        proofs
            .min_by_key(|proof| proof.given.len())
            .map(|proof| proof.given.clone())
    }
}

/// What is known of a variable besides its class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    /// Whether it certainly is the answer of a function, or a part of one.
    answer: bool,
    /// Whether it may be personal, whatever the shape of its value says.
    personal: bool,
    /// The inputs that may have gone into it.
    inputs: BTreeSet<usize>,
    /// Whether the author has signed that anybody may see it. It is nothing to write about.
    signed: bool,
    /// For what it may have been loaded.
    sources: BTreeSet<Subject>,
}

/// What is known at a place of the scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    /// By slot, its class. The slots are the places, then for each variable the value that
    /// it was loaded for.
    class: Vec<usize>,
    classes: Vec<Class>,
    variables: Vec<Known>,
}

impl State {
    /// Adds a class.
    fn fresh(&mut self, class: Class) -> usize {
        self.classes.push(class);
        self.classes.len() - 1
    }

    /// Numbers the classes in the order of their slots, so that equal states are equal.
    fn normalise(&mut self) {
        let mut renamed: BTreeMap<usize, usize> = BTreeMap::new();
        let mut classes = Vec::new();
        for slot in &mut self.class {
            let next = renamed.len();
            *slot = *renamed.entry(*slot).or_insert_with_key(|old| {
                classes.push(self.classes[*old].clone());
                next
            });
        }
        self.classes = classes;
    }

    /// Keeps what is known on both paths.
    fn join(&self, other: &State) -> State {
        let mut pairs: IndexMap<(usize, usize), Class> = IndexMap::new();
        let both = self.class.iter().zip(&other.class);
        let class = both.map(|(own, others)| {
            let entry = pairs.entry((*own, *others));
            let index = entry.index();
            entry.or_insert_with(|| {
                let (own, others) = (&self.classes[*own], &other.classes[*others]);
                Class {
                    proofs: joined(&own.proofs, &others.proofs),
                    said: own.said && others.said,
                }
            });
            index
        });
        let class = class.collect();
        let variables = self.variables.iter().zip(&other.variables);
        let variables = variables.map(|(own, others)| Known {
            answer: own.answer && others.answer,
            personal: own.personal || others.personal,
            signed: own.signed && others.signed,
            inputs: &own.inputs | &others.inputs,
            sources: &own.sources | &others.sources,
        });
        State {
            class,
            variables: variables.collect(),
            classes: pairs.into_values().collect(),
        }
    }
}

/// The proofs that hold on both paths.
fn joined(own: &BTreeSet<Proof>, others: &BTreeSet<Proof>) -> BTreeSet<Proof> {
    let mut proofs = BTreeSet::new();
    for (one, other) in [(own, others), (others, own)] {
        for proof in one {
            let same = other
                .iter()
                .filter(|same| same.of.is_none() || same.of == proof.of)
                .min_by_key(|same| same.given.len());
            proofs.extend(same.map(|same| Proof {
                of: proof.of.clone(),
                given: &proof.given | &same.given,
            }));
        }
    }
    // The weaker ones of a kind say nothing more.
    let strongest = proofs.iter().filter(|proof| {
        !proofs.iter().any(|other| {
            other != *proof && other.of == proof.of && other.given.is_subset(&proof.given)
        })
    });
    strongest.cloned().collect()
}

/// What a scenario needs of one of its inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    input: String,
    what: Needed,
    /// The scenario and the box that need it.
    scenario: String,
    at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Needed {
    /// The value is proven: something is written about it.
    Proven(Subject),
    /// The value is proven: it counts as signed by the shop.
    Signed,
    /// The value is the customer's own words: a proof rests on them.
    Said,
    /// The value is not personal, or is that of a proven customer: it is shown.
    Shown,
}

/// The needs of scenarios, by name.
type Summaries = BTreeMap<String, BTreeSet<Need>>;

/// Something that a public scenario must not do.
struct Finding {
    place: Place,
    part: Part,
    message: String,
    help: String,
}

impl Checker<'_, '_, '_> {
    /// Reports writes and personal data about values that nobody has proven, if strangers can
    /// get into the scenario.
    pub(super) fn identity(&mut self) {
        let own = self.document.name.known().map(String::as_str);
        let is_public = self
            .document
            .channels
            .iter()
            .any(|each| each.value.is_public());
        if self.world.manifests.is_none() || !(is_public || self.is_reached_by_strangers(own)) {
            return;
        }
        let summaries = summaries(self.document, own, self.world);
        let analysis = Analysis::of(self.resolver, self.graph, self.world, &summaries, is_public);
        let (_, findings) = analysis.run();
        for found in findings {
            let Finding {
                place,
                part,
                message,
                help,
            } = found;
            self.report(Code::Unproven, place, part, message, Some(help));
        }
    }

    /// Whether a scenario that strangers can start leads to this one by jumps.
    fn is_reached_by_strangers(&self, own: Option<&str>) -> bool {
        let (Some(own), Some(scenarios)) = (own, &self.world.scenarios) else {
            return false;
        };
        let others = scenarios.values().filter(|other| other.name != own);
        let mut reached: IndexSet<&str> = others
            .filter(|other| other.is_public())
            .map(|other| other.name.as_str())
            .collect();
        let mut next = 0;
        while let Some(name) = reached.get_index(next) {
            next += 1;
            let jumps = scenarios.get(name).map(|other| &other.jumps_to);
            reached.extend(jumps.into_iter().flatten().map(String::as_str));
        }
        reached.contains(own)
    }
}

/// What the scenarios need that this one jumps to, directly or not.
fn summaries(document: &Scenario, own: Option<&str>, world: &World<'_>) -> Summaries {
    let surfaces =
        |name: &str| -> Option<&Surface> { world.scenarios.as_ref()?.get(name).copied() };
    let jumps = document.boxes.values().filter_map(|each| each.jumps_to());
    let mut names: IndexSet<&str> = jumps.map(|name| name.as_str()).collect();
    let mut next = 0;
    while let Some(name) = names.get_index(next) {
        next += 1;
        let jumps = surfaces(name).map(|surface| &surface.jumps_to);
        names.extend(jumps.into_iter().flatten().map(String::as_str));
    }
    let mut summaries = Summaries::new();
    loop {
        let mut grown = false;
        for name in &names {
            let target = if Some(*name) == own {
                Some(document)
            } else {
                surfaces(name).and_then(|surface| surface.document.as_deref())
            };
            let Some(target) = target else { continue };
            let needs = needs(target, world, &summaries);
            let known = summaries.entry((*name).to_owned()).or_default();
            let before = known.len();
            known.extend(needs);
            grown |= known.len() > before;
        }
        if !grown {
            return summaries;
        }
    }
}

/// What a scenario needs of its inputs, if those that it jumps to need that much.
fn needs(document: &Scenario, world: &World<'_>, summaries: &Summaries) -> BTreeSet<Need> {
    let graph = graph::graph(document);
    let facts = Facts::of(document, &graph);
    let calls = Calls::of(document, world);
    let rules = Rules {
        facts: &facts,
        calls: &calls,
    };
    let flow = flow::flow(document, &graph, rules);
    let copies = Copies::default();
    let resolver = Resolver {
        document,
        rules,
        flow: &flow,
        copies: &copies,
    };
    // What a page gives is found where the scenario itself is checked.
    Analysis::of(resolver, &graph, world, summaries, false)
        .run()
        .0
}

/// The analysis of one scenario.
struct Analysis<'c, 'a> {
    resolver: Resolver<'c>,
    document: &'c Scenario,
    graph: &'a Graph,
    world: &'a World<'a>,
    summaries: &'a Summaries,
    /// Whether strangers can start the scenario itself.
    is_public: bool,
    /// The variables and those parts of their values that some value is taken from.
    places: IndexSet<(usize, Vec<Segment>)>,
    needs: BTreeSet<Need>,
    findings: Vec<Finding>,
}

impl<'c, 'a> Analysis<'c, 'a> {
    fn of(
        resolver: Resolver<'c>,
        graph: &'a Graph,
        world: &'a World<'a>,
        summaries: &'a Summaries,
        is_public: bool,
    ) -> Self {
        let (document, facts) = (resolver.document, resolver.rules.facts);
        let variables = facts.names().count();
        let mut places: IndexSet<(usize, Vec<Segment>)> = (0..variables)
            .map(|variable| (variable, Vec::new()))
            .collect();
        for each in document.boxes.values() {
            for reference in each.values().filter_map(flow::reference) {
                if let Some(variable) = facts.variable(&reference.root) {
                    places.insert((variable, reference.path.clone()));
                }
            }
        }
        Analysis {
            resolver,
            document,
            graph,
            world,
            summaries,
            is_public,
            places,
            needs: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    fn run(mut self) -> (BTreeSet<Need>, Vec<Finding>) {
        let entries = self.entries();
        let signed = self.document.inputs.values().enumerate();
        let signed = signed.filter(|(_, input)| *input.from == InputFrom::Signed);
        let signed = signed.map(|(number, _)| number).collect();
        if let Some(start) = self.graph.start {
            self.need(start, signed, &Needed::Signed);
        }
        for (at, entry) in entries.iter().enumerate() {
            if let Some(state) = entry {
                self.look(at, state);
            }
        }
        (self.needs, self.findings)
    }

    /// What is known at the entry of each box; none if no path leads to it.
    fn entries(&self) -> Vec<Option<State>> {
        let mut entries: Vec<Option<State>> = vec![None; self.document.boxes.len()];
        let Some(start) = self.graph.start else {
            return entries;
        };
        entries[start] = Some(self.start());
        let mut ahead = VecDeque::from([start]);
        while let Some(at) = ahead.pop_front() {
            let Some(entry) = entries[at].clone() else {
                continue;
            };
            let each = &self.document.boxes[at];
            for exit in &self.graph.exits[at] {
                let Some(to) = exit.to else { continue };
                let mut state = self.after(at, each, exit.name, entry.clone());
                state.normalise();
                let joined = match &entries[to] {
                    Some(known) => known.join(&state),
                    None => state,
                };
                if entries[to].as_ref() != Some(&joined) {
                    entries[to] = Some(joined);
                    if !ahead.contains(&to) {
                        ahead.push_back(to);
                    }
                }
            }
        }
        entries
    }

    fn start(&self) -> State {
        let facts = self.resolver.rules.facts;
        let variables = facts.names().count();
        let slots = self.places.len() + variables;
        let mut state = State {
            class: (0..slots).collect(),
            classes: vec![Class::default(); slots],
            variables: vec![Known::default(); variables],
        };
        for (number, (name, input)) in self.document.inputs.iter().enumerate() {
            let Some(variable) = facts.variable(name) else {
                continue;
            };
            state.variables[variable].inputs.insert(number);
            let from_strangers = match *input.from {
                InputFrom::Page | InputFrom::Channel | InputFrom::Trigger => self.is_public,
                InputFrom::Signed | InputFrom::Jump => false,
            };
            // What a telephone network tells of a caller can be forged.
            state.classes[variable].said =
                *input.from != InputFrom::Channel && input.default.is_none();
            // A default is the author's value, and nobody has proven that.
            if !from_strangers && input.default.is_none() {
                state.classes[variable].prove(None, Given::from([number]));
            }
        }
        state
    }

    // --- slots

    fn variable(&self, name: &str) -> Option<usize> {
        self.resolver.rules.facts.variable(name)
    }

    fn place(&self, reference: &Reference) -> Option<(usize, usize)> {
        let variable = self.variable(&reference.root)?;
        let place = self
            .places
            .get_index_of(&(variable, reference.path.clone()))?;
        Some((variable, place))
    }

    /// The slot of the value that a variable was loaded for.
    fn about(&self, variable: usize) -> usize {
        self.places.len() + variable
    }

    /// Gives a variable a new value, of which nothing is known.
    fn renew(&self, variable: usize, state: &mut State) {
        for (slot, (root, _)) in self.places.iter().enumerate() {
            if *root == variable {
                state.class[slot] = state.fresh(Class::default());
            }
        }
        state.class[self.about(variable)] = state.fresh(Class::default());
        state.variables[variable] = Known::default();
    }

    // --- what is proven

    /// The inputs that a caller must have proven so that what a variable was loaded for is
    /// proven; none if nobody has.
    fn loaded_for(&self, variable: usize, state: &State) -> Option<Given> {
        let about = &state.classes[state.class[self.about(variable)]];
        let sources = &state.variables[variable].sources;
        if sources.is_empty() {
            let whatever = about.proofs.iter().find(|proof| proof.of.is_none());
            return whatever.map(|proof| proof.given.clone());
        }
        let mut given = Given::new();
        for source in sources {
            given.extend(about.proven(Some(source))?);
        }
        Some(given)
    }

    /// The inputs that a caller must have proven so that a variable may be shown; none if it
    /// may not.
    fn may_be_shown(&self, variable: usize, state: &State) -> Option<Given> {
        if state.variables[variable].signed {
            return Some(Given::new());
        }
        self.loaded_for(variable, state)
    }

    /// The inputs that a caller must have proven so that a value is proven; none if nobody
    /// has proven it.
    fn proven(
        &self,
        reference: &Reference,
        subject: Option<&Subject>,
        state: &State,
    ) -> Option<Given> {
        let (variable, place) = self.place(reference)?;
        let own = state.classes[state.class[place]].proven(subject);
        if own.as_ref().is_some_and(Given::is_empty) {
            return own;
        }
        let known = &state.variables[variable];
        let same_names = |subject: &Subject| {
            let mut sources = known.sources.iter();
            sources.all(|source| source.is_of_same_shop(subject))
        };
        let part = (known.answer && subject.is_none_or(same_names))
            .then(|| self.loaded_for(variable, state))
            .flatten();
        match (own, part) {
            (Some(own), Some(part)) if part.len() >= own.len() => Some(own),
            (own, None) => own,
            (_, part) => part,
        }
    }

    /// Whether a value may be personal. `within`: also what it contains.
    fn is_personal(&self, at: usize, reference: &Reference, within: bool, state: &State) -> bool {
        let Some(variable) = self.variable(&reference.root) else {
            return false;
        };
        if state.variables[variable].personal {
            return true;
        }
        let shapes = self.resolver.flow[at]
            .as_ref()
            .and_then(|facts| self.resolver.meaning(reference, facts))
            .map(|meaning| meaning.shapes)
            .unwrap_or_default();
        shapes.into_iter().flatten().any(|shape| {
            let sources = &state.variables[variable].sources;
            let is_file = shape.kind == Kind::File && !sources.is_empty();
            shape.personal || is_file || within && has_personal(shape)
        })
    }

    // --- the walk

    fn after(&self, at: usize, of: &Node, exit: ExitName, mut state: State) -> State {
        let saved = of.save().and_then(|save| self.variable(save));
        match (of, saved) {
            (Node::Answer(answer), Some(variable)) if exit != ExitName::Exhausted => {
                self.renew(variable, &mut state);
                let said = match answer.expect.known() {
                    Some(
                        Expect::Text
                        | Expect::OrderNumber
                        | Expect::Email
                        | Expect::Phone
                        | Expect::Number
                        | Expect::Date
                        | Expect::Pattern,
                    ) => true,
                    Some(Expect::Choice) | None => false,
                };
                let class = state.class[variable];
                state.classes[class].said = said;
            }
            (Node::Buttons(_) | Node::Broken(_), Some(variable)) => {
                self.renew(variable, &mut state);
            }
            (Node::Set(set), Some(variable)) => {
                self.set(at, variable, &set.value, &mut state);
            }
            (Node::Call(call), Some(variable)) => match exit {
                ExitName::True => self.answered(at, call, variable, &mut state),
                ExitName::Next
                | ExitName::Box
                | ExitName::False
                | ExitName::Failure
                | ExitName::Unknown
                | ExitName::Limited
                | ExitName::Exhausted => self.renew(variable, &mut state),
            },
            (Node::Condition(condition), _) => {
                let holds = exit == ExitName::True;
                for (said, loaded) in self.proofs_of(at, &condition.test, holds, &state) {
                    self.equal(at, said, loaded, &mut state);
                }
            }
            (
                Node::Answer(_)
                | Node::Buttons(_)
                | Node::Broken(_)
                | Node::Set(_)
                | Node::Call(_)
                | Node::Message(_)
                | Node::Jump(_)
                | Node::Handover(_)
                | Node::End(_),
                _,
            ) => {}
        }
        state
    }

    fn set(&self, at: usize, variable: usize, value: &Placed<Operand>, state: &mut State) {
        let copied = flow::reference(value)
            .and_then(|reference| Some((self.variable(&reference.root)?, reference)));
        if let Some((from, reference)) = copied {
            let parts: Vec<_> = self
                .places
                .iter()
                .enumerate()
                .filter(|(_, (root, _))| *root == variable)
                .map(|(slot, (_, path))| {
                    let whole = reference.path.iter().chain(path).cloned().collect();
                    let same = self.places.get_index_of(&(from, whole));
                    (slot, same.map(|same| state.class[same]))
                })
                .collect();
            let about = state.class[self.about(from)];
            let known = state.variables[from].clone();
            self.renew(variable, state);
            for (slot, class) in parts {
                state.class[slot] = class.unwrap_or(state.class[slot]);
            }
            state.class[self.about(variable)] = about;
            state.variables[variable] = known;
            return;
        }
        let (about, known) = self.computed(at, value, state);
        self.renew(variable, state);
        if let Some(about) = about {
            state.class[self.about(variable)] = about;
        }
        state.variables[variable] = known;
    }

    /// What is known of a computed value: it is nothing that can be proven, and personal if
    /// it is made of something personal.
    fn computed(
        &self,
        at: usize,
        value: &Placed<Operand>,
        state: &mut State,
    ) -> (Option<usize>, Known) {
        let mut known = Known::default();
        let mut about: BTreeSet<usize> = BTreeSet::new();
        let mut given = Some(Given::new());
        let uses = value
            .template()
            .into_iter()
            .flat_map(|template| template.uses());
        let uses = uses.filter(|used| shows(used));
        for (used, reference) in uses.flat_map(|used| used.references().map(move |of| (used, of))) {
            let Some(variable) = self.variable(&reference.root) else {
                continue;
            };
            known.inputs.extend(&state.variables[variable].inputs);
            if self.is_personal(at, reference, within(used), state) {
                known.personal = true;
                let of = &state.variables[variable];
                known.sources.extend(of.sources.clone());
                known.signed = of.signed && (about.is_empty() || known.signed);
                about.insert(state.class[self.about(variable)]);
                given = given
                    .zip(self.may_be_shown(variable, state))
                    .map(|(given, more)| &given | &more);
            }
        }
        if !known.personal {
            return (None, known);
        }
        if about.len() == 1 {
            return (about.pop_first(), known);
        }
        let mut class = Class::default();
        if let Some(given) = given {
            class.prove(None, given);
        }
        (Some(state.fresh(class)), known)
    }

    /// The *true* exit of a call.
    fn answered(&self, at: usize, call: &Call, variable: usize, state: &mut State) {
        let Some((function, subject)) = self.called(at, call) else {
            self.renew(variable, state);
            return;
        };
        let named = subject
            .as_ref()
            .map(|(subject, operand)| (subject, flow::reference(operand)));
        let mut about = Class::default();
        let mut known = Known {
            answer: true,
            personal: self
                .resolver
                .rules
                .calls
                .of_box(at)
                .is_some_and(|called| called.personal() == [""]),
            ..Known::default()
        };
        let mut class = None;
        if let Some((subject, reference)) = named {
            known.sources.insert(subject.clone());
            let place = reference.and_then(|reference| self.place(reference));
            if let (Some(reference), Some((_, place))) = (reference, place) {
                if let Some(said) = self.verified_by(function, call, state) {
                    let proven = state.class[place];
                    state.classes[proven].prove(Some(subject.clone()), Given::new());
                    // The function has compared the e-mail or telephone, too.
                    for (_, place, kind) in said {
                        if is_address(kind) {
                            let class = state.class[place];
                            state.classes[class].prove(Some(customer_of(subject)), Given::new());
                        }
                    }
                }
                let own = state.classes[state.class[place]].proven(Some(subject));
                match self.proven(reference, Some(subject), state) {
                    // Proven as a part of another answer, which may not be there for long.
                    Some(given) if own.is_none() => about.prove(None, given),
                    Some(_) | None => class = Some(state.class[place]),
                }
            }
        }
        known.signed = call.unverified;
        let class = match class {
            Some(class) => class,
            None => state.fresh(about),
        };
        self.renew(variable, state);
        state.class[self.about(variable)] = class;
        state.variables[variable] = known;
    }

    /// The values by which a call verifies identity, with their variables and kinds; none if
    /// it does not: each personal one must be the customer's own words, for who compares what
    /// a back end said with the back end proves nothing.
    fn verified_by(
        &self,
        function: &Function,
        call: &Call,
        state: &State,
    ) -> Option<Vec<(usize, usize, Kind)>> {
        if !function.serves(Purpose::VerifiesIdentity) {
            return None;
        }
        let subject = function.subject.as_ref().map(|subject| &subject.parameter);
        let personal = function
            .own_parameters()
            .filter(|parameter| parameter.personal && Some(&parameter.name) != subject);
        let mut said = Vec::new();
        for parameter in personal {
            let Some(operand) = call.params.get(&parameter.name) else {
                continue;
            };
            let (variable, place) = self.place(flow::reference(operand)?)?;
            if !state.classes[state.class[place]].said {
                return None;
            }
            said.push((variable, place, parameter.kind));
        }
        (!said.is_empty()).then_some(said)
    }

    /// The function that a box calls, and its subject with the value that the call gives.
    fn called<'d>(
        &self,
        at: usize,
        call: &'d Call,
    ) -> Option<(&'c Function, Option<(Subject, &'d Placed<Operand>)>)> {
        let called = self.resolver.rules.calls.of_box(at)?;
        let function = called.function?;
        let subject = function.subject.as_ref().and_then(|subject| {
            let operand = call.params.get(&subject.parameter)?;
            let of = Subject::of(
                call,
                &called.manifest.name,
                subject.kind,
                &subject.parameter,
            );
            Some((of, operand))
        });
        Some((function, subject))
    }

    /// The comparisons that make a test a proof if it holds, or does not: of the customer's
    /// own words with a hidden personal field. For each, the words and the field.
    fn proofs_of<'t>(
        &self,
        at: usize,
        test: &'t Placed<Test>,
        holds: bool,
        state: &State,
    ) -> Vec<(&'t Reference, &'t Reference)> {
        let all = |tests: &'t [Placed<Test>]| {
            tests
                .iter()
                .flat_map(|test| self.proofs_of(at, test, holds, state))
                .collect()
        };
        match &test.value {
            Test::All(tests) if holds => all(&tests.all),
            Test::Any(tests) if !holds => all(&tests.any),
            Test::Not(test) => self.proofs_of(at, &test.not, !holds, state),
            Test::Compare(compare) if holds && compare.is.known() == Some(&Relation::Equals) => {
                let right = compare.right().and_then(flow::reference);
                match (flow::reference(&compare.value), right) {
                    (Some(left), Some(right)) => [(left, right), (right, left)]
                        .into_iter()
                        .filter(|(said, loaded)| self.proves(at, said, loaded, state))
                        .collect(),
                    _ => Vec::new(),
                }
            }
            // That two values are not unequal may mean that one is absent.
            Test::All(_) | Test::Any(_) | Test::Compare(_) => Vec::new(),
        }
    }

    /// Whether the equality of the customer's words and a field proves that what the field
    /// was loaded for is the customer's.
    fn proves(&self, at: usize, said: &Reference, loaded: &Reference, state: &State) -> bool {
        let (Some((_, said)), Some((variable, _))) = (self.place(said), self.place(loaded)) else {
            return false;
        };
        state.classes[state.class[said]].said
            && is_hidden_name(&loaded.root)
            && state.variables[variable].answer
            && self.is_personal(at, loaded, false, state)
    }

    /// The customer's own words are equal to a hidden personal field: what it was loaded for
    /// is the customer's.
    fn equal(&self, at: usize, said: &Reference, loaded: &Reference, state: &mut State) {
        let (Some((_, said)), Some((variable, _))) = (self.place(said), self.place(loaded)) else {
            return;
        };
        let (said, about) = (state.class[said], state.class[self.about(variable)]);
        let is_address = self.resolver.flow[at]
            .as_ref()
            .and_then(|facts| self.resolver.meaning(loaded, facts))
            .is_some_and(|meaning| {
                let mut kinds = meaning.kinds().into_iter();
                kinds.all(|kind| kind.is_some_and(is_address))
            });
        for source in state.variables[variable].sources.clone() {
            if is_address {
                state.classes[said].prove(Some(customer_of(&source)), Given::new());
            }
            state.classes[about].prove(Some(source), Given::new());
        }
    }

    // --- what must be proven

    fn look(&mut self, at: usize, state: &State) {
        let document = self.document;
        let of = &document.boxes[at];
        if of.unverified() {
            return;
        }
        for line in of.texts().flat_map(|text| text.templates()) {
            self.shown(at, line, line.place, state);
        }
        match &of.value {
            Node::Message(message) => {
                for file in &message.files {
                    self.shown_operand(at, file, state);
                }
            }
            Node::Set(set) => {
                if of.save().is_some_and(|save| !is_hidden_name(save)) {
                    self.shown_operand(at, &set.value, state);
                }
            }
            Node::Call(call) => self.call(at, of, call, state),
            Node::Condition(condition) => {
                for holds in [true, false] {
                    for (said, _) in self.proofs_of(at, &condition.test, holds, state) {
                        if let Some(variable) = self.variable(&said.root) {
                            let inputs = state.variables[variable].inputs.clone();
                            self.need(at, inputs, &Needed::Said);
                        }
                    }
                }
            }
            Node::Jump(jump) => {
                if let Some(scenario) = of.jumps_to() {
                    self.jump(at, scenario, jump, state);
                }
            }
            Node::Buttons(_)
            | Node::Answer(_)
            | Node::Handover(_)
            | Node::End(_)
            | Node::Broken(_) => {}
        }
    }

    fn call(&mut self, at: usize, of: &Placed<Node>, call: &Call, state: &State) {
        let Some((function, subject)) = self.called(at, call) else {
            return;
        };
        let place = call.function.place;
        let writes = match function.effect {
            Effect::Reads => false,
            Effect::Writes | Effect::WritesIdempotently => true,
        };
        let plugin = self
            .resolver
            .rules
            .calls
            .of_box(at)
            .map(|called| &called.manifest.name);
        let name = format!("{}/{}", plugin.map_or("", String::as_str), function.name);
        let id = self.id(at);
        if writes {
            let what = format!("`{id}` calls `{name}`, which writes");
            match &subject {
                None => self.findings.push(Finding {
                    place,
                    part: Part::Value,
                    message: format!("{what}, and its manifest does not say about what"),
                    help: format!(
                        "so nothing can prove that it is the customer's; {}",
                        sign("the box", "anybody may do this")
                    ),
                }),
                Some((subject, operand)) => {
                    let given = flow::reference(operand)
                        .and_then(|reference| self.proven(reference, Some(subject), state));
                    match given {
                        Some(given) => self.need(at, given, &Needed::Proven(subject.clone())),
                        None => self.unproven_write(at, &what, subject, operand),
                    }
                }
            }
        }
        for (variable, ..) in self
            .verified_by(function, call, state)
            .into_iter()
            .flatten()
        {
            let inputs = state.variables[variable].inputs.clone();
            self.need(at, inputs, &Needed::Said);
        }
        let visible = of.save().filter(|save| !is_hidden_name(save));
        let called = self.resolver.rules.calls.of_box(at);
        let personal = called.map_or_else(Vec::new, |called| called.personal());
        if let (Some(save), Some(first)) = (visible, personal.first()) {
            let mut after = state.clone();
            let Some(variable) = self.variable(&save.value) else {
                return;
            };
            self.answered(at, call, variable, &mut after);
            match self.loaded_for(variable, &after) {
                Some(given) => self.need(at, given, &proven_of(subject.as_ref())),
                None => {
                    let part = if first.is_empty() {
                        save.value.clone()
                    } else {
                        format!("{}.{first}", save.value)
                    };
                    let what = format!(
                        "`{id}` saves `{part}`, which is personal, where the browser can read it"
                    );
                    let help = format!("save to `${}`, or ", save.value);
                    self.unproven_load(&what, &[at], place, Part::Value, &help);
                }
            }
        }
    }

    fn jump(&mut self, at: usize, scenario: &str, jump: &Jump, state: &State) {
        for (name, operand) in &jump.inputs {
            if !is_hidden_name(name) {
                self.shown_operand(at, operand, state);
            }
        }
        let needs = self.summaries.get(scenario).into_iter().flatten();
        for need in needs.cloned().collect::<Vec<_>>() {
            let Some(operand) = jump.inputs.get(&need.input) else {
                continue;
            };
            let subject = match &need.what {
                Needed::Shown => {
                    if is_hidden_name(&need.input) {
                        self.shown_operand(at, operand, state);
                    }
                    continue;
                }
                Needed::Said => {
                    self.said(at, &need, operand, state);
                    continue;
                }
                Needed::Proven(subject) => Some(subject),
                Needed::Signed => None,
            };
            let given = flow::reference(operand)
                .and_then(|reference| self.proven(reference, subject, state));
            if let Some(given) = given {
                self.need(at, given, &need.what);
                continue;
            }
            let id = self.id(at);
            let (input, there, to) = (&need.input, &need.at, &need.scenario);
            let what = match subject {
                Some(_) => format!(
                    "`{id}` jumps to `{}`, and there the box `{there}` of `{to}` writes about the input `{input}`",
                    scenario
                ),
                None => format!(
                    "`{id}` jumps to `{}` with the input `{input}`, which counts there as signed by the shop",
                    scenario
                ),
            };
            let any = Subject {
                kind: SubjectKind::Customer.word(),
                plugin: String::new(),
                connection: None,
                parameter: None,
            };
            self.unproven_write(at, &what, subject.unwrap_or(&any), operand);
        }
    }

    /// A jump gives an input on which a proof rests.
    fn said(&mut self, at: usize, need: &Need, operand: &Placed<Operand>, state: &State) {
        let given = flow::reference(operand).and_then(|reference| self.place(reference));
        if let Some((variable, place)) = given
            && state.classes[state.class[place]].said
        {
            self.need(at, state.variables[variable].inputs.clone(), &Needed::Said);
            return;
        }
        let (there, to, input) = (&need.at, &need.scenario, &need.input);
        self.findings.push(Finding {
            place: operand.place,
            part: Part::Value,
            message: format!(
                "`{}` jumps with a value for the input `{input}` that the customer has not typed, and the box `{there}` of `{to}` takes it for a proof of identity",
                self.id(at)
            ),
            help: format!(
                "give the customer's own answer; {}",
                sign("the box", "this is a proof, too")
            ),
        });
    }

    /// Remembers what a caller must have proven.
    fn need(&mut self, at: usize, given: Given, what: &Needed) {
        let scenario = self.document.name.known().cloned();
        let at = self.id(at).to_owned();
        for input in given {
            self.needs.insert(Need {
                input: self.document.inputs.keys()[input].clone(),
                what: what.clone(),
                scenario: scenario.clone().unwrap_or_default(),
                at: at.clone(),
            });
        }
    }

    fn shown_operand(&mut self, at: usize, operand: &Placed<Operand>, state: &State) {
        if let Some(template) = operand.template() {
            self.shown(at, template, operand.place, state);
        }
    }

    fn shown(&mut self, at: usize, template: &Template, place: Place, state: &State) {
        let uses = template.uses().iter().filter(|used| shows(used));
        for (used, reference) in uses.flat_map(|used| used.references().map(move |of| (used, of))) {
            let Some(variable) = self.variable(&reference.root) else {
                continue;
            };
            self.need(at, state.variables[variable].inputs.clone(), &Needed::Shown);
            if !self.is_personal(at, reference, within(used), state) {
                continue;
            }
            match self.may_be_shown(variable, state) {
                Some(given) => {
                    let sources = state.variables[variable].sources.clone();
                    for source in sources {
                        self.need(at, given.clone(), &Needed::Proven(source));
                    }
                }
                None => {
                    let what = format!("`{}` shows `{reference}`, which is personal", self.id(at));
                    let part = Part::Text(used.span.clone());
                    let from = self.origins(at, variable);
                    self.unproven_load(&what, &from, place, part, "");
                }
            }
        }
    }

    // --- what is said

    fn id(&self, at: usize) -> &'c str {
        self.document.boxes.get_index(at).map_or("", |(id, _)| id)
    }

    /// The boxes that may have set a variable where it is used in a box.
    fn origins(&self, at: usize, variable: usize) -> Vec<usize> {
        let facts = self.resolver.rules.facts;
        let state = self.resolver.flow[at].as_ref();
        let values = state.map(|state| facts.variable_state(variable, state).values);
        let origins = values.into_iter().flatten();
        let origins = origins.filter_map(|number| match facts.definitions[number].origin {
            Origin::Box(number) => Some(number),
            Origin::Input(_) => None,
        });
        origins.collect()
    }

    fn unproven_write(
        &mut self,
        at: usize,
        what: &str,
        subject: &Subject,
        operand: &Placed<Operand>,
    ) {
        let (value, history) = match flow::reference(operand) {
            Some(reference) => (format!("`{reference}`"), self.history(at, reference)),
            None => (
                "this value".to_owned(),
                "it is written in the scenario or computed".to_owned(),
            ),
        };
        let message =
            format!("{what}, and nobody has proven that {value} is the customer's: {history}");
        self.findings.push(Finding {
            place: operand.place,
            part: Part::Value,
            message,
            help: self.mend(subject.kind),
        });
    }

    fn unproven_load(
        &mut self,
        what: &str,
        loads: &[usize],
        place: Place,
        part: Part,
        instead: &str,
    ) {
        let mut reasons = Vec::new();
        let mut kind = SubjectKind::Customer.word();
        for at in loads {
            let id = self.id(*at);
            let Node::Call(call) = &*self.document.boxes[*at] else {
                reasons.push(format!("it comes from `{id}`"));
                continue;
            };
            match self.called(*at, call).and_then(|(_, subject)| subject) {
                None => reasons.push(format!(
                    "`{id}` loads it, and the function's manifest does not say for what"
                )),
                Some((subject, operand)) => {
                    kind = subject.kind;
                    reasons.push(match flow::reference(operand) {
                        Some(reference) => format!(
                            "`{id}` loads it for `{reference}`: {}",
                            self.history(*at, reference)
                        ),
                        None => format!("`{id}` loads it for a value that nobody has asked for"),
                    });
                }
            }
        }
        let message = format!(
            "{what}, and nobody has proven that it is about the customer: {}",
            reasons.join("; ")
        );
        self.findings.push(Finding {
            place,
            part,
            message,
            help: format!("{instead}{}", self.mend(kind)),
        });
    }

    /// Where a value comes from, and where it was asked again after a proof.
    fn history(&self, at: usize, reference: &Reference) -> String {
        let Some(variable) = self.variable(&reference.root) else {
            return "nothing sets it".to_owned();
        };
        let mut ways = Vec::new();
        if self.resolver.rules.facts.is_input(variable)
            && let Some(input) = self.document.inputs.get(&reference.root)
        {
            ways.push(format!("it is an input from `{}`", input.from.word()));
        }
        for origin in self.origins(at, variable) {
            let id = self.id(origin);
            let verb = match &*self.document.boxes[origin] {
                Node::Answer(_) => "asked",
                Node::Buttons(_) => "chosen",
                Node::Call(_) => "answered",
                Node::Set(_)
                | Node::Message(_)
                | Node::Condition(_)
                | Node::Jump(_)
                | Node::Handover(_)
                | Node::End(_)
                | Node::Broken(_) => "set",
            };
            ways.push(match self.proof_before(origin, reference) {
                Some(proof) => format!(
                    "it was {verb} again in `{id}`, after `{}` had proven what it was before",
                    self.id(proof)
                ),
                None => format!("it was {verb} in `{id}`"),
            });
        }
        if ways.is_empty() {
            "nothing sets it".to_owned()
        } else {
            ways.join(", or ")
        }
    }

    /// A call that proves a variable and whose *true* exit leads to this box, which sets it
    /// again.
    fn proof_before(&self, again: usize, reference: &Reference) -> Option<usize> {
        self.document
            .boxes
            .values()
            .enumerate()
            .find_map(|(at, of)| {
                let Node::Call(call) = &of.value else {
                    return None;
                };
                let (function, subject) = self.called(at, call)?;
                let named = flow::reference(subject?.1)?;
                if !function.serves(Purpose::VerifiesIdentity) || named.root != reference.root {
                    return None;
                }
                let exits = self.graph.exits[at].iter();
                let exits = exits.filter(|exit| exit.name == ExitName::True);
                let mut ahead: Vec<usize> = exits.filter_map(|exit| exit.to).collect();
                let mut seen = vec![false; self.document.boxes.len()];
                while let Some(next) = ahead.pop() {
                    if next == again {
                        return Some(at);
                    }
                    if !std::mem::replace(&mut seen[next], true) {
                        ahead.extend(self.graph.after(next));
                    }
                }
                None
            })
    }

    fn mend(&self, kind: &str) -> String {
        let manifests = self.world.manifests.iter().flat_map(|known| known.values());
        let known: Vec<String> = manifests
            .flat_map(|manifest| {
                let functions = manifest.functions.values().filter(|function| {
                    let subject = function.subject.as_ref();
                    function.serves(Purpose::VerifiesIdentity)
                        && subject.is_some_and(|subject| subject.kind.word() == kind)
                });
                functions.map(|function| format!("{}/{}", manifest.name, function.name))
            })
            .collect();
        let how = if known.is_empty() {
            "take it out of an answer about a value that was proven".to_owned()
        } else {
            format!(
                "lead here from the `true` exit of a function that verifies identity ({}), with the same value, not asked again since",
                words(known.iter().map(String::as_str))
            )
        };
        format!("{how}; {}", sign("the box", "anybody may do this"))
    }
}

/// The end of a help: the author's signature.
fn sign(what: &str, why: &str) -> String {
    format!("or write `\"unverified\": true` into {what} if {why}")
}

fn proven_of(subject: Option<&(Subject, &Placed<Operand>)>) -> Needed {
    subject.map_or(Needed::Signed, |(subject, _)| {
        Needed::Proven(subject.clone())
    })
}

/// The customer of a thing, in the same system.
fn customer_of(subject: &Subject) -> Subject {
    Subject {
        kind: SubjectKind::Customer.word(),
        parameter: None,
        ..subject.clone()
    }
}

fn is_address(kind: Kind) -> bool {
    matches!(kind, Kind::Email | Kind::Phone)
}

/// Whether the customer sees the value, or something made of it.
fn shows(used: &Use) -> bool {
    !used.masked && !matches!(used.position, Position::Tested | Position::Iterated)
}

/// Whether what a value contains is seen, too; a count tells only how much there is.
fn within(used: &Use) -> bool {
    !matches!(used.taken_by, Some(("len" | "inflect", _)))
}

fn has_personal(shape: &Shape) -> bool {
    shape.personal
        || match &shape.parts {
            Parts::Single | Parts::Any => false,
            Parts::Items(items) => has_personal(items),
            Parts::Fields(fields) => fields.values().any(|field| has_personal(&field.shape)),
        }
}
