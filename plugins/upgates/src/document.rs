//! Documents of an order: `load-documents`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Choice, Failure, Fields, Outcome, Url, function};
use serde::Deserialize;

use crate::order::{Order, OrderAndEmail, is_whole};
use crate::{Shop, api};

#[derive(Fields)]
pub(crate) struct Documents {
    #[field(
        label(en = "Invoice", cs = "Faktura"),
        help(
            en = "Whether the order has an invoice, as far as the shop told.",
            cs = "Zda objednávka má fakturu, pokud to e-shop sdělil."
        )
    )]
    invoice: State,
    #[field(
        label(en = "Link to the invoice", cs = "Odkaz na fakturu"),
        help(
            en = "The invoice as a PDF, when it was found.",
            cs = "Faktura v PDF, když se našla."
        )
    )]
    invoiceurl: Option<Url>,
}

#[derive(Clone, Copy, Choice)]
pub(crate) enum State {
    #[choice(value = "notfound", label(en = "There is none", cs = "Není"))]
    NotFound,
    #[choice(
        value = "error",
        label(en = "The shop does not tell now", cs = "E-shop to teď nesdělil")
    )]
    Error,
    #[choice(value = "found", label(en = "Found", cs = "Nalezena"))]
    Found,
}

#[function(
    reads,
    label(
        en = "Load the documents of an order",
        cs = "Načíst doklady objednávky"
    ),
    help(
        en = "True when the order exists and bears this e-mail, with its invoice if there is one; \
              false when there is no such order or it bears another e-mail.",
        cs = "Ano, když objednávka existuje a je na ní tento e-mail, i s fakturou, pokud je; ne, když \
              taková objednávka není nebo je na ní jiný e-mail."
    )
)]
pub(crate) fn load_documents(
    shop: &Shop,
    asked: OrderAndEmail,
) -> Result<Outcome<Documents>, Failure> {
    let Some(order) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    // The order is proven; what goes wrong from here on is the state `error`.
    let (invoice, invoiceurl) = match invoice(shop, &order) {
        Ok(Some(url)) => (State::Found, Some(url)),
        Ok(None) => (State::NotFound, None),
        Err(_) => (State::Error, None),
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
    order_number: Loose<String>,
    invoice_pdf_url: Loose<String>,
}

#[derive(Deserialize)]
struct Invoices {
    #[serde(default)]
    number_of_items: Loose<i64>,
    invoices: Vec<Invoice>,
}

/// The address of the order's invoice; `None` on proof that there is none: the
/// order names no invoice, or the shop does not have the one that it names.
fn invoice(shop: &Shop, order: &Order) -> Result<Option<Url>, Failure> {
    let Some(number) = order.invoice_number.known("invoice_number")? else {
        return Ok(None);
    };
    let request = shop
        .get("invoices")
        .query("invoice_numbers", number)
        .allow(404);
    let response = api::answer(request)?;
    if response.status() == 404 {
        return Ok(None);
    }
    let found: Invoices = response.json()?;
    let whole = is_whole(&found.number_of_items, found.invoices.len());
    let own = found
        .invoices
        .iter()
        .find(|it| it.invoice_number.value() == Some(number));
    let Some(own) = own else {
        return if whole {
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
    match own.invoice_pdf_url.value() {
        None => Ok(None),
        Some(url) => match Url::parse(url.trim()) {
            Some(url) => Ok(Some(url)),
            None => Err(response.unexpected("`invoice_pdf_url` is no address")),
        },
    }
}
