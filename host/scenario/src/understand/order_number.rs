//! Order numbers, also out of sentences.
//!
//! A token is letters and digits that `-`, `/`, `.` and `_` join, with a digit in it. What is
//! a date, a telephone number, an amount, or the number of something else is no order number.

use std::ops::Range;
use std::sync::LazyLock;

use krabice_contract::compare::{canonical_phone, same_number};
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::words::{Lexicon, all};

/// The longest order number, in characters.
const LONGEST: usize = 40;

/// The shortest token in a sentence that is a number without a word that says so.
const SHORTEST: usize = 4;

/// The numbers in an answer, each once, in the order in which they stand in it.
pub(super) fn read(
    answer: &str,
    language: &str,
    words: &Lexicon,
    pattern: Option<&Regex>,
) -> Vec<String> {
    let text = tidy(answer);
    if let Some(pattern) = pattern {
        let whole = |found: &regex::Match<'_>| {
            !found.is_empty()
                && !text[..found.start()].ends_with(char::is_alphanumeric)
                && !text[found.end()..].starts_with(char::is_alphanumeric)
        };
        let found = pattern.find_iter(&text).filter(whole);
        return distinct(
            found
                .map(|found| found.as_str().trim().to_owned())
                .collect(),
        );
    }
    let struck = struck(&text, language, words);
    let pieces = pieces(&text, words);
    if let Some(whole) = whole(&text, language, &pieces, &struck, words) {
        return vec![whole];
    }
    let only_labels = pieces.iter().all(|piece| {
        piece.means != Means::Word || words.fillers.has(piece.text) || words.thanks.has(piece.text)
    });
    let mut best: Option<Likelihood> = None;
    let mut found = Vec::new();
    let mut last: Option<(usize, Option<Likelihood>)> = None;
    for (i, piece) in pieces.iter().enumerate() {
        if piece.means != Means::Token {
            continue;
        }
        let number = without_ending(piece.text, language);
        let length = number.chars().count();
        let label = label(&pieces[..i]);
        let likely = if struck.iter().any(|struck| overlap(struck, &piece.range)) {
            None
        } else {
            let joined_to_last = last.filter(|(before, _)| {
                is_list(&text, &pieces[*before], &pieces[*before + 1..i], piece)
            });
            let label = match joined_to_last {
                Some((_, likely)) if label == Label::None => return_label(likely),
                _ => label,
            };
            match label {
                _ if length > LONGEST => None,
                Label::Other => None,
                Label::Order | Label::Number if length < SHORTEST => {
                    only_labels.then_some(Likelihood::Short)
                }
                Label::Order => Some(Likelihood::Named),
                _ if length < SHORTEST => None,
                _ if piece.is_other(words) => None,
                Label::Number => Some(Likelihood::Likely),
                Label::None if is_weak(piece.text, language) => Some(Likelihood::Weak),
                Label::None => Some(Likelihood::Likely),
            }
        };
        last = Some((i, likely));
        let Some(likely) = likely else { continue };
        if best.is_none_or(|best| likely > best) {
            best = Some(likely);
            found.clear();
        }
        if best == Some(likely) {
            found.push(number.to_owned());
        }
    }
    distinct(found)
}

/// How likely a token is the number, the least likely first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likelihood {
    /// Too short to be one without the word before it.
    Short,
    /// It may also be a year, a postcode or a telephone number.
    Weak,
    Likely,
    /// A word for an order stands before it.
    Named,
}

/// The label that a token shares with the one before it in a list.
fn return_label(likely: Option<Likelihood>) -> Label {
    match likely {
        Some(Likelihood::Named) => Label::Order,
        Some(Likelihood::Short | Likelihood::Weak | Likelihood::Likely) => Label::None,
        None => Label::Other,
    }
}

/// What a piece of a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    /// A word for an order.
    Order,
    /// A word for something else that has numbers.
    Other,
    /// A word for "number".
    Number,
    /// A word that may stand between one of the above and the number.
    Between,
    /// A token: it has a digit.
    Token,
    Word,
}

/// A word or a token.
struct Piece<'a> {
    text: &'a str,
    range: Range<usize>,
    means: Means,
}

impl Piece<'_> {
    /// Whether its own beginning says that it is the number of something else: `INV-2026-1`.
    fn is_other(&self, words: &Lexicon) -> bool {
        let first = self.text.split(['-', '/', '.', '_']).next().unwrap_or("");
        first.chars().all(char::is_alphabetic) && words.other.has(first)
    }
}

/// A text with one kind of space, dash and digit.
fn tidy(text: &str) -> String {
    let one_dash = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_whitespace() => ' ',
        other => other,
    };
    text.chars()
        .map(one_dash)
        .nfkc()
        .map(one_dash)
        .collect::<String>()
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns of this module are valid, and a test uses each")
}

