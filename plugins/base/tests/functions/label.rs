//! `load-order-label` and `load-return-label`.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::Expected;
use serde_json::{Value as Json, json};

use crate::account::{
    a_return, a_return_with, asks, asks_packages, asks_return, label, mock, packages, refusal,
    refused, returns, success,
};

const ORDER: [(&str, &str); 1] = [("order", "90155231")];
const RETURN: [(&str, &str); 1] = [("return", "5102")];

fn asks_label(parcel: i64) -> Expected {
    asks(
        "getLabel",
        &json!({ "courier_code": "dpd", "package_id": parcel }),
    )
}

fn asks_label_by_number() -> Expected {
    asks(
        "getLabel",
        &json!({ "courier_code": "dpd", "package_number": "0000987654321U" }),
    )
}

fn file(name: &str, media_type: &str) -> Json {
    json!({ "name": name, "media-type": media_type, "size": 5 })
}

#[test]
fn the_newest_parcel_to_the_customer_gives_the_label() {
    let base = mock();
    base.expect(asks_packages().answers(200, packages()));
    base.expect(asks_label(7_700_123).answers(200, label()));
    assert_eq!(
        base.run("load-order-label", ORDER),
        Ok(file("label-0000123456789U.pdf", "application/pdf"))
    );
}

#[test]
fn one_parcel_of_the_order_can_be_named() {
    let base = mock();
    base.expect(asks_packages().answers(200, packages()));
    let zpl = success(&json!({ "extension": "ZPL", "label": "bGFiZWw=\n" }));
    base.expect(asks_label(7_700_100).answers(200, zpl));
    assert_eq!(
        base.run(
            "load-order-label",
            [("order", "90155231"), ("parcel", "7700100")]
        ),
        Ok(file("label-0000123450000U.zpl", "application/octet-stream"))
    );
    base.expect(asks_packages().answers(200, packages()));
    let foreign = [("order", "90155231"), ("parcel", "1")];
    assert_eq!(base.run("load-order-label", foreign), Ok(json!(false)));
    let impossible = [("order", "90155231"), ("parcel", "x")];
    assert_eq!(base.run("load-order-label", impossible), Ok(json!(false)));
}

#[test]
fn a_parcel_without_a_number_is_named_by_its_own() {
    let base = mock();
    let mut found = packages();
    found["packages"][1]["courier_package_nr"] = json!("");
    base.expect(asks_packages().answers(200, found));
    base.expect(asks_label(7_700_123).answers(200, label()));
    assert_eq!(
        base.run("load-order-label", ORDER),
        Ok(file("label-7700123.pdf", "application/pdf"))
    );
}

#[test]
fn without_the_switch_there_is_no_label_and_no_request() {
    let base = mock().setting("show-labels", Value::from(false));
    assert_eq!(base.run("load-order-label", ORDER), Ok(json!(false)));
    assert_eq!(base.run("load-return-label", RETURN), Ok(json!(false)));
}

#[test]
fn an_order_without_a_parcel_to_ask_for_has_no_label() {
    let mut typed = packages();
    for parcel in typed["packages"].as_array_mut().unwrap() {
        parcel["courier_code"] = json!("");
    }
    for found in [success(&json!({ "packages": [] })), typed] {
        let base = mock();
        base.expect(asks_packages().answers(200, found));
        assert_eq!(base.run("load-order-label", ORDER), Ok(json!(false)));
    }
}

/// The outcome of an answer to the request for the label.
fn answered(answer: Json) -> Result<Json, Failure> {
    let base = mock();
    base.expect(asks_packages().answers(200, packages()));
    base.expect(asks_label(7_700_123).answers(200, answer));
    base.run("load-order-label", ORDER)
}

#[test]
fn a_refusal_means_that_there_is_no_label() {
    assert_eq!(
        answered(refused("ERROR_LABEL", "No label")),
        Ok(json!(false))
    );
    assert_eq!(
        answered(success(&json!({ "extension": "pdf", "label": "" }))),
        Ok(json!(false))
    );
}

#[test]
fn a_refusal_because_of_the_request_is_a_failure() {
    for code in ["ERROR_PARSE_JSON_PARAMETERS", "ERROR_UNKNOWN_METHOD"] {
        assert_eq!(answered(refused(code, "")), refusal("getLabel", code));
    }
}

#[test]
fn an_answer_without_a_file_is_a_failure() {
    for (answer, detail) in [
        (json!({ "extension": "pdf" }), "the answer lacks `label`"),
        (
            json!({ "extension": "pdf", "label": "%PDF-1.4" }),
            "getLabel: the label is not Base64",
        ),
        (
            json!({ "label": "bGFiZWw=" }),
            "the answer lacks `extension`",
        ),
        (
            json!({ "extension": "../pdf", "label": "bGFiZWw=" }),
            "getLabel: `extension` is not as documented",
        ),
    ] {
        assert_eq!(
            answered(success(&answer)),
            Err(Failure::unexpected_answer(detail)),
            "{answer}"
        );
    }
}

#[test]
fn the_label_of_a_return_is_loaded_by_its_parcel() {
    let base = mock();
    base.expect(asks_return().answers(200, returns(&[a_return()])));
    base.expect(asks_label_by_number().answers(200, label()));
    assert_eq!(
        base.run("load-return-label", RETURN),
        Ok(file("label-0000987654321U.pdf", "application/pdf"))
    );
}

#[test]
fn the_label_of_a_return_without_a_parcel_is_searched_among_the_parcels_of_its_order() {
    let nameless = || a_return_with(&json!({ "delivery_package_nr": "" }));
    let base = mock();
    base.expect(asks_return().answers(200, returns(&[nameless()])));
    base.expect(asks_packages().answers(200, packages()));
    base.expect(asks_label(7_700_190).answers(200, label()));
    assert_eq!(
        base.run("load-return-label", RETURN),
        Ok(file("label-0000987654321U.pdf", "application/pdf"))
    );
    base.expect(asks_return().answers(200, returns(&[nameless()])));
    base.expect(asks_packages().answers(200, success(&json!({ "packages": [] }))));
    assert_eq!(base.run("load-return-label", RETURN), Ok(json!(false)));
}

#[test]
fn a_return_that_does_not_exist_or_has_no_order_has_no_label() {
    let base = mock();
    base.expect(asks_return().answers(200, returns(&[])));
    assert_eq!(base.run("load-return-label", RETURN), Ok(json!(false)));
    let alone = a_return_with(&json!({ "delivery_package_module": "", "order_id": 0 }));
    base.expect(asks_return().answers(200, returns(&[alone])));
    assert_eq!(base.run("load-return-label", RETURN), Ok(json!(false)));
}
