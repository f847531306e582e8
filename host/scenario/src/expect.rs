//! Reading what a customer typed as what an `answer` box expects.
//!
//! First the answer is cleaned: composed (NFC), without control characters and invisible
//! characters, trimmed. An answer of more than 2,000 characters never fits. An answer that
//! fits is saved with its type:
//!
//! | expect | fits | is saved as |
//! |---|---|---|
//! | `text` | anything of 1 to 2,000 characters | text |
//! | `order-number` | 1 to 40 letters, digits and `-/._ ` with a digit; a leading `#` is dropped | text |
//! | `email` | an address with a top-level domain, also in `<…>` or after `mailto:` | text |
//! | `phone` | a valid international number, or one of the language's country | text, `+420601123456` |
//! | `number` | digits with `,` or `.` as the decimal mark, groups of three apart by spaces or the other mark | decimal |
//! | `date` | `14.3.2026`, `14. 3. 2026`, `2026-03-14`, `14/3/2026` (not in `en` and `en-US`), today and yesterday in words | timestamp of the day's start |
//! | `choice` | a choice's value or label in any case; else its number, from 1 | text: the value |
//! | `pattern` | what the pattern matches as a whole | text |
//!
//! `1,250` is one thousand two hundred and fifty in English and one and a quarter in other
//! languages; `1.250` is one and a quarter in every language. With another number of
//! digits after the mark, both marks begin a fraction in every language. The country of a
//! telephone number is the region of the language tag (`en-GB`), else CZ for `cs`, SK for
//! `sk`, PL for `pl` and PT for `pt`; in English a number must be international.

use std::sync::LazyLock;

use email_address::{EmailAddress, Options};
use jiff::Timestamp;
use jiff::civil::Date;
use krabice_contract::compare::{country_of, is_invisible};
use krabice_contract::value::{Value, decimal};
use phonenumber::Mode;
use regex::Regex;
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use crate::scenario::{AnswerChoice, Expect};
use crate::template::Scope;
use crate::{compare, moment};

/// The longest answer, in characters.
pub const ANSWER_CHARACTERS: usize = 2_000;

/// The longest answer that is cleaned at all, in bytes: more than the characters need, so
/// that a huge answer costs nothing.
const ANSWER_BYTES: usize = 16 * 1024;

/// The longest order number, in characters.
const ORDER_NUMBER_CHARACTERS: usize = 40;

impl Expect {
    /// The value of an answer, if the answer fits.
    ///
    /// `scope` gives the language, the time zone and the variables of the choices' labels;
    /// `now` decides which day is today.
    #[must_use]
    pub fn read(&self, answer: &str, scope: &Scope<'_>, now: Timestamp) -> Option<Value> {
        let answer = clean(answer)?;
        match self {
            Expect::Text => Some(Value::Text(answer)),
            Expect::OrderNumber => order_number(&answer).map(Value::Text),
            Expect::Email => email(&answer).map(Value::Text),
            Expect::Phone => phone(&answer, scope.language).map(Value::Text),
            Expect::Number => number(&answer, scope.language).map(Value::Decimal),
            Expect::Date => {
                let today = now.to_zoned(scope.time_zone.clone()).date();
                let date = date(&answer, scope.language, today)?;
                moment::day_start(date, scope.time_zone).map(Value::Timestamp)
            }
            Expect::Choice(choices) => {
                let label = |choice: &AnswerChoice| {
                    choice
                        .label
                        .in_language(scope.language)
                        .map(|label| label.show(scope).text)
                };
                let chosen = choices
                    .iter()
                    .find(|choice| {
                        compare::equal_folded(&choice.value, &answer)
                            || label(choice)
                                .is_some_and(|label| compare::equal_folded(label.trim(), &answer))
                    })
                    .or_else(|| choices.get(position(&answer)?));
                chosen.map(|choice| Value::Text(choice.value.clone()))
            }
            Expect::Pattern(pattern) => {
                let whole = pattern
                    .find(&answer)
                    .is_some_and(|found| found.as_str() == answer);
                whole.then_some(Value::Text(answer))
            }
        }
    }

    /// The text after an answer that does not fit, if the author gave none: in Czech,
    /// Slovak, Polish or Portuguese, else in English.
    #[must_use]
    pub fn usual_reask(&self, language: &str) -> &'static str {
        let texts = crate::texts::of(language);
        match self {
            Expect::Text => texts.text,
            Expect::OrderNumber => texts.order_number,
            Expect::Email => texts.email,
            Expect::Phone => texts.phone,
            Expect::Number => texts.number,
            Expect::Date => texts.date,
            Expect::Choice(_) => texts.choice,
            Expect::Pattern(_) => texts.pattern,
        }
    }
}

