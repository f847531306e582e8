//! Errors as the API tells them: RFC 9457, with words of ours and of nobody else.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused. There is no other, and none says what went wrong inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Code {
    /// There is no such thing, or the token does not open it.
    NotFound,
    /// The request makes no sense.
    BadRequest,
    /// Another site may not talk to this scenario.
    OriginRefused,
    /// The request is too large.
    TooLarge,
    /// Too many requests.
    TooMany,
    /// Another answer of the session is being worked on.
    TurnUnderWay,
    /// The session has gone on since the event that the answer is to.
    Behind,
    /// The message id was used for another message.
    IdempotencyConflict,
    /// The session waits for nothing.
    NotWaiting,
    /// The server cannot take the request now.
    Unavailable,
}

/// A refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Why.
    pub code: Code,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

/// The body of a refusal: `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// Always `about:blank`: the code says which it is.
    pub r#type: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What it is, for programs.
    pub code: Code,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::OriginRefused => StatusCode::FORBIDDEN,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Code::TurnUnderWay | Code::Behind | Code::IdempotencyConflict => StatusCode::CONFLICT,
            Code::NotWaiting => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Code::NotFound => "There is no such thing",
            Code::BadRequest => "The request makes no sense",
            Code::OriginRefused => "This site may not talk to the scenario",
            Code::TooLarge => "The request is too large",
            Code::TooMany => "Too many requests",
            Code::TurnUnderWay => "Another answer is being worked on",
            Code::Behind => "The session has gone on since",
            Code::IdempotencyConflict => "The message id was used for another message",
            Code::NotWaiting => "The session waits for nothing",
            Code::Unavailable => "The server cannot take the request now",
        }
    }

    /// The word, as it stands in the body and in metrics.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Code::NotFound => "not-found",
            Code::BadRequest => "bad-request",
            Code::OriginRefused => "origin-refused",
            Code::TooLarge => "too-large",
            Code::TooMany => "too-many",
            Code::TurnUnderWay => "turn-under-way",
            Code::Behind => "behind",
            Code::IdempotencyConflict => "idempotency-conflict",
            Code::NotWaiting => "not-waiting",
            Code::Unavailable => "unavailable",
        }
    }
}

impl Problem {
    pub(crate) fn later(code: Code, wait: Duration) -> Problem {
        Problem {
            code,
            retry_after: Some(wait),
        }
    }

    /// The store, or something else that comes back, is away.
    pub(crate) fn unavailable() -> Problem {
        Problem::later(Code::Unavailable, Duration::from_secs(2))
    }

    pub(crate) fn turn_under_way() -> Problem {
        Problem::later(Code::TurnUnderWay, Duration::from_secs(1))
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        Problem {
            code,
            retry_after: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let body = ProblemDocument {
            r#type: "about:blank",
            title: self.code.title(),
            status: status.as_u16(),
            code: self.code,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response.extensions_mut().insert(self.code);
        response
    }
}
