//! Who may start what, and with which inputs.

use jsonwebtoken::{EncodingKey, Header};
use krabice_server::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::stage::{ECHO, Setup, Stage};

const SECRET: &str = "a secret that both servers know, 32 bytes or more";

/// A scenario that shows what it was started with.
fn shows(name: &str, channels: &Value, inputs: &Value) -> String {
    let shown: Vec<String> = inputs
        .as_object()
        .unwrap()
        .keys()
        .map(|name| format!("<<default {name} \"none\">>"))
        .collect();
    let text = if shown.is_empty() {
        "Hello.".to_owned()
    } else {
        shown.join(", ")
    };
    let mut scenario = json!({
        "krabice": 1, "name": name, "languages": ["en"], "inputs": inputs, "start": "say",
        "boxes": { "say": { "type": "end", "text": text } },
    });
    if !channels.is_null() {
        scenario["channels"] = channels.clone();
    }
    scenario.to_string()
}

fn inputs() -> Value {
    json!({
        "campaign": "text",
        "order": { "kind": "text", "from": "signed" },
        "part": { "kind": "text" },
        "caller": { "kind": "phone", "from": "channel" },
        "event": { "kind": "text", "from": "trigger" },
        "days": { "kind": "integer", "from": "page", "default": 14 },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_chat_does_not_start_does_not_exist_for_a_visitor() {
    let office = shows("office", &json!(["voice", "unattended"]), &json!({}));
    let part = shows("part", &Value::Null, &json!({}));
    let stage = Stage::set(Setup {
        scenarios: Some(vec![
            ("echo.json", ECHO.to_owned()),
            ("office.json", office),
            ("part.json", part),
        ]),
        demo: true,
        ..Setup::default()
    })
    .await;
    assert_eq!(stage.server.scenarios(), ["echo"]);
    assert_eq!(stage.server.not_for_visitors(), ["office", "part"]);
    let mut refusals = Vec::new();
    for name in ["office", "part", "nothing"] {
        let started = stage.client.try_start(&json!({ "scenario": name })).await;
        started.refused(404, "not-found");
        let facts = format!("/api/v1/scenarios/{name}");
        for path in [&facts, &format!("/chat/{name}")] {
            let answer = stage.client.send("GET", path, &[], None).await;
            answer.refused(404, "not-found");
            refusals.push(answer.body);
        }
        refusals.push(started.body);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sets_the_inputs_of_the_page_alone() {
    let told = shows("told", &json!(["chat"]), &inputs());
    let needs = json!({ "order": { "kind": "text", "from": "page", "required": true } });
    let needs = shows("needs", &json!(["chat"]), &needs);
    let stage = Stage::with(&[("told.json", &told), ("needs.json", &needs)]).await;
    let start = async |scenario: &str, inputs: Value| {
        let request = json!({ "scenario": scenario, "inputs": inputs });
        stage.client.try_start(&request).await
    };
    let started = start("told", json!({ "campaign": "spring" })).await;
    assert_eq!(started.status, 201);
    let text = "spring, none, none, none, none, 14";
    assert_eq!(started.json()["events"][0]["text"], text);
    for name in ["order", "part", "caller", "event", "other"] {
        let refused = start("told", json!({ (name): "+420601123456" })).await;
        refused.refused(400, "bad-request");
    }
    start("needs", json!({})).await.refused(400, "bad-request");
    assert_eq!(start("needs", json!({ "order": "1" })).await.status, 201);
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_inputs_come_by_a_token_that_is_used_once() {
    let stage = Stage::set(Setup {
        scenarios: Some(vec![(
            "told.json",
            shows("told", &json!(["chat"]), &inputs()),
        )]),
        signers: vec![Signer {
            name: "shop".to_owned(),
            keys: vec![SigningKey::read(SECRET.as_bytes()).unwrap()],
            origins: Vec::new(),
        }],
        ..Setup::default()
    })
    .await;
    let token = |id: &str, secret: &str, inputs: Value| {
        let exp = jiff::Timestamp::now().as_second() + 600;
        let claims = json!({ "aud": "told", "exp": exp, "jti": id, "inputs": inputs });
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
    };
    let body = |token: &str| json!({ "scenario": "told", "token": token });
    let good = token("1", SECRET, json!({ "order": "O260147" }));
    let started = stage.client.try_start(&body(&good)).await;
    assert_eq!(started.status, 201);
    let text = "none, O260147, none, none, none, 14";
    assert_eq!(started.json()["events"][0]["text"], text);
    let again = stage.client.try_start(&body(&good)).await;
    again.refused(403, "token-refused");
    let other = token("2", "another secret, and not that of this shop", json!({}));
    let refused = stage.client.try_start(&body(&other)).await;
    refused.refused(403, "token-refused");
    // A shop cannot sign what is not signed.
    let wrong = token("3", SECRET, json!({ "part": "1" }));
    let refused = stage.client.try_start(&body(&wrong)).await;
    refused.refused(400, "bad-request");
    // Another server, or this one after a restart, remembers.
    let stage = stage.restart().await;
    let again = stage.client.try_start(&body(&good)).await;
    again.refused(403, "token-refused");
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_leaves_nothing_to_start_is_not_ready() {
    let stage = Stage::with(&[("echo.json", ECHO)]).await;
    let admin = crate::client::Client::of(stage.server.admin_address().unwrap());
    let ready = admin.send("GET", "/health/ready", &[], None).await;
    assert_eq!(ready.status, 200);
    let text = ECHO.replace(r#""channels": ["chat"], "#, "");
    std::fs::write(stage.scenario("echo.json"), text).unwrap();
    stage.server.read_folders().await;
    let ready = admin.send("GET", "/health/ready", &[], None).await;
    ready.refused(503, "unavailable");
    assert_eq!(ready.json()["detail"], "no scenario has the channel `chat`");
    stage.server.stop().await;
}
