//! `krabice serve`: configuration, log, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::binary::{Krabice, cache, plugins, workspace};
use crate::secrets::Canaries;
use crate::shop::{Shop, ShopSetup};
use crate::support::postgres::{PASSWORD, cluster};

pub(crate) const EMAIL: &str = "petra.vlkova@example.cz";

/// A session.
pub(crate) struct Started {
    pub(crate) session: String,
    pub(crate) token: String,
}

/// A running server. Its log goes to a file.
pub(crate) struct Serving {
    child: Child,
    /// The line that it prints when it is ready.
    ready: Json,
}

impl Serving {
    fn start(folder: &Path, connections: &Path, log: &Path) -> Serving {
        Serving::start_with(folder, connections, log, "", &[])
    }

    /// Starts it with more configuration and environment variables, which may name another store.
    pub(crate) fn start_with(
        folder: &Path,
        connections: &Path,
        log: &Path,
        more: &str,
        environment: &[(&str, &str)],
    ) -> Serving {
        Serving::run(folder, connections, log, more, environment, None)
    }

    /// Starts it with at most 128 open files.
    fn start_limited(folder: &Path, connections: &Path, log: &Path) -> Serving {
        Serving::run(folder, connections, log, "", &[], Some(128))
    }

    fn run(
        folder: &Path,
        connections: &Path,
        log: &Path,
        more: &str,
        environment: &[(&str, &str)],
        open_files: Option<u32>,
    ) -> Serving {
        let configuration = format!(
            "listen = \"127.0.0.1:0\"\nadmin-listen = \"127.0.0.1:0\"\nscenarios = {:?}\nconnections = {connections:?}\n\
             [origins]\norder-status = [\"https://shop.example\"]\n{more}",
            workspace().join("scenarios"),
        );
        std::fs::write(folder.join("serve.toml"), configuration).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_krabice"));
        if let Some(most) = open_files {
            command = Command::new("sh");
            let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
            command.args(["-c", &limited, env!("CARGO_BIN_EXE_krabice")]);
        }
        let mut child = command
            .args(["serve", "--json", "--log", "trace", "--log-format", "json"])
            .env_clear()
            .env("KRABICE_CONFIG", folder.join("serve.toml"))
            .env(
                "KRABICE_STORE",
                format!("sqlite:{}", folder.join("chat.db").display()),
            )
            .env("KRABICE_PLUGINS", plugins())
            .env("KRABICE_CACHE", cache())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "it did not start: {line}{}",
                std::fs::read_to_string(log).unwrap()
            )
        });
        Serving { child, ready }
    }

    /// Runs a session that asks for the status of an order.
    pub(crate) fn look_up(&self) -> Started {
        self.look_up_as(EMAIL)
    }

    /// The same as a customer of an e-mail address.
    pub(crate) fn look_up_as(&self, email: &str) -> Started {
        let start = "{\"scenario\": \"order-status\", \"language\": \"en\"}";
        let (status, started) = self.ask("address", "POST /api/v1/sessions", "-", start);
        assert_eq!(status, 201, "{started}");
        let started: Json = serde_json::from_str(&started).unwrap();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        let (session, token) = (text("session"), text("token"));
        let answers = format!("POST /api/v1/sessions/{session}/answers");
        for (id, text) in [("m1", "O260147"), ("m2", email)] {
            let body = serde_json::json!({"id": id, "text": text}).to_string();
            let (status, answer) = self.ask("address", &answers, &token, &body);
            assert_eq!(status, 200, "{answer}");
        }
        Started { session, token }
    }

    fn ask(&self, which: &str, request: &str, token: &str, body: &str) -> (u16, String) {
        let address = self.ready[which]
            .as_str()
            .unwrap()
            .trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    /// Waits until it ends by itself.
    fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Stops it as a service manager does.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let killed = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `krabice serve --check --json` with a configuration.
fn checked(folder: &Path, text: &str) -> (Option<i32>, Json) {
    std::fs::write(folder.join("serve.toml"), text).unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_krabice"))
        .args(["serve", "--check", "--json"])
        .env_clear()
        .env("KRABICE_CONFIG", folder.join("serve.toml"))
        .env("KRABICE_PLUGINS", plugins())
        .env("KRABICE_CACHE", cache())
        .output()
        .unwrap();
    let findings = serde_json::from_slice(&ended.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr)));
    (ended.status.code(), findings)
}

