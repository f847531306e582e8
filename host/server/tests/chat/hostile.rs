//! Hostile back ends, plugins and sites, as seen by a customer's browser.

use std::time::{Duration, Instant};

use krabice_emulators::{Fault, FaultRule};
use serde_json::json;

use crate::client::{Chat, transcript};
use crate::log::Log;
use crate::search::assert_absent;
use crate::stage::{ECHO, Setup, Stage, patient};

/// No fault of a back end may take longer than this, even on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_back_end_answers_the_chat_says_that_it_does_not_answer() {
    let stage = Stage::set(Setup::default()).await;
    let shop = stage.emulators.upgates();
    let spoken = |status: u16, body: String| Fault::Status {
        status,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body,
        body_base64: None,
    };
    let faults = [
        spoken(200, "null".to_owned()),
        spoken(200, "[[".repeat(20_000)),
        spoken(200, format!("[{}0]", "0,".repeat(100_000))),
        spoken(
            200,
            r#"{"orders": "none", "orders": [{"order_number": 7}]}"#.to_owned(),
        ),
        spoken(200, "\u{feff}\u{0}{}".to_owned()),
        spoken(500, "<script>CanaryWords</script>".to_owned()),
        spoken(401, "CanaryWords".to_owned()),
        Fault::Html,
        Fault::InvalidJson,
        Fault::Empty,
        Fault::HangUp,
        Fault::Truncated { send: None },
        Fault::Reset {
            after_bytes: Some(10),
        },
        Fault::Huge {
            bytes: 64 << 20,
            chunked: true,
        },
        Fault::Huge {
            bytes: 64 << 20,
            chunked: false,
        },
        Fault::HeaderFlood {
            count: 30_000,
            value_bytes: 1,
        },
        Fault::Redirect {
            status: 302,
            location: "http://169.254.169.254/CanaryWords".to_owned(),
        },
        Fault::Echo { body: None },
    ];
    for fault in faults {
        shop.reset();
        shop.fault(FaultRule::new(fault.clone()).always()).unwrap();
        let began = Instant::now();
        let chat = stage.client.start("order-status", "en").await;
        chat.say("m1", "O260147").await.ok();
        let told = chat.say("m2", "petra.vlkova@example.cz").await.ok();
        assert_eq!(
            transcript(&told),
            [
                "said: •••",
                "message: The shop's system does not answer now, we are sorry.",
                "handover: I am handing you to a person."
            ],
            "{}",
            fault.kind()
        );
        assert!(
            began.elapsed() < BOUND,
            "{}: {:?}",
            fault.kind(),
            began.elapsed()
        );
    }
    let mut canaries = stage.credentials();
    canaries.push("CanaryWords".to_owned());
    let received = std::mem::take(&mut *stage.client.received.lock().unwrap());
    assert_absent(&received, &canaries, "a browser");
    // Without the fault, the next session works.
    shop.reset();
    let chat = stage.client.start("order-status", "en").await;
    chat.say("m1", "O260147").await.ok();
    let told = chat.say("m2", "petra.vlkova@example.cz").await.ok();
    assert_eq!(told["waits"]["for"], "button");
    stage.server.stop().await;
}

/// A scenario that calls a function of the misbehaving plugin.
fn scenario(function: &str, params: &str, say: &str) -> String {
    json!({
        "krabice": 1, "channels": ["chat"], "name": "guest", "languages": ["en"], "start": "ask",
        "boxes": {
            "ask": {"type": "answer", "text": "What?", "save": "$words", "next": "call"},
            "call": {"type": "call", "unverified": true, "function": format!("hostile/{function}"), "connection": "hostile",
                     "params": serde_json::from_str::<serde_json::Value>(params).unwrap(), "save": "result",
                     "true": "good", "false": "bad", "failure": "bad"},
            "good": serde_json::from_str::<serde_json::Value>(say).unwrap(),
            "bad": {"type": "message", "text": "It went wrong.", "next": "ask"},
        },
    })
    .to_string()
}

const OFFER: &str =
    r#"{"type": "message", "text": "Here.", "files": ["<<result>>"], "next": "ask"}"#;
