//! What an operator does with a store: through the control socket of a running server, and without one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value as Json;

use crate::binary::Krabice;
use crate::serve::{EMAIL, Serving, Started};
use crate::shop::{Shop, ShopSetup};
use crate::support::postgres::cluster;

/// The commands on one store.
struct Operator(String);

impl Operator {
    /// Runs a command with `--json`, checks its exit code, and returns what it wrote.
    fn json(&self, arguments: &str, exit: i32) -> Json {
        let arguments = arguments.split_whitespace().chain(["--json"]);
        let ended = Krabice::new(arguments).env("KRABICE_STORE", &self.0).run();
        assert_eq!(ended.exit, exit, "{}", ended.text());
        serde_json::from_str(&ended.stdout).unwrap_or(Json::Null)
    }

    /// Runs a command that fails. Returns its error.
    fn refused(&self, arguments: &str) -> String {
        let ended = Krabice::new(arguments.split_whitespace())
            .env("KRABICE_STORE", &self.0)
            .run();
        assert_eq!((ended.exit, &*ended.stdout), (1, ""), "{}", ended.text());
        ended.stderr
    }

    /// The names of listed sessions.
    fn list(&self, options: &str) -> Vec<String> {
        let sessions = self.json(&format!("sessions list {options}"), 0);
        let sessions = sessions.as_array().unwrap().iter();
        sessions
            .map(|session| session["session"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// Shows a session, finds it by what its customer typed, unlocks the order that a stranger guessed, and
/// erases the session.
fn acts_on(operator: &Operator, seen: &Started, other: &Started) {
    assert_eq!(operator.list(""), [&*other.session, &*seen.session]);
    assert_eq!(operator.list("--most 1"), [&*other.session]);
    let after = format!("--after {} --scenario order-status", other.session);
    assert_eq!(operator.list(&after), [&*seen.session]);
    assert!(operator.list("--scenario nobody").is_empty());

    let shown = operator.json(&format!("sessions show {}", seen.session), 0);
    assert_eq!(shown["variables"]["obj"], "O260147");
    assert_eq!(shown["channel"], "chat");
    let said: Vec<_> = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "said")
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["O260147", "•••"]);
    let text = shown.to_string();
    for hidden in [EMAIL, &seen.token] {
        assert!(!text.contains(hidden), "{text}");
    }
    operator.json("sessions show s_nobody", 1);

    let found = operator.list("--address PETRA.VLKOVA@example.cz");
    assert_eq!(found, [&*seen.session]);
    let found = operator.list(&format!("--address {EMAIL} --search"));
    assert_eq!(found, [&*seen.session]);
    assert!(
        operator
            .list("--address jan@example.cz --search")
            .is_empty()
    );

    let cleared = operator.json("attempts clear stranger@example.cz", 0);
    assert_eq!(cleared["failures"], 1);
    let cleared = operator.json("attempts clear stranger@example.cz", 0);
    assert_eq!(cleared["failures"], 0);

    let erased = operator.json(&format!("sessions erase --address {EMAIL}"), 0);
    assert_eq!(erased["erased"], serde_json::json!([seen.session]));
    assert_eq!(operator.list(""), [&*other.session]);
    let erased = operator.json(&format!("sessions erase {} s_x", other.session), 1);
    assert_eq!(erased["not-found"], serde_json::json!(["s_x"]));
    operator.json(&format!("sessions erase --address {EMAIL} --search"), 1);
    assert!(operator.list("").is_empty());
}

#[test]
fn sessions_are_listed_shown_found_and_erased_and_guesses_forgotten_at_a_running_server() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let serving = Serving::start_with(folder.path(), &shop.connections(), &log, "", &[]);
    let socket = folder.path().join("chat.db.sock");
    assert_eq!(mode(&socket), 0o600);
    let operator = Operator(format!(
        "sqlite:{}",
        folder.path().join("chat.db").display()
    ));
    let seen = serving.look_up();
    let other = serving.look_up_as("stranger@example.cz");
    let copy = folder.path().join("copy.db");
    operator.json(&format!("backup {}", copy.display()), 0);
    assert_eq!(mode(&copy), 0o600);
    let refused = operator.refused(&format!("backup {}", copy.display()));
    assert!(refused.contains("--force"), "{refused}");
    let refused = operator.refused(&format!("restore {}", copy.display()));
    assert!(refused.contains("stop the server"), "{refused}");
    acts_on(&operator, &seen, &other);

    // A server that dies leaves its socket, which holds no command up.
    drop(serving);
    assert!(socket.exists());
    assert!(operator.list("").is_empty());
    let restored = operator.json(&format!("restore {}", copy.display()), 0);
    assert!(Path::new(restored["replaced"].as_str().unwrap()).is_file());
    acts_on(&operator, &seen, &other);

    // The next server replaces the socket, and removes it when it stops.
    let serving = Serving::start_with(folder.path(), &shop.connections(), &log, "", &[]);
    assert!(operator.list("").is_empty());
    assert_eq!(serving.stop(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn where_a_path_is_too_long_for_a_socket_the_server_goes_on_and_commands_say_what_to_do() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let log = folder.path().join("log");
    let serving = Serving::start_with(&deep, &shop.connections(), &log, "", &[]);
    let operator = Operator(format!("sqlite:{}", deep.join("chat.db").display()));
    serving.look_up();
    let refused = operator.refused("sessions list");
    assert!(
        refused.contains("does not listen on its control socket"),
        "{refused}"
    );
    let copy = folder.path().join("copy.db");
    operator.json(&format!("backup {}", copy.display()), 0);
    assert_eq!(serving.stop(), Some(0));
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("cannot listen on the control socket"), "{log}");
    assert_eq!(operator.list("").len(), 1);
}

#[test]
#[ignore = "needs PostgreSQL: make test-postgres"]
fn at_a_database_the_commands_open_it_beside_its_servers() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(cluster().database());
    let log = folder.path().join("log");
    let store = [("KRABICE_STORE", &*url)];
    let serving = Serving::start_with(folder.path(), &shop.connections(), &log, "", &store);
    let seen = serving.look_up();
    let other = serving.look_up_as("stranger@example.cz");
    acts_on(&Operator(url.clone()), &seen, &other);
    assert_eq!(serving.stop(), Some(0));
}
