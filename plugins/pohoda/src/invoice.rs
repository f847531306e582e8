//! Issued invoices: their form in POHODA, how the invoice of an order is found, and `load-invoice`.

use krabice_plugin::{Decimal, Failure, Fields, Outcome, Timestamp, function};

use crate::Unit;
use crate::amount::{self, Names, Total};
use crate::number::{Number, OrderNumber, any_of};
use crate::order::{self, Link, Order, links};
use crate::pack;
use crate::xml::{Element, Node, node, text};

/// The column of issued invoices with the number of the order.
const ORDER_COLUMN: &str = "FA.CisloObj";
/// The most linked invoices that are looked at. Arbitrary: an order has a few.
const LINKED_MAX: usize = 20;

const HEADER: &str = "inv:invoiceHeader";
const NAMES: Names = Names {
    home: "inv:homeCurrency",
    foreign: "inv:foreignCurrency",
};

/// An issued invoice as POHODA exports it.
#[derive(Debug)]
pub(crate) struct Invoice {
    pub(crate) id: i64,
    pub(crate) number: String,
    element: Element,
}

impl Invoice {
    fn of(element: Element) -> Result<Self, Failure> {
        let lacks =
            |what| Failure::unexpected_answer(format!("POST xml: an invoice without {what}"));
        let id = element.text_at(&[HEADER, "inv:id"]);
        let id = id.and_then(|id| id.parse().ok());
        let number = element.text_at(&[HEADER, "inv:number", "typ:numberRequested"]);
        let number = number.map(str::to_owned);
        Ok(Self {
            id: id.ok_or_else(|| lacks("`inv:id`"))?,
            number: number.ok_or_else(|| lacks("its number"))?,
            element,
        })
    }

    fn header(&self, path: &[&str]) -> Option<&str> {
        self.element.child(HEADER)?.text_at(path)
    }

    /// Whether it is an invoice, and neither cancelled nor the document that cancels or corrects another
    /// one.
    fn is_valid(&self) -> bool {
        let kind = self.header(&["inv:invoiceType"]);
        self.header(&["inv:storno"]).is_none() && kind.is_none_or(|it| it == "issuedInvoice")
    }

    /// Whether it belongs to the order. A link proves it. On an invoice without a link to any order,
    /// POHODA's own number of the order proves it, too; the shop's number does not, because several
    /// orders may have the same.
    fn is_of(&self, order: &Order) -> Result<bool, Failure> {
        let own = order.number()?;
        let links = links(self.element.child("inv:linkedDocuments"));
        let mut orders = links
            .iter()
            .filter(|link| link.agenda == "receivedOrder")
            .peekable();
        if orders.peek().is_none() {
            return Ok(self.header(&["inv:numberOrder"]) == Some(own));
        }
        let id = order.id.to_string();
        Ok(orders.any(|link| match &link.id {
            Some(linked) => *linked == id,
            None => link.number.as_deref() == Some(own),
        }))
    }

    /// The total with VAT; `None` where an amount is missing or no number.
    fn total(&self, unit: &Unit) -> Option<Total> {
        let summary = self.element.child("inv:invoiceSummary");
        amount::total(summary, NAMES, unit.settings().currency.trim()).ok()?
    }

    /// The amount that is left to be paid, in the currency of the total; `None` if POHODA does not
    /// give it.
    ///
    /// In an export of 2025, `liquidation` of an unpaid invoice has its whole total and no date, that of
    /// one that is paid in part the rest and a date, and that of a settled one a date alone: zero is
    /// left out.
    fn left(&self, total: Option<&Total>, home: &str) -> Option<Decimal> {
        let left = self.element.at(&[HEADER, "inv:liquidation"])?;
        let amount = |name| amount::number(left, name);
        let (own, other) = match total {
            Some(total) if total.currency != home => ("typ:amountForeign", "typ:amountHome"),
            _ => ("typ:amountHome", "typ:amountForeign"),
        };
        match (amount(own).ok()?, amount(other).ok()?) {
            (Some(own), _) => Some(own),
            (None, Some(other)) if !other.is_zero() => None,
            (None, _) => left.text_at(&["typ:date"]).map(|_| Decimal::ZERO),
        }
    }

    fn date(&self, unit: &Unit, name: &str) -> Option<Timestamp> {
        Timestamp::local(self.header(&[name])?, unit.time_zone())
    }
}

