//! What no function may ever take for "no such order": every fault at every
//! request of every function.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, post};

use crate::unit::{ORDER, done, finds, finds_invoice, list, mock, received, response};

/// A function, and the requests of a call that makes as many as it can.
struct Script {
    function: &'static str,
    parameters: fn() -> Vec<(&'static str, Value)>,
    /// The requests before the one that meets the fault, and the number of all.
    requests: fn() -> Vec<Expected>,
    /// The last request, whose body the function's own tests look at.
    last: Option<fn() -> Expected>,
}

fn order() -> Vec<(&'static str, Value)> {
    vec![("order", "26OP00042".into())]
}

fn order_and(name: &'static str, value: &str) -> Vec<(&'static str, Value)> {
    vec![("order", "26OP00042".into()), (name, value.into())]
}

const SCRIPTS: [Script; 8] = [
    Script {
        function: "verify-order",
        parameters: || order_and("email", "jana@example.com"),
        requests: || vec![finds(ORDER)],
        last: None,
    },
    Script {
        function: "load-order",
        parameters: order,
        requests: || vec![finds(ORDER)],
        last: None,
    },
    Script {
        function: "is-order-in-state",
        parameters: || order_and("state", "executed"),
        requests: || vec![finds(ORDER)],
        last: None,
    },
    Script {
        function: "load-order-parameter",
        parameters: || order_and("parameter", "VPrTracking"),
        requests: || vec![finds(ORDER)],
        last: None,
    },
    Script {
        function: "may-order-be-cancelled",
        parameters: order,
        requests: || vec![finds(&received())],
        last: None,
    },
    Script {
        function: "load-invoice",
        parameters: order,
        requests: || vec![finds(ORDER), finds_invoice()],
        last: None,
    },
    Script {
        function: "load-invoice-pdf",
        parameters: order,
        requests: || vec![finds(ORDER), finds_invoice()],
        last: Some(prints),
    },
    Script {
        function: "email-invoice",
        parameters: order,
        requests: || vec![finds(ORDER), finds_invoice()],
        last: Some(sends),
    },
];

const PRINT: &str = "<prn:print version=\"1.0\"><prn:record agenda=\"vydane_faktury\"><ftr:filter><ftr:id>940</ftr:id>\
</ftr:filter></prn:record><prn:printerSettings><prn:report><prn:id>5</prn:id></prn:report><prn:pdf>\
<prn:fileName>C:\\Windows\\Temp\\260100077.pdf</prn:fileName>";

fn prints() -> Expected {
    crate::unit::asks(&format!(
        "{PRINT}<prn:binaryData><prn:responseXml>true</prn:responseXml><prn:removeFile>true</prn:removeFile></prn:binaryData>\
         </prn:pdf></prn:printerSettings></prn:print>"
    ))
}

fn sends() -> Expected {
    crate::unit::asks(&format!(
        "{PRINT}<prn:sendMail><prn:to><prn:email>jana@example.com</prn:email></prn:to><prn:subject>Invoice 260100077</prn:subject>\
         <prn:body>The invoice is attached.</prn:body></prn:sendMail></prn:pdf></prn:printerSettings></prn:print>"
    ))
}

/// A fault of the back end, and what kind of failure it is.
type Fault = (&'static str, fn(Expected) -> Expected, fn(&Failure) -> bool);

fn is_unexpected(failure: &Failure) -> bool {
    matches!(failure, Failure::UnexpectedAnswer(_))
}

fn is_unavailable(failure: &Failure) -> bool {
    matches!(failure, Failure::Unavailable(_))
}

fn is_unauthorised(failure: &Failure) -> bool {
    matches!(failure, Failure::Unauthorised(_))
}

const FAULTS: [Fault; 16] = [
    ("wrong login", |it| it.answers(401, ""), is_unauthorised),
    (
        "no right to the unit",
        |it| it.answers(403, "<html>"),
        is_unauthorised,
    ),
    ("took too long", |it| it.answers(408, ""), is_unavailable),
    ("error", |it| it.answers(500, ""), is_unavailable),
    ("gateway", |it| it.answers(502, "<html>"), is_unavailable),
    ("busy", |it| it.answers(503, ""), is_unavailable),
    ("HTTP version", |it| it.answers(505, ""), is_unavailable),
    (
        "a proxy's limit",
        |it| it.answers(429, "").with_header("Retry-After", "30"),
        |it| matches!(it, Failure::RateLimited(limit) if limit.retry_after == Some(30)),
    ),
    ("malformed", |it| it.answers(400, ""), is_unexpected),
    ("wrong path", |it| it.answers(404, ""), is_unexpected),
    ("wrong method", |it| it.answers(405, ""), is_unexpected),
    (
        "a web page",
        |it| it.answers(200, "<html><body>OK</body></html>"),
        is_unexpected,
    ),
    ("nothing", |it| it.answers(200, ""), is_unexpected),
    (
        "an empty pack",
        |it| it.answers(200, response("")),
        is_unexpected,
    ),
    (
        "a refused operation",
        |it| {
            it.answers(
                200,
                response(&done("1", &list("listOrder", "")).replace("\"ok\"", "\"error\"")),
            )
        },
        is_unexpected,
    ),
    (
        "no connection",
        |it| it.fails(Failure::unavailable("the back end cannot be reached")),
        is_unavailable,
    ),
];

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    for script in &SCRIPTS {
        let count = (script.requests)().len() + usize::from(script.last.is_some());
        for at in 0..count {
            for (name, inject, is_kind) in &FAULTS {
                let unit = mock();
                let all = (script.requests)()
                    .into_iter()
                    .chain(script.last.map(|last| last()));
                for (index, request) in all.take(at + 1).enumerate() {
                    unit.expect(if index == at {
                        inject(request)
                    } else {
                        request
                    });
                }
                let outcome = unit.run(script.function, (script.parameters)());
                let what = format!("{}, request {at}, {name}: {outcome:?}", script.function);
                let failure = outcome.expect_err(&what);
                assert!(is_kind(&failure), "{what}");
                assert!(
                    !format!("{failure:?}").contains("jana@example.com"),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn a_list_of_changes_and_imports_fail_in_the_same_ways() {
    let items = Value::Json(r#"[{"name":"a","quantity":"1","price":"1"}]"#.to_owned());
    let order: Vec<(&'static str, Value)> = vec![
        ("order", "ES-1".into()),
        ("name", "Jana".into()),
        ("items", items),
    ];
    let changes: Vec<(&'static str, Value)> = vec![("cursor", "2026-03-14T11:59:30".into())];
    for (function, parameters, body) in [
        ("create-order", order, CREATE),
        ("list-orders-changed-since", changes, CHANGES),
    ] {
        for (name, inject, is_kind) in &FAULTS {
            let unit = mock();
            unit.expect(inject(post("xml").body(body)));
            let outcome = unit.run(function, parameters.clone());
            let what = format!("{function}, {name}: {outcome:?}");
            assert!(is_kind(&outcome.expect_err(&what)), "{what}");
        }
    }
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
