//! Amounts of documents. POHODA does not write the total in the home currency: it is the sum of the
//! amounts at each rate of VAT, and of the rounding.

use krabice_plugin::{Decimal, Failure, amount};

use crate::xml::Element;

/// A total with its currency.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Total {
    pub(crate) amount: Decimal,
    pub(crate) currency: String,
}

/// The currency of a document. A document in a foreign currency has amounts in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Currency {
    Home,
    Foreign,
}

/// Reads a number in the form of `xsd:double`, without losing a digit.
pub(crate) fn number(element: &Element, name: &str) -> Result<Option<Decimal>, Failure> {
    let Some(digits) = element.text_at(&[name]) else {
        return Ok(None);
    };
    Decimal::from_str_exact(digits)
        .or_else(|_| Decimal::from_scientific(digits))
        // `xsd:double` is a binary number.
        .map(|number| Some(amount::exact_quantity(number)))
        .map_err(|_| Failure::unexpected_answer(format!("POST xml: `{name}` is not a number")))
}

/// The total with VAT of a document's summary; `None` for a summary without amounts, which a
/// cancelled document may have.
pub(crate) fn total(
    summary: Option<&Element>,
    names: Names,
    home: &str,
) -> Result<Option<Total>, Failure> {
    let Some(summary) = summary else {
        return Ok(None);
    };
    if let Some(foreign) = summary.child(names.foreign) {
        return foreign_total(foreign);
    }
    let Some(amounts) = summary.child(names.home) else {
        return Ok(None);
    };
    let mut parts = vec![number(amounts, "typ:priceNone")?];
    for [sum, base, vat] in RATES {
        parts.push(match number(amounts, sum)? {
            Some(sum) => Some(sum),
            None => plus(number(amounts, base)?, number(amounts, vat)?)?,
        });
    }
    if parts.iter().all(Option::is_none) {
        return Ok(None);
    }
    parts.push(rounding(amounts)?);
    let mut amount = Decimal::ZERO;
    for part in parts.into_iter().flatten() {
        amount = amount.checked_add(part).ok_or_else(too_large)?;
    }
    Ok(Some(Total {
        amount: amount::exact(amount, home),
        currency: home.to_owned(),
    }))
}

/// The names of a summary's parts in the document's own namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) home: &'static str,
    pub(crate) foreign: &'static str,
}

/// At each rate of VAT: the sum, the amount without VAT, and the VAT.
const RATES: [[&str; 3]; 3] = [
    ["typ:priceLowSum", "typ:priceLow", "typ:priceLowVAT"],
    ["typ:priceHighSum", "typ:priceHigh", "typ:priceHighVAT"],
    ["typ:price3Sum", "typ:price3", "typ:price3VAT"],
];

fn foreign_total(foreign: &Element) -> Result<Option<Total>, Failure> {
    let Some(amount) = number(foreign, "typ:priceSum")? else {
        return Ok(None);
    };
    let currency = foreign
        .text_at(&["typ:currency", "typ:ids"])
        .ok_or_else(|| {
            Failure::unexpected_answer(
                "POST xml: an amount in a foreign currency has no code of the currency",
            )
        })?;
    let rounding = rounding(foreign)?.unwrap_or_default();
    Ok(Some(Total {
        amount: amount.checked_add(rounding).ok_or_else(too_large)?,
        currency: currency.to_owned(),
    }))
}

fn rounding(amounts: &Element) -> Result<Option<Decimal>, Failure> {
    let Some(round) = amounts.child("typ:round") else {
        return Ok(None);
    };
    match number(round, "typ:priceRound")? {
        Some(whole) => Ok(Some(whole)),
        None => plus(
            number(round, "typ:priceRoundSum")?,
            number(round, "typ:priceRoundSumVAT")?,
        ),
    }
}

fn plus(one: Option<Decimal>, other: Option<Decimal>) -> Result<Option<Decimal>, Failure> {
    match (one, other) {
        (Some(one), other) => {
            let sum = one.checked_add(other.unwrap_or_default());
            sum.map(Some).ok_or_else(too_large)
        }
        (None, other) => Ok(other),
    }
}

fn too_large() -> Failure {
    Failure::unexpected_answer("POST xml: an amount has too many digits")
}

