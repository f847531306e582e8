//! The static check: every error of a scenario, in one run.
//!
//! A scenario is read as far as that is possible. Then its names and exits, its loops and its unreached
//! boxes are checked. A data-flow analysis finds out which variables are set at every box,
//! on every path that leads there and by which exit. No problem hides another, and nothing
//! here does I/O.

mod calls;
mod conditions;
mod facts;
mod flow;
mod graph;
mod identity;
mod jumps;
mod languages;
mod manifests;
mod references;
mod uses;
mod world;

use std::collections::HashSet;
use std::ops::Deref;

pub use world::{Surface, SurfaceJump, World};

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Expect, Node, Operand, Placed, Scenario};
use crate::document_type::is_scenario;
use crate::read::read;
use crate::source::{Part, Place, Source};
use facts::{FactSet, Facts, Origin};
use flow::Rules;
use graph::Graph;
use manifests::Calls;
use references::{Copies, Need, Resolver};
use uses::Audience;

/// The most unknown names for which the check suggests a known one. A suggestion compares
/// all known names, and a document made to have many of both must not hold up the host.
const SUGGESTIONS: u32 = 200;

/// A scenario in which the check found no error, the only form that the engine takes. The check
/// alone makes one.
#[derive(Debug, Clone)]
pub struct Checked(Scenario);

impl Deref for Checked {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.0
    }
}

/// The result of a check.
#[derive(Debug, Clone)]
pub struct Report {
    /// The scenario, ready to run; none if there is an error, or if it is another document.
    pub scenario: Option<Checked>,
    /// Every problem, in the order of the file: errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The boxes that their author has signed by `unverified`.
    pub unverified: Vec<String>,
}

/// Reads and checks the text of a scenario file against what is known of the host.
///
/// Does not panic, whatever the text; takes milliseconds for hundreds of boxes.
#[must_use]
pub fn check(text: &str, world: &World<'_>) -> Report {
    checked(text, world, |_| true)
}

/// Reads and checks the text of a scenario that passed the check of the version that published
/// it. What this version finds in it and the engine does not rely on ([`Code::is_relied_on`])
/// is a warning here, so that sessions under way go on after an upgrade.
#[must_use]
pub fn restore(text: &str, world: &World<'_>) -> Report {
    checked(text, world, Code::is_relied_on)
}

/// Reads and checks. A finding whose code does not count is a warning.
fn checked(text: &str, world: &World<'_>, counts: impl Fn(Code) -> bool) -> Report {
    let mut source = Source::new(text);
    let parsed = source.parse().and_then(|document| {
        is_scenario(&mut source, &document).then(|| read(&mut source, &document))?
    });
    let Some(mut parsed) = parsed else {
        return Report {
            scenario: None,
            diagnostics: source.into_problems(),
            unverified: Vec::new(),
        };
    };
    let conversions = {
        let document = &parsed.scenario;
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
        // Without a name, no other scenario can refer to this one.
        let own = Surface::of(document, &graph).unwrap_or_default();
        let mut checker = Checker {
            document,
            world,
            source: &mut source,
            graph: &graph,
            resolver,
            own: &own,
            reported: HashSet::new(),
            suggestions: SUGGESTIONS,
        };
        checker.run();
        calls.conversions(document)
    };
    source.demote(|code| !counts(code));
    let signed = parsed.scenario.boxes.iter();
    let signed = signed.filter(|(_, each)| each.unverified());
    let unverified = signed.map(|(id, _)| id.clone()).collect();
    let runs = !source.has_errors() && !parsed.has_holes;
    for (number, name, value) in conversions {
        if let Node::Call(call) = &mut parsed.scenario.boxes.0[number].value {
            call.params[&name].value = Operand::Constant(value);
        }
    }
    Report {
        scenario: runs.then_some(Checked(parsed.scenario)),
        diagnostics: source.into_problems(),
        unverified,
    }
}

/// The state of a running check.
struct Checker<'c, 's, 't> {
    document: &'c Scenario,
    world: &'c World<'c>,
    source: &'s mut Source<'t>,
    graph: &'c Graph,
    resolver: Resolver<'c>,
    /// The surface of this scenario itself.
    own: &'c Surface,
    /// The reported problems, so that none is reported twice for a place.
    reported: HashSet<(Place, Code, String)>,
    suggestions: u32,
}

impl<'c> Checker<'c, '_, '_> {
    fn run(&mut self) {
        self.languages();
        self.starts();
        self.misnamed_variables();
        self.targets();
        self.unreached();
        self.endless_loops();
        let anything = self.resolver.rules.facts.anything();
        let document = self.document;
        for (number, each) in document.boxes.values().enumerate() {
            // In a box that no path leads to, a variable may have any of its values.
            let state = self.resolver.flow[number].as_ref().unwrap_or(&anything);
            self.one_box(number, each, state);
        }
        self.identity();
    }

    /// Reports variables that are set under one name and used under another.
    fn misnamed_variables(&mut self) {
        let facts = self.resolver.rules.facts;
        for (used, variable) in &facts.misnamed {
            if self.graph.misnamed.iter().any(|(target, _)| target == used) {
                continue; // `targets` reports the box.
            }
            let set = facts.name(*variable);
            let Some(definition) = facts.definitions_of(*variable).first() else {
                continue;
            };
            let (place, part) = match facts.definitions[*definition].origin {
                Origin::Input(number) => (self.document.inputs[number].place, Part::Key),
                Origin::Box(number) => calls::variable_place(&self.document.boxes[number]),
            };
            let message =
                format!("`{set}` is set and never used, and `{used}` is used and never set");
            self.report(
                Code::UnknownVariable,
                place,
                part,
                message,
                Some(format!("did you mean `{used}`?")),
            );
        }
    }

    fn one_box(&mut self, number: usize, of: &'c Placed<Node>, state: &FactSet) {
        for text in of.texts() {
            self.text(text, state);
        }
        match &of.value {
            Node::Message(message) => self.files(&message.files, state),
            Node::Condition(condition) => self.test(&condition.test, state),
            Node::Set(set) => {
                let save = of.save();
                let audience = save.map_or(Audience::Nobody, |save| Audience::Variable(save));
                self.operand(&set.value, state, Need::Value, audience);
            }
            Node::Jump(jump) if jump.scenario.is_some() => self.jump(of, jump, state),
            Node::Call(call) => self.call(number, of, call, state),
            Node::Answer(answer) => match answer.expect.known() {
                Some(Expect::Email) => {
                    self.visible_personal(of, "an e-mail address is personal");
                }
                Some(Expect::Phone) => {
                    self.visible_personal(of, "a telephone number is personal");
                }
                Some(
                    Expect::Text
                    | Expect::OrderNumber
                    | Expect::Number
                    | Expect::Date
                    | Expect::Choice
                    | Expect::Pattern,
                )
                | None => {}
            },
            Node::Buttons(_)
            | Node::Jump(_)
            | Node::Handover(_)
            | Node::End(_)
            | Node::Broken(_) => {}
        }
    }

    fn report(
        &mut self,
        code: Code,
        place: Place,
        part: Part,
        message: String,
        help: Option<String>,
    ) {
        if self.reported.insert((place, code, message.clone())) {
            self.source.report(code, place, part, message, help);
        }
    }

    /// The known name that is nearest to an unknown one, until [`SUGGESTIONS`] are used up.
    fn nearest<'n>(
        &mut self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        krabice_contract::name::nearest(name, known)
    }
}