/// A request for issued invoices.
fn question(inside: Node) -> Node {
    node("lst:listInvoiceRequest")
        .with("version", "2.0")
        .with("invoiceVersion", "2.0")
        .with("invoiceType", "issuedInvoice")
        .holding([node("lst:requestInvoice").holding([inside])])
}

/// Finds the newest valid invoice of an order, with one request.
///
/// The invoices that the order links to are loaded in one pack. It is not documented whether an order
/// links to the documents made from it. Without such links the invoices are searched by the number of
/// the order, both POHODA's and the shop's: it is not documented which of the two invoices have.
pub(crate) fn of_order(unit: &Unit, order: &Order) -> Result<Option<Invoice>, Failure> {
    let linked = order
        .links()
        .into_iter()
        .filter(|link| link.agenda == "issuedInvoice");
    let mut questions: Vec<Node> = linked
        .take(LINKED_MAX)
        .filter_map(|link| by_link(&link))
        .collect();
    let own_link = !questions.is_empty();
    if !own_link {
        let numbers: Vec<_> = [order.number()?, order.shop_number()]
            .into_iter()
            .filter_map(Number::of)
            .collect();
        if numbers.is_empty() {
            return Err(Failure::unexpected_answer(
                "the order's number cannot be looked for among invoices",
            ));
        }
        questions.push(question(any_of(&numbers, ORDER_COLUMN)));
    }
    let (mut found, mut odd) = (Vec::new(), None);
    for reply in pack::ask(unit, questions)? {
        for element in reply.list("lst:listInvoice", "lst:invoice")? {
            match Invoice::of(element) {
                Ok(invoice) if invoice.is_valid() && (own_link || invoice.is_of(order)?) => {
                    found.push(invoice);
                }
                Ok(_) => {}
                Err(why) => odd = Some(why),
            }
        }
    }
    match (found.into_iter().max_by_key(|invoice| invoice.id), odd) {
        (None, Some(why)) => Err(why),
        (newest, _) => Ok(newest),
    }
}

fn by_link(link: &Link) -> Option<Node> {
    let filter = match (&link.id, &link.number) {
        (Some(id), _) => text("ftr:id", id),
        (None, Some(number)) => node("ftr:selectedNumbers")
            .holding([node("ftr:number").holding([text("typ:numberRequested", number)])]),
        (None, None) => return None,
    };
    Some(question(node("ftr:filter").holding([filter])))
}

#[derive(Fields)]
pub(crate) struct InvoiceSummary {
    /// Id in POHODA
    id: i64,
    /// Number
    number: String,
    /// Variable symbol
    ///
    /// Empty without one.
    symbol: String,
    /// Issued on
    date: Option<Timestamp>,
    /// Due on
    due: Option<Timestamp>,
    /// Total
    ///
    /// With VAT and rounding.
    total: Option<Decimal>,
    /// Currency
    currency: Option<String>,
    /// Paid
    ///
    /// Absent where POHODA does not tell.
    paid: Option<bool>,
    /// Left to pay
    ///
    /// Absent where POHODA does not tell.
    #[field(name = "to-pay")]
    to_pay: Option<Decimal>,
}

/// Load the invoice of an order
///
/// True with the newest issued invoice of the order that is not cancelled; false when there is
/// none, and when there is no such order. Verify the order first where a customer is to see it.
#[function(reads, subject(order = order))]
pub(crate) fn load_invoice(
    unit: &Unit,
    asked: OrderNumber,
) -> Result<Outcome<InvoiceSummary>, Failure> {
    let Some(order) = order::find(unit, &asked.read()?)? else {
        return Ok(Outcome::False);
    };
    let Some(invoice) = of_order(unit, &order)? else {
        return Ok(Outcome::False);
    };
    let total = invoice.total(unit);
    let left = invoice.left(total.as_ref(), unit.settings().currency.trim());
    Ok(Outcome::True(InvoiceSummary {
        symbol: invoice
            .header(&["inv:symVar"])
            .unwrap_or_default()
            .to_owned(),
        date: invoice.date(unit, "inv:date"),
        due: invoice.date(unit, "inv:dateDue"),
        total: total.as_ref().map(|total| total.amount),
        currency: total.map(|total| total.currency),
        paid: left.map(|left| left <= Decimal::ZERO),
        to_pay: left,
        id: invoice.id,
        number: invoice.number,
    }))
}
