//! The logs of plugins.

use std::io::Write;
use std::sync::{Arc, Mutex};

use krabice_contract::{FailureClass, Outcome, Value};
use tracing_subscriber::fmt::MakeWriter;

use crate::stage::{Stage, input};

/// The log of this thread at all levels.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        self.clone()
    }
}

#[tokio::test]
async fn a_plugins_lines_name_it_and_mask_personal_values() {
    let stage = Stage::new().await;
    let captured = Captured::default();
    let guard = captured.start();
    let secret = [("secret", Value::from("jana@example.com"))];
    let detail = stage
        .fails_as(FailureClass::UnexpectedAnswer, "gossip", secret)
        .await;
    drop(guard);
    assert_eq!(detail, "the back end did not like •••");
    let text = captured.text();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["target"] == krabice_runtime::LOG_TARGET)
        .map(|line| line["fields"].clone())
        .collect::<Vec<_>>();
    insta::assert_json_snapshot!(lines);
    // Wasmtime's own crates trace the strings of calls. A log at the finest level must leave
    // these crates out, as the binary does.
    let ours = text
        .lines()
        .filter(|line| !line.contains("\"target\":\"wasmtime"))
        .collect::<String>();
    assert!(!ours.contains("jana@example.com"), "{ours}");
}

#[tokio::test]
async fn a_hidden_parameter_is_masked_too() {
    let stage = Stage::new().await;
    let mut input = input([("class", Value::from("unavailable"))]);
    input.hidden = vec!["class".to_owned()];
    let captured = Captured::default();
    let guard = captured.start();
    let report = stage
        .runtime
        .call(&stage.plugin, "fail", Some(&stage.outlet), input)
        .await;
    drop(guard);
    assert_eq!(report.result.unwrap_err().class, FailureClass::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_cut_and_stops_nobody() {
    let stage = Stage::with(krabice_runtime::Limits {
        cpu_time: std::time::Duration::from_secs(20),
        ..Default::default()
    })
    .await;
    let report = stage.call("flood-log", []).await;
    assert_eq!(report.result, Ok(Outcome::True));
    assert!(report.log_lines < 2_000, "{}", report.log_lines);
    assert!(
        report.log_dropped_bytes > 1_000_000,
        "{}",
        report.log_dropped_bytes
    );

    let report = stage.call("flood-line", []).await;
    assert_eq!(report.result, Ok(Outcome::True));
    assert!(
        report.log_lines <= 20,
        "a line without an end is broken: {}",
        report.log_lines
    );
    assert!(
        report.log_dropped_bytes > 900_000,
        "{}",
        report.log_dropped_bytes
    );
}
