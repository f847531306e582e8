//! Session names, session tokens, and keyed digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use krabice_store::{NoRandomness, random};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secret that opens a session: 256 random bits. The store holds only its digest.
pub struct SessionToken([u8; 32]);

impl SessionToken {
    pub(crate) fn fresh() -> Result<SessionToken, NoRandomness> {
        Ok(SessionToken(random()?))
    }

    /// Parses a token as a browser sends it: 43 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<SessionToken> {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Some(SessionToken(bytes)),
            _ => None,
        }
    }

    /// The token as a browser sends it.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The SHA-256 of the token. A fast digest is enough, because 256 random bits cannot be guessed.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Whether a digest is this token's, in constant time.
    pub(crate) fn has_digest(&self, digest: &[u8; 32]) -> bool {
        self.digest().ct_eq(digest).into()
    }
}

/// A new public name of a session: `s_` and 22 random characters. Knowing it opens nothing.
pub(crate) fn new_session_name() -> Result<String, NoRandomness> {
    let bytes: [u8; 16] = random()?;
    Ok(format!("s_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The name of the session that a token with signed inputs starts. The same token always gives the
/// same name, so that no store has two sessions of it.
pub(crate) fn signed_session_name(key: &[u8], scenario: &str, id: &str) -> String {
    let digest = keyed_digest(key, &["signed", scenario, id]);
    format!("s_{}", URL_SAFE_NO_PAD.encode(&digest[..16]))
}

/// Random bytes as text, for what only the host knows.
pub(crate) fn fresh_secret() -> Result<String, NoRandomness> {
    let bytes: [u8; 16] = random()?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The digest by which a session is found: of a key of `krabice_contract::compare::address_keys`.
pub(crate) fn address_digest(key: &[u8], address: &str) -> [u8; 32] {
    keyed_digest(key, &["address", address])
}

/// A digest of texts. Without the key, nobody can test a guess of the texts against it.
pub(crate) fn keyed_digest(key: &[u8], parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_be_bytes());
    hash.update(key);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_have_256_bits_and_never_repeat() {
        let mut seen = HashSet::new();
        let mut ones = [0_u32; 256];
        for _ in 0..100_000 {
            let token = SessionToken::fresh().unwrap();
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += u32::from(token.0[bit / 8] >> (bit % 8) & 1);
            }
            assert!(seen.insert(token.0));
        }
        // Ten standard deviations around the half.
        assert!(
            ones.iter().all(|ones| (48_419..51_581).contains(ones)),
            "{ones:?}"
        );
    }

    #[test]
    fn a_token_is_parsed_as_it_was_written_and_other_texts_are_refused() {
        let token = SessionToken::fresh().unwrap();
        let text = token.text();
        assert_eq!(text.len(), 43);
        let parsed = SessionToken::parse(&text).unwrap();
        assert!(parsed.has_digest(&token.digest()));
        for other in [
            "",
            "abc",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
        ] {
            assert!(SessionToken::parse(other).is_none(), "{other}");
        }
    }
}
