//! The texts of the engine itself.

use krabice_contract::name::for_language;

/// The texts in one language.
struct Texts {
    fault: &'static str,
    too_long: &'static str,
    too_many_tries: &'static str,
    try_again: &'static str,
    person: &'static str,
    handover: &'static str,
    outcome_unknown: &'static str,
    did_you_mean: &'static str,
    which_one: &'static str,
    yes: &'static str,
    no: &'static str,
}

const ENGLISH: Texts = Texts {
    fault: "We are sorry, something went wrong here. Please try again later.",
    too_long: "This conversation has become too long to go on. Please start a new one.",
    too_many_tries: "There have been too many attempts. Please try again after {time}.",
    try_again: "Try again",
    person: "Talk to a person",
    handover: "We are handing you to a person.",
    outcome_unknown: "We cannot tell whether this was done; a person will look.",
    did_you_mean: "Did you mean {x}?",
    which_one: "Which one do you mean?",
    yes: "Yes",
    no: "No",
};

/// The languages of `locales/`.
const LANGUAGES: &[(&str, &Texts)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// The texts in a language; English for a language that is not in `locales/`.
fn texts(language: &str) -> &'static Texts {
    for_language(LANGUAGES, language).unwrap_or(&ENGLISH)
}

/// The text for the customer if a session cannot continue.
pub(crate) fn fault(language: &str) -> &'static str {
    texts(language).fault
}

/// The text for the customer if a session has become too long.
pub(crate) fn too_long(language: &str) -> &'static str {
    texts(language).too_long
}

/// The text for a customer when too many guesses have failed, for example to name an order: `{time}`
/// is when they may go on.
pub(crate) fn too_many_tries(language: &str) -> &'static str {
    texts(language).too_many_tries
}

/// The label of the button by which a customer tries again.
pub(crate) fn try_again(language: &str) -> &'static str {
    texts(language).try_again
}

/// The label of the button by which a customer asks for a person.
pub(crate) fn person(language: &str) -> &'static str {
    texts(language).person
}

/// The text for a customer who asked for a person.
pub(crate) fn handover(language: &str) -> &'static str {
    texts(language).handover
}

/// The text for a customer before a session goes on after a call that may have done something
/// or not, where the scenario says nothing of that.
pub(crate) fn outcome_unknown(language: &str) -> &'static str {
    texts(language).outcome_unknown
}

/// The question after an answer that probably means `reading`.
pub(crate) fn did_you_mean(language: &str, reading: &str) -> String {
    texts(language).did_you_mean.replace("{x}", reading)
}

/// The question after an answer that may mean several things.
pub(crate) fn which_one(language: &str) -> &'static str {
    texts(language).which_one
}

/// The button for yes.
pub(crate) fn yes(language: &str) -> &'static str {
    texts(language).yes
}

/// The button for no.
pub(crate) fn no(language: &str) -> &'static str {
    texts(language).no
}
