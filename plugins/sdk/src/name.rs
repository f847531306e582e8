//! Names and labels that the contract allows, checked while a definition is compiled.

use crate::contract::Texts;

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
        "a name is a lower case ASCII letter, then lower case letters, digits and hyphens, 64 \
         characters at most"
    );
}

pub(crate) const fn check_label(label: Texts) {
    assert!(
        !label.is_empty(),
        "a label needs a text in at least one language"
    );
}

/// `==` of texts in a constant.
pub(crate) const fn equal(one: &str, other: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule stands here again because a component must not carry `krabice-contract`.
    #[test]
    fn the_rule_is_that_of_the_contract() {
        let long = "a".repeat(LONGEST);
        let longer = "a".repeat(LONGEST + 1);
        for name in [
            "", "a", "A", "a-b", "a_b", "-a", "a-", "1a", "a1", "é", "a b", "a.b", &long, &longer,
        ] {
            let allowed = krabice_contract::name::is_name(name);
            assert_eq!(is_allowed(name), allowed, "{name:?}");
        }
    }
}
