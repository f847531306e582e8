//! The emulator refuses requests that the plugin never sends.

use krabice_plugin::contract::Value;

use crate::wire::Unit;

#[test]
fn every_request_is_windows_1250_with_the_ids_of_its_business() {
    let unit = Unit::start();
    let items = Value::Json(r#"[{"name":"Žárovka","quantity":"1","price":"1"}]"#.to_owned());
    let order = [
        ("order", "ES-7000".into()),
        ("name", "Žofie".into()),
        ("items", items),
    ];
    unit.run("create-order", &order).unwrap();
    unit.run("create-order", &order).unwrap();
    let exchanged = unit.exchanged();
    let [first, second] = exchanged.as_slice() else {
        panic!("{exchanged:?}")
    };
    assert_eq!(first.target, "xml");
    assert_eq!(
        first.request, second.request,
        "the key of the call is in neither"
    );
    assert!(
        first
            .request
            .starts_with(b"<?xml version=\"1.0\" encoding=\"Windows-1250\"?>")
    );
    assert!(
        std::str::from_utf8(&first.request).is_err(),
        "`Ž` is one byte"
    );
    unit.assert_faultless();
}