#[test]
fn a_check_reads_everything_and_opens_no_store() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let scenarios = workspace().join("scenarios");
    let connections = shop.connections();
    let text = |more: &str| {
        format!(
            "store = \"sqlite:chat.db\"\nscenarios = {scenarios:?}\nconnections = {connections:?}\n{more}"
        )
    };
    assert_eq!(
        checked(folder.path(), &text("")),
        (Some(0), serde_json::json!([]))
    );
    let wrong = text("[limits]\nturns = 0\nheader-seconds = 5\n[calls]\ncpu-time = 3\n");
    let (exit, findings) = checked(folder.path(), &wrong);
    assert_eq!(exit, Some(1));
    let places: Vec<_> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| format!("{} {}", finding["line"], finding["path"].as_str().unwrap()))
        .collect();
    assert_eq!(
        places,
        [
            "5 limits.turns",
            "6 limits.header-seconds",
            "8 calls.cpu-time"
        ]
    );
    assert!(!folder.path().join("chat.db").exists());
    // A connection of a plugin that is not there.
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "[connections.a]\nplugin = \"nobody\"\n").unwrap();
    let text = format!("scenarios = {scenarios:?}\nconnections = {broken:?}\n");
    let (exit, findings) = checked(folder.path(), &text);
    assert_eq!(exit, Some(1));
    assert!(
        findings.to_string().contains("connections::unknown-plugin"),
        "{findings}"
    );
}

#[test]
fn connections_and_origins_are_read_again_and_invalid_ones_are_not_used() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let connections = shop.connections();
    let valid = std::fs::read_to_string(&connections).unwrap();
    let serving = Serving::start_with(
        folder.path(),
        &connections,
        &log,
        "",
        &[("KRABICE_RELOAD_INTERVAL", "20ms")],
    );
    let ready = || serving.ask("admin-address", "GET /health/ready", "-", "").1;
    assert_eq!(ready(), "ready\n");
    std::fs::write(&connections, format!("{valid}\n[network]\nretries = 99\n")).unwrap();
    wait_until(|| ready().contains("the earlier one is in use"));
    let metrics = serving.ask("admin-address", "GET /metrics", "-", "").1;
    assert!(
        metrics.contains("krabice_configuration_invalid 1"),
        "{metrics}"
    );
    // The earlier connections still work.
    serving.look_up();
    std::fs::write(&connections, format!("{valid}\n[network]\nretries = 1\n")).unwrap();
    wait_until(|| ready() == "ready\n");
    serving.look_up();
    // An origin that is new in the file.
    let start = || {
        let request = "POST /api/v1/sessions HTTP/1.1\r\norigin: https://new.example\r\nx:";
        let body = "{\"scenario\": \"order-status\", \"language\": \"en\"}";
        serving.ask("address", request, "-", body).0
    };
    assert_eq!(start(), 403);
    let file = folder.path().join("serve.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("https://shop.example", "https://new.example"),
    )
    .unwrap();
    let text_of_log = || std::fs::read_to_string(&log).unwrap();
    let again = "the connections and origins were read again";
    wait_until(|| text_of_log().matches(again).count() == 2);
    assert_eq!(start(), 201);
    let log = text_of_log();
    assert!(
        log.contains("`retries` is 99; expected a whole number from 0 to 5"),
        "{log}"
    );
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn a_server_with_few_open_files_keeps_those_of_its_store_and_back_ends() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let serving = Serving::start_limited(folder.path(), &shop.connections(), &log);
    let address = serving.ready["address"].as_str().unwrap();
    let address = address.trim_start_matches("http://");
    // Idle connections, more than there are files. Those over the limit are closed at once.
    let idle: Vec<_> = (0..236)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let open: Vec<TcpStream> = idle.into_iter().filter(is_admitted).collect();
    assert!((1..=60).contains(&open.len()), "{} connections", open.len());
    // One of them leaves, and a genuine customer is served.
    let mut open = open;
    open.truncate(open.len() / 2);
    // The server learns of those that left a moment later.
    let admitted = (0..1_000).any(|_| is_admitted(&TcpStream::connect(address).unwrap()));
    assert!(admitted);
    serving.look_up();
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(
        log.contains("the limit of open files is less than"),
        "{log}"
    );
    drop(open);
    assert_eq!(serving.stop(), Some(0));
}

