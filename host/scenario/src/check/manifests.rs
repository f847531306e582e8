//! What the manifests say about the functions that a scenario calls.

use indexmap::IndexMap;

use super::world::World;
use crate::Kind;
use crate::draft::{Content, Draft};
use crate::manifest::{Answer, Choice, Function, Manifest};
use crate::name::nearest;
use crate::shape::Shape;

/// What a `call` box calls, or plainly means to call, where the manifest is
/// known.
#[derive(Debug)]
pub(super) struct Called<'c> {
    pub(super) manifest: &'c Manifest,
    /// None: the plugin has no such function, nor one of a name like it.
    pub(super) function: Option<&'c Function>,
    /// What its *true* answer looks like, by its number among all shapes.
    shape: Option<usize>,
}

impl Called<'_> {
    /// Whether its *true* answer is always taken for true: fields, or true
    /// alone; one value may be 0 or empty.
    pub(super) fn is_certainly_true(&self) -> bool {
        self.function
            .is_some_and(|function| !matches!(function.answer, Answer::Value { .. }))
    }

    /// Whether its answer is true or false and nothing more.
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

    /// What of the answer is personal data: paths, or an empty path for the
    /// one value.
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
    by_box: Vec<Option<Called<'c>>>,
    /// A shape for each kind by itself, then those of answers.
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
                        shapes.push(Shape::of_fields(fields));
                        shapes.len() - 1
                    }),
            });
            Some(Called {
                manifest,
                function,
                shape,
            })
        });
        let by_box = by_box.collect();
        Calls { by_box, shapes }
    }

    /// What a box calls, where the manifest is known.
    pub(super) fn of_box(&self, number: usize) -> Option<&Called<'c>> {
        self.by_box[number].as_ref()
    }

    /// The shape of a box's *true* answer, where the function is known.
    pub(super) fn answer(&self, number: usize) -> Option<&Shape> {
        self.of_box(number)?.shape.map(|shape| &self.shapes[shape])
    }

    /// The shape of a value of which only the kind is known.
    pub(super) fn kind(&self, kind: Kind) -> &Shape {
        &self.shapes[position(kind)]
    }
}

fn position(kind: Kind) -> usize {
    Kind::ALL
        .iter()
        .position(|each| *each == kind)
        .unwrap_or_default()
}
