//! The command line: exit codes, streams, help, and where files are found.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value as Json;

use crate::binary::{Krabice, plugins, workspace};
use crate::filters;
use crate::shop::{Shop, ShopSetup};

#[test]
fn the_help_of_every_command_reads_well() {
    let mut all = String::new();
    for command in [
        "",
        "run",
        "serve",
        "sessions",
        "sessions list",
        "sessions show",
        "sessions erase",
        "attempts",
        "attempts clear",
        "backup",
        "restore",
        "check",
        "schema",
        "plugins",
        "plugins show",
        "plugin",
        "plugin new",
        "plugin check",
        "plugin test",
        "plugin docs",
        "plugin diff",
        "plugin lock",
        "plugin install",
        "call",
        "choices",
        "probe",
    ] {
        let help = Krabice::new(command.split_whitespace().chain(["--help"])).run();
        assert_eq!((help.exit, help.stderr.as_str()), (0, ""), "{command}");
        assert!(
            help.stdout.contains("\nExamples:\n"),
            "`{command}` has no examples"
        );
        all.push_str(&format!("$ krabice {command} --help\n{}\n", help.stdout));
    }
    filters::settings(&workspace().join("tests/e2e/snapshots"))
        .bind(|| assert_snapshot!("help", all));
}

#[test]
fn wrong_usage_is_exit_code_2_and_prints_nothing_to_standard_output() {
    for arguments in [
        &["dance"][..],
        &["run"],
        &["check"],
        &["call", "verify-order"],
        &["call", "upgates/verify-order", "order"],
        &["run", "no/such/file.json"],
        &["run", "scenarios/first.json", "--answers", "no/such/file"],
        &["run", "scenarios/first.json", "--set", "undeclared=1"],
        &["run", "scenarios/first.json", "--language", "fi"],
        &["plugins", "--plugins", "no/such/folder"],
        &["plugins", "show", "nobody"],
        &["plugins", "show", "no/such/file.wasm"],
        &["plugins", "show", "README.md.wasm"],
        &["probe", "shop", "--connections", "no/such/file.toml"],
        &["plugin", "docs", "no/such/file.wasm"],
        &["plugin", "test", "no/such/folder"],
        &["plugin", "diff", "README.md", "README.md"],
        &["plugin", "lock", "--plugins", "no/such/folder"],
        &["schema", "--log", "loud=louder"],
        &["plugins", "--limit", "patience=1"],
        &["plugins", "--limit", "concurrent-calls=0"],
        &["serve", "--config", "no/such/file.toml"],
        &["serve", "--store", "mysql://somewhere"],
        &["serve", "--listen", "nowhere"],
        &["sessions"],
        &["sessions", "list", "--store", "sqlite:no/such.db"],
        &["sessions", "list", "--search"],
        &["sessions", "erase"],
        &["sessions", "erase", "s_1", "--address", "petra@example.cz"],
        &[
            "attempts",
            "clear",
            "O260147",
            "--store",
            "sqlite:no/such.db",
        ],
        &["backup", "copy.db", "--store", "sqlite:no/such.db"],
        &[
            "backup",
            "copy.db",
            "--store",
            "postgres://nobody@localhost/nothing",
        ],
        &["restore", "no/such/copy.db"],
    ] {
        let ended = Krabice::new(arguments).run();
        assert_eq!(ended.exit, 2, "{arguments:?}\n{}", ended.text());
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(
            ended.stderr.contains("error"),
            "{arguments:?}\n{}",
            ended.stderr
        );
    }
}

