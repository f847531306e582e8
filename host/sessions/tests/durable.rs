//! A scenario on a durable store, without HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::net::Ipv4Addr;
use std::path::Path;

use krabice_runtime::{Pool, Runtime};
use krabice_sessions::view::Waits;
use krabice_sessions::{
    AddressPrefix, Channel, CustomerMessage, MessageContent, RunningService, SessionError,
};
use krabice_store::{Storage, StoreUrl};

const ECHO: &str = r#"{
  "krabice": 1, "channels": ["chat"], "name": "echo", "languages": ["en"], "timezone": "UTC", "start": "ask",
  "boxes": {
    "ask": { "type": "answer", "text": "What?", "expect": "text", "save": "words", "next": "say" },
    "say": { "type": "end", "text": "You said <<words>>." }
  }
}"#;

/// A service on the store in a folder, with the scenarios in it.
async fn service(folder: &Path) -> RunningService {
    let url = StoreUrl::parse(&format!("sqlite:{}", folder.join("store.db").display())).unwrap();
    let storage = Storage::open(&url).await.unwrap();
    let runtime = Runtime::builder().pool(Pool::OnDemand).build().unwrap();
    RunningService::builder(runtime, storage, folder)
        .start()
        .await
        .unwrap()
}

fn message(id: &str, text: &str) -> CustomerMessage {
    let (id, content) = (id.to_owned(), MessageContent::Text(text.to_owned()));
    CustomerMessage {
        id,
        content,
        after: None,
    }
}

#[tokio::test]
async fn a_scenario_runs_without_http_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("echo.json"), ECHO).unwrap();
    let caller = AddressPrefix::of(Ipv4Addr::LOCALHOST.into());
    let first = service(folder.path()).await;
    let started = first.service().start(
        Channel::Chat,
        "echo",
        "en",
        Default::default(),
        None,
        caller,
    );
    let session = started.await.unwrap().session;
    first.stop().await;
    let second = service(folder.path()).await;
    let opened = second.service().session(&session).await.unwrap();
    let answered = second
        .service()
        .answer(opened, message("m1", "hello"), caller)
        .await
        .unwrap();
    assert!(matches!(answered.waits, Waits::Nothing { .. }));
    let opened = second.service().session(&session).await.unwrap();
    let events = second.service().page(&session, 0, opened.last_event());
    assert_eq!(events.await.unwrap().len(), 3);
    let opened = second.service().session(&session).await.unwrap();
    let late = second
        .service()
        .answer(opened, message("m2", "again"), caller)
        .await;
    assert!(matches!(late, Err(SessionError::NotWaiting)));
    second.stop().await;
}
