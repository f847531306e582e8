//! Turns names of Rust into names of the contract.

use darling::{Error, Result};
use proc_macro2::Span;

/// The longest name that the contract allows, in characters.
const LONGEST: usize = 64;

/// `send_email` and `r#type` as `send-email` and `type`.
pub(crate) fn of_field(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).replace('_', "-")
}

/// `NotFound` as `not-found`.
pub(crate) fn of_type(ident: &syn::Ident) -> String {
    let mut name = String::new();
    for letter in ident.to_string().chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Whether the contract allows the name: see `record manifest` in `wit/manifest.wit`.
pub(crate) fn is_name(name: &str) -> bool {
    let first_is_letter = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    let all_are_allowed = name
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    first_is_letter && all_are_allowed && name.len() <= LONGEST
}

/// Whether a text has the form of a language tag that a host takes: two or three letters, and further
/// parts of up to eight letters and digits, all in lower case. The rule is `is_language` in
/// `host/contract/src/name.rs`.
pub(crate) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_word = |part: &str| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(is_word)
        && tag.len() <= LONGEST
}

/// Refuses a name that the contract forbids.
pub(crate) fn check(name: &str, span: Span) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(Error::custom(format!(
        "`{name}` cannot be a name: a name is a lower case ASCII letter, then lower case letters, \
         digits and hyphens, {LONGEST} characters at most"
    ))
    .with_span(&span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_become_names_of_the_contract() {
        let ident = |text| syn::parse_str::<syn::Ident>(text).unwrap();
        assert_eq!(of_field(&ident("customer_id")), "customer-id");
        assert_eq!(of_field(&ident("r#type")), "type");
        assert_eq!(of_type(&ident("NotFound")), "not-found");
        assert_eq!(of_type(&ident("Error")), "error");
    }

    #[test]
    fn a_language_has_two_or_three_letters_and_short_parts() {
        let longest = format!("cs{}", "-a2345678".repeat(6));
        let too_long = format!("cs{}", "-a2345678".repeat(7));
        for tag in [
            "cs",
            "pt-br",
            "zh-hans-cn",
            "yue",
            "de-1996",
            "en-a",
            &longest,
        ] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in [
            "",
            "x",
            "czech",
            "1a",
            "CS",
            "pt_br",
            "pt-BR",
            "cs-",
            "-cs",
            "cs--cz",
            "cs-a23456789",
            "č",
            &too_long,
        ] {
            assert!(!is_language(tag), "{tag}");
        }
    }

    #[test]
    fn names_that_the_contract_forbids_are_refused() {
        for name in [
            "",
            "1st",
            "-a",
            "Order",
            "customer_id",
            "e.mail",
            "účet",
            &"a".repeat(65),
        ] {
            assert!(check(name, Span::call_site()).is_err(), "{name}");
        }
        for name in ["a", "order-2", &"a".repeat(64)] {
            assert!(check(name, Span::call_site()).is_ok(), "{name}");
        }
    }
}
