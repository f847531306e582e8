//! Inputs that a shop's own server signs for its customer: a JWT with the scenario as its `aud`, an
//! `exp` at most 15 minutes away, a `jti` that is used once, and the `inputs`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Mutex;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use krabice_store::locked;
use serde::Deserialize;

/// The longest time for which a token may be valid, in seconds.
const LIFETIME: i64 = 15 * 60;

/// The difference between the clocks of the shop's server and this one that is put up with, in
/// seconds.
const LEEWAY: i64 = 60;

/// The longest `jti`, in bytes.
const ID_BYTES: usize = 128;

/// The shortest secret of a shop, in bytes: as long as what HS256 makes of it.
const SECRET_BYTES: usize = 32;

/// A key of a shop's server. It decides the algorithm; a token's header does not.
#[derive(Clone)]
pub struct SigningKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

/// Why a file holds no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A PEM file without a public key of Ed25519.
    #[error("it holds no public key of Ed25519")]
    NotEd25519(#[source] jsonwebtoken::errors::Error),
    /// A private key, which only the shop's server may have.
    #[error("it holds a private key, and only the shop's server may have that")]
    Private,
    /// A secret that can be guessed.
    #[error("the secret has {0} bytes; HS256 needs {SECRET_BYTES}")]
    Short(usize),
}

impl SigningKey {
    /// Reads a key: a PEM file has a public key of Ed25519 (EdDSA); anything else is a secret that
    /// both servers know (HS256), without the line break at its end.
    ///
    /// # Errors
    /// It is no such key.
    pub fn read(bytes: &[u8]) -> Result<SigningKey, KeyError> {
        if bytes.starts_with(b"-----BEGIN ") {
            let text = String::from_utf8_lossy(bytes);
            if text.contains("PRIVATE KEY") {
                return Err(KeyError::Private);
            }
            let key = DecodingKey::from_ed_pem(bytes).map_err(KeyError::NotEd25519)?;
            return Ok(SigningKey {
                key,
                algorithm: Algorithm::EdDSA,
            });
        }
        let secret = bytes.trim_ascii_end();
        if secret.len() < SECRET_BYTES {
            return Err(KeyError::Short(secret.len()));
        }
        Ok(SigningKey {
            key: DecodingKey::from_secret(secret),
            algorithm: Algorithm::HS256,
        })
    }
}

/// A shop's server that signs inputs.
#[derive(Clone)]
pub struct Signer {
    /// Its name in the configuration, for the log.
    pub name: String,
    /// Its keys: two while one replaces the other.
    pub keys: Vec<SigningKey>,
    /// The sites whose pages may send its tokens. A request that names no site is not one of a
    /// browser and is let through.
    pub origins: Vec<String>,
}

/// A token that a request carries.
#[derive(Debug, Clone, Copy)]
pub struct SignedToken<'t> {
    /// The JWT.
    pub text: &'t str,
    /// The site whose page sent it, if the request says so.
    pub origin: Option<&'t str>,
}

/// Why a token is refused, for the log. It repeats nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("no key of a signer fits, or the claims are malformed or for another scenario")]
    Signature,
    #[error("the signer's origins do not have the page's site")]
    Origin,
    #[error("it has expired")]
    Expired,
    #[error("its `exp` is more than 15 minutes away")]
    TooLong,
    #[error("its `jti` is empty, too long, or was used before")]
    Used,
}

/// What a valid token says.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    exp: i64,
    /// The id that makes it usable once.
    pub(crate) jti: String,
    /// The signed inputs.
    #[serde(default)]
    pub(crate) inputs: serde_json::Map<String, serde_json::Value>,
}

/// The signers, and the tokens that were used lately.
#[derive(Default)]
pub(crate) struct Signers {
    signers: Vec<Signer>,
    /// By `jti`, until when the token would be valid. The name of its session keeps it from being
    /// used again by another server, or after a restart.
    used: Mutex<BTreeMap<String, i64>>,
}

impl Signers {
    pub(crate) fn new(signers: Vec<Signer>) -> Signers {
        Signers {
            signers,
            used: Mutex::default(),
        }
    }

