//! Comparisons of what a customer typed with what a back end has.
//!
//! The host does them, so that every plugin takes the same spellings for the same thing, and no
//! component carries tables of telephone numbers. In tests the same code runs in the process.
//!
//! An empty text, or one of more than 320 bytes, is never the same as another.

#[cfg(target_family = "wasm")]
use crate::bindings::krabice::boxes::compare as host;
#[cfg(not(target_family = "wasm"))]
use native as host;

/// Whether two texts are the same telephone number, with or without the country code.
///
/// Where one of them has its country code, the other is read as a number of that country, too; where
/// none has, both are read as numbers of the country of the session's language, else by their
/// digits. An extension is left out of the comparison. A text with a letter within the number is
/// not a telephone number.
///
/// ```
/// use krabice_plugin::compare::same_phone;
///
/// assert!(same_phone("+420 601 123 456", "00420601123456"));
/// assert!(same_phone("601 123 456", "+420601123456"));
/// assert!(!same_phone("601 123 456", "601 123 457"));
/// ```
#[must_use]
pub fn same_phone(one: &str, other: &str) -> bool {
    host::same_phone(one, other)
}

/// Whether two texts are the same e-mail address to an ordinary mail system: capitals and the white
/// space around them do not matter, and a domain in its own letters is the same as in its ASCII
/// form.
///
/// ```
/// use krabice_plugin::compare::same_email;
///
/// assert!(same_email(" Jana@Example.com", "jana@example.com"));
/// assert!(same_email("jana@háček.cz", "jana@xn--hek-ela4t.cz"));
/// assert!(!same_email("jana@example.com", "jan@example.com"));
/// ```
#[must_use]
pub fn same_email(one: &str, other: &str) -> bool {
    host::same_email(one, other)
}

/// Whether two texts are the same number of an order, a claim or a document to a person.
///
/// Capitals, a `#` before it, white space and the kind of the dashes do not matter. Where one of
/// them has no separators (`-`, `/`, `.`, `_`), those of the other do not matter either. Zeros at
/// the beginning count.
///
/// ```
/// use krabice_plugin::compare::same_number;
///
/// assert!(same_number("2026-0147", "#20260147"));
/// assert!(!same_number("12-3", "1-23"));
/// ```
#[must_use]
pub fn same_number(one: &str, other: &str) -> bool {
    host::same_number(one, other)
}

/// The comparisons of the host, for tests.
#[cfg(not(target_family = "wasm"))]
pub(crate) mod native {
    use std::cell::RefCell;

    pub(crate) use krabice_contract::compare::{same_email, same_number};

    thread_local! {
        /// The language of the session that a test plays, which tells the country of a telephone
        /// number.
        static LANGUAGE: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// Runs something in a session of this language.
    pub(crate) fn in_language<T>(language: &str, run: impl FnOnce() -> T) -> T {
        LANGUAGE.with_borrow_mut(|own| language.clone_into(own));
        run()
    }

    pub(crate) fn same_phone(one: &str, other: &str) -> bool {
        LANGUAGE.with_borrow(|language| krabice_contract::compare::same_phone(one, other, language))
    }
}

#[cfg(test)]
mod tests {
    use super::native::in_language;
    use super::same_phone;

    #[test]
    fn a_number_without_a_country_code_is_of_the_country_of_the_sessions_language() {
        let same = |language| in_language(language, || same_phone("0171 1234567", "1711234567"));
        assert!(same("de"));
        assert!(!same("cs"), "Czech numbers have no zero before them");
    }
}
