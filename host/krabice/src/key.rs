//! Keys that nobody can guess: names of sessions, and of calls by hand.

use std::fmt::Write;

use crate::refusal::Refusal;

/// A new key: 16 random bytes as 32 hexadecimal digits.
///
/// # Errors
/// The system has no randomness to give.
pub(crate) fn fresh() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Refusal::usage("the system gives no randomness").because(&error))?;
    Ok(bytes
        .iter()
        .fold(String::with_capacity(32), |mut key, byte| {
            // Writing into a text does not fail.
            let _ = write!(key, "{byte:02x}");
            key
        }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_differ_and_have_32_digits() {
        let (one, other) = (super::fresh().unwrap(), super::fresh().unwrap());
        assert_ne!(one, other);
        assert!(
            one.len() == 32 && one.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{one}"
        );
    }
}
