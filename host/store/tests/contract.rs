//! The contract suites, on every back end. A new one is a line in `suites!`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::sync::Arc;

use krabice_store::sessions::{Store, contract};
use krabice_store::{Storage, StoreUrl};

use crate::support::store::{TestStore, is_postgres};

async fn open(store: &TestStore) -> Arc<dyn Store> {
    let url = StoreUrl::parse(&store.url()).unwrap();
    Storage::open(&url).await.unwrap().sessions()
}

/// Runs a suite on an empty store of the kind that the environment selects.
macro_rules! suites {
    ($($suite:ident),*) => {$(
        #[tokio::test]
        async fn $suite() {
            let folder = tempfile::tempdir().unwrap();
            let store = TestStore::fresh(folder.path()).await;
            contract::$suite(&*open(&store).await).await;
        }
    )*};
}

suites!(sessions, pages, attempts, revisions, lists, space);

/// A store in a file knows its disk, and gives back what was erased.
#[tokio::test]
async fn the_space_of_a_file() {
    if is_postgres() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(&TestStore::fresh(folder.path()).await).await;
    let empty = store.space().await.unwrap();
    contract::space(&*store).await;
    let full = store.space().await.unwrap();
    assert!(full.free.is_some_and(|free| free > 0));
    assert!(store.erase("s1").await.unwrap());
    let erased = store.space().await.unwrap();
    assert!(erased.used < empty.used + 64 * 1024, "{empty:?} {erased:?}");
}

/// A store in a file has one server, which has nobody to notify.
#[tokio::test]
async fn notifications() {
    if is_postgres() {
        let folder = tempfile::tempdir().unwrap();
        let store = TestStore::fresh(folder.path()).await;
        contract::notifications(&*open(&store).await, &*open(&store).await).await;
    }
}
