//! Telephone numbers, also out of sentences.

use std::sync::LazyLock;

use krabice_contract::compare::canonical_phone;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// The fewest digits of a number.
const FEWEST_DIGITS: usize = 7;

/// The valid numbers in an answer in the form `+420601123456`, each once. None at all where a
/// letter stands within a number: it is a slip of the finger for a digit that nobody knows.
pub(super) fn read(answer: &str, language: &str) -> Vec<String> {
    static RUN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[+(]{0,2}[0-9][0-9 ()/.\-_]*[0-9]")
            .expect("the pattern is valid: each answer is searched by it")
    });
    let text: String = answer
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c if c.is_whitespace() => ' ',
            other => other,
        })
        .nfkc()
        .collect();
    let mut text = text.replace(". ", " ; ");
    // "0xx11": the two letters stand for the carrier's number, which nobody dials any more.
    if language.eq_ignore_ascii_case("pt-br") {
        for letters in ["0xx", "0XX"] {
            text = text.replace(letters, "0");
        }
    }
    let mut numbers = Vec::new();
    for run in RUN.find_iter(&text) {
        let digits = run.as_str().bytes().filter(u8::is_ascii_digit).count();
        if digits < FEWEST_DIGITS {
            continue;
        }
        if is_mixed(&text[..run.start()], &text[run.end()..]) {
            return Vec::new();
        }
        if let Some(number) = canonical_phone(run.as_str(), language)
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    numbers
}

/// Whether letters stand within the number whose digits stop between two texts: right beside
/// them, or in the next word together with digits.
fn is_mixed(before: &str, after: &str) -> bool {
    let beside = before.chars().next_back().is_some_and(char::is_alphabetic)
        || after.chars().next().is_some_and(char::is_alphabetic);
    let mixed = |word: &str| {
        word.contains(char::is_alphabetic)
            && word.contains(|c: char| c.is_ascii_digit())
            && !is_extension(word)
    };
    let near = [
        before.split_whitespace().next_back(),
        after.split_whitespace().next(),
    ];
    beside && !is_extension(after.split_whitespace().next().unwrap_or_default())
        || near.into_iter().flatten().any(mixed)
}

/// Whether a word is an extension such as `x5` or `ext.12`.
fn is_extension(word: &str) -> bool {
    let word = word.to_lowercase();
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    ["x", "ext", "ext.", "linka", "kl."]
        .iter()
        .any(|start| word.strip_prefix(start) == Some(digits))
        && (1..=6).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
}
