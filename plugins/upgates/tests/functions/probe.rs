//! The test of a connection.

use krabice_plugin::Failure;
use krabice_plugin::mock::get;
use serde_json::json;

use crate::shop::mock;

fn services(orders: &str, invoices: &str) -> serde_json::Value {
    json!({ "services": [
        { "service": "orders", "url": "https://kavarna.admin.s12.upgates.com/api/v2/orders", "privilege": orders },
        { "service": "order-statuses", "privilege": "readonly" },
        { "service": "invoices", "privilege": invoices },
        { "service": "customers", "privilege": "deny" },
    ] })
}

#[test]
fn a_good_connection_shows_the_rest_of_the_quota() {
    let asks = || {
        get("status")
            .with_header("X-Rate-Limit-Hour-Remaining", "9")
            .with_header("X-Rate-Limit-Day-Remaining", "99")
            .answers(200, services("all", "readonly"))
    };
    let shop = mock();
    shop.expect(asks());
    assert_eq!(
        shop.probe(),
        Ok("requests left: 9 this hour, 99 today".to_owned())
    );
    let shop = shop.language("cs");
    shop.expect(asks());
    assert_eq!(
        shop.probe(),
        Ok("zbývající požadavky: 9 v této hodině, 99 dnes".to_owned())
    );
}

#[test]
fn rights_that_functions_need_are_named() {
    let shop = mock();
    shop.expect(get("status").answers(200, services("readonly", "deny")));
    assert_eq!(
        shop.probe(),
        Ok("orders cannot be changed; no right to: invoices".to_owned())
    );
    shop.expect(get("status").answers(200, services("deny", "deny")));
    assert_eq!(shop.probe(), Ok("no right to: orders, invoices".to_owned()));
}

#[test]
fn a_connection_without_quotas_and_with_all_rights_has_an_empty_line() {
    let shop = mock();
    shop.expect(get("status").answers(200, services("all", "all")));
    assert_eq!(shop.probe(), Ok(String::new()));
}

#[test]
fn a_web_page_proves_nothing() {
    for body in ["<html>Vítejte v našem e-shopu</html>", "{}", "[]", ""] {
        let shop = mock();
        shop.expect(get("status").answers(200, body));
        let outcome = shop.probe();
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
    let shop = mock();
    shop.expect(get("status").answers(401, ""));
    assert_eq!(
        shop.probe(),
        Err(Failure::unauthorised("GET status answered 401"))
    );
}
