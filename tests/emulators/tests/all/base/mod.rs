//! The Base emulator.

mod access;
mod data;
mod demo;
mod strictness;

use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{BackEndName, Clock, Emulator, Emulators, Options};
use serde_json::Value;
use url::form_urlencoded;

use crate::client::{HttpClient, Reply, http_client, send};

/// A Base emulator and a client with the right token.
struct Account {
    emulators: Emulators,
    client: HttpClient,
}

impl Account {
    async fn open() -> Self {
        Self::open_at(Clock::system()).await
    }

    async fn open_at(clock: Clock) -> Self {
        let options = Options {
            only: vec![BackEndName::Base],
            clock,
            ..Options::default()
        };
        Self {
            emulators: Emulators::start(options).await.unwrap(),
            client: http_client(),
        }
    }

    fn emulator(&self) -> &Emulator {
        self.emulators.base()
    }

    fn patch(&self, patch: Value) {
        self.emulator().patch_state(patch).unwrap();
    }

    async fn sent(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let uri = format!("{}{path}", self.emulator().address());
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        send(&self.client, request).await.unwrap()
    }

    fn token(&self) -> String {
        let connection = self.emulator().connection();
        connection.setting("token").unwrap().to_owned()
    }

    /// A form with the right token.
    async fn posted(&self, body: &str) -> Reply {
        let token = self.token();
        let headers = [
            ("x-bltoken", token.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.sent(Method::POST, "/connector.php", &headers, body)
            .await
    }

    async fn raw(&self, method: &str, parameters: &str) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("method", method)
            .append_pair("parameters", parameters)
            .finish();
        self.posted(&body).await
    }

    /// The answer to a method.
    async fn asks(&self, method: &str, parameters: Value) -> Value {
        let reply = self.raw(method, &parameters.to_string()).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }

    /// The ids of a list.
    async fn ids(&self, method: &str, parameters: Value, list: &str, key: &str) -> Vec<String> {
        let answer = self.asks(method, parameters).await;
        let items = answer[list]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"));
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        items.iter().map(|item| text(&item[key])).collect()
    }

    async fn orders(&self, parameters: Value) -> Vec<String> {
        self.ids("getOrders", parameters, "orders", "order_id")
            .await
    }

    /// The rules broken since the last call.
    fn broken(&self) -> Vec<String> {
        let violations = self.emulator().violations();
        self.emulator().clear_log();
        violations.into_iter().map(|it| it.rule).collect()
    }
}

fn code(answer: &Value) -> &str {
    assert_eq!(answer["status"], "ERROR", "{answer}");
    answer["error_code"].as_str().unwrap()
}
