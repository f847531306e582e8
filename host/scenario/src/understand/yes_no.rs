//! Yes and no in the words of each language.

use super::words::{Lexicon, lexicon};

/// Whether an answer is a yes or a no; `None` if it is neither, or may be both.
///
/// ```
/// use krabice_scenario::understand::yes_no;
///
/// assert_eq!(yes_no("no jo", "cs"), Some(true));
/// assert_eq!(yes_no("ne, děkuji", "cs"), Some(false));
/// assert_eq!(yes_no("no", "cs"), None);
/// ```
#[must_use]
pub fn yes_no(answer: &str, language: &str) -> Option<bool> {
    // No yes and no no is longer, and each part of the answer is looked for.
    if answer.chars().count() > 80 {
        return None;
    }
    let words = lexicon(language);
    let spoken: Vec<&str> = answer.split_whitespace().collect();
    if words.unclear.has(answer) {
        return None;
    }
    if let Some(side) = side(answer, words) {
        return Some(side);
    }
    let core = without_fillers(&spoken, words);
    if core.len() < spoken.len() && !core.is_empty() {
        let core = core.join(" ");
        if words.unclear.has(&core) {
            return None;
        }
        if let Some(side) = side(&core, words) {
            return Some(side);
        }
    }
    if let Some((first, rest)) = answer.split_once([',', '.', '!'])
        && words.thanks.has(rest)
    {
        return side(first, words);
    }
    one_sided(&spoken, words)
}

fn side(phrase: &str, words: &Lexicon) -> Option<bool> {
    match (words.yes.has(phrase), words.no.has(phrase)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (true, true) | (false, false) => None,
    }
}

/// The words without the polite ones at both ends.
fn without_fillers<'a, 'w>(mut spoken: &'a [&'w str], words: &Lexicon) -> &'a [&'w str] {
    let longest = words.fillers.longest.max(words.thanks.longest);
    let polite = |part: &[&str]| {
        let part = part.join(" ");
        words.fillers.has(&part) || words.thanks.has(&part)
    };
    'ends: loop {
        for length in (1..=longest.min(spoken.len())).rev() {
            if polite(&spoken[..length]) {
                spoken = &spoken[length..];
                continue 'ends;
            }
            if polite(&spoken[spoken.len() - length..]) {
                spoken = &spoken[..spoken.len() - length];
                continue 'ends;
            }
        }
        return spoken;
    }
}

/// The side of words that are all of one side, apart from polite ones.
fn one_sided(mut spoken: &[&str], words: &Lexicon) -> Option<bool> {
    let longest = words.yes.longest.max(words.no.longest);
    let mut found = None;
    while !spoken.is_empty() {
        let lengths = (1..=longest.min(spoken.len())).rev();
        let next = lengths
            .map(|length| (length, spoken[..length].join(" ")))
            .find_map(|(length, phrase)| {
                let polite = words.fillers.has(&phrase) || words.thanks.has(&phrase);
                match side(&phrase, words) {
                    Some(side) => Some((length, Some(side))),
                    None => polite.then_some((length, None)),
                }
            });
        let (length, side) = next?;
        match (found, side) {
            (Some(known), Some(side)) if known != side => return None,
            (_, Some(side)) => found = Some(side),
            (_, None) => {}
        }
        spoken = &spoken[length..];
    }
    found
}

/// The words of a text without the polite ones at both ends.
pub(super) fn core(text: &str, language: &str) -> String {
    let spoken: Vec<&str> = text.split_whitespace().collect();
    without_fillers(&spoken, lexicon(language)).join(" ")
}
