//! The operator's listener.

use crate::client::Client;
use crate::stage::{ECHO, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_numbers() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let admin = Client::of(stage.server.admin_address().unwrap());
    assert_eq!(admin.get("/health/live").await.status, 200);
    assert_eq!(admin.get("/health/ready").await.status, 200);
    let chat = stage.client.start("echo", "en").await;
    chat.say("m1", "CanaryWords-2").await.ok();
    chat.say("m1", "CanaryWords-2").await.ok();
    stage.client.get("/nowhere").await.refused(404, "not-found");
    let metrics = String::from_utf8(admin.get("/metrics").await.body).unwrap();
    for line in [
        "krabice_sessions_started_total{scenario=\"echo\"} 1",
        "krabice_turns_total{scenario=\"echo\",result=\"waits\"} 2",
        "krabice_repeated_answers_total 1",
        "krabice_refusals_total{code=\"not-found\"} 1",
        "krabice_turns_under_way 0",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} is not in\n{metrics}"
        );
    }
    assert!(!metrics.contains("Canary") && !metrics.contains(&chat.id));
    std::fs::remove_file(stage.scenario("echo.json")).unwrap();
    stage.server.read_folders().await;
    assert_eq!(admin.get("/health/ready").await.status, 503);
    stage.server.stop().await;
}
