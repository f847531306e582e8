//! Amounts of money that a back end keeps as binary numbers.

use rust_decimal::{Decimal, RoundingStrategy};

/// The most decimal places of an amount that somebody set: unit prices may have four. More come from
/// a binary number, which cannot hold 19.99.
const PLACES: u32 = 4;

/// An amount without the noise of a binary number: with more than four decimal places it is rounded
/// half up to those of the currency. Other amounts keep their digits.
///
/// ```
/// use krabice_plugin::{Decimal, amount};
///
/// let read = |text| Decimal::from_str_exact(text).unwrap();
/// assert_eq!(amount::exact(read("19.989999771118164"), "PLN").to_string(), "19.99");
/// assert_eq!(amount::exact(read("1.2340000152587891"), "KWD").to_string(), "1.234");
/// assert_eq!(amount::exact(read("-0.3049999999999999"), "EUR").to_string(), "-0.30");
/// assert_eq!(amount::exact(read("491.0714"), "CZK").to_string(), "491.0714");
/// assert_eq!(amount::exact(read("1230.50"), "CZK").to_string(), "1230.50");
/// ```
#[must_use]
pub fn exact(amount: Decimal, currency: &str) -> Decimal {
    rounded(amount, places(currency))
}

/// A quantity or a rate without the noise of a binary number: with more than four decimal places it
/// is rounded to four, without zeros at the end.
///
/// ```
/// use krabice_plugin::{Decimal, amount};
///
/// let read = |text| Decimal::from_str_exact(text).unwrap();
/// assert_eq!(amount::exact_quantity(read("0.30000000000000004")).to_string(), "0.3");
/// assert_eq!(amount::exact_quantity(read("2.50")).to_string(), "2.50");
/// ```
#[must_use]
pub fn exact_quantity(quantity: Decimal) -> Decimal {
    if quantity.scale() > PLACES {
        rounded(quantity, PLACES).normalize()
    } else {
        quantity
    }
}

fn rounded(amount: Decimal, places: u32) -> Decimal {
    if amount.scale() > PLACES {
        let mut rounded =
            amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(places);
        rounded
    } else {
        amount
    }
}

/// The decimal places of a currency (ISO 4217): two, but for a few.
fn places(currency: &str) -> u32 {
    match currency.trim().to_ascii_uppercase().as_str() {
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}
