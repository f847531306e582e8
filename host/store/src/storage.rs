//! An open store of the kind that a URL names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::{CopyError, OpenError};
use crate::postgres::PostgresStore;
use crate::sessions::Store;
use crate::sqlite::{self, SqliteStore};
use crate::url::{StoreLocation, StoreUrl};

/// An open store. Dropping the last clone closes it.
#[derive(Clone)]
pub struct Storage(Arc<dyn Store>);

impl Storage {
    /// Opens the store that a URL names. A missing file, or missing tables, are created.
    ///
    /// # Errors
    /// See [`OpenError`]. No error contains the URL's password.
    pub async fn open(url: &StoreUrl) -> Result<Storage, OpenError> {
        let store: Arc<dyn Store> = match url.location() {
            StoreLocation::Sqlite(file) => Arc::new(SqliteStore::open(file)?),
            StoreLocation::Postgres(database) => Arc::new(PostgresStore::open(database).await?),
        };
        Ok(Storage(store))
    }

    /// Copies a store as it is at one moment into a new file that only its owner can read, also while a
    /// server runs. An existing file is replaced only if `replace` says so.
    ///
    /// # Errors
    /// See [`CopyError`]. A database is not copied.
    pub fn backup(url: &StoreUrl, file: &Path, replace: bool) -> Result<(), CopyError> {
        let store = url.file().ok_or(CopyError::Database)?;
        sqlite::backup(store, file, replace)
    }

    /// Puts a copy in the place of a store. Returns where the store that it replaces is kept, if there
    /// was one.
    ///
    /// # Errors
    /// See [`CopyError`]: the copy is checked first, and a server must not hold the store.
    pub fn restore(url: &StoreUrl, copy: &Path) -> Result<Option<PathBuf>, CopyError> {
        let store = url.file().ok_or(CopyError::Database)?;
        sqlite::restore(store, copy, Timestamp::now())
    }

    /// The sessions, attempts and revisions of the store.
    #[must_use]
    pub fn sessions(self) -> Arc<dyn Store> {
        self.0
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}
