//! `krabice plugin lock`, and the effect of a lock file.

use std::path::Path;

use insta::assert_snapshot;

use super::component;
use crate::binary::{Ended, Krabice, workspace};
use crate::shop::{Shop, ShopSetup};

/// A folder with two plugins.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["upgates", "retino"] {
        std::fs::copy(component(name), folder.path().join(format!("{name}.wasm"))).unwrap();
    }
    folder
}

fn run<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
    let shop = Shop::start(&ShopSetup::default());
    Krabice::new(arguments)
        .env("KRABICE_PLUGINS", folder)
        .env("KRABICE_CONNECTIONS", shop.connections())
        .run()
}

/// A text without digests, which differ from build to build.
fn without_digests(text: &str, folder: &Path) -> String {
    regex::Regex::new(r"[0-9a-f]{12}([0-9a-f]{52}|…)")
        .unwrap()
        .replace_all(&text.replace(super::text(folder), "FOLDER"), "DIGEST")
        .into_owned()
}

#[test]
fn a_file_that_was_swapped_is_refused_by_every_command() {
    let folder = folder();
    let locked = run(folder.path(), ["plugin", "lock"]);
    assert_eq!(locked.exit, 0, "{}", locked.text());
    let lock = folder.path().join("krabice.lock");
    let mut told = without_digests(&locked.stdout, folder.path());
    told.push_str(&without_digests(
        &std::fs::read_to_string(&lock).unwrap(),
        folder.path(),
    ));

    let call = ["call", "upgates/verify-order", "order=O260147"];
    assert_eq!(run(folder.path(), call).exit, 0);
    let scenario = [
        "run",
        "scenarios/order-status.json",
        "--answers",
        "/dev/null",
    ];
    assert_eq!(run(folder.path(), scenario).exit, 1);

    // Another component under the name that the operator trusts.
    let file = folder.path().join("upgates.wasm");
    let mut bytes = std::fs::read(&file).unwrap();
    // A custom section that changes nothing but the digest.
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&file, bytes).unwrap();
    let cases = tempfile::tempdir().unwrap();
    let case = cases.path().join("case.json");
    std::fs::copy(
        workspace().join("plugins/upgates/cases/append-note-done/case.json"),
        case,
    )
    .unwrap();
    let record = ["plugin", "test", super::text(cases.path()), "--record"];
    let record = [&record[..], &["--plugin", super::text(&file)]].concat();
    for arguments in [
        &call[..],
        &scenario[..],
        &["check", "scenarios/order-status.json"],
        &["choices", "upgates/change-order-status", "status"],
        &["probe", "shop"],
        &["plugins"],
        &["plugins", "show", super::text(&file)],
        &record[..],
    ] {
        let ended = run(folder.path(), arguments.iter().copied());
        assert!(
            ended
                .stderr
                .contains("is not the file that `krabice.lock` locks for version 0.1.0"),
            "{arguments:?}\n{}",
            ended.text()
        );
        assert!(!ended.stdout.contains("O260147"), "{}", ended.text());
        told.push_str(&format!(
            "$ krabice {}\n{}\n",
            without_digests(&arguments.join(" "), folder.path())
                .replace(super::text(cases.path()), "CASES"),
            without_digests(&ended.stderr, folder.path())
        ));
    }
    assert_eq!(std::fs::read_dir(cases.path()).unwrap().count(), 1);
    served_without(folder.path());
    let checked = run(folder.path(), ["plugin", "lock", "--check"]);
    assert_eq!(checked.exit, 1, "{}", checked.text());
    told.push_str(&without_digests(&checked.stdout, folder.path()));
    assert_snapshot!(told);

    assert_eq!(run(folder.path(), ["plugin", "lock"]).exit, 0);
    assert_eq!(run(folder.path(), call).exit, 0);
    assert_eq!(run(folder.path(), ["plugin", "lock", "--check"]).exit, 0);
}

/// The server reports the plugin in its log, and publishes no scenario that needs it.
fn served_without(plugins: &Path) {
    let work = tempfile::tempdir().unwrap();
    let scenarios = work.path().join("scenarios");
    std::fs::create_dir(&scenarios).unwrap();
    std::fs::copy(
        workspace().join("scenarios/order-status.json"),
        scenarios.join("order-status.json"),
    )
    .unwrap();
    let store = format!("sqlite:{}", work.path().join("krabice.db").display());
    let ended = run(
        plugins,
        ["serve", "--listen", "127.0.0.1:0", "--store", &store]
            .into_iter()
            .chain(["--scenarios", super::text(&scenarios)]),
    );
    assert_eq!(
        (ended.exit, ended.stdout.as_str()),
        (1, ""),
        "{}",
        ended.text()
    );
    assert!(ended.stderr.contains("plugin::locked"), "{}", ended.text());
}

