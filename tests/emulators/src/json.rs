//! JSON as a PHP back end writes it.
//!
//! Upgates API v2, recorded answers of 2024: `json_encode` with its defaults escapes
//! non-ASCII letters and slashes, and writes a number without zero decimals (`293`,
//! `1230.5`).

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Above it doubles are not exact to the unit, so PHP writes them with an exponent.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The document as bytes.
pub(crate) fn php(document: &Value) -> Bytes {
    let mut text = Vec::new();
    let written = document.serialize(&mut Serializer::with_formatter(&mut text, Php));
    written.expect("a `Value` has only text keys and a `Vec` takes every byte");
    text.into()
}

struct Php;

impl Formatter for Php {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value.fract() == 0.0 && value.abs() < EXACT {
            write!(writer, "{value:.0}")
        } else {
            write!(writer, "{value}")
        }
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            match character {
                '/' => writer.write_all(b"\\/")?,
                ascii if ascii.is_ascii() => writer.write_all(&[ascii as u8])?,
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::php;

    #[test]
    fn numbers_lose_their_zero_decimals_and_keep_the_others() {
        let text = php(&json!([293.0, 1230.50, -69.0, 0.1, 168.6, 12]));
        assert_eq!(text, "[293,1230.5,-69,0.1,168.6,12]");
    }

    #[test]
    fn letters_and_slashes_are_escaped() {
        assert_eq!(
            php(&json!({ "stav": "Přijatá / 😀" })),
            r#"{"stav":"P\u0159ijat\u00e1 \/ \ud83d\ude00"}"#
        );
    }
}
