//! Numbers and amounts.

use std::sync::LazyLock;

use krabice_contract::Value;
use krabice_contract::value::decimal;
use regex::Regex;
use rust_decimal::Decimal;

use super::words::{Lexicon, Mark, Phrases};
use super::{Reading, Understood};

/// Words and signs of currencies, the same in every language.
static CURRENCIES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "kč, kc, czk, koruna, koruny, korun, €, eur, euro, euros, euró, eura, eurá, cent, cents, cêntimos, zł, zl, złoty, złote, \
         złotych, pln, gr, £, gbp, pounds, pound, quid, $, usd, dollars, r$, brl, real, reais, contos, conto, pila, pilas, centavos, \
         chf, fr, ft, forint, huf, lei, leu, ron, bani, ron",
    )
});

/// What is understood of an answer that shall be a number.
pub(super) fn read(answer: &str, words: &Lexicon) -> Understood {
    static RUN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[-+]?\s?[.,]?[0-9](?:[0-9 .,'’]*[0-9])?")
            .expect("the pattern is valid: each answer is searched by it")
    });
    // "24€90" has its sign in the middle, "4990,-" nothing behind the comma.
    static EURO: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([0-9])€([0-9]{2})\b")
            .expect("the pattern is valid: each answer is searched by it")
    });
    static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([0-9])[.,]-{1,2}")
            .expect("the pattern is valid: each answer is searched by it")
    });
    let text: String = answer
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c if c.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    let text = EURO.replace_all(&text, "$1,$2 €");
    let text = NOTHING.replace_all(&text, "$1 ");
    let mut runs = RUN.find_iter(&text);
    let (Some(run), None) = (runs.next(), runs.next()) else {
        return in_words(&text, words);
    };
    let around = [&text[..run.start()], &text[run.end()..]];
    let Some(around) = around
        .map(|part| around_number(part, words))
        .into_iter()
        .reduce(|one, other| {
            let (one, other) = (one?, other?);
            Some(Around {
                is_money: one.is_money || other.is_money,
                thousands: one.thousands || other.thousands,
            })
        })
        .flatten()
    else {
        return Understood::Nothing;
    };
    let times = |number: Decimal| {
        let times = if around.thousands {
            Decimal::ONE_THOUSAND
        } else {
            Decimal::ONE
        };
        number.checked_mul(times)
    };
    let readings = readings(run.as_str(), words, around.is_money);
    let readings: Option<Vec<Reading>> = readings
        .into_iter()
        .map(|number| {
            let number = times(number)?;
            Some(Reading {
                label: spelled(number, words),
                value: Value::Decimal(number),
            })
        })
        .collect();
    Understood::of(readings.unwrap_or_default())
}

/// A number as it is written in a language, without groups.
pub(super) fn spelled(number: Decimal, words: &Lexicon) -> String {
    let number = number.to_string();
    if words.words.comma == Mark::Groups {
        number
    } else {
        number.replace('.', ",")
    }
}

/// What the words beside a number say of it.
#[derive(Clone, Copy)]
struct Around {
    is_money: bool,
    thousands: bool,
}

/// What the words on one side of a number say; `None` if they say something else.
fn around_number(part: &str, words: &Lexicon) -> Option<Around> {
    let mut found = Around {
        is_money: false,
        thousands: false,
    };
    let spoken: Vec<&str> = part
        .split([' ', ',', '!', '?', ';', ':', '(', ')'])
        .filter(|word| !word.trim_matches('.').is_empty())
        .collect();
    let longest = words
        .fillers
        .longest
        .max(words.units.longest)
        .max(words.thanks.longest);
    let mut rest = spoken.as_slice();
    while !rest.is_empty() {
        let lengths = (1..=longest.min(rest.len())).rev();
        let length = lengths.into_iter().find(|length| {
            let phrase = rest[..*length].join(" ");
            if CURRENCIES.has(&phrase) {
                found.is_money = true;
            } else if words.thousand.has(&phrase) && !found.thousands {
                found.thousands = true;
            } else {
                return words.units.has(&phrase)
                    || words.fillers.has(&phrase)
                    || words.thanks.has(&phrase)
                    || matches!(phrase.as_str(), "cca" | "~" | "ca" | "=");
            }
            true
        })?;
        rest = &rest[length..];
    }
    Some(found)
}

/// A number from one to ten in words, with or without a unit.
fn in_words(text: &str, words: &Lexicon) -> Understood {
    if text.contains(|c: char| c.is_ascii_digit()) {
        return Understood::Nothing;
    }
    let spoken: Vec<&str> = text.split_whitespace().collect();
    let count = |word: &str| {
        (1_i64..)
            .zip(&words.counts)
            .find(|(_, count)| count.has(word))
    };
    let mut found = None;
    let mut others: Vec<&str> = Vec::new();
    for word in spoken {
        match (count(word), found) {
            (Some((number, _)), None) => found = Some(number),
            (Some(_), Some(_)) => return Understood::Nothing,
            (None, _) => others.push(word),
        }
    }
    let (Some(number), Some(around)) = (found, around_number(&others.join(" "), words)) else {
        return Understood::Nothing;
    };
    let number = if around.thousands {
        number * 1_000
    } else {
        number
    };
    Understood::Value(Value::Decimal(number.into()))
}

/// The numbers that digits and marks may be: one, two where a mark may be either, or none.
fn readings(run: &str, words: &Lexicon, is_money: bool) -> Vec<Decimal> {
    let (minus, unsigned) = match run.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", run.trim_start_matches('+')),
    };
    let unsigned = unsigned.trim();
    let (commas, points) = (unsigned.matches(',').count(), unsigned.matches('.').count());
    let last = unsigned.rfind([',', '.']);
    let (before, after) = last.map_or((unsigned, ""), |at| (&unsigned[..at], &unsigned[at + 1..]));
    let may_group = after.len() == 3 && (1..=3).contains(&before.len()) && before != "0";
    let is_comma = unsigned[last.unwrap_or(0)..].starts_with(',');
    let mark = match (commas, points) {
        (0, 0) => Mark::Groups,
        (1, 0) | (0, 1) if !may_group => Mark::Fraction,
        (1, 0) | (0, 1) if is_money => Mark::Groups,
        (1, 0) => words.words.comma,
        (0, 1) => words.words.point,
        (_, 0) | (0, _) => Mark::Groups,
        // Two different marks: the last one begins the fraction.
        (1, _) if is_comma => Mark::Fraction,
        (_, 1) if !is_comma => Mark::Fraction,
        _ => return Vec::new(),
    };
    let grouped = |whole: &str| {
        let mark = |c: char| matches!(c, ' ' | ',' | '.' | '\'' | '’');
        let groups: Vec<&str> = whole.split(mark).collect();
        let fits = groups.len() == 1
            || (1..=3).contains(&groups[0].len())
                && groups[1..].iter().all(|group| group.len() == 3);
        let digits = groups.concat();
        (fits && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
    };
    let whole = || {
        let digits = grouped(unsigned).filter(|digits| !digits.is_empty())?;
        decimal(&format!("{minus}{digits}")).ok()
    };
    let fraction = || {
        let digits = grouped(before)?;
        let digits = if digits.is_empty() { "0" } else { &digits };
        let fits = !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| decimal(&format!("{minus}{digits}.{after}")).ok())
            .flatten()
    };
    match mark {
        Mark::Groups => whole().into_iter().collect(),
        Mark::Fraction => fraction().into_iter().collect(),
        Mark::Either => whole().into_iter().chain(fraction()).collect(),
    }
}
