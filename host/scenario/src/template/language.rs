//! Numbers, amounts of money and words for a count by the rules of a language.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use icu_decimal::options::DecimalFormatterOptions;
use icu_decimal::{DecimalFormatter, input::Decimal as Digits};
use icu_locale_core::{Locale, locale};
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};
use krabice_contract::name::primary_language;
use rust_decimal::Decimal;

/// The number of languages whose rules one thread keeps; a host's scenarios use a few.
const KEPT: usize = 32;

/// The no-break space, between a number and its currency.
pub(super) const SPACE: char = '\u{a0}';

const ENGLISH: Locale = locale!("en");

/// The rules of one language, by Unicode's CLDR.
struct Language {
    plurals: Option<PluralRules>,
    decimals: Option<DecimalFormatter>,
    /// The mark before the fraction.
    mark: String,
    currency: CurrencyPlace,
}

/// The place of the currency beside the amount.
#[derive(Clone, Copy)]
enum CurrencyPlace {
    /// `1 230,50 Kč`
    After,
    /// `€1,230.50`, `CZK 1,230.50`
    Before,
    /// `R$ 1.230,50`
    BeforeWithSpace,
}

thread_local! {
    static LANGUAGES: RefCell<HashMap<String, Rc<Language>>> = RefCell::new(HashMap::new());
}

/// The rules of a language tag, or those of English for an invalid tag.
fn language(tag: &str) -> Rc<Language> {
    LANGUAGES.with(|languages| {
        if let Some(known) = languages.borrow().get(tag) {
            return Rc::clone(known);
        }
        let language = Rc::new(Language::new(tag));
        let mut languages = languages.borrow_mut();
        if languages.len() >= KEPT {
            languages.clear();
        }
        languages.insert(tag.to_owned(), Rc::clone(&language));
        language
    })
}

impl Language {
    fn new(tag: &str) -> Self {
        let locale: Locale = tag.parse().unwrap_or(ENGLISH);
        // CLDR, patterns of `currencyFormats`: these write the currency first.
        let currency = match primary_language(tag) {
            "en" | "ja" | "zh" => CurrencyPlace::Before,
            "pt" if !tag.eq_ignore_ascii_case("pt-PT") => CurrencyPlace::BeforeWithSpace,
            "nl" | "tr" => CurrencyPlace::BeforeWithSpace,
            _ => CurrencyPlace::After,
        };
        let decimals =
            DecimalFormatter::try_new((&locale).into(), DecimalFormatterOptions::default()).ok();
        let tenth = decimals.as_ref().zip("0.1".parse::<Digits>().ok());
        let tenth = tenth.map(|(decimals, tenth)| decimals.format(&tenth).to_string());
        // What stands between the two digits.
        let mark = tenth.map(|tenth| tenth.chars().skip(1).take(1).collect());
        Self {
            plurals: PluralRules::try_new_cardinal((&locale).into()).ok(),
            decimals,
            mark: mark.unwrap_or_else(|| ".".to_owned()),
            currency,
        }
    }
}

/// Writes a number with the language's decimal mark and the digits that it has: `1230,50`.
pub(super) fn decimal(number: Decimal, tag: &str) -> String {
    let written = number.to_string();
    if number.scale() == 0 {
        return written;
    }
    written.replace('.', &language(tag).mark)
}

/// Writes an amount with its currency as the language does: `1 230,50 Kč`, `€1,230.50`.
///
/// No digit is lost and none is rounded. A fraction has at least two digits; an amount
/// without a fraction stays without one: `1230` becomes `1 230 Kč` and `1230.0` becomes
/// `1 230,00 Kč`. A currency without a known sign is written as its code.
pub(super) fn money(amount: Decimal, currency: Option<&str>, tag: &str) -> String {
    let language = language(tag);
    let mut amount = amount;
    if amount.scale() > 2 {
        // Zeros after the second place mean nothing.
        let normal = amount.normalize();
        amount.rescale(normal.scale().max(2));
    } else if amount.scale() == 1 {
        amount.rescale(2);
    }
    let written = amount.abs().to_string();
    let number = match (&language.decimals, written.parse::<Digits>()) {
        (Some(decimals), Ok(digits)) => decimals.format(&digits).to_string(),
        _ => written,
    };
    let minus = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        ""
    };
    let Some(currency) = currency
        .map(str::trim)
        .filter(|currency| !currency.is_empty())
    else {
        return format!("{minus}{number}");
    };
    let sign = currency_sign(currency);
    match language.currency {
        CurrencyPlace::After => format!("{minus}{number}{SPACE}{sign}"),
        CurrencyPlace::Before if sign.chars().any(char::is_alphanumeric) => {
            format!("{minus}{}{SPACE}{number}", currency.to_uppercase())
        }
        CurrencyPlace::Before => format!("{minus}{sign}{number}"),
        CurrencyPlace::BeforeWithSpace => format!("{minus}{sign}{SPACE}{number}"),
    }
}

/// The sign of a currency by its ISO 4217 code, or the given text if it is not a known
/// code. Only the American dollar has the sign `$`; other dollars keep their codes.
fn currency_sign(code: &str) -> &str {
    const SIGNS: [(&str, &str); 10] = [
        ("CZK", "Kč"),
        ("EUR", "€"),
        ("PLN", "zł"),
        ("HUF", "Ft"),
        ("USD", "$"),
        ("GBP", "£"),
        ("BRL", "R$"),
        ("JPY", "¥"),
        ("UAH", "₴"),
        ("BGN", "лв."),
    ];
    SIGNS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map_or(code, |(_, sign)| sign)
}

