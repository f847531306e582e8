//! The manifests of the functions that a scenario calls.

use indexmap::IndexMap;
use krabice_contract::Kind;
use krabice_contract::manifest::{Answer, Choice, Function, Manifest};
use krabice_contract::name::nearest;
use krabice_contract::shape::{self, Shape};

use super::world::World;
use crate::draft::{Content, Draft};

/// The function that a `call` box calls, or that a typo means, if the manifest is known.
#[derive(Debug)]
pub(super) struct CalledFunction<'c> {
    pub(super) manifest: &'c Manifest,
    /// None if the plugin has no function of this or a similar name.
    pub(super) function: Option<&'c Function>,
    /// The shape of its *true* answer, as an index of [`Calls::shapes`].
    shape: Option<usize>,
}

impl CalledFunction<'_> {
    /// Whether its *true* answer always counts as true: fields, or true alone. A single
    /// value may be 0 or empty.
    pub(super) fn is_certainly_true(&self) -> bool {
        self.function
            .is_some_and(|function| !matches!(function.answer, Answer::Value { .. }))
    }

    /// Whether its answer is only true or false.
    pub(super) fn answers_nothing(&self) -> bool {
        self.function
            .is_some_and(|function| matches!(function.answer, Answer::Nothing))
    }

    /// The choices of a field of the answer.
    pub(super) fn choices(&self, part: &str) -> &[Choice] {
        match self.function.map(|function| &function.answer) {
            Some(Answer::Fields(fields)) => fields
                .iter()
                .find(|field| field.path == part)
                .map_or(&[], |field| &field.choices),
            _ => &[],
        }
    }

    /// The personal data in the answer: paths of fields, or an empty path for the single
    /// value.
    pub(super) fn personal(&self) -> Vec<&str> {
        match self.function.map(|function| &function.answer) {
            Some(Answer::Fields(fields)) => fields
                .iter()
                .filter(|field| field.personal)
                .map(|field| field.path.as_str())
                .collect(),
            Some(Answer::Value { personal: true, .. }) => vec![""],
            _ => Vec::new(),
        }
    }
}

/// The calls of a scenario, and the shapes of all values in it.
#[derive(Debug)]
pub(super) struct Calls<'c> {
    by_box: Vec<Option<CalledFunction<'c>>>,
    /// A shape for each kind, then those of answers.
    shapes: Vec<Shape>,
}

impl<'c> Calls<'c> {
    pub(super) fn of(draft: &'c Draft, world: &World<'c>) -> Self {
        let mut shapes: Vec<Shape> = Kind::ALL.map(Shape::any).into();
        let mut answers: IndexMap<(&str, &str), usize> = IndexMap::new();
        let by_box = draft.boxes.values().map(|each| {
            let Content::Call(call) = &each.content else {
                return None;
            };
            let (plugin, name) = &call.function.as_ref()?.value;
            let manifests = world.manifests.as_ref()?;
            let manifest = *manifests
                .get(plugin.as_str())
                .or_else(|| manifests.get(nearest(plugin, manifests.keys().copied())?))?;
            let functions = &manifest.functions;
            let function = functions
                .get(name.as_str())
                .or_else(|| functions.get(nearest(name, functions.keys().map(String::as_str))?));
            let shape = function.map(|function| match &function.answer {
                Answer::Nothing => position(Kind::Boolean),
                Answer::Value { kind, .. } => position(*kind),
                Answer::Fields(fields) => *answers
                    .entry((&manifest.name, &function.name))
                    .or_insert_with(|| {
                        shapes.push(Shape::record(shape::of_fields(fields)));
                        shapes.len() - 1
                    }),
            });
            Some(CalledFunction {
                manifest,
                function,
                shape,
            })
        });
        let by_box = by_box.collect();
        Calls { by_box, shapes }
    }

    /// The function that a box calls, if the manifest is known.
    pub(super) fn of_box(&self, number: usize) -> Option<&CalledFunction<'c>> {
        self.by_box[number].as_ref()
    }

    /// The shape of a box's *true* answer, if the function is known.
    pub(super) fn answer(&self, number: usize) -> Option<&Shape> {
        self.of_box(number)?.shape.map(|shape| &self.shapes[shape])
    }

    /// The shape of a value of which only the kind is known.
    pub(super) fn kind(&self, kind: Kind) -> &Shape {
        &self.shapes[position(kind)]
    }
}

fn position(kind: Kind) -> usize {
    let position = Kind::ALL.iter().position(|each| *each == kind);
    position.expect("all kinds are in the list of all")
}
