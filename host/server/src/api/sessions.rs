//! Sessions: start, answer, resume, end, erase, export, files.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use krabice_edge::{Problem, ProblemCode};
use krabice_sessions::view::{Answered, Export, Resumed, Started};
use krabice_sessions::{AddressPrefix, Channel, CustomerMessage, MessageContent, SignedToken};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Api, bearer_token, transcript};
use crate::origin::foreign_origin;

/// The most inputs of a session; scenarios declare a few.
const INPUTS: usize = 64;

/// The most bytes of a client's message id.
const MESSAGE_ID_BYTES: usize = 64;

/// The characters that a header's file name has to percent-encode (RFC 8187).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request to start a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRequest {
    /// The scenario's name.
    scenario: String,
    /// The customer's language. If the scenario does not have it, the session uses the scenario's
    /// first language.
    #[serde(default)]
    language: String,
    /// Values of the inputs that the scenario takes from the page.
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: serde_json::Map<String, serde_json::Value>,
    /// A JWT of the shop's server with the inputs that the scenario takes signed. It is used once.
    #[serde(default)]
    token: Option<String>,
}

/// A customer's message: either a text or a press.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerRequest {
    /// An id that the client chooses, 1 to 64 visible ASCII characters. A message that is sent again
    /// under the same id is processed only once.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]{1,64}$")]
    id: String,
    /// The text that the customer wrote.
    text: Option<String>,
    /// The id of the button or choice that the customer pressed.
    press: Option<String>,
    /// The number of the last event that the customer had seen; `behind` if there are newer ones.
    after: Option<u64>,
}

/// Starts a session of a published scenario.
#[utoipa::path(
    post,
    path = "/sessions",
    request_body = StartRequest,
    responses(
        (status = 201, description = "The new session", body = Started, links(
            ("resume" = (operation_id = "resume", parameters(("id" = "$response.body#/session")))),
            ("answer" = (operation_id = "answer", parameters(("id" = "$response.body#/session")))),
            ("export" = (operation_id = "export", parameters(("id" = "$response.body#/session")))),
            ("end" = (operation_id = "end", parameters(("id" = "$response.body#/session")))),
            ("erase" = (operation_id = "erase", parameters(("id" = "$response.body#/session")))),
        )),
        Problem,
    )
)]
pub(super) async fn start(
    State(api): State<Arc<Api>>,
    Extension(prefix): Extension<AddressPrefix>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let start: StartRequest = api.json(request).await?;
    if start.inputs.len() > INPUTS {
        return Err(ProblemCode::BadRequest.into());
    }
    let service = &api.service;
    if !service.is_published(&start.scenario) && !service.is_suspended(&start.scenario) {
        let code = api.origins.refuse_unknown(&headers, &start.scenario);
        return Err(code.into());
    }
    api.check_origin(&headers, &start.scenario)?;
    let (scenario, language) = (&start.scenario, &start.language);
    let origin = foreign_origin(&headers);
    let token = start.token.as_deref().map(|text| SignedToken {
        text,
        origin: origin.as_deref(),
    });
    let started = api
        .service
        .start(
            Channel::Chat,
            scenario,
            language,
            start.inputs,
            token,
            prefix,
        )
        .await?;
    Ok((StatusCode::CREATED, Json(started)).into_response())
}

/// Returns the session, as its customer may see it.
#[utoipa::path(
    get,
    path = "/sessions/{id}",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The session", body = Resumed),
        Problem,
    )
)]
pub(super) async fn resume(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let session = api.authenticate(&id, &headers).await?;
    let last = session.last_event();
    let resumed = api.service.resume(session).await;
    transcript::response(&api.service, &id, last, &resumed).await
}

