//! Whether an order is paid: `is-order-paid`.

use krabice_plugin::{Decimal, Failure, Fields, Outcome, Url, amount, function};

use crate::Shop;
use crate::order::OrderNumber;

#[derive(Fields)]
pub(crate) struct PaidOrder {
    /// Paid amount
    ///
    /// In the currency of the order.
    paid_amount: Decimal,
    /// Order value
    ///
    /// In the currency of the order.
    sum: Decimal,
    /// Overpaid
    overpaid: bool,
    /// Cash on delivery
    cash_on_delivery: bool,
    /// Link to pay
    ///
    /// Some shops keep it after the payment.
    payment_url: Option<Url>,
}

/// Is the order paid?
///
/// True with the amounts when the order is paid; false when it is not, or there is no such order.
/// What is left to pay, and where, load-order tells.
#[function(reads, subject(order = order))]
pub(crate) fn is_order_paid(
    shop: &Shop,
    asked: OrderNumber,
) -> Result<Outcome<PaidOrder>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    if !*order.is_paid.required("is_paid")? {
        return Ok(Outcome::False);
    }
    let flag = |flag: Option<&bool>| flag.copied().unwrap_or_default();
    Ok(Outcome::True(PaidOrder {
        paid_amount: amount::exact(*order.paid.required("paid")?, ""),
        sum: amount::exact(*order.sum.required("sum")?, ""),
        overpaid: flag(order.is_overpayment.value()),
        cash_on_delivery: flag(order.is_cash_on_delivery.value()),
        payment_url: Url::parse(order.payment_url.text()),
    }))
}