#[test]
fn a_scenario_with_errors_does_not_run() {
    let ended = Krabice::new(["run", "tests/e2e/check/fifteen-faults.json"]).run();
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert_eq!(ended.stdout, "");
    assert!(
        ended.stderr.contains("scenario::unknown-box"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_printed_schema_is_that_of_the_library() {
    let printed = Krabice::new(["schema"]).run();
    let printed: Json = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(printed, krabice_scenario::json_schema());
}

#[test]
fn piped_input_answers_line_by_line_and_its_end_ends_the_run() {
    let run = |input: &str| {
        let shop = Shop::start(&ShopSetup::default());
        Krabice::new(["run", "scenarios/order-status.json", "--language", "en"])
            .env("KRABICE_CONNECTIONS", shop.connections())
            .input(input)
            .run()
    };
    let whole = run("O260152\r\npetra.vlkova@example.cz\n3");
    assert_eq!(whole.exit, 0, "{}", whole.text());
    let cut = run("O260152\n");
    assert_eq!(cut.exit, 1, "{}", cut.text());
    assert_snapshot!(cut.text());
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let script = format!("{} schema | head -n 1", env!("CARGO_BIN_EXE_krabice"));
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn plugins_are_found_around_the_current_folder_and_by_option() {
    let around = Krabice::new(["plugins", "--json"])
        .without_env("KRABICE_PLUGINS")
        .folder(&workspace().join("wit"))
        .run();
    let found: Json = serde_json::from_str(&around.stdout).unwrap();
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .any(|plugin| plugin["name"] == "upgates"),
        "{}",
        around.text()
    );

    let empty = tempfile::tempdir().unwrap();
    let nothing = Krabice::new(["plugins"])
        .env("KRABICE_PLUGINS", empty.path())
        .run();
    assert_eq!(nothing.exit, 1, "{}", nothing.text());

    let named = Krabice::new([
        "plugins".into(),
        "--plugins".into(),
        plugins().display().to_string(),
    ])
    .env("KRABICE_PLUGINS", empty.path())
    .run();
    assert!(named.stdout.contains("upgates"), "{}", named.text());
}

#[test]
fn connections_are_found_in_the_current_folder() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = shop.connections().parent().unwrap().to_owned();
    let probed = Krabice::new(["probe", "shop"]).folder(&folder).run();
    assert_eq!(probed.exit, 0, "{}", probed.text());
}

/// A connections file with eight faults of the file, of its plugins and of the environment.
const FAULTY_CONNECTIONS: &str = "\
[connections.shop]
plugin = \"upgates\"
[connections.shop.settings]
address = \"https://shop.admin.s12.upgates.com/api/v2/\"
login = 12345678
key = { env = \"NOPE_X\" }
colour = \"x\"
[connections.two]
plugin = \"Upgates\"
[connections.three]
plugin = \"upgates\"
[connections.three.network]
total-timeout = 20
";

#[test]
fn all_that_is_wrong_is_said_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("connections.toml"), FAULTY_CONNECTIONS).unwrap();
    let scenario = workspace().join("tests/e2e/check/fifteen-faults.json");
    let call = ["call", "upgates/load-order", "order=O260147"];
    let called = Krabice::new(call).folder(folder.path()).run();
    assert_eq!(called.exit, 2, "{}", called.text());
    assert_snapshot!("faulty-connections", called.stderr);
    // The check reports the limits, the connections and the scenarios.
    let scenario = scenario.to_str().unwrap();
    let limit = "call-timeout=soon";
    let checked = Krabice::new(["check", "--json", "--limit", limit, scenario])
        .folder(folder.path())
        .run();
    assert_eq!(checked.exit, 1, "{}", checked.text());
    let found: Json = serde_json::from_str(&checked.stdout).unwrap();
    let found = found.as_array().unwrap();
    let count = |start: &str| {
        let of = |finding: &&Json| finding["code"].as_str().unwrap().starts_with(start);
        found.iter().filter(of).count()
    };
    assert_eq!(count("configuration::"), 1, "{found:?}");
    assert_eq!(count("connections::"), 8, "{found:?}");
    assert!(count("scenario::") >= 15, "{found:?}");
}

#[test]
fn a_probe_needs_the_secrets_of_its_own_connection_alone() {
    let shop = Shop::start(&ShopSetup::default());
    let file = shop.connections();
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(
        "\n[connections.other]\nplugin = \"upgates\"\n[connections.other.settings]\n\
         address = \"https://other.example/api/v2/\"\nlogin = \"1\"\nkey = { env = \"NOPE_X\" }\n",
    );
    std::fs::write(&file, text).unwrap();
    let probe = |name: &str| {
        Krabice::new(["probe", name])
            .env("KRABICE_CONNECTIONS", &file)
            .run()
    };
    let own = probe("shop");
    assert_eq!(own.exit, 0, "{}", own.text());
    let other = probe("other");
    assert_eq!(other.exit, 2, "{}", other.text());
    assert!(other.stderr.contains("NOPE_X"), "{}", other.stderr);
}

#[test]
fn a_file_that_is_no_plugin_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        plugins().join("upgates.wasm"),
        folder.path().join("upgates.wasm"),
    )
    .unwrap();
    std::fs::write(folder.path().join("broken.wasm"), "not a component").unwrap();
    let listed = Krabice::new(["plugins"])
        .env("KRABICE_PLUGINS", folder.path())
        .run();
    assert_eq!(listed.exit, 0, "{}", listed.text());
    assert!(listed.stdout.contains("upgates"));
    assert!(listed.stderr.contains("broken.wasm"), "{}", listed.stderr);
}

