//! The test of a connection.

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, get};
use serde_json::json;

use crate::desk::{mock, page, without};

fn asks() -> Expected {
    get("states").query("page", 1).query("page_size", 1).reads()
}

#[test]
fn a_good_connection_is_proven_by_one_item() {
    let states = || {
        let mut page = page(&[json!({})], 1, 7);
        page["count"] = json!(7);
        page
    };
    let desk = mock();
    desk.expect(asks().answers(200, states()));
    assert_eq!(desk.probe(), Ok("number of states: 7".to_owned()));
    let desk = desk.language("cs");
    desk.expect(asks().answers(200, states()));
    assert_eq!(desk.probe(), Ok("počet stavů: 7".to_owned()));
    desk.expect(asks().answers(200, without(states(), "", "count")));
    assert_eq!(desk.probe(), Ok(String::new()));
}

#[test]
fn a_web_page_proves_nothing() {
    for body in [
        "<html>Přihlaste se</html>",
        "{}",
        "[]",
        "",
        r#"{"results":[]}"#,
    ] {
        let desk = mock();
        desk.expect(asks().answers(200, body));
        let outcome = desk.probe();
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
    let desk = mock();
    desk.expect(asks().answers(401, json!({ "detail": "Invalid token." })));
    assert_eq!(
        desk.probe(),
        Err(Failure::unauthorised("GET states answered 401"))
    );
}
