//! A database that stops, accepts no more connections, is unavailable, is newer, or whose responses are
//! lost.

use std::time::Duration;

use futures_util::future::join_all;
use krabice_store::{OpenError, Storage, StoreUrl};

use super::proxy::Proxy;
use super::{beside, cluster, echo, insist, number, stage};
use crate::client::{Client, transcript};
use crate::stage::Stage;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::store::{TestStore, connect};

fn url(stage: &Stage) -> &str {
    match &stage.store {
        TestStore::Postgres(url) => url,
        TestStore::Sqlite(_) => panic!("no database"),
    }
}

async fn is_ready(stage: &Stage) -> bool {
    let admin = Client::of(stage.server.admin_address().unwrap());
    admin.get("/health/ready").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_database_that_is_restarted_under_load_loses_and_doubles_nothing() {
    let cluster = Cluster::start();
    let stage = stage(&cluster, echo()).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let clients = (0..4).map(|_| {
        let (client, stopped) = (stage.client.clone(), stopped.clone());
        tokio::spawn(async move {
            let chat = client.start("echo", "en").await;
            let mut turns = 0;
            while !*stopped.borrow() {
                let words = format!("words {turns}");
                let told = insist(&chat, &format!("m{turns}"), &words).await;
                assert_eq!(transcript(&told)[1], format!("message: You said {words}."));
                turns += 1;
            }
            (chat, turns)
        })
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cluster.stop();
        tokio::time::sleep(Duration::from_millis(500)).await;
        cluster.go();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.send_replace(true);
    for client in clients {
        let (chat, turns) = client.await.unwrap();
        assert!(turns > 5, "only {turns} turns");
        let whole = chat.whole().await;
        let said: Vec<_> = transcript(&whole)
            .into_iter()
            .filter_map(|line| line.strip_prefix("said: ").map(str::to_owned))
            .collect();
        let expected: Vec<_> = (0..turns).map(|turn| format!("words {turn}")).collect();
        assert_eq!(said, expected);
    }
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn while_the_database_is_away_everybody_is_told_to_come_back() {
    let cluster = Cluster::start();
    let stage = stage(&cluster, echo()).await;
    let chat = stage.client.start("echo", "en").await;
    assert!(is_ready(&stage).await);
    cluster.stop();
    for refused in [
        chat.say("m1", "one").await,
        chat.send("GET", "", None).await,
        stage
            .client
            .try_start(&serde_json::json!({"scenario": "echo"}))
            .await,
    ] {
        refused.refused(503, "unavailable");
        assert!(refused.header("retry-after").is_some());
    }
    assert!(!is_ready(&stage).await);
    cluster.go();
    let told = insist(&chat, "m1", "one").await;
    assert_eq!(transcript(&told)[0], "said: one");
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 4);
    assert!(is_ready(&stage).await);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn where_the_database_takes_no_more_connections_everybody_is_told_to_come_back() {
    let stage = stage(cluster(), echo()).await;
    let chat = stage.client.start("echo", "en").await;
    let role = url(&stage).rsplit('/').next().unwrap().to_owned();
    let operator = connect(&cluster().as_superuser(url(&stage))).await;
    let limit = async |most: i32| {
        let limit = format!("ALTER ROLE {role} CONNECTION LIMIT {most}");
        operator.batch_execute(&limit).await.unwrap();
    };
    limit(0).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1";
    operator.execute(end, &[&role]).await.unwrap();
    let refused = chat.say("m1", "one").await;
    refused.refused(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    limit(-1).await;
    insist(&chat, "m1", "one").await;
    assert_eq!(chat.whole().await["events"].as_array().unwrap().len(), 4);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn one_connection_serves_many_customers_in_turn() {
    let url = format!("{}?connections=1", cluster().database().await);
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(TestStore::Postgres(url.clone()), folder, echo()).await;
    let turns = (0..20).map(|_| async {
        let chat = stage.client.start("echo", "en").await;
        chat.say("m1", "hi").await.ok();
    });
    join_all(turns).await;
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let others = connect(url.split('?').next().unwrap())
        .await
        .query_one(others, &[])
        .await
        .unwrap();
    let others: i64 = others.get(0);
    assert_eq!(
        others, 2,
        "one for the sessions, one for updates from other servers"
    );
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_commit_whose_response_is_lost_is_recognised() {
    let url = cluster().database().await;
    let proxy = Proxy::to(cluster().port()).await;
    let through = url.replace(
        &format!(":{}/", cluster().port()),
        &format!(":{}/", proxy.port()),
    );
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::on(TestStore::Postgres(through), folder, echo()).await;
    let chat = stage.client.start("echo", "en").await;
    for number in 0..5 {
        let words = format!("CanaryLost-{number}");
        proxy.lose_the_answer_to(&words);
        let told = chat.say(&format!("m{number}"), &words).await.ok();
        assert_eq!(transcript(&told)[0], format!("said: {words}"));
        assert_eq!(proxy.lost(), number + 1, "the answer was lost");
    }
    let whole = chat.whole().await;
    assert_eq!(whole["events"].as_array().unwrap().len(), 1 + 5 * 3);
    assert_eq!(number(&stage.server, "krabice_store_errors_total").await, 0);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn two_servers_that_start_at_once_make_the_tables_once() {
    let store = TestStore::database(cluster()).await;
    let opened = join_all((0..6).map(|_| store.open())).await;
    assert_eq!(opened.len(), 6);
    drop(opened);
    let one = Stage::on(store, tempfile::tempdir().unwrap(), echo()).await;
    let other = beside(&one, &echo()).await;
    let chat = one.client.start("echo", "en").await;
    let moved = crate::client::Chat {
        client: one.client.moved(other.address()),
        ..chat
    };
    moved.say("m1", "one").await.ok();
    other.stop().await;
    one.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_newer_database_and_a_wrong_password_are_refused_without_a_word_of_the_password() {
    let database = cluster().database().await;
    drop(
        Storage::open(&StoreUrl::parse(&database).unwrap())
            .await
            .unwrap(),
    );
    let client = connect(&database).await;
    let newer = "UPDATE krabice.meta SET version = 1000";
    client.batch_execute(newer).await.unwrap();
    let error = Storage::open(&StoreUrl::parse(&database).unwrap()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 1000, .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "`127.0.0.1` has version 1000; this server supports versions up to 3"
    );

    let wrong = database.replace(PASSWORD, "CanaryWrong-1");
    let error = Storage::open(&StoreUrl::parse(&wrong).unwrap()).await;
    let error = error.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, OpenError::Database { .. }), "{text}");
    assert!(!text.contains("Canary"), "{text}");
    assert!(text.contains("28P01"), "{text}");
}
