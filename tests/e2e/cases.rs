//! Runs all cases and compares their output with the snapshots beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::binary::{Ended, Krabice, workspace};
use crate::case::{Case, CommandsCase, RunCase};
use crate::http_interface::{FEATURES, HttpInterface};
use crate::secrets::Canaries;
use crate::shop::Shop;

/// The number of cases that run at the same time: most of a case is waiting for another process.
const AT_ONCE: usize = 4;

#[test]
fn every_case_ends_as_its_snapshots_say() {
    run_all(HttpInterface::WasiHttp);
}

#[test]
fn cases_of_both_interfaces_end_the_same_through_egress_send() {
    run_all(HttpInterface::Send);
}

/// A new feature or function without a case for both interfaces would be missed otherwise.
#[test]
fn every_feature_of_http_and_every_function_has_a_case_for_both_interfaces() {
    let (mut features, mut functions) = (BTreeSet::new(), BTreeSet::new());
    for folder in folders("") {
        match read(&folder) {
            Case::Run(case) => features.extend(case.both_interfaces),
            Case::Commands(case) => {
                for command in case.commands {
                    if !command.both_interfaces.is_empty() {
                        functions.insert(command.arguments[1].clone());
                    }
                    features.extend(command.both_interfaces);
                }
            }
        }
    }
    assert_eq!(features, FEATURES.map(str::to_owned).into());
    let shown = Krabice::new(["plugins", "show", "upgates", "--json"]).run();
    let manifest: Json = serde_json::from_str(&shown.stdout).unwrap();
    for function in manifest["functions"].as_object().unwrap().keys() {
        let function = format!("upgates/{function}");
        assert!(functions.contains(&function), "`{function}`");
    }
}

/// The folders of all cases whose names contain a text.
fn folders(wanted: &str) -> Vec<PathBuf> {
    let cases = std::fs::read_dir(workspace().join("tests/e2e/cases")).unwrap();
    let mut folders: Vec<PathBuf> = cases
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().contains(wanted))
        .collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> Case {
    let case = std::fs::read_to_string(folder.join("case.json")).unwrap();
    serde_json::from_str(&case)
        .unwrap_or_else(|error| panic!("invalid case `{}`: {error}", folder.display()))
}

