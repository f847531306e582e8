//! Runs every case and compares what came out with the snapshots beside it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::binary::{Ended, Krabice, workspace};
use crate::case::{Case, CommandsCase, RunCase};
use crate::doors::Door;
use crate::secrets::Canaries;
use crate::shop::Shop;

/// Cases that run side by side: most of a case is waiting for another process.
const AT_ONCE: usize = 4;

#[test]
fn every_case_ends_as_its_snapshots_say() {
    all_through(Door::WasiHttp);
}

#[test]
fn every_case_ends_the_same_through_the_narrow_door() {
    all_through(Door::Send);
}

/// Runs all cases, or those whose names contain `$CASES`, and then says which of them failed.
fn all_through(door: Door) {
    let wanted = std::env::var("CASES").unwrap_or_default();
    let cases = workspace().join("tests/e2e/cases");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .contains(&wanted)
        })
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case is called `{wanted}`");
    let next = AtomicUsize::new(0);
    let failed: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The panic has been printed; the other cases have their say, too.
                    if std::panic::catch_unwind(|| through(folder, door)).is_err() {
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

/// Runs one case with plugins that use the given door to the network.
fn through(folder: &Path, door: Door) {
    let case = std::fs::read_to_string(folder.join("case.json")).unwrap();
    let case: Case = serde_json::from_str(&case)
        .unwrap_or_else(|error| panic!("{} does not fit: {error}", folder.display()));
    if matches!(door, Door::Send) && !case.is_of_upgates() {
        return;
    }
    match case {
        Case::Run(case) => run(folder, &case, door),
        Case::Commands(case) => commands(folder, &case, door),
    }
}

fn run(folder: &Path, case: &RunCase, door: Door) {
    let work = tempfile::tempdir().unwrap();
    let answers = work.path().join("answers.json");
    std::fs::write(&answers, serde_json::to_string(&case.answers).unwrap()).unwrap();
    let trace = work.path().join("trace.jsonl");
    let start = |shop: &Shop, more: &[&str]| {
        let mut arguments = vec!["run".to_owned(), scenario(folder, &case.scenario)];
        arguments.extend(["--answers".to_owned(), answers.display().to_string()]);
        if let Some(language) = &case.language {
            arguments.extend(["--language".to_owned(), language.clone()]);
        }
        for (name, value) in &case.set {
            arguments.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        door.apply(Krabice::new(arguments))
            .env("KRABICE_CONNECTIONS", shop.connections())
            .run()
    };
    let name = format!("{} ({door:?})", folder.display());

    let shop = Shop::start(&case.shop);
    let told = start(&shop, &[]);
    door.assert_snapshot(folder, "transcript", &told.text());
    case.expect.assert(told.exit, &shop.seen(), &name);

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
    door.assert_snapshot(folder, "events", &events.stdout);
    door.assert_snapshot(folder, "trace", &trace);
    case.expect.assert(events.exit, &shop.seen(), &name);
    // Else the search for canaries would search nothing.
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
        "{name}: the last event is another"
    );

    let mut canaries = Canaries::of_shop(&shop);
    canaries.add(case.answers.iter().filter(|answer| answer.contains('@')));
    canaries.add(&case.hidden);
    for (place, text) in [
        ("standard output", &told.stdout),
        ("standard error", &told.stderr),
        ("the events", &events.stdout),
        ("the log", &events.stderr),
        ("the trace", &trace),
    ] {
        canaries.assert_absent(text, &format!("{name}: {place}"));
    }
}

fn commands(folder: &Path, case: &CommandsCase, door: Door) {
    let mut all = String::new();
    for command in &case.commands {
        let shop = Shop::start(&command.shop);
        let start = |more: &[&str]| -> Ended {
            let arguments = command
                .arguments
                .iter()
                .map(String::as_str)
                .chain(more.iter().copied());
            door.apply(Krabice::new(arguments))
                .env("KRABICE_CONNECTIONS", shop.connections())
                .run()
        };
        let ended = start(&[]);
        let context = format!("{}: {} ({door:?})", folder.display(), command.about);
        command.expect.assert(ended.exit, &shop.seen(), &context);
        all.push_str(&format!(
            "# {}\n$ krabice {}\n{}\n",
            command.about,
            command.arguments.join(" "),
            ended.text()
        ));
        // What a function answers is shown on purpose; a credential never is.
        let logged = start(&["--log", "trace"]);
        let canaries = Canaries::of_shop(&shop);
        for text in [&ended.stdout, &ended.stderr, &logged.stdout, &logged.stderr] {
            canaries.assert_absent(text, &context);
        }
    }
    door.assert_snapshot(folder, "commands", &all);
}

/// A scenario of `scenarios/` by its name, or a file of the case's folder.
fn scenario(folder: &Path, name: &str) -> String {
    let path: PathBuf = if name.ends_with(".json") {
        folder.join(name)
    } else {
        workspace().join("scenarios").join(format!("{name}.json"))
    };
    // As a person in the workspace would name it.
    path.strip_prefix(workspace())
        .unwrap_or(&path)
        .display()
        .to_string()
}
