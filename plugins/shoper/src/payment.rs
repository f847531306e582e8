//! Whether an order is paid: `is-order-paid`.

use krabice_plugin::{Decimal, Failure, Fields, Outcome, Url, function};

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
        label(
            en = "Order value",
            cs = "Hodnota objednávky",
            pl = "Wartość zamówienia"
        ),
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
    #[field(
        label(en = "Link to pay", cs = "Odkaz k zaplacení", pl = "Link do płatności"),
        help(
            en = "Some shops keep it after the payment.",
            cs = "Některé obchody ho mají i po zaplacení.",
            pl = "Niektóre sklepy zachowują go po opłaceniu."
        )
    )]
    payment_url: Option<Url>,
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
              order. What is left to pay, and where, load-order tells.",
        cs = "Ano s částkami, když je objednávka zaplacená; ne, když není nebo taková objednávka \
              není. Co a kde zbývá zaplatit, řekne load-order.",
        pl = "Tak z kwotami, gdy zamówienie jest opłacone; nie, gdy nie jest lub nie ma takiego \
              zamówienia. Ile i gdzie pozostaje do zapłaty, podaje load-order."
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
        payment_url: Url::parse(order.payment_url.text()),
    }))
}