/// Whether the server keeps a connection, and does not close it at once.
fn is_admitted(stream: &TcpStream) -> bool {
    let wait = std::time::Duration::from_millis(20);
    stream.set_read_timeout(Some(wait)).unwrap();
    // A time-out: nobody closed it.
    stream
        .peek(&mut [0])
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn it_serves_stops_on_request_and_its_most_detailed_log_contains_nothing_hidden() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let serving = Serving::start(folder.path(), &shop.connections(), &log);
    assert_nothing_leaks(serving, &shop, &log, &[]);
}

#[test]
#[ignore = "needs PostgreSQL: make test-postgres"]
fn on_a_database_its_most_detailed_log_contains_neither_stored_values_nor_the_password() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(cluster().database());
    let (file, bare) = (folder.path().join("password"), url.replace(PASSWORD, ""));
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let file = file.to_str().unwrap();
    for store in [
        &[("KRABICE_STORE", &*url)][..],
        &[
            ("KRABICE_STORE", &*bare),
            ("KRABICE_STORE_PASSWORD_FILE", file),
        ],
    ] {
        let serving = Serving::start_with(folder.path(), &shop.connections(), &log, "", store);
        assert_nothing_leaks(serving, &shop, &log, &[PASSWORD]);
    }
    let wrong = url.replace(PASSWORD, "CanaryWrong-1");
    let refused = Krabice::new(["serve", "--log", "trace", "--store", &wrong]).run();
    assert_eq!(refused.exit, 2, "{}", refused.text());
    assert!(
        refused.stderr.contains("cannot be used"),
        "{}",
        refused.text()
    );
    assert!(!refused.text().contains("Canary"), "{}", refused.text());
}

/// Runs a session and searches log and metrics for values that no output may contain.
fn assert_nothing_leaks(serving: Serving, shop: &Shop, log: &Path, secrets: &[&str]) {
    let scenarios = serving.ready["scenarios"].as_array().unwrap();
    assert!(scenarios.contains(&"order-status".into()), "{scenarios:?}");
    assert_eq!(
        serving.ask("admin-address", "GET /health/ready", "-", "").0,
        200
    );

    let Started { token, .. } = serving.look_up();
    let metrics = serving.ask("admin-address", "GET /metrics", "-", "").1;
    assert_eq!(serving.stop(), Some(0));

    let written = std::fs::read_to_string(log).unwrap();
    let lines = json_lines(&written);
    let stopping = "stopping after the running turns";
    assert!(
        lines.iter().any(|line| line["message"] == stopping),
        "{written}"
    );
    let called: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "called a function")
        .collect();
    assert_eq!(called.len(), 1, "{written}");
    assert_eq!(called[0]["plugin"], "upgates");
    let mut canaries = Canaries::of_shop(shop);
    canaries.add([EMAIL, &token]);
    canaries.add(secrets.iter().copied());
    canaries.assert_absent(&written, "the log");
    canaries.assert_absent(&metrics, "the metrics");
}

/// The lines of a log, each of which is a JSON object.
fn json_lines(log: &str) -> Vec<Json> {
    let lines = log.lines().map(|line| {
        let read: Json = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(
            read["timestamp"].is_string() && read["level"].is_string(),
            "{line}"
        );
        read
    });
    lines.collect()
}

