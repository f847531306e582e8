//! Labels and helps, by language.

use krabice_scenario::manifest::Texts;

use super::Problems;
use crate::bindings::manifest as wit;

/// A text that has to be there, in at least one language.
pub(super) fn label(at: &str, said: Vec<wit::Text>, problems: &mut Problems) -> Texts {
    if said.is_empty() {
        problems.add(at, "is missing; it takes a text in at least one language");
    }
    help(at, said, problems)
}

/// A text that may be left out.
pub(super) fn help(at: &str, said: Vec<wit::Text>, problems: &mut Problems) -> Texts {
    problems.unique(at, said.iter().map(|text| text.language.as_str()));
    let mut texts = Texts::with_capacity(said.len());
    for wit::Text { language, text } in said {
        let at = super::place(at, &language);
        if !is_language(&language) {
            problems.add(&*at, "is no BCP 47 tag in lower case, such as `cs` or `en`");
        }
        if text.trim().is_empty() {
            problems.add(&*at, "is empty");
        }
        if text.len() > problems.sizes.text || text.contains('\0') {
            problems.add(
                &*at,
                format!(
                    "is longer than {} bytes or holds a NUL character",
                    problems.sizes.text
                ),
            );
        }
        texts.insert(language, text);
    }
    texts
}

/// The form of a tag, without asking a registry: two or three letters, and
/// further parts of up to eight letters and digits.
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