/// The answer without characters that cannot be seen, trimmed; line breaks stay, and a
/// tab becomes a space. None if nothing is left, or more than 2,000 characters.
#[must_use]
pub fn clean(answer: &str) -> Option<String> {
    if answer.len() > ANSWER_BYTES {
        return None;
    }
    let unseen = |c: char| c.is_control() && c != '\n' || is_invisible(c);
    let cleaned: String = answer
        .nfc()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| !unseen(*c))
        .collect();
    let cleaned = cleaned.trim();
    (!cleaned.is_empty() && cleaned.chars().count() <= ANSWER_CHARACTERS)
        .then(|| cleaned.to_owned())
}

/// The index, from 0, of the choice or button that a number such as `2`, `2.` or `2)`
/// names.
#[must_use]
pub fn position(answer: &str) -> Option<usize> {
    let digits = answer.trim().trim_end_matches(['.', ')']);
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<usize>().ok()?.checked_sub(1)
}

fn order_number(answer: &str) -> Option<String> {
    let answer = answer.strip_prefix('#').unwrap_or(answer).trim();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | '_' | ' ');
    let fits = answer.chars().count() <= ORDER_NUMBER_CHARACTERS
        && answer.chars().all(allowed)
        && answer.contains(|c: char| c.is_ascii_digit());
    fits.then(|| answer.to_owned())
}

fn email(answer: &str) -> Option<String> {
    let inner = answer
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .unwrap_or(answer);
    let address = match inner.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &inner[7..],
        _ => inner,
    };
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    EmailAddress::parse_with_options(address, options)
        .ok()
        .map(|_| address.to_owned())
}

fn phone(answer: &str, language: &str) -> Option<String> {
    // No telephone number is longer, and the library is slow with long texts.
    if answer.len() > 60 {
        return None;
    }
    let country = country_of(language);
    let international = match answer.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => answer.to_owned(),
    };
    let number = phonenumber::parse(country, international).ok()?;
    number
        .is_valid()
        .then(|| number.format().mode(Mode::E164).to_string())
}

fn number(answer: &str, language: &str) -> Option<Decimal> {
    let unsigned = answer.trim_start_matches(['-', '\u{2212}', '+']);
    let sign = &answer[..answer.len() - unsigned.len()];
    let minus = match sign {
        "" | "+" => "",
        "-" | "\u{2212}" => "-",
        _ => return None,
    };
    let unsigned = unsigned.trim_start();
    let (commas, points) = (unsigned.matches(',').count(), unsigned.matches('.').count());
    let english = language == "en" || language.starts_with("en-");
    let after_comma = unsigned.rsplit(',').next().map_or(0, str::len);
    // The mark before the fraction, and the mark between groups if it is not a space.
    let (mark, group) = match (commas, points) {
        (0, 0) => (None, None),
        (1, 0) if english && after_comma == 3 => (None, Some(',')),
        (1, 0) => (Some(','), None),
        (0, 1) => (Some('.'), None),
        (_, 0) => (None, Some(',')),
        (0, _) => (None, Some('.')),
        (_, 1) if unsigned.rfind('.') > unsigned.rfind(',') => (Some('.'), Some(',')),
        (1, _) if unsigned.rfind(',') > unsigned.rfind('.') => (Some(','), Some('.')),
        _ => return None,
    };
    let (whole, fraction) = match mark.and_then(|mark| unsigned.split_once(mark)) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let groups: Vec<&str> = whole
        .split(|c: char| Some(c) == group || c.is_whitespace())
        .collect();
    let grouped = groups.len() == 1
        || groups[1..].iter().all(|part| part.len() == 3) && (1..=3).contains(&groups[0].len());
    if !grouped {
        return None;
    }
    let whole = groups.concat();
    match fraction {
        Some(fraction) => decimal(&format!("{minus}{whole}.{fraction}")).ok(),
        None => decimal(&format!("{minus}{whole}")).ok(),
    }
}

fn date(answer: &str, language: &str, today: Date) -> Option<Date> {
    fn compiled(pattern: &str) -> Regex {
        Regex::new(pattern).expect("the patterns below are valid, and a test uses each")
    }
    static POINTS: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"^([0-9]{1,2})\.\s*([0-9]{1,2})\.\s*([0-9]{4})$"));
    static SLASHES: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"^([0-9]{1,2})\s*/\s*([0-9]{1,2})\s*/\s*([0-9]{4})$"));
    static ISO: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$"));

    let parts = |form: &Regex| Some(form.captures(answer)?.extract::<3>().1);
    // In English the order of day and month around a slash depends on the reader.
    let slashes = !(language == "en" || language == "en-US");
    let written = parts(&POINTS)
        .or_else(|| slashes.then(|| parts(&SLASHES)).flatten())
        .map(|[day, month, year]| [year, month, day])
        .or_else(|| parts(&ISO));
    if let Some([year, month, day]) = written {
        return Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    }
    match &*compare::fold(answer) {
        "dnes" | "dzisiaj" | "dziś" | "hoje" | "today" => Some(today),
        "včera" | "včeraj" | "wczoraj" | "ontem" | "yesterday" => today.yesterday().ok(),
        _ => None,
    }
}
