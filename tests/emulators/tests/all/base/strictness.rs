//! Requests that a correct client never sends.

use http::Method;
use serde_json::json;

use super::{Account, code};

#[tokio::test]
async fn nothing_is_written_as_php_does() {
    let base = Account::open().await;
    for body in [
        "method=getOrderStatusList",
        "method=getOrderStatusList&parameters=",
        "method=getOrderStatusList&parameters=[]",
        "method=getOrders&parameters=%7B%22order_id%22:null%7D",
    ] {
        let reply = base.posted(body).await;
        assert_eq!(reply.json()["status"], "SUCCESS", "{body}");
    }
    assert_eq!(base.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn the_form_has_exactly_two_fields() {
    let base = Account::open().await;
    for (body, rule) in [
        ("parameters=%7B%7D", "field"),
        (
            "method=getOrders&method=getOrders&parameters=%7B%7D",
            "field",
        ),
        ("method=getOrders&parameters=%7B%7D&token=x", "field"),
        ("method=getOrder&parameters=%7B%7D", "unknown-method"),
        ("method=getOrders&parameters=%5B1%5D", "json-parameters"),
        ("method=getOrders&parameters=%7B", "json-parameters"),
    ] {
        let reply = base.posted(body).await;
        let expected = if rule == "unknown-method" {
            "ERROR_UNKNOWN_METHOD"
        } else {
            "ERROR_PARSE_JSON_PARAMETERS"
        };
        assert_eq!(code(&reply.json()), expected, "{body}");
        assert_eq!(base.broken(), [rule], "{body}");
    }
    let token = base.token();
    for announced in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded; charset=latin2",
    ] {
        let headers = [("x-bltoken", token.as_str()), ("content-type", announced)];
        let body = "method=getOrders&parameters=%7B%7D";
        base.sent(Method::POST, "/connector.php", &headers, body)
            .await;
        assert_eq!(base.broken(), ["form"], "{announced}");
    }
    let reply = base.raw("getJournalList", "{}").await;
    assert_eq!(
        (reply.status, base.broken()),
        (200, vec!["not-emulated".to_owned()])
    );
}

#[tokio::test]
async fn undocumented_parameters_and_values_are_refused_with_an_empty_message() {
    let base = Account::open().await;
    for (method, parameters, rule) in [
        ("getOrders", json!({ "date_to": 1 }), "unknown-parameter"),
        (
            "getOrders",
            json!({ "email": "a@example.com" }),
            "unknown-parameter",
        ),
        (
            "getOrderStatusList",
            json!({ "id": 1 }),
            "unknown-parameter",
        ),
        (
            "getOrders",
            json!({ "order_id": "90155231" }),
            "parameter-value",
        ),
        ("getOrders", json!({ "order_id": -1 }), "parameter-value"),
        (
            "setOrderFields",
            json!({ "order_id": 90155231, "admin_comments": "a".repeat(201) }),
            "parameter-value",
        ),
        (
            "getOrders",
            json!({ "get_unconfirmed_orders": 1 }),
            "parameter-value",
        ),
        (
            "getOrders",
            json!({ "filter_email": "a".repeat(51) }),
            "parameter-value",
        ),
        (
            "getOrders",
            json!({ "filter_order_source_id": 1 }),
            "parameter-value",
        ),
        ("getOrdersByEmail", json!({}), "parameter-value"),
        (
            "setOrderStatus",
            json!({ "order_id": 90155231 }),
            "parameter-value",
        ),
        (
            "getLabel",
            json!({ "courier_code": "dpd" }),
            "parameter-value",
        ),
        (
            "getLabel",
            json!({ "courier_code": "dpd", "package_id": 1, "package_number": "1" }),
            "parameter-value",
        ),
        ("getInvoiceFile", json!({}), "parameter-value"),
    ] {
        let answer = base.asks(method, parameters.clone()).await;
        assert_eq!(code(&answer), "ERROR_PARSE_JSON_PARAMETERS", "{parameters}");
        assert_eq!(answer["error_message"], "");
        assert_eq!(base.broken(), [rule], "{method} {parameters}");
    }
}
