//! Files, which a function can answer with and a customer can be offered.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A file in memory: a parcel label, an invoice.
///
/// A clone shares the bytes. The serde form is for storage and holds them in Base64;
/// the form for people and browsers
/// ([`Value::to_plain_json`](crate::value::Value::to_plain_json)) holds name, media type
/// and size.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct File {
    /// The name it is saved under, as [`is_file_name`] allows.
    pub name: String,
    /// Its media type without parameters, such as `application/pdf`.
    pub media_type: String,
    /// Its bytes.
    #[serde(with = "base64_text")]
    pub content: Arc<[u8]>,
}

/// Prints the number of bytes in the place of the bytes, which belong in no log.
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// Whether a text may be the name of a file: 1 to 128 characters, without `/`, `\\`, `:`
/// and control characters, and not beginning with a point. Such a name stays within the
/// folder where it is saved, so a plugin cannot choose another folder.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    !matches!(name.chars().count(), 0 | 129..)
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':'])
        && !name.contains(char::is_control)
}

/// Whether a text is a media type (RFC 6838, section 4.2) without parameters.
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let restricted = |name: &str| {
        name.len() <= 127
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| restricted(kind) && restricted(subtype))
}

/// Whether a media type is one that so many files have that it tells nothing of one.
#[must_use]
pub fn is_common_media_type(text: &str) -> bool {
    matches!(
        text,
        "application/json"
            | "application/octet-stream"
            | "application/pdf"
            | "application/xml"
            | "application/zip"
            | "image/gif"
            | "image/heic"
            | "image/jpeg"
            | "image/png"
            | "image/svg+xml"
            | "image/webp"
            | "text/csv"
            | "text/html"
            | "text/plain"
            | "text/xml"
    )
}

mod base64_text {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        content: &Arc<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(content))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<[u8]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD
            .decode(text)
            .map(Into::into)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        for name in ["label-00001234.pdf", "Faktura č. 17.pdf", "a", "a..b"] {
            assert!(is_file_name(name), "{name:?}");
        }
        let long = "x".repeat(129);
        for name in [
            "", ".", "..", ".profile", "../a", "a/b", "a\\b", "C:a", "a\nb", &long,
        ] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_media_type_has_two_parts_and_no_parameters() {
        for text in [
            "application/pdf",
            "image/svg+xml",
            "application/vnd.ms-excel",
        ] {
            assert!(is_media_type(text), "{text:?}");
        }
        for text in [
            "",
            "pdf",
            "text/",
            "/pdf",
            "text/html; charset=utf-8",
            "a/b/c",
            "té/xt",
            "a /b",
        ] {
            assert!(!is_media_type(text), "{text:?}");
        }
    }

    #[test]
    fn the_stored_form_comes_back_and_the_printed_one_holds_no_bytes() {
        let file = File {
            name: "a.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            content: b"%PDF-1.4".as_slice().into(),
        };
        let stored = serde_json::to_string(&file).unwrap();
        assert_eq!(
            stored,
            r#"{"name":"a.pdf","media-type":"application/pdf","content":"JVBERi0xLjQ="}"#
        );
        assert_eq!(serde_json::from_str::<File>(&stored).unwrap(), file);
        assert!(!format!("{file:?}").contains("PDF-1"));
    }
}
