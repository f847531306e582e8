//! Copies of a store in a file, and their restoring.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};

use krabice_store::sessions::RevisionRecord;
use krabice_store::{CopyError, OpenError, Storage, StoreUrl};

fn url(file: &Path) -> StoreUrl {
    StoreUrl::parse(&format!("sqlite:{}", file.display())).unwrap()
}

async fn open(file: &Path) -> Storage {
    Storage::open(&url(file)).await.unwrap()
}

/// Writes a revision into an open store, so that one copy differs from another.
async fn write(storage: &Storage, digest: &str) {
    let revision = RevisionRecord {
        digest: digest.to_owned(),
        scenario: "echo".to_owned(),
        documents: Vec::new(),
        components: Vec::new(),
    };
    let store = storage.clone().sessions();
    store.keep_revision(revision, Vec::new()).await.unwrap();
}

/// Which of the revisions `a`, `b`, `c` a store has.
async fn has(file: &Path) -> String {
    let store = open(file).await.sessions();
    let mut all = String::new();
    for digest in ["a", "b", "c"] {
        if store.revision(digest).await.unwrap().is_some() {
            all.push_str(digest);
        }
    }
    all
}

/// The files of a folder that are neither locks nor SQLite's own.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| {
            ![".lock", "-wal", "-shm"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .collect();
    names.sort();
    names
}

fn fixture(folder: &tempfile::TempDir) -> (PathBuf, PathBuf) {
    (folder.path().join("chat.db"), folder.path().join("copy.db"))
}

#[tokio::test]
async fn an_open_store_is_copied_for_its_owner_alone_and_nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = fixture(&folder);
    let missing = Storage::backup(&url(&file), &copy, false);
    assert!(matches!(missing, Err(CopyError::NoStore(_))));
    let storage = open(&file).await;
    write(&storage, "a").await;
    Storage::backup(&url(&file), &copy, false).unwrap();
    write(&storage, "b").await;
    let refused = Storage::backup(&url(&file), &copy, false);
    assert!(matches!(refused, Err(CopyError::Exists(_))), "{refused:?}");
    let refused = Storage::backup(&url(&file), &file, true);
    assert!(matches!(refused, Err(CopyError::Itself(_))), "{refused:?}");
    assert_eq!(has(&copy).await, "a");
    Storage::backup(&url(&file), &copy, true).unwrap();
    assert_eq!(has(&copy).await, "ab");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(files(folder.path()), ["chat.db", "copy.db"]);
}

#[tokio::test]
async fn a_copy_is_restored_into_a_store_that_nobody_holds_and_the_one_before_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = fixture(&folder);
    let storage = open(&file).await;
    write(&storage, "a").await;
    Storage::backup(&url(&file), &copy, false).unwrap();
    write(&storage, "b").await;
    let held = Storage::restore(&url(&file), &copy);
    assert!(
        matches!(held, Err(CopyError::Open(OpenError::InUse(_)))),
        "{held:?}"
    );
    drop(storage);
    // An administrator restores the store of another user, who has to open it.
    #[cfg(unix)]
    let is_root = std::os::unix::fs::chown(&file, Some(12_345), None).is_ok();
    let replaced = Storage::restore(&url(&file), &copy).unwrap().unwrap();
    #[cfg(unix)]
    if is_root {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(std::fs::metadata(&file).unwrap().uid(), 12_345);
    }
    assert_eq!(has(&file).await, "a");
    assert_eq!(has(&replaced).await, "ab");
    // Into an empty folder.
    let elsewhere = tempfile::tempdir().unwrap();
    let (other, _) = fixture(&elsewhere);
    assert_eq!(Storage::restore(&url(&other), &copy).unwrap(), None);
    assert_eq!(has(&other).await, "a");
}

#[tokio::test]
async fn what_is_no_store_or_is_damaged_or_newer_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = fixture(&folder);
    let storage = open(&file).await;
    write(&storage, "a").await;
    Storage::backup(&url(&file), &copy, false).unwrap();
    drop(storage);
    let good = std::fs::read(&copy).unwrap();
    let newer = {
        let mut bytes = good.clone();
        // SQLite's `user_version`.
        bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        bytes
    };
    let torn = good[..good.len() / 2].to_vec();
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("a text", b"no database at all. ".repeat(500)),
        ("newer", newer),
        ("torn", torn),
    ] {
        std::fs::write(&copy, bytes).unwrap();
        let refused = Storage::restore(&url(&file), &copy);
        let is_expected = match &refused {
            Err(CopyError::Open(OpenError::Newer { found, .. })) => what == "newer" && *found == 99,
            Err(CopyError::Open(OpenError::NotAStore { .. })) => what != "newer",
            _ => false,
        };
        assert!(is_expected, "{what}: {refused:?}");
    }
    assert_eq!(has(&file).await, "a");
    assert_eq!(files(folder.path()), ["chat.db", "copy.db"]);
}

#[tokio::test]
async fn a_database_is_not_copied() {
    let database = StoreUrl::parse("postgres://u:Canary@localhost/d").unwrap();
    let refused = Storage::backup(&database, Path::new("copy.db"), false);
    assert!(matches!(refused, Err(CopyError::Database)));
    let refused = Storage::restore(&database, Path::new("copy.db"));
    assert!(matches!(refused, Err(CopyError::Database)));
}
