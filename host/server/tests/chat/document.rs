//! The description of the API.

use crate::stage::{ECHO, Stage, workspace};

#[test]
fn the_committed_description_is_the_code_s() {
    let file = workspace().join("docs/chat-api.json");
    let described = format!("{}\n", krabice_server::openapi().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &described).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == described,
        "`docs/chat-api.json` is not current: run the test with UPDATE_DOCS=1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let served = stage.client.get("/api/v1/openapi.json").await.ok();
    let paths: Vec<_> = served["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        paths,
        [
            "/api/v1/scenarios/{name}",
            "/api/v1/sessions",
            "/api/v1/sessions/{id}",
            "/api/v1/sessions/{id}/answers",
            "/api/v1/sessions/{id}/end",
            "/api/v1/sessions/{id}/events",
            "/api/v1/sessions/{id}/export",
            "/api/v1/sessions/{id}/files/{n}",
        ]
    );
    stage.server.stop().await;
}
