//! Cleaning an answer before it is read.

use krabice_contract::compare::is_invisible;
use unicode_normalization::UnicodeNormalization;

use super::ANSWER_CHARACTERS;
use crate::document::Expect;

/// The longest answer that is cleaned at all, in bytes: more than the characters need, so
/// that a huge answer costs nothing.
const ANSWER_BYTES: usize = 16 * 1024;

/// The answer to what a box expects, composed, without control characters and what cannot be
/// seen, trimmed; line breaks stay, and a tab becomes a space. In a `text` the joiners stay
/// that make one emoji of several and shape words of some scripts. None if nothing is left, or
/// more than 2,000 characters.
///
/// `expect` is none for buttons.
#[must_use]
pub fn clean(answer: &str, expect: Option<Expect>) -> Option<String> {
    if answer.len() > ANSWER_BYTES {
        return None;
    }
    let is_prose = matches!(expect, Some(Expect::Text));
    let unseen = |c: char| {
        c.is_control() && c != '\n'
            || is_invisible(c) && !(is_prose && matches!(c, '\u{200c}' | '\u{200d}'))
    };
    let cleaned: String = answer
        .nfc()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| !unseen(*c))
        .collect();
    let joiner = |c: char| c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}');
    let cleaned = cleaned.trim_matches(joiner);
    (!cleaned.is_empty() && cleaned.chars().count() <= ANSWER_CHARACTERS)
        .then(|| cleaned.to_owned())
}

/// The customer's words for the transcript: cleaned, and if they are longer than an answer may
/// be, their beginning with `…`.
#[must_use]
pub fn transcript(answer: &str, expect: Option<Expect>) -> String {
    if let Some(answer) = clean(answer, expect) {
        return answer;
    }
    let beginning: String = answer.chars().take(ANSWER_CHARACTERS).collect();
    let is_whole = beginning.len() == answer.len();
    let beginning = clean(&beginning, expect).unwrap_or_default();
    if is_whole {
        beginning
    } else {
        format!("{beginning}…")
    }
}
