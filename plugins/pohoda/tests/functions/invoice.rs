//! `load-invoice`.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::unit::{
    INVOICE, ORDER, asks, asks_for, done, finds, finds_invoice, invoice_by_id, invoices,
    invoices_by, list, mock, response,
};

fn loads(more: Option<Expected>, order: &str) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(finds(order));
    if let Some(more) = more {
        unit.expect(more);
    }
    unit.run("load-invoice", [("order", "26OP00042")])
}

fn found() -> Json {
    json!({
        "id": 940, "number": "260100077", "symbol": "260100077",
        "date": "2026-03-02T00:00:00[Europe/Prague]", "due": "2026-03-16T00:00:00[Europe/Prague]",
        "total": "1210", "currency": "CZK", "paid": false, "to-pay": "1210",
    })
}

/// The order without a link to its invoice.
fn unlinked() -> String {
    ORDER.replace("issuedInvoice", "vydejka")
}

/// The question for invoices by both numbers of the order.
fn by_numbers() -> String {
    invoices_by(
        "<ftr:queryFilter><ftr:filter>(FA.CisloObj = &apos;26OP00042&apos;) OR (FA.CisloObj = &apos;ES-5501&apos;)\
         </ftr:filter><ftr:textName>Krabice</ftr:textName></ftr:queryFilter>",
    )
}

#[test]
fn a_linked_invoice_is_asked_for_by_its_id() {
    let outcome = loads(Some(finds_invoice()), ORDER);
    assert_eq!(outcome, Ok(found()));
}

#[test]
fn of_several_linked_invoices_the_newest_that_is_not_cancelled_counts() {
    let order = ORDER.replace(
        "<ord:linkedDocuments>",
        "<ord:linkedDocuments><typ:link><typ:sourceAgenda>issuedInvoice</typ:sourceAgenda><typ:sourceDocument>\
         <typ:id>950</typ:id></typ:sourceDocument></typ:link><typ:link><typ:sourceAgenda>issuedInvoice</typ:sourceAgenda>\
         <typ:sourceDocument><typ:number>260100070</typ:number></typ:sourceDocument></typ:link>",
    );
    let by_number = invoices_by(
        "<ftr:filter><ftr:selectedNumbers><ftr:number><typ:numberRequested>260100070</typ:numberRequested>\
         </ftr:number></ftr:selectedNumbers></ftr:filter>",
    );
    let cancelled = INVOICE.replace("<inv:id>940", "<inv:id>950").replace(
        "<inv:symVar>",
        "<inv:storno>cancelledDocument</inv:storno><inv:symVar>",
    );
    let older = INVOICE
        .replace("<inv:id>940", "<inv:id>930")
        .replace("260100077", "260100070");
    let answer = response(
        &[cancelled.as_str(), &older, INVOICE]
            .iter()
            .enumerate()
            .map(|(index, invoice)| done(&(index + 1).to_string(), &list("listInvoice", invoice)))
            .collect::<String>(),
    );
    let questions = [invoice_by_id(950), by_number, invoice_by_id(940)];
    let questions: Vec<_> = questions.iter().map(String::as_str).collect();
    let outcome = loads(Some(asks_for(&questions).answers(200, answer)), &order);
    assert_eq!(outcome, Ok(found()));
}

#[test]
fn without_a_link_an_invoice_is_searched_by_both_numbers_and_confirmed_by_its_own_link() {
    let outcome = |invoice: &str| {
        loads(
            Some(asks(&by_numbers()).answers(200, invoices(invoice))),
            &unlinked(),
        )
    };
    assert_eq!(outcome(INVOICE), Ok(found()));
    let other_number = INVOICE.replace("<inv:numberOrder>26OP00042", "<inv:numberOrder>ES-5501");
    assert_eq!(outcome(&other_number), Ok(found()), "the link proves it");
    let of_another = other_number.replace(
        "<typ:id>812</typ:id><typ:number>26OP00042",
        "<typ:id>813</typ:id><typ:number>26OP00043",
    );
    assert_eq!(
        outcome(&of_another),
        Ok(json!(false)),
        "another order with the same number of the shop"
    );
    assert_eq!(outcome(""), Ok(json!(false)));
}

