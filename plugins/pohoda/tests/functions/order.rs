//! `verify-order`, `load-order`, `is-order-in-state`, `load-order-parameter` and
//! `may-order-be-cancelled`.

use krabice_plugin::Failure;
use serde_json::{Value as Json, json};

use crate::unit::{CANCELLED, ORDER, asks, by_number, finds, mock, orders, received};

fn verified(order: &str, email: &'static str) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(finds(order));
    unit.run("verify-order", [("order", "26OP00042"), ("email", email)])
}

#[test]
fn an_order_with_this_email_is_verified() {
    for email in ["jana@example.com", "JANA@Example.com"] {
        let outcome = verified(ORDER, email);
        assert_eq!(
            outcome,
            Ok(json!({ "id": 812, "number": "26OP00042", "order": "26OP00042" })),
            "{email}"
        );
    }
}

#[test]
fn one_of_several_emails_is_enough() {
    let several = ORDER.replace(
        "jana@example.com",
        "sklad@example.com; jana@example.com,  fa@example.com",
    );
    for email in ["jana@example.com", "sklad@example.com", "fa@example.com"] {
        assert!(verified(&several, email).unwrap().is_object(), "{email}");
    }
    let ship_to = "</typ:address><typ:shipToAddress><typ:name>Eva</typ:name>\
                   <typ:email>eva@example.com</typ:email></typ:shipToAddress>";
    let shipped = ORDER.replace("</typ:address>", ship_to);
    assert!(verified(&shipped, "eva@example.com").unwrap().is_object());
}

#[test]
fn another_email_and_none_are_false() {
    assert_eq!(verified(ORDER, "jan@example.com"), Ok(json!(false)));
    assert_eq!(verified(ORDER, "ana@example.com"), Ok(json!(false)));
    let without = ORDER.replace("<typ:email>jana@example.com</typ:email>", "");
    assert_eq!(verified(&without, "jana@example.com"), Ok(json!(false)));
    assert_eq!(
        verified("", "jana@example.com"),
        Ok(json!(false)),
        "no such order"
    );
}

#[test]
fn an_order_is_loaded_with_all_that_pohoda_tells() {
    let unit = mock();
    unit.expect(finds(ORDER));
    assert_eq!(
        unit.run("load-order", [("order", "26OP00042")]),
        Ok(json!({
            "id": 812,
            "number": "26OP00042",
            "order": "26OP00042",
            "shop-number": "ES-5501",
            "date": "2026-02-27T00:00:00[Europe/Prague]",
            "state": "executed",
            "total": "1210",
            "currency": "CZK",
            "items": [{
                "name": "Lampa stolní", "code": "LAMP-01", "quantity": "2", "unit": "ks",
                "price": "1210", "vat": "21",
            }],
            "waiting": [],
            "payment": "Dobírkou",
            "carrier": "PPL",
            "name": "Jana Ukázková",
            "company": "Beta s.r.o.",
            "street": "Příkladná 5",
            "city": "Brno",
            "zip": "602 00",
            "phone": "+420 600 000 002",
            "email": "jana@example.com",
            "parameters": [
                { "name": "VPrTracking", "value": "CZ000111222" },
                { "name": "VPrSklad", "value": "BRNO" },
            ],
            // The same in every version of the plugin: else each order would count as changed.
            "fingerprint": "8a381c5aa459de9d76450c34b52af025",
        })),
    );
}

#[test]
fn a_cancelled_order_may_lack_nearly_everything() {
    let unit = mock();
    unit.expect(asks(&by_number("26OP00045")).answers(200, orders(CANCELLED)));
    assert_eq!(
        unit.run("load-order", [("order", "26OP00045")]),
        Ok(json!({
            "id": 815, "number": "26OP00045", "order": "26OP00045", "shop-number": "",
            "date": "2026-02-28T00:00:00[Europe/Prague]",
            "state": "cancelled", "cancelled-on": "2026-03-01T00:00:00[Europe/Prague]",
            "items": [], "waiting": [], "payment": "", "carrier": "",
            "name": "", "company": "", "street": "", "city": "", "zip": "", "parameters": [],
            "fingerprint": "dfc9d19c858ce3dd133f1fb3f64b5efd",
        })),
    );
}

#[test]
fn an_order_in_a_foreign_currency_has_its_prices() {
    let foreign = ORDER
        .replace(
            "</ord:homeCurrency><ord:code>",
            "</ord:homeCurrency><ord:foreignCurrency><typ:priceSum>48.40</typ:priceSum></ord:foreignCurrency><ord:code>",
        )
        .replace(
            "</ord:homeCurrency></ord:orderSummary>",
            "</ord:homeCurrency><ord:foreignCurrency><typ:currency><typ:ids>EUR</typ:ids></typ:currency>\
             <typ:priceSum>48.40</typ:priceSum></ord:foreignCurrency></ord:orderSummary>",
        );
    let unit = mock();
    unit.expect(finds(&foreign));
    let order = unit.run("load-order", [("order", "26OP00042")]).unwrap();
    assert_eq!(
        (&order["total"], &order["currency"]),
        (&json!("48.40"), &json!("EUR"))
    );
    assert_eq!(order["items"][0]["price"], json!("48.40"));
}

#[test]
fn items_that_are_not_delivered_yet_are_given() {
    let partly = received().replace("<ord:delivered>0.0", "<ord:delivered>0.5");
    let unit = mock();
    unit.expect(finds(&partly));
    let order = unit.run("load-order", [("order", "26OP00042")]).unwrap();
    assert_eq!(order["state"], json!("partly-transferred"));
    let waiting = json!([{ "name": "Lampa stolní", "code": "LAMP-01", "quantity": "1.5" }]);
    assert_eq!(order["waiting"], waiting);
}