fn pieces<'a>(text: &'a str, words: &Lexicon) -> Vec<Piece<'a>> {
    static PIECE: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"#|[\p{L}\p{M}\p{N}]+(?:[-/._'’][\p{L}\p{M}\p{N}]+)*"));
    let mut pieces = Vec::new();
    for found in PIECE.find_iter(text) {
        let mut range = found.range();
        // Words that are glued on by a dot: "obj.č.O260147".
        while let Some((word, _)) = text[range.clone()].split_once('.') {
            let means = meaning(word, words);
            if !matches!(means, Means::Order | Means::Number | Means::Other)
                || !word.chars().all(char::is_alphabetic)
            {
                break;
            }
            let end = range.start + word.len();
            pieces.push(Piece {
                text: word,
                range: range.start..end,
                means,
            });
            range.start = end + 1;
        }
        let word = &text[range.clone()];
        let means = meaning(word, words);
        pieces.push(Piece {
            text: word,
            range,
            means,
        });
    }
    pieces
}

fn meaning(word: &str, words: &Lexicon) -> Means {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    if word == "#" || words.number.has(word) {
        Means::Number
    } else if has_digit {
        Means::Token
    } else if words.order.has(word) {
        Means::Order
    } else if words.other.has(word) {
        Means::Other
    } else if words.between.has(word) && !word.chars().all(char::is_uppercase) {
        // A capital letter alone may be the beginning of a number: "O 260147".
        Means::Between
    } else {
        Means::Word
    }
}

/// What the words right before a token say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Order,
    Other,
    Number,
    None,
}

fn label(before: &[Piece<'_>]) -> Label {
    let mut label = Label::None;
    for piece in before.iter().rev().take(5) {
        match piece.means {
            Means::Number => label = Label::Number,
            Means::Order => return Label::Order,
            Means::Other => return Label::Other,
            Means::Between => {}
            Means::Token | Means::Word => break,
        }
    }
    label
}

/// Whether two tokens stand in one list: apart by a comma, a sign or one short word.
fn is_list(text: &str, one: &Piece<'_>, between: &[Piece<'_>], other: &Piece<'_>) -> bool {
    let apart = &text[one.range.end..other.range.start];
    match between {
        [] => !apart.contains(['.', ';', '\n', '?', '!']),
        [word] => {
            word.means != Means::Order && word.text.chars().count() <= 5 && !apart.contains('.')
        }
        _ => false,
    }
}