const GOOD: &str = r#"{"type": "message", "text": "It went well.", "next": "ask"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_declared_as_a_script_is_served_as_unspecific_bytes() {
    let stage = Stage::set(Setup {
        scenarios: Some(vec![("guest.json", scenario("label", "{}", OFFER))]),
        guest: true,
        ..Setup::default()
    })
    .await;
    let kind = async |chat: &Chat| {
        let told = chat.say("m1", "label").await.ok();
        let events = told["events"].as_array().unwrap().clone();
        let file = events.into_iter().find(|event| event["kind"] == "file");
        assert!(file.is_some(), "{told}");
        let given = chat
            .send("GET", &format!("/files/{}", file.unwrap()["n"]), None)
            .await;
        assert!(
            given
                .header("content-disposition")
                .unwrap()
                .starts_with("attachment;")
        );
        assert_eq!(given.header("x-content-type-options").unwrap(), "nosniff");
        (given.header("content-type").unwrap(), given.body)
    };
    let honest = stage.client.start("guest", "en").await;
    assert_eq!(
        kind(&honest).await,
        ("application/pdf".to_owned(), b"%PDF-1.4".to_vec())
    );
    // The same plugin, but it declares another media type.
    let file = stage.folder.path().join("guests/hostile.wasm");
    let mut component = std::fs::read(&file).unwrap();
    let said = b"application/pdf";
    let place = component
        .windows(said.len())
        .position(|part| part == said)
        .unwrap();
    component[place..][..said.len()].copy_from_slice(b"text/javascript");
    component.extend([0, 2, 1, b'x']); // An empty custom section changes the length.
    std::fs::write(&file, component).unwrap();
    stage.server.read_folders().await;
    let lying = stage.client.start("guest", "en").await;
    let given = kind(&lying).await;
    assert_eq!(
        given,
        ("application/octet-stream".to_owned(), b"%PDF-1.4".to_vec())
    );
    stage.server.stop().await;
}

