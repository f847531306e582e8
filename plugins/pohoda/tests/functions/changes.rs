//! `list-orders-changed-since`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Expected, Mock};
use krabice_pohoda::Account;
use serde_json::{Value as Json, json};

use crate::unit::{CANCELLED, ORDER, asks, finds, mock, orders, received};

fn since(id: i64, clock: &str) -> Expected {
    since_of(None, id, clock)
}

fn since_of(system: Option<&str>, id: i64, clock: &str) -> Expected {
    let system = system.map_or_else(String::new, |it| format!(" extSystem=\"{it}\""));
    asks(&format!(
        "<lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\"{system}><lst:limit>\
         <ftr:idFrom>{id}</ftr:idFrom><ftr:count>200</ftr:count></lst:limit><lst:requestOrder><ftr:filter>\
         <ftr:lastChanges>{clock}</ftr:lastChanges></ftr:filter></lst:requestOrder></lst:listOrderRequest>"
    ))
}

fn moment(text: &str) -> Value {
    Value::Timestamp(text.to_owned())
}

fn run(request: Expected, name: &'static str, value: Value) -> Result<Json, Failure> {
    let unit = mock();
    unit.expect(request);
    unit.run("list-orders-changed-since", [(name, value)])
}

#[test]
fn the_first_call_gives_a_moment_and_gets_a_cursor() {
    let found =
        since(1, "2026-03-02T07:55:00").answers(200, orders(&format!("{ORDER}{CANCELLED}")));
    let outcome = run(found, "since", moment("2026-03-02T08:00:00+01:00")).unwrap();
    assert_eq!(
        (&outcome["more"], &outcome["cursor"]),
        (&json!(false), &json!("2026-03-14T11:59:30"))
    );
    let orders = outcome["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 2);
    assert_eq!(
        (
            &orders[0]["id"],
            &orders[0]["number"],
            &orders[0]["order"],
            &orders[0]["shop-number"],
            &orders[0]["state"],
            &orders[0]["total"]
        ),
        (
            &json!(812),
            &json!("26OP00042"),
            &json!("26OP00042"),
            &json!("ES-5501"),
            &json!("executed"),
            &json!("1210")
        ),
    );
    assert_eq!(
        (&orders[1]["state"], orders[1].get("total")),
        (&json!("cancelled"), None)
    );
}

#[test]
fn the_next_call_begins_a_little_before_the_moment_of_the_list() {
    let found = since(1, "2026-03-14T11:54:30").answers(200, orders(ORDER));
    let outcome = run(found, "cursor", "2026-03-14T11:59:30".into()).unwrap();
    assert_eq!(outcome["orders"].as_array().unwrap().len(), 1);
}

#[test]
fn nothing_new_is_false() {
    let none = since(1, "2026-03-14T11:54:30").answers(200, orders(""));
    assert_eq!(
        run(none, "cursor", "2026-03-14T11:59:30".into()),
        Ok(json!(false))
    );
}

/// So many orders, from this id on.
fn many(from: i64, count: i64) -> String {
    (from..from + count)
        .map(|id| ORDER.replace("<ord:id>812", &format!("<ord:id>{id}")))
        .collect()
}

#[test]
fn a_long_list_comes_in_parts_that_leave_nothing_out() {
    let first = since(1, "2026-03-02T07:55:00").answers(200, orders(&many(1000, 200)));
    let outcome = run(first, "since", moment("2026-03-02T08:00:00+01:00")).unwrap();
    let cursor = "2026-03-02T08:00:00/2026-03-14T11:59:30/1200";
    assert_eq!(
        (&outcome["more"], &outcome["cursor"]),
        (&json!(true), &json!(cursor))
    );
    let second = since(1200, "2026-03-02T07:55:00");
    let outcome = run(
        second.answers(200, orders(&many(1200, 1))),
        "cursor",
        cursor.into(),
    )
    .unwrap();
    assert_eq!(
        (&outcome["more"], &outcome["cursor"]),
        (&json!(false), &json!("2026-03-14T11:59:30")),
        "the next list begins when the first part of this one was made",
    );
    let empty = since(1200, "2026-03-02T07:55:00").answers(200, orders(""));
    let outcome = run(empty, "cursor", cursor.into()).unwrap();
    assert_eq!(
        outcome,
        json!({ "orders": [], "more": false, "cursor": "2026-03-14T11:59:30" }),
        "the list ended with a full part",
    );
}

#[test]
fn an_order_has_the_number_that_customers_know() {
    let listed = |unit: &Mock<Account>, request: Expected, order: &str| {
        unit.expect(request.answers(200, orders(order)));
        let asked = [("cursor", Value::from("2026-03-14T11:59:30"))];
        let outcome = unit.run("list-orders-changed-since", asked).unwrap();
        outcome["orders"][0].get("order").cloned()
    };
    let asks = || since(1, "2026-03-14T11:54:30");
    let shop = mock().setting("order-number", "shop");
    assert_eq!(listed(&shop, asks(), ORDER), Some(json!("ES-5501")));
    assert_eq!(listed(&shop, asks(), CANCELLED), None, "it has none");
    let external = mock()
        .setting("order-number", "external")
        .setting("external-system", "my-eshop");
    let imported = ORDER.replace(
        "<ord:orderType>",
        "<ord:extId><typ:ids>4821</typ:ids><typ:exSystemName>my-eshop</typ:exSystemName></ord:extId>\
         <ord:orderType>",
    );
    let with_system = || since_of(Some("my-eshop"), 1, "2026-03-14T11:54:30");
    assert_eq!(
        listed(&external, with_system(), &imported),
        Some(json!("4821"))
    );
    let other = imported.replace("my-eshop", "other");
    assert_eq!(listed(&external, with_system(), &other), None);
}

#[test]
fn an_order_that_is_loaded_has_the_fingerprint_of_the_list() {
    for order in [ORDER.to_owned(), received()] {
        let unit = mock();
        unit.expect(finds(&order));
        let loaded = unit.run("load-order", [("order", "26OP00042")]).unwrap();
        assert_eq!(loaded["fingerprint"], fingerprint(&order));
    }
}

fn fingerprint(order: &str) -> String {
    let found = since(1, "2026-03-14T11:54:30").answers(200, orders(order));
    let outcome = run(found, "cursor", "2026-03-14T11:59:30".into()).unwrap();
    outcome["orders"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_fingerprint_changes_with_state_items_and_total_and_nothing_else() {
    let own = fingerprint(ORDER);
    for same in [
        ORDER.replace("zkontrolováno", "jiná poznámka"),
        ORDER.replace("<ord:quantity>2.0", "<ord:quantity>2"),
        ORDER.replace("1210</typ:priceHighSum>", "1210.00</typ:priceHighSum>"),
    ] {
        assert_eq!(fingerprint(&same), own);
    }
    for other in [
        received(),
        ORDER.replace("<ord:quantity>2.0", "<ord:quantity>3"),
        ORDER.replace("LAMP-01</ord:code>", "LAMP-02</ord:code>"),
        ORDER.replace("1210</typ:priceHighSum>", "1211</typ:priceHighSum>"),
    ] {
        assert_ne!(fingerprint(&other), own);
    }
}

#[test]
fn a_text_that_is_not_a_moment_is_refused_before_any_request() {
    for cursor in ["yesterday", "2026-03-14T11:59:30/x/1", "'; --"] {
        let outcome = mock().run("list-orders-changed-since", [("cursor", cursor)]);
        let named = matches!(&outcome, Err(Failure::InvalidParameter(it)) if it.name == "cursor");
        assert!(named, "{cursor}: {outcome:?}");
    }
    let nothing: [(&'static str, &str); 0] = [];
    let outcome = mock().run("list-orders-changed-since", nothing);
    assert!(matches!(outcome, Err(Failure::InvalidParameter(it)) if it.name == "since"));
}

#[test]
fn a_list_without_its_moment_is_a_failure() {
    let body = String::from_utf8(orders("")).unwrap();
    let body = body.replace("dateTimeStamp=\"2026-03-14T11:59:30\"", "");
    let order = CANCELLED;
    let body = body.replace("</lst:listOrder>", &format!("{order}</lst:listOrder>"));
    let found = since(1, "2026-03-14T11:54:30").answers(200, body);
    let outcome = run(found, "cursor", "2026-03-14T11:59:30".into());
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_odd_order_does_not_stop_the_list() {
    let odd = [
        ORDER.replace("<ord:id>812</ord:id>", ""),
        ORDER
            .replace("<ord:id>812", "<ord:id>813")
            .replace("<typ:numberRequested>26OP00042</typ:numberRequested>", ""),
        ORDER
            .replace("<ord:id>812", "<ord:id>814")
            .replace("<typ:priceNone>0<", "<typ:priceNone>?<"),
    ];
    let found = since(1, "2026-03-14T11:54:30").answers(200, orders(&(odd.concat() + ORDER)));
    let outcome = run(found, "cursor", "2026-03-14T11:59:30".into()).unwrap();
    let listed = outcome["orders"].as_array().unwrap();
    let ids: Vec<_> = listed.iter().map(|order| &order["id"]).collect();
    assert_eq!(ids, [814, 812]);
    assert_eq!(listed[0].get("total"), None, "an amount that is no number");
    // With nothing else in the list, it is not told as none.
    let found = since(1, "2026-03-14T11:54:30").answers(200, orders(&odd[0]));
    let outcome = run(found, "cursor", "2026-03-14T11:59:30".into());
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
