//! Labels and help texts, by language.

use krabice_scenario::manifest::Texts;

use super::Problems;
use crate::bindings::manifest as wit;

/// Checks a text that is required in at least one language.
pub(super) fn label(at: &str, given: Vec<wit::Text>, problems: &mut Problems) -> Texts {
    if given.is_empty() {
        problems.add(at, "is missing; add a text in at least one language");
    }
    help(at, given, problems)
}

/// Checks a text that may be left out.
pub(super) fn help(at: &str, given: Vec<wit::Text>, problems: &mut Problems) -> Texts {
    problems.unique(at, given.iter().map(|text| text.language.as_str()));
    let mut texts = Texts::with_capacity(given.len());
    for wit::Text { language, text } in given {
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

/// Whether a text has the form of a language tag: two or three letters, and further parts
/// of up to eight letters and digits. No registry is asked.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let word = |part: &str| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(word)
        && tag.len() <= 64
}
