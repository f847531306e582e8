//! Documents of an order: `load-documents`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Choice, Failure, Fields, Outcome, Url, function};
use serde::Deserialize;

use crate::order::{Order, OrderAndEmail, is_whole};
use crate::{Shop, api};

#[derive(Fields)]
pub(crate) struct Documents {
    /// Invoice
    ///
    /// Whether the order has an invoice, as far as the shop told.
    invoice: InvoiceState,
    /// Link to the invoice
    ///
    /// The invoice as a PDF, when it was found.
    invoiceurl: Option<Url>,
}

#[derive(Clone, Copy, Choice)]
pub(crate) enum InvoiceState {
    /// There is none
    #[choice(value = "notfound")]
    NotFound,
    /// The shop does not tell now
    #[choice(value = "error")]
    Error,
    /// Found
    #[choice(value = "found")]
    Found,
}

/// Load the documents of an order
///
/// True when the order exists and bears this e-mail, with its invoice if there is one; false when
/// there is no such order or it bears another e-mail.
#[function(reads, purposes(verifies_identity), subject(order = order))]
pub(crate) fn load_documents(
    shop: &Shop,
    asked: OrderAndEmail,
) -> Result<Outcome<Documents>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    // The order is proven; any failure from here on is the state `error`.
    let (invoice, invoiceurl) = match invoice(shop, &order) {
        Ok(Some(url)) => (InvoiceState::Found, Some(url)),
        Ok(None) => (InvoiceState::NotFound, None),
        Err(_) => (InvoiceState::Error, None),
    };
    Ok(Outcome::True(Documents {
        invoice,
        invoiceurl,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Invoice {
    invoice_number: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<String>,
    order_number: Loose<String>,
    invoice_pdf_url: Loose<String>,
}

#[derive(Deserialize)]
struct Invoices {
    #[serde(default)]
    number_of_items: Loose<i64>,
    invoices: Vec<Part<Invoice>>,
}

/// The address of the order's invoice; `None` on proof that there is none: the order has no number of
/// an invoice, or the shop does not have that invoice.
fn invoice(shop: &Shop, order: &Order) -> Result<Option<Url>, Failure> {
    let Some(number) = order.invoice_number.known("invoice_number")? else {
        return Ok(None);
    };
    // The path has no number, so that 404 can only mean a wrong address.
    let response = api::answer(shop.get("invoices").query("invoice_numbers", number))?;
    let found: Invoices = response.json()?;
    let whole = is_whole(&found.number_of_items, found.invoices.len());
    let odd = found.invoices.iter().any(|it| it.value().is_none());
    let own = found
        .invoices
        .iter()
        .filter_map(Part::value)
        .find(|it| it.invoice_number.value() == Some(number));
    let Some(own) = own else {
        return if whole && !odd {
            Ok(None)
        } else {
            Err(response.unexpected("other invoices"))
        };
    };
    let foreign = own.order_number.value().is_some()
        && own.order_number.value() != order.order_number.value();
    if foreign {
        return Err(response.unexpected("the invoice belongs to another order"));
    }
    // A credit note and a receipt are listed among the invoices.
    if own.kind.value().is_some_and(|kind| kind != "invoice") {
        return Err(response.unexpected("the document is no invoice"));
    }
    match own.invoice_pdf_url.value() {
        None => Ok(None),
        Some(url) => match Url::parse(url.trim()) {
            Some(url) => Ok(Some(url)),
            None => Err(response.unexpected("`invoice_pdf_url` is not an address")),
        },
    }
}
