//! Sources of secrets: the environment and files.

use std::io;
use std::path::Path;

use secrecy::SecretString;

/// Looks secrets up. A trait, so that tests need neither environment nor files.
pub trait Secrets {
    /// The value of an environment variable; `None` when it is not set.
    ///
    /// # Errors
    /// The value is not UTF-8.
    fn env(&self, name: &str) -> io::Result<Option<SecretString>>;

    /// The content of a file.
    ///
    /// # Errors
    /// The file cannot be read or is not UTF-8.
    fn file(&self, path: &Path) -> io::Result<SecretString>;
}

/// The environment of the process and the file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecrets;

impl Secrets for SystemSecrets {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value.into())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
            }
        }
    }

    fn file(&self, path: &Path) -> io::Result<SecretString> {
        std::fs::read_to_string(path).map(SecretString::from)
    }
}
