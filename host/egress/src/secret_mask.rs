//! Masking of secrets in bytes: of credentials in answers and in the log.
//!
//! A plugin never gets a credential, but a server can repeat it in an answer. The
//! mask finds a secret in the forms in which servers repeat one: unchanged, as
//! base64, percent-encoded, and escaped as in JSON. A server that writes a secret in
//! another way, for example backwards, still discloses it.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use krabice_contract::{MASK, Redaction};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// Whether a secret was masked in an address.
pub(crate) fn has_mask(path: &str) -> bool {
    path.contains(&utf8_percent_encode(MASK, NON_ALPHANUMERIC).to_string())
}

/// Finds secrets in bytes and masks them, in one pass over the bytes.
#[derive(Clone, Default)]
pub struct SecretMask {
    /// All forms of all secrets; `None` when there is nothing to mask.
    forms: Option<Arc<Redaction>>,
}

impl std::fmt::Debug for SecretMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretMask(…)")
    }
}

impl SecretMask {
    /// Makes a mask of these secrets. Those of fewer than 6 characters are left out.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let long = |secret: &&str| secret.chars().count() >= Redaction::OF_SECRETS;
        let secrets = secrets.into_iter().map(ExposeSecret::expose_secret);
        let mut forms = secrets.filter(long).flat_map(forms).peekable();
        if forms.peek().is_none() {
            return SecretMask::default();
        }
        let redaction = Redaction::new(Redaction::OF_SECRETS, forms);
        SecretMask {
            forms: Some(Arc::new(redaction)),
        }
    }

    /// The bytes with every secret masked; borrowed when there is none.
    #[must_use]
    pub fn mask<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let masked = self.forms.as_ref().map(|forms| forms.mask_bytes(bytes));
        masked.unwrap_or(Cow::Borrowed(bytes))
    }

    /// Masks the values of headers. Returns whether there was anything to mask.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) -> bool {
        if self.forms.is_none() {
            return false;
        }
        let mut found = false;
        for value in headers.values_mut() {
            if let Cow::Owned(masked) = self.mask(value.as_bytes()) {
                found = true;
                *value = HeaderValue::from_bytes(&masked)
                    .expect("the bytes of the mask are allowed in headers");
            }
        }
        found
    }
}

/// The forms in which servers repeat a secret.
fn forms(secret: &str) -> [String; 8] {
    let json = serde_json::Value::from(secret).to_string();
    let escaped = &json[1..json.len() - 1];
    [
        secret.to_owned(),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        secret.replace(' ', "+"),
        escaped.replace('/', "\\/"),
        escaped.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(secret: &str) -> SecretMask {
        SecretMask::new([&SecretString::from(secret)])
    }

    #[test]
    fn a_secret_is_masked_in_each_form_in_which_servers_repeat_it() {
        let secret = "k\"ey/8+ž 1";
        let masks = masks(secret);
        let base64 = base64::engine::general_purpose::STANDARD.encode(secret);
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let json = serde_json::to_string(secret).unwrap();
        for text in [
            secret,
            &base64,
            &encoded,
            json.trim_matches('"'),
            "k\"ey/8+ž+1",
            "k\\\"ey\\/8+ž 1",
        ] {
            let masked = masks.mask(text.as_bytes()).into_owned();
            let masked = String::from_utf8(masked).unwrap();
            assert_eq!(masked.trim_end_matches('='), MASK, "{text}");
        }
    }

    #[test]
    fn bytes_without_a_secret_are_not_copied() {
        assert!(matches!(
            masks("0123456789").mask(b"012345678 9"),
            Cow::Borrowed(_)
        ));
        assert!(matches!(
            SecretMask::default().mask(b"0123456789"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn a_short_secret_does_not_spoil_answers() {
        assert_eq!(&*masks("demo1").mask(b"demo1"), b"demo1");
        assert_eq!(&*masks("demo12").mask(b"a demo12 b"), "a ••• b".as_bytes());
    }

    #[test]
    fn debug_output_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", masks("0123456789")), "SecretMask(…)");
    }
}
