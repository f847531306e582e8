//! Pages and other files that are compiled into the program.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use include_dir::Dir;

use crate::problem::{Problem, ProblemCode};

/// The content security policy of the pages, without the sources of `frame-ancestors`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors ";

/// The `frame-ancestors` of a page that may not be shown in a frame.
pub const NO_FRAME: &str = "'none'";

/// A file of a folder, with additional headers.
#[must_use]
pub fn file(folder: &Dir<'static>, path: &str, headers: &[(HeaderName, HeaderValue)]) -> Response {
    let Some(found) = folder.get_file(path) else {
        return Problem::from(ProblemCode::NotFound).into_response();
    };
    let media_type = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };
    let mut response = found.contents().into_response();
    let response_headers = response.headers_mut();
    response_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response_headers.extend(headers.iter().cloned());
    response
}

/// A file of a page that `ancestors`, sources of the policy, may show in a frame.
///
/// # Panics
/// If `ancestors` has other characters than visible ASCII characters and spaces.
#[must_use]
pub fn page(folder: &Dir<'static>, path: &str, ancestors: &str) -> Response {
    let policy = HeaderValue::try_from(format!("{POLICY}{ancestors}"))
        .expect("the caller gives only visible ASCII characters and spaces");
    file(
        folder,
        path,
        &[
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::CONTENT_SECURITY_POLICY, policy),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
        ],
    )
}
