//! `load-documents`.

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, get};
use serde_json::{Value as Json, json};

use crate::shop::{
    asks_for, finds_none, finds_order, invoice, mock, order_with, order_without, orders, page,
};

fn asked(email: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "O260147"), ("email", email)]
}

fn asks_for_invoice() -> Expected {
    get("invoices").query("invoice_numbers", "F260091")
}

fn loaded(invoices: Expected) -> Json {
    let shop = mock();
    shop.expect(finds_order());
    shop.expect(invoices);
    shop.run("load-documents", asked("petra.vlkova@example.cz"))
        .unwrap()
}

fn invoice_with(key: &str, value: Json) -> Expected {
    let mut invoice = invoice();
    invoice[key] = value;
    asks_for_invoice().answers(200, page("invoices", &[invoice]))
}

#[test]
fn an_invoice_is_found_with_its_link() {
    let found = json!({
        "invoice": "found",
        "invoiceurl": "https://www.kavarna.example/doc/F260091.pdf?k=0f3a",
    });
    assert_eq!(
        loaded(asks_for_invoice().answers(200, page("invoices", &[invoice()]))),
        found
    );
    // An older server does not name the order of an invoice.
    assert_eq!(loaded(invoice_with("order_number", Json::Null)), found);
}

#[test]
fn an_order_without_an_invoice_number_needs_one_request() {
    for number in [Json::Null, json!("")] {
        let shop = mock();
        let order = order_with("/invoice_number", number);
        shop.expect(asks_for("O260147").answers(200, orders(&[order])));
        assert_eq!(
            shop.run("load-documents", asked("petra.vlkova@example.cz")),
            Ok(json!({ "invoice": "notfound" })),
        );
    }
}

#[test]
fn an_invoice_that_the_shop_does_not_have_is_not_found() {
    let not_found = json!({ "invoice": "notfound" });
    assert_eq!(
        loaded(asks_for_invoice().answers(200, page("invoices", &[]))),
        not_found
    );
    assert_eq!(
        loaded(invoice_with("invoice_number", json!("F260092"))),
        not_found
    );
    assert_eq!(
        loaded(invoice_with("invoice_pdf_url", json!(""))),
        not_found
    );
}

#[test]
fn an_invoice_that_the_shop_does_not_tell_is_an_error() {
    let mut part = page("invoices", &[]);
    part["invoices"] = json!([{ "invoice_number": "F250001" }]);
    part["number_of_items"] = json!(812);
    for invoices in [
        asks_for_invoice().answers(401, ""),
        asks_for_invoice().answers(403, ""),
        asks_for_invoice().answers(404, "<html>not here</html>"),
        asks_for_invoice().answers(404, json!({})),
        invoice_with("type", json!("creditNote")),
        asks_for_invoice()
            .answers(429, "")
            .with_header("retry-after", "60"),
        asks_for_invoice().answers(500, ""),
        asks_for_invoice().answers(301, ""),
        asks_for_invoice().answers(200, "<html>"),
        asks_for_invoice().answers(200, json!({})),
        asks_for_invoice().answers(200, part),
        asks_for_invoice().fails(Failure::unavailable("the back end took too long")),
        invoice_with("order_number", json!("O260148")),
        invoice_with("invoice_pdf_url", json!("/doc/F260091.pdf")),
        invoice_with("invoice_pdf_url", json!("javascript:alert(1)")),
    ] {
        assert_eq!(loaded(invoices), json!({ "invoice": "error" }));
    }
}

#[test]
fn an_answer_without_the_number_of_the_invoice_is_an_error() {
    let shop = mock();
    let order = order_without("", "invoice_number");
    shop.expect(asks_for("O260147").answers(200, orders(&[order])));
    assert_eq!(
        shop.run("load-documents", asked("petra.vlkova@example.cz")),
        Ok(json!({ "invoice": "error" })),
    );
}

#[test]
fn no_order_and_another_email_are_false() {
    let shop = mock();
    shop.expect(finds_none());
    assert_eq!(
        shop.run("load-documents", asked("petra.vlkova@example.cz")),
        Ok(json!(false))
    );
    shop.expect(finds_order());
    assert_eq!(
        shop.run("load-documents", asked("jana@example.cz")),
        Ok(json!(false))
    );
}
