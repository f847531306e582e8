//! `load-invoice-pdf` and `email-invoice`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krabice_plugin::Failure;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::unit::{ORDER, done, finds, finds_invoice, mock, response};

const PDF: &[u8] = b"%PDF-1.4\n%%EOF\n";

fn prints(what: &str) -> Expected {
    crate::unit::prints(&format!(
        "<prn:print version=\"1.0\"><prn:record agenda=\"vydane_faktury\"><ftr:filter><ftr:id>940</ftr:id></ftr:filter>\
         </prn:record><prn:printerSettings><prn:report><prn:id>5</prn:id></prn:report><prn:pdf>\
         <prn:fileName>C:\\Windows\\Temp\\260100077.pdf</prn:fileName>{what}</prn:pdf></prn:printerSettings></prn:print>"
    ))
}

const DATA: &str = "<prn:binaryData><prn:responseXml>true</prn:responseXml><prn:removeFile>true</prn:removeFile></prn:binaryData>";

fn printed(details: &str) -> Vec<u8> {
    response(&done(
        "1",
        &format!("<prn:printResponse version=\"1.0\" state=\"ok\">{details}</prn:printResponse>"),
    ))
}

fn with_data(data: &str) -> Vec<u8> {
    printed(&format!(
        "<rdc:printDetails><rdc:attachments><rdc:attachment><rdc:idReport>5</rdc:idReport>\
         <rdc:data fileName=\"260100077.pdf\" code=\"base64\">{data}</rdc:data></rdc:attachment></rdc:attachments>\
         </rdc:printDetails>"
    ))
}

fn loads(answer: Vec<u8>) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(finds(ORDER))
        .expect(finds_invoice())
        .expect(prints(DATA).answers(200, answer));
    unit.run("load-invoice-pdf", [("order", "26OP00042")])
}

#[test]
fn the_pdf_is_what_pohoda_printed() {
    let encoded = STANDARD.encode(PDF);
    let (one, other) = encoded.split_at(8);
    for data in [encoded.clone(), format!("\n{one}\r\n {other}\n")] {
        assert_eq!(
            loads(with_data(&data)),
            Ok(
                json!({ "name": "260100077.pdf", "media-type": "application/pdf", "size": PDF.len() })
            ),
        );
    }
}

#[test]
fn an_answer_without_a_pdf_is_a_failure_though_it_says_ok() {
    for (what, answer) in [
        ("an unknown print form", printed("")),
        ("a folder without the right to write", with_data("")),
        ("no base64", with_data("%PDF")),
        ("no PDF", with_data(&STANDARD.encode("<html>"))),
        (
            "something else",
            response(&done(
                "1",
                "<ord:orderResponse version=\"2.0\" state=\"ok\"/>",
            )),
        ),
    ] {
        let outcome = loads(answer);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{what}: {outcome:?}"
        );
    }
}

#[test]
fn without_a_print_form_nothing_is_sent() {
    let unit = krabice_plugin::mock::Mock::of(&krabice_pohoda::POHODA);
    for function in ["load-invoice-pdf", "email-invoice"] {
        let failure = unit.run(function, [("order", "26OP00042")]).unwrap_err();
        let detail = "is not among the connection's settings";
        assert_eq!(
            failure,
            Failure::invalid_parameter("invoice-report", detail)
        );
    }
}

#[test]
fn an_order_without_an_invoice_has_no_pdf_and_no_email() {
    for function in ["load-invoice-pdf", "email-invoice"] {
        let unit = mock();
        unit.expect(finds(""));
        assert_eq!(
            unit.run(function, [("order", "26OP00042")]),
            Ok(json!(false)),
            "{function}"
        );
    }
}

fn mail(to: &str, subject: &str, body: &str) -> String {
    format!(
        "<prn:sendMail><prn:to><prn:email>{to}</prn:email></prn:to><prn:subject>{subject}</prn:subject>\
         <prn:body>{body}</prn:body></prn:sendMail>"
    )
}

#[test]
fn an_invoice_goes_to_the_first_email_on_the_order() {
    let order = ORDER.replace("jana@example.com", "fa@example.com; jana@example.com");
    let unit = mock();
    let sent = prints(&mail(
        "fa@example.com",
        "Invoice 260100077",
        "The invoice is attached.",
    ));
    unit.expect(finds(&order))
        .expect(finds_invoice())
        .expect(sent.answers(200, printed("")));
    assert_eq!(
        unit.run("email-invoice", [("order", "26OP00042")]),
        Ok(json!(true))
    );
}

#[test]
fn a_scenario_may_write_the_email() {
    let unit = mock();
    let sent = prints(&mail(
        "jana@example.com",
        "Doklad &amp; platba",
        "Hotovo &lt;3",
    ));
    unit.expect(finds(ORDER))
        .expect(finds_invoice())
        .expect(sent.answers(200, printed("")));
    let asked = [
        ("order", "26OP00042"),
        ("subject", " Doklad & platba "),
        ("text", "Hotovo <3"),
    ];
    assert_eq!(unit.run("email-invoice", asked), Ok(json!(true)));
}

#[test]
fn an_order_without_an_email_is_false_and_one_that_pohoda_cannot_send_to_a_failure() {
    let run = |email: &str| {
        let unit = mock();
        unit.expect(finds(&ORDER.replace("jana@example.com", email)))
            .expect(finds_invoice());
        unit.run("email-invoice", [("order", "26OP00042")])
    };
    assert_eq!(run(""), Ok(json!(false)));
    assert_eq!(run("nemá"), Ok(json!(false)));
    let outcome = run("žana@example.com");
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_subject_that_is_too_long_is_refused() {
    let unit = mock();
    let asked = [
        ("order", "26OP00042".to_owned()),
        ("subject", "x".repeat(256)),
    ];
    let outcome = unit.run("email-invoice", asked);
    assert!(
        matches!(outcome, Err(Failure::InvalidParameter(_))),
        "{outcome:?}"
    );
}
