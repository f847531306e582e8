//! Keys that are unique: names of sessions, and of calls by hand.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A new key of 32 hexadecimal digits. Unique, not secret: nobody gains anything by guessing it.
pub(crate) fn fresh() -> String {
    // The standard library seeds every map anew from the system's randomness, and adds to the
    // seed for each further map.
    let part = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", part(), part())
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_differ() {
        assert_ne!(super::fresh(), super::fresh());
        assert_eq!(super::fresh().len(), 32);
    }
}
