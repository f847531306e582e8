//! Calls that write and lose an answer. Every case of a write uses both interfaces.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use krabice_contract::{FailureClass, Outcome, Value};
use krabice_runtime::{CallReport, Limits};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{INTERFACES, Stage, impatient, input, outlet};

/// What the back end does with the answer to a request.
#[derive(Debug, Clone, Copy)]
enum Answering {
    /// It hangs up before the answer.
    Before,
    /// It hangs up within the answer.
    Within,
    /// It hangs up after the answer.
    After,
    /// It never answers.
    Never,
}

/// A back end that keeps the body of the last write that it did.
#[derive(Debug, Clone, Copy)]
struct Script {
    /// What it does with a request of another method than `GET`.
    writes: Answering,
    /// Whether it does what it is asked before it answers.
    obeys: bool,
    /// What it does with a `GET`.
    reads: Answering,
}

async fn back_end(script: Script) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let kept = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, script, Arc::clone(&kept)));
        }
    });
    address
}

/// Answers one request, and closes the connection.
async fn serve(stream: TcpStream, script: Script, kept: Arc<Mutex<Vec<u8>>>) {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if first.is_empty() {
                first = line;
            }
        } else {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let answering = if first.starts_with("GET") {
        body.clone_from(&kept.lock().unwrap());
        script.reads
    } else {
        if script.obeys {
            kept.lock().unwrap().clone_from(&body);
        }
        script.writes
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let whole = [head.as_bytes(), &body].concat();
    match answering {
        Answering::Before => {}
        Answering::Within => stream.write_all(&whole[..whole.len() - 2]).await.unwrap(),
        Answering::After => stream.write_all(&whole).await.unwrap(),
        Answering::Never => std::future::pending().await,
    }
}

async fn call(stage: &Stage, script: Script, function: &str, interface: &str) -> CallReport {
    let outlet = outlet(&stage.plugin, back_end(script).await);
    let mut parameters = vec![
        ("path", Value::from("orders")),
        ("text", "cancel it".into()),
    ];
    // `search` has one interface.
    if function != "search" {
        parameters.push(("interface", interface.into()));
    }
    let input = input(parameters);
    stage
        .runtime
        .call(&stage.plugin, function, Some(&outlet), input)
        .await
}

const READS_WORK: Script = Script {
    writes: Answering::After,
    obeys: true,
    reads: Answering::After,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_fails_after_the_answer_to_a_write_was_lost_is_outcome_unknown() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        for (writes, lost) in [
            (Answering::Before, true),
            (Answering::Within, true),
            (Answering::After, false),
        ] {
            let script = Script {
                writes,
                ..READS_WORK
            };
            let report = call(&stage, script, "post", interface).await;
            assert_eq!(report.unanswered_write, lost, "{interface} {writes:?}");
            let class = report.result.as_ref().err().map(|failure| failure.class);
            let expected = lost.then_some(FailureClass::OutcomeUnknown);
            assert_eq!(
                class, expected,
                "{interface} {writes:?}: {:?}",
                report.result
            );
            assert_eq!(report.exchanges.len(), 1, "a write is not repeated");
        }
    }
    stage.still_works().await;
}

/// The class that the plugin or the host gave stands in the detail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_not_answered_in_time_is_outcome_unknown() {
    let stage = Stage::with(Limits {
        cpu_time: Limits::default().cpu_time,
        ..impatient()
    })
    .await;
    let script = Script {
        writes: Answering::Never,
        ..READS_WORK
    };
    for interface in INTERFACES {
        let failure = call(&stage, script, "post", interface)
            .await
            .result
            .unwrap_err();
        assert_eq!(failure.class, FailureClass::OutcomeUnknown, "{failure}");
        assert!(failure.detail.starts_with("unavailable: "), "{failure}");
        assert!(
            failure.detail.contains("check in the back end"),
            "{failure}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_request_that_reads_leaves_no_doubt() {
    let stage = Stage::new().await;
    let script = Script {
        writes: Answering::Before,
        ..READS_WORK
    };
    // `search` writes, and its only request is a `POST` that says that it reads.
    let report = call(&stage, script, "search", "send").await;
    let failure = report.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Unavailable, "{failure}");
    assert!(!report.unanswered_write);
    assert_eq!(
        report.exchanges.len(),
        3,
        "a request that reads is repeated"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_function_says_after_a_lost_answer_stands() {
    let stage = Stage::new().await;
    for interface in INTERFACES {
        for (obeys, outcome) in [(true, Outcome::True), (false, Outcome::False)] {
            let script = Script {
                writes: Answering::Before,
                obeys,
                ..READS_WORK
            };
            let report = call(&stage, script, "write-and-look", interface).await;
            assert!(report.unanswered_write, "{interface}");
            assert_eq!(report.result, Ok(outcome), "{interface}");
        }
        // It cannot look, either.
        let script = Script {
            writes: Answering::Before,
            obeys: true,
            reads: Answering::Within,
        };
        let failure = call(&stage, script, "write-and-look", interface)
            .await
            .result
            .unwrap_err();
        assert_eq!(failure.class, FailureClass::OutcomeUnknown, "{failure}");
    }
}