/// Sends a message to the session: the answer to what it waits for.
#[utoipa::path(
    post,
    path = "/sessions/{id}/answers",
    params(("id" = String, Path, description = "The session's public name")),
    request_body = AnswerRequest,
    security(("token" = [])),
    responses(
        (status = 200, description = "The turn, or the saved turn of a repeated message", body = Answered),
        Problem,
    )
)]
pub(super) async fn answer(
    State(api): State<Arc<Api>>,
    Extension(prefix): Extension<AddressPrefix>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Answered>, Problem> {
    // Before the body is read, so that a client without a token costs little. Whether the token opens the
    // session is read together with the message.
    if bearer_token(&headers).is_none() {
        return Err(ProblemCode::NotFound.into());
    }
    let message = match read_message(&api, request).await {
        Ok(message) => message,
        // Who may not open the session is told that alone.
        Err(problem) => {
            api.authenticate(&id, &headers).await?;
            return Err(problem);
        }
    };
    let session = api.authenticate_for(&id, &headers, Some(&message.id));
    let session = session.await?;
    Ok(Json(api.service.answer(session, message, prefix).await?))
}

/// Reads the message of a request.
async fn read_message(api: &Api, request: Request) -> Result<CustomerMessage, Problem> {
    let answer: AnswerRequest = api.json(request).await?;
    let has_valid_id = (1..=MESSAGE_ID_BYTES).contains(&answer.id.len())
        && answer.id.bytes().all(|byte| byte.is_ascii_graphic());
    let content = match (answer.text, answer.press) {
        (Some(text), None) if has_valid_id => MessageContent::Text(text),
        (None, Some(id)) if has_valid_id => MessageContent::Press(id),
        _ => return Err(ProblemCode::BadRequest.into()),
    };
    Ok(CustomerMessage {
        id: answer.id,
        content,
        after: answer.after,
    })
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/sessions/{id}/end",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The last turn", body = Answered),
        Problem,
    )
)]
pub(super) async fn end(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Answered>, Problem> {
    let session = api.authenticate(&id, &headers).await?;
    Ok(Json(api.service.end(session).await?))
}

/// Erases all data of the session.
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 204, description = "The session was erased"),
        Problem,
    )
)]
pub(super) async fn erase(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let session = api.authenticate(&id, &headers).await?;
    api.service.erase(&session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns all data of the session that its customer may have.
#[utoipa::path(
    get,
    path = "/sessions/{id}/export",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The session", body = Export),
        Problem,
    )
)]
pub(super) async fn export(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let session = api.authenticate(&id, &headers).await?;
    let last = session.last_event();
    let export = api.service.export(session);
    transcript::response(&api.service, &id, last, &export).await
}

/// Returns a file that the session offered.
#[utoipa::path(
    get,
    path = "/sessions/{id}/files/{n}",
    params(
        ("id" = String, Path, description = "The session's public name"),
        ("n" = u64, Path, description = "The number of the event that offered the file"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The file, as a download", content_type = "application/octet-stream"),
        Problem,
    )
)]
pub(super) async fn file(
    State(api): State<Arc<Api>>,
    Path((id, n)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let session = api.authenticate(&id, &headers).await?;
    let n = n.parse().map_err(|_| ProblemCode::NotFound)?;
    let file = api.service.file(&session, n).await?;
    let name = utf8_percent_encode(&file.name, ENCODED);
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{name}"));
    let media_type = HeaderValue::from_static(media_type(&file.media_type, &file.content));
    let content = bytes::Bytes::from_owner(file.content);
    let mut response = Response::new(axum::body::Body::from(content));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(
        header::CONTENT_DISPOSITION,
        disposition.expect("percent-encoding leaves only visible ASCII"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    Ok(response)
}

/// The media type that a browser is told for a file. It is the declared type only for a few types
/// that are passive, and only if the content begins like such a file; otherwise it is unspecific
/// bytes. A back end could declare HTML with a script as a PDF.
fn media_type(declared: &str, content: &[u8]) -> &'static str {
    const BEGINNINGS: [(&str, &[u8]); 4] = [
        ("application/pdf", b"%PDF-"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/gif", b"GIF8"),
    ];
    BEGINNINGS
        .iter()
        .find(|(known, beginning)| *known == declared && content.starts_with(beginning))
        .map_or("application/octet-stream", |(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_declared_as_a_pdf_is_unspecific_bytes() {
        let bytes = "application/octet-stream";
        for (said, content, told) in [
            ("application/pdf", b"%PDF-1.4".as_slice(), "application/pdf"),
            ("image/png", b"\x89PNG\r\n\x1a\n\0", "image/png"),
            ("application/pdf", b"<script>", bytes),
            ("application/pdf", b"", bytes),
            ("image/png", b"%PDF-1.4", bytes),
            ("text/html", b"<script>", bytes),
            ("image/svg+xml", b"<svg/>", bytes),
            ("text/html", b"%PDF-1.4", bytes),
        ] {
            assert_eq!(media_type(said, content), told, "{said}");
        }
    }
}