#[test]
fn a_plugin_that_nobody_locked_is_refused_and_a_broken_lock_file_refuses_all() {
    let folder = folder();
    assert_eq!(run(folder.path(), ["plugin", "lock"]).exit, 0);
    std::fs::copy(component("shoper"), folder.path().join("shoper.wasm")).unwrap();
    let ended = run(folder.path(), ["plugins"]);
    assert!(
        ended.stderr.contains("is not in `krabice.lock`"),
        "{}",
        ended.text()
    );
    assert!(!ended.stdout.contains("shoper"), "{}", ended.text());

    // The lock file is valid for folders below its own as well.
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::copy(component("base"), below.join("base.wasm")).unwrap();
    let ended = run(&below, ["plugins"]);
    assert!(
        ended.stderr.contains("is not in `krabice.lock`"),
        "{}",
        ended.text()
    );

    std::fs::write(folder.path().join("krabice.lock"), "plugins = 1").unwrap();
    let ended = run(
        folder.path(),
        ["call", "upgates/verify-order", "order=O260147"],
    );
    assert_eq!((ended.exit, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("krabice.lock"), "{}", ended.stderr);
    assert_eq!(run(folder.path(), ["plugin", "lock"]).exit, 2);
}

#[test]
fn nothing_is_locked_in_a_folder_that_was_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let found = folder.path().join("target/plugins");
    std::fs::create_dir_all(&found).unwrap();
    std::fs::copy(component("retino"), found.join("retino.wasm")).unwrap();
    let run = |arguments: &[&str]| {
        Krabice::new(arguments.iter().copied())
            .without_env("KRABICE_PLUGINS")
            .folder(folder.path())
            .run()
    };
    let ended = run(&["plugin", "lock"]);
    assert_eq!(ended.exit, 2, "{}", ended.text());
    assert!(ended.stderr.contains("target/plugins"), "{}", ended.stderr);
    assert!(!found.join("krabice.lock").exists());
    // What differs can be listed without naming it.
    let checked = run(&["plugin", "lock", "--check"]);
    assert_eq!(checked.exit, 1, "{}", checked.text());
    let named = run(&["plugin", "lock", "--plugins", "target/plugins"]);
    assert_eq!(named.exit, 0, "{}", named.text());
    assert!(found.join("krabice.lock").exists());
}

/// Locking one of two folders under the same lock file keeps the plugins of the other.
#[test]
fn folders_under_one_lock_file_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |folder_name: &str, names: &[&str]| {
        let into = folder.path().join(folder_name);
        std::fs::create_dir(&into).unwrap();
        for name in names {
            std::fs::copy(component(name), into.join(format!("{name}.wasm"))).unwrap();
        }
        into
    };
    let own = place("own", &["base", "retino"]);
    let bought = place("bought", &["upgates"]);
    let lock = folder.path().join("krabice.lock");
    std::fs::write(&lock, "version = 1\n").unwrap();
    let both = [super::text(&own), super::text(&bought)];
    let run = |arguments: &[&str], folders: &[&str]| {
        let folders = folders.iter().flat_map(|folder| ["--plugins", *folder]);
        Krabice::new(arguments.iter().copied().chain(folders))
            .without_env("KRABICE_PLUGINS")
            .run()
    };
    let fine = |arguments: &[&str], folders: &[&str]| {
        let ended = run(arguments, folders);
        assert_eq!(ended.exit, 0, "{arguments:?} {folders:?}\n{}", ended.text());
        ended.stdout
    };
    let told = fine(&["plugin", "lock"], &both);
    assert!(told.contains("3 plugins locked in "), "{told}");
    let whole = std::fs::read_to_string(&lock).unwrap();
    assert!(whole.contains("file = \"bought/upgates.wasm\""), "{whole}");
    fine(&["plugin", "lock", "--check"], &both);
    for one in both {
        fine(&["plugin", "lock", "--check"], &[one]);
        fine(&["plugin", "lock"], &[one]);
        assert_eq!(std::fs::read_to_string(&lock).unwrap(), whole);
    }
    // A link to a folder is the same folder.
    let roundabout = bought.join("../own");
    let told = fine(&["plugin", "lock"], &[super::text(&roundabout), both[0]]);
    assert!(told.contains("2 plugins locked in "), "{told}");
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), whole);
    assert!(!own.join("krabice.lock").exists());
    // A plugin that was removed from its folder is removed; those of the other folder stay.
    std::fs::remove_file(own.join("retino.wasm")).unwrap();
    let told = fine(&["plugin", "lock"], &[both[0]]);
    assert!(
        told.contains("gone retino") && !told.contains("upgates"),
        "{told}"
    );
    fine(&["plugin", "lock", "--check"], &both);
    // The same plugin in two files cannot be locked.
    std::fs::copy(component("upgates"), own.join("upgates.wasm")).unwrap();
    let ended = run(&["plugin", "lock"], &[both[0]]);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert!(
        ended.stderr.contains("bought/upgates.wasm"),
        "{}",
        ended.stderr
    );
}
