//! The check of a call against the manifest, in both directions: parameters and outcomes.

use indexmap::IndexMap;
use jiff::tz::TimeZone;

use crate::manifest::{Answer, Function};
use crate::outcome::Outcome;
use crate::raw;
use crate::shape::{self, Parts, Shape, Slots, Writer};
use crate::value::{Sizes, Value, ValueError};

/// The shapes that a call of a function is checked against.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionShape {
    /// The parameters, in the order of the manifest.
    pub parameters: Slots,
    /// The answer.
    pub answer: AnswerShape,
}

/// The shape of a *true* outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerShape {
    /// *True* carries nothing.
    Nothing,
    /// *True* carries one value.
    Value(Shape),
    /// *True* carries fields: the shape is a record.
    Fields(Shape),
}

impl AnswerShape {
    /// The shape of what *true* carries.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        match self {
            AnswerShape::Nothing => None,
            AnswerShape::Value(shape) | AnswerShape::Fields(shape) => Some(shape),
        }
    }

    /// The expected outcome, for messages.
    fn expected(&self) -> &'static str {
        match self {
            AnswerShape::Nothing => "`true` without a value",
            AnswerShape::Value(_) => "`true-with-value`",
            AnswerShape::Fields(_) => "`true-with-fields`",
        }
    }
}

/// Parameters as a plugin receives them, and the values among them that logs must not show.
pub type Written<'a> = (Vec<raw::NamedValue>, Vec<&'a Value>);

impl FunctionShape {
    /// The shapes of a function.
    #[must_use]
    pub fn of(function: &Function) -> FunctionShape {
        FunctionShape {
            parameters: shape::of_parameters(&function.parameters),
            answer: match &function.answer {
                Answer::Nothing => AnswerShape::Nothing,
                Answer::Value { kind, personal, .. } => AnswerShape::Value(Shape {
                    personal: *personal,
                    ..Shape::any(*kind)
                }),
                Answer::Fields(fields) => {
                    AnswerShape::Fields(Shape::record(shape::of_fields(fields)))
                }
            },
        }
    }

    /// Makes the parameters that the plugin receives: checked, with defaults, in the order
    /// of the manifest. Returns with them the values that are personal or, by `is_hidden`,
    /// hidden.
    ///
    /// # Errors
    /// All faults of the parameters.
    pub fn write<'a>(
        &'a self,
        given: &'a IndexMap<String, Value>,
        is_hidden: impl Fn(&str) -> bool,
        sizes: Sizes,
        zone: &'a TimeZone,
    ) -> Result<Written<'a>, Vec<ValueError>> {
        let mut errors = given
            .keys()
            .filter(|name| !self.parameters.contains_key(*name))
            .map(|name| ValueError::new(name, "there is no such parameter"))
            .collect::<Vec<_>>();
        let mut ready = Vec::with_capacity(self.parameters.len());
        let mut writer = Writer {
            sizes,
            zone,
            personal: Vec::new(),
        };
        for (name, slot) in &self.parameters {
            let given = given.get(name);
            if slot.shape.personal || is_hidden(name) {
                writer.personal.extend(given);
            }
            match given.or(slot.default.as_ref()) {
                Some(value) => match writer.write(&slot.shape, value, name) {
                    Ok(value) => ready.push((name.clone(), value)),
                    Err(error) => errors.push(error),
                },
                None if slot.optional => {}
                None => errors.push(ValueError::new(name, "is missing")),
            }
        }
        if errors.is_empty() {
            Ok((ready, writer.personal))
        } else {
            Err(errors)
        }
    }

    /// Checks an outcome and puts its fields into the order of the manifest.
    ///
    /// # Errors
    /// The fault: another outcome than the manifest promises, or a value of another form.
    pub fn read(&self, outcome: raw::Outcome, sizes: Sizes) -> Result<Outcome, String> {
        match (&self.answer, outcome) {
            (_, raw::Outcome::False) => Ok(Outcome::False),
            (AnswerShape::Nothing, raw::Outcome::True) => Ok(Outcome::True),
            (AnswerShape::Value(shape), raw::Outcome::TrueWithValue(value)) => shape
                .read(value, "value", sizes)
                .map(Outcome::TrueWithValue)
                .map_err(|error| error.to_string()),
            (AnswerShape::Fields(shape), raw::Outcome::TrueWithFields(values)) => {
                read_fields(shape, values, sizes)
                    .map(Outcome::TrueWithFields)
                    .map_err(|error| format!("field {error}"))
            }
            (shape, outcome) => {
                let found = match outcome {
                    raw::Outcome::False => "`false`",
                    raw::Outcome::True => "`true`",
                    raw::Outcome::TrueWithValue(_) => "`true-with-value`",
                    raw::Outcome::TrueWithFields(_) => "`true-with-fields`",
                };
                Err(format!("expected {}, found {found}", shape.expected()))
            }
        }
    }
}

fn read_fields(
    shape: &Shape,
    given: Vec<raw::NamedValue>,
    sizes: Sizes,
) -> Result<IndexMap<String, Value>, ValueError> {
    let Parts::Fields(slots) = &shape.parts else {
        unreachable!("the shape of fields is a record")
    };
    let mut values = vec![None; slots.len()];
    for (name, value) in given {
        let Some((index, _, slot)) = slots.get_full(&name) else {
            let short = name.chars().take(64).collect::<String>();
            return Err(ValueError::new(short, "the manifest has no such field"));
        };
        let value = slot.shape.read(value, &name, sizes)?;
        if values[index].replace(value).is_some() {
            return Err(ValueError::new(name, "is given twice"));
        }
    }
    let mut fields = IndexMap::with_capacity(slots.len());
    for ((name, slot), value) in slots.iter().zip(values) {
        match value {
            Some(value) => {
                fields.insert(name.clone(), value);
            }
            None if slot.optional => {}
            None => return Err(ValueError::new(name, "is missing")),
        }
    }
    Ok(fields)
}
