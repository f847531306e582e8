//! The stores of the tests: SQLite, or PostgreSQL if the environment asks for it.

use std::path::{Path, PathBuf};

use krabice_store::{Storage, StoreUrl};
use tokio_postgres::NoTls;

use super::postgres::{Cluster, cluster};

/// The environment variable that selects PostgreSQL with `postgres`. The default is SQLite.
const VARIABLE: &str = "KRABICE_TEST_STORE";

/// Whether the tests run against PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    std::env::var(VARIABLE).is_ok_and(|kind| kind == "postgres")
}

/// The store of one test.
#[derive(Clone)]
pub(crate) enum TestStore {
    Sqlite(PathBuf),
    /// The URL of a database that no other test uses.
    Postgres(String),
}

impl TestStore {
    /// An empty store of the selected kind.
    pub(crate) async fn fresh(folder: &Path) -> TestStore {
        if is_postgres() {
            TestStore::Postgres(cluster().database().await)
        } else {
            TestStore::Sqlite(folder.join("chat.db"))
        }
    }

    /// An empty database.
    pub(crate) async fn database(cluster: &Cluster) -> TestStore {
        TestStore::Postgres(cluster.database().await)
    }

    pub(crate) fn url(&self) -> String {
        match self {
            TestStore::Sqlite(file) => format!("sqlite:{}", file.display()),
            TestStore::Postgres(url) => url.clone(),
        }
    }

    pub(crate) async fn open(&self) -> Storage {
        let url = StoreUrl::parse(&self.url()).unwrap();
        Storage::open(&url).await.unwrap()
    }

    /// All data in the store: the bytes of the files, or the rows of the tables.
    pub(crate) async fn stored(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            TestStore::Sqlite(file) => {
                let name = file.file_name().unwrap().to_string_lossy();
                for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
                    let path = entry.unwrap().path();
                    let found = path.file_name().unwrap().to_string_lossy().into_owned();
                    if found.starts_with(&*name) {
                        bytes.extend(std::fs::read(path).unwrap());
                    }
                }
            }
            TestStore::Postgres(url) => {
                let client = connect(url).await;
                let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'krabice'";
                let tables = client.query(tables, &[]).await.unwrap();
                assert!(tables.len() > 5);
                for table in tables {
                    let table: &str = table.get(0);
                    let rows = format!("SELECT each::text FROM krabice.{table} AS each");
                    for row in client.query(&rows, &[]).await.unwrap() {
                        bytes.extend(row.get::<_, &str>(0).as_bytes());
                    }
                }
            }
        }
        bytes
    }
}

/// Connects the test itself to the database.
pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
