//! `create-order`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::unit::{done, imports, mock, response};

fn asked(changes: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let items = r#"[{"name":"Lampa","code":"LAMP-01","quantity":"2","price":"605.00","vat":"high"},
                    {"name":"Doprava","quantity":"1","price":"99"}]"#;
    let mut all: Vec<(&'static str, Value)> = vec![
        ("order", "ES-5510".into()),
        ("name", "Petr Vzor".into()),
        ("email", "petr@example.com".into()),
        ("city", "Praha".into()),
        ("payment", "Hotově".into()),
        ("items", Value::Json(items.to_owned())),
    ];
    for (name, value) in changes {
        all.retain(|(other, _)| other != name);
        all.push((*name, value.clone()));
    }
    all
}

const LINES: &str = "<ord:orderDetail><ord:orderItem><ord:text>Lampa</ord:text><ord:quantity>2</ord:quantity>\
<ord:payVAT>true</ord:payVAT><ord:rateVAT>high</ord:rateVAT><ord:homeCurrency><typ:unitPrice>605.00</typ:unitPrice></ord:homeCurrency>\
<ord:code>LAMP-01</ord:code><ord:stockItem><typ:stockItem><typ:ids>LAMP-01</typ:ids></typ:stockItem></ord:stockItem></ord:orderItem>\
<ord:orderItem><ord:text>Doprava</ord:text><ord:quantity>1</ord:quantity><ord:payVAT>true</ord:payVAT><ord:rateVAT>high</ord:rateVAT>\
<ord:homeCurrency><typ:unitPrice>99</typ:unitPrice></ord:homeCurrency></ord:orderItem></ord:orderDetail>";

fn document(ext_id: &str) -> String {
    format!(
        "<ord:order version=\"2.0\"><ord:orderHeader>{ext_id}<ord:orderType>receivedOrder</ord:orderType>\
         <ord:numberOrder>ES-5510</ord:numberOrder><ord:date>2026-03-14</ord:date><ord:partnerIdentity><typ:address>\
         <typ:name>Petr Vzor</typ:name><typ:city>Praha</typ:city><typ:email>petr@example.com</typ:email></typ:address>\
         </ord:partnerIdentity><ord:paymentType><typ:ids>Hotovost</typ:ids></ord:paymentType>\
         <ord:isExecuted>false</ord:isExecuted></ord:orderHeader>{LINES}</ord:order>"
    )
}

fn creates() -> Expected {
    imports("krabice-create-order", "ES-5510", &document(""))
}

fn run(request: Expected) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(request);
    unit.run("create-order", asked(&[("payment", "Hotovost".into())]))
}

fn answer(content: &str) -> Vec<u8> {
    response(&done("ES-5510", content))
}

const PRODUCED: &str = "<rdc:producedDetails><rdc:id>821</rdc:id><rdc:number>26OP00051</rdc:number>\
<rdc:actionType>add</rdc:actionType></rdc:producedDetails>";

#[test]
fn an_order_is_created_under_ids_that_stay_the_same() {
    let created = answer(&format!(
        "<ord:orderResponse version=\"2.0\" state=\"ok\">{PRODUCED}</ord:orderResponse>"
    ));
    assert_eq!(
        run(creates().answers(200, created)),
        Ok(json!({ "created": true, "id": 821, "number": "26OP00051", "warnings": [] })),
    );
}

#[test]
fn warnings_are_given_as_recorded() {
    let created = answer(&format!(
        "<ord:orderResponse version=\"2.0\" state=\"ok\"><rdc:importDetails><rdc:detail><rdc:state>warning</rdc:state>\
         <rdc:errno>603</rdc:errno><rdc:note>Hodnota byla upravena.</rdc:note><rdc:XPath>/ord:order/ord:orderHeader/ord:text</rdc:XPath>\
         <rdc:valueRequested>a</rdc:valueRequested><rdc:valueProduced>b</rdc:valueProduced></rdc:detail></rdc:importDetails>\
         {PRODUCED}</ord:orderResponse>"
    ));
    let order = run(creates().answers(200, created)).unwrap();
    assert_eq!(order["warnings"], json!(["Hodnota byla upravena."]));
}

