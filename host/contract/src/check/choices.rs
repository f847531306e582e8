//! Lists of choices.

use super::{Problems, texts};
use crate::manifest::Choice;
use crate::raw;

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