/// The number, where the answer is nothing else: one token, or one that spaces divide.
fn whole(
    text: &str,
    language: &str,
    pieces: &[Piece<'_>],
    struck: &[Range<usize>],
    words: &Lexicon,
) -> Option<String> {
    let is_label =
        |piece: &Piece<'_>| matches!(piece.means, Means::Order | Means::Number | Means::Between);
    let from = pieces.iter().position(|piece| !is_label(piece))?;
    let parts = &pieces[from..];
    let (first, last) = (parts.first()?, parts.last()?);
    let range = first.range.start..last.range.end;
    let number = &text[range.clone()];
    if number.chars().count() > LONGEST || text[range.end..].contains(char::is_alphanumeric) {
        return None;
    }
    if let [token] = parts {
        let is_named = pieces[..from].iter().any(|piece| piece.text != "#");
        let fits = token.means == Means::Token
            && (is_named || !token.is_other(words))
            // Only the punctuation of a sentence may stand around it.
            && !text.contains(['@', '<', '>', '€', '$', '£', '%', '+']);
        return fits.then(|| without_ending(number, language).to_owned());
    }
    let digits = |part: &Piece<'_>| part.text.contains(|c: char| c.is_ascii_digit());
    let spaces = |two: &[Piece<'_>]| {
        text[two[0].range.end..two[1].range.start]
            .bytes()
            .all(|b| b == b' ')
    };
    let long = parts
        .iter()
        .filter(|part| part.text.chars().count() > SHORTEST);
    let fits = parts.len() <= 4
        && (digits(first) || first.means != Means::Other && is_code(first.text))
        && parts[1..].iter().all(digits)
        && parts.windows(2).all(spaces)
        // Two long tokens are two numbers.
        && long.count() <= 1
        && !struck.iter().any(|struck| overlap(struck, &range));
    let groups: Vec<&str> = parts.iter().map(|part| part.text).collect();
    fits.then(|| groups.join(" "))
}

/// Whether letters before digits look like a code and not like a word: capitals, or no vowel.
fn is_code(letters: &str) -> bool {
    let is_vowel = |c: char| "aeiouyáéíóúýěůäöüőűâîãõàêô".contains(c);
    letters.chars().count() <= 4
        && letters.chars().all(char::is_alphabetic)
        && (letters.chars().all(char::is_uppercase) || !letters.contains(is_vowel))
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The places of what is certainly no order number: addresses, dates, amounts, telephone
/// numbers in groups.
fn struck(text: &str, language: &str, words: &Lexicon) -> Vec<Range<usize>> {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"(?i)\S+@\S+|(?:https?://|www\.)\S+"));
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})|\d{4}\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2}|\d{1,2}\.\s?\d{1,2}\.|\d{1,2}/\d{1,2}",
        )
    });
    static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"(?i)(?:[£€$]|r\$|czk|eur|pln|huf|ron|gbp|usd|brl)\s?\d+(?:[ .,]\d+)*|\d+(?:[ .,]\d{3})*(?:[.,]\d{1,2})?(?:,?-{1,2})?\s?(?:[£€$]|(?:kč|kc|czk|korun[ay]?|eur|euro|eura|eurá|zł|zl|złot\p{L}+|pln|ft|forint|huf|lei|leu|ron|reais|real|gbp|usd|pounds|quid|chf)\b)|\d+[.,]\d{1,2}",
        )
    });
    static GROUPS: LazyLock<Regex> = LazyLock::new(|| {
        compiled(r"(?:\+|00)?\(?\d[\d()/.-]*(?:\s[\d()/.-]+){1,6}|\+\d[\d -]{7,}")
    });
    static UNIT: LazyLock<Regex> = LazyLock::new(|| compiled(r"\d+(?:[.,]\d+)?\s?(\p{L}+)"));

    let mut places = Vec::new();
    places.extend(ADDRESS.find_iter(text).map(|found| found.range()));
    let alone = |range: &Range<usize>| {
        let before = text[..range.start].chars().next_back();
        let mut after = text[range.end..].chars();
        let next = after.next();
        let joins = |c: char| matches!(c, '-' | '/' | '_' | '.');
        let joined = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '_'))
            || next.is_some_and(char::is_alphanumeric)
            || next.is_some_and(joins) && after.next().is_some_and(char::is_alphanumeric);
        !joined
    };
    let day = |range: &Range<usize>| {
        let numbers = text[range.clone()].split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u32> = numbers.filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [day, month] => {
                (1..=31).contains(&day) && (1..=12).contains(&month)
                    || (1..=12).contains(&day) && (1..=31).contains(&month)
            }
            [one, two, three] => {
                let parts = if one > 31 { [two, three] } else { [one, two] };
                parts.iter().all(|part| (1..=31).contains(part))
                    && parts.iter().any(|part| *part <= 12)
            }
            _ => false,
        }
    };
    places.extend(
        DATE.find_iter(text)
            .map(|found| found.range())
            .filter(|range| alone(range) && day(range)),
    );
    places.extend(
        AMOUNT
            .find_iter(text)
            .map(|found| found.range())
            .filter(|range| alone(range)),
    );
    places.extend(
        UNIT.captures_iter(text)
            .filter(|found| words.units.has(&found[1]) && found[1].chars().count() > 1)
            .filter_map(|found| found.get(0))
            .map(|found| found.range())
            .filter(|range| alone(range)),
    );
    places.extend(
        GROUPS
            .find_iter(text)
            .filter(|found| {
                let digits = found.as_str().bytes().filter(u8::is_ascii_digit).count();
                let groups = found.as_str().split_whitespace().count();
                digits >= 9
                    && (groups > 2 || found.as_str().starts_with(['+', '0']))
                    && canonical_phone(found.as_str(), language).is_some()
            })
            .map(|found| found.range()),
    );
    places.extend(years(text));
    places
}

/// The years beside the name of a month.
fn years(text: &str) -> Vec<Range<usize>> {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| compiled(r"\b(?:19|20)\d\d\b"));
    let is_month = |word: &str| {
        all().any(|words| words.months.iter().any(|month| month.has(word)))
            && word.chars().filter(|c| c.is_alphabetic()).count() >= 3
    };
    YEAR.find_iter(text)
        .map(|found| found.range())
        .filter(|range| {
            let split = |c: char| !c.is_alphanumeric();
            let before = text[..range.start]
                .split(split)
                .rev()
                .filter(|word| !word.is_empty())
                .take(3);
            let after = text[range.end..]
                .split(split)
                .filter(|word| !word.is_empty())
                .take(1);
            before.chain(after).any(is_month)
        })
        .collect()
}

/// Whether a token is likely a year, a postcode or a telephone number.
fn is_weak(token: &str, language: &str) -> bool {
    static WEAK: LazyLock<Regex> = LazyLock::new(|| {
        compiled(r"^(?:(?:19[5-9]|20[0-4])\d|\d{2}-\d{3}|\d{4}-\d{3}|\d{5}-\d{3})$")
    });
    WEAK.is_match(token)
        || token.len() >= 9
            && token.bytes().all(|b| b.is_ascii_digit())
            && canonical_phone(token, language).is_some()
}

/// A Hungarian token without the ending that a hyphen joins to it.
fn without_ending<'a>(token: &'a str, language: &str) -> &'a str {
    if !language.starts_with("hu") {
        return token;
    }
    match token.rsplit_once('-') {
        Some((number, ending))
            if number.contains(|c: char| c.is_ascii_digit())
                && (1..=4).contains(&ending.chars().count())
                && ending.chars().all(|c| c.is_lowercase()) =>
        {
            number
        }
        _ => token,
    }
}

/// Each number once: those of a person's one number in two spellings are one.
fn distinct(numbers: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for number in numbers {
        if !distinct.iter().any(|known| same_number(known, &number)) {
            distinct.push(number);
        }
    }
    distinct
}
