//! The four levels of an answer's state, and answers that are not as documented.

use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::Value as Json;

use crate::unit::{ORDER, asks, by_number, done, list, mock, orders, response, windows_1250};

fn asked(answer: impl FnOnce(Expected) -> Expected) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(answer(asks(&by_number("26OP00042"))));
    unit.run("load-order", [("order", "26OP00042")])
}

fn answered(body: Vec<u8>) -> Failure {
    asked(|request| request.answers(200, body)).unwrap_err()
}

fn unexpected(what: &str) -> Failure {
    Failure::unexpected_answer(format!("POST xml: {what}"))
}

#[test]
fn a_refused_pack_is_unauthorised_as_recorded() {
    let denied = windows_1250(
        "<?xml version=\"1.0\" encoding=\"Windows-1250\"?><rsp:responsePack version=\"2.0\" id=\"\" state=\"error\" \
         programVersion=\"13901.5 SQL (1.3.2026)\" ico=\"12345678\" note=\"Uživatel nemá oprávnění.\" \
         xmlns:rsp=\"http://www.stormware.cz/schema/version_2/response.xsd\"/>",
    );
    let detail = "POHODA took nothing of the pack: Uživatel nemá oprávnění.";
    assert_eq!(answered(denied), Failure::unauthorised(detail));
}

#[test]
fn the_state_of_the_pack_counts() {
    let of = |state: &str| {
        let whole = String::from_utf8(response(&done("1", &list("listOrder", "")))).unwrap();
        whole
            .replacen("state=\"ok\"", &format!("state=\"{state}\""), 1)
            .into_bytes()
    };
    assert_eq!(
        answered(of("error")),
        unexpected("POHODA refused the whole pack")
    );
    let neither = "the pack's state is neither `ok` nor `error`";
    assert_eq!(answered(of("warning")), unexpected(neither));
}

#[test]
fn the_state_of_the_item_counts() {
    let item = "<rsp:responsePackItem version=\"2.0\" id=\"1\" state=\"error\" note=\"jana@example.com\"/>";
    let refused = unexpected("POHODA did not carry the operation out");
    assert_eq!(answered(response(item)), refused);
    let other = done("2", &list("listOrder", ORDER));
    assert_eq!(
        answered(response(&other)),
        unexpected("an operation was not answered")
    );
    assert_eq!(
        answered(response("")),
        unexpected("an operation was not answered")
    );
    let nothing = unexpected("an operation was answered with nothing");
    assert_eq!(answered(response(&done("1", ""))), nothing);
}

#[test]
fn the_state_of_the_content_counts() {
    let refused = unexpected("POHODA did not carry the operation out");
    for state in ["state=\"error\"", "state=\"warning\"", ""] {
        let list = list("listOrder", "").replace("state=\"ok\"", state);
        assert_eq!(answered(response(&done("1", &list))), refused, "{state}");
    }
}

#[test]
fn the_state_of_each_detail_counts() {
    let detail = |state: &str, errno: &str| {
        let details = format!(
            "<rdc:importDetails><rdc:detail><rdc:state>ok</rdc:state></rdc:detail><rdc:detail><rdc:state>{state}</rdc:state>\
             <rdc:errno>{errno}</rdc:errno><rdc:note>jana@example.com</rdc:note><rdc:XPath>/lst:a/lst:b</rdc:XPath>\
             </rdc:detail></rdc:importDetails>{ORDER}"
        );
        response(&done("1", &list("listOrder", &details)))
    };
    let refused =
        |number| format!("POHODA did not carry the operation out, error {number} at /lst:a/lst:b");
    assert_eq!(
        answered(detail("error", "103")),
        unexpected(&refused("103"))
    );
    assert_eq!(
        answered(detail("error", "101")),
        Failure::unauthorised(refused("101"))
    );
    let warned = asked(|request| request.answers(200, detail("warning", "603")));
    assert!(warned.unwrap().is_object(), "a warning is no error");
}

#[test]
fn an_answer_with_another_list_is_a_failure() {
    let invoices = response(&done("1", &list("listInvoice", "")));
    assert_eq!(
        answered(invoices),
        unexpected("the answer is not `lst:listOrder`")
    );
}

#[test]
fn an_answer_that_is_not_a_pack_is_a_failure() {
    for body in [
        "",
        "<html><body>OK</body></html>",
        "{}",
        "<rsp:responsePack/>",
        "<responsePack state=\"ok\"/>",
    ] {
        let failure = answered(body.as_bytes().to_vec());
        assert!(
            matches!(failure, Failure::UnexpectedAnswer(_)),
            "{body}: {failure:?}"
        );
    }
    let whole = orders(ORDER);
    for length in [whole.len() / 2, whole.len() - 3] {
        let failure = answered(whole[..length].to_vec());
        assert!(
            matches!(failure, Failure::UnexpectedAnswer(_)),
            "{failure:?}"
        );
    }
}

#[test]
fn an_order_without_id_or_number_is_a_failure() {
    let without = ORDER.replace("<ord:id>812</ord:id>", "");
    assert_eq!(
        answered(orders(&without)),
        unexpected("an order without `ord:id`")
    );
    let without = ORDER.replace(
        "<typ:numberRequested>26OP00042</typ:numberRequested></ord:number>",
        "</ord:number>",
    );
    assert_eq!(
        answered(orders(&without)),
        unexpected("an order without its number")
    );
}
