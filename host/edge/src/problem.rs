//! Problem documents (RFC 9457): the errors of the API. They hold only texts from this file, so that
//! no internal error text reaches a browser.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use krabice_sessions::SessionError;
use serde::Serialize;
use utoipa::openapi::response::Response as DescribedResponse;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

const MEDIA_TYPE: &str = "application/problem+json";

/// `Retry-After` while another turn of the session is under way: most turns end within a second.
const RETRY_TURN: Duration = Duration::from_secs(1);

/// `Retry-After` while the store or another part is unavailable.
const RETRY_UNAVAILABLE: Duration = Duration::from_secs(2);

/// `Retry-After` while no new sessions are started: what makes room for them takes longer.
const RETRY_ROOM: Duration = Duration::from_secs(60);

/// `Retry-After` while the server stops, or while a session has too many event streams.
const RETRY_LATER: Duration = Duration::from_secs(5);

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The session, scenario, file or address does not exist, or the token does not open the session.
    NotFound,
    /// The request is malformed.
    BadRequest,
    /// The page that sent the request belongs to a site that may not use the scenario.
    OriginRefused,
    /// The token with signed inputs is not valid, or was used before.
    TokenRefused,
    /// The request is too large.
    TooLarge,
    /// The client, session or scenario has reached a limit.
    TooMany,
    /// Another turn of the session is under way.
    TurnUnderWay,
    /// The session has newer events than the one that the answer is to.
    Behind,
    /// The session has another message with the same id.
    IdempotencyConflict,
    /// The session does not wait for an answer.
    NotWaiting,
    /// The server starts no new sessions now; those under way go on.
    NoNewSessions,
    /// The server cannot process the request now.
    Unavailable,
}

/// A refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub code: ProblemCode,
    /// How long the client should wait before it tries again.
    pub retry_after: Option<Duration>,
}

/// The body of an error response, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`; `code` says what the problem is.
    pub r#type: &'static str,
    /// The problem, for people.
    pub title: &'static str,
    /// The HTTP status code.
    pub status: u16,
    /// The problem, for programs.
    pub code: ProblemCode,
}

impl ProblemCode {
    /// The HTTP status, the name in documents and metrics, and the title for people.
    #[rustfmt::skip] // One line for each code.
    fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::NotFound => (S::NOT_FOUND, "not-found", "Not found"),
            Self::BadRequest => (S::BAD_REQUEST, "bad-request", "The request is malformed"),
            Self::OriginRefused => (S::FORBIDDEN, "origin-refused", "This site may not use the scenario"),
            Self::TokenRefused => (S::FORBIDDEN, "token-refused", "The token with signed inputs is not valid"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::TooMany => (S::TOO_MANY_REQUESTS, "too-many", "Too many requests"),
            Self::TurnUnderWay => (S::CONFLICT, "turn-under-way", "Another turn of the session is under way"),
            Self::Behind => (S::CONFLICT, "behind", "The session has newer events"),
            Self::IdempotencyConflict => (S::CONFLICT, "idempotency-conflict", "The session has another message with this id"),
            Self::NotWaiting => (S::UNPROCESSABLE_ENTITY, "not-waiting", "The session does not wait for an answer"),
            Self::NoNewSessions => (S::SERVICE_UNAVAILABLE, "no-new-sessions", "No new sessions can be started now"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "The server cannot process the request now"),
        }
    }

    /// The name in documents and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.facts().1
    }
}

impl Problem {
    /// A problem that a client may try to get over after a while.
    #[must_use]
    pub fn later(code: ProblemCode, wait: Duration) -> Problem {
        Problem {
            code,
            retry_after: Some(wait),
        }
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Problem {
        Problem {
            code,
            retry_after: None,
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Problem {
        match error {
            SessionError::NotFound => ProblemCode::NotFound.into(),
            SessionError::BadInputs => ProblemCode::BadRequest.into(),
            SessionError::TokenRefused => ProblemCode::TokenRefused.into(),
            SessionError::TooMany { wait } => Problem::later(ProblemCode::TooMany, wait),
            SessionError::NoRoom => Problem::later(ProblemCode::NoNewSessions, RETRY_ROOM),
            SessionError::TooManyListeners => Problem::later(ProblemCode::TooMany, RETRY_LATER),
            SessionError::TurnUnderWay => Problem::later(ProblemCode::TurnUnderWay, RETRY_TURN),
            SessionError::Behind => ProblemCode::Behind.into(),
            SessionError::IdempotencyConflict => ProblemCode::IdempotencyConflict.into(),
            SessionError::NotWaiting => ProblemCode::NotWaiting.into(),
            SessionError::Stopping => Problem::later(ProblemCode::Unavailable, RETRY_LATER),
            SessionError::Overloaded
            | SessionError::NoRevision
            | SessionError::Interrupted
            | SessionError::NoRandomness(_)
            | SessionError::Store(_) => Problem::later(ProblemCode::Unavailable, RETRY_UNAVAILABLE),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _, title) = self.code.facts();
        let body = ProblemDocument {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            code: self.code,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response.extensions_mut().insert(self.code);
        response
    }
}

/// The error responses of every operation in the API's description.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<DescribedResponse>> {
        let described = |description: &str| {
            let schema = Ref::from_schema_name("ProblemDocument");
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new().description(description);
            RefOr::T(response.content(MEDIA_TYPE, content).build())
        };
        BTreeMap::from([
            ("4XX".to_owned(), described("The request was refused")),
            (
                "503".to_owned(),
                described("The server cannot process the request now"),
            ),
        ])
    }
}
