//! POHODA's mServer, emulated from STORMWARE's pages and schemas and from public
//! clients. [`rules`] lists what it enforces.

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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use self::access::{log_in, may_open};
use self::answer::{bad_request, refusal};
use self::settings::Settings;
use self::unit::Unit;
use self::xml::{leaf, tag};
use crate::back_end::{Answer, Api, Call, Connection, Setting};
use crate::log::Credential;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::Keyed;

/// The rules that a request broke.
type Broken = Vec<(&'static Rule, String)>;

/// An emulated accounting unit and its mServer.
#[derive(Default)]
pub(crate) struct Pohoda {
    /// The number of requests being processed, for `/status`.
    processing: Arc<AtomicUsize>,
}

/// A request being processed.
struct Processing(Arc<AtomicUsize>);

impl Drop for Processing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pohoda {
    fn process(
        &self,
        unit: &mut Unit,
        call: &Call,
        broken: &mut Broken,
    ) -> Result<Response<Bytes>, Refusal> {
        match call.path.as_str() {
            "/xml" => {
                if call.method != Method::POST {
                    return Err(method_not_allowed(call));
                }
                access::no_query(call)?;
                log_in(call, &unit.settings)?;
                may_open(&unit.settings)?;
                transfer::transfer(unit, call, broken)
            }
            "/status" => {
                if !matches!(call.method, Method::GET | Method::POST) {
                    return Err(method_not_allowed(call));
                }
                self.status(call, &unit.settings)
            }
            path if path.starts_with("/documents/") => {
                log_in(call, &unit.settings)?;
                Err(refusal(
                    &rules::NOT_EMULATED,
                    StatusCode::NOT_IMPLEMENTED,
                    "files of the unit are not emulated",
                ))
            }
            path => Err(refusal(
                &rules::UNKNOWN_PATH,
                StatusCode::NOT_FOUND,
                format!("no path `{path}`"),
            )),
        }
    }

    /// The status of the mServer: small XML without a namespace.
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
                return Err(bad_request(&rules::UNKNOWN_PARAMETER, message));
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

fn method_not_allowed(call: &Call) -> Refusal {
    let message = format!("{} is not for `{}`", call.method, call.path);
    refusal(&rules::METHOD, StatusCode::METHOD_NOT_ALLOWED, message)
}

impl Api for Pohoda {
    type Data = Unit;
    type Access = ();

    const CREDENTIAL_HEADERS: &'static [&'static str] = &[access::HEADER];
    const RULES: &'static [Rule] = rules::ALL;
    const KEYED: Keyed = unit::KEYED;

    fn demo(&self) -> Unit {
        Unit::demo()
    }

    fn connection(&self, unit: &Unit, address: &str) -> Connection {
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

    fn judge(&self, unit: &Unit, _access: &(), call: &Call) -> Credential {
        access::judge(&call.headers, &unit.settings)
    }

    fn waits_its_turn(&self, call: &Call) -> bool {
        call.path == "/xml"
    }

    fn answer(&self, unit: &mut Unit, _access: &mut (), call: &Call) -> Answer {
        let slot: Option<Box<dyn Any + Send>> = if call.path == "/xml" {
            self.processing.fetch_add(1, Ordering::AcqRel);
            Some(Box::new(Processing(Arc::clone(&self.processing))))
        } else {
            None
        };
        let mut broken = Vec::new();
        let mut answer = Answer::from(self.process(unit, call, &mut broken));
        broken.append(&mut answer.broken);
        Answer {
            broken,
            slot,
            ..answer
        }
    }
}