/// Runs all cases, or those whose names contain `$CASES`, and then reports which of them failed.
fn run_all(interface: HttpInterface) {
    let wanted = std::env::var("CASES").unwrap_or_default();
    let folders = folders(&wanted);
    assert!(!folders.is_empty(), "no case has `{wanted}` in its name");
    let next = AtomicUsize::new(0);
    let failed: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The panic has been printed; the other cases still run.
                    if std::panic::catch_unwind(|| run_case(folder, interface)).is_err() {
                        failed.lock().unwrap().push(folder.display().to_string());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {} cases failed: {failed:#?}",
        failed.len(),
        folders.len()
    );
}

/// Runs a case, or the part of it that is to run through this interface.
fn run_case(folder: &Path, interface: HttpInterface) {
    let case = read(folder);
    if interface == HttpInterface::Send && !case.is_of_upgates() {
        return;
    }
    match case {
        Case::Run(case) if interface.takes(&case.both_interfaces) => run(folder, &case, interface),
        Case::Run(_) => {}
        Case::Commands(case) => commands(folder, &case, interface),
    }
}

/// A folder with the plugins that a run needs: that of its back end, and those whose functions a
/// text names. Loading all plugins would take most of the time of a run.
fn plugins(interface: HttpInterface, shop: &Shop, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for plugin in shop.plugins() {
        if plugin == shop.plugin() || text.contains(&format!("{plugin}/")) {
            let copy = folder.path().join(format!("{plugin}.wasm"));
            std::fs::copy(interface.component(plugin), copy).unwrap();
        }
    }
    folder
}

fn run(folder: &Path, case: &RunCase, interface: HttpInterface) {
    let work = tempfile::tempdir().unwrap();
    let answers = work.path().join("answers.json");
    std::fs::write(&answers, serde_json::to_string(&case.answers).unwrap()).unwrap();
    let trace = work.path().join("trace.jsonl");
    let scenario = scenario(folder, &case.scenario);
    let functions = std::fs::read_to_string(workspace().join(&scenario)).unwrap();
    let start = |shop: &Shop, more: &[&str]| {
        let plugins = plugins(interface, shop, &functions);
        let mut arguments = vec!["run".to_owned(), scenario.clone()];
        arguments.extend(["--answers".to_owned(), answers.display().to_string()]);
        if let Some(language) = &case.language {
            arguments.extend(["--language".to_owned(), language.clone()]);
        }
        for (name, value) in &case.set {
            arguments.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        Krabice::new(arguments)
            .env("KRABICE_PLUGINS", plugins.path())
            .env("KRABICE_CONNECTIONS", shop.connections())
            .run()
    };
    let name = format!("{} ({interface:?})", folder.display());

    let shop = Shop::start(&case.shop);
    let plain = start(&shop, &[]);
    interface.assert_snapshot(folder, "transcript", &plain.text());
    case.expect.assert(plain.exit, &shop.seen(), &name);

    let shop = Shop::start(&case.shop);
    let events = start(
        &shop,
        &[
            "--json",
            "--log",
            "trace",
            "--trace",
            &trace.display().to_string(),
        ],
    );
    let trace = std::fs::read_to_string(trace).unwrap();
    interface.assert_snapshot(folder, "events", &events.stdout);
    interface.assert_snapshot(folder, "trace", &trace);
    case.expect.assert(events.exit, &shop.seen(), &name);
    // Otherwise the search for canaries would search nothing.
    assert!(
        shop.seen().requests == 0
            || events.stderr.contains("TRACE")
            || events.stderr.contains("DEBUG"),
        "{name}: the log is empty"
    );
    assert!(
        events
            .stdout
            .lines()
            .last()
            .unwrap()
            .starts_with(r#"{"event":"finished""#),
        "{name}: the last event is not `finished`"
    );

    let mut canaries = Canaries::of_shop(&shop);
    canaries.add(case.answers.iter().filter(|answer| answer.contains('@')));
    canaries.add(&case.hidden);
    for (place, text) in [
        ("standard output", &plain.stdout),
        ("standard error", &plain.stderr),
        ("the events", &events.stdout),
        ("the log", &events.stderr),
        ("the trace", &trace),
    ] {
        canaries.assert_absent(text, &format!("{name}: {place}"));
    }
}

fn commands(folder: &Path, case: &CommandsCase, interface: HttpInterface) {
    let mut all = String::new();
    for command in &case.commands {
        if !interface.takes(&command.both_interfaces) {
            continue;
        }
        let shop = Shop::start(&command.shop);
        let plugins = plugins(interface, &shop, &command.arguments.join(" "));
        let start = |more: &[&str]| -> Ended {
            let arguments = command
                .arguments
                .iter()
                .map(String::as_str)
                .chain(more.iter().copied());
            Krabice::new(arguments)
                .env("KRABICE_PLUGINS", plugins.path())
                .env("KRABICE_CONNECTIONS", shop.connections())
                .run()
        };
        let ended = start(&[]);
        let context = format!("{}: {} ({interface:?})", folder.display(), command.about);
        command.expect.assert(ended.exit, &shop.seen(), &context);
        let text = format!(
            "# {}\n$ krabice {}\n{}\n",
            command.about,
            command.arguments.join(" "),
            ended.text()
        );
        if interface == HttpInterface::Send {
            interface.assert_recorded(folder, "commands", &text);
        }
        all.push_str(&text);
        // The answer of a function is shown on purpose; a credential never is.
        let logged = start(&["--log", "trace"]);
        let canaries = Canaries::of_shop(&shop);
        for text in [&ended.stdout, &ended.stderr, &logged.stdout, &logged.stderr] {
            canaries.assert_absent(text, &context);
        }
    }
    if interface == HttpInterface::WasiHttp {
        interface.assert_snapshot(folder, "commands", &all);
    }
}

/// A scenario of `scenarios/` by its name, or a file of the case's folder.
fn scenario(folder: &Path, name: &str) -> String {
    let path: PathBuf = if name.ends_with(".json") {
        folder.join(name)
    } else {
        workspace().join("scenarios").join(format!("{name}.json"))
    };
    // Relative to the workspace, as a person there would type it.
    path.strip_prefix(workspace())
        .unwrap_or(&path)
        .display()
        .to_string()
}
