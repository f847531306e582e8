//! Comparisons of what a customer typed with what a back end has, as `wit/compare.wit`
//! describes them: by what is meant, not by the spelling.

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, country};
use unicode_normalization::UnicodeNormalization;

use crate::name::primary_language;

/// The longest text that is compared, in bytes. No e-mail address is longer, and the reader
/// of telephone numbers is slow with long texts.
const LONGEST: usize = 320;

/// Whether two texts are the same telephone number. `language` is the session's: its
/// country is that of numbers without a country code.
///
/// ```
/// use krabice_contract::compare::same_phone;
///
/// assert!(same_phone("+420 601 123 456", "00420/601123456", "en"));
/// assert!(same_phone("+420 601 123 456", "601 123 456", "en"));
/// assert!(!same_phone("601 123 456", "601 123 457", "cs"));
/// ```
#[must_use]
pub fn same_phone(one: &str, other: &str, language: &str) -> bool {
    let (Some(one), Some(other)) = (Phone::read(one), Phone::read(other)) else {
        return false;
    };
    if one.digits == other.digits && one.country == other.country {
        return true;
    }
    let countries = [one.country, other.country, country_of(language)];
    let readings = |phone: &Phone| -> Vec<String> {
        let countries = countries.iter().flatten().map(|country| Some(*country));
        let countries = countries.chain([None]);
        countries
            .filter_map(|country| phone.e164(country))
            .collect()
    };
    let other = readings(&other);
    readings(&one).iter().any(|reading| other.contains(reading))
}

/// A telephone number as somebody wrote it.
struct Phone {
    /// Its digits, after a `+` if the country code comes first.
    digits: String,
    /// The country of the code, where the number has one.
    country: Option<country::Id>,
}

impl Phone {
    /// Reads a number; `None` for a text that is not one.
    fn read(text: &str) -> Option<Phone> {
        if text.len() > LONGEST {
            return None;
        }
        let text: String = text.nfkc().collect();
        let number = without_extension(text.trim());
        let separator = |c: char| {
            c.is_whitespace() || matches!(c, '-' | '/' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}')
        };
        let mut digits: String = number.chars().filter(|c| !separator(*c)).collect();
        if let Some(rest) = digits.strip_prefix("00") {
            digits = format!("+{rest}");
        }
        // A zero in brackets after a country code is only for callers at home.
        if digits.starts_with('+') && number.contains("(0)") {
            let before = number.split("(0)").next().unwrap_or_default();
            let kept = before.chars().filter(char::is_ascii_digit).count();
            let code = digits.trim_start_matches('+').trim_start_matches("00");
            let kept = kept - (digits_of(number) - code.len());
            digits = format!("+{}{}", &code[..kept], &code[kept + 1..]);
        }
        let plain = digits.strip_prefix('+').unwrap_or(&digits);
        if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let country = digits
            .starts_with('+')
            .then(|| phonenumber::parse(None, &digits).ok()?.country().id())
            .flatten();
        Some(Phone { digits, country })
    }

    /// The number with its country code, where it is a valid one: read as a number of a
    /// country, or as one that begins with its country code.
    fn e164(&self, country: Option<country::Id>) -> Option<String> {
        let valid = |country, text: &str| {
            let number: PhoneNumber = phonenumber::parse(country, text).ok()?;
            let e164 = || number.format().mode(Mode::E164).to_string();
            number.is_valid().then(e164)
        };
        if self.digits.starts_with('+') {
            return valid(None, &self.digits);
        }
        let Some(country) = country else {
            return valid(None, &format!("+{}", self.digits));
        };
        // With the code before it first: the library takes the beginning of a number for
        // the code where both are the same digits, as in Radom.
        let code = DATABASE.by_id(country.as_ref())?.country_code();
        valid(None, &format!("+{code}{}", self.digits))
            .or_else(|| valid(Some(country), &self.digits))
    }
}

