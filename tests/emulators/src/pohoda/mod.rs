//! POHODA's mServer, emulated from STORMWARE's pages and schemas and from public
//! clients. [`rules`] lists what it insists on.

mod access;
mod answer;
mod export;
mod import;
mod print;
mod query;
mod records;
mod rules;
mod schema;
mod schema_documents;
mod settings;
mod shape;
mod transfer;
mod unit;
mod wire;
mod xml;

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::Value;

use self::access::{log_in, may_open};
use self::answer::Refusal;
use self::settings::Settings;
use self::unit::Unit;
use self::xml::{leaf, tag};
use crate::back_end::{Answer, BackEnd, Call, Connection, Setting, StateError};
use crate::log::Credential;
use crate::rule::Rule;

/// What a request broke.
type Broken = Vec<(&'static Rule, String)>;

/// The emulated accounting unit and its mServer.
pub(crate) struct Pohoda {
    unit: Mutex<Unit>,
    /// Requests that are processed, for `/status`.
    processing: Arc<AtomicUsize>,
}

/// A request that is processed.
struct Processing(Arc<AtomicUsize>);

impl Drop for Processing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pohoda {
    pub(crate) fn new() -> Self {
        Self {
            unit: Mutex::new(Unit::demo()),
            processing: Arc::default(),
        }
    }

    fn open(&self) -> MutexGuard<'_, Unit> {
        self.unit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn process(&self, call: &Call, broken: &mut Broken) -> Result<Response<Bytes>, Refusal> {
        let mut unit = self.open();
        match call.path.as_str() {
            "/xml" => {
                if call.method != Method::POST {
                    return Err(method(call));
                }
                access::no_query(call)?;
                log_in(call, &unit.settings)?;
                may_open(&unit.settings)?;
                transfer::transfer(&mut unit, call, broken)
            }
            "/status" => {
                if !matches!(call.method, Method::GET | Method::POST) {
                    return Err(method(call));
                }
                self.status(call, &unit.settings)
            }
            path if path.starts_with("/documents/") => {
                log_in(call, &unit.settings)?;
                Err(Refusal::new(
                    &rules::NOT_EMULATED,
                    StatusCode::NOT_IMPLEMENTED,
                    "files of the unit are not emulated",
                ))
            }
            path => Err(Refusal::new(
                &rules::UNKNOWN_PATH,
                StatusCode::NOT_FOUND,
                format!("no path `{path}`"),
            )),
        }
    }

    /// The state of the mServer: small XML without a namespace.
    fn status(&self, call: &Call, settings: &Settings) -> Result<Response<Bytes>, Refusal> {
        let detail = match call.query.as_deref() {
            None => None,
            Some("companyDetail") => {
                log_in(call, settings)?;
                may_open(settings)?;
                Some(tag("companyDetail").holding([
                    leaf("company", &settings.company),
                    leaf(
                        "databaseName",
                        format!("StwPh_{}_{}", settings.ico, settings.year),
                    ),
                    leaf("year", &settings.year),
                ]))
            }
            Some(query) => {
                let message = format!("unknown query `{query}`");
                return Err(Refusal::bad(&rules::UNKNOWN_PARAMETER, message));
            }
        };
        let processing = self.processing.load(Ordering::Acquire);
        let host = call.header("host").unwrap_or_default();
        let status = tag("mServer")
            .holding([
                leaf("message", "Response from POHODA mServer"),
                leaf("name", "krabice"),
                leaf("server", format!("http://{host}")),
                leaf("status", if processing == 0 { "idle" } else { "working" }),
                leaf("processing", processing),
            ])
            .holding(detail);
        Ok(wire::answer(call, settings, status))
    }
}

fn method(call: &Call) -> Refusal {
    let message = format!("{} is not for `{}`", call.method, call.path);
    Refusal::new(&rules::METHOD, StatusCode::METHOD_NOT_ALLOWED, message)
}

impl BackEnd for Pohoda {
    fn base_path(&self) -> &'static str {
        ""
    }

    fn connection(&self, address: &str) -> Connection {
        let unit = self.open();
        let Settings {
            user,
            password,
            ico,
            reports,
            folder,
            ..
        } = &unit.settings;
        let report = reports.first().copied().unwrap_or(1);
        Connection {
            name: "pohoda",
            plugin: "pohoda",
            settings: vec![
                ("address", Setting::Text(address.to_owned())),
                ("user", Setting::Text(user.clone())),
                ("password", Setting::Secret(password.clone())),
                ("ico", Setting::Text(ico.clone())),
                ("order-number", Setting::Text("shop".to_owned())),
                ("invoice-report", Setting::Integer(report)),
                ("pdf-folder", Setting::Text(folder.clone())),
            ],
        }
    }

    fn credential_headers(&self) -> &'static [&'static str] {
        &["stw-authorization"]
    }

    fn rules(&self) -> &'static [Rule] {
        rules::ALL
    }

    fn judge(&self, call: &Call) -> Credential {
        access::judge(&call.headers, &self.open().settings)
    }

    fn waits_its_turn(&self, call: &Call) -> bool {
        call.path == "/xml"
    }

    fn answer(&self, call: &Call) -> Answer {
        let mut broken = Vec::new();
        let slot: Option<Box<dyn Any + Send>> = (call.path == "/xml").then(|| {
            self.processing.fetch_add(1, Ordering::AcqRel);
            Box::new(Processing(Arc::clone(&self.processing))) as Box<dyn Any + Send>
        });
        let response = match self.process(call, &mut broken) {
            Ok(response) => response,
            Err(refusal) => {
                broken.push((refusal.rule, refusal.message.clone()));
                wire::refusal(&refusal)
            }
        };
        Answer {
            response,
            broken,
            slot,
        }
    }

    fn state(&self) -> Value {
        serde_json::to_value(&*self.open()).unwrap_or_default()
    }

    fn replace_state(&self, state: Value) -> Result<(), StateError> {
        *self.open() = Unit::read(state)?;
        Ok(())
    }

    fn patch_state(&self, patch: Value) -> Result<(), StateError> {
        let mut unit = self.open();
        *unit = unit.patched(patch)?;
        Ok(())
    }

    fn reset(&self) {
        *self.open() = Unit::demo();
    }
}
