//! Guessing and flooding.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use crate::client::transcript;
use crate::stage::{ECHO, Setup, Stage, patient};

/// Whether a customer was told that too many guesses have failed.
fn is_refused(told: &[String]) -> bool {
    let told = told.last().unwrap();
    told.contains("There have been too many attempts. Please try again after ")
}

/// Looks an order up in a new session. Returns what the customer sees, without the order's number.
async fn look_up(stage: &Stage, order: &str, email: &str) -> Vec<String> {
    look_up_from(stage, "192.0.2.1", order, email).await
}

/// The same, from a client address that a proxy forwards.
async fn look_up_from(stage: &Stage, from: &str, order: &str, email: &str) -> Vec<String> {
    let body = json!({"scenario": "order-status", "language": "en"});
    let post = async |path: &str, token: &str, body: &serde_json::Value| {
        let headers = [("x-forwarded-for", from), ("authorization", token)];
        stage
            .client
            .send("POST", path, &headers, Some(body))
            .await
            .ok()
    };
    let started = post("/api/v1/sessions", "-", &body).await;
    let token = format!("Bearer {}", started["token"].as_str().unwrap());
    let path = format!(
        "/api/v1/sessions/{}/answers",
        started["session"].as_str().unwrap()
    );
    post(&path, &token, &json!({"id": "m1", "text": order})).await;
    let told = post(&path, &token, &json!({"id": "m2", "text": email})).await;
    transcript(&told)
        .iter()
        .map(|line| line.replace(order, "ORDER"))
        .collect()
}

/// A stage on which only a test's own limits are reached, with a clock that stands.
async fn limited(limit: impl FnOnce(&mut krabice_server::Attempts)) -> (Stage, Clock) {
    let mut settings = patient();
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    limit(&mut settings.attempts);
    let clock = Clock::new("2026-03-02T10:00:00Z".parse().unwrap());
    let stage = Stage::set(Setup {
        settings,
        clock: Some(clock.0.clone()),
        ..Setup::default()
    })
    .await;
    (stage, clock)
}

/// A clock that only the test moves.
struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    fn new(now: Timestamp) -> Clock {
        Clock(Arc::new(Mutex::new(now)))
    }

    fn minutes_pass(&self, minutes: i64) {
        let mut now = self.0.lock().unwrap();
        *now += jiff::SignedDuration::from_mins(minutes);
    }
}

const PETRA: &str = "petra.vlkova@example.cz";

