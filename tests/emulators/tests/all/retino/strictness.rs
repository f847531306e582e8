//! Requests that a correct client never sends.

use http::Method;
use http_body_util::Full;
use serde_json::json;

use super::{CASE, Desk, state};

#[tokio::test]
async fn unknown_paths_and_paths_with_a_slash_at_the_end_are_not_found() {
    let desk = Desk::open().await;
    let paths = [
        "/",
        "/states/",
        "/ticket",
        "/tickets/",
        "/tickets//close",
        "/states/1",
        "/tickets/search/x",
    ];
    for path in paths {
        let refused = desk.get(path).await;
        assert_eq!(
            (refused.status, refused.json()),
            (404, json!({ "detail": "Not found." })),
            "{path}"
        );
    }
    assert_eq!(desk.broken(), ["unknown-path"; 7]);
}

#[tokio::test]
async fn every_endpoint_has_its_methods() {
    let desk = Desk::open().await;
    for (method, path) in [
        (Method::DELETE, format!("/tickets/{CASE}")),
        (Method::GET, format!("/tickets/{CASE}/close")),
        (Method::POST, "/tickets/search".to_owned()),
        (Method::POST, "/states".to_owned()),
        (Method::GET, "/internal-note".to_owned()),
    ] {
        let refused = desk.call(method.clone(), &path, "{}").await;
        assert_eq!(refused.status, 405, "{method} {path}");
        assert_eq!(
            refused.json(),
            json!({ "detail": format!("Method \"{method}\" not allowed.") })
        );
    }
    assert_eq!(desk.broken(), ["method"; 5]);
}

#[tokio::test]
async fn parts_of_the_api_that_are_not_emulated_are_refused_as_such() {
    let desk = Desk::open().await;
    for (method, path) in [
        (Method::POST, "/tickets".to_owned()),
        (Method::PUT, format!("/tickets/{CASE}")),
        (Method::GET, format!("/tickets/{CASE}/products")),
        (Method::POST, "/internal-note".to_owned()),
    ] {
        assert_eq!(
            desk.call(method.clone(), &path, "{}").await.status,
            501,
            "{method} {path}"
        );
    }
    assert_eq!(desk.broken(), ["not-emulated"; 4]);
}

#[tokio::test]
async fn unknown_parameters_and_values_of_another_type_are_refused() {
    let desk = Desk::open().await;
    let unknown = [
        "/states?search=x",
        "/states?limit=10",
        "/tickets?search=O260147",
        "/tickets?order=O260147",
        "/tickets?email=petra.vlkova%40example.cz",
        "/tickets/search?search=a&search=b",
        "/tickets/search?query=a",
        &format!("/tickets/{CASE}?page=1"),
    ];
    for path in unknown {
        assert_eq!(desk.get(path).await.status, 400, "{path}");
    }
    assert_eq!(desk.broken(), ["unknown-parameter"; 8]);
    desk.emulator().clear_log();
    let wrong = [
        "/states?page=0",
        "/states?page=x",
        "/states?page_size=0",
        "/tickets?created_at_from=2026-05-01",
        "/tickets?updated_at_to=yesterday",
        "/tickets/search",
        "/tickets/search?search=",
        "/tickets/search?search=%20",
    ];
    for path in wrong {
        assert_eq!(desk.get(path).await.status, 400, "{path}");
    }
    assert_eq!(desk.broken(), ["parameter-value"; 8]);
}

#[tokio::test]
async fn a_body_is_a_json_object_with_only_the_state() {
    let desk = Desk::open().await;
    let path = format!("/tickets/{CASE}");
    let before = desk.ticket(CASE);
    for body in ["", "[]", "{", "\"x\""] {
        let refused = desk.call(Method::PATCH, &path, body).await;
        assert_eq!(
            (refused.status, refused.json()),
            (400, json!({ "detail": "JSON parse error." })),
            "{body}"
        );
    }
    let state = state(3);
    let more = json!({ "state": state, "note": "x" }).to_string();
    assert!(desk.call(Method::PATCH, &path, &more).await.json()["note"].is_array());
    for state in [json!({ "id": state }), json!(3), json!(null)] {
        let body = json!({ "state": state }).to_string();
        assert_eq!(
            desk.call(Method::PATCH, &path, &body).await.status,
            400,
            "{body}"
        );
    }
    assert_eq!(desk.call(Method::PATCH, &path, "{}").await.status, 400);
    let form = desk
        .request(Method::PATCH, &path)
        .header("authorization", format!("Token {}", desk.token()))
        .header("content-type", "application/x-www-form-urlencoded");
    let form = form.body(Full::from(format!("state={state}"))).unwrap();
    assert_eq!(desk.send(form).await.status, 415);
    let mut expected = vec!["json-body"; 4];
    expected.extend([
        "unknown-key",
        "state-form",
        "state-form",
        "state-form",
        "state-form",
        "content-type",
    ]);
    assert_eq!(desk.broken(), expected);
    assert_eq!(desk.ticket(CASE), before);
}
