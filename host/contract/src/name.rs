//! Names and language tags: the rules for them, and the known name that is nearest to an
//! unknown one.

/// The longest name, in characters; as in the contract's manifests.
pub const LONGEST: usize = 64;

/// Whether a scenario, a plugin or a function may have this name: lower case
/// ASCII letters, digits and `-`, beginning with a letter.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.len() <= LONGEST
}

/// The primary language of a tag: `cs` for `cs-CZ`.
#[must_use]
pub fn primary_language(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// Whether a text has the form of a language tag: two or three letters, and further parts
/// of up to eight letters and digits. No registry is asked.
#[must_use]
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let word = |part: &str| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(word)
        && tag.len() <= 64
}

/// What a list has for a language or its primary language: the texts of `cs` for `cs-cz`.
#[must_use]
pub fn for_language<'a, T>(list: &[(&str, &'a T)], language: &str) -> Option<&'a T> {
    [language, primary_language(language)]
        .iter()
        .find_map(|tag| list.iter().find(|(known, _)| known == tag))
        .map(|(_, found)| *found)
}

/// The language for somebody who asks for `wanted`, of those that there are: that one, else another of
/// the same primary language (`pt` for `pt-br` and the other way round), else one that its speakers read
/// (Czech and Slovak), else English, else the first.
#[must_use]
pub fn best_language<'a>(wanted: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let known = || known.iter().map(AsRef::as_ref);
    let wanted = wanted.to_ascii_lowercase();
    let primary = primary_language(&wanted);
    let near = match primary {
        "cs" => "sk",
        "sk" => "cs",
        _ => primary,
    };
    let exact = |tag: &str| known().find(|it: &&str| it.eq_ignore_ascii_case(tag));
    let of = |tag: &str| known().find(|it| primary_language(it) == tag);
    exact(&wanted)
        .or_else(|| exact(primary))
        .or_else(|| of(primary))
        .or_else(|| of(near))
        .or_else(|| of("en"))
        .or_else(|| known().next())
}

/// The plugin and the function of `plugin/function`, if both are valid names.
#[must_use]
pub fn split_function(text: &str) -> Option<(&str, &str)> {
    text.split_once('/')
        .filter(|(plugin, function)| is_name(plugin) && is_name(function))
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

    #[test]
    fn a_language_that_is_not_there_gives_its_nearest() {
        for (wanted, known, best) in [
            ("pt-BR", &["en", "pt", "pt-br"][..], Some("pt-br")),
            ("pt-br", &["en", "pt-pt"], Some("pt-pt")),
            ("pt", &["en", "pt-br"], Some("pt-br")),
            ("cs-cz", &["pl", "en", "sk"], Some("sk")),
            ("sk", &["pl", "en", "cs"], Some("cs")),
            ("uk", &["cs", "en-gb", "de"], Some("en-gb")),
            ("uk", &["cs", "de"], Some("cs")),
            ("uk", &[], None),
        ] {
            let known: Vec<String> = known.iter().map(|&tag| tag.to_owned()).collect();
            assert_eq!(best_language(wanted, &known), best, "{wanted} of {known:?}");
        }
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