/// The price of a line with VAT.
pub(crate) fn line(amounts: Option<&Element>) -> Result<Option<Decimal>, Failure> {
    let Some(amounts) = amounts else {
        return Ok(None);
    };
    match number(amounts, "typ:priceSum")? {
        Some(sum) => Ok(Some(sum)),
        None => match number(amounts, "typ:price")? {
            Some(base) => plus(Some(base), number(amounts, "typ:priceVAT")?),
            None => Ok(None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names {
        home: "ord:homeCurrency",
        foreign: "ord:foreignCurrency",
    };

    fn read(inside: &str) -> Result<Option<(String, String)>, Failure> {
        let document = format!(
            "<o:s xmlns:o=\"http://www.stormware.cz/schema/version_2/order.xsd\" \
             xmlns=\"http://www.stormware.cz/schema/version_2/type.xsd\">{inside}</o:s>"
        );
        let summary = Element::read(document.as_bytes()).unwrap();
        let total = total(Some(&summary), NAMES, "CZK")?;
        Ok(total.map(|total| (total.amount.to_string(), total.currency)))
    }

    fn home(amounts: &str) -> Option<(String, String)> {
        read(&format!("<o:homeCurrency>{amounts}</o:homeCurrency>")).unwrap()
    }

    fn czk(amount: &str) -> Option<(String, String)> {
        Some((amount.to_owned(), "CZK".to_owned()))
    }

    #[test]
    fn a_total_is_the_sum_of_all_rates_and_of_rounding() {
        assert_eq!(
            home(
                "<priceNone>10.10</priceNone><priceLowSum>112</priceLowSum>\
                 <priceHighSum>1210.40</priceHighSum><price3Sum>1.1</price3Sum>\
                 <round><priceRound>0.40</priceRound></round>"
            ),
            czk("1334.00"),
        );
    }

    #[test]
    fn an_amount_without_its_sum_is_base_and_vat() {
        let amounts =
            "<priceNone>0</priceNone><priceHigh>1000</priceHigh><priceHighVAT>210.0</priceHighVAT>";
        assert_eq!(home(amounts), czk("1210.0"));
    }

    #[test]
    fn rounding_may_have_its_own_vat() {
        let amounts = "<priceHighSum>100.30</priceHighSum><round><rateVATround>1</rateVATround>\
                       <priceRoundSum>-0.25</priceRoundSum><priceRoundSumVAT>-0.05</priceRoundSumVAT></round>";
        assert_eq!(home(amounts), czk("100.00"));
    }

    #[test]
    fn a_foreign_currency_counts_before_the_home_currency() {
        let total = read(
            "<o:homeCurrency><priceNone>2500</priceNone></o:homeCurrency>\
             <o:foreignCurrency><currency><ids>EUR</ids></currency><priceSum>99.9</priceSum>\
             <round><priceRound>0.1</priceRound></round></o:foreignCurrency>",
        );
        assert_eq!(total, Ok(Some(("100.0".to_owned(), "EUR".to_owned()))));
    }

    #[test]
    fn without_amounts_there_is_no_total() {
        assert_eq!(read(""), Ok(None));
        assert_eq!(home(""), None);
        assert_eq!(total(None, NAMES, "CZK"), Ok(None));
    }

    #[test]
    fn a_total_of_binary_numbers_has_no_noise_and_a_huge_one_no_panic() {
        assert_eq!(
            home("<priceNone>1249.5000000000002</priceNone>"),
            czk("1249.5")
        );
        let huge = "<o:homeCurrency><priceNone>79228162514264337593543950335</priceNone>\
                    <priceLowSum>79228162514264337593543950335</priceLowSum></o:homeCurrency>";
        assert!(read(huge).is_err());
    }

    #[test]
    fn a_double_is_read_exactly_and_another_text_is_a_failure() {
        assert_eq!(home("<priceNone>1.5E2</priceNone>"), czk("150"));
        for nonsense in ["NaN", "INF", "1 000", "1,5"] {
            let amounts =
                format!("<o:homeCurrency><priceNone>{nonsense}</priceNone></o:homeCurrency>");
            assert!(read(&amounts).is_err(), "{nonsense}");
        }
    }
}
