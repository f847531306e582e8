//! Compressed answers.
//!
//! They are decompressed here, so that masking and limits apply to the bytes that the
//! plugin reads, and so that no plugin needs a decompressor of its own.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, header};

/// The encodings that the host can decompress.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate");

/// The reason why a body cannot be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The body has an encoding that was not asked for.
    Unknown(String),
    /// The body is not of the encoding that its header names.
    Broken,
    /// The body is larger than the limit.
    TooLarge,
}

/// Decompresses a body and removes the header that names its encoding.
pub(crate) fn decode(
    headers: &mut HeaderMap,
    body: Bytes,
    most: usize,
) -> Result<Bytes, DecodeError> {
    let Some(encoding) = headers.remove(header::CONTENT_ENCODING) else {
        return Ok(body);
    };
    let encoding = encoding.as_bytes().trim_ascii().to_ascii_lowercase();
    if body.is_empty() {
        return Ok(body);
    }
    match &encoding[..] {
        b"" | b"identity" => Ok(body),
        b"gzip" | b"x-gzip" => read(MultiGzDecoder::new(&body[..]), most),
        // `deflate` means the zlib format (RFC 9110, section 8.4.1.2); many servers leave
        // its header out.
        b"deflate" if has_zlib_header(&body) => read(ZlibDecoder::new(&body[..]), most),
        b"deflate" => read(DeflateDecoder::new(&body[..]), most),
        other => Err(DecodeError::Unknown(other.escape_ascii().to_string())),
    }
}

fn read(decoder: impl Read, most: usize) -> Result<Bytes, DecodeError> {
    let mut whole = Vec::new();
    // One byte more than the limit shows that the body is too large.
    decoder
        .take(most as u64 + 1)
        .read_to_end(&mut whole)
        .map_err(|_| DecodeError::Broken)?;
    if whole.len() > most {
        return Err(DecodeError::TooLarge);
    }
    Ok(whole.into())
}

/// Whether a body begins with the method and the checksum of zlib (RFC 1950, section 2.2).
fn has_zlib_header(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"{\"orders\": [1, 2, 3]}";

    fn compressed(encoding: &str, content: &[u8]) -> Vec<u8> {
        let level = Compression::best();
        macro_rules! by {
            ($encoder:ident) => {{
                let mut encoder = $encoder::new(Vec::new(), level);
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            }};
        }
        match encoding {
            "gzip" => by!(GzEncoder),
            "zlib" => by!(ZlibEncoder),
            _ => by!(DeflateEncoder),
        }
    }

    fn decoded(name: &str, body: Vec<u8>, most: usize) -> Result<Bytes, DecodeError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, name.parse().unwrap());
        let result = decode(&mut headers, body.into(), most);
        assert!(headers.is_empty());
        result
    }

    #[test]
    fn each_encoding_that_is_asked_for_is_decoded() {
        for (name, form) in [
            ("gzip", "gzip"),
            ("X-GZIP", "gzip"),
            ("deflate", "zlib"),
            ("deflate", "raw"),
        ] {
            let body = compressed(form, TEXT);
            assert_eq!(decoded(name, body, 100).unwrap(), TEXT, "{name} {form}");
        }
        assert_eq!(decoded("identity", TEXT.to_vec(), 100).unwrap(), TEXT);
        assert_eq!(decoded("gzip", Vec::new(), 100).unwrap(), b"".as_slice());
    }

    #[test]
    fn other_encodings_and_broken_bodies_are_refused() {
        let unknown = DecodeError::Unknown("br".to_owned());
        assert_eq!(decoded("br", TEXT.to_vec(), 100), Err(unknown));
        assert_eq!(
            decoded("gzip", TEXT.to_vec(), 100),
            Err(DecodeError::Broken)
        );
        let mut cut = compressed("gzip", TEXT);
        cut.truncate(cut.len() - 4);
        assert_eq!(decoded("gzip", cut, 100), Err(DecodeError::Broken));
    }

    #[test]
    fn a_decompression_bomb_stops_at_the_limit() {
        let bomb = compressed("gzip", &vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(decoded("gzip", bomb, 1_000_000), Err(DecodeError::TooLarge));
        let fits = compressed("gzip", &[7; 1000]);
        assert_eq!(decoded("gzip", fits, 1000).unwrap().len(), 1000);
    }
}
