//! Names and tokens of sessions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The system has no randomness to give.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the system gives no randomness: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// A token that opens one session: 256 random bits. It is shown once, to whoever started the
/// session, and kept by its digest alone.
pub(crate) struct Token([u8; 32]);

/// The SHA-256 of a [`Token`]. Of something with 256 random bits no slower digest is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

impl Token {
    pub(crate) fn fresh() -> Result<Token, NoRandomness> {
        Ok(Token(random()?))
    }

    /// Reads a token as a browser sends it.
    pub(crate) fn read(text: &str) -> Option<Token> {
        let mut bytes = [0; 32];
        // Exactly 32 bytes: a longer text does not fit, a shorter one leaves a rest.
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Some(Token(bytes)),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0).into())
    }
}

impl TokenDigest {
    /// Whether a token is the one, in a time that tells nothing.
    pub(crate) fn is_of(&self, token: &Token) -> bool {
        self.0.ct_eq(&token.digest().0).into()
    }
}

/// A session's public name, `s_` and 22 characters: unique, and no authority.
pub(crate) fn fresh_name() -> Result<String, NoRandomness> {
    let bytes: [u8; 16] = random()?;
    Ok(format!("s_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Random bytes as text, for what only the host knows.
pub(crate) fn fresh_secret() -> Result<String, NoRandomness> {
    let bytes: [u8; 16] = random()?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A digest of texts that cannot be tried against guesses without the key.
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
            let token = Token::fresh().unwrap();
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
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = Token::fresh().unwrap();
        let text = token.text();
        assert_eq!(text.len(), 43);
        assert!(token.digest().is_of(&Token::read(&text).unwrap()));
        for other in [
            "",
            "abc",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
        ] {
            assert!(Token::read(other).is_none(), "{other}");
        }
    }
}
