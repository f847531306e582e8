//! The helpers that compute with numbers. Decimals are exact as long as they have at most 28
//! digits; a result with more is rounded to 28. Whole numbers stay whole. What has no result,
//! such as a division by nothing, is absent.

use std::borrow::Cow;

use krabice_contract::Value;
use rust_decimal::{Decimal, RoundingStrategy};

use super::render::{Argument, number};

/// The most digits of a decimal, as the contract has it.
const DIGITS: u32 = 28;

/// The most decimal places that `round` keeps.
pub(super) const PLACES: i64 = 28;

/// Computes a number from two.
pub(super) type Operation = fn(&Value, &Value) -> Option<Value>;

pub(super) fn add(left: &Value, right: &Value) -> Option<Value> {
    calculated(left, right, i64::checked_add, Decimal::checked_add)
}

pub(super) fn subtract(left: &Value, right: &Value) -> Option<Value> {
    calculated(left, right, i64::checked_sub, Decimal::checked_sub)
}

pub(super) fn multiply(left: &Value, right: &Value) -> Option<Value> {
    calculated(left, right, i64::checked_mul, Decimal::checked_mul)
}

/// The quotient, always a decimal.
pub(super) fn divide(left: &Value, right: &Value) -> Option<Value> {
    decimal(number(left)?.checked_div(number(right)?)?)
}

fn calculated(
    left: &Value,
    right: &Value,
    whole: fn(i64, i64) -> Option<i64>,
    exact: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Option<Value> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        return whole(*left, *right).map(Value::Integer);
    }
    decimal(exact(number(left)?, number(right)?)?)
}

/// A decimal with at most as many digits as the contract allows.
fn decimal(number: Decimal) -> Option<Value> {
    let digits = number
        .mantissa()
        .unsigned_abs()
        .checked_ilog10()
        .unwrap_or(0)
        + 1;
    let number = if digits > DIGITS {
        number.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointAwayFromZero)?
    } else {
        number
    };
    // The largest numbers have more digits before their point than are allowed.
    let digits = number
        .mantissa()
        .unsigned_abs()
        .checked_ilog10()
        .unwrap_or(0)
        + 1;
    (digits <= DIGITS).then_some(Value::Decimal(number))
}

/// `round NUMBER` is a whole number, `round NUMBER PLACES` a decimal. A half is rounded away
/// from zero.
pub(super) fn round(values: &[Argument<'_>]) -> Option<Value> {
    let rounded = number(values.first()?.as_deref()?)?;
    let round =
        |places| rounded.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    match values.get(1) {
        None => i64::try_from(round(0)).ok().map(Value::Integer),
        Some(places) => {
            let places = whole(places.as_deref()?)?;
            let places = (0..=PLACES).contains(&places).then_some(places)?;
            decimal(round(u32::try_from(places).ok()?))
        }
    }
}

/// The sum of a list of numbers; of none it is 0.
pub(super) fn sum(values: &[Argument<'_>]) -> Option<Value> {
    let Value::List(items) = values.first()?.as_deref()? else {
        return None;
    };
    let nothing = Cow::Owned(Value::Integer(0));
    let sum = items
        .iter()
        .try_fold(nothing, |sum, item| add(&sum, item).map(Cow::Owned));
    sum.map(Cow::into_owned)
}

/// The whole number that a value is, also as `3.00`.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let number = number(value)?;
    i64::try_from(number).ok().filter(|_| number.is_integer())
}
