//! Each function against the emulated unit.

use krabice_plugin::Failure;
use krabice_plugin::contract::{Outcome, Value};
use serde_json::json;

use crate::wire::Unit;

fn order(number: &str) -> [(&'static str, Value); 1] {
    [("order", number.into())]
}

#[test]
fn a_connection_is_probed() {
    let unit = Unit::start();
    assert_eq!(
        unit.probe(),
        Ok("Kavárna s.r.o., 2026, StwPh_12345678_2026, idle".to_owned())
    );
    unit.assert_faultless();
}

#[test]
fn orders_are_verified_by_number_and_email() {
    let unit = Unit::start();
    let verify = |number: &str, email: &str| {
        let asked = [("order", number.into()), ("email", email.into())];
        unit.run("verify-order", &asked).unwrap() != Outcome::False
    };
    assert!(verify("ES-5501", "Jana@Example.com"));
    assert!(
        verify("ES-5503", "eva.prikladova@example.cz"),
        "the one it is sent to"
    );
    assert!(
        verify("ES-5505", "sklad@example.sk"),
        "the second one of the field"
    );
    assert!(verify("4821", "anna.zielinska@example.net"));
    assert!(!verify("ES-5501", "jan@example.com"));
    assert!(!verify("ES-9999", "jana@example.com"), "no such order");
    assert!(
        verify("es-5501", "jana@example.com"),
        "SQL finds it, and a customer means the same"
    );
    assert!(
        !verify("ES-5507", "jana@example.com"),
        "two orders have this number"
    );
    unit.assert_faultless();
}

#[test]
fn orders_are_found_by_each_kind_of_number() {
    let mut unit = Unit::start();
    unit.set("order-number", "pohoda".into());
    assert_eq!(
        unit.fields("load-order", &order("26OP00042"))["id"],
        json!(812)
    );
    assert_eq!(
        unit.run("load-order", &order("ES-5501")),
        Ok(Outcome::False)
    );
    unit.set("order-number", "external".into());
    unit.set("external-system", "my-eshop".into());
    assert_eq!(unit.fields("load-order", &order("5501"))["id"], json!(812));
    assert_eq!(unit.run("load-order", &order("5509")), Ok(Outcome::False));
    unit.set("external-system", "other".into());
    assert_eq!(unit.run("load-order", &order("5501")), Ok(Outcome::False));
    unit.assert_faultless();
}

#[test]
fn orders_are_loaded_with_their_state_and_exact_total() {
    let unit = Unit::start();
    for (number, state, total, currency) in [
        ("ES-5501", "executed", json!("1309"), json!("CZK")),
        ("ES-5502", "received", json!("599.00"), json!("CZK")),
        (
            "ES-5503",
            "partly-transferred",
            json!("11950"),
            json!("CZK"),
        ),
        ("ES-5504", "cancelled", json!(null), json!(null)),
        ("ES-5505", "received", json!("24.1"), json!("EUR")),
        ("ES-5506", "transferred", json!("900"), json!("CZK")),
    ] {
        let loaded = unit.fields("load-order", &order(number));
        assert_eq!(
            (&loaded["state"], &loaded["total"], &loaded["currency"]),
            (&json!(state), &total, &currency),
            "{number}"
        );
        let asked = [("order", number.into()), ("state", state.into())];
        assert_eq!(
            unit.fields("is-order-in-state", &asked)["state"],
            json!(state)
        );
    }
    let partly = unit.fields("load-order", &order("ES-5503"));
    assert_eq!(
        partly["waiting"],
        json!([
            { "name": "Židle jídelní", "code": "ZID-04", "quantity": "3" },
            { "name": "Stůl jídelní", "code": "STU-01", "quantity": "1" },
        ])
    );
    unit.assert_faultless();
}

#[test]
fn a_parameter_is_loaded() {
    let unit = Unit::start();
    let asked = |name: &str| [("order", "ES-5501".into()), ("parameter", name.into())];
    let value = |text: &str| Ok(Outcome::TrueWithValue(text.into()));
    assert_eq!(
        unit.run("load-order-parameter", &asked("VPrTracking")),
        value("CZ000111222")
    );
    assert_eq!(
        unit.run("load-order-parameter", &asked("VPrSklad")),
        value("BRNO")
    );
    assert_eq!(
        unit.run("load-order-parameter", &asked("VPrJiny")),
        Ok(Outcome::False)
    );
    unit.assert_faultless();
}

#[test]
fn changes_are_listed_from_a_moment_on_and_then_from_the_cursor() {
    let unit = Unit::start();
    let since = Value::Timestamp("2026-04-01T00:00:00+02:00".to_owned());
    let changes = unit.fields("list-orders-changed-since", &[("since", since)]);
    let ids: Vec<_> = changes["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, [830, 831, 833]);
    assert_eq!(changes["more"], json!(false));
    let cursor = changes["cursor"].as_str().unwrap();
    let again = unit.run("list-orders-changed-since", &[("cursor", cursor.into())]);
    assert_eq!(again, Ok(Outcome::False));
    unit.assert_faultless();
}

#[test]
fn a_list_longer_than_an_answer_is_given_completely() {
    let unit = Unit::start();
    let mut state = unit.emulator().state();
    let first = state["orders"][0].clone();
    let many = (2000..2450).map(|id| {
        let mut order = first.clone();
        order["id"] = id.into();
        order["number"] = format!("26OP{id:05}").into();
        order["changed"] = "2026-05-01T10:00:00".into();
        order
    });
    state["orders"] = many.collect();
    unit.emulator().replace_state(state).unwrap();
    let since = Value::Timestamp("2026-05-01T00:00:00+02:00".to_owned());
    let mut changes = unit.fields("list-orders-changed-since", &[("since", since)]);
    let mut seen = Vec::new();
    loop {
        let orders = changes["orders"].as_array().unwrap();
        seen.extend(orders.iter().map(|order| order["id"].as_i64().unwrap()));
        if changes["more"] == json!(false) {
            break;
        }
        let cursor = changes["cursor"].as_str().unwrap().to_owned();
        changes = unit.fields("list-orders-changed-since", &[("cursor", cursor.into())]);
    }
    assert_eq!(seen, (2000..2450).collect::<Vec<_>>());
    unit.assert_faultless();
}

#[test]
fn invoices_are_found_by_links_and_without() {
    let unit = Unit::start();
    let invoice = unit.fields("load-invoice", &order("ES-5501"));
    assert_eq!(
        (
            &invoice["number"],
            &invoice["total"],
            &invoice["paid"],
            &invoice["to-pay"]
        ),
        (
            &json!("260100077"),
            &json!("1309"),
            &json!(true),
            &json!("0")
        )
    );
    let invoice = unit.fields("load-invoice", &order("ES-5506"));
    assert_eq!(
        (&invoice["number"], &invoice["paid"]),
        (&json!("260100078"), &json!(false))
    );
    assert_eq!(
        unit.run("load-invoice", &order("ES-5502")),
        Ok(Outcome::False)
    );
    unit.assert_faultless();
}

#[test]
fn an_invoice_of_another_order_with_the_same_number_is_not_given() {
    let mut unit = Unit::start();
    unit.set("order-number", "pohoda".into());
    assert_eq!(
        unit.run("load-invoice", &order("26OP00049")),
        Ok(Outcome::False)
    );
    assert_eq!(
        unit.fields("load-invoice", &order("26OP00050"))["number"],
        json!("260100079")
    );
    unit.assert_faultless();
}

#[test]
fn an_invoice_is_printed_and_sent() {
    let unit = Unit::start();
    let file = unit.file("load-invoice-pdf", &order("ES-5501"));
    assert_eq!(
        (file.name.as_str(), file.media_type.as_str()),
        ("260100077.pdf", "application/pdf")
    );
    assert!(file.content.starts_with(b"%PDF"));
    assert_eq!(
        unit.run("email-invoice", &order("ES-5501")),
        Ok(Outcome::True)
    );
    let emails = unit.emulator().state()["emails"].clone();
    assert_eq!(emails[0]["to"], json!(["jana@example.com"]));
    assert_eq!(emails[0]["subject"], json!("Faktura 260100077"));
    assert_eq!(emails.as_array().unwrap().len(), 1);
    unit.assert_faultless();
}

#[test]
fn an_unknown_print_form_and_a_closed_folder_are_failures() {
    for (name, value) in [
        ("invoice-report", Value::from(6)),
        ("pdf-folder", "D:\\Jinam".into()),
    ] {
        let mut unit = Unit::start();
        unit.set(name, value);
        let outcome = unit.run("load-invoice-pdf", &order("ES-5501"));
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
        unit.assert_faultless();
    }
}

/// An order to be created, with letters of Windows-1250, others, and XML's own.
fn new_order() -> Vec<(&'static str, Value)> {
    let items = r#"[{"name":"Lampa <stolní> & žárovka 💡","code":"LAMP-01","quantity":"2","price":"605"},
        {"name":"Neznámé zboží","code":"NENI-99","quantity":"1.5","price":"10.10","vat":"low"},
        {"name":"Doprava","quantity":"1","price":"99"}]"#;
    vec![
        ("order", "ES-6000".into()),
        ("name", "Žofie Ľalíková \"ml.\"".into()),
        ("company", "Ř & syn".into()),
        ("email", "zofie@example.cz".into()),
        ("phone", "+420 600 000 003".into()),
        ("street", "U Pošty 1".into()),
        ("city", "Žďár".into()),
        ("zip", "591 01".into()),
        ("payment", "Dobírkou".into()),
        ("carrier", "PPL".into()),
        ("note", "Nezvonit\nprosím".into()),
        ("items", Value::Json(items.to_owned())),
    ]
}

#[test]
fn an_order_is_created_once() {
    let mut unit = Unit::start();
    unit.set("external-system", "my-eshop".into());
    let created = unit.fields("create-order", &new_order());
    assert_eq!(created["created"], json!(true));
    assert_eq!(
        created["warnings"].as_array().unwrap().len(),
        1,
        "the stock that is not there"
    );
    let again = unit.fields("create-order", &new_order());
    assert_eq!(
        (&again["created"], &again["id"], &again["number"]),
        (&json!(false), &created["id"], &created["number"])
    );
    let loaded = unit.fields("load-order", &order("ES-6000"));
    assert_eq!(loaded["name"], json!("Žofie Ľalíková \"ml.\""));
    assert_eq!(
        loaded["items"][0]["name"],
        json!("Lampa <stolní> & žárovka 💡")
    );
    assert_eq!(loaded["total"], json!("1324.15"));
    assert_eq!(loaded["state"], json!("received"));
    let gone = json!({ "orders": { created["id"].to_string(): null } });
    unit.emulator().patch_state(gone).unwrap();
    assert_eq!(
        unit.run("create-order", &new_order()),
        Ok(Outcome::False),
        "deleted since"
    );
    unit.assert_faultless();
}

#[test]
fn an_invoice_is_issued_where_the_connection_allows_it() {
    let mut unit = Unit::start();
    let outcome = unit.run("issue-invoice", &order("ES-5502"));
    assert!(
        matches!(outcome, Err(Failure::Unauthorised(_))),
        "{outcome:?}"
    );
    assert!(unit.exchanged().is_empty());
    unit.set("issue-invoices", true.into());
    let issued = unit.fields("issue-invoice", &order("ES-5502"));
    let invoice = unit.fields("load-invoice", &order("ES-5502"));
    assert_eq!(
        (&invoice["id"], &invoice["number"]),
        (&issued["id"], &issued["number"])
    );
    assert_eq!(
        unit.run("issue-invoice", &order("ES-5502")),
        Ok(Outcome::False),
        "executed already"
    );
    assert_eq!(
        unit.run("issue-invoice", &order("ES-5504")),
        Ok(Outcome::False),
        "cancelled"
    );
    unit.assert_faultless();
}

#[test]
fn an_invoice_that_does_not_make_the_order_executed_is_not_issued_twice() {
    let mut unit = Unit::start();
    unit.set("issue-invoices", true.into());
    let patch = json!({ "settings": { "transfer_executes": false } });
    unit.emulator().patch_state(patch).unwrap();
    for _ in 0..2 {
        let outcome = unit.run("issue-invoice", &order("ES-5502"));
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
    let invoices = unit.emulator().state()["invoices"].clone();
    let own = invoices
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["links"][0]["id"] == 813);
    assert_eq!(own.count(), 1);
    unit.assert_faultless();
}

#[test]
fn orders_that_may_be_cancelled_have_a_text_for_the_staff() {
    let unit = Unit::start();
    let request = unit.fields("may-order-be-cancelled", &order("ES-5502"));
    assert_eq!(
        request["ticket"],
        json!(
            "Zákazník žádá storno přijaté objednávky 26OP00043 (ES-5502), 599.00 CZK. Stornujte ji v POHODĚ: přes XML to nejde."
        )
    );
    for number in ["ES-5501", "ES-5503", "ES-5504", "ES-5506", "ES-9999"] {
        assert_eq!(
            unit.run("may-order-be-cancelled", &order(number)),
            Ok(Outcome::False)
        );
    }
    unit.assert_faultless();
}

#[test]
fn refusals_of_the_unit_are_failures_of_their_class() {
    let wrong = |setting: &str, value: serde_json::Value| {
        let unit = Unit::start();
        let patch = json!({ "settings": { setting: value } });
        unit.emulator().patch_state(patch).unwrap();
        let failure = unit.run("load-order", &order("ES-5501")).unwrap_err();
        unit.assert_faultless();
        failure
    };
    assert!(matches!(
        wrong("password", json!("another")),
        Failure::Unauthorised(_)
    ));
    assert!(matches!(
        wrong("may_open", json!(false)),
        Failure::Unauthorised(_)
    ));
    let denied = wrong("may_import", json!(false));
    let detail = "POHODA took nothing of the pack: Uživatel nemá oprávnění pro import XML.";
    assert_eq!(denied, Failure::unauthorised(detail));
    assert!(matches!(
        wrong("ico", json!("87654321")),
        Failure::UnexpectedAnswer(_)
    ));
}
