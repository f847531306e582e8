//! The `mask` helper: enough of a value to recognise it, not enough to learn it.

use email_address::EmailAddress;
use krabice_contract::{MASK, Value};

/// The masked form of a value.
///
/// An e-mail address keeps its first letter and its domain (`j•••@example.com`), a
/// telephone number its last three digits (`•••789`), any other text of four characters or
/// more its first character. A shorter text and any other value become dots.
pub(super) fn masked(value: &Value) -> String {
    let Value::Text(text) = value else {
        return MASK.to_owned();
    };
    let text = text.trim();
    if let Some((local, domain)) = text.rsplit_once('@')
        && EmailAddress::is_valid(text)
    {
        let first = first_of_several(local, 2);
        return format!("{first}{MASK}@{domain}");
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_phone = digits >= 7
        && text.chars().all(|c| {
            c.is_ascii_digit()
                || c.is_whitespace()
                || matches!(c, '+' | '-' | '(' | ')' | '/' | '.')
        });
    if is_phone {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        let last: String = digits[digits.len() - 3..].iter().collect();
        return format!("{MASK}{last}");
    }
    format!("{}{MASK}", first_of_several(text, 4))
}

/// The first character of a text that has at least this many characters, else nothing.
fn first_of_several(text: &str, at_least: usize) -> &str {
    match text.char_indices().nth(1) {
        Some((end, _)) if text.chars().count() >= at_least => &text[..end],
        _ => "",
    }
}