#[test]
fn files_are_saved_and_never_overwritten() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let start = |arguments: &[&str], input: &str| {
        let ended = Krabice::new(arguments)
            .env("KRABICE_CONNECTIONS", shop.connections())
            .input(input)
            .run();
        assert_eq!(ended.exit, 0, "{}", ended.text());
        ended
    };
    let to = ["--files", &files.display().to_string()];
    let call = ["call", "base/load-order-label", "order=90155231"];
    start(&[&call[..], &to[..]].concat(), "");
    let called = start(&[&call[..], &to[..], &["--json"]].concat(), "");
    assert!(
        called.stdout.contains("label-0000123456789U-2.pdf"),
        "{}",
        called.stdout
    );
    let run = [
        "run",
        "scenarios/parcel-and-claim.json",
        "--language",
        "en",
        "--json",
    ];
    let answers = "4821\nanna.zielinska@example.net\nlabel\nno\n";
    let run = start(&[&run[..], &to[..]].concat(), answers);
    let event = run
        .stdout
        .lines()
        .find(|line| line.contains("\"file\""))
        .unwrap();
    let event: Json = serde_json::from_str(event).unwrap();
    assert_eq!(event["media-type"], "application/pdf");
    let saved = std::fs::read(event["path"].as_str().unwrap()).unwrap();
    assert_eq!(saved.len() as u64, event["size"].as_u64().unwrap());
    assert!(saved.starts_with(b"%PDF"));
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 3);
}

#[test]
fn a_plugin_is_shown_with_everything_that_a_builder_needs() {
    let shown = Krabice::new(["plugins", "show", "upgates", "--language", "cs"]).run();
    assert_eq!(shown.exit, 0, "{}", shown.text());
    let text = shown.stdout.split("\n/").next().unwrap().to_owned();
    filters::settings(&workspace().join("tests/e2e/snapshots"))
        .bind(|| assert_snapshot!("plugins-show", text));

    let file = plugins().join("upgates.wasm").display().to_string();
    let by_file = Krabice::new(["plugins", "show", &file, "--json"]).run();
    let by_name = Krabice::new(["plugins", "show", "upgates", "--json"]).run();
    assert_eq!(by_file.stdout, by_name.stdout);
    let manifest: Json = serde_json::from_str(&by_name.stdout).unwrap();
    for function in [
        "verify-order",
        "load-order",
        "load-customer-email",
        "change-order-status",
        "verify-customer",
        "append-note",
        "overwrite-note",
        "load-documents",
        "list-customer-orders",
    ] {
        assert!(manifest["functions"][function].is_object(), "{function}");
    }
}

#[test]
fn a_trace_can_go_to_standard_error() {
    let shop = Shop::start(&ShopSetup::default());
    let ended = Krabice::new(["run", "scenarios/first.json", "--trace", "-"])
        .env("KRABICE_CONNECTIONS", shop.connections())
        .input("O260147\n")
        .run();
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert!(!ended.stderr.is_empty());
    for line in ended.stderr.lines() {
        let _: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(!ended.stdout.contains('{'), "{}", ended.stdout);
}

#[test]
fn only_terminals_get_colours() {
    let ended = Krabice::new(["check", "tests/e2e/check/fifteen-faults.json"]).run();
    assert!(!ended.text().contains('\u{1b}'));
    let forced = Krabice::new(["probe", "nobody"])
        .env("CLICOLOR_FORCE", "1")
        .run();
    assert!(forced.stderr.contains('\u{1b}'));
    let without = Krabice::new(["probe", "nobody"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .run();
    assert!(!without.stderr.contains('\u{1b}'), "{}", without.stderr);
}

#[test]
fn the_cache_is_private_and_can_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    // One plugin is enough: each run compiles all that it finds.
    let only = folder.path().join("plugins");
    std::fs::create_dir(&only).unwrap();
    std::fs::copy(plugins().join("retino.wasm"), only.join("retino.wasm")).unwrap();
    let list = |more: &[&str], cache: &Path| {
        let listed = Krabice::new([&["plugins"], more].concat())
            .env("KRABICE_PLUGINS", &only)
            .env("KRABICE_CACHE", cache)
            .run();
        assert_eq!(listed.exit, 0, "{}", listed.text());
    };
    let cache = folder.path().join("cache");
    list(&[], &cache);
    assert_private(&cache);
    std::fs::remove_dir_all(&cache).unwrap();
    list(&["--no-cache"], &cache);
    assert!(!cache.exists());
}

#[cfg(unix)]
fn assert_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        std::fs::metadata(folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[cfg(not(unix))]
fn assert_private(folder: &Path) {
    assert!(folder.is_dir());
}

#[test]
fn limits_can_be_set() {
    let shop = Shop::start(&ShopSetup::default());
    let ended = Krabice::new([
        "call",
        "upgates/verify-order",
        "order=O260147",
        "--limit",
        "requests=0",
        "--json",
    ])
    .env("KRABICE_CONNECTIONS", shop.connections())
    .run();
    assert_eq!(ended.exit, 1, "{}", ended.text());
    let reply: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(reply["failure"]["class"], "forbidden", "{reply}");
    assert_eq!(shop.seen().requests, 0);
}