#[test]
fn an_order_that_was_created_before_is_there_already() {
    let duplicate = |record: &str| {
        response(&format!(
            "<rsp:responsePackItem version=\"2.0\" id=\"ES-5510\" state=\"error\" note=\"x\"><rsp:errorDetail>\
             <rsp:recordDuplicity><rsp:agendaType>prijate_objednavky</rsp:agendaType><rsp:dateCreate>2026-03-02</rsp:dateCreate>\
             {record}</rsp:recordDuplicity></rsp:errorDetail></rsp:responsePackItem>"
        ))
    };
    let there = duplicate("<rsp:id>821</rsp:id><rsp:number>26OP00051</rsp:number>");
    assert_eq!(
        run(creates().answers(200, there)),
        Ok(json!({ "created": false, "id": 821, "number": "26OP00051", "warnings": [] })),
    );
    assert_eq!(
        run(creates().answers(200, duplicate(""))),
        Ok(json!(false)),
        "deleted since"
    );
}

#[test]
fn an_error_in_a_detail_is_a_failure_though_all_else_says_ok() {
    for content in [
        format!(
            "<ord:orderResponse version=\"2.0\" state=\"ok\"><rdc:importDetails><rdc:detail><rdc:state>error</rdc:state>\
                 <rdc:errno>108</rdc:errno></rdc:detail></rdc:importDetails>{PRODUCED}</ord:orderResponse>"
        ),
        "<ord:orderResponse version=\"2.0\" state=\"error\"/>".to_owned(),
        "<ord:orderResponse version=\"2.0\" state=\"ok\"/>".to_owned(),
    ] {
        let outcome = run(creates().answers(200, answer(&content)));
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_order_gets_an_external_id_if_the_connection_has_a_system() {
    let unit = mock().setting("external-system", "my-eshop");
    let ext_id = "<ord:extId><typ:ids>ES-5510</typ:ids><typ:exSystemName>my-eshop</typ:exSystemName></ord:extId>";
    let created = answer(&format!(
        "<ord:orderResponse version=\"2.0\" state=\"ok\">{PRODUCED}</ord:orderResponse>"
    ));
    let request = imports("krabice-create-order", "ES-5510", &document(ext_id));
    unit.expect(request.answers(200, created));
    let outcome = unit.run("create-order", asked(&[("payment", "Hotovost".into())]));
    assert!(outcome.unwrap().is_object());
}

#[test]
fn a_value_that_the_schemas_would_refuse_is_refused_by_its_name_and_not_sent() {
    let items = |json: &str| Value::Json(json.to_owned());
    let long = |count: usize| Value::from("x".repeat(count));
    for (name, value) in [
        ("order", Value::from("ES 5510")),
        ("order", long(33)),
        ("name", Value::from(" ")),
        ("name", long(65)),
        ("company", long(256)),
        (
            "email",
            Value::from(format!("{}@example.com", "x".repeat(90))),
        ),
        ("phone", long(41)),
        ("street", long(65)),
        ("city", long(46)),
        ("zip", long(16)),
        ("payment", long(33)),
        ("carrier", long(21)),
        ("items", items("[]")),
        (
            "items",
            items(&format!(
                r#"[{{"name":"{}","quantity":"1","price":"1"}}]"#,
                "x".repeat(91)
            )),
        ),
        (
            "items",
            items(&format!(
                r#"[{{"name":"a","code":"{}","quantity":"1","price":"1"}}]"#,
                "x".repeat(65)
            )),
        ),
        (
            "items",
            items(r#"[{"name":"a","quantity":"0","price":"1"}]"#),
        ),
        (
            "items",
            items(r#"[{"name":"a","quantity":"-1","price":"1"}]"#),
        ),
    ] {
        let outcome = mock().run("create-order", asked(&[(name, value.clone())]));
        let Err(Failure::InvalidParameter(invalid)) = &outcome else {
            panic!("{name} {value:?}: {outcome:?}")
        };
        assert!(invalid.name.starts_with(name), "{name}: {}", invalid.name);
    }
}
