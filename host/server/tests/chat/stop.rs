//! Stopping the server: running turns end, and new ones are refused with `Retry-After`.

use crate::client::transcript;
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_running_turn_ends_and_a_new_one_is_told_to_come_back() {
    let stage = Stage::with(&[("slow.json", include_str!("slow-call.json"))]).await;
    let (busy, idle) = (
        stage.client.start("slow", "en").await,
        stage.client.start("slow", "en").await,
    );
    let mut stream = busy.follow(None).await;
    stream.until("waits").await;
    stage.hold_back(1_500);
    let answered = tokio::spawn({
        let busy = busy.clone();
        async move { busy.say("m1", "O260147").await }
    });
    stream.until("working").await;
    let stop = tokio::spawn(stage.server.stop());
    assert!(
        stream.next().await.is_none(),
        "streams end, so that clients go elsewhere"
    );
    let refused = idle.say("m1", "O260147").await;
    refused.refused(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    let told = transcript(&answered.await.unwrap().ok());
    assert_eq!(told[1..3], ["message: One moment.", "message: We have it."]);
    stop.await.unwrap();
    assert!(
        tokio::net::TcpStream::connect(busy.client.address())
            .await
            .is_err()
    );
}
