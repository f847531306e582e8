//! Bodies, which may be compressed.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderValue, Response, StatusCode};

use super::answer::bad_request;
use super::rules;
use super::settings::Settings;
use super::xml::Tag;
use crate::back_end::Call;
use crate::refusal::{Refusal, response};

/// The body of a request, decompressed.
pub(super) fn body(call: &Call) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    let read = match call.header("content-encoding").map(str::trim) {
        None | Some("identity") => return Ok(call.body.to_vec()),
        Some("gzip") => GzDecoder::new(&*call.body).read_to_end(&mut body),
        Some("deflate") => ZlibDecoder::new(&*call.body).read_to_end(&mut body),
        Some(other) => {
            let message = format!("unknown `Content-Encoding: {other}`");
            return Err(bad_request(&rules::CONTENT_ENCODING, message));
        }
    };
    match read {
        Ok(_) => Ok(body),
        Err(_) => Err(bad_request(
            &rules::CONTENT_ENCODING,
            "the body is not in its encoding",
        )),
    }
}

/// An answer with status 200, compressed if the client asks for it.
pub(super) fn answer(call: &Call, settings: &Settings, document: Tag) -> Response<Bytes> {
    let plain = document.document();
    let accepted = call.header("accept-encoding").unwrap_or_default();
    let asked = |name: &str| {
        let mut accepted = accepted.split(',');
        settings.compresses
            && accepted.any(|it| it.split(';').next().is_some_and(|it| it.trim() == name))
    };
    let (body, encoding) = if asked("gzip") {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
        (packed, Some("gzip"))
    } else if asked("deflate") {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
        (packed, Some("deflate"))
    } else {
        (Ok(plain), None)
    };
    let body = body.expect("a `Vec` takes every byte");
    let mut response = response(StatusCode::OK, "text/xml", body);
    if let Some(encoding) = encoding {
        let encoding = HeaderValue::from_static(encoding);
        response.headers_mut().insert(CONTENT_ENCODING, encoding);
    }
    response
}