    /// Checks a token for a scenario, and uses it up.
    pub(crate) fn take(
        &self,
        token: SignedToken<'_>,
        scenario: &str,
        now: Timestamp,
    ) -> Result<Claims, Refused> {
        let keys = self
            .signers
            .iter()
            .flat_map(|signer| signer.keys.iter().map(move |key| (signer, key)));
        let mut fitting = keys.filter_map(|(signer, key)| {
            let mut validation = Validation::new(key.algorithm);
            validation.set_audience(&[scenario]);
            validation.set_required_spec_claims(&["exp", "aud"]);
            // By this server's clock, below.
            validation.validate_exp = false;
            let decoded = jsonwebtoken::decode::<Claims>(token.text, &key.key, &validation);
            Some((signer, decoded.ok()?.claims))
        });
        let (signer, claims) = fitting.next().ok_or(Refused::Signature)?;
        let is_known = |origin: &str| {
            let mut origins = signer.origins.iter();
            origins.any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin))
        };
        if token.origin.is_some_and(|origin| !is_known(origin)) {
            return Err(Refused::Origin);
        }
        let now = now.as_second();
        if claims.exp <= now - LEEWAY {
            return Err(Refused::Expired);
        }
        if claims.exp > now + LIFETIME + LEEWAY {
            return Err(Refused::TooLong);
        }
        if claims.jti.is_empty() || claims.jti.len() > ID_BYTES {
            return Err(Refused::Used);
        }
        let mut used = locked(&self.used);
        used.retain(|_, until| *until > now - LEEWAY);
        match used.entry(claims.jti.clone()) {
            Entry::Vacant(free) => {
                free.insert(claims.exp);
                Ok(claims)
            }
            Entry::Occupied(_) => Err(Refused::Used),
        }
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const SECRET: &[u8] = b"a secret of the shop with 32 bytes and more";

    fn token(secret: &[u8], claims: &serde_json::Value) -> String {
        encode(
            &Header::default(),
            claims,
            &EncodingKey::from_secret(secret),
        )
        .unwrap()
    }

    fn signers() -> Signers {
        Signers::new(vec![Signer {
            name: "shop".to_owned(),
            keys: vec![
                SigningKey::read(b"the new secret of the shop, 32 bytes long\n").unwrap(),
                SigningKey::read(SECRET).unwrap(),
            ],
            origins: vec!["https://shop.example".to_owned()],
        }])
    }

    fn refusal(claims: &serde_json::Value, origin: Option<&str>) -> Option<Refused> {
        let text = token(SECRET, claims);
        let token = SignedToken {
            text: &text,
            origin,
        };
        let now = Timestamp::from_second(1_000_000).unwrap();
        signers().take(token, "orders", now).err()
    }

    #[test]
    fn a_token_is_for_one_scenario_and_a_short_time() {
        let claims = |aud: &str, exp: i64| json!({ "aud": aud, "exp": exp, "jti": "1", "inputs": { "$email": "a@example.cz" } });
        let now = 1_000_000;
        assert_eq!(refusal(&claims("orders", now + 600), None), None);
        let page = Some("https://shop.example");
        assert_eq!(refusal(&claims("orders", now + 600), page), None);
        let evil = Some("https://evil.example");
        for (claims, origin, why) in [
            (claims("other", now + 600), None, Refused::Signature),
            (claims("orders", now - 61), None, Refused::Expired),
            (claims("orders", now + 3_600), None, Refused::TooLong),
            (claims("orders", now + 600), evil, Refused::Origin),
            (
                json!({ "aud": "orders", "exp": now + 600 }),
                None,
                Refused::Signature,
            ),
            (
                json!({ "aud": "orders", "exp": now + 600, "jti": "" }),
                None,
                Refused::Used,
            ),
            (
                json!({ "exp": now + 600, "jti": "1" }),
                None,
                Refused::Signature,
            ),
        ] {
            assert_eq!(refusal(&claims, origin), Some(why), "{claims}");
        }
    }

    #[test]
    fn a_token_is_used_once() {
        let text = token(
            SECRET,
            &json!({ "aud": "orders", "exp": 1_000_600, "jti": "1" }),
        );
        let token = SignedToken {
            text: &text,
            origin: None,
        };
        let now = Timestamp::from_second(1_000_000).unwrap();
        let signers = signers();
        assert!(signers.take(token, "orders", now).is_ok());
        assert_eq!(
            signers.take(token, "orders", now).unwrap_err(),
            Refused::Used
        );
    }

    #[test]
    fn the_key_and_not_the_header_decides_the_algorithm() {
        let claims = json!({ "aud": "orders", "exp": 1_000_600, "jti": "1" });
        let now = Timestamp::from_second(1_000_000).unwrap();
        let refused = |text: &str| {
            let token = SignedToken { text, origin: None };
            signers().take(token, "orders", now).unwrap_err()
        };
        let other = encode(
            &Header::new(Algorithm::HS512),
            &claims,
            &EncodingKey::from_secret(SECRET),
        );
        assert_eq!(refused(&other.unwrap()), Refused::Signature);
        // The header says `none`, and the signature is left out.
        let signed = token(SECRET, &claims);
        let body = signed.split('.').nth(1).unwrap();
        assert_eq!(
            refused(&format!("eyJhbGciOiJub25lIn0.{body}.")),
            Refused::Signature
        );
        assert_eq!(
            refused(&token(b"another secret of 32 bytes or more", &claims)),
            Refused::Signature
        );
    }

    #[test]
    fn a_key_that_cannot_be_one_is_refused() {
        let private =
            b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----\n";
        assert!(matches!(SigningKey::read(private), Err(KeyError::Private)));
        assert!(matches!(
            SigningKey::read(b"short"),
            Err(KeyError::Short(5))
        ));
        let public = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert!(SigningKey::read(public).is_ok());
    }
}
