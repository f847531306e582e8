//! `krabice plugin new`. `tests/polyglot` builds and runs the plugins that it makes.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::binary::{Ended, Krabice};

/// The folder of the binary.
fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_krabice")).parent().unwrap()
}

fn new(arguments: &[&str], into: &Path) -> Ended {
    let into = into.display().to_string();
    Krabice::new([&["plugin", "new"], arguments, &["--into", &into]].concat()).run()
}

#[test]
fn a_plugin_is_made_in_each_language_with_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut outputs = String::new();
    for (name, language) in [("a", "rust"), ("b-2", "python"), ("shop", "javascript")] {
        let made = new(&[name, "--lang", language], folder.path());
        assert_eq!((made.exit, made.stderr.as_str()), (0, ""), "{language}");
        let output = made
            .stdout
            .replace(&folder.path().display().to_string(), "INTO");
        outputs.push_str(&output.replace(&bin().display().to_string(), "BIN"));
        for file in ["README.md", "connections.toml", "scenarios/points.json"] {
            let text = std::fs::read_to_string(folder.path().join(name).join(file)).unwrap();
            assert!(!text.contains("my-plugin"), "{language}: {file}");
        }
        // Without its component: `tests/polyglot` has that and also checks the calls.
        let scenario = folder.path().join(name).join("scenarios/points.json");
        let checked = Krabice::new([
            "check".as_ref(),
            scenario.as_os_str(),
            "--deny-warnings".as_ref(),
        ])
        .env("KRABICE_PLUGINS", folder.path())
        .run();
        assert_eq!(checked.exit, 0, "{}", checked.text());
    }
    assert_snapshot!(outputs);
}

#[test]
fn the_printed_commands_can_be_pasted_into_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("it's mine");
    std::fs::create_dir(&into).unwrap();
    let made = Krabice::new(["plugin", "new", "a", "--into"])
        .arguments(into.to_str())
        .env("PATH", bin())
        .run();
    assert_eq!(made.exit, 0, "{}", made.text());
    let line = |start: &str| made.stdout.lines().find(|line| line.starts_with(start));
    // A program that is on the PATH needs no `export`.
    assert_eq!(line("  export"), None);
    let shell = Command::new("sh")
        .args(["-c", &format!("{} && pwd -P", line("  cd ").unwrap())])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&shell.stdout).trim_end(),
        into.join("a").canonicalize().unwrap().to_str().unwrap()
    );
}

#[test]
fn nothing_is_overwritten_and_invalid_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("shop");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("mine"), "mine").unwrap();
    let refused = new(&["shop"], folder.path());
    assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains("is there already"),
        "{}",
        refused.text()
    );
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 1);

    let long = "a".repeat(65);
    for name in [
        "", "Shop", "1shop", "../shop", "a/b", "my_shop", "čaj", "a b", &long,
    ] {
        let refused = new(&[name], folder.path());
        assert_eq!(refused.exit, 2, "{}", refused.text());
        assert!(
            refused.stderr.contains("cannot be the name of a plugin"),
            "{}",
            refused.text()
        );
    }
    assert_eq!(new(&["other"], &folder.path().join("nowhere")).exit, 2);
    assert_eq!(new(&["other", "--lang", "cobol"], folder.path()).exit, 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
