//! An open store of the kind that a URL names.

use std::sync::Arc;

use crate::error::OpenError;
use crate::postgres::PostgresStore;
use crate::sessions::Store;
use crate::sqlite::SqliteStore;
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
