//! Sessions: start, answer, resume, end, erase, export, files.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Api, Client};
use crate::desk::{Content, Reply, Start};
use crate::problem::{Code, Problem, ProblemDocument};
use crate::view::{Answered, Export, Resumed, Started};

/// The most inputs of a session; scenarios declare a few.
const INPUTS: usize = 64;

/// The most bytes of a client's message id.
const MESSAGE_ID_BYTES: usize = 64;

/// What stands for itself in the file name of a header (RFC 8187).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a session is started with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRequest {
    /// The scenario.
    scenario: String,
    /// The customer's language; if the scenario does not speak it, its first.
    #[serde(default)]
    language: String,
    /// Inputs that the scenario declares.
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: serde_json::Map<String, serde_json::Value>,
}

/// A customer's message: a text or a press.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerRequest {
    /// The client's own name for the message, 1 to 64 visible ASCII characters: the same message may
    /// be sent again and is taken once.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]{1,64}$")]
    id: String,
    /// What the customer wrote.
    text: Option<String>,
    /// The button or choice that they pressed, by its id.
    press: Option<String>,
    /// The last event that the customer had seen: if the session has gone on since, the message is
    /// refused.
    after: Option<u64>,
}

/// Starts a session of a published scenario.
#[utoipa::path(
    post,
    path = "/sessions",
    request_body = StartRequest,
    responses(
        (status = 201, description = "Started", body = Started, links(
            ("resume" = (operation_id = "resume", parameters(("id" = "$response.body#/session")))),
            ("answer" = (operation_id = "answer", parameters(("id" = "$response.body#/session")))),
            ("export" = (operation_id = "export", parameters(("id" = "$response.body#/session")))),
            ("end" = (operation_id = "end", parameters(("id" = "$response.body#/session")))),
            ("erase" = (operation_id = "erase", parameters(("id" = "$response.body#/session")))),
        )),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn start(
    State(api): State<Arc<Api>>,
    Extension(Client(prefix)): Extension<Client>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let asked: StartRequest = api.json(request).await?;
    if asked.inputs.len() > INPUTS || !api.desk.catalogue.current().contains_key(&asked.scenario) {
        return Err(if asked.inputs.len() > INPUTS {
            Code::BadRequest
        } else {
            Code::NotFound
        }
        .into());
    }
    api.admit(&headers, &asked.scenario)?;
    let start = Start {
        scenario: asked.scenario,
        language: asked.language,
        inputs: asked.inputs,
    };
    let started = api.desk.start(start, prefix).await?;
    Ok((StatusCode::CREATED, Json(started)).into_response())
}

/// The whole session, as its customer may see it.
#[utoipa::path(
    get,
    path = "/sessions/{id}",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The session", body = Resumed),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resume(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Resumed>, Problem> {
    let record = api.enter(&id, &headers).await?;
    Ok(Json(api.desk.resumed(record).await?))
}

/// Answers what the session waits for.
#[utoipa::path(
    post,
    path = "/sessions/{id}/answers",
    params(("id" = String, Path, description = "The session's public name")),
    request_body = AnswerRequest,
    security(("token" = [])),
    responses(
        (status = 200, description = "The turn, or the same turn again", body = Answered),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn answer(
    State(api): State<Arc<Api>>,
    Extension(Client(prefix)): Extension<Client>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Answered>, Problem> {
    // Before the body: who may not enter makes nobody read.
    let record = api.enter(&id, &headers).await?;
    let asked: AnswerRequest = api.json(request).await?;
    let named = (1..=MESSAGE_ID_BYTES).contains(&asked.id.len())
        && asked.id.bytes().all(|byte| byte.is_ascii_graphic());
    let content = match (asked.text, asked.press) {
        (Some(text), None) if named => Content::Text(text),
        (None, Some(id)) if named => Content::Press(id),
        _ => return Err(Code::BadRequest.into()),
    };
    let reply = Reply {
        id: asked.id,
        content,
        after: asked.after,
    };
    Ok(Json(api.desk.answer(record, reply, prefix).await?))
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/sessions/{id}/end",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "Ended", body = Answered),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Answered>, Problem> {
    let record = api.enter(&id, &headers).await?;
    Ok(Json(api.desk.end(record).await?))
}

/// Erases everything of the session.
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 204, description = "Erased"),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn erase(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let record = api.enter(&id, &headers).await?;
    api.desk.erase(&record).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything of the session that its customer may have.
#[utoipa::path(
    get,
    path = "/sessions/{id}/export",
    params(("id" = String, Path, description = "The session's public name")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The session", body = Export),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Export>, Problem> {
    let record = api.enter(&id, &headers).await?;
    Ok(Json(api.desk.export(record).await?))
}

/// A file that the session offered.
#[utoipa::path(
    get,
    path = "/sessions/{id}/files/{n}",
    params(
        ("id" = String, Path, description = "The session's public name"),
        ("n" = u64, Path, description = "The number of the file's event"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The file, to be saved", content_type = "application/octet-stream"),
        (status = "4XX", description = "Refused", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn file(
    State(api): State<Arc<Api>>,
    Path((id, n)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = api.enter(&id, &headers).await?;
    let n: u64 = n.parse().map_err(|_| Code::NotFound)?;
    let file = api.desk.store.file(&record.id, n).await;
    let file = file
        .map_err(|error| api.desk.away(&error))?
        .ok_or(Code::NotFound)?;
    let name = utf8_percent_encode(&file.name, ATTRIBUTE);
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{name}"));
    let kind = HeaderValue::from_static(media_type(&file.media_type, &file.content));
    let mut response = Response::new(axum::body::Body::from(bytes::Bytes::from_owner(
        file.content,
    )));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(
        header::CONTENT_DISPOSITION,
        // Percent signs and letters alone.
        disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment")),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    Ok(response)
}

/// What a file is called to a browser: one of a few types that do nothing by themselves, where it
/// begins as such a file does. A back end's own word is not enough.
fn media_type(said: &str, content: &[u8]) -> &'static str {
    const BEGINNINGS: [(&str, &[u8]); 4] = [
        ("application/pdf", b"%PDF-"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/gif", b"GIF8"),
    ];
    BEGINNINGS
        .iter()
        .find(|(known, beginning)| *known == said && content.starts_with(beginning))
        .map_or("application/octet-stream", |(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_calls_itself_a_pdf_is_mere_bytes() {
        let mere = "application/octet-stream";
        for (said, content, told) in [
            ("application/pdf", b"%PDF-1.4".as_slice(), "application/pdf"),
            ("image/png", b"\x89PNG\r\n\x1a\n\0", "image/png"),
            ("application/pdf", b"<script>", mere),
            ("application/pdf", b"", mere),
            ("image/png", b"%PDF-1.4", mere),
            ("text/html", b"<script>", mere),
            ("image/svg+xml", b"<svg/>", mere),
            ("text/html", b"%PDF-1.4", mere),
        ] {
            assert_eq!(media_type(said, content), told, "{said}");
        }
    }
}
