//! Names: the rules for them, and the known name that is nearest to an unknown one.

/// The longest name, in characters; as in the contract's manifests.
pub const LONGEST: usize = 64;

/// The rule for the names of variables and boxes, as text for people.
pub(crate) const NAME_RULE: &str = "a name is letters, digits, `_` and `-`, beginning with a letter or `_`, or with `$` \
     to be hidden; or a number; at most 64 characters";

/// The rule for the names of scenarios, as text for people.
pub(crate) const SCENARIO_RULE: &str =
    "lower case letters, digits and `-`, beginning with a letter; at most 64 characters";

/// The rule of [`is_name`] as a regular expression for the JSON Schema.
pub(crate) const NAME_PATTERN: &str = r"^(\$?[A-Za-z_][A-Za-z0-9_-]*|[0-9]+)$";

/// The rule of [`is_scenario_name`] as a regular expression.
pub(crate) const SCENARIO_PATTERN: &str = "^[a-z][a-z0-9-]*$";

/// The rule of [`split_function`] as a regular expression.
pub(crate) const FUNCTION_PATTERN: &str = "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$";

/// A rough rule for language tags, for the JSON Schema; the reader applies the exact one.
pub(crate) const LANGUAGE_PATTERN: &str = "^[a-z]{2,3}(-[a-z0-9]{2,8})*$";

/// Whether a box, a variable or an input may have this name: ASCII letters,
/// digits, `_` and `-`, beginning with a letter or `_` after an optional `$`;
/// or digits alone, for the boxes of older scenarios.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix('$').unwrap_or(name);
    let word = plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && plain
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    (word || number) && name.len() <= LONGEST
}

/// Whether a scenario, a plugin or a function may have this name: lower case
/// ASCII letters, digits and `-`, beginning with a letter.
#[must_use]
pub fn is_scenario_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.len() <= LONGEST
}

/// Whether templates give this word a meaning of its own, so that no variable can have it
/// as its name.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "this" | "else" | "true" | "false" | "null")
}

/// The primary language of a tag: `cs` for `cs-CZ`.
#[must_use]
pub fn primary_language(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// The plugin and the function of `plugin/function`, if both are valid names.
#[must_use]
pub fn split_function(text: &str) -> Option<(&str, &str)> {
    text.split_once('/')
        .filter(|(plugin, function)| is_scenario_name(plugin) && is_scenario_name(function))
}

/// The candidate nearest to a name, if it is so near that the name is probably a typo of
/// it: equal apart from case, hyphens and a leading `$`, or with at most one wrong, missing
/// or swapped character in three.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > 2 * LONGEST {
        return None;
    }
    let folded = fold(name);
    let most = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= most + 2)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A name without the differences that people overlook.
fn fold(name: &str) -> String {
    name.trim_start_matches('$')
        .to_lowercase()
        .replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn the_schema_and_the_reader_agree_on_names() {
        let name = Regex::new(NAME_PATTERN).unwrap();
        let scenario = Regex::new(SCENARIO_PATTERN).unwrap();
        let function = Regex::new(FUNCTION_PATTERN).unwrap();
        for text in [
            "a", "A", "_", "-", "$", "$a", "$$a", "a$", "5", "05", "5a", "a5", "a-b", "a_b", "a.b",
            "a b", "", "á", "a/b", "/b", "a/", "a/b/c", "A/b", "$5", "a-", "a/5",
        ] {
            assert_eq!(name.is_match(text), is_name(text), "{text:?}");
            assert_eq!(scenario.is_match(text), is_scenario_name(text), "{text:?}");
            assert_eq!(
                function.is_match(text),
                split_function(text).is_some(),
                "{text:?}"
            );
        }
        assert!(is_name(&"a".repeat(LONGEST)) && !is_name(&"a".repeat(LONGEST + 1)));
    }

    #[test]
    fn a_typo_finds_its_name_and_another_word_does_not() {
        let boxes = ["show", "ask-order", "sorry", "operator", "x"];
        for (typed, meant) in [
            ("shwo", Some("show")),
            ("Show", Some("show")),
            ("ask_order", Some("ask-order")),
            ("$operator", Some("operator")),
            ("oprator", Some("operator")),
            ("finish", None),
            ("", None),
            ("y", None),
        ] {
            assert_eq!(nearest(typed, boxes), meant, "{typed:?}");
        }
    }
}
