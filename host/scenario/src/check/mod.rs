//! The static check: everything wrong with a scenario, in one run.
//!
//! A scenario is read into a draft; then come its names and exits, the loops
//! and the boxes that nobody reaches, and a data-flow analysis that knows for
//! every box which variables every path has set, and by which exit. Nothing
//! here does I/O, and no problem hides another.

mod calls;
mod conditions;
mod decode;
mod facts;
mod flow;
mod graph;
mod jumps;
mod languages;
mod manifests;
mod references;
mod uses;
mod world;

use std::collections::HashSet;

pub use world::{Surface, World};

use crate::diagnostic::{Code, Diagnostic};
use crate::draft::{BoxDraft, Content, Draft};
use crate::name;
use crate::read::read;
use crate::scenario::Scenario;
use crate::source::{Part, Place, Source};
use facts::{Facts, Origin, State};
use flow::Rules;
use graph::Graph;
use manifests::Calls;
use references::{Copies, Need, Reading};
use uses::Seen;

/// How many unknown names get a nearest one. Finding it goes through all known
/// names, and a document made to have many of both must not hold up the host.
const SUGGESTIONS: u32 = 200;

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The scenario, ready to run; none where there is an error.
    pub scenario: Option<Scenario>,
    /// Every problem, in the order of the file: errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks a scenario: its text as it stands in the file, and what is
/// known of the host.
///
/// Never panics, whatever the text; takes milliseconds for hundreds of boxes.
#[must_use]
pub fn check(text: &str, world: &World<'_>) -> Checked {
    let mut source = Source::new(text);
    let draft = source
        .parse()
        .and_then(|document| read(&mut source, &document));
    let mut scenario = None;
    if let Some(draft) = &draft {
        let graph = graph::graph(draft);
        let facts = Facts::of(draft, &graph);
        let calls = Calls::of(draft, world);
        let rules = Rules {
            facts: &facts,
            calls: &calls,
        };
        let flow = flow::flow(draft, &graph, rules);
        let copies = Copies::default();
        let reading = Reading {
            draft,
            rules,
            flow: &flow,
            copies: &copies,
        };
        let own = Surface::of(draft, &graph).unwrap_or_default();
        let mut checker = Checker {
            draft,
            world,
            source: &mut source,
            graph: &graph,
            reading,
            own: &own,
            said: HashSet::new(),
            suggestions: SUGGESTIONS,
        };
        checker.run();
        if !source.has_errors() {
            scenario = decode::scenario(draft, &calls);
        }
    }
    Checked {
        scenario,
        diagnostics: source.into_problems(),
    }
}

/// A check under way.
struct Checker<'c, 's, 't> {
    draft: &'c Draft,
    world: &'c World<'c>,
    source: &'s mut Source<'t>,
    graph: &'c Graph,
    reading: Reading<'c>,
    /// What others know of this scenario.
    own: &'c Surface,
    /// What has been said of each place: once is enough.
    said: HashSet<(Place, Code, String)>,
    suggestions: u32,
}

impl<'c> Checker<'c, '_, '_> {
    fn run(&mut self) {
        self.languages();
        self.misnamed_variables();
        self.targets();
        self.unreached();
        self.endless_loops();
        let anything = self.reading.rules.facts.anything();
        let draft = self.draft;
        for (number, each) in draft.boxes.values().enumerate() {
            // Where no path leads, nothing is known to be wrong with variables.
            let state = self.reading.flow[number].as_ref().unwrap_or(&anything);
            self.one_box(number, each, state);
        }
    }

    /// Variables that are set under one name and used under another.
    fn misnamed_variables(&mut self) {
        let facts = self.reading.rules.facts;
        for (used, variable) in &facts.misnamed {
            if self.graph.misnamed.iter().any(|(target, _)| target == used) {
                continue; // The box is, and that is reported.
            }
            let (Some(set), Some(definition)) = (
                facts.name(*variable),
                facts.definitions_of(*variable).first(),
            ) else {
                continue;
            };
            let (place, part) = match facts.definitions[*definition].origin {
                Origin::Input(number) => (self.draft.inputs[number].0, Part::Key),
                Origin::Box(number) => {
                    let of = &self.draft.boxes[number];
                    let place = of.save.as_ref().map_or(of.place, |save| save.place);
                    (
                        place,
                        if place == of.place {
                            Part::Key
                        } else {
                            Part::Value
                        },
                    )
                }
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

    fn one_box(&mut self, number: usize, of: &'c BoxDraft, state: &State) {
        let mut texts = Vec::new();
        of.each_text(&mut |text| texts.push(text));
        for text in texts {
            self.text(text, state);
        }
        match &of.content {
            Content::Message { files, .. } => self.files(files, state),
            Content::Condition { test: Some(test) } => self.test(test, state),
            Content::Set { value: Some(value) } => {
                let seen = of
                    .save
                    .as_ref()
                    .map_or(Seen::ByNobody, |save| Seen::As(&save.value));
                self.operand(value, state, Need::Value, seen);
            }
            Content::JumpToScenario { .. } => self.jump(of, state),
            Content::Call(call) => self.call(number, of, call, state),
            Content::Answer { .. } => self.visible_personal(number, of),
            _ => {}
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
        if self.said.insert((place, code, message.clone())) {
            self.source.report(code, place, part, message, help);
        }
    }

    /// The known name that is nearest to an unknown one.
    fn nearest<'n>(
        &mut self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        self.suggestions = self.suggestions.checked_sub(1)?;
        name::nearest(name, known)
    }
}
