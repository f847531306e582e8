//! Every fault at every request of every function is a failure, never "no such order".

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, Fault, Script, each_fault, http_faults, post};

use crate::unit::{ORDER, done, finds, finds_invoice, list, mock, received, response};

fn scripts() -> Vec<Script> {
    const NUMBER: (&str, &str) = ("order", "26OP00042");
    let items = Value::Json(r#"[{"name":"a","quantity":"1","price":"1"}]"#.to_owned());
    let new_order = [
        ("order", Value::from("ES-1")),
        ("name", "Jana".into()),
        ("items", items),
    ];
    vec![
        Script::new(
            "verify-order",
            [NUMBER, ("email", "jana@example.com")],
            || vec![finds(ORDER)],
        ),
        Script::new("load-order", [NUMBER], || vec![finds(ORDER)]),
        Script::new("is-order-in-state", [NUMBER, ("state", "executed")], || {
            vec![finds(ORDER)]
        }),
        Script::new(
            "load-order-parameter",
            [NUMBER, ("parameter", "VPrTracking")],
            || vec![finds(ORDER)],
        ),
        Script::new("may-order-be-cancelled", [NUMBER], || {
            vec![finds(&received())]
        }),
        Script::new("load-invoice", [NUMBER], || {
            vec![finds(ORDER), finds_invoice()]
        }),
        Script::new("load-invoice-pdf", [NUMBER], || {
            vec![finds(ORDER), finds_invoice(), prints()]
        }),
        Script::new("email-invoice", [NUMBER], || {
            vec![finds(ORDER), finds_invoice(), sends()]
        }),
        Script::new("create-order", new_order, || vec![post("xml").body(CREATE)]),
        Script::new(
            "list-orders-changed-since",
            [("cursor", "2026-03-14T11:59:30")],
            || vec![post("xml").body(CHANGES).reads()],
        ),
    ]
}

const PRINT: &str = "<prn:print version=\"1.0\"><prn:record agenda=\"vydane_faktury\"><ftr:filter><ftr:id>940</ftr:id>\
</ftr:filter></prn:record><prn:printerSettings><prn:report><prn:id>5</prn:id></prn:report><prn:pdf>\
<prn:fileName>C:\\Windows\\Temp\\260100077.pdf</prn:fileName>";

fn prints() -> Expected {
    crate::unit::prints(&format!(
        "{PRINT}<prn:binaryData><prn:responseXml>true</prn:responseXml><prn:removeFile>true</prn:removeFile></prn:binaryData>\
         </prn:pdf></prn:printerSettings></prn:print>"
    ))
}

fn sends() -> Expected {
    crate::unit::prints(&format!(
        "{PRINT}<prn:sendMail><prn:to><prn:email>jana@example.com</prn:email></prn:to><prn:subject>Invoice 260100077</prn:subject>\
         <prn:body>The invoice is attached.</prn:body></prn:sendMail></prn:pdf></prn:printerSettings></prn:print>"
    ))
}

fn faults() -> Vec<Fault> {
    let unexpected = || Failure::unexpected_answer("");
    let mut faults = http_faults();
    faults.extend([
        Fault::new("HTTP version", Failure::unavailable(""), |it| {
            it.answers(505, "")
        }),
        Fault::new("malformed", unexpected(), |it| it.answers(400, "")),
        Fault::new("an empty pack", unexpected(), |it| {
            it.answers(200, response(""))
        }),
        Fault::new("a refused operation", unexpected(), |it| {
            it.answers(
                200,
                response(&done("1", &list("listOrder", "")).replace("\"ok\"", "\"error\"")),
            )
        }),
    ]);
    faults
}

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    each_fault(mock, &scripts(), &faults(), |injection| {
        let failure = format!("{:?}", injection.assert_fails());
        // The customer's e-mail on the order.
        assert!(!failure.contains("jana@example.com"), "{failure}");
    });
}

const CREATE: &str = "<?xml version=\"1.0\" encoding=\"Windows-1250\"?><dat:dataPack version=\"2.0\" id=\"krabice-create-order\" \
ico=\"12345678\" application=\"Krabice\" note=\"Krabice\" xmlns:dat=\"http://www.stormware.cz/schema/version_2/data.xsd\" \
xmlns:ord=\"http://www.stormware.cz/schema/version_2/order.xsd\" xmlns:typ=\"http://www.stormware.cz/schema/version_2/type.xsd\">\
<dat:dataPackItem version=\"2.0\" id=\"ES-1\"><ord:order version=\"2.0\"><ord:orderHeader><ord:orderType>receivedOrder</ord:orderType>\
<ord:numberOrder>ES-1</ord:numberOrder><ord:date>2026-03-14</ord:date><ord:partnerIdentity><typ:address><typ:name>Jana</typ:name>\
</typ:address></ord:partnerIdentity><ord:isExecuted>false</ord:isExecuted></ord:orderHeader><ord:orderDetail><ord:orderItem>\
<ord:text>a</ord:text><ord:quantity>1</ord:quantity><ord:payVAT>true</ord:payVAT><ord:rateVAT>high</ord:rateVAT><ord:homeCurrency>\
<typ:unitPrice>1</typ:unitPrice></ord:homeCurrency></ord:orderItem></ord:orderDetail></ord:order></dat:dataPackItem></dat:dataPack>";

const CHANGES: &str = "<?xml version=\"1.0\" encoding=\"Windows-1250\"?><dat:dataPack version=\"2.0\" id=\"key-of-the-call\" \
ico=\"12345678\" application=\"Krabice\" note=\"Krabice\" xmlns:dat=\"http://www.stormware.cz/schema/version_2/data.xsd\" \
xmlns:lst=\"http://www.stormware.cz/schema/version_2/list.xsd\" xmlns:ftr=\"http://www.stormware.cz/schema/version_2/filter.xsd\">\
<dat:dataPackItem version=\"2.0\" id=\"1\"><lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\">\
<lst:limit><ftr:idFrom>1</ftr:idFrom><ftr:count>200</ftr:count></lst:limit><lst:requestOrder><ftr:filter>\
<ftr:lastChanges>2026-03-14T11:54:30</ftr:lastChanges></ftr:filter></lst:requestOrder></lst:listOrderRequest>\
</dat:dataPackItem></dat:dataPack>";
