//! The description of the API, and the tests that `docs/security.md` names.

use std::path::{Path, PathBuf};

use crate::stage::{ECHO, Stage, workspace};

#[test]
fn the_committed_description_matches_the_code() {
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

/// The files below a folder whose names have an ending, with their texts.
fn sources(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "node_modules" && name != "target" {
            sources(&path, ending, found);
        } else if name.ends_with(ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// `docs/security.md` names a test for each threat. This finds tests that were renamed or removed.
#[test]
fn every_test_that_the_page_on_security_names_is_there() {
    let mut rust = Vec::new();
    let mut browser = Vec::new();
    for folder in ["host", "plugins", "tests"] {
        sources(&workspace().join(folder), ".rs", &mut rust);
    }
    sources(
        &workspace().join("host/server/web/test"),
        ".test.mjs",
        &mut browser,
    );
    let page = std::fs::read_to_string(workspace().join("docs/security.md")).unwrap();
    let has = |module: &str, test: &str| {
        let head = match test.strip_suffix('…') {
            Some(beginning) => format!("fn {beginning}"),
            None => format!("fn {test}("),
        };
        rust.iter().any(|(path, text)| {
            let (file, folder) = (path.file_stem().unwrap(), path.parent().unwrap());
            let within = folder.file_name().is_some_and(|folder| folder == module);
            // The tests of `kills` itself are in `kills/main.rs`.
            (file == module || within) && text.contains(&head)
        })
    };
    let mut named = 0;
    for word in page.split('`').skip(1).step_by(2) {
        if let Some((module, test)) = word.split_once("::") {
            assert!(has(module, test), "there is no test `{word}`");
            named += 1;
        }
    }
    assert!(named > 80, "only {named} tests are named");
    // Browser tests are named by their titles, in the last column.
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for title in tests.split('"').skip(1).step_by(2) {
            let is_there = browser
                .iter()
                .any(|(_, text)| text.contains(&format!("test(\"{title}\"")));
            assert!(is_there, "there is no browser test \"{title}\"");
        }
    }
    assert!(!has("hostile", "a_test_that_nobody_wrote"));
}
