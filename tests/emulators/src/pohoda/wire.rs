//! Bodies on the wire: compressed or not.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Response};

use super::answer::Refusal;
use super::rules;
use super::settings::Settings;
use super::xml::Tag;
use crate::back_end::Call;

/// The body of a request, unpacked.
pub(super) fn body(call: &Call) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    let read = match call.header("content-encoding").map(str::trim) {
        None | Some("identity") => return Ok(call.body.to_vec()),
        Some("gzip") => GzDecoder::new(&*call.body).read_to_end(&mut body),
        Some("deflate") => ZlibDecoder::new(&*call.body).read_to_end(&mut body),
        Some(other) => {
            let message = format!("unknown `Content-Encoding: {other}`");
            return Err(Refusal::bad(&rules::CONTENT_ENCODING, message));
        }
    };
    match read {
        Ok(_) => Ok(body),
        Err(_) => Err(Refusal::bad(
            &rules::CONTENT_ENCODING,
            "the body is not in its encoding",
        )),
    }
}

/// An answer with status 200, packed where the client asks for it.
pub(super) fn answer(call: &Call, settings: &Settings, document: Tag) -> Response<Bytes> {
    let plain = document.document();
    let accepted = call.header("accept-encoding").unwrap_or_default();
    let asked = |name: &str| {
        let mut accepted = accepted.split(',');
        settings.compresses
            && accepted.any(|it| it.split(';').next().is_some_and(|it| it.trim() == name))
    };
    let (body, encoding) = if asked("gzip") {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packer.write_all(&plain).and_then(|()| packer.finish());
        (packed, Some("gzip"))
    } else if asked("deflate") {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = packer.write_all(&plain).and_then(|()| packer.finish());
        (packed, Some("deflate"))
    } else {
        (Ok(plain), None)
    };
    debug_assert!(body.is_ok(), "a `Vec` takes every byte");
    let mut response = Response::new(body.unwrap_or_default().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// An answer of another status, which has no XML.
pub(super) fn refusal(refusal: &Refusal) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(refusal.message.clone()));
    *response.status_mut() = refusal.status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
