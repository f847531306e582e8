//! The trace of a run, and what it must not contain.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::binary::{Krabice, workspace};

/// A back end that answers every request with an empty 200.
fn back_end() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            stream
                .into_inner()
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
        }
    });
    address
}

/// A plugin may put a parameter into a path. What its manifest calls personal is masked there,
/// also within a record, and also a number and a yes or no.
#[test]
fn a_personal_part_of_a_record_is_in_no_path_of_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let scenario = file(
        "visit.json",
        r#"{
  "krabice": 1, "channels": ["chat"], "name": "visit", "languages": ["en"], "timezone": "Europe/Prague", "start": "visit",
  "boxes": {
    "visit": { "type": "call", "function": "hostile/visit", "connection": "guest",
               "params": { "customer": { "email": "canary@example.com", "number": 7193846, "vip": true, "tags": "x1" } },
               "true": "end", "false": "end", "failure": "end" },
    "end":   { "type": "end", "text": "Done." }
  }
}"#,
    );
    let connections = file(
        "connections.toml",
        &format!(
            "[connections.guest]\nplugin = \"hostile\"\n[connections.guest.settings]\n\
             address = \"{}\"\ntoken = {{ env = \"TOKEN\" }}\n",
            back_end()
        ),
    );
    let ended = Krabice::new(["run", &scenario, "--trace", "-"])
        .env("KRABICE_CONNECTIONS", connections)
        .env("KRABICE_PLUGINS", workspace().join("target/guests"))
        .env("TOKEN", "a-token-of-the-test")
        .run();
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert!(
        ended.stderr.contains("/•••/•••/•••/•••"),
        "{}",
        ended.stderr
    );
    for canary in ["canary@example.com", "canary%40example.com", "7193846"] {
        assert!(!ended.stderr.contains(canary), "{}", ended.stderr);
    }
}
