//! Whether an order is paid: `is-order-paid`.

use krabice_plugin::{Decimal, Failure, Fields, Outcome, function};

use crate::Shop;
use crate::order::OrderNumber;

#[derive(Fields)]
pub(crate) struct Paid {
    #[field(
        label(en = "Paid amount", cs = "Zaplacená částka", pl = "Zapłacona kwota"),
        help(
            en = "In the currency of the order.",
            cs = "V měně objednávky.",
            pl = "W walucie zamówienia."
        )
    )]
    paid_amount: Decimal,
    #[field(
        label(en = "Order value", cs = "Hodnota objednávky", pl = "Wartość zamówienia"),
        help(
            en = "In the currency of the order.",
            cs = "V měně objednávky.",
            pl = "W walucie zamówienia."
        )
    )]
    sum: Decimal,
    #[field(label(en = "Overpaid", cs = "Přeplaceno", pl = "Nadpłata"))]
    overpaid: bool,
    #[field(label(en = "Cash on delivery", cs = "Dobírka", pl = "Pobranie"))]
    cash_on_delivery: bool,
}

#[function(
    reads,
    label(
        en = "Is the order paid?",
        cs = "Je objednávka zaplacená?",
        pl = "Czy zamówienie jest opłacone?"
    ),
    help(
        en = "True with the amounts when the order is paid; false when it is not, or there is no such \
              order. The link to pay is a field of load-order.",
        cs = "Ano s částkami, když je objednávka zaplacená; ne, když není nebo taková objednávka \
              není. Odkaz k zaplacení je pole funkce load-order.",
        pl = "Tak z kwotami, gdy zamówienie jest opłacone; nie, gdy nie jest lub nie ma takiego \
              zamówienia. Link do płatności jest polem funkcji load-order."
    )
)]
pub(crate) fn is_order_paid(shop: &Shop, asked: OrderNumber) -> Result<Outcome<Paid>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    if !*order.is_paid.required("is_paid")? {
        return Ok(Outcome::False);
    }
    let flag = |flag: Option<&bool>| flag.copied().unwrap_or_default();
    Ok(Outcome::True(Paid {
        paid_amount: *order.paid.required("paid")?,
        sum: *order.sum.required("sum")?,
        overpaid: flag(order.is_overpayment.value()),
        cash_on_delivery: flag(order.is_cash_on_delivery.value()),
    }))
}
