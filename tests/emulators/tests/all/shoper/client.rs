//! A Shoper emulator and a client that is logged in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{BackEndName, Clock, Emulator, Emulators, Options};
use serde_json::{Value, json};

use crate::client::{HttpClient, Reply, http_client, send};

/// A shop whose clock stands still, with a bucket that no test fills by accident.
pub(super) struct Shop {
    emulators: Emulators,
    client: HttpClient,
    token: String,
}

impl Shop {
    pub(super) async fn open() -> Self {
        let clock = Clock::frozen("2026-11-20T11:00:00Z".parse().unwrap());
        let emulators = Emulators::start(Options {
            only: vec![BackEndName::Shoper],
            clock,
            ..Options::default()
        })
        .await
        .unwrap();
        let mut shop = Self {
            emulators,
            client: http_client(),
            token: String::new(),
        };
        shop.set(json!({ "bucket": { "size": 1000 } }));
        shop.log_in().await;
        shop.emulator().clear_log();
        shop
    }

    pub(super) fn emulator(&self) -> &Emulator {
        self.emulators.shoper()
    }

    /// Changes settings.
    pub(super) fn set(&self, settings: Value) {
        self.patch(json!({ "settings": settings }));
    }

    pub(super) fn patch(&self, patch: Value) {
        self.emulator().patch_state(patch).unwrap();
    }

    /// Logs in and keeps the token.
    pub(super) async fn log_in(&mut self) {
        let reply = self.login(Some(&self.basic())).await;
        assert_eq!(reply.status, 200);
        self.token = reply.json()["access_token"].as_str().unwrap().to_owned();
    }

    /// The right login as HTTP Basic.
    pub(super) fn basic(&self) -> String {
        let connection = self.emulator().connection();
        let setting = |name| connection.setting(name).unwrap().to_owned();
        let login = format!("{}:{}", setting("login"), setting("password"));
        format!("Basic {}", STANDARD.encode(login))
    }

    pub(super) async fn login(&self, authorization: Option<&str>) -> Reply {
        self.ask(Method::POST, "/webapi/rest/auth", authorization, None)
            .await
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        authorization: Option<&str>,
        body: Option<(&str, String)>,
    ) -> Reply {
        let address = format!("{}{path}", self.emulator().address());
        let mut request = Request::builder().method(method).uri(address);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let mut content = Full::default();
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind);
            content = Full::from(body);
        }
        send(&self.client, request.body(content).unwrap())
            .await
            .unwrap()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Sends a request with the token; the path is below `/webapi/rest/`.
    pub(super) async fn send(&self, method: Method, path: &str) -> Reply {
        let path = format!("/webapi/rest/{path}");
        self.ask(method, &path, Some(&self.bearer()), None).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path).await
    }

    pub(super) async fn put(&self, path: &str, body: impl Into<String>) -> Reply {
        let path = format!("/webapi/rest/{path}");
        let body = Some(("application/json", body.into()));
        self.ask(Method::PUT, &path, Some(&self.bearer()), body)
            .await
    }

    /// The names of the rules broken since the last call.
    pub(super) fn broken(&self) -> Vec<String> {
        let rules = self.emulator().violations();
        self.emulator().clear_log();
        rules.into_iter().map(|it| it.rule).collect()
    }
}

/// The status and the code of a refusal.
pub(super) fn refusal(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    assert!(body["error_description"].is_string(), "{body}");
    (reply.status, body["error"].as_str().unwrap().to_owned())
}

/// The values of a key in a list.
pub(super) fn listed(reply: &Reply, key: &str) -> Vec<String> {
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.numbers("list", key)
}

/// An encoded query value.
pub(super) fn encoded(value: &Value) -> String {
    url_encoded(&value.to_string())
}

fn url_encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
