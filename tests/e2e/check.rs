//! `krabice check`.

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::binary::{Ended, Krabice, workspace};
use crate::documents::json_files;
use crate::filters;
use crate::shop::{Shop, ShopSetup};

/// Checks with the connections of a shop.
fn check(arguments: &[&str]) -> Ended {
    let shop = Shop::start(&ShopSetup::default());
    let arguments = std::iter::once("check").chain(arguments.iter().copied());
    Krabice::new(arguments)
        .env("KRABICE_CONNECTIONS", shop.connections())
        .run()
}

#[test]
fn the_shipped_scenarios_have_no_errors_and_no_warnings() {
    let files = json_files("scenarios".as_ref());
    let mut arguments = vec!["--deny-warnings"];
    arguments.extend(files.iter().map(String::as_str));
    let checked = check(&arguments);
    assert_eq!(checked.exit, 0, "{}", checked.text());
    assert_eq!(
        checked.stdout,
        format!("{} scenarios checked: no errors\n", files.len())
    );
    assert_eq!(checked.stderr, "");
}

/// The faults of `check/fifteen-faults.json`: code, path, line and marked text.
const PLANTED: [(&str, &str, u64, &str); 15] = [
    (
        "scenario::unknown-key",
        "boxes.ask-order.colour",
        9,
        "\"colour\"",
    ),
    ("scenario::missing-language", "boxes.ask-email.text", 10, ""),
    (
        "scenario::unknown-box",
        "boxes.verify.failure",
        12,
        "\"opertor\"",
    ),
    (
        "scenario::unknown-variable",
        "boxes.show.text",
        13,
        "ordr.invoice",
    ),
    (
        "scenario::unknown-field",
        "boxes.fields.text",
        14,
        "order.invioce",
    ),
    (
        "scenario::maybe-absent",
        "boxes.fields.text",
        14,
        "order.invoiceurl",
    ),
    ("scenario::wrong-kind", "boxes.compare.if", 15, ""),
    (
        "scenario::unknown-function",
        "boxes.load.function",
        16,
        "\"upgates/load-ordr\"",
    ),
    ("scenario::hidden-shown", "boxes.email.text", 18, "$email"),
    ("scenario::hidden-copied", "boxes.copy.value", 19, ""),
    (
        "scenario::missing-parameter",
        "boxes.status.function",
        20,
        "\"upgates/verify-customer\"",
    ),
    (
        "scenario::unknown-parameter",
        "boxes.status.params.mail",
        20,
        "\"mail\"",
    ),
    (
        "scenario::maybe-false",
        "boxes.none.text",
        22,
        "order.invoice",
    ),
    ("scenario::endless-loop", "boxes.again.next", 24, "\"loop\""),
    ("scenario::unreached-box", "boxes.nobody", 25, ""),
];

#[test]
fn fifteen_planted_faults_are_fifteen_findings_each_at_its_place() {
    let checked = check(&["tests/e2e/check/fifteen-faults.json", "--json"]);
    assert_eq!(checked.exit, 1, "{}", checked.text());
    let text =
        std::fs::read_to_string(workspace().join("tests/e2e/check/fifteen-faults.json")).unwrap();
    let findings: Vec<Json> = serde_json::from_str(&checked.stdout).unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            let place =
                |end: &str| usize::try_from(finding["span"][end].as_u64().unwrap()).unwrap();
            (
                finding["code"].as_str().unwrap(),
                finding["path"].as_str().unwrap(),
                finding["line"].as_u64().unwrap(),
                &text[place("start")..place("end")],
            )
        })
        .collect();
    let mut left: Vec<_> = PLANTED.iter().collect();
    for (code, path, line, marked) in &found {
        let fits = left.iter().position(|planted| {
            planted.0 == *code
                && path.starts_with(planted.1)
                && planted.2 == *line
                && (planted.3.is_empty() || planted.3 == *marked)
        });
        let Some(fits) = fits else {
            panic!("not planted: {code} {path} {line} {marked}\n{found:#?}")
        };
        left.remove(fits);
    }
    assert!(left.is_empty(), "not found: {left:#?}");
    assert_eq!(found.len(), PLANTED.len());
    for finding in &findings {
        assert_eq!(finding["file"], "tests/e2e/check/fifteen-faults.json");
        let column = finding["column"].as_u64().unwrap();
        assert!(column >= 1, "{finding}");
    }
}

#[test]
fn findings_in_a_pipe_read_well() {
    let checked = check(&["tests/e2e/check/fifteen-faults.json"]);
    assert_eq!(checked.exit, 1);
    filters::settings(&workspace().join("tests/e2e/check"))
        .bind(|| assert_snapshot!("fifteen-faults", filters::filtered(&checked.text())));
}

#[test]
fn several_files_are_checked_in_one_run() {
    let checked = check(&[
        "scenarios/first.json",
        "tests/e2e/check/fifteen-faults.json",
    ]);
    assert_eq!(checked.exit, 1);
    assert!(
        checked
            .stdout
            .ends_with("2 scenarios checked: 14 errors, 1 warning\n"),
        "{}",
        checked.stdout
    );
}

#[test]
fn warnings_are_errors_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warned.json");
    std::fs::write(
        &file,
        r#"{ "krabice": 1, "channels": ["chat"], "name": "warned", "languages": ["en"], "start": "a",
            "boxes": { "a": { "type": "end" }, "b": { "type": "end" } } }"#,
    )
    .unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(check(&[file]).exit, 0);
    assert_eq!(check(&[file, "--deny-warnings"]).exit, 1);
}

#[test]
fn what_its_author_signed_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signed.json");
    let text = r#"{ "krabice": 1, "channels": ["chat"], "name": "signed", "languages": ["en"], "start": "a",
        "boxes": { "a": { "type": "end", "unverified": true } } }"#;
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let checked = check(&[file]);
    assert_eq!(checked.exit, 0);
    let note = format!("note: {file} signs as unverified: `a`\n");
    assert!(checked.stdout.contains(&note), "{}", checked.stdout);
}

#[test]
fn missing_plugins_and_connections_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let checked = Krabice::new([
        "check",
        workspace().join("scenarios/first.json").to_str().unwrap(),
    ])
    .env("KRABICE_PLUGINS", folder.path())
    .folder(folder.path())
    .run();
    assert_eq!(checked.exit, 0, "{}", checked.text());
    assert_eq!(
        checked.stderr,
        "note: no plugins were found, so calls are not checked against manifests\n\
         note: no connections file was found, so names of connections are not checked\n"
    );
}

#[test]
fn a_missing_file_is_wrong_usage() {
    let checked = check(&["no/such/file.json"]);
    assert_eq!(checked.exit, 2, "{}", checked.text());
    assert!(
        checked.stderr.contains("`no/such/file.json`"),
        "{}",
        checked.stderr
    );
}
