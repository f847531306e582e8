//! Sessions from start to end: answers, repetitions, tabs, streams, restarts.

use serde_json::json;

use crate::client::transcript;
use crate::stage::{ECHO, Setup, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_status_is_asked_for_and_told() {
    let stage = Stage::set(Setup::default()).await;
    let chat = stage.client.start("order-status", "en").await;
    assert_eq!(chat.started["language"], "en");
    assert_eq!(chat.started["waits"]["for"], "answer");
    assert_eq!(chat.started["waits"]["expect"], "order-number");
    let asked = chat.say("m1", "O260147").await.ok();
    assert_eq!(asked["waits"]["expect"], "email");
    let told = chat.say("m2", "petra.vlkova@example.cz").await.ok();
    let texts = transcript(&told);
    assert_eq!(texts[0], "said: •••");
    assert!(texts[1].contains("O260147"), "{texts:?}");
    let whole = chat.whole().await;
    let numbers: Vec<_> = whole["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["n"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(whole["waits"], told["waits"]);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_is_answered_the_same_and_taken_once() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let first = chat.say("m1", "hello").await.ok();
    assert_eq!(
        transcript(&first),
        ["said: hello", "message: You said hello.", "ask: What?"]
    );
    chat.say("m2", "more").await.ok();
    assert_eq!(chat.say("m1", "hello").await.ok(), first);
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 7);
    chat.say("m1", "other")
        .await
        .refused(409, "idempotency-conflict");
    chat.press("m1", "hello")
        .await
        .refused(409, "idempotency-conflict");
    let stage = stage.restart().await;
    let chat = crate::client::Chat {
        client: stage.client.clone(),
        ..chat
    };
    assert_eq!(
        chat.say("m1", "hello").await.ok(),
        first,
        "also after a restart"
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tabs_one_answers_and_the_other_hears_that_it_is_behind() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let answers = (0..20).map(|tab| {
        let chat = chat.clone();
        async move {
            let body =
                json!({"id": format!("tab-{tab}"), "text": format!("from {tab}"), "after": 1});
            chat.send("POST", "/answers", Some(&body)).await
        }
    });
    let answers = futures_util::future::join_all(answers).await;
    let taken: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(taken.len(), 1, "the others were to the same question");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(refused.status, 409);
        let code = refused.json()["code"].as_str().unwrap().to_owned();
        assert!(
            ["turn-under-way", "behind"].contains(&code.as_str()),
            "{code}"
        );
    }
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 4);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_answers_are_never_lost_doubled_or_mixed() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    let tabs = (0..8).map(|tab| {
        let chat = chat.clone();
        async move {
            let mut taken = Vec::new();
            for number in 0..6 {
                let (id, words) = (format!("{tab}-{number}"), format!("words {tab} {number}"));
                for _ in 0..200 {
                    let answer = chat.say(&id, &words).await;
                    if answer.status == 200 {
                        let told = transcript(&answer.json());
                        assert_eq!(
                            told[..2],
                            [
                                format!("said: {words}"),
                                format!("message: You said {words}.")
                            ]
                        );
                        taken.push(words);
                        break;
                    }
                    answer.refused(409, "turn-under-way");
                    tokio::task::yield_now().await;
                }
            }
            taken
        }
    });
    let mut acknowledged = futures_util::future::join_all(tabs).await.concat();
    assert!(
        acknowledged.len() >= 40,
        "only {} of 48 answers were taken",
        acknowledged.len()
    );
    let mut said: Vec<_> = transcript(&chat.whole().await)
        .into_iter()
        .filter_map(|line| line.strip_prefix("said: ").map(str::to_owned))
        .collect();
    acknowledged.sort();
    said.sort();
    assert_eq!(said, acknowledged);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_after_the_last_event_and_follows() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    chat.say("m1", "one").await.ok();
    let mut whole = chat.follow(None).await;
    let mut late = chat.follow(Some(2)).await;
    let mut foreign = chat.follow(Some(9_999)).await;
    let numbers = |events: &[(String, serde_json::Value)]| -> Vec<u64> {
        events
            .iter()
            .filter(|(name, _)| name == "chat")
            .map(|(_, event)| event["n"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(numbers(&whole.until("waits").await), [1, 2, 3, 4]);
    assert!(
        whole.text.contains("retry: 1000") && whole.text.contains("x-accel-buffering: no"),
        "{}",
        whole.text
    );
    assert!(
        whole.text.contains("cache-control: no-store"),
        "{}",
        whole.text
    );
    assert_eq!(numbers(&late.until("waits").await), [3, 4]);
    assert!(numbers(&foreign.until("waits").await).is_empty());
    chat.say("m2", "two").await.ok();
    for stream in [&mut whole, &mut late, &mut foreign] {
        let events = stream.until("waits").await;
        assert_eq!(numbers(&events), [5, 6, 7]);
        assert_eq!(events.last().unwrap().1["expect"], "text");
    }
    assert!(late.text.contains("id: 7"), "{}", late.text);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_call_holds_nothing_back_and_says_that_it_works() {
    let scenario = include_str!("slow-call.json");
    let stage = Stage::with(&[("slow.json", scenario)]).await;
    let chat = stage.client.start("slow", "en").await;
    let mut stream = chat.follow(None).await;
    stream.until("waits").await;
    stage.hold_back(1_500);
    let answered = tokio::spawn({
        let chat = chat.clone();
        async move { chat.say("m1", "O260147").await }
    });
    let before: Vec<_> = stream.until("working").await;
    assert!(
        before
            .iter()
            .any(|(_, event)| event["text"] == "One moment."),
        "{before:?}"
    );
    assert!(
        !answered.is_finished(),
        "the message came before the call had ended"
    );
    chat.say("m2", "O260147")
        .await
        .refused(409, "turn-under-way");
    chat.say("m1", "O260147")
        .await
        .refused(409, "turn-under-way");
    assert_eq!(chat.whole().await["waits"]["for"], "call");
    let answered = answered.await.unwrap().ok();
    assert_eq!(chat.say("m1", "O260147").await.ok(), answered);
    stream.until("waits").await;
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_exported_and_erased() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let chat = stage.client.start("echo", "en").await;
    chat.say("m1", "CanaryWords-1").await.ok();
    let ended = chat.send("POST", "/end", None).await.ok();
    assert_eq!(ended["waits"], json!({"for": "nothing", "reason": "end"}));
    chat.say("m2", "more").await.refused(422, "not-waiting");
    chat.say("m1", "CanaryWords-1").await.ok();
    let again = chat.send("POST", "/end", None).await.ok();
    assert_eq!(again["events"], json!([]));
    let export = chat.send("GET", "/export", None).await.ok();
    assert_eq!(export["scenario"], "echo");
    assert_eq!(export["variables"]["words"], "CanaryWords-1");
    assert_eq!(export["events"].as_array().unwrap().len(), 5);
    assert!(String::from_utf8_lossy(&stage.stored().await).contains("CanaryWords-1"));
    assert_eq!(chat.send("DELETE", "", None).await.status, 204);
    chat.send("GET", "", None).await.refused(404, "not-found");
    assert!(!String::from_utf8_lossy(&stage.stored().await).contains("CanaryWords-1"));
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_given_to_be_saved_and_to_its_customer_alone() {
    let stage = Stage::set(Setup::default()).await;
    let chat = stage.client.start("parcel-and-claim", "cs").await;
    chat.say("m1", "4821").await.ok();
    chat.say("m2", "anna.zielinska@example.net").await.ok();
    chat.press("m3", "claim").await.ok();
    let offered = chat.press("m4", "label").await.ok();
    let events = offered["events"].as_array().unwrap();
    let file = events.iter().find(|event| event["kind"] == "file").unwrap();
    let rest = format!("/files/{}", file["n"]);
    assert_eq!(file["href"], format!("/api/v1/sessions/{}{rest}", chat.id));
    let given = chat.send("GET", &rest, None).await;
    assert_eq!(given.status, 200);
    assert_eq!(given.body.len() as u64, file["size"].as_u64().unwrap());
    assert!(
        given
            .header("content-disposition")
            .unwrap()
            .starts_with("attachment; filename*=UTF-8''")
    );
    assert_eq!(given.header("x-content-type-options").unwrap(), "nosniff");
    assert_eq!(
        given.header("content-security-policy").unwrap(),
        "default-src 'none'; sandbox"
    );
    assert_eq!(
        given.header("content-type").unwrap(),
        file["media-type"].as_str().unwrap()
    );
    let other = stage.client.start("parcel-and-claim", "cs").await;
    other
        .send("GET", &rest, None)
        .await
        .refused(404, "not-found");
    chat.send("GET", "/files/1", None)
        .await
        .refused(404, "not-found");
    chat.send("GET", "/files/..%2f1", None)
        .await
        .refused(404, "not-found");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_transcript_is_read_and_sent_in_pages() {
    let mut setup = Setup {
        scenarios: Some(vec![("echo.json", ECHO.to_owned())]),
        ..Setup::default()
    };
    setup.settings.limits.answers_per_minute = 1_000;
    let stage = Stage::set(setup).await;
    let chat = stage.client.start("echo", "en").await;
    let short = chat.send("GET", "", None).await;
    assert!(short.header("content-length").is_some());
    let words = "x".repeat(1_900);
    for number in 0..60 {
        chat.say(&format!("m{number}"), &words).await.ok();
    }
    let events = 1 + 60 * 3;
    for part in ["", "/export"] {
        let whole = chat.send("GET", part, None).await;
        assert_eq!(
            whole.header("transfer-encoding").as_deref(),
            Some("chunked")
        );
        assert_eq!(
            whole.header("content-type").as_deref(),
            Some("application/json")
        );
        let whole = whole.ok();
        assert_eq!(whole["variables"]["words"], words.as_str());
        let numbers = whole["events"].as_array().unwrap().iter();
        assert!(
            numbers
                .map(|event| event["n"].as_u64().unwrap())
                .eq(1..=events)
        );
    }
    let mut stream = chat.follow(Some(4)).await;
    let followed = stream.until("waits").await;
    let numbers = followed.iter().filter(|(name, _)| name == "chat");
    assert!(
        numbers
            .map(|(_, event)| event["n"].as_u64().unwrap())
            .eq(5..=events)
    );
    stage.server.stop().await;
}
