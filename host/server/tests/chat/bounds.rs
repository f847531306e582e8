//! What sessions, clients and all together may have stored.

use krabice_emulators::{Fault, FaultRule};
use serde_json::{Value, json};

use crate::client::{Answer, Chat, Client, transcript};
use crate::log::Log;
use crate::stage::{ECHO, Setup, Stage, patient};
use crate::support::store::{TestStore, connect, is_postgres};

/// A stage with the scenario that repeats what is said, and small limits.
async fn bounded(limit: impl FnOnce(&mut krabice_server::Limits)) -> Stage {
    let mut settings = patient();
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    limit(&mut settings.limits);
    Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        settings,
        ..Setup::default()
    })
    .await
}

/// Says the same words until the session is finished. Returns the numbers of all events that were
/// acknowledged, and the last turn.
async fn say_to_the_end(chat: &Chat, words: &str) -> (Vec<u64>, Value) {
    let numbers = |told: &Value| -> Vec<u64> {
        let events = told["events"].as_array().unwrap().iter();
        events.map(|event| event["n"].as_u64().unwrap()).collect()
    };
    let mut acknowledged = numbers(&chat.started);
    for number in 0..100 {
        let told = chat.say(&format!("m{number}"), words).await.ok();
        acknowledged.extend(numbers(&told));
        if told["waits"]["for"] == "nothing" {
            return (acknowledged, told);
        }
    }
    panic!("the session never ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_holds_as_much_as_it_may_keeps_all_and_ends_with_a_next_step() {
    let most = 32 * 1024;
    let stage = bounded(|limits| limits.session_bytes = most).await;
    let chat = stage.client.start("echo", "en").await;
    let words = "x".repeat(1_900);
    let (acknowledged, last) = say_to_the_end(&chat, &words).await;
    let said = format!("said: {words}");
    let ended = "end: This conversation has become too long to go on. Please start a new one.";
    assert_eq!(transcript(&last), [&said, ended]);
    assert_eq!(last["waits"], json!({"for": "nothing", "reason": "fault"}));
    // Each answer takes some 4 KB: of three events, after the question and before the last two.
    let answers = (acknowledged.len() - 3) / 3;
    assert!((7..=8).contains(&answers), "{answers}");
    let whole = chat.whole().await;
    assert!(u64::try_from(whole.to_string().len()).unwrap() < most + 16 * 1024);
    let events = whole["events"].as_array().unwrap().iter();
    let kept: Vec<_> = events.map(|event| event["n"].as_u64().unwrap()).collect();
    assert_eq!(kept, acknowledged);
    // The same message has the same answer, and another one has no session to go to.
    let repeated = chat.say(&format!("m{answers}"), &words).await.ok();
    assert_eq!(repeated, last);
    chat.say("more", "x").await.refused(422, "not-waiting");
    stage.client.start("echo", "en").await.say("m", "x").await.ok();
    stage.server.stop().await;
}

/// A session, and the answers that are sent to it from addresses that a proxy forwards.
struct Forwarded<'a> {
    stage: &'a Stage,
    chat: Chat,
    sent: std::cell::Cell<u32>,
}

impl Forwarded<'_> {
    async fn say_from(&self, address: &str, words: &str) -> Answer {
        let number = self.sent.replace(self.sent.get() + 1);
        let path = format!("/api/v1/sessions/{}/answers", self.chat.id);
        let token = format!("Bearer {}", self.chat.token);
        let headers = [("x-forwarded-for", address), ("authorization", &*token)];
        let body = json!({"id": format!("m{number}"), "text": words});
        let client = &self.stage.client;
        client.send("POST", &path, &headers, Some(&body)).await
    }

    /// Says the same words until the address has stored too much. Returns how often they were stored.
    async fn say_until_refused(&self, address: &str, words: &str) -> usize {
        for stored in 0..100 {
            let answer = self.say_from(address, words).await;
            if answer.status != 200 {
                assert_too_much(&answer);
                return stored;
            }
        }
        panic!("nothing is too much");
    }
}

#[track_caller]
fn assert_too_much(answer: &Answer) {
    answer.refused(429, "too-many");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..3_600).contains(&wait), "{wait}");
}

