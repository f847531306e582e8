//! The form of words in which they are compared: what people leave out or add in a hurry is
//! gone.

use krabice_contract::compare::is_invisible;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text without case, marks, quotes, pictures other than thumbs, repeated letters,
/// repeated spaces and the punctuation around it.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut run = 0;
    let lower = text.nfkd().flat_map(char::to_lowercase);
    for c in lower {
        if is_combining_mark(c) || is_invisible(c) || is_quote(c) || is_picture(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
            continue;
        }
        run = if folded.ends_with(c) { run + 1 } else { 1 };
        // "anoooo" is "ano"; two of a letter are spelling.
        if run >= 3 && c.is_alphabetic() {
            if run == 3 {
                folded.pop();
            }
            continue;
        }
        match c {
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ø' => folded.push('o'),
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            other => folded.push(other),
        }
    }
    folded.trim_matches(is_outer).to_owned()
}

/// A text as [`fold`] gives it, but with its marks: for words of one letter, where the mark
/// is the word (in Portuguese `é` is "yes" and `e` is "and").
pub(super) fn with_marks(text: &str) -> String {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    text.trim_matches(is_outer).to_owned()
}

fn is_outer(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | ',' | '!' | '?' | ':' | ';' | '…' | '(' | ')')
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '´' | '\u{2018}'..='\u{201f}' | '«' | '»' | '‹' | '›'
    )
}

/// Whether a character is a picture that says neither yes nor no, or changes one.
fn is_picture(c: char) -> bool {
    c != '👍'
        && c != '👎'
        && matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2600}'..='\u{27bf}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}
