//! Bodies of requests.

use std::time::Duration;

use axum::extract::Request;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::{Problem, ProblemCode};

/// Reads a JSON body within limits of size and time.
///
/// # Errors
/// The body is no JSON of this form, is not declared as JSON, or is too large or too slow.
pub async fn json<T: DeserializeOwned>(
    request: Request,
    most_bytes: usize,
    time: Duration,
) -> Result<T, Problem> {
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let (media_type, _) = value.split_once(';').unwrap_or((value, ""));
            media_type.trim().eq_ignore_ascii_case("application/json")
        });
    if !is_json {
        return Err(ProblemCode::UnsupportedMediaType.into());
    }
    let body = Limited::new(request.into_body(), most_bytes).collect();
    match tokio::time::timeout(time, body).await {
        Ok(Ok(body)) => {
            serde_json::from_slice(&body.to_bytes()).map_err(|_| ProblemCode::BadRequest.into())
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ProblemCode::TooLarge.into()),
        // The client disconnected, or took too long.
        Ok(Err(_)) | Err(_) => Err(ProblemCode::BadRequest.into()),
    }
}
