//! Names that a back end keeps in several languages.
//!
//! One back end writes `cs`, another `pl_PL`, a third `EN`; the contract has BCP 47 tags in lower
//! case. The functions of this module take them all.

/// The text for a session in `language`: the one in exactly that language, else in the same
/// language of another region, else in `fallback`, else the first one. Empty texts do not count.
///
/// ```
/// use krabice_plugin::language::pick;
///
/// let names = [("cs", "Nový"), ("pl_PL", "Nowe"), ("en", "New")];
/// assert_eq!(pick("cs", "en", names), Some("Nový"));
/// assert_eq!(pick("pl", "en", names), Some("Nowe"));
/// assert_eq!(pick("de", "en", names), Some("New"));
/// assert_eq!(pick("de", "fr", names), Some("Nový"));
/// ```
#[must_use]
pub fn pick<L: AsRef<str>, T: AsRef<str>>(
    language: &str,
    fallback: &str,
    texts: impl IntoIterator<Item = (L, T)>,
) -> Option<T> {
    let (language, fallback) = (tag(language), tag(fallback));
    let nearness = |of: &str| {
        if of == language {
            0
        } else if primary(of) == primary(&language) {
            1
        } else if primary(of) == primary(&fallback) {
            2
        } else {
            3
        }
    };
    // The first of the nearest ones, as `min_by_key` promises.
    texts
        .into_iter()
        .filter(|(_, text)| !text.as_ref().trim().is_empty())
        .min_by_key(|(of, _)| nearness(&tag(of.as_ref())))
        .map(|(_, text)| text)
}

/// The texts as [`Choice::new`](crate::Choice::new) takes its label: one for each language, without
/// empty texts, and without those whose language is not a tag of a language.
///
/// ```
/// use krabice_plugin::language::labels;
///
/// let names = [("CS", "Nový"), ("pl_PL", "Nowe"), ("cs", "Nový"), ("", "?"), ("en", " ")];
/// assert_eq!(
///     labels(names),
///     [("cs".to_owned(), "Nový".to_owned()), ("pl-pl".to_owned(), "Nowe".to_owned())],
/// );
/// ```
#[must_use]
pub fn labels<L: AsRef<str>, T: Into<String>>(
    texts: impl IntoIterator<Item = (L, T)>,
) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for (language, text) in texts {
        let (language, text) = (tag(language.as_ref()), text.into());
        let known = labels.iter().any(|(other, _)| *other == language);
        if is_tag(&language) && !known && !text.trim().is_empty() {
            labels.push((language, text));
        }
    }
    labels
}

/// The language as the contract writes it.
fn tag(language: &str) -> String {
    language.trim().replace('_', "-").to_ascii_lowercase()
}

/// The language without its region.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// Whether the host takes the tag.
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let word = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(word)
        && tag.len() <= 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_of_the_language_is_nearer_than_the_fallback() {
        let names = [("en", "New"), ("pt-BR", "Novo"), ("PT", "Nova")];
        assert_eq!(pick("pt", "en", names), Some("Nova"));
        assert_eq!(pick("pt_br", "en", names), Some("Novo"));
        assert_eq!(pick("pt-pt", "en", names), Some("Novo"));
    }

    #[test]
    fn an_empty_name_does_not_count() {
        assert_eq!(pick("cs", "en", [("cs", " "), ("en", "New")]), Some("New"));
        assert_eq!(pick("cs", "en", [("cs", "")]), None);
        assert_eq!(pick::<&str, &str>("cs", "en", []), None);
    }

    #[test]
    fn a_text_without_the_tag_of_a_language_is_left_out() {
        for language in ["x", "čs", "cs--cz", "english", "1s"] {
            assert_eq!(labels([(language, "New")]), [], "{language}");
        }
    }
}