/// The word for a count, chosen from `one`, `few` and `many`, or from two words: `one` and
/// all others. There must be at least one word.
///
/// The plural rules are CLDR's. If the language has a form for fractions (Czech and Slovak
/// `1,5 roku`, Polish `1,5 zamówienia`), the fourth word is that form, or `few` if there is
/// no fourth word.
pub(super) fn inflected<'a>(count: Decimal, words: &[&'a str], tag: &str) -> &'a str {
    let language = language(tag);
    let count = count.abs().normalize();
    let category = match (&language.plurals, count.to_string().parse::<Digits>()) {
        (Some(plurals), Ok(digits)) => plurals.category_for(PluralOperands::from(&digits)),
        _ if count == Decimal::ONE => PluralCategory::One,
        _ => PluralCategory::Other,
    };
    let has_few = language
        .plurals
        .as_ref()
        .is_some_and(|plurals| plurals.categories().any(|c| c == PluralCategory::Few));
    let index = if category == PluralCategory::One {
        0
    } else if matches!(category, PluralCategory::Few | PluralCategory::Two) {
        1
    } else if has_few && count.scale() > 0 {
        if words.len() > 3 { 3 } else { 1 }
    } else {
        2
    };
    words[index.min(words.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_the_plural_rules_of_each_language() {
        let order = ["objednávka", "objednávky", "objednávek"];
        let year = ["rok", "roky", "let", "roku"];
        let polish = ["zamówienie", "zamówienia", "zamówień"];
        for (language, count, words, expected) in [
            ("cs", "0", &order[..], "objednávek"),
            ("cs", "1", &order, "objednávka"),
            ("cs", "2", &order, "objednávky"),
            ("cs", "4.00", &order, "objednávky"),
            ("cs", "5", &order, "objednávek"),
            ("cs", "21", &order, "objednávek"),
            ("cs", "1.5", &order, "objednávky"),
            ("cs", "1.5", &year, "roku"),
            ("cs", "5", &year, "let"),
            ("cs", "-1", &year, "rok"),
            ("sk", "3", &order, "objednávky"),
            ("sk", "11", &order, "objednávek"),
            ("pl", "1", &polish, "zamówienie"),
            ("pl", "22", &polish, "zamówienia"),
            ("pl", "12", &polish, "zamówień"),
            ("pl", "0", &polish, "zamówień"),
            ("pl", "1.5", &polish, "zamówienia"),
            ("en", "1", &["order", "orders"], "order"),
            ("en", "0", &["order", "orders"], "orders"),
            ("en", "1.5", &["order", "orders"], "orders"),
            ("en", "2", &order, "objednávek"),
            ("cs", "3", &["objednávka", "objednávek"], "objednávek"),
            ("xx-nonsense!", "1", &["one", "more"], "one"),
            ("", "7", &["one", "more"], "more"),
        ] {
            let count = count.parse().unwrap();
            assert_eq!(
                inflected(count, words, language),
                expected,
                "{count} in {language}"
            );
        }
    }

    #[test]
    fn a_decimal_has_the_mark_of_the_language_and_its_own_digits() {
        for (language, number, expected) in [
            ("cs", "1230.50", "1230,50"),
            ("sk", "-0.5", "-0,5"),
            ("pl", "12305", "12305"),
            ("en", "1230.50", "1230.50"),
            ("de", "1.0", "1,0"),
            ("hu", "1.25", "1,25"),
            ("ro", "1.25", "1,25"),
            ("pt-BR", "1234567.8", "1234567,8"),
            ("pt", "0.10", "0,10"),
            ("xx-nonsense!", "1.5", "1.5"),
        ] {
            assert_eq!(decimal(number.parse().unwrap(), language), expected);
        }
    }

    #[test]
    fn money_keeps_every_digit_and_follows_the_language() {
        for (language, amount, currency, expected) in [
            ("cs", "1230.50", Some("CZK"), "1 230,50 Kč"),
            ("cs", "1230", Some("CZK"), "1 230 Kč"),
            ("cs", "1230.5", Some("czk"), "1 230,50 Kč"),
            ("cs", "-0.5", Some("CZK"), "-0,50 Kč"),
            ("cs", "1234567.123400", Some("EUR"), "1 234 567,1234 €"),
            (
                "cs",
                "1234567890123456789012345.678",
                Some("CZK"),
                "1 234 567 890 123 456 789 012 345,678 Kč",
            ),
            ("sk", "1230.50", Some("EUR"), "1 230,50 €"),
            ("pl", "1230.50", Some("PLN"), "1230,50 zł"),
            ("pl", "12305.00", Some("PLN"), "12 305,00 zł"),
            ("en", "1230.50", Some("EUR"), "€1,230.50"),
            ("en", "-1230.50", Some("USD"), "-$1,230.50"),
            ("en", "1230.50", Some("CZK"), "CZK 1,230.50"),
            ("en", "1230.50", Some("XAU"), "XAU 1,230.50"),
            ("pt", "1230.50", Some("BRL"), "R$ 1.230,50"),
            ("pt-PT", "12300.50", Some("EUR"), "12 300,50 €"),
            ("cs", "10", None, "10"),
            ("cs", "10", Some(" "), "10"),
            ("cs", "10", Some("bodů"), "10 bodů"),
        ] {
            let money = money(amount.parse().unwrap(), currency, language);
            assert_eq!(
                money.replace('\u{a0}', " "),
                expected,
                "{amount} in {language}"
            );
        }
    }
}