#[test]
fn a_plugin_that_panics_traps_or_gossips_says_nothing_of_what_it_was_given() {
    let log = Log::default();
    let heard = log.clone();
    log.run(async move {
        let canary = "Kanárek-5151";
        for (function, params) in [
            ("panic", "{}"),
            ("trap", "{}"),
            ("exit", "{}"),
            ("recurse", "{}"),
            ("nul-text", "{}"),
            ("gossip", r#"{"secret": "<<$words>>"}"#),
            (
                "own-authorization",
                r#"{"interface": "send", "header": "X-Api-Key"}"#,
            ),
            ("forbidden-host", r#"{"interface": "http"}"#),
        ] {
            let stage = Stage::set(Setup {
                scenarios: Some(vec![("guest.json", scenario(function, params, GOOD))]),
                guest: true,
                ..Setup::default()
            })
            .await;
            assert_eq!(stage.server.scenarios(), ["guest"], "{function}");
            let chat = stage.client.start("guest", "en").await;
            let told = chat.say("m1", canary).await.ok();
            assert_eq!(
                transcript(&told)[1],
                "message: It went wrong.",
                "{function}"
            );
            let mut canaries = stage.credentials();
            canaries.push(canary.to_owned());
            let received = std::mem::take(&mut *stage.client.received.lock().unwrap());
            assert_absent(&received, &canaries, "a browser");
            assert_absent(&heard.take(), &canaries, "the log");
            stage.server.stop().await;
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_never_ends_leaves_the_others_alone() {
    let mut echo: serde_json::Value = serde_json::from_str(ECHO).unwrap();
    echo["name"] = "echo".into();
    let stage = Stage::set(Setup {
        scenarios: Some(vec![
            ("guest.json", scenario("loop-forever", "{}", GOOD)),
            ("echo.json", echo.to_string()),
        ]),
        guest: true,
        ..Setup::default()
    })
    .await;
    let looping: Vec<_> = (0..30)
        .map(|_| {
            let client = stage.client.clone();
            tokio::spawn(async move {
                let chat = client.start("guest", "en").await;
                let told = chat.say("m1", "go").await.ok();
                assert_eq!(transcript(&told)[1], "message: It went wrong.");
            })
        })
        .collect();
    let chat = stage.client.start("echo", "en").await;
    let mut longest = Duration::ZERO;
    for number in 0..40 {
        let began = Instant::now();
        chat.say(&format!("m{number}"), "hi").await.ok();
        longest = longest.max(began.elapsed());
    }
    // A turn without a call takes milliseconds; the bound leaves room for a busy machine.
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    for looping in looping {
        looping.await.unwrap();
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_sites_reach_any_part_of_a_session() {
    let mut settings = patient();
    settings
        .access
        .origins
        .insert("echo".to_owned(), vec!["https://shop.cz".parse().unwrap()]);
    let stage = Stage::set(Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        settings,
        ..Setup::default()
    })
    .await;
    let chat = stage.client.start("echo", "en").await;
    let bearer = format!("Bearer {}", chat.token);
    let session = format!("/api/v1/sessions/{}", chat.id);
    let requests = [
        ("GET", "/api/v1/scenarios/echo".to_owned(), None),
        (
            "POST",
            "/api/v1/sessions".to_owned(),
            Some(json!({"scenario": "echo"})),
        ),
        ("GET", session.clone(), None),
        (
            "POST",
            format!("{session}/answers"),
            Some(json!({"id": "m1", "text": "x"})),
        ),
        ("GET", format!("{session}/events"), None),
        ("GET", format!("{session}/files/1"), None),
        ("GET", format!("{session}/export"), None),
        ("POST", format!("{session}/end"), None),
        ("DELETE", session.clone(), None),
    ];
    for origin in [
        "null",
        "https://shop.cz.evil.com",
        "https://evil.com/shop.cz",
        "https://shop.cz@evil.com",
        "https://notshop.cz",
        "http://shop.cz",
        "https://shop.cz:8443",
        "https://SHOP.cz.",
        "file://",
        "*",
        "",
    ] {
        for (method, path, body) in &requests {
            let headers = [("origin", origin), ("authorization", bearer.as_str())];
            let answer = stage
                .client
                .send(method, path, &headers, body.as_ref())
                .await;
            answer.refused(403, "origin-refused");
            // Only why it is refused may be read by any site: the widget says so to the shop.
            let told = answer.header("access-control-allow-origin");
            let is_facts = path.ends_with("/scenarios/echo");
            assert_eq!(
                told.as_deref(),
                is_facts.then_some("*"),
                "{origin} {method} {path}"
            );
            assert!(answer.header("access-control-allow-credentials").is_none());
            assert_eq!(answer.header("vary").unwrap(), "Origin");
        }
    }
    // Two `Origin` headers are refused.
    let two = [
        ("origin", "https://shop.cz"),
        ("origin", "https://evil.com"),
        ("authorization", &bearer),
    ];
    stage
        .client
        .send("GET", &session, &two, None)
        .await
        .refused(403, "origin-refused");
    // None of the requests had an effect.
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 1);
    let own = [
        ("origin", "https://shop.cz"),
        ("authorization", bearer.as_str()),
    ];
    let answer = stage.client.send("GET", &session, &own, None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("access-control-allow-origin").unwrap(),
        "https://shop.cz"
    );
    assert!(answer.header("access-control-allow-credentials").is_none());
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_another_customers_email_shows_nothing_of_their_chat() {
    let stage = Stage::set(Setup::default()).await;
    let mut transcripts = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let chat = stage.client.start("order-status", "en").await;
        assert_eq!(chat.started["events"].as_array().unwrap().len(), 1);
        chat.say("m1", "O260147").await.ok();
        chat.say("m2", "petra.vlkova@example.cz").await.ok();
        // Both sessions have the same texts, and each contains only its own.
        transcripts.push(transcript(&chat.whole().await));
        ids.push((chat.id, chat.token));
    }
    assert_eq!(transcripts[0], transcripts[1]);
    assert_ne!(ids[0], ids[1]);
    stage.server.stop().await;
}
