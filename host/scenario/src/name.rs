//! The names of a scenario: its boxes and variables, and the rules as regular expressions.

use krabice_contract::name::LONGEST;

use crate::template::NOW;

/// The rule for the names of variables and boxes, as text for people.
pub(crate) const NAME_RULE: &str = "a name is letters, digits, `_` and `-`, beginning with a letter or `_`, or with `$` \
     to be hidden; or a number; at most 64 characters";

/// The rule for the names of scenarios, as text for people.
pub(crate) const SCENARIO_RULE: &str =
    "lower case letters, digits and `-`, beginning with a letter; at most 64 characters";

/// The rule of [`is_variable_name`] as a regular expression for the JSON Schema.
pub(crate) const NAME_PATTERN: &str = r"^(\$?[A-Za-z_][A-Za-z0-9_-]*|[0-9]+)$";

/// The rule for the names of scenarios as a regular expression.
pub(crate) const SCENARIO_PATTERN: &str = "^[a-z][a-z0-9-]*$";

/// The rule for functions, `plugin/function`, as a regular expression.
pub(crate) const FUNCTION_PATTERN: &str = "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$";

/// A rough rule for language tags, for the JSON Schema; the reader applies the exact one.
pub(crate) const LANGUAGE_PATTERN: &str = "^[a-z]{2,3}(-[a-z0-9]{2,8})*$";

/// Whether a box, a variable or an input may have this name: ASCII letters,
/// digits, `_` and `-`, beginning with a letter or `_` after an optional `$`;
/// or digits alone, for the boxes of older scenarios.
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    let plain = name.strip_prefix('$').unwrap_or(name);
    let word = plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && plain
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    (word || number) && name.len() <= LONGEST
}

/// Whether templates give this word a meaning of its own, so that no variable can have it
/// as its name.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "this" | "else" | "true" | "false" | "null" | NOW)
}

#[cfg(test)]
mod tests {
    use krabice_contract::name::{is_name, split_function};
    use regex::Regex;

    use super::*;

    #[test]
    fn the_schema_and_the_reader_agree_on_names() {
        let name = Regex::new(NAME_PATTERN).unwrap();
        let scenario = Regex::new(SCENARIO_PATTERN).unwrap();
        let function = Regex::new(FUNCTION_PATTERN).unwrap();
        for text in [
            "a", "A", "_", "-", "$", "$a", "$$a", "a$", "5", "05", "5a", "a5", "a-b", "a_b", "a.b",
            "a b", "", "á", "a/b", "/b", "a/", "a/b/c", "A/b", "$5", "a-", "a/5",
        ] {
            assert_eq!(name.is_match(text), is_variable_name(text), "{text:?}");
            assert_eq!(scenario.is_match(text), is_name(text), "{text:?}");
            assert_eq!(
                function.is_match(text),
                split_function(text).is_some(),
                "{text:?}"
            );
        }
        assert!(
            is_variable_name(&"a".repeat(LONGEST)) && !is_variable_name(&"a".repeat(LONGEST + 1))
        );
    }
}
