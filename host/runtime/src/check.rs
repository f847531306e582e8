//! The manifest, enforced in both directions: on parameters and on outcomes.

use krabice_contract::value::{Sizes, ValueError};
use krabice_contract::{Failure, FailureClass, Outcome, Redaction, raw};

use crate::bindings::values as wit;
use crate::call::CallInput;
use crate::log;
use crate::plugin::{Callable, Plugin};

/// The longest text of a plugin for the operator, in characters.
const DETAIL: usize = 1_000;

/// Makes the parameters that the plugin receives: checked, with defaults, in the order of
/// the manifest. Returns with them the redaction of the hidden and the personal ones.
///
/// # Errors
/// `invalid-parameter`, with all problems.
pub(crate) fn parameters(
    plugin: &Plugin,
    function: &Callable,
    input: &CallInput,
    sizes: Sizes,
) -> Result<(Vec<raw::NamedValue>, Redaction), Failure> {
    let is_hidden = |name: &str| input.hidden.iter().any(|hidden| hidden == name);
    let zone = &input.context.time_zone;
    let written = function
        .shape
        .write(&input.parameters, is_hidden, sizes, zone);
    let errors = match written {
        Ok((ready, personal)) => {
            let values = personal.iter().copied();
            let redaction = Redaction::of_values(Redaction::IN_LOGS, values.clone());
            return Ok((ready, redaction.with_moments(values, zone)));
        }
        Err(errors) => errors,
    };
    let listed = errors
        .iter()
        .map(ValueError::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    Err(Failure {
        parameter: errors.into_iter().next().map(|error| error.at),
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
    function: &Callable,
    outcome: raw::Outcome,
    sizes: Sizes,
) -> Result<Outcome, Failure> {
    let read = function.shape.read(outcome, sizes);
    read.map_err(|fault| contract_broken(plugin, &function.name, fault))
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
