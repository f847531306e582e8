//! The fixed words of a plugin's page, by language. The page replaces each `{}` by a name or a number,
//! so a translation has as many of them as the English text, and in the same order. Kinds, outcomes
//! and exits are words of the scenario language and stay as they are written there.

use krabice_contract::name::for_language;

/// The words of one language.
pub(crate) struct Words {
    pub(crate) connection: &'static str,
    pub(crate) no_connection: &'static str,
    pub(crate) default: &'static str,
    pub(crate) setting: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) required: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) what: &'static str,
    pub(crate) functions: &'static str,
    pub(crate) function: &'static str,
    pub(crate) effect_column: &'static str,
    pub(crate) parameters: &'static str,
    pub(crate) none: &'static str,
    pub(crate) parameter: &'static str,
    pub(crate) outcomes: &'static str,
    pub(crate) record: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) exit: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) or_else: &'static str,
    pub(crate) fields: &'static str,
    pub(crate) field: &'static str,
    pub(crate) always: &'static str,
    pub(crate) effect: &'static str,
    pub(crate) reads: &'static str,
    pub(crate) writes: &'static str,
    pub(crate) idempotent: &'static str,
    pub(crate) it: &'static str,
    pub(crate) purposes: &'static str,
    pub(crate) good_for: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) subject_field: &'static str,
    pub(crate) listing: &'static str,
    pub(crate) exclusive: &'static str,
    pub(crate) feeds: &'static str,
    pub(crate) feed: &'static str,
    pub(crate) changes: &'static str,
    pub(crate) every: &'static str,
    pub(crate) example: &'static str,
    pub(crate) live: &'static str,
    pub(crate) reaches: &'static str,
    pub(crate) no_back_end: &'static str,
    pub(crate) nowhere_else: &'static str,
    pub(crate) and_hosts: &'static str,
    pub(crate) no_credential: &'static str,
    pub(crate) basic: &'static str,
    pub(crate) header: &'static str,
    pub(crate) query: &'static str,
    pub(crate) hmac: &'static str,
    pub(crate) secret_path: &'static str,
    pub(crate) login: &'static str,
    pub(crate) form: &'static str,
    pub(crate) at_once: &'static str,
    pub(crate) per_minute: &'static str,
    pub(crate) bucket: &'static str,
    pub(crate) personal: &'static str,
    pub(crate) one_of: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) list_of: &'static str,
    pub(crate) records: &'static str,
}

/// The build script writes each file as a `Texts`.
use Words as Texts;

/// The languages of `locales/`.
const LANGUAGES: &[(&str, &Words)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// The words of a language; English for a language that is not in `locales/`.
pub(crate) fn of(language: &str) -> &'static Words {
    for_language(LANGUAGES, language).unwrap_or(&ENGLISH)
}

/// The text with its `{}` replaced by parts.
pub(crate) fn fill(text: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let mut filled = String::new();
    for (index, piece) in text.split("{}").enumerate() {
        if index > 0 {
            filled.push_str(parts.next().unwrap_or(&""));
        }
        filled.push_str(piece);
    }
    filled
}

const ENGLISH: Words = Words {
    connection: "Connection",
    no_connection: "The plugin needs no connection.",
    default: "Default: {}.",
    setting: "setting",
    kind: "kind",
    required: "required",
    secret: "secret",
    what: "what it is",
    functions: "Functions",
    function: "function",
    effect_column: "effect",
    parameters: "Parameters",
    none: "None.",
    parameter: "parameter",
    outcomes: "Outcomes",
    record: "a record of the fields below",
    outcome: "outcome",
    exit: "exit",
    variable: "variable",
    or_else: "{}, else {}",
    fields: "Fields",
    field: "field",
    always: "always there",
    effect: "Effect",
    reads: "changes nothing",
    writes: "changes something, and each repetition changes it again",
    idempotent: "changes something, and repeating it changes nothing more",
    it: "It {}.",
    purposes: "Purposes",
    good_for: "Good for: {}.",
    subject: "Its subject is of the kind {}, named by the parameter {}.",
    subject_field: "The answer has the back end's own spelling of it in the field {}.",
    listing: "The field {} lists things of the kind {}: the part {} tells them apart, and other functions take the part {}.",
    exclusive: "Calls with one connection and one subject wait for each other.",
    feeds: "Feeds",
    feed: "feed",
    changes: "what counts as a change",
    every: "seconds between rounds",
    example: "Example",
    live: "Its choices come from the back end: {}.",
    reaches: "It reaches the address in {}",
    no_back_end: "It has no back end of its own",
    nowhere_else: " and no other host.",
    and_hosts: ", and without credentials {}.",
    no_credential: "Requests carry no credential.",
    basic: "The host authorises requests by HTTP Basic from {} and {}, in the header {}.",
    header: "The host authorises requests by {}, in the header {}.",
    query: "The host authorises requests by {}, in the query parameter {}.",
    hmac: "The host signs requests with {} (HMAC), in the header {}.",
    secret_path: "The host puts {} into the path of requests, after the address.",
    login: "The host logs in at {} with {} and {} by {}, and authorises requests by the token it is given, in the header {}.",
    form: "a form",
    at_once: "At most {} requests are under way at once.",
    per_minute: "At most {} requests go out in a minute.",
    bucket: "The back end tells how full its bucket of requests is, and the host waits before it is full.",
    personal: "Personal data.",
    one_of: "One of {}.",
    yes: "yes",
    list_of: "list of {}",
    records: "list of records",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_replace_the_braces_in_their_order() {
        assert_eq!(fill("{}, else {}", &["a", "{}"]), "a, else {}");
        assert_eq!(fill("nothing", &[]), "nothing");
    }

    #[test]
    fn a_language_without_a_file_is_english() {
        assert_eq!(of("cs").example, "Příklad");
        assert_eq!(of("pt-BR").example, "Exemplo");
        assert_eq!(of("de").example, "Example");
    }
}