#[test]
fn with_a_json_log_all_that_it_says_is_json_also_why_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let wrong = write("wrong.toml", "[limits]\nturns = 0\nspeed = 1\n");
    let connections = write(
        "connections.toml",
        "[connections.a]\nplugin = \"upgates\"\n",
    );
    let nothing = write("no-scenario.json", "{ \"krabice\": 1, ");
    let nothing = Path::new(&nothing).parent().unwrap().display().to_string();
    for (arguments, says) in [
        (
            &["--config", &wrong][..],
            &["limits.turns", "the configuration has 2 errors"][..],
        ),
        (&["--connections", &connections], &["connections.a"]),
        (&["--store", "mysql://x"], &["the store's URL is invalid"]),
        (&["--log", "krabice=loud"], &["the log filter is invalid"]),
        (&["--scenarios", "nowhere"], &["the server cannot start"]),
        (
            &["--scenarios", &nothing],
            &["refused a scenario", "no scenario could be published"],
        ),
    ] {
        let served = Krabice::new(["serve", "--log-format", "json", "--listen", "127.0.0.1:0"])
            .arguments(arguments.iter().copied())
            .folder(folder.path())
            .run();
        assert_ne!(served.exit, 0, "{}", served.text());
        assert!(!json_lines(&served.stderr).is_empty());
        for says in says {
            assert!(served.stderr.contains(says), "{says}: {}", served.stderr);
        }
    }
}

/// A scenario whose only box needs no plugin.
const ECHO: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "echo", "languages": ["en"], "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "What?", "save": "words", "next": "say" },
    "say": { "type": "message", "text": "You said <<words>>.", "next": "ask" }
  }
}"#;

#[test]
fn with_its_only_scenario_broken_it_starts_for_the_sessions_that_are_under_way() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir(&scenarios).unwrap();
    let scenario = scenarios.join("echo.json");
    std::fs::write(&scenario, ECHO).unwrap();
    let folders = scenarios.display().to_string();
    let environment = [
        ("KRABICE_SCENARIOS", &*folders),
        ("KRABICE_RELOAD_INTERVAL", "20ms"),
    ];
    let log = folder.path().join("log");
    let serve = || Serving::start_with(folder.path(), &shop.connections(), &log, "", &environment);
    let serving = serve();
    let begin = "{\"scenario\": \"echo\"}";
    let (_, started) = serving.ask("address", "POST /api/v1/sessions", "-", begin);
    let started: Json = serde_json::from_str(&started).unwrap();
    let token = started["token"].as_str().unwrap();
    let session = format!("/api/v1/sessions/{}", started["session"].as_str().unwrap());
    assert_eq!(serving.stop(), Some(0));
    // All of it is in the file itself.
    let log_of_writes = std::fs::metadata(folder.path().join("chat.db-wal"));
    assert_eq!(log_of_writes.map_or(0, |file| file.len()), 0);

    std::fs::write(&scenario, &ECHO[..200]).unwrap();
    let serving = serve();
    assert_eq!(serving.ready["scenarios"], serde_json::json!([]));
    assert_eq!(serving.ready["suspended"], serde_json::json!(["echo"]));
    let answers = format!("POST {session}/answers");
    let said = |serving: &Serving, id: &str| {
        let body = serde_json::json!({"id": id, "text": "hello"}).to_string();
        serving.ask("address", &answers, token, &body)
    };
    let (status, told) = said(&serving, "m1");
    assert!(status == 200 && told.contains("You said hello."), "{told}");
    let (status, refused) = serving.ask("address", "POST /api/v1/sessions", "-", begin);
    assert!(
        status == 503 && refused.contains("scenario-suspended"),
        "{refused}"
    );
    let (status, _) = serving.ask("address", "GET /api/v1/scenarios/echo", "-", "");
    assert_eq!(status, 503);
    assert_eq!(serving.ask("address", "GET /chat/echo", "-", "").0, 200);
    let other = begin.replace("echo", "other");
    assert_eq!(
        serving
            .ask("address", "POST /api/v1/sessions", "-", &other)
            .0,
        404
    );
    let ready = || serving.ask("admin-address", "GET /health/ready", "-", "");
    let (status, why) = ready();
    assert!(
        status == 503 && why.contains("sessions under way go on: echo"),
        "{why}"
    );
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(
        written.contains("those under way go on with their stored revision"),
        "{written}"
    );

    // Beside it another scenario: the server is ready, and says what is wrong.
    std::fs::write(
        scenarios.join("other.json"),
        ECHO.replace("\"echo\"", "\"other\""),
    )
    .unwrap();
    wait_until(|| ready().0 == 200);
    assert!(ready().1.contains("no session of echo can be started"));
    std::fs::write(&scenario, ECHO).unwrap();
    wait_until(|| ready().1 == "ready\n");
    assert_eq!(
        serving
            .ask("address", "POST /api/v1/sessions", "-", begin)
            .0,
        201
    );
    assert_eq!(serving.stop(), Some(0));

    // A scenario that was taken away is not suspended.
    std::fs::remove_file(&scenario).unwrap();
    let serving = serve();
    assert_eq!(
        serving
            .ask("address", "POST /api/v1/sessions", "-", begin)
            .0,
        404
    );
    assert_eq!(said(&serving, "m2").0, 200);
    assert_eq!(serving.stop(), Some(0));
}

