//! Files as base64: labels and invoices.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::account::{Account, number, place};
use super::answer::refusal;
use super::orders::{Content, PAGE, content_of, parcel};
use super::request::Request;
use super::rules;
use crate::pdf;
use crate::refusal::Refusal;

/// `getLabel`: base64 without a prefix.
pub(super) fn label(account: &Account, request: &Request) -> Result<Content, Refusal> {
    let found = parcel(account, request)?;
    let label = found
        .and_then(|id| place(&account.labels, "package_id", id))
        .map(|at| &account.labels[at]);
    let Some(label) = label else {
        let message = "No label for this package";
        return Err(refusal(&rules::NO_LABEL, "ERROR_NO_LABEL", message));
    };
    let text = label["text"].as_str().unwrap_or_default();
    let content = match label["extension"].as_str() {
        Some("pdf") if !text.is_empty() => STANDARD.encode(pdf::page(text)),
        _ => STANDARD.encode(text),
    };
    Ok(Map::from_iter([
        ("extension".to_owned(), label["extension"].clone()),
        ("label".to_owned(), content.into()),
    ]))
}

/// `getInvoices`.
pub(super) fn invoices(account: &Account, request: &Request) -> Content {
    let fits = |item: &&Value| {
        request.equals("order_id", item, "order_id")
            && request.equals("invoice_id", item, "invoice_id")
            && request.equals("series_id", item, "series_id")
            && request.at_least("date_from", item, "date_add")
            && request.at_least("id_from", item, "invoice_id")
    };
    let mut invoices: Vec<&Value> = account.invoices.iter().filter(fits).collect();
    invoices.sort_by_key(|item| number(&item["invoice_id"]));
    let shown = invoices.into_iter().take(PAGE).map(|invoice| {
        let mut invoice = invoice.clone();
        if let Some(members) = invoice.as_object_mut() {
            members.remove("file");
        }
        invoice
    });
    content_of("invoices", shown.collect())
}

/// `getInvoiceFile`: `data:` and base64, without a media type. Sources: a transcription
/// of the method's page, and a client that removes the prefix.
pub(super) fn invoice_file(account: &Account, request: &Request) -> Result<Content, Refusal> {
    let id = request.int("invoice_id").unwrap_or_default();
    let Some(at) = place(&account.invoices, "invoice_id", id) else {
        let (rule, code) = (&rules::UNKNOWN_ORDER, "ERROR_INVOICE_NOT_FOUND");
        return Err(refusal(rule, code, "Unknown invoice"));
    };
    let invoice = &account.invoices[at];
    let number = invoice["number"].as_str().unwrap_or_default();
    let file = match invoice["file"].as_str() {
        Some(file) => file.to_owned(),
        None => STANDARD.encode(pdf::page(&format!("Faktura {number}"))),
    };
    Ok(Map::from_iter([
        ("invoice".to_owned(), format!("data:{file}").into()),
        ("invoice_number".to_owned(), number.into()),
    ]))
}
