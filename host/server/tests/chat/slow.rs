//! Clients that are slow on purpose.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::read;
use crate::stage::{ECHO, Setup, Stage, patient};

async fn impatient() -> Stage {
    let mut settings = patient();
    settings.limits.header_timeout = Duration::from_secs(1);
    settings.limits.body_timeout = Duration::from_secs(1);
    settings.limits.write_timeout = Duration::from_secs(1);
    let scenarios = Some(vec![("echo.json", ECHO.to_owned())]);
    Stage::set(Setup {
        scenarios,
        settings,
        ..Setup::default()
    })
    .await
}

/// How long the server keeps a connection on which these bytes were sent, and its response.
async fn kept(stage: &Stage, bytes: &[u8]) -> (Duration, Vec<u8>) {
    let began = Instant::now();
    let mut stream = stage.client.connect().await;
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer))
        .await
        .expect("kept for 20 s");
    (began.elapsed(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_nothing_or_half_a_request_is_disconnected() {
    let stage = impatient().await;
    let answered = b"GET /api/v1/scenarios/echo HTTP/1.1\r\nhost: x\r\n\r\n";
    for (what, bytes) in [
        ("silent", &b""[..]),
        ("half a header", b"GET /api/v1/scen"),
        (
            "a header without end",
            b"GET / HTTP/1.1\r\nhost: x\r\nx-a: b\r\n",
        ),
        ("silent after a request", answered),
    ] {
        let (time, _) = kept(&stage, bytes).await;
        assert!(
            (Duration::from_millis(900)..Duration::from_secs(10)).contains(&time),
            "{what}: {time:?}"
        );
    }
    let half = b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let (time, answer) = kept(&stage, half).await;
    assert!(time < Duration::from_secs(10), "{time:?}");
    read(&answer).refused(400, "bad-request");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_at_a_time_does_not_keep_a_connection() {
    let stage = impatient().await;
    let began = Instant::now();
    let mut stream = stage.client.connect().await;
    let sent = async {
        for byte in std::iter::repeat_n(b'a', 1_000) {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("a header of 1,000 slow bytes was taken");
    };
    sent.await;
    assert!(began.elapsed() < Duration::from_secs(20));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_headers_are_refused() {
    let stage = impatient().await;
    for request in [
        format!(
            "GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n",
            "a".repeat(64 * 1024)
        ),
        format!(
            "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
            "x-many: 1\r\n".repeat(200)
        ),
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(64 * 1024)),
    ] {
        let (time, answer) = kept(&stage, request.as_bytes()).await;
        assert!(time < Duration::from_secs(10));
        let status = String::from_utf8_lossy(&answer)
            .split(' ')
            .nth(1)
            .unwrap_or("none")
            .to_owned();
        assert!(
            ["431", "414", "400", "none"].contains(&status.as_str()),
            "{status}"
        );
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_slow_clients_leaves_room_for_the_others() {
    let mut settings = patient();
    settings.limits.connections_per_prefix = 300;
    let scenarios = Some(vec![("echo.json", ECHO.to_owned())]);
    let stage = Stage::set(Setup {
        scenarios,
        settings,
        ..Setup::default()
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..250 {
        let mut stream = stage.client.connect().await;
        stream.write_all(b"GET / HT").await.unwrap();
        slow.push(stream);
    }
    let began = Instant::now();
    let chat = stage.client.start("echo", "en").await;
    for number in 0..20 {
        chat.say(&format!("m{number}"), "x").await.ok();
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    for _ in 0..60 {
        slow.push(stage.client.connect().await);
    }
    let mut byte = [0];
    let last = slow.last_mut().unwrap();
    let end = tokio::time::timeout(Duration::from_secs(10), last.read(&mut byte))
        .await
        .unwrap();
    assert!(
        matches!(end, Ok(0) | Err(_)),
        "one more than there may be of one prefix was kept"
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_is_closed() {
    let stage = impatient().await;
    let chat = stage.client.start("echo", "en").await;
    let mut stream = chat.follow(None).await;
    stream.until("waits").await;
    // More than fits into the buffers in between.
    let words = "x".repeat(1_900);
    for number in 0..1_500 {
        let body = json!({"id": format!("m{number}"), "text": words});
        chat.send("POST", "/answers", Some(&body)).await.ok();
    }
    let open = async {
        loop {
            let metrics = crate::client::Client::of(stage.server.admin_address().unwrap())
                .get("/metrics")
                .await;
            if String::from_utf8_lossy(&metrics.body).contains("krabice_streams 0") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), open)
        .await
        .expect("the stream is still open");
    stage.server.stop().await;
}