fn digits_of(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// The number without an extension such as `ext. 5`, `linka 5` or `x5`: everything from the
/// first letter that follows seven digits.
fn without_extension(text: &str) -> &str {
    let mut digits = 0;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            digits += 1;
        } else if digits >= 7 && (c.is_alphabetic() || matches!(c, '#' | ',' | ';')) {
            return text[..at].trim_end();
        }
    }
    text
}

/// The country whose telephone numbers a customer of a language writes without a country
/// code: that of the tag (`pt-br`), else the language's own.
#[must_use]
pub fn country_of(language: &str) -> Option<country::Id> {
    let region = language
        .split('-')
        .skip(1)
        .find(|part| part.len() == 2)
        .map(str::to_ascii_uppercase);
    if let Some(country) = region.and_then(|region| region.parse().ok()) {
        return Some(country);
    }
    match primary_language(language) {
        "cs" => Some(country::Id::CZ),
        "sk" => Some(country::Id::SK),
        "pl" => Some(country::Id::PL),
        "pt" => Some(country::Id::PT),
        "de" => Some(country::Id::DE),
        "hu" => Some(country::Id::HU),
        "ro" => Some(country::Id::RO),
        _ => None,
    }
}

/// Whether two texts are the same e-mail address to an ordinary mail system.
///
/// ```
/// use krabice_contract::compare::same_email;
///
/// assert!(same_email("Petra@Háček.cz ", "petra@xn--hek-ela4t.cz"));
/// assert!(!same_email("", ""));
/// ```
#[must_use]
pub fn same_email(one: &str, other: &str) -> bool {
    match (canonical_email(one), canonical_email(other)) {
        (Some(one), Some(other)) => one == other,
        (_, _) => false,
    }
}

/// The canonical form of an e-mail address: in lower case and composed, with the domain in
/// ASCII. `None` for a text that is not one.
#[must_use]
pub fn canonical_email(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    if local.is_empty() || domain.is_empty() {
        return None;
    }
    let domain = match url::Host::parse(domain.trim_end_matches('.')) {
        Ok(host) => host.to_string(),
        Err(_) => domain.to_lowercase(),
    };
    let local: String = local.nfc().flat_map(char::to_lowercase).collect();
    Some(format!("{local}@{domain}"))
}

/// Whether two texts are the same number of an order, a claim or a document to a person.
///
/// ```
/// use krabice_contract::compare::same_number;
///
/// assert!(same_number("#o260147", "O260147"));
/// assert!(same_number("2026\u{2011}0147", "20260147"));
/// assert!(!same_number("12-3", "1-23"));
/// ```
#[must_use]
pub fn same_number(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (canonical_number(one), canonical_number(other)) else {
        return false;
    };
    let separator = |c: char| matches!(c, '-' | '/' | '.' | '_');
    let joined = |text: &str| text.chars().filter(|c| !separator(*c)).collect::<String>();
    one == other
        || (one.contains(separator) != other.contains(separator) && joined(&one) == joined(&other))
}

