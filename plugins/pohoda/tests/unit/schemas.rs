//! Requests and answers against STORMWARE's schemas, where they are at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use krabice_plugin::contract::Value;
use serde_json::json;

use crate::wire::{Exchange, Unit};

/// Names the folder with `data.xsd`, `response.xsd` and the others.
const FOLDER: &str = "KRABICE_POHODA_SCHEMAS";

/// Everything that the functions send, in all their ways, and what comes back.
fn everything() -> Vec<Exchange> {
    let mut unit = Unit::start();
    unit.set("issue-invoices", true.into());
    let items = Value::Json(
        r#"[{"name":"Lampa & žárovka 💡","code":"LAMP-01","quantity":"2.5","price":"605.10"},
            {"name":"Neznámé","code":"NENI","quantity":"1","price":"1","vat":"third"},
            {"name":"Doprava","quantity":"1","price":"0","vat":"none"}]"#
            .to_owned(),
    );
    let full: Vec<(&str, Value)> = [
        ("order", "ES-8000"),
        ("name", "Žofie Ľalíková"),
        ("company", "Ř & syn"),
        ("email", "zofie@example.cz"),
        ("phone", "+420 600 000 003"),
        ("street", "U Pošty 1"),
        ("city", "Žďár"),
        ("zip", "591 01"),
        ("payment", "Dobírkou"),
        ("carrier", "PPL"),
        ("note", "Nezvonit\nprosím"),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.into()))
    .chain([("items", items)])
    .collect();
    let since = Value::Timestamp("2026-01-01T00:00:00+01:00".to_owned());
    let order = |number: &str| vec![("order", Value::from(number))];
    let and = |number: &str, name: &'static str, value: &str| {
        vec![("order", Value::from(number)), (name, value.into())]
    };
    let calls: Vec<(&str, Vec<(&str, Value)>)> = vec![
        ("verify-order", and("ES-5501", "email", "jana@example.com")),
        ("verify-order", and("ES-5507", "email", "jana@example.com")),
        ("load-order", order("ES-5501")),
        ("load-order", order("ES-5503")),
        ("load-order", order("ES-5504")),
        ("load-order", order("ES-5505")),
        ("load-order", order("ES-9999")),
        ("is-order-in-state", and("ES-5502", "state", "received")),
        (
            "load-order-parameter",
            and("ES-5501", "parameter", "VPrTracking"),
        ),
        ("list-orders-changed-since", vec![("since", since)]),
        ("load-invoice", order("ES-5501")),
        ("load-invoice", order("ES-5506")),
        ("load-invoice-pdf", order("ES-5501")),
        ("email-invoice", order("ES-5501")),
        ("create-order", full.clone()),
        ("create-order", full.clone()),
        ("issue-invoice", order("ES-8000")),
        ("load-invoice", order("ES-8000")),
        ("may-order-be-cancelled", order("ES-5502")),
    ];
    let all = |unit: &Unit, calls: &[(&str, Vec<(&str, Value)>)]| {
        for (function, parameters) in calls {
            let outcome = unit.run(function, parameters);
            assert!(outcome.is_ok(), "`{function}` {parameters:?}: {outcome:?}");
        }
    };
    all(&unit, &calls);
    for kind in ["pohoda", "external"] {
        unit.set("order-number", kind.into());
        unit.set("external-system", "my-eshop".into());
        let number = if kind == "pohoda" {
            "26OP00042"
        } else {
            "5501"
        };
        all(&unit, &[("load-order", order(number))]);
    }
    let mut again = full;
    again[0].1 = "ES-8001".into();
    all(&unit, &[("create-order", again)]);
    unit.assert_faultless();
    // Answers that refuse.
    unit.set("order-number", "shop".into());
    for settings in [
        json!({ "may_import": false }),
        json!({ "may_import": true, "ico": "1" }),
    ] {
        unit.emulator()
            .patch_state(json!({ "settings": settings }))
            .unwrap();
        assert!(unit.run("load-order", &order("ES-5501")).is_err());
    }
    unit.exchanged()
}

/// Writes each document into the folder and validates all of them at once.
fn validate(schema: &Path, folder: &Path, documents: &[&[u8]]) {
    let files: Vec<PathBuf> = (0..documents.len())
        .map(|index| folder.join(format!("{index}.xml")))
        .collect();
    for (file, document) in files.iter().zip(documents) {
        std::fs::write(file, document).unwrap();
    }
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .args(&files)
        .output()
        .expect("xmllint (Debian: libxml2-utils) is needed to validate");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said.matches(" validates").count(),
        documents.len(),
        "{said}"
    );
}

#[test]
fn requests_and_answers_keep_to_the_schemas() {
    let exchanged = everything();
    // Every kind of operation is among them, whether or not it can be validated.
    for operation in [
        &b"<lst:listOrderRequest"[..],
        b"<lst:listInvoiceRequest",
        b"<ord:order ",
        b"<inv:invoice ",
        b"<prn:binaryData>",
        b"<prn:sendMail>",
        b"<ftr:extId>",
        b"<ftr:lastChanges>",
        b"extSystem=",
    ] {
        let holds = |exchange: &Exchange| {
            exchange
                .request
                .windows(operation.len())
                .any(|window| window == operation)
        };
        assert!(
            exchanged.iter().any(holds),
            "{}",
            String::from_utf8_lossy(operation)
        );
    }
    let Some(schemas) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let requests: Vec<_> = exchanged.iter().map(|it| it.request.as_slice()).collect();
    validate(&schemas.join("data.xsd"), folder.path(), &requests);
    let answers: Vec<_> = exchanged.iter().map(|it| it.answer.as_slice()).collect();
    validate(&schemas.join("response.xsd"), folder.path(), &answers);
}