/// Waits until something holds.
fn wait_until(mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !holds() {
        assert!(
            std::time::Instant::now() < end,
            "it does not hold after 20 s"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_second_server_on_the_same_store_is_refused() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let _serving = Serving::start(
        folder.path(),
        &shop.connections(),
        &folder.path().join("log"),
    );
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let second = Krabice::new(["serve", "--listen", "127.0.0.1:0", "--store", &store]).run();
    assert_eq!(second.exit, 2, "{}", second.text());
    assert!(
        second.stderr.contains("in use by another server"),
        "{}",
        second.stderr
    );
}

#[test]
fn a_folder_in_which_a_visitor_can_start_nothing_is_refused() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir(&scenarios).unwrap();
    let transfer = workspace().join("scenarios/pohoda-transfer.json");
    std::fs::copy(transfer, scenarios.join("pohoda-transfer.json")).unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let scenarios = scenarios.display().to_string();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--store", &store];
    let more = ["--scenarios", &scenarios, "--connections"];
    let connections = shop.connections().display().to_string();
    let served = arguments
        .into_iter()
        .chain(more)
        .chain([connections.as_str()]);
    let served = Krabice::new(served).run();
    assert_eq!(served.exit, 1, "{}", served.text());
    for words in [
        "no scenario can be started by `chat`",
        "`\"channels\": [\"chat\"],`",
        "pohoda-transfer",
    ] {
        assert!(served.stderr.contains(words), "{}", served.stderr);
    }
}

#[test]
fn when_its_store_is_replaced_it_ends_at_once_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(&ShopSetup::default());
    let log = folder.path().join("log");
    let serving = Serving::start(folder.path(), &shop.connections(), &log);
    serving.look_up();
    let store = folder.path().join("chat.db");
    std::fs::copy(&store, folder.path().join("backup")).unwrap();
    std::fs::rename(folder.path().join("backup"), &store).unwrap();
    assert_eq!(serving.ended(), Some(1));
    let log = std::fs::read_to_string(&log).unwrap();
    for part in [
        "chat.db` was deleted or replaced while the server ran",
        "stop the server before you replace its store",
    ] {
        assert!(log.contains(part), "{log}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_crashes_leaves_no_core_file() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(&ShopSetup::default());
    let log = folder.path().join("log");
    let serving = Serving::start(folder.path(), &shop.connections(), &log);
    let limits = format!("/proc/{}/limits", serving.child.id());
    let limits = std::fs::read_to_string(limits).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.unwrap().split_whitespace().skip(4).take(2).collect();
    assert_eq!(core, ["0", "0"]);
}
