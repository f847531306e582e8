//! The control endpoint, by which a test or a person at a terminal inspects and changes
//! an emulator. It has a port of its own, so that it takes no path of the back end and
//! nothing that a plugin can reach changes the emulator.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::armed::ArmedFault;
use crate::counters::Counters;
use crate::emulation::Emulation;
use crate::fault::{FaultError, FaultRule};
use crate::log::{LogEntry, Violation};
use crate::rule::Rule;
use crate::state::StateError;

type Emulated = State<Arc<Emulation>>;

/// The endpoint's paths.
pub(crate) fn router(emulation: Arc<Emulation>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/reset", post(reset))
        .route("/state", get(state).put(replace_state).patch(patch_state))
        .route("/log", get(log).delete(clear_log))
        .route("/violations", get(violations))
        .route("/counters", get(counters).delete(clear_counters))
        .route(
            "/faults",
            get(faults)
                .post(add_faults)
                .put(replace_faults)
                .delete(clear_faults),
        )
        .route("/clock", get(clock).post(advance_clock))
        .route("/rules", get(rules))
        .with_state(emulation)
}

/// A request that cannot be done: status 400 and the reason.
struct BadRequest(String);

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

impl From<StateError> for BadRequest {
    fn from(error: StateError) -> Self {
        Self(error.to_string())
    }
}

impl From<FaultError> for BadRequest {
    fn from(error: FaultError) -> Self {
        Self(error.to_string())
    }
}

/// A JSON body of any content type: `curl -d` announces everything as a form.
struct Document<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Document<T> {
    type Rejection = BadRequest;

    async fn from_request(request: Request, state: &S) -> Result<Self, BadRequest> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| BadRequest(error.body_text()))?;
        let document = serde_json::from_slice(&body)
            .map_err(|error| BadRequest(format!("the body: {error}")))?;
        Ok(Self(document))
    }
}

async fn index() -> Json<Value> {
    Json(json!({
        "POST /reset": "restore the demo data, remove all faults, empty the log, set counters to zero",
        "GET /state": "the whole state",
        "PUT /state": "replace the state; absent keys take their defaults",
        "PATCH /state": "change settings and, by number or id, orders and other items",
        "GET /log?after=N": "the requests, or those after number N",
        "DELETE /log": "empty the log",
        "GET /violations": "the rules that requests broke",
        "GET /counters": "connections, requests, the most requests at once",
        "DELETE /counters": "set the counters to zero",
        "GET /faults": "the faults, each with the number of requests it has matched",
        "POST /faults": "add a fault, or a list of them",
        "PUT /faults": "replace the faults by a list",
        "DELETE /faults": "remove all faults",
        "GET /clock": "the emulator's time",
        "POST /clock": "advance it: {\"advance_seconds\": 3600}",
        "GET /rules": "the rules that the emulator enforces, and the facts behind them",
    }))
}

async fn reset(State(emulation): Emulated) -> StatusCode {
    emulation.reset();
    StatusCode::NO_CONTENT
}

async fn state(State(emulation): Emulated) -> Json<Value> {
    Json(emulation.back_end.state())
}

async fn replace_state(
    State(emulation): Emulated,
    Document(state): Document<Value>,
) -> Result<StatusCode, BadRequest> {
    emulation.back_end.replace_state(state)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn patch_state(
    State(emulation): Emulated,
    Document(patch): Document<Value>,
) -> Result<StatusCode, BadRequest> {
    emulation.back_end.patch_state(patch)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFrom {
    #[serde(default)]
    after: u64,
}

async fn log(State(emulation): Emulated, Query(from): Query<LogFrom>) -> Json<Vec<LogEntry>> {
    Json(emulation.log.after(from.after))
}

async fn clear_log(State(emulation): Emulated) -> StatusCode {
    emulation.log.clear();
    StatusCode::NO_CONTENT
}

async fn violations(State(emulation): Emulated) -> Json<Vec<Violation>> {
    Json(emulation.log.violations())
}

async fn counters(State(emulation): Emulated) -> Json<Counters> {
    Json(emulation.counting.read())
}

async fn clear_counters(State(emulation): Emulated) -> StatusCode {
    emulation.counting.reset();
    StatusCode::NO_CONTENT
}

/// One rule or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

impl OneOrMany {
    /// Reads them one by one, so that an error names the wrong key.
    fn rules(self) -> Result<Vec<FaultRule>, BadRequest> {
        let rules = match self {
            Self::Many(rules) => rules,
            Self::One(rule) => vec![rule],
        };
        let read =
            |rule| serde_json::from_value(rule).map_err(|error| BadRequest(error.to_string()));
        rules.into_iter().map(read).collect()
    }
}

async fn faults(State(emulation): Emulated) -> Json<Vec<ArmedFault>> {
    Json(emulation.faults.list())
}

async fn add_faults(
    State(emulation): Emulated,
    Document(rules): Document<OneOrMany>,
) -> Result<StatusCode, BadRequest> {
    emulation.faults.add(rules.rules()?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn replace_faults(
    State(emulation): Emulated,
    Document(rules): Document<OneOrMany>,
) -> Result<StatusCode, BadRequest> {
    let rules = rules.rules()?;
    rules.iter().try_for_each(FaultRule::check)?;
    emulation.faults.clear();
    emulation.faults.add(rules)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(emulation): Emulated) -> StatusCode {
    emulation.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
struct Now {
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

async fn clock(State(emulation): Emulated) -> Json<Now> {
    Json(Now {
        now: emulation.clock.now(),
    })
}

async fn advance_clock(State(emulation): Emulated, Document(by): Document<Advance>) -> Json<Now> {
    emulation
        .clock
        .advance(Duration::from_secs(by.advance_seconds));
    Json(Now {
        now: emulation.clock.now(),
    })
}

async fn rules(State(emulation): Emulated) -> Json<Vec<Rule>> {
    Json(emulation.rules())
}
