//! The program as its user runs it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use http::Request;
use http_body_util::Full;
use serde_json::Value;

use crate::client::{http_client, send};

fn start(arguments: &[&str], folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krabice-emulators"));
    command.args(arguments).current_dir(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The one line that it prints.
fn addresses(child: &mut Child) -> Value {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test]
async fn it_prints_its_addresses_and_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(
        &[
            "--until-stdin-closes",
            "--write-connections",
            "connections.toml",
        ],
        folder.path(),
    );
    let at = addresses(&mut child);
    let (address, control) = (
        at["upgates"]["address"].as_str().unwrap(),
        at["upgates"]["control"].as_str().unwrap(),
    );
    assert!(address.ends_with("/api/v2"), "{address}");
    let request = Request::builder()
        .uri(format!("{control}/counters"))
        .body(Full::default())
        .unwrap();
    assert_eq!(send(&http_client(), request).await.unwrap().status, 200);
    let written = std::fs::read_to_string(folder.path().join("connections.toml")).unwrap();
    assert!(
        written.contains(&format!("address = \"{address}\"")),
        "{written}"
    );

    drop(child.stdin.take());
    let mut rest = String::new();
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_to_string(&mut rest)
        .unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

#[tokio::test]
async fn it_ends_cleanly_on_a_signal() {
    for signal in ["-INT", "-TERM"] {
        let mut child = start(&["--only", "upgates"], Path::new("."));
        addresses(&mut child);
        let signalled = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn it_does_not_overwrite_a_file_that_it_did_not_write() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), "# mine\n").unwrap();
    let output = start(&["--write-connections", "mine.toml"], folder.path())
        .wait_with_output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: `mine.toml` was not written by krabice-emulators, so it stays as it is\n\
         hint: choose another file, or give `--force` to overwrite it\n"
    );
}

#[tokio::test]
async fn wrong_usage_is_exit_2() {
    for arguments in [
        &["--only", "opencart"][..],
        &["--force"],
        &["--listen", "here"],
    ] {
        let output = start(arguments, Path::new(".")).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_exit_1_with_the_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let output = start(&["--listen", &listen], Path::new("."))
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with(&format!("error: cannot listen on {listen} for `upgates`: ")),
        "{error}"
    );
}