async fn start_from(stage: &Stage, address: &str) -> Answer {
    let body = json!({"scenario": "echo"});
    let headers = [("x-forwarded-for", address)];
    let client = &stage.client;
    client.send("POST", "/api/v1/sessions", &headers, Some(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_prefix_and_a_network_store_in_an_hour_is_limited() {
    let stage = bounded(|limits| {
        limits.bytes_per_hour = 64 * 1024;
        limits.network_bytes_per_hour = 96 * 1024;
    })
    .await;
    let session = Forwarded {
        stage: &stage,
        chat: stage.client.start("echo", "en").await,
        sent: 0.into(),
    };
    let words = "x".repeat(1_900);
    // The words are stored as they were said and as they are repeated, and once in the state.
    let stored = session.say_until_refused("2001:db8:1:2::1", &words).await;
    assert!((15..=17).contains(&stored), "{stored}");
    // The whole prefix is refused, with everything that stores; what was acknowledged is there.
    assert_too_much(&session.say_from("2001:db8:1:2:ffff::9", "x").await);
    assert_too_much(&start_from(&stage, "2001:db8:1:2::2").await);
    let whole = session.chat.whole().await;
    assert_eq!(whole["events"].as_array().unwrap().len(), 1 + 3 * stored);
    // Other prefixes of the network have what is left for it; the next network has all.
    let stored = session.say_until_refused("2001:db8:1:3::1", &words).await;
    assert!((7..=9).contains(&stored), "{stored}");
    assert_too_much(&start_from(&stage, "2001:db8:1:4::1").await);
    assert_eq!(start_from(&stage, "2001:db8:2::1").await.status, 201);
    session.say_from("198.51.100.1", "x").await.ok();
    stage.server.stop().await;
}

/// Loads a file, and offers it again and again.
const OFFERS: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "offers", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "What?", "save": "words", "next": "load" },
    "load": { "type": "call", "unverified": true, "function": "base/load-order-label", "connection": "base",
              "params": { "order": "90155231" }, "save": "file", "true": "offer", "false": "none", "failure": "none" },
    "offer": { "type": "message", "unverified": true, "text": "Here.", "files": ["<<file>>"], "next": "more" },
    "more": { "type": "answer", "text": "More?", "save": "words", "next": "offer" },
    "none": { "type": "end", "text": "There is none." }
  }
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn files_count_as_what_is_stored_in_an_hour_and_not_as_what_a_session_holds() {
    let mut settings = patient();
    settings.limits.session_bytes = 16 * 1024;
    settings.limits.bytes_per_hour = 64 * 1024;
    let scenarios = vec![("offers.json", OFFERS.to_owned())];
    let stage = Stage::set(Setup {
        scenarios: Some(scenarios),
        settings,
        ..Setup::default()
    })
    .await;
    // The label, after the list of parcels.
    let label = json!({"status": "SUCCESS", "extension": "pdf", "label": "JVBERi0x".repeat(1_500)});
    let rule = FaultRule::new(Fault::json(label.to_string())).nth(2);
    stage.emulators.base().fault(rule).unwrap();
    let chat = stage.client.start("offers", "en").await;
    let mut files = 0;
    let refused = loop {
        let answer = chat.say(&format!("m{files}"), "again").await;
        if answer.status != 200 {
            break answer;
        }
        let told = answer.json();
        assert_eq!(told["events"][2]["size"], 9_000, "{told}");
        assert_eq!(told["waits"]["for"], "answer", "{told}");
        files += 1;
    };
    assert_too_much(&refused);
    // The first one is in the state, too, in Base64.
    assert_eq!(files, 6);
    stage.server.stop().await;
}

/// The number that a metric has.
async fn metric(stage: &Stage, name: &str) -> u64 {
    let admin = Client::of(stage.server.admin_address().unwrap());
    let metrics = String::from_utf8(admin.get("/metrics").await.body).unwrap();
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap().parse().unwrap()
}

/// What the readiness probe says; it measures the store.
async fn ready(stage: &Stage) -> String {
    let admin = Client::of(stage.server.admin_address().unwrap());
    let ready = admin.get("/health/ready").await;
    assert_eq!(ready.status, 200, "sessions under way can go on");
    String::from_utf8(ready.body).unwrap()
}

async fn try_start(stage: &Stage) -> Answer {
    stage.client.try_start(&json!({"scenario": "echo"})).await
}

#[track_caller]
fn assert_no_room(answer: &Answer) {
    answer.refused(503, "no-new-sessions");
    assert_eq!(answer.header("retry-after").unwrap(), "60");
}

#[test]
fn a_store_that_is_large_enough_starts_no_session_until_it_is_smaller() {
    let log = Log::default();
    log.run(async {
        let empty = bounded(|_| {}).await;
        let size = metric(&empty, "krabice_store_bytes").await;
        empty.server.stop().await;
        let stage = bounded(|limits| limits.store_bytes = size + 2 * 1024 * 1024).await;
        assert_eq!(ready(&stage).await, "ready\n");
        assert_eq!(metric(&stage, "krabice_no_new_sessions").await, 0);
        let words = "x".repeat(1_900);
        let mut chats = Vec::new();
        let told = loop {
            assert!(chats.len() < 100, "the store never is too large");
            let chat = stage.client.start("echo", "en").await;
            for number in 0..20 {
                chat.say(&format!("m{number}"), &words).await.ok();
            }
            chats.push(chat);
            let told = ready(&stage).await;
            if told != "ready\n" {
                break told;
            }
        };
        assert!(
            told.starts_with("ready\nno new sessions are started: the store holds as much as `limits.store-bytes` lets it"),
            "{told}"
        );
        assert_no_room(&try_start(&stage).await);
        assert_eq!(metric(&stage, "krabice_no_new_sessions").await, 1);
        // Who is there goes on, and comes to an end.
        chats[0].say("more", "x").await.ok();
        chats[0].send("POST", "/end", None).await.ok();
        for chat in &chats {
            let erased = chat.send("DELETE", "", None).await;
            assert_eq!(erased.status, 204);
        }
        // A database gives nothing back by itself.
        if let TestStore::Postgres(url) = &stage.store {
            let database = connect(url).await;
            database.batch_execute("VACUUM FULL").await.unwrap();
        }
        assert_eq!(ready(&stage).await, "ready\n");
        assert_eq!(metric(&stage, "krabice_no_new_sessions").await, 0);
        assert_eq!(try_start(&stage).await.status, 201);
        stage.server.stop().await;
    });
    let log = String::from_utf8(log.take()).unwrap();
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    let logged = (
        count("ERROR krabice_sessions::room: no new sessions are started"),
        count("new sessions are started again"),
    );
    assert_eq!(logged, (1, 1), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_with_too_little_room_no_session_is_started() {
    let stage = bounded(|limits| limits.free_disk_bytes = u64::MAX).await;
    if is_postgres() {
        // The disk of a database is not known.
        assert_eq!(ready(&stage).await, "ready\n");
        assert_eq!(try_start(&stage).await.status, 201);
    } else {
        // It was measured before the first customer came.
        assert_no_room(&try_start(&stage).await);
        let told = ready(&stage).await;
        assert!(
            told.starts_with("ready\nno new sessions are started: less is free on the disk of the store than `limits.free-disk-bytes` asks for"),
            "{told}"
        );
    }
    stage.server.stop().await;
}
