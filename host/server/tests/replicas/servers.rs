//! Two servers, one database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{Pair, beside, cluster, echo, folder_beside, insist, number, stage, tomorrow, with};
use crate::client::{Client, transcript};
use crate::stage::{ECHO, Setup, patient};
use crate::support::store::{TestStore, connect};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_stream_at_one_server_tells_what_another_commits_also_after_its_connection_broke() {
    let pair = Pair::set(echo).await;
    let chat = pair.one.client.start("echo", "en").await;
    let mut stream = pair.at_other(&chat).follow(None).await;
    stream.until("waits").await;
    chat.say("m1", "one").await.ok();
    let told = stream.until("waits").await;
    assert_eq!(told[1].1["text"], "You said one.");

    // At this moment no server receives updates.
    let TestStore::Postgres(url) = &pair.one.store else {
        panic!("no database");
    };
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connect(url).await.execute(end, &[]).await.unwrap();
    insist(&chat, "m2", "two").await;
    let told = stream.until("waits").await;
    let numbers: Vec<_> = told.iter().map(|(_, event)| event["n"].as_u64()).collect();
    assert_eq!(numbers, [Some(5), Some(6), Some(7), None]);

    let erased = pair.at_other(&chat);
    let mut stream = chat.follow(Some(7)).await;
    stream.until("waits").await;
    assert_eq!(erased.send("DELETE", "", None).await.status, 204);
    let ended = tokio::time::timeout(Duration::from_secs(30), stream.next());
    assert!(
        ended.await.unwrap().is_none(),
        "an erased session has no stream"
    );
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn of_tabs_at_two_servers_one_answers_and_the_others_hear_that_they_are_behind() {
    let pair = Pair::set(echo).await;
    let chat = pair.one.client.start("echo", "en").await;
    let other = pair.at_other(&chat);
    let answers = (0..20).map(|tab| {
        let chat = [&chat, &other][tab % 2];
        async move {
            let body = json!({"id": format!("tab-{tab}"), "text": "mine", "after": 1});
            chat.send("POST", "/answers", Some(&body)).await
        }
    });
    let answers = join_all(answers).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(taken.len(), 1, "the others were to the same question");
    for refused in refused {
        let code = refused.json()["code"].as_str().unwrap().to_owned();
        assert!(["turn-under-way", "behind"].contains(&&*code), "{code}");
    }
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 4);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn the_same_message_at_two_servers_is_taken_once_and_answered_the_same() {
    let pair = Pair::set(echo).await;
    let chat = pair.one.client.start("echo", "en").await;
    let other = pair.at_other(&chat);
    for round in 0..5 {
        let id = format!("m{round}");
        let answers = (0..8).map(|tab| insist([&chat, &other][tab % 2], &id, "hello"));
        let answers = join_all(answers).await;
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
    }
    let whole = chat.whole().await;
    assert_eq!(whole["events"].as_array().unwrap().len(), 1 + 5 * 3);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn concurrent_answers_at_two_servers_are_never_lost_doubled_or_mixed() {
    let pair = Pair::set(echo).await;
    let chat = pair.one.client.start("echo", "en").await;
    let other = pair.at_other(&chat);
    let tabs = (0..8).map(|tab| {
        let chat = [&chat, &other][tab % 2];
        async move {
            let mut taken = Vec::new();
            for number in 0..6 {
                let words = format!("words {tab} {number}");
                let told = insist(chat, &format!("{tab}-{number}"), &words).await;
                let told = transcript(&told);
                assert_eq!(told[0], format!("said: {words}"));
                assert_eq!(told[1], format!("message: You said {words}."));
                taken.push(words);
            }
            taken
        }
    });
    let mut acknowledged = join_all(tabs).await.concat();
    let whole = chat.whole().await;
    let numbers: Vec<_> = whole["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["n"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=1 + 48 * 3).collect::<Vec<_>>());
    let mut said: Vec<_> = transcript(&whole)
        .into_iter()
        .filter_map(|line| line.strip_prefix("said: ").map(str::to_owned))
        .collect();
    acknowledged.sort();
    said.sort();
    assert_eq!(said, acknowledged);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn tries_are_counted_across_servers_at_once() {
    let pair = Pair::set(|| {
        let mut settings = patient();
        settings.attempts.per_prefix = 5;
        Setup {
            settings,
            ..Setup::default()
        }
    })
    .await;
    let tries = (0..20).map(|number| {
        let client = [&pair.one.client, &pair.other][number % 2];
        async move {
            let chat = client.start("order-status", "en").await;
            chat.say("m1", &format!("O2699{number:02}")).await.ok();
            let told = chat.say("m2", "nobody@example.com").await.ok();
            told.to_string().contains("too many attempts")
        }
    });
    let refused = join_all(tries).await;
    let refused = refused.iter().filter(|refused| **refused).count() as u64;
    // Each server reserves for itself: as many as the limit may be under way at each of them.
    let made = pair.one.emulators.upgates().counters().requests;
    assert!((5..=10).contains(&made), "{made}");
    assert_eq!(refused, 20 - made);
    // What failed is counted for both.
    for client in [&pair.one.client, &pair.other] {
        let chat = client.start("order-status", "en").await;
        chat.say("m1", "O260147").await.ok();
        let told = chat.say("m2", "nobody@example.com").await.ok();
        assert!(told.to_string().contains("too many attempts"), "{told}");
    }
    assert_eq!(pair.one.emulators.upgates().counters().requests, made);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_live_turn_keeps_its_lease_however_wrong_another_servers_clock_is() {
    let scenario = include_str!("../chat/slow-call.json");
    let one = stage(cluster(), with(scenario)).await;
    let fast = Setup {
        clock: Some(Arc::new(Mutex::new(tomorrow()))),
        ..with(scenario)
    };
    let server = beside(&one, &fast).await;
    let chat = one.client.start("slow", "en").await;
    let other = crate::client::Chat {
        client: one.client.moved(server.address()),
        ..chat.clone()
    };
    // As long as three leases.
    one.hold_back(6_000);
    let waiting = tokio::spawn({
        let chat = chat.clone();
        async move { chat.say("m1", "O260147").await }
    });
    while other.whole().await["waits"]["for"] != "call" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Until the turn has ended, the other server does not take it over.
    loop {
        let answer = other.say("m2", "O260148").await;
        if answer.status == 200 {
            break;
        }
        answer.refused(409, "turn-under-way");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = transcript(&waiting.await.unwrap().ok());
    assert_eq!(told[1..3], ["message: One moment.", "message: We have it."]);
    assert_eq!(number(&server, "krabice_recovered_turns_total").await, 0);
    assert_eq!(
        number(&one.server, "krabice_recovered_turns_total").await,
        0
    );
    server.stop().await;
    one.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_revision_that_another_server_offers_to_new_sessions_is_not_swept() {
    let one = stage(cluster(), echo()).await;
    let newer = ECHO.replace("You said", "You wrote");
    let folder = folder_beside(&one, &newer);
    let server = crate::stage::start(folder.path(), &one.store, &one.runtime, &echo()).await;
    let other = Client::of(server.address());
    let holds = async |text: &str| {
        let stored = one.store.stored().await;
        String::from_utf8_lossy(&stored).contains(text)
    };
    for _ in 0..2 {
        one.server.sweep().await;
        server.sweep().await;
        assert!(holds("You said <<words>>").await && holds("You wrote <<words>>").await);
    }
    let chat = other.start("echo", "en").await;
    let told = transcript(&chat.say("m1", "hi").await.ok());
    assert_eq!(told[1], "message: You wrote hi.");
    // Its session continues at the other server, which has never seen the scenario's file.
    server.stop().await;
    one.server.sweep().await;
    let chat = crate::client::Chat {
        client: one.client.clone(),
        ..chat
    };
    let told = transcript(&chat.say("m2", "hi").await.ok());
    assert_eq!(told[1], "message: You wrote hi.");
    chat.send("POST", "/end", None).await.ok();
    one.server.sweep().await;
    assert!(
        !holds("You wrote <<words>>").await,
        "nobody gives or uses it"
    );
    assert!(holds("You said <<words>>").await);
    one.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn one_server_sweeps_at_a_time_and_the_others_lose_nothing_by_it() {
    let pair = Pair::set(echo).await;
    let chat = pair.one.client.start("echo", "en").await;
    let other = pair.at_other(&chat);
    let sweeps = async {
        for _ in 0..10 {
            tokio::join!(pair.one.server.sweep(), pair.server.sweep());
        }
    };
    let talk = async {
        for number in 0..10 {
            insist([&chat, &other][number % 2], &format!("m{number}"), "hi").await;
            pair.other.start("echo", "en").await;
        }
    };
    tokio::join!(sweeps, talk);
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 31);
    pair.stop().await;
}
