//! Changing the state and closing.

use http::Method;
use serde_json::{Value, json};

use super::{CASE, Desk, state};

#[tokio::test]
async fn a_state_is_set_and_the_ticket_is_the_answer() {
    let desk = Desk::open().await;
    let before = desk.ticket(CASE);
    let reply = desk.set_state(CASE, &state(3)).await;
    let mut expected = before;
    expected["state"] = state(3).into();
    expected["updated_at"] = "2026-05-10T08:00:00.000Z".into();
    assert_eq!((reply.status, reply.json()), (200, expected.clone()));
    assert_eq!(desk.ticket(CASE), expected);
    assert_eq!(desk.emulator().state()["emails"], json!([]));
    assert!(desk.broken().is_empty());
}

#[tokio::test]
async fn a_change_of_the_state_can_send_an_email() {
    let desk = Desk::open().await;
    desk.set_state(CASE, &state(5)).await;
    assert_eq!(
        desk.emulator().state()["emails"],
        json!([{ "ticket": CASE, "to": "petra.vlkova@example.cz", "text": "Vaši reklamaci jsme uznali.",
                 "at": "2026-05-10T08:00:00.000Z" }])
    );
}

#[tokio::test]
async fn invalid_states_are_refused_with_their_field() {
    let desk = Desk::open().await;
    let before = desk.ticket(CASE);
    let unknown = desk.set_state(CASE, &state(77)).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(
        unknown.json(),
        json!({ "state": [format!("Invalid pk \"{}\" - object does not exist.", state(77))] })
    );
    let foreign = desk.set_state(CASE, &state(7)).await;
    assert_eq!(
        (foreign.status, foreign.json()["state"].is_array()),
        (400, true)
    );
    assert!(desk.broken().is_empty(), "a good client cannot know");
    assert_eq!(desk.set_state(CASE, "20").await.status, 400);
    assert_eq!(desk.broken(), ["state-form"]);
    assert_eq!(desk.ticket(CASE), before);
    assert_eq!(desk.set_state(&state(1), &state(3)).await.status, 404);

    desk.set(json!({ "foreign_states": true }));
    assert_eq!(desk.set_state(CASE, &state(7)).await.status, 200);
}

#[tokio::test]
async fn closing_keeps_the_state_and_happens_once() {
    let desk = Desk::open().await;
    let path = format!("/tickets/{CASE}/close");
    let closed = desk.call(Method::POST, &path, r#"{"state":"x"}"#).await;
    assert_eq!(closed.status, 200);
    let moment = json!("2026-05-10T08:00:00.000Z");
    assert_eq!(
        (&closed.json()["closed_at"], &closed.json()["state"]),
        (&moment, &json!(state(4)))
    );
    desk.emulator()
        .clock()
        .advance(std::time::Duration::from_secs(60));
    assert_eq!(
        desk.call(Method::POST, &path, "").await.json()["closed_at"],
        moment
    );
    // A closed ticket still accepts a state.
    assert_eq!(desk.set_state(CASE, &state(9)).await.status, 200);
    assert_eq!(desk.ticket(CASE)["closed_at"], moment);
    assert_eq!(
        desk.call(Method::POST, &format!("/tickets/{}/close", state(1)), "")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_state_behind_the_api_is_changed_by_keys() {
    let desk = Desk::open().await;
    let patch = json!({ "tickets": { CASE: { "customer": { "email": null } } }, "types": { state(1): null } });
    desk.emulator().patch_state(patch).unwrap();
    let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
    assert_eq!(ticket["customer"]["email"], Value::Null);
    assert_eq!(ticket["customer"]["name"], json!("Petra Vlková"));
    assert!(
        desk.emulator()
            .patch_state(json!({ "settings": { "tokens": 1 } }))
            .is_err()
    );
}
