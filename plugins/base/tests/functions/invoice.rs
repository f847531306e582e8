//! `load-invoice-file`.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::account::{asks, mock, refusal, refused, success};

const ORDER: [(&str, &str); 1] = [("order", "90155231")];

fn invoice(id: i64, number: &str) -> Json {
    json!({
        "invoice_id": id, "order_id": "90155231", "series_id": 15, "type": "normal",
        "number": number, "date_add": 1790960000, "date_sell": 1790960000, "date_pay_to": 0,
        "currency": "PLN", "total_price_brutto": "254.90", "total_price_netto": 207.24,
        "payment": "Przelew", "items": [], "external_invoice_number": "", "external_id": ""
    })
}

fn finds(invoices: &[Json]) -> Expected {
    asks("getInvoices", &json!({ "order_id": 90155231 }))
        .answers(200, success(&json!({ "invoices": invoices })))
}

fn asks_file(id: i64) -> Expected {
    asks("getInvoiceFile", &json!({ "invoice_id": id }))
}

fn file(text: &str) -> Json {
    success(&json!({ "invoice": text, "invoice_number": "FV 12/10/2026" }))
}

#[test]
fn the_newest_invoice_is_a_file() {
    let base = mock();
    base.expect(finds(&[
        invoice(3301, "FV 12/10/2026"),
        invoice(3400, "FK 2/10/2026"),
        invoice(3302, "FV 13/10/2026"),
    ]));
    base.expect(asks_file(3400).answers(200, file("data:aW52b2ljZQ==")));
    assert_eq!(
        base.run("load-invoice-file", ORDER),
        Ok(json!({
            "number": "FK 2/10/2026", "issued": "2026-10-02T16:53:20Z", "total": "254.90",
            "currency": "PLN",
            "file": { "name": "invoice-FK-2-10-2026.pdf", "media-type": "application/pdf", "size": 7 },
        })),
    );
}

#[test]
fn a_correction_is_no_invoice() {
    let base = mock();
    let mut correction = invoice(3400, "FK 2/10/2026");
    correction["type"] = json!("correcting");
    correction["correcting_to_invoice_id"] = json!(3301);
    base.expect(finds(&[
        invoice(3301, "FV 12/10/2026"),
        correction.clone(),
        json!([]),
    ]));
    base.expect(asks_file(3301).answers(200, file("data:aW52b2ljZQ==")));
    let outcome = base.run("load-invoice-file", ORDER).unwrap();
    assert_eq!(outcome["number"], "FV 12/10/2026");
    base.expect(finds(&[correction]));
    assert_eq!(base.run("load-invoice-file", ORDER), Ok(json!(false)));
    let mut unknown = invoice(3500, "?");
    unknown["type"] = json!("proforma");
    base.expect(finds(&[unknown]));
    assert_eq!(
        base.run("load-invoice-file", ORDER),
        Err(Failure::unexpected_answer(
            "getInvoices: an invoice of an unknown type"
        ))
    );
}

#[test]
fn an_order_without_an_invoice_is_false() {
    let base = mock();
    base.expect(finds(&[]));
    assert_eq!(base.run("load-invoice-file", ORDER), Ok(json!(false)));
    assert_eq!(
        base.run("load-invoice-file", [("order", "O1")]),
        Ok(json!(false))
    );
}

#[test]
fn an_invoice_of_another_order_proves_nothing() {
    let base = mock();
    let mut other = invoice(3301, "FV 1");
    other["order_id"] = json!(1);
    base.expect(finds(&[other]));
    assert_eq!(
        base.run("load-invoice-file", ORDER),
        Err(Failure::unexpected_answer(
            "getInvoices: an invoice of another order"
        ))
    );
}

#[test]
fn an_invoice_without_its_file_is_a_failure() {
    for (text, detail) in [
        ("", "`invoice` is empty in the answer"),
        ("data:", "getInvoiceFile: the invoice is not Base64"),
        ("data:%PDF", "getInvoiceFile: the invoice is not Base64"),
    ] {
        let base = mock();
        base.expect(finds(&[invoice(3301, "FV 1")]));
        base.expect(asks_file(3301).answers(200, file(text)));
        assert_eq!(
            base.run("load-invoice-file", ORDER),
            Err(Failure::unexpected_answer(detail)),
            "{text}"
        );
    }
    let base = mock();
    base.expect(finds(&[invoice(3301, "FV 1")]));
    base.expect(asks_file(3301).answers(200, refused("ERROR_NO_FILE", "")));
    assert_eq!(
        base.run("load-invoice-file", ORDER),
        refusal("getInvoiceFile", "ERROR_NO_FILE")
    );
}