#[test]
fn without_any_link_pohodas_own_number_proves_it_and_the_shops_does_not() {
    let outcome = |number: &str| {
        let invoice = INVOICE.replace("receivedOrder", "vydejka").replace(
            "<inv:numberOrder>26OP00042",
            &format!("<inv:numberOrder>{number}"),
        );
        loads(
            Some(asks(&by_numbers()).answers(200, invoices(&invoice))),
            &unlinked(),
        )
    };
    assert_eq!(outcome("26OP00042"), Ok(found()));
    assert_eq!(outcome("ES-5501"), Ok(json!(false)));
}

#[test]
fn a_cancelled_invoice_does_not_count() {
    for storno in ["cancelledDocument", "cancelDocument"] {
        let invoice = INVOICE.replace(
            "<inv:symVar>",
            &format!("<inv:storno>{storno}</inv:storno><inv:symVar>"),
        );
        let found = asks(&invoice_by_id(940)).answers(200, invoices(&invoice));
        assert_eq!(loads(Some(found), ORDER), Ok(json!(false)), "{storno}");
    }
}

#[test]
fn an_invoice_without_a_rest_to_pay_is_paid() {
    let outcome = |liquidation: &str| {
        let invoice = INVOICE.replace(
            "<inv:liquidation><typ:amountHome>1210</typ:amountHome></inv:liquidation>",
            liquidation,
        );
        let found = asks(&invoice_by_id(940)).answers(200, invoices(&invoice));
        loads(Some(found), ORDER).unwrap()
    };
    let paid = outcome(
        "<inv:liquidation><typ:date>2026-03-05</typ:date><typ:amountHome>0.0</typ:amountHome></inv:liquidation>",
    );
    assert_eq!(
        (&paid["paid"], &paid["to-pay"]),
        (&json!(true), &json!("0.0"))
    );
    // Zero is left out: a settled invoice has a date alone (an export of 2025).
    let settled = outcome("<inv:liquidation><typ:date>2026-03-05</typ:date></inv:liquidation>");
    assert_eq!(
        (&settled["paid"], &settled["to-pay"]),
        (&json!(true), &json!("0"))
    );
    let part = outcome(
        "<inv:liquidation><typ:date>2026-03-05</typ:date><typ:amountHome>210.5</typ:amountHome></inv:liquidation>",
    );
    assert_eq!(
        (&part["paid"], &part["to-pay"]),
        (&json!(false), &json!("210.5"))
    );
    for nothing in [
        "<inv:liquidation/>",
        "<inv:liquidation><typ:date>2026-03-05</typ:date><typ:amountForeign>9</typ:amountForeign></inv:liquidation>",
        "<inv:liquidation><typ:date>2026-03-05</typ:date><typ:amountHome>?</typ:amountHome></inv:liquidation>",
    ] {
        let untold = outcome(nothing);
        assert_eq!(
            (untold.get("paid"), untold.get("to-pay")),
            (None, None),
            "{nothing}"
        );
    }
    let untold = outcome("");
    assert_eq!((untold.get("paid"), untold.get("to-pay")), (None, None));
}

#[test]
fn there_is_no_such_order() {
    assert_eq!(loads(None, ""), Ok(json!(false)));
}

#[test]
fn a_credit_note_is_no_invoice() {
    let credit = INVOICE
        .replace("<inv:id>940</inv:id>", "<inv:id>999</inv:id>")
        .replace(
            "issuedInvoice</inv:invoiceType>",
            "issuedCreditNotice</inv:invoiceType>",
        );
    let both = format!("{credit}{INVOICE}");
    let found = asks(&invoice_by_id(940)).answers(200, invoices(&both));
    assert_eq!(loads(Some(found), ORDER).unwrap()["id"], 940);
    let found = asks(&invoice_by_id(940)).answers(200, invoices(&credit));
    assert_eq!(loads(Some(found), ORDER), Ok(json!(false)));
}
