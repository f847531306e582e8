//! A host with a plain HTTP client, and an emulated unit behind it.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use krabice_emulators::{BackEndName, Emulator, Emulators, Options};
use krabice_plugin::Failure;
use krabice_plugin::contract::{Call, Context, File, NamedValue, Outcome, Value};
use krabice_plugin::transport::{Incoming, Outgoing, Transport};
use krabice_pohoda::POHODA;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

/// An emulated unit, and a host that reaches it.
pub(crate) struct Unit {
    // Stopped before the runtime that it runs on.
    emulators: Emulators,
    transport: Rc<Wire>,
    settings: Vec<NamedValue>,
    key: RefCell<u32>,
}

/// Sends requests as a host does, and keeps what went over it.
struct Wire {
    address: String,
    authorization: String,
    client: Client<HttpConnector, Full<bytes::Bytes>>,
    runtime: Runtime,
    exchanged: RefCell<Vec<Exchange>>,
}

/// A request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) target: String,
    pub(crate) request: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Transport for Wire {
    fn send(&self, outgoing: Outgoing) -> Result<Incoming, Failure> {
        let uri = format!("{}/{}", self.address, outgoing.target);
        let mut request = Request::builder()
            .method(outgoing.method)
            .uri(uri)
            .header("stw-authorization", &self.authorization);
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        let body = outgoing.body.unwrap_or_default();
        let request = request.body(Full::from(body.clone())).unwrap();
        let answer = self.runtime.block_on(async {
            let (head, body) = self.client.request(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Incoming {
                status: head.status.as_u16(),
                headers: Vec::new(),
                body: body.to_vec(),
            }
        });
        self.exchanged.borrow_mut().push(Exchange {
            target: outgoing.target,
            request: body,
            answer: answer.body.clone(),
        });
        Ok(answer)
    }
}

impl Unit {
    /// A unit with the demo's data, whose customers know the shop's numbers.
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = Options {
            only: vec![BackEndName::Pohoda],
            ..Options::default()
        };
        let emulators = runtime.block_on(Emulators::start(options)).unwrap();
        let connection = emulators.pohoda().connection();
        let text = |name: &str| connection.setting(name).unwrap().to_owned();
        let login = format!("{}:{}", text("user"), text("password"));
        let transport = Wire {
            address: emulators.pohoda().address().to_owned(),
            authorization: format!("Basic {}", STANDARD.encode(login)),
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime,
            exchanged: RefCell::default(),
        };
        let mut unit = Self {
            transport: Rc::new(transport),
            settings: Vec::new(),
            key: RefCell::new(0),
            emulators,
        };
        for name in ["address", "user", "ico", "order-number", "pdf-folder"] {
            unit.set(name, text(name).into());
        }
        for (name, default) in [("currency", "CZK"), ("shop-number-column", "OBJ.PDoklad")] {
            unit.set(name, default.into());
        }
        unit.set("invoice-report", 5.into());
        unit.set("issue-invoices", false.into());
        unit
    }

    /// Sets a setting of the connection.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.settings.retain(|setting| setting.name != name);
        self.settings.push(NamedValue {
            name: name.to_owned(),
            value,
        });
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulators.pohoda()
    }

    fn context(&self) -> Context {
        Context {
            settings: self.settings.clone(),
            language: "cs".to_owned(),
            time_zone: "Europe/Prague".to_owned(),
            now: "2026-03-14T12:00:00+01:00".to_owned(),
        }
    }

    /// Runs a function; each call has a key of its own.
    pub(crate) fn run(
        &self,
        function: &str,
        parameters: &[(&str, Value)],
    ) -> Result<Outcome, Failure> {
        *self.key.borrow_mut() += 1;
        let parameters = parameters.iter().map(|(name, value)| NamedValue {
            name: (*name).to_owned(),
            value: value.clone(),
        });
        let call = Call {
            function: function.to_owned(),
            parameters: parameters.collect(),
            key: format!("call-{}", self.key.borrow()),
            context: self.context(),
        };
        POHODA.run(call, self.transport.clone())
    }

    /// The fields of a *true* outcome, by name.
    pub(crate) fn fields(&self, function: &str, parameters: &[(&str, Value)]) -> Json {
        match self.run(function, parameters) {
            Ok(Outcome::TrueWithFields(fields)) => fields
                .into_iter()
                .map(|field| (field.name, plain(field.value)))
                .collect(),
            other => panic!("`{function}`: {other:?}"),
        }
    }

    /// The file of a *true* outcome.
    pub(crate) fn file(&self, function: &str, parameters: &[(&str, Value)]) -> File {
        match self.run(function, parameters) {
            Ok(Outcome::TrueWithValue(Value::File(file))) => file,
            other => panic!("`{function}`: {other:?}"),
        }
    }

    /// Tests the connection.
    pub(crate) fn probe(&self) -> Result<String, Failure> {
        POHODA.test(self.context(), self.transport.clone())
    }

    /// The requests and answers so far.
    pub(crate) fn exchanged(&self) -> Vec<Exchange> {
        self.transport.exchanged.borrow().clone()
    }

    /// Panics where the emulator found a mistake of the plugin.
    pub(crate) fn assert_faultless(&self) {
        let violations = self.emulator().violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }
}

fn plain(value: Value) -> Json {
    match value {
        Value::Boolean(value) => value.into(),
        Value::Integer(value) => value.into(),
        Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => text.into(),
        Value::Json(text) => serde_json::from_str(&text).unwrap(),
        Value::File(file) => file.name.into(),
    }
}
