//! The manifest, enforced in both directions.

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use krabice_scenario::{Failure, FailureClass, Outcome, Value};

use crate::bindings::values as wit;
use crate::discretion::Discretion;
use crate::log;
use crate::plugin::{Function, Plugin};
use crate::shape::{AnswerShape, Shape, Slot};
use crate::wire::{self, Breach, Sizes};

/// The longest text for the operator that a plugin may give, in characters.
const DETAIL: usize = 1_000;

/// The parameters as the plugin receives them: checked, with defaults, in the
/// manifest's order.
///
/// # Errors
/// `invalid-parameter`, with everything that is wrong.
pub(crate) fn parameters(
    plugin: &Plugin,
    function: &Function,
    given: &IndexMap<String, Value>,
    sizes: Sizes,
    zone: &TimeZone,
) -> Result<Vec<wit::NamedValue>, Failure> {
    let mut breaches = given
        .keys()
        .filter(|name| !function.parameters.iter().any(|slot| slot.name == **name))
        .map(|name| Breach {
            at: name.clone(),
            what: "there is no such parameter".to_owned(),
        })
        .collect::<Vec<_>>();
    let mut ready = Vec::with_capacity(function.parameters.len());
    for slot in &function.parameters {
        match parameter(slot, given, sizes, zone) {
            Ok(Some(value)) => ready.push(wit::NamedValue {
                name: slot.name.clone(),
                value,
            }),
            Ok(None) => {}
            Err(breach) => breaches.push(breach),
        }
    }
    let Some(first) = breaches.first() else {
        return Ok(ready);
    };
    let listed = breaches
        .iter()
        .map(Breach::to_string)
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

fn parameter(
    slot: &Slot,
    given: &IndexMap<String, Value>,
    sizes: Sizes,
    zone: &TimeZone,
) -> Result<Option<wit::Value>, Breach> {
    match given.get(&slot.name).or(slot.default.as_ref()) {
        Some(value) => wire::write(&slot.shape, value, &slot.name, sizes, zone).map(Some),
        None if slot.optional => Ok(None),
        None => Err(Breach {
            at: slot.name.clone(),
            what: "is missing".to_owned(),
        }),
    }
}

/// What has to be kept out of logs: hidden and personal parameters.
pub(crate) fn discretion(
    function: &Function,
    given: &IndexMap<String, Value>,
    hidden: &[String],
) -> Discretion {
    let mut found = Vec::new();
    for slot in &function.parameters {
        let Some(value) = given.get(&slot.name) else {
            continue;
        };
        if slot.personal || hidden.contains(&slot.name) {
            found.push(value);
        } else {
            personal_parts(&slot.shape, value, &mut found);
        }
    }
    Discretion::of(found.into_iter())
}

/// The parts of a list or record that are personal though the whole is not.
fn personal_parts<'a>(shape: &Shape, value: &'a Value, found: &mut Vec<&'a Value>) {
    match (shape, value) {
        (Shape::List(items), Value::List(values)) => {
            for value in values {
                personal_parts(items, value, found);
            }
        }
        (Shape::Record(slots), Value::Record(fields)) => {
            for slot in slots {
                match fields.get(&slot.name) {
                    Some(value) if slot.personal => found.push(value),
                    Some(value) => personal_parts(&slot.shape, value, found),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// The outcome as the host has it: checked, fields in the manifest's order.
///
/// # Errors
/// `contract-broken`, naming plugin, function and field.
pub(crate) fn outcome(
    plugin: &Plugin,
    function: &Function,
    said: wit::Outcome,
    sizes: Sizes,
) -> Result<Outcome, Failure> {
    let broken =
        |breach: Breach| contract_broken(plugin, &function.name, format!("field {breach}"));
    match (&function.answer, said) {
        (_, wit::Outcome::False) => Ok(Outcome::False),
        (AnswerShape::Nothing, wit::Outcome::True) => Ok(Outcome::True),
        (AnswerShape::Value(shape), wit::Outcome::TrueWithValue(value)) => {
            wire::read(shape, value, "value", sizes)
                .map(Outcome::TrueWithValue)
                .map_err(|breach| contract_broken(plugin, &function.name, breach.to_string()))
        }
        (AnswerShape::Fields(slots), wit::Outcome::TrueWithFields(said)) => {
            fields(slots, said, sizes)
                .map(Outcome::TrueWithFields)
                .map_err(broken)
        }
        (shape, said) => {
            let found = match said {
                wit::Outcome::False => "`false`",
                wit::Outcome::True => "`true`",
                wit::Outcome::TrueWithValue(_) => "`true-with-value`",
                wit::Outcome::TrueWithFields(_) => "`true-with-fields`",
            };
            let detail = format!("expected {}, found {found}", shape.wanted());
            Err(contract_broken(plugin, &function.name, detail))
        }
    }
}

fn fields(
    slots: &[Slot],
    said: Vec<wit::NamedValue>,
    sizes: Sizes,
) -> Result<IndexMap<String, Value>, Breach> {
    let mut values = vec![None; slots.len()];
    for wit::NamedValue { name, value } in said {
        let Some(index) = slots.iter().position(|slot| slot.name == name) else {
            return Err(Breach {
                at: shorten(&name, 64),
                what: "the manifest names no such field".to_owned(),
            });
        };
        let value = wire::read(&slots[index].shape, value, &name, sizes)?;
        if values[index].replace(value).is_some() {
            return Err(Breach {
                at: name,
                what: "is there twice".to_owned(),
            });
        }
    }
    let mut fields = IndexMap::with_capacity(slots.len());
    for (slot, value) in slots.iter().zip(values) {
        match value {
            Some(value) => {
                fields.insert(slot.name.clone(), value);
            }
            None if slot.optional => {}
            None => {
                return Err(Breach {
                    at: slot.name.clone(),
                    what: "is missing".to_owned(),
                });
            }
        }
    }
    Ok(fields)
}

/// A plugin that did not keep what its manifest promises.
pub(crate) fn contract_broken(plugin: &Plugin, function: &str, detail: impl AsRef<str>) -> Failure {
    Failure::new(
        FailureClass::ContractBroken,
        format!(
            "`{}/{function}`: {}",
            plugin.name,
            // A name that a plugin made up can be anything.
            shorten(&log::escape(detail.as_ref()), DETAIL)
        ),
    )
}

/// A failure that the plugin reports. Its texts are made fit for a log.
pub(crate) fn failure(said: wit::Failure, discretion: &Discretion) -> Failure {
    let clean = |text: &str| clean(text, discretion);
    match said {
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

/// A plugin's text for the operator: without what is confidential, on one line,
/// and not too long.
pub(crate) fn clean(text: &str, discretion: &Discretion) -> String {
    // Cut first and generously, so that a huge text is not masked in full; cut
    // again because masks and escapes change the length.
    let text = shorten(text, 4 * DETAIL);
    shorten(&log::escape(&discretion.mask(&text)), DETAIL)
}

fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
