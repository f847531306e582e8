//! Random bytes.

/// The system's random number generator failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the system's random number generator failed")]
pub struct NoRandomness(#[from] getrandom::Error);

/// Random bytes that nobody can guess.
///
/// # Errors
/// The system's random number generator failed.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
