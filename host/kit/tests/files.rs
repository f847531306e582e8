//! Files that are no plugins: each is a finding that says why.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use indexmap::IndexMap;
use krabice_kit::conformance::{self, Report};
use krabice_runtime::{Pool, Runtime};

async fn check(bytes: &[u8]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.wasm");
    std::fs::write(&file, bytes).unwrap();
    let runtime = Runtime::builder().pool(Pool::OnDemand).build().unwrap();
    conformance::check(&runtime, &file, &IndexMap::new())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_plugin_is_said_with_the_reason() {
    let wat = |text: &str| wat::parse_str(text).unwrap();
    for (bytes, code) in [
        (b"#!/bin/sh".to_vec(), "plugin::not-webassembly"),
        (wat("(module)"), "plugin::core-module"),
        (wat("(component)"), "plugin::not-a-plugin"),
        (
            wat(r#"(component
                (instance $none)
                (export "krabice:boxes/integration@9.0.0" (instance $none)))"#),
            "plugin::other-contract",
        ),
        (
            wat(r#"(component
                (instance $none)
                (export "krabice:boxes/integration@0.1.0" (instance $none)))"#),
            "plugin::other-types",
        ),
    ] {
        let report = check(&bytes).await;
        let [finding] = report.findings.as_slice() else {
            panic!("{code}: {:?}", report.findings);
        };
        assert_eq!(finding.code.word(), "conformance::not-loaded");
        assert!(finding.message.contains(code), "{}", finding.message);
        assert!(report.plugin.is_none() && report.functions.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_import_is_told_with_what_stands_behind_it() {
    let component = r#"(component
        (import "wasi:keyvalue/store@0.2.0" (instance))
        (import "wasi:http/types@0.2.4" (instance))
        (import "wasi:sockets/tcp@0.3.0" (instance))
        (import "env" (func))
        (instance $none)
        (export "krabice:boxes/integration@0.1.0" (instance $none)))"#;
    let report = check(&wat::parse_str(component).unwrap()).await;
    let imports: String = report
        .imports
        .iter()
        .map(|import| format!("{} {} {}\n", import.name, import.allowed, import.why))
        .collect();
    insta::assert_snapshot!(imports, @r"
    wasi:keyvalue/store@0.2.0 false this host does not have it
    wasi:http/types@0.2.4 true HTTP types
    wasi:sockets/tcp@0.3.0 false this host has another version
    env false this host does not have it
    ");
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code.word(), finding.at.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("conformance::import", "wasi:keyvalue/store@0.2.0"),
            ("conformance::import", "wasi:sockets/tcp@0.3.0"),
            ("conformance::import", "env"),
        ]
    );
}
