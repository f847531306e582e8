//! Signatures of requests: HMAC (RFC 2104) over a time stamp, a separator and the body.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use hmac::digest::KeyInit;
use http::{HeaderName, HeaderValue};
use krabice_contract::manifest::{Hmac, HmacAlgorithm, HmacEncoding};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Sha256, Sha512};

use crate::headers::{header_name, secret_value};
use crate::outlet_builder::OutletError;
use crate::prepared::Sensitive;
use crate::secret_mask::SecretMask;

/// Signs the requests of one connection.
pub(crate) struct Signer {
    pub(crate) header: HeaderName,
    pub(crate) timestamp_header: Option<HeaderName>,
    separator: String,
    prefix: String,
    algorithm: HmacAlgorithm,
    encoding: HmacEncoding,
    key: SecretString,
}

impl Signer {
    pub(crate) fn new(hmac: &Hmac, key: SecretString) -> Result<Self, OutletError> {
        if HeaderValue::from_str(&hmac.prefix).is_err() {
            return Err(OutletError::new(
                "the prefix of the signature has characters that are not allowed in a header",
            ));
        }
        let timestamp = hmac.timestamp.as_ref();
        Ok(Signer {
            header: header_name(&hmac.header)?,
            timestamp_header: timestamp
                .map(|timestamp| header_name(&timestamp.header))
                .transpose()?,
            separator: timestamp.map_or(String::new(), |timestamp| timestamp.separator.clone()),
            prefix: hmac.prefix.clone(),
            algorithm: hmac.algorithm,
            encoding: hmac.encoding,
            key,
        })
    }

    /// Adds the signature of a body at a moment, and the time stamp.
    pub(crate) fn sign(&self, body: &[u8], now: SystemTime, added: &mut Sensitive<'_>) {
        let mut parts = vec![body];
        let seconds = now
            .duration_since(UNIX_EPOCH)
            .expect("the clock is past 1970")
            .as_secs()
            .to_string();
        if let Some(header) = &self.timestamp_header {
            parts = vec![seconds.as_bytes(), self.separator.as_bytes(), body];
            let value = HeaderValue::try_from(&seconds).expect("digits are allowed in headers");
            added.headers.insert(header, value);
        }
        let key = self.key.expose_secret().as_bytes();
        let code = match self.algorithm {
            HmacAlgorithm::Sha256 => code::<hmac::Hmac<Sha256>>(key, &parts),
            HmacAlgorithm::Sha512 => code::<hmac::Hmac<Sha512>>(key, &parts),
        };
        let signature: SecretString = match self.encoding {
            HmacEncoding::Hex => krabice_contract::hex(code),
            HmacEncoding::Base64 => STANDARD.encode(code),
        }
        .into();
        let value = secret_value(&self.prefix, &signature)
            .expect("the prefix was checked, and a signature has only characters of headers");
        added.headers.insert(&self.header, value);
        added.mask = Some(SecretMask::new([&signature]));
    }
}

fn code<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use krabice_contract::manifest::HmacTimestamp;

    use super::*;

    fn hmac(algorithm: HmacAlgorithm, encoding: HmacEncoding) -> Hmac {
        Hmac {
            header: "X-Signature".to_owned(),
            prefix: String::new(),
            algorithm,
            encoding,
            setting: "key".to_owned(),
            timestamp: None,
        }
    }

    fn headers(hmac: &Hmac, key: &str, body: &[u8], at: u64) -> Vec<(String, String)> {
        let signer = Signer::new(hmac, key.into()).unwrap();
        let mut added = Sensitive::default();
        signer.sign(body, UNIX_EPOCH + Duration::from_secs(at), &mut added);
        let signature = added.headers.get("x-signature").unwrap();
        assert!(signature.is_sensitive());
        let masked = added.mask.unwrap();
        let bare = signature.to_str().unwrap().trim_start_matches(&hmac.prefix);
        assert_eq!(&*masked.mask(bare.as_bytes()), "•••".as_bytes());
        let mut all: Vec<_> = added
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        all.sort();
        all
    }

    /// All cases of RFC 4231, section 4; the fifth shows the first 16 bytes alone.
    #[test]
    fn known_answers() {
        let cases: &[(&[u8], &[u8], &str, &str)] = &[
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
            ),
            (
                &(1..=25).collect::<Vec<u8>>(),
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
                "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
            ),
            (
                &[0x0c; 20],
                b"Test With Truncation",
                "a3b6167473100ee06e0c796c2955552b",
                "415fad6271580a531d4179bc891d87a6",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
            ),
        ];
        for (key, body, sha256, sha512) in cases {
            let hex = |code: Vec<u8>| -> String {
                code.iter().map(|byte| format!("{byte:02x}")).collect()
            };
            let (one, other) = body.split_at(body.len() / 2);
            for parts in [&[*body][..], &[one, other]] {
                assert!(hex(code::<hmac::Hmac<Sha256>>(key, parts)).starts_with(sha256));
                assert!(hex(code::<hmac::Hmac<Sha512>>(key, parts)).starts_with(sha512));
            }
            // A key that is no text cannot be a setting.
            let Ok(key) = std::str::from_utf8(key) else {
                continue;
            };
            for (algorithm, expected) in [
                (HmacAlgorithm::Sha256, sha256),
                (HmacAlgorithm::Sha512, sha512),
            ] {
                let signed = headers(&hmac(algorithm, HmacEncoding::Hex), key, body, 0);
                assert!(signed[0].1.starts_with(expected));
                let signed = headers(&hmac(algorithm, HmacEncoding::Base64), key, body, 0);
                let bytes = STANDARD.decode(&signed[0].1).unwrap();
                assert!(hex(bytes).starts_with(expected));
            }
        }
    }

    #[test]
    fn the_time_stamp_and_the_separator_are_signed_before_the_body() {
        let mut stamped = hmac(HmacAlgorithm::Sha256, HmacEncoding::Hex);
        stamped.prefix = "v1=".to_owned();
        stamped.timestamp = Some(HmacTimestamp {
            header: "X-Timestamp".to_owned(),
            separator: ".".to_owned(),
        });
        let plain = hmac(HmacAlgorithm::Sha256, HmacEncoding::Hex);
        let mut seen = Vec::new();
        for at in [1_773_480_413, 1_773_480_414] {
            let signed = headers(&stamped, "Jefe", b"{}", at);
            let same = headers(&plain, "Jefe", format!("{at}.{{}}").as_bytes(), 0);
            assert_eq!(signed[0].1, format!("v1={}", same[0].1));
            assert_eq!(signed[1], ("x-timestamp".to_owned(), at.to_string()));
            seen.push(signed);
        }
        assert_ne!(
            seen[0][0], seen[1][0],
            "a new time stamp makes a new signature"
        );
    }
}
