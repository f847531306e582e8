//! The manifest, enforced in both directions: on parameters and on outcomes.

use krabice_contract::{Failure, FailureClass, Outcome, Value};
use indexmap::IndexMap;

use crate::bindings::values as wit;
use crate::call::CallInput;
use crate::convert::{self, Writer};
use crate::log;
use crate::plugin::{FunctionShape, Plugin};
use crate::redaction::Redaction;
use crate::scalar::{Sizes, ValueError};
use crate::shape::{AnswerShape, Slot};

/// The longest text of a plugin for the operator, in characters.
const DETAIL: usize = 1_000;

/// Makes the parameters that the plugin receives: checked, with defaults, in the order of
/// the manifest. Returns with them the redaction of the hidden and the personal ones.
///
/// # Errors
/// `invalid-parameter`, with all problems.
pub(crate) fn parameters(
    plugin: &Plugin,
    function: &FunctionShape,
    input: &CallInput,
    sizes: Sizes,
) -> Result<(Vec<wit::NamedValue>, Redaction), Failure> {
    let CallInput {
        parameters: given,
        hidden,
        context,
        ..
    } = input;
    let mut errors = given
        .keys()
        .filter(|name| !function.parameters.iter().any(|slot| slot.name == **name))
        .map(|name| ValueError::new(name, "there is no such parameter"))
        .collect::<Vec<_>>();
    let mut ready = Vec::with_capacity(function.parameters.len());
    let mut writer = Writer {
        sizes,
        zone: &context.time_zone,
        personal: Vec::new(),
    };
    for slot in &function.parameters {
        let given = given.get(&slot.name);
        if slot.personal || hidden.contains(&slot.name) {
            writer.personal.extend(given);
        }
        match given.or(slot.default.as_ref()) {
            Some(value) => match writer.write(&slot.shape, value, &slot.name) {
                Ok(value) => ready.push(wit::NamedValue {
                    name: slot.name.clone(),
                    value,
                }),
                Err(error) => errors.push(error),
            },
            None if slot.optional => {}
            None => errors.push(ValueError::new(&slot.name, "is missing")),
        }
    }
    let Some(first) = errors.first() else {
        return Ok((ready, Redaction::of(writer.personal)));
    };
    let listed = errors
        .iter()
        .map(ValueError::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    Err(Failure {
        parameter: Some(first.at.clone()),
        ..Failure::new(
            FailureClass::InvalidParameter,
            format!("`{}/{}`: {listed}", plugin.name, function.name),
        )
    })
}

/// Checks an outcome and puts its fields into the order of the manifest.
///
/// # Errors
/// `contract-broken`, with plugin, function and field.
pub(crate) fn outcome(
    plugin: &Plugin,
    function: &FunctionShape,
    outcome: wit::Outcome,
    sizes: Sizes,
) -> Result<Outcome, Failure> {
    let broken = |detail: String| contract_broken(plugin, &function.name, detail);
    match (&function.answer, outcome) {
        (_, wit::Outcome::False) => Ok(Outcome::False),
        (AnswerShape::Nothing, wit::Outcome::True) => Ok(Outcome::True),
        (AnswerShape::Value(shape), wit::Outcome::TrueWithValue(value)) => {
            convert::from_guest(shape, value, "value", sizes)
                .map(Outcome::TrueWithValue)
                .map_err(|error| broken(error.to_string()))
        }
        (AnswerShape::Fields(slots), wit::Outcome::TrueWithFields(values)) => {
            fields(slots, values, sizes)
                .map(Outcome::TrueWithFields)
                .map_err(|error| broken(format!("field {error}")))
        }
        (shape, outcome) => {
            let found = match outcome {
                wit::Outcome::False => "`false`",
                wit::Outcome::True => "`true`",
                wit::Outcome::TrueWithValue(_) => "`true-with-value`",
                wit::Outcome::TrueWithFields(_) => "`true-with-fields`",
            };
            Err(broken(format!(
                "expected {}, found {found}",
                shape.expected()
            )))
        }
    }
}

fn fields(
    slots: &[Slot],
    given: Vec<wit::NamedValue>,
    sizes: Sizes,
) -> Result<IndexMap<String, Value>, ValueError> {
    let mut values = vec![None; slots.len()];
    for wit::NamedValue { name, value } in given {
        let Some(index) = slots.iter().position(|slot| slot.name == name) else {
            let at = shorten(&name, 64);
            return Err(ValueError::new(at, "the manifest has no such field"));
        };
        let value = convert::from_guest(&slots[index].shape, value, &name, sizes)?;
        if values[index].replace(value).is_some() {
            return Err(ValueError::new(name, "is given twice"));
        }
    }
    let mut fields = IndexMap::with_capacity(slots.len());
    for (slot, value) in slots.iter().zip(values) {
        match value {
            Some(value) => {
                fields.insert(slot.name.clone(), value);
            }
            None if slot.optional => {}
            None => return Err(ValueError::new(&slot.name, "is missing")),
        }
    }
    Ok(fields)
}

/// The failure of a plugin that breaks its own manifest.
pub(crate) fn contract_broken(plugin: &Plugin, function: &str, detail: impl AsRef<str>) -> Failure {
    Failure::new(
        FailureClass::ContractBroken,
        format!(
            "`{}/{function}`: {}",
            plugin.name,
            // The detail may repeat a name that the plugin made up, with any characters.
            shorten(&log::escape(detail.as_ref()), DETAIL)
        ),
    )
}

/// Converts a failure that the plugin reports, with its texts made safe for a log.
pub(crate) fn failure(failure: wit::Failure, redaction: &Redaction) -> Failure {
    let clean = |text: &str| clean(text, redaction);
    match failure {
        wit::Failure::Unauthorised(detail) => {
            Failure::new(FailureClass::Unauthorised, clean(&detail))
        }
        wit::Failure::Unavailable(detail) => {
            Failure::new(FailureClass::Unavailable, clean(&detail))
        }
        wit::Failure::RateLimited(limit) => Failure {
            retry_after: limit
                .retry_after
                .map(|seconds| std::time::Duration::from_secs(seconds.into())),
            ..Failure::new(FailureClass::RateLimited, clean(&limit.detail))
        },
        wit::Failure::InvalidParameter(invalid) => Failure {
            parameter: Some(shorten(&clean(&invalid.name), 64)),
            ..Failure::new(FailureClass::InvalidParameter, clean(&invalid.detail))
        },
        wit::Failure::UnexpectedAnswer(detail) => {
            Failure::new(FailureClass::UnexpectedAnswer, clean(&detail))
        }
    }
}

/// Makes a plugin's text for the operator safe: redacted, on one line, and not too long.
pub(crate) fn clean(text: &str, redaction: &Redaction) -> String {
    // Cut generously first, so that a huge text is not masked in full; cut again because
    // masks and escapes change the length.
    let text = shorten(text, 4 * DETAIL);
    shorten(&log::escape(&redaction.mask(&text)), DETAIL)
}

fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
