//! The texts after an answer that does not fit what its box expects.

use krabice_contract::name::for_language;

/// The texts in one language, by what is expected.
pub(crate) struct Texts {
    pub(crate) text: &'static str,
    pub(crate) order_number: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) choice: &'static str,
    pub(crate) pattern: &'static str,
}

const ENGLISH: Texts = Texts {
    text: "Please write an answer of at most 2,000 characters.",
    order_number: "That does not look like an order number. Please try again.",
    email: "That does not look like an e-mail address. Please try again.",
    phone: "That does not look like a telephone number. Please try again, with the country code.",
    number: "Please write a number.",
    date: "Please write a date, for example 2026-03-14.",
    choice: "Please choose one of the options.",
    pattern: "The answer does not have the right form. Please try again.",
};

/// The languages of `locales/`.
const LANGUAGES: &[(&str, &Texts)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// The texts in a language; English for a language that is not in `locales/`.
pub(crate) fn of(language: &str) -> &'static Texts {
    for_language(LANGUAGES, language).unwrap_or(&ENGLISH)
}