#[tokio::test(flavor = "multi_thread")]
async fn after_too_many_guesses_the_session_waits_and_goes_on_when_it_may() {
    let (stage, clock) = limited(|limits| limits.per_session = 3).await;
    let chat = stage.client.start("order-status", "en").await;
    let look = async |n: u32, order: &str, email: &str| {
        chat.say(&format!("o{n}"), order).await.ok();
        let last = chat.say(&format!("e{n}"), email).await.ok();
        (transcript(&last), last["waits"].clone())
    };
    for number in 0..3 {
        let order = format!("O26999{number}");
        let (told, _) = look(number, &order, "nobody@example.com").await;
        assert!(!is_refused(&told));
        chat.press(&format!("b{number}"), "again").await.ok();
        clock.minutes_pass(10);
    }
    // The same guess again is no other guess.
    let (told, _) = look(3, "o269992", "Nobody@example.com").await;
    assert!(!is_refused(&told));
    chat.press("b3", "again").await.ok();
    let (told, waits) = look(4, "O260147", PETRA).await;
    assert!(is_refused(&told), "{told:?}");
    // The first one was made at 10:00 UTC, which is 11:00 in the shop's Prague.
    assert!(told.last().unwrap().contains("after 12:00."), "{told:?}");
    let ids: Vec<_> = waits["buttons"].as_array().unwrap().iter().collect();
    assert_eq!(
        (ids[0]["id"].as_str(), ids[1]["id"].as_str()),
        (Some("again"), Some("person"))
    );
    let told = transcript(&chat.press("r1", "again").await.ok());
    assert!(is_refused(&told));
    let made = stage.emulators.upgates().counters().requests;
    assert_eq!(made, 4, "what is refused is not made");
    clock.minutes_pass(31);
    let told = transcript(&chat.press("r2", "again").await.ok());
    assert!(told.iter().any(|line| line.contains("O260147")), "{told:?}");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_may_ask_for_a_person() {
    let (stage, _) = limited(|limits| limits.per_session = 1).await;
    let chat = stage.client.start("order-status", "en").await;
    for n in 0..2 {
        chat.say(&format!("o{n}"), &format!("O26999{n}")).await.ok();
        chat.say(&format!("e{n}"), PETRA).await.ok();
        if n == 0 {
            chat.press("b", "again").await.ok();
        }
    }
    let told = chat.press("p", "person").await.ok();
    assert_eq!(
        told["waits"],
        json!({"for": "nothing", "reason": "handover"})
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_guesses_count_across_sessions_restarts_and_concurrent_requests() {
    let (stage, _) = limited(|limits| limits.per_prefix = 5).await;
    let orders: Vec<_> = (0..20).map(|number| format!("O2699{number:02}")).collect();
    let tries = orders
        .iter()
        .map(|order| look_up(&stage, order, "nobody@example.com"));
    let told = futures_util::future::join_all(tries).await;
    let refused = told.iter().filter(|lines| is_refused(lines)).count();
    assert_eq!(refused, 15, "5 of 20 at once may be tried");
    assert_eq!(stage.emulators.upgates().counters().requests, 5);
    let stage = stage.restart().await;
    assert!(is_refused(
        &look_up(&stage, "O260147", "Nobody@example.com").await
    ));
    // Who has other data is not refused, behind the same address.
    assert!(!is_refused(&look_up(&stage, "O260147", PETRA).await));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn right_guesses_count_for_nobody_also_at_once_and_one_order_has_a_limit_of_its_own() {
    let (stage, _) = limited(|limits| limits.per_prefix = 2).await;
    stage.hold_back(50);
    let right = (0..12).map(|_| look_up(&stage, "O260147", PETRA));
    for told in futures_util::future::join_all(right).await {
        assert!(!is_refused(&told));
    }
    for guess in ["a@example.com", "A@example.com ", "b@example.com"] {
        assert!(!is_refused(&look_up(&stage, "O260147", guess).await));
    }
    assert!(is_refused(
        &look_up(&stage, "o-260147", "c@example.com").await
    ));
    // Not from elsewhere.
    let elsewhere = look_up_from(&stage, "198.51.100.1", "O260147", PETRA).await;
    assert!(!is_refused(&elsewhere));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_a_limit_for_one_value_and_beyond_that_of_all_clients_a_guess_is_slow() {
    let (stage, _) = limited(|limits| {
        limits.per_network = 6;
        limits.slow_value = 8;
        limits.slow_down = Duration::from_millis(200);
    })
    .await;
    let mut guesses = 0..;
    let mut guess = async |from: &str| {
        let email = format!("g{}@example.com", guesses.next().unwrap());
        is_refused(&look_up_from(&stage, from, "O260147", &email).await)
    };
    for prefix in 0..20 {
        let refused = guess(&format!("2001:db8:5:{prefix:x}::1")).await;
        assert_eq!(refused, prefix >= 6, "{prefix}");
    }
    for host in 1..=2 {
        assert!(!guess(&format!("198.51.{host}.1")).await);
    }
    // The order has 8 failures now. Its customer is slowed down, and served.
    let began = Instant::now();
    let told = look_up_from(&stage, "203.0.113.1", "O260147", PETRA).await;
    assert!(told.iter().any(|line| line.contains("ORDER")), "{told:?}");
    assert!(began.elapsed() >= Duration::from_millis(200));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn false_on_the_way_to_success_is_taken_back() {
    let (stage, _) = limited(|limits| limits.per_prefix = 2).await;
    let look = async |scenario: &str, order: &str, email: &str| {
        let chat = stage.client.start(scenario, "en").await;
        chat.say("m1", order).await.ok();
        transcript(&chat.say("m2", email).await.ok())
    };
    // A customer of the second shop, and one whose claim is closed.
    for _ in 0..4 {
        let told = look("two-shops", "310", "anna.zielinska@example.net").await;
        assert!(told.iter().any(|line| line.contains("Order ")), "{told:?}");
        let told = look("claim-status", "O250988", PETRA).await;
        assert!(
            told.iter().any(|line| line.contains("No case is open")),
            "{told:?}"
        );
    }
    // Typing errors of who then proves their identity: taken back. Of who does not: not.
    for round in 0..3 {
        let chat = stage.client.start("order-status", "en").await;
        for (n, order) in [format!("O26999{round}"), "O260147".to_owned()]
            .iter()
            .enumerate()
        {
            chat.say(&format!("o{n}"), order).await.ok();
            let told = transcript(&chat.say(&format!("e{n}"), PETRA).await.ok());
            assert!(!is_refused(&told), "{round}");
            if n == 0 {
                chat.press("b", "again").await.ok();
            }
        }
    }
    for n in 0..2 {
        let told = look("order-status", &format!("O26998{n}"), PETRA).await;
        assert!(!is_refused(&told));
    }
    assert!(is_refused(&look("order-status", "O260147", PETRA).await));
    stage.server.stop().await;
}

/// Loads the e-mail of an order and compares the customer's answer with it.
const COMPARES: &str = r#"{
  "krabice": 1, "name": "compares", "languages": ["en"], "channels": ["chat"], "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "Your e-mail?", "expect": "email", "save": "$email", "next": "load" },
    "load": { "type": "call", "function": "upgates/load-customer-email", "connection": "shop", "params": { "order": "O260147" }, "save": "$owner", "true": "same", "false": "ask" },
    "same": { "type": "condition", "if": { "value": "<<$email>>", "is": "equals", "to": "<<$owner>>" }, "true": "yes", "false": "no" },
    "yes": { "type": "end", "text": "It is yours." },
    "no": { "type": "message", "text": "It is not yours.", "next": "ask" }
  }
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn comparing_an_answer_with_a_hidden_value_is_a_guess() {
    let mut settings = patient();
    settings.attempts.per_session = 3;
    let stage = Stage::set(Setup {
        scenarios: Some(vec![("compares.json", COMPARES.to_owned())]),
        settings,
        ..Setup::default()
    })
    .await;
    let chat = stage.client.start("compares", "en").await;
    for n in 0..3 {
        let told = chat
            .say(&format!("m{n}"), &format!("g{n}@example.com"))
            .await
            .ok();
        assert!(transcript(&told).concat().contains("not yours"));
    }
    let told = chat.say("m3", PETRA).await.ok();
    assert!(is_refused(&transcript(&told)), "{told}");
    assert_eq!(
        told["waits"]["buttons"].as_array().unwrap().len(),
        1,
        "no handover"
    );
    // Another session: one slip, and then the right one.
    let chat = stage.client.start("compares", "en").await;
    chat.say("m0", "petra@example.cz").await.ok();
    let told = transcript(&chat.say("m1", PETRA).await.ok());
    assert_eq!(told.last().unwrap(), "end: It is yours.");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_order_and_another_email_get_the_same_answer() {
    let stage = Stage::set(Setup::default()).await;
    let missing = look_up(&stage, "O269999", "nobody@example.com").await;
    let another = look_up(&stage, "O260147", "nobody@example.com").await;
    assert_eq!(missing, another);
    let requests = stage.emulators.upgates().counters().requests;
    assert_eq!(requests, 2, "each is one request to the back end");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_are_told_to_come_back_and_others_are_served() {
    let mut settings = patient();
    settings.limits.sessions_per_minute = 5;
    settings.limits.answers_per_minute = 4;
    settings.limits.streams_per_session = 2;
    settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let scenarios = Some(vec![("echo.json", ECHO.to_owned())]);
    let stage = Stage::set(Setup {
        scenarios,
        settings,
        ..Setup::default()
    })
    .await;
    let chat = stage.client.start("echo", "en").await;
    let start = |from: &'static str| {
        let client = stage.client.clone();
        async move {
            client
                .send(
                    "POST",
                    "/api/v1/sessions",
                    &[("x-forwarded-for", from)],
                    Some(&json!({"scenario": "echo"})),
                )
                .await
        }
    };
    for number in 0..5 {
        assert_eq!(start("2001:db8:1:2::1").await.status, 201, "{number}");
    }
    let refused = start("2001:db8:1:2:ffff::9").await;
    refused.refused(429, "too-many");
    assert!(
        refused
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert_eq!(
        start("2001:db8:1:3::1").await.status,
        201,
        "another household"
    );
    for number in 0..4 {
        chat.say(&format!("m{number}"), "x").await.ok();
    }
    chat.say("m9", "x").await.refused(429, "too-many");
    chat.say("m0", "x").await.ok();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = chat.follow(None).await;
        stream.until("waits").await;
        streams.push(stream);
    }
    chat.send("GET", "/events", None)
        .await
        .refused(429, "too-many");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_guess_is_refused_in_a_new_session_and_from_the_next_address_of_a_household() {
    let (stage, _) = limited(|limits| limits.per_prefix = 5).await;
    let nobody = "nobody@example.com";
    for number in 0..5 {
        let from = format!("2001:db8:1:2::{number}");
        let told = look_up_from(&stage, &from, &format!("O26990{number}"), nobody).await;
        assert!(!is_refused(&told), "{number}");
    }
    let stage = stage.restart().await;
    // Twenty at once, each from another address in the same /64.
    let froms: Vec<_> = (0..20)
        .map(|number| format!("2001:db8:1:2:ffff::{number}"))
        .collect();
    let tries = froms
        .iter()
        .map(|from| look_up_from(&stage, from, "O269999", nobody));
    for told in futures_util::future::join_all(tries).await {
        assert!(is_refused(&told));
    }
    assert_eq!(stage.emulators.upgates().counters().requests, 5);
    // The neighbouring network is not affected.
    let told = look_up_from(&stage, "2001:db8:1:3::1", "O269999", nobody).await;
    assert!(!is_refused(&told));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_order_and_another_email_take_equally_long() {
    /// The number of look-ups of each kind. They alternate, so that disturbances of the machine affect
    /// both kinds.
    const TIMES: usize = 41;
    let stage = Stage::set(Setup::default()).await;
    let mut took = [Vec::new(), Vec::new()];
    let mut bodies = Vec::new();
    for number in 0..2 * TIMES {
        let order = ["O269999", "O260147"][number % 2];
        let chat = stage.client.start("order-status", "en").await;
        chat.say("m1", order).await.ok();
        let began = std::time::Instant::now();
        let answer = chat.say("m2", "nobody@example.com").await;
        took[number % 2].push(began.elapsed());
        let mut told = answer.ok();
        for event in told["events"].as_array_mut().unwrap() {
            event["at"] = "then".into();
        }
        bodies.push(told.to_string());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the same bytes, but for the time");
    let [missing, another] = took.map(|mut times| {
        times.sort();
        times[TIMES / 2]
    });
    // Both make one request to the shop and take one turn.
    let apart = missing.abs_diff(another);
    let bound = (missing.min(another) / 2).max(std::time::Duration::from_millis(5));
    assert!(apart < bound, "{missing:?} and {another:?}");
    stage.server.stop().await;
}
