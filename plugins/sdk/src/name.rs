//! What the contract asks of names and labels, checked while a definition is
//! compiled.

use crate::Texts;
use crate::params::Member;

/// The longest name that the contract allows, in characters.
const LONGEST: usize = 64;

/// Whether the contract allows the name.
pub(crate) const fn is_allowed(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    let mut at = 1;
    while at < bytes.len() {
        let byte = bytes[at];
        if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return false;
        }
        at += 1;
    }
    true
}

pub(crate) const fn check(name: &str) {
    assert!(
        is_allowed(name),
        "a name begins with a lower case ASCII letter and goes on with lower case letters, digits \
         and hyphens, 64 characters at most"
    );
}

pub(crate) const fn check_label(label: Texts) {
    assert!(
        !label.is_empty(),
        "a label needs a text in one language at least"
    );
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Refuses a function whose live parameters and their sources do not pair up.
#[doc(hidden)]
pub const fn check_sources(members: &[Member], sources: &[&str]) {
    let mut at = 0;
    while at < members.len() {
        match &members[at] {
            Member::Flat(members) => check_sources(members, sources),
            Member::One { field, live, .. } => {
                let mut has_source = false;
                let mut source = 0;
                while source < sources.len() {
                    has_source |= equal(field, sources[source]);
                    source += 1;
                }
                assert!(
                    has_source || !*live,
                    "a `LiveChoice` needs a source of its choices: `choices(field = function)`"
                );
                assert!(
                    *live || !has_source,
                    "choices are given for a parameter that is no `LiveChoice`"
                );
            }
        }
        at += 1;
    }
}

/// The parameter's name by its field's.
#[doc(hidden)]
#[must_use]
pub const fn name_of(members: &[Member], field: &str) -> &'static str {
    match find(members, field) {
        Some(name) => name,
        None => panic!("choices are given for a field that the parameters do not have"),
    }
}

const fn find(members: &[Member], wanted: &str) -> Option<&'static str> {
    let mut at = 0;
    while at < members.len() {
        match &members[at] {
            Member::One { field, name, .. } => {
                if equal(field, wanted) {
                    return Some(name);
                }
            }
            Member::Flat(members) => {
                if let Some(name) = find(members, wanted) {
                    return Some(name);
                }
            }
        }
        at += 1;
    }
    None
}
