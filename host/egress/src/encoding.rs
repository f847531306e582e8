//! Answers that come compressed.
//!
//! They are decompressed here, so that what is masked and measured is what the plugin
//! reads, and so that no plugin needs a decompressor of its own.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, header};

/// What the host can decompress.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate");

/// Why a body could not be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undecoded {
    /// It came in an encoding that was not asked for.
    Unknown(String),
    /// It is not what its encoding says.
    Broken,
    /// It is larger than the limit.
    TooLarge,
}

/// The body as it was before it was compressed, and the headers without what said so.
pub(crate) fn decoded(
    headers: &mut HeaderMap,
    body: Bytes,
    most: usize,
) -> Result<Bytes, Undecoded> {
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
        // By its name it has zlib's head (RFC 9110, section 8.4.1.2); many servers leave
        // that out.
        b"deflate" if has_zlib_head(&body) => read(ZlibDecoder::new(&body[..]), most),
        b"deflate" => read(DeflateDecoder::new(&body[..]), most),
        other => Err(Undecoded::Unknown(other.escape_ascii().to_string())),
    }
}

fn read(decoder: impl Read, most: usize) -> Result<Bytes, Undecoded> {
    let mut whole = Vec::new();
    // One byte more tells a body that just fits from one that goes on.
    decoder
        .take(most as u64 + 1)
        .read_to_end(&mut whole)
        .map_err(|_| Undecoded::Broken)?;
    match whole.len() > most {
        true => Err(Undecoded::TooLarge),
        false => Ok(whole.into()),
    }
}

/// RFC 1950, section 2.2: the method, and a check over the first two bytes.
fn has_zlib_head(body: &[u8]) -> bool {
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

    fn decode(name: &str, body: Vec<u8>, most: usize) -> Result<Bytes, Undecoded> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, name.parse().unwrap());
        let result = decoded(&mut headers, body.into(), most);
        assert!(headers.is_empty());
        result
    }

    #[test]
    fn each_encoding_that_is_asked_for_is_read() {
        for (name, form) in [
            ("gzip", "gzip"),
            ("X-GZIP", "gzip"),
            ("deflate", "zlib"),
            ("deflate", "raw"),
        ] {
            let body = compressed(form, TEXT);
            assert_eq!(decode(name, body, 100).unwrap(), TEXT, "{name} {form}");
        }
        assert_eq!(decode("identity", TEXT.to_vec(), 100).unwrap(), TEXT);
        assert_eq!(decode("gzip", Vec::new(), 100).unwrap(), b"".as_slice());
    }

    #[test]
    fn what_is_not_asked_for_or_broken_is_refused() {
        let unknown = Undecoded::Unknown("br".to_owned());
        assert_eq!(decode("br", TEXT.to_vec(), 100), Err(unknown));
        assert_eq!(decode("gzip", TEXT.to_vec(), 100), Err(Undecoded::Broken));
        let mut cut = compressed("gzip", TEXT);
        cut.truncate(cut.len() - 4);
        assert_eq!(decode("gzip", cut, 100), Err(Undecoded::Broken));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = compressed("gzip", &vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(decode("gzip", bomb, 1_000_000), Err(Undecoded::TooLarge));
        let fits = compressed("gzip", &[7; 1000]);
        assert_eq!(decode("gzip", fits, 1000).unwrap().len(), 1000);
    }
}
