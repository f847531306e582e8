//! The invoice of an order as a file: `load-invoice-file`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Decimal, Failure, Fields, File, Outcome, Timestamp, amount, function};
use serde::Deserialize;
use serde_json::json;

use crate::label::{decoded, file_name};
use crate::order::{OrderId, moment};
use crate::{Shop, api, id};

/// An invoice, as the API answers it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Invoice {
    invoice_id: Loose<String>,
    order_id: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<String>,
    correcting_to_invoice_id: Loose<String>,
    number: Loose<String>,
    date_add: Loose<i64>,
    currency: Loose<String>,
    total_price_brutto: Loose<Decimal>,
}

#[derive(Deserialize)]
struct Invoices {
    invoices: Vec<Part<Invoice>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    invoice: Loose<String>,
}

#[derive(Fields)]
pub(crate) struct InvoiceFile {
    /// Invoice number
    number: String,
    /// Issued
    issued: Option<Timestamp>,
    /// Total
    ///
    /// With VAT.
    total: Option<Decimal>,
    /// Currency
    currency: String,
    /// Invoice
    ///
    /// As a PDF.
    file: File,
}

/// Load the invoice of an order
///
/// True with the newest invoice of the order as a file; false when it has none. A correction is no
/// invoice.
#[function(reads, purposes(order_invoice), subject(order = order))]
pub(crate) fn load_invoice_file(
    shop: &Shop,
    asked: OrderId,
) -> Result<Outcome<InvoiceFile>, Failure> {
    let Some(order) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let asked = json!({ "order_id": order });
    let found: Invoices = api::read(shop, "getInvoices", &asked)?;
    let (mut newest, mut odd): (Option<(i64, Invoice)>, _) = (None, None);
    for invoice in found.invoices {
        let invoice = invoice.into_value().unwrap_or_default();
        match invoice.is_of(order) {
            Ok(Some(id)) if newest.as_ref().is_none_or(|(newest, _)| *newest < id) => {
                newest = Some((id, invoice));
            }
            Ok(_) => {}
            Err(why) => odd = Some(why),
        }
    }
    let Some((id, invoice)) = newest else {
        return odd.map_or(Ok(Outcome::False), Err);
    };
    let asked = json!({ "invoice_id": id });
    let content: Content = api::read(shop, "getInvoiceFile", &asked)?;
    let content = content.invoice.required("invoice")?.trim();
    // `data:`, then Base64 without a media type.
    let content = content.strip_prefix("data:").unwrap_or(content);
    let content = decoded(content)
        .ok_or_else(|| Failure::unexpected_answer("getInvoiceFile: the invoice is not Base64"))?;
    let number = invoice.number.required("number")?;
    let name = format!("invoice-{}.pdf", file_name(number));
    Ok(Outcome::True(InvoiceFile {
        file: File::new(name, "application/pdf", content),
        number: number.clone(),
        issued: moment(&invoice.date_add),
        total: invoice
            .total_price_brutto
            .value()
            .map(|total| amount::exact(*total, &invoice.currency.text())),
        currency: invoice.currency.text(),
    }))
}

impl Invoice {
    /// Its number in Base; `None` for a correction, which is listed among the invoices.
    ///
    /// # Errors
    /// It is another order's, or does not say what it is.
    fn is_of(&self, order: i64) -> Result<Option<i64>, Failure> {
        if *self.order_id.required("order_id")? != order.to_string() {
            return Err(Failure::unexpected_answer(
                "getInvoices: an invoice of another order",
            ));
        }
        let corrects = id::optional(&self.correcting_to_invoice_id).is_some();
        match self.kind.text().as_str() {
            _ if corrects => return Ok(None),
            "correcting" => return Ok(None),
            "" | "normal" => {}
            _ => {
                return Err(Failure::unexpected_answer(
                    "getInvoices: an invoice of an unknown type",
                ));
            }
        }
        id::number(self.invoice_id.required("invoice_id")?)
            .map(Some)
            .ok_or_else(|| Failure::unexpected_answer("`invoice_id` is not a number"))
    }
}
