//! Labels and help texts, by language.

use super::Problems;
use crate::manifest::Texts;
use crate::name::is_language;
use crate::raw;

/// Checks a text that is required in at least one language.
pub(super) fn label(at: &str, given: Vec<raw::Text>, problems: &mut Problems) -> Texts {
    if given.is_empty() {
        problems.add(at, "is missing; add a text in at least one language");
    }
    help(at, given, problems)
}

/// Checks a text that may be left out.
pub(super) fn help(at: &str, given: Vec<raw::Text>, problems: &mut Problems) -> Texts {
    problems.unique(at, given.iter().map(|(language, _)| language.as_str()));
    let mut texts = Texts::with_capacity(given.len());
    for (language, text) in given {
        let at = super::path(at, &language);
        if !is_language(&language) {
            problems.add(
                &*at,
                "is not a BCP 47 tag in lower case, such as `cs` or `en`",
            );
        }
        if text.trim().is_empty() {
            problems.add(&*at, "is empty");
        }
        if text.len() > problems.sizes.text || text.contains('\0') {
            problems.add(
                &*at,
                format!(
                    "is longer than {} bytes or has a NUL character",
                    problems.sizes.text
                ),
            );
        }
        texts.insert(language, text);
    }
    texts
}
