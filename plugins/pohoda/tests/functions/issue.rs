//! `issue-invoice`.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::unit::{ORDER, done, finds, imports, mock, received, response};

const INVOICE: &str = "<inv:invoice version=\"2.0\"><inv:links><typ:link>\
<typ:sourceAgenda>receivedOrder</typ:sourceAgenda><typ:sourceDocument><typ:id>812</typ:id></typ:sourceDocument>\
</typ:link></inv:links><inv:invoiceHeader><inv:invoiceType>issuedInvoice</inv:invoiceType>\
<inv:date>2026-03-14</inv:date></inv:invoiceHeader></inv:invoice>";

fn issues() -> Expected {
    imports("krabice-issue-invoice", "812", INVOICE)
}

fn issued() -> Vec<u8> {
    response(&done(
        "812",
        "<inv:invoiceResponse version=\"2.0\" state=\"ok\"><rdc:producedDetails><rdc:id>941</rdc:id>\
         <rdc:number>260100078</rdc:number><rdc:actionType>add</rdc:actionType></rdc:producedDetails></inv:invoiceResponse>",
    ))
}

fn run(requests: impl IntoIterator<Item = Expected>) -> Result<Json, Failure> {
    let unit = mock().setting("issue-invoices", true);
    for request in requests {
        unit.expect(request);
    }
    unit.run("issue-invoice", [("order", "26OP00042")])
}

#[test]
fn it_is_off_unless_the_connection_allows_it() {
    let failure = mock()
        .run("issue-invoice", [("order", "26OP00042")])
        .unwrap_err();
    let detail = "the connection's setting `issue-invoices` does not allow it";
    assert_eq!(failure, Failure::unauthorised(detail));
}

#[test]
fn an_invoice_makes_the_order_executed() {
    let outcome = run([
        finds(&received()),
        issues().answers(200, issued()),
        finds(ORDER),
    ]);
    assert_eq!(outcome, Ok(json!({ "id": 941, "number": "260100078" })));
}

#[test]
fn a_closed_or_unknown_order_is_false() {
    let cancelled = received().replace(
        "<ord:numberOrder>",
        "<ord:storno>cancelledDocument</ord:storno><ord:numberOrder>",
    );
    for order in [ORDER, &cancelled, ""] {
        assert_eq!(run([finds(order)]), Ok(json!(false)));
    }
}

#[test]
fn an_order_that_stays_open_is_a_failure() {
    let outcome = run([
        finds(&received()),
        issues().answers(200, issued()),
        finds(&received()),
    ]);
    let what = "the invoice was issued, and the order is not executed";
    assert_eq!(outcome, Err(Failure::unexpected_answer(what)));
}

#[test]
fn an_invoice_that_was_issued_before_is_not_issued_again() {
    let before = response(
        "<rsp:responsePackItem version=\"2.0\" id=\"812\" state=\"error\" note=\"x\"><rsp:errorDetail><rsp:recordDuplicity>\
         <rsp:agendaType>vydane_faktury</rsp:agendaType><rsp:id>941</rsp:id></rsp:recordDuplicity></rsp:errorDetail>\
         </rsp:responsePackItem>",
    );
    let outcome = run([finds(&received()), issues().answers(200, before)]);
    let what = "an invoice of this order was issued before, and the order is not executed";
    assert_eq!(outcome, Err(Failure::unexpected_answer(what)));
}

#[test]
fn an_answer_that_names_no_invoice_proves_none() {
    let nothing = response(&done(
        "812",
        "<inv:invoiceResponse version=\"2.0\" state=\"ok\"/>",
    ));
    let outcome = run([finds(&received()), issues().answers(200, nothing)]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
