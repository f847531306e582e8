//! Why a store did not do what it was asked to do, and how stored values are read.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::random::NoRandomness;

/// The cause of a failure. Several requests may share it, so it can be cloned.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store did not do what it was asked to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another request has committed a newer version of the session.
    #[error("the session has a newer version")]
    Conflict,
    /// The store cannot be reached, is full, or is busy. A later attempt may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// A stored value cannot be read.
    #[error("the stored value in the column `{column}` cannot be read")]
    Unreadable {
        /// The column.
        column: &'static str,
        /// What is wrong with the value. It does not repeat the value, which may be hidden.
        #[source]
        cause: Cause,
    },
    /// A new session's revision is not in the store.
    #[error("the revision of the new session is not in the store")]
    UnknownRevision,
}

impl StoreError {
    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(cause.into().into())
    }

    /// The error of a stored value that is not what this version writes into the column.
    pub fn unreadable(
        column: &'static str,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> StoreError {
        let cause = cause.into().into();
        StoreError::Unreadable { column, cause }
    }
}

/// Reads a stored JSON text.
///
/// # Errors
/// [`StoreError::Unreadable`], which repeats no part of the text: it may be hidden.
pub fn parse_json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, character) = (error.line(), error.column());
        let cause = format!("invalid JSON at line {line}, column {character}");
        StoreError::unreadable(column, cause)
    })
}

/// The JSON text to store for a value.
///
/// # Panics
/// If the value does not serialise to JSON, as a map with keys that are no texts.
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the stored types serialise to JSON")
}

/// Reads a stored moment.
pub(crate) fn parse_moment(
    column: &'static str,
    milliseconds: i64,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| StoreError::unreadable(column, error))
}

/// Why a store was not copied or restored.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store is a database, which has tools of its own.
    #[error("the store is a database, which is copied by its own tools")]
    Database,
    /// There is no such file.
    #[error("there is no store at `{}`", .0.display())]
    NoStore(PathBuf),
    /// The file to write exists.
    #[error("`{}` exists", .0.display())]
    Exists(PathBuf),
    /// The copy and the store are one file.
    #[error("`{}` is the store itself", .0.display())]
    Itself(PathBuf),
    /// What is to be copied is no store that this program can read, or a server holds the store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be written.
    #[error("`{}` cannot be written", file.display())]
    Failed {
        /// The file or folder.
        file: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process uses it.
    #[error("`{}` is in use by another server", .0.display())]
    InUse(PathBuf),
    /// A file cannot be created or read.
    #[error("`{}` cannot be opened", file.display())]
    Unopenable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a store.
    #[error("`{}` is not a store of sessions", file.display())]
    NotAStore {
        /// The file.
        file: PathBuf,
        /// The database library's error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store was written by a newer server.
    #[error("`{store}` has version {found}; this server supports versions up to {known}")]
    Newer {
        /// The file, or the database's host.
        store: String,
        /// Its version.
        found: i64,
        /// The newest version that this server supports.
        known: i64,
    },
    /// The database cannot be reached, or refuses the connection.
    #[error("the database at `{host}` cannot be used")]
    Database {
        /// The database's host.
        host: String,
        /// The reason.
        #[source]
        source: StoreError,
    },
    /// The certificates of authorities cannot be read.
    #[error("the certificates of authorities cannot be read")]
    Certificates(#[source] rustls::Error),
    /// The system's random number generator failed.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}