#[test]
fn there_is_no_such_order() {
    for (function, more) in [
        ("load-order", None),
        ("is-order-in-state", Some(("state", "executed"))),
        ("load-order-parameter", Some(("parameter", "VPrTracking"))),
        ("may-order-be-cancelled", None),
    ] {
        let unit = mock();
        unit.expect(finds(""));
        let asked = [("order", "26OP00042")].into_iter().chain(more);
        assert_eq!(unit.run(function, asked), Ok(json!(false)), "{function}");
    }
}

/// The state of an order, by the only one of five questions that is true.
fn state(order: &str) -> Vec<&'static str> {
    let states = [
        "received",
        "partly-transferred",
        "transferred",
        "executed",
        "cancelled",
    ];
    let holds = |state: &&'static str| {
        let unit = mock();
        unit.expect(finds(order));
        let asked = [("order", "26OP00042"), ("state", state)];
        unit.run("is-order-in-state", asked).unwrap() != json!(false)
    };
    states.into_iter().filter(holds).collect()
}

#[test]
fn an_order_is_in_one_state_and_the_first_that_fits_wins() {
    assert_eq!(state(&received()), ["received"]);
    assert_eq!(
        state(&received().replace("<ord:delivered>0.0", "<ord:delivered>1.0")),
        ["partly-transferred"]
    );
    assert_eq!(
        state(&ORDER.replace("<ord:isExecuted>true", "<ord:isExecuted>false")),
        ["transferred"]
    );
    assert_eq!(state(ORDER), ["executed"]);
    let ticked = received().replace("<ord:isExecuted>false", "<ord:isExecuted>true");
    assert_eq!(state(&ticked), ["executed"], "by hand, without a transfer");
    for sign in [
        "<ord:storno>cancelledDocument</ord:storno>",
        "<ord:dateCancellation>2026-03-01</ord:dateCancellation>",
    ] {
        let cancelled = ORDER.replace("<ord:numberOrder>", &format!("{sign}<ord:numberOrder>"));
        assert_eq!(state(&cancelled), ["cancelled"]);
    }
    let bare = received()
        .replace("<ord:isExecuted>false</ord:isExecuted>", "")
        .replace("<ord:isDelivered>false</ord:isDelivered>", "");
    assert_eq!(
        state(&bare),
        ["received"],
        "the schema's default of both is false"
    );
}

#[test]
fn a_state_that_is_not_documented_is_a_failure() {
    for broken in [
        ORDER.replace("<ord:isExecuted>true", "<ord:isExecuted>1"),
        ORDER.replace(
            "<ord:numberOrder>",
            "<ord:storno>perhaps</ord:storno><ord:numberOrder>",
        ),
    ] {
        let unit = mock();
        unit.expect(finds(&broken));
        let asked = [("order", "26OP00042"), ("state", "executed")];
        let outcome = unit.run("is-order-in-state", asked);
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn the_day_of_a_cancellation_is_given() {
    let unit = mock();
    unit.expect(asks(&by_number("26OP00045")).answers(200, orders(CANCELLED)));
    let asked = [("order", "26OP00045"), ("state", "cancelled")];
    assert_eq!(
        unit.run("is-order-in-state", asked),
        Ok(json!({ "state": "cancelled", "cancelled-on": "2026-03-01T00:00:00[Europe/Prague]" })),
    );
}

#[test]
fn a_parameter_is_its_value_whatever_its_type() {
    for (parameter, value) in [
        ("VPrTracking", json!("CZ000111222")),
        (" VPrSklad ", json!("BRNO")),
        ("VPrPrazdny", json!(false)),
        ("VPrJiny", json!(false)),
    ] {
        let unit = mock();
        unit.expect(finds(ORDER));
        let asked = [("order", "26OP00042"), ("parameter", parameter)];
        assert_eq!(
            unit.run("load-order-parameter", asked),
            Ok(value),
            "{parameter}"
        );
    }
    for parameter in ["", "VPrMocDlouhyNazev"] {
        let unit = mock();
        let asked = [("order", "26OP00042"), ("parameter", parameter)];
        let outcome = unit.run("load-order-parameter", asked);
        assert!(
            matches!(outcome, Err(Failure::InvalidParameter(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_received_order_may_be_cancelled_by_a_person() {
    let unit = mock();
    unit.expect(finds(&received()));
    let english = "The customer asks to cancel the received order 26OP00042 (ES-5501), 1210 CZK. \
                   Cancel it in POHODA: its XML cannot.";
    assert_eq!(
        unit.run("may-order-be-cancelled", [("order", "26OP00042")]),
        Ok(json!({ "number": "26OP00042", "ticket": english })),
    );
    for (language, begins) in [
        ("cs", "Zákazník žádá storno"),
        ("sk-sk", "Zákazník žiada storno"),
    ] {
        let unit = mock().language(language);
        unit.expect(finds(&received()));
        let outcome = unit
            .run("may-order-be-cancelled", [("order", "26OP00042")])
            .unwrap();
        assert!(
            outcome["ticket"].as_str().unwrap().starts_with(begins),
            "{outcome}"
        );
    }
}

#[test]
fn an_order_with_deliveries_may_not_be_cancelled() {
    for order in [
        ORDER.to_owned(),
        ORDER.replace("<ord:isExecuted>true", "<ord:isExecuted>false"),
        received().replace("<ord:delivered>0.0", "<ord:delivered>0.1"),
        received().replace(
            "<ord:numberOrder>",
            "<ord:storno>cancelledDocument</ord:storno><ord:numberOrder>",
        ),
    ] {
        let unit = mock();
        unit.expect(finds(&order));
        let outcome = unit.run("may-order-be-cancelled", [("order", "26OP00042")]);
        assert_eq!(outcome, Ok(json!(false)));
    }
}
