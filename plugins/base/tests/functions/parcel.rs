//! `load-parcels`.

use serde_json::json;

use crate::account::{asks_packages, mock, packages, success};

#[test]
fn the_parcels_to_the_customer_are_listed_newest_first() {
    let base = mock();
    base.expect(asks_packages().answers(200, packages()));
    let outcome = base.run("load-parcels", [("order", "90155231")]).unwrap();
    insta::assert_json_snapshot!(outcome);
}

#[test]
fn parcels_that_go_back_or_have_no_number_do_not_count() {
    let mut found = packages();
    for parcel in found["packages"].as_array_mut().unwrap() {
        parcel["courier_package_nr"] = json!("");
    }
    let mut back = packages();
    for (parcel, kind) in back["packages"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip([1, 3, 2])
    {
        parcel["package_type"] = kind.to_string().into();
    }
    for answer in [found, back, success(&json!({ "packages": [] }))] {
        let base = mock();
        base.expect(asks_packages().answers(200, answer));
        assert_eq!(
            base.run("load-parcels", [("order", "90155231")]),
            Ok(json!(false))
        );
    }
    let impossible = mock().run("load-parcels", [("order", "O1")]);
    assert_eq!(impossible, Ok(json!(false)));
}