/// The canonical form of an order's number: composed, in lower case, without white space, a
/// leading `#` and characters that cannot be seen, and with one kind of dash. `None` where
/// nothing is left.
#[must_use]
pub fn canonical_number(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let one_dash = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' => '-',
        other => other,
    };
    let seen = |c: &char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let text: String = text
        .chars()
        .map(one_dash)
        .nfkc()
        .filter(seen)
        .map(one_dash)
        .flat_map(char::to_lowercase)
        .collect();
    let number = text.trim_start_matches('#');
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_telephone_number_has_many_spellings() {
        for (language, spellings) in [
            (
                "cs",
                &[
                    "601 123 456",
                    "601-123-456",
                    "+420 601 123 456",
                    "00420 601 123 456",
                    "420601123456",
                    "(+420) 601 123 456",
                    "00420/601123456",
                    "+420601123456 linka 5",
                ][..],
            ),
            (
                "sk",
                &[
                    "0912 123 456",
                    "0912/123 456",
                    "912 123 456",
                    "+421 912 123 456",
                    "+421 (0)912 123 456",
                    "421912123456",
                ],
            ),
            (
                "pl",
                &[
                    "512 345 678",
                    "0048 512 345 678",
                    "48 512 345 678",
                    "(+48) 512-345-678",
                ],
            ),
            (
                "de",
                &[
                    "030 23125123",
                    "030/23125-123",
                    "+49 (0)30 23125-123",
                    "0049 30 23125123",
                ],
            ),
            (
                "hu",
                &[
                    "06 20 123 4567",
                    "06-20/123-4567",
                    "20/123-4567",
                    "+36 20 123 4567",
                ],
            ),
            (
                "en-gb",
                &["020 7946 0123", "(020) 7946 0123", "+44 (0)20 7946 0123"],
            ),
            (
                "pt",
                &[
                    "912 345 678",
                    "91 234 56 78",
                    "+351 912 345 678",
                    "351912345678",
                ],
            ),
        ] {
            for one in spellings {
                for other in spellings {
                    assert!(
                        same_phone(one, other, language),
                        "{language}: {one} / {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_country_code_of_one_tells_the_country_of_the_other() {
        // The session's language has no country here, or another one.
        for language in ["en", "pl"] {
            assert!(same_phone("+420 601 123 456", "601123456", language));
            assert!(same_phone("0912 123 456", "+421912123456", language));
        }
        assert!(!same_phone("+420 601 123 456", "+421 601 123 456", "cs"));
    }

    #[test]
    fn another_number_is_never_the_same() {
        for (one, other) in [
            ("500100200", "500100201"),
            ("500100200", "100200"),
            ("500100200", "5001002001"),
            ("", ""),
            ("601 I23 456", "601 123 456"),
            ("call me", "call me"),
            ("48 123 45 67", "+48 512 345 678"),
        ] {
            assert!(!same_phone(one, other, "pl"), "{one} / {other}");
        }
        // Radom's numbers begin with the digits of the country code.
        assert!(same_phone("48 123 45 67", "+48 48 123 45 67", "pl"));
        assert!(same_phone("112", "112", "cs"));
        let long = "1".repeat(400);
        assert!(!same_phone(&long, &long, "cs"));
    }

    #[test]
    fn a_mail_domain_has_two_spellings() {
        assert!(same_email("jana@Háček.cz", "JANA@xn--hek-ela4t.cz"));
        assert!(same_email(" Jana@example.com", "jana@EXAMPLE.com."));
        for (one, other) in [
            ("jana@example.com", "jan@example.com"),
            ("jana@example.com", "jana@example.cz"),
            ("@example.com", "@example.com"),
            ("jana", "jana"),
            ("", " "),
        ] {
            assert!(!same_email(one, other), "{one} / {other}");
        }
        // A back end's bad data is compared as it is, and breaks nothing.
        assert!(same_email("jana@exa mple", "Jana@exa mple"));
    }

    #[test]
    fn an_order_number_is_what_a_person_takes_for_it() {
        for (one, other) in [
            ("O260147", "o260147"),
            ("# O260147", "O260147"),
            ("O 260 147", "O260147"),
            ("2026-0147", "2026\u{2013}0147"),
            ("2026/0147", "20260147"),
            ("Ｏ２６", "O26"),
            ("O26\u{200b}0147", "O260147"),
        ] {
            assert!(same_number(one, other), "{one} / {other}");
            assert!(same_number(other, one), "{one} / {other}");
        }
        for (one, other) in [
            ("12-3", "1-23"),
            ("0147", "147"),
            ("", ""),
            ("#", "#"),
            ("O260147", "O260148"),
            ("1.23", "1/23"),
        ] {
            assert!(!same_number(one, other), "{one} / {other}");
        }
    }
}
