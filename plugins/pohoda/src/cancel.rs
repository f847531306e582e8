//! `may-order-be-cancelled`. POHODA's API cannot cancel an order; this says
//! whether a person still could, and what to tell them.

use krabice_plugin::{Failure, Fields, Outcome, function};

use crate::Unit;
use crate::number::OrderNumber;
use crate::order::{self, Order, State};

#[derive(Fields)]
pub(crate) struct Request {
    #[field(label(en = "Number in POHODA", cs = "Číslo v POHODĚ", sk = "Číslo v POHODE"))]
    number: String,
    #[field(
        label(
            en = "Text for the staff",
            cs = "Text pro obsluhu",
            sk = "Text pre obsluhu"
        ),
        help(
            en = "What a person has to do in POHODA, in the session's language.",
            cs = "Co má člověk v POHODĚ udělat, v jazyce rozhovoru.",
            sk = "Čo má človek v POHODE urobiť, v jazyku rozhovoru."
        )
    )]
    ticket: String,
}

#[function(
    reads,
    label(
        en = "May an order be cancelled?",
        cs = "Lze objednávku stornovat?",
        sk = "Možno objednávku stornovať?"
    ),
    help(
        en = "True when the order is neither cancelled nor executed and nothing of it was delivered, with a \
              text for the staff; false otherwise, and when there is no such order. It cancels nothing: \
              only a person in POHODA can.",
        cs = "Ano, když objednávka není stornovaná ani vyřízená a nic z ní nebylo dodáno, s textem pro \
              obsluhu; jinak ne, i když taková objednávka není. Nic nestornuje: to umí jen člověk v POHODĚ.",
        sk = "Áno, keď objednávka nie je stornovaná ani vybavená a nič z nej nebolo dodané, s textom pre \
              obsluhu; inak nie, aj keď taká objednávka nie je. Nič nestornuje: to vie len človek v POHODE."
    )
)]
pub(crate) fn may_order_be_cancelled(
    unit: &Unit,
    asked: OrderNumber,
) -> Result<Outcome<Request>, Failure> {
    match order::find(unit, &asked.read()?)? {
        Some(order) if order.state()? == State::Received => Ok(Outcome::True(Request {
            number: order.number()?.to_owned(),
            ticket: ticket(unit, &order)?,
        })),
        _ => Ok(Outcome::False),
    }
}

fn ticket(unit: &Unit, order: &Order) -> Result<String, Failure> {
    let number = order.number()?;
    let shop = match order.shop_number() {
        "" => String::new(),
        shop => format!(" ({shop})"),
    };
    let total = order.total(unit)?.map_or_else(String::new, |total| {
        format!(", {} {}", total.amount, total.currency)
    });
    Ok(match unit.language().split('-').next() {
        Some("cs") => format!(
            "Zákazník žádá storno přijaté objednávky {number}{shop}{total}. Stornujte ji v POHODĚ: přes XML to nejde."
        ),
        Some("sk") => format!(
            "Zákazník žiada storno prijatej objednávky {number}{shop}{total}. Stornujte ju v POHODE: cez XML to nejde."
        ),
        _ => format!(
            "The customer asks to cancel the received order {number}{shop}{total}. Cancel it in POHODA: its XML cannot."
        ),
    })
}
