//! Random keys that nobody can guess: ids of sessions and of calls by hand.

use crate::error::CliError;

/// A new key: 16 random bytes as 32 hexadecimal digits.
///
/// # Errors
/// The operating system gives no random bytes.
pub(crate) fn fresh() -> Result<String, CliError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        CliError::usage("the operating system gives no random bytes").because(&error)
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
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
