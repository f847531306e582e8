//! The Retino emulator.

mod access;
mod data;
mod read;
mod strictness;
mod write;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{BackEndName, Clock, Emulator, Emulators, Options};
use serde_json::{Value, json};

use crate::client::{HttpClient, Reply, http_client, send};

/// The case of order O260147.
const CASE: &str = "5b0a7c1e-8f7d-4f43-9a0a-2f1f3a6c0001";

/// The id of a state of the demo.
fn state(number: u32) -> String {
    format!("3f0c9d52-51a4-4f9a-8a70-6f2d1c4b{number:04}")
}

/// An emulator and a client with the right token.
struct Desk {
    emulators: Emulators,
    client: HttpClient,
}

impl Desk {
    /// Starts at 8:00 UTC on 10 May 2026.
    async fn open() -> Self {
        let options = Options {
            only: vec![BackEndName::Retino],
            clock: Clock::frozen("2026-05-10T08:00:00Z".parse().unwrap()),
            ..Options::default()
        };
        Self {
            emulators: Emulators::start(options).await.unwrap(),
            client: http_client(),
        }
    }

    async fn with(settings: Value) -> Self {
        let desk = Self::open().await;
        desk.set(settings);
        desk
    }

    fn emulator(&self) -> &Emulator {
        self.emulators.retino()
    }

    fn set(&self, settings: Value) {
        let patch = json!({ "settings": settings });
        self.emulator().patch_state(patch).unwrap();
    }

    fn token(&self) -> String {
        let connection = self.emulator().connection();
        connection.setting("token").unwrap().to_owned()
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let address = self.emulator().address();
        let request = Request::builder().method(method);
        request.uri(format!("{address}{path}"))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Reply {
        send(&self.client, request).await.unwrap()
    }

    async fn with_header(&self, name: &str, value: &str) -> Reply {
        let request = self.request(Method::GET, "/states").header(name, value);
        self.send(request.body(Full::default()).unwrap()).await
    }

    async fn call(&self, method: Method, path: &str, body: &str) -> Reply {
        let request = self
            .request(method, path)
            .header("authorization", format!("Token {}", self.token()))
            .header("content-type", "application/json");
        let body = Full::from(body.to_owned());
        self.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, "").await
    }

    async fn set_state(&self, case: &str, state: &str) -> Reply {
        let body = json!({ "state": state }).to_string();
        self.call(Method::PATCH, &format!("/tickets/{case}"), &body)
            .await
    }

    /// The numbers of the cases on a page.
    async fn codes(&self, path: &str) -> Vec<String> {
        self.get(path).await.numbers("results", "code")
    }

    /// The names of the broken rules.
    fn broken(&self) -> Vec<String> {
        let violations = self.emulator().violations().into_iter();
        violations.map(|violation| violation.rule).collect()
    }

    fn ticket(&self, id: &str) -> Value {
        let state = self.emulator().state();
        let mut tickets = state["tickets"].as_array().unwrap().iter();
        tickets.find(|ticket| ticket["id"] == id).unwrap().clone()
    }
}
