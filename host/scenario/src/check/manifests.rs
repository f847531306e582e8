//! The manifests of the functions that a scenario calls.

use indexmap::IndexMap;
use krabice_contract::manifest::{Answer, Choice, Function, Manifest};
use krabice_contract::name::nearest;
use krabice_contract::shape::{self, Parts, Shape, Slot};
use krabice_contract::{Kind, Value};

use super::world::World;
use crate::document::{FunctionName, Node, Operand, Scenario};
use crate::moment;

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
    /// For each `set` box with a list or a record, its shape.
    constants: Vec<Option<usize>>,
}

impl<'c> Calls<'c> {
    pub(super) fn of(document: &'c Scenario, world: &World<'c>) -> Self {
        let mut shapes: Vec<Shape> = Kind::ALL.map(Shape::any).into();
        let mut answers: IndexMap<(&str, &str), usize> = IndexMap::new();
        let by_box = document.boxes.values().map(|each| {
            let Node::Call(call) = &each.value else {
                return None;
            };
            let FunctionName {
                plugin,
                function: name,
            } = call.function.known()?;
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
        let constants = document.boxes.values().map(|each| {
            let Node::Set(set) = &each.value else {
                return None;
            };
            let Operand::Constant(value @ (Value::List(_) | Value::Record(_))) = &*set.value else {
                return None;
            };
            shapes.push(shape_of(value));
            Some(shapes.len() - 1)
        });
        let constants = constants.collect();
        Calls {
            by_box,
            shapes,
            constants,
        }
    }

    /// The shape of the list or the record that a `set` box gives.
    pub(super) fn constant(&self, number: usize) -> Option<&Shape> {
        self.constants[number].map(|shape| &self.shapes[shape])
    }

    /// The constants among the parameters of calls that are to be converted to the kind that
    /// the manifest asks for: an integer to a decimal, a date to a moment. Each with the box,
    /// the parameter and the value in its place.
    pub(super) fn conversions(&self, document: &Scenario) -> Vec<(usize, String, Value)> {
        let calls = document.boxes.values().enumerate();
        let calls = calls.filter_map(|(number, each)| {
            let Node::Call(call) = &each.value else {
                return None;
            };
            Some((number, call, self.of_box(number)?.function?))
        });
        let converted = calls.flat_map(|(number, call, function)| {
            call.params.iter().filter_map(move |(name, value)| {
                let mut parameters = function.parameters.iter();
                let asked = parameters.find(|known| known.name == *name)?.kind;
                let converted = match (asked, &value.value, value.literal()) {
                    (Kind::Timestamp, _, Some(text)) => {
                        Value::Timestamp(moment::parse(text, &document.time_zone)?)
                    }
                    (Kind::Decimal, Operand::Constant(Value::Integer(number)), _) => {
                        Value::Decimal((*number).into())
                    }
                    _ => return None,
                };
                Some((number, name.clone(), converted))
            })
        });
        converted.collect()
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

/// The shape of a value that an author wrote.
fn shape_of(value: &Value) -> Shape {
    match value {
        Value::Record(fields) => {
            let slots = fields.iter().map(|(name, value)| {
                let slot = Slot {
                    shape: shape_of(value),
                    optional: false,
                    default: None,
                };
                (name.clone(), slot)
            });
            Shape::record(slots.collect())
        }
        Value::List(items) => {
            let shapes = items.iter().map(shape_of);
            let parts = match shapes.map(Some).reduce(|one, other| both(one?, other?)) {
                Some(Some(item)) => Parts::Items(Box::new(item)),
                Some(None) | None => Parts::Any,
            };
            Shape {
                parts,
                ..Shape::any(Kind::List)
            }
        }
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Timestamp(_)
        | Value::File(_) => Shape::any(value.kind()),
    }
}

/// The shape of values that have one of two shapes; none if they have nothing in common.
fn both(one: Shape, other: Shape) -> Option<Shape> {
    let kind = match (one.kind, other.kind) {
        (one, other) if one == other => one,
        (one, other) if one.is_numeric() && other.is_numeric() => Kind::Decimal,
        _ => return None,
    };
    let parts = match (one.parts, other.parts) {
        (Parts::Fields(mut fields), Parts::Fields(others)) => {
            // A field that one of them lacks is optional.
            for (name, slot) in &mut fields {
                slot.optional |= !others.contains_key(name);
            }
            for (name, mut slot) in others {
                match fields.swap_remove(&name) {
                    None => slot.optional = true,
                    Some(known) => {
                        slot.optional |= known.optional;
                        slot.shape = both(known.shape, slot.shape)?;
                    }
                }
                fields.insert(name, slot);
            }
            Parts::Fields(fields)
        }
        (Parts::Items(one), Parts::Items(other)) => match both(*one, *other) {
            Some(item) => Parts::Items(Box::new(item)),
            None => Parts::Any,
        },
        (Parts::Single, Parts::Single) => Parts::Single,
        _ => Parts::Any,
    };
    Some(Shape {
        parts,
        ..Shape::any(kind)
    })
}

fn position(kind: Kind) -> usize {
    let position = Kind::ALL.iter().position(|each| *each == kind);
    position.expect("all kinds are in the list of all")
}
