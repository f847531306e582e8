//! Access.

use std::time::Duration;

use krabice_emulators::{Credential, Fault, FaultRule};
use serde_json::json;

use super::{CASE, Desk, state};

#[tokio::test]
async fn the_token_is_accepted_only_in_authorization_after_its_scheme() {
    let desk = Desk::open().await;
    let token = desk.token();
    let ask = async |name: &str, value: String| desk.with_header(name, &value).await;
    assert_eq!(
        ask("authorization", format!("Token {token}")).await.status,
        200
    );
    assert_eq!(
        ask("authorization", format!("token {token}")).await.status,
        200
    );
    let invalid = json!({ "detail": "Invalid token." });
    for value in [
        token.clone(),
        format!("Bearer {token}"),
        format!("Token Token {token}"),
        "Token x".to_owned(),
    ] {
        let refused = ask("authorization", value).await;
        assert_eq!((refused.status, refused.json()), (401, invalid.clone()));
        assert_eq!(refused.header("www-authenticate"), Some("Token"));
    }
    let refused = ask("authentication", format!("Token {token}")).await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.json(),
        json!({ "detail": "Authentication credentials were not provided." })
    );
    // A wrong token is a mistake of the operator, a wrong header one of the client.
    assert_eq!(desk.broken(), ["no-token", "credential-elsewhere"]);
    let seen: Vec<_> = desk
        .emulator()
        .log()
        .iter()
        .map(|entry| entry.credential)
        .collect();
    use Credential::{Absent, Right, Wrong};
    assert_eq!(seen, [Right, Right, Wrong, Wrong, Wrong, Wrong, Absent]);
    let log = serde_json::to_string(&desk.emulator().log()).unwrap();
    assert!(!log.contains(&token), "{log}");
}

#[tokio::test]
async fn an_account_without_the_extension_is_refused() {
    let desk = Desk::with(json!({ "extension": false })).await;
    let refused = desk.get("/states").await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.json(),
        json!({ "detail": "You do not have permission to perform this action." })
    );
}

#[tokio::test]
async fn a_setting_limits_the_requests_per_minute() {
    let desk = Desk::with(json!({ "requests_per_minute": 2 })).await;
    desk.emulator().clock().advance(Duration::from_secs(15));
    assert_eq!(desk.get("/states").await.status, 200);
    assert_eq!(desk.set_state(CASE, &state(3)).await.status, 200);
    let refused = desk.set_state(CASE, &state(1)).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("45"))
    );
    assert_eq!(desk.ticket(CASE)["state"], state(3), "nothing was changed");
    desk.emulator().clock().advance(Duration::from_secs(45));
    assert_eq!(desk.get("/states").await.status, 200);
    assert!(desk.broken().is_empty());
}

#[tokio::test]
async fn faults_and_resets_work() {
    let desk = Desk::open().await;
    let fault = FaultRule::new(Fault::status(503)).path("/api/v2/tickets/search");
    desk.emulator().fault(fault).unwrap();
    assert_eq!(desk.get("/states").await.status, 200);
    assert_eq!(desk.get("/tickets/search?search=O260147").await.status, 503);
    assert_eq!(desk.get("/tickets/search?search=O260147").await.status, 200);
    desk.set(json!({ "token": "another" }));
    desk.emulator().reset();
    assert_eq!(desk.token(), "demo-token-of-the-retino-emulator");
    assert!(desk.emulator().log().is_empty());
}
