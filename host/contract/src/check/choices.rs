//! Lists of choices.

use super::{Problems, texts};
use crate::kind::Kind;
use crate::manifest::Choice;
use crate::raw;

/// Checks and converts the choices of a setting or a field: those of the kind `choice` have
/// some, and others have none.
pub(super) fn of_kind(
    at: &str,
    kind: Kind,
    given: Vec<raw::Choice>,
    problems: &mut Problems,
) -> Vec<Choice> {
    let choices = choices(at, given, problems);
    match (kind, choices.is_empty()) {
        (Kind::Choice, true) => problems.add(at, "is empty; the kind choice needs choices"),
        (Kind::Choice, false) | (_, true) => {}
        (_, false) => problems.add(at, format!("are given, but the kind is {kind}")),
    }
    choices
}

pub(super) fn choices(at: &str, given: Vec<raw::Choice>, problems: &mut Problems) -> Vec<Choice> {
    problems.unique(at, given.iter().map(|choice| choice.value.as_str()));
    given
        .into_iter()
        .map(|choice| {
            let at = super::path(at, &choice.value);
            if choice.value.is_empty() {
                problems.add(&*at, "is empty");
            }
            if choice.value.len() > problems.sizes.text || choice.value.contains('\0') {
                problems.add(
                    &*at,
                    format!(
                        "is longer than {} bytes or has a NUL character",
                        problems.sizes.text
                    ),
                );
            }
            let label = texts::label(&format!("{at}.label"), choice.label, problems);
            Choice {
                value: choice.value,
                label,
            }
        })
        .collect()
}
