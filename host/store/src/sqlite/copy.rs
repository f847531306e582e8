//! Copies of a store in a file: a backup while a server runs, and its restoring while none does.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use super::files::beside;
use super::{LOCK_TIMEOUT, VERSION, lock, writer};
use crate::error::{CopyError, OpenError};

/// What has a meaning in the path of a URI.
const IN_URI: AsciiSet = CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

/// What SQLite keeps beside a file.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Copies a store as it is at one moment into a new file that only its owner can read. Writers go on
/// meanwhile. An existing file is replaced only if `replace` says so, and only by a complete copy.
pub(crate) fn backup(store: &Path, file: &Path, replace: bool) -> Result<(), CopyError> {
    if !store.exists() {
        return Err(CopyError::NoStore(store.to_owned()));
    }
    if !replace && file.exists() {
        return Err(CopyError::Exists(file.to_owned()));
    }
    if is_same(store, file) {
        return Err(CopyError::Itself(file.to_owned()));
    }
    let copy = copy_of(store, false, folder_of(file))?;
    let placed = if replace {
        copy.persist(file).map(drop)
    } else {
        copy.persist_noclobber(file).map(drop)
    };
    placed.map_err(|error| {
        if error.error.kind() == io::ErrorKind::AlreadyExists {
            return CopyError::Exists(file.to_owned());
        }
        failed(file)(error.error)
    })?;
    sync_folder(file)
}

/// Puts a copy in the place of a store that no server holds. Returns where the store that it replaces
/// is kept, if there was one.
pub(crate) fn restore(
    store: &Path,
    copy: &Path,
    now: Timestamp,
) -> Result<Option<PathBuf>, CopyError> {
    if is_same(store, copy) {
        return Err(CopyError::Itself(copy.to_owned()));
    }
    if !copy.exists() {
        return Err(CopyError::NoStore(copy.to_owned()));
    }
    // A copy that somebody made by hand may have its write-ahead log beside it.
    let log = fs::metadata(beside(copy, BESIDE[0]));
    let is_whole = !log.is_ok_and(|log| log.len() > 0);
    let _lock = lock(store)?;
    let new = copy_of(copy, is_whole, folder_of(store))?;
    let replaced = if store.exists() {
        give_to_owner_of(store, new.path())?;
        Some(set_aside(store, now)?)
    } else {
        None
    };
    new.persist(store)
        .map_err(|error| failed(store)(error.error))?;
    sync_folder(store)?;
    Ok(replaced)
}

/// A complete, durable copy of a store in a temporary file of a folder, which only its owner can read.
/// The store is checked before.
fn copy_of(
    store: &Path,
    is_whole: bool,
    folder: &Path,
) -> Result<tempfile::NamedTempFile, CopyError> {
    let not_a_store = |source: rusqlite::Error| OpenError::NotAStore {
        file: store.to_owned(),
        source: source.into(),
    };
    // Nothing can be written beside a copy on a read-only disk, so a whole one is read without locks.
    let path = store.to_string_lossy();
    let uri = format!(
        "file:{}{}",
        utf8_percent_encode(&path, &IN_URI),
        if is_whole { "?immutable=1" } else { "" }
    );
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri, flags).map_err(not_a_store)?;
    connection.busy_timeout(LOCK_TIMEOUT).map_err(not_a_store)?;
    check(&connection, store)?;
    let target = tempfile::Builder::new()
        .prefix(".krabice-copy-")
        .tempfile_in(folder)
        .map_err(failed(folder))?;
    let name = target.path().to_string_lossy();
    connection
        .execute("VACUUM INTO ?1", [&name])
        .map_err(|source| failed(target.path())(io::Error::other(source)))?;
    target.as_file().sync_all().map_err(failed(target.path()))?;
    Ok(target)
}

/// Checks that an open database is a store of a version that this program knows, and is not damaged.
fn check(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let not_a_store = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::NotAStore {
        file: file.to_owned(),
        source,
    };
    let query = |statement: &str| -> Result<String, OpenError> {
        let value = connection.query_row(statement, [], |row| row.get(0));
        value.map_err(|error: rusqlite::Error| not_a_store(error.into()))
    };
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| not_a_store(error.into()))?;
    if found > VERSION {
        return Err(OpenError::Newer {
            store: file.display().to_string(),
            found,
            known: VERSION,
        });
    }
    let key = "SELECT CAST(length(value) AS TEXT) FROM meta WHERE name = 'key'";
    if found < 1 || query(key)? != "32" {
        return Err(not_a_store("it has no key".into()));
    }
    let damage = query("PRAGMA quick_check(1)")?;
    if damage != "ok" {
        return Err(not_a_store("it is damaged".into()));
    }
    Ok(())
}

/// Gives a new file the owner of a store: whoever restores it may be an administrator, and the server another
/// user, who has to open it.
fn give_to_owner_of(store: &Path, new: &Path) -> Result<(), CopyError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let of = |file: &Path| {
            let metadata = fs::metadata(file).map_err(failed(file))?;
            Ok::<_, CopyError>((metadata.uid(), metadata.gid()))
        };
        let (user, group) = of(store)?;
        if of(new)? != (user, group) {
            chown(new, Some(user), Some(group)).map_err(failed(new))?;
        }
    }
    Ok(())
}

/// Renames a store, with what SQLite keeps beside it. Returns the new name.
fn set_aside(store: &Path, now: Timestamp) -> Result<PathBuf, CopyError> {
    // A killed server leaves commits in the write-ahead log. They are brought into the file, so that no
    // crash between two of these steps can part them; a store that cannot be opened keeps its log.
    if let Ok(connection) = Connection::open(store) {
        let _ = writer::empty_log(&connection);
    }
    let moment = now.strftime("%Y%m%dT%H%M%SZ");
    let aside = (0..)
        .map(|number| match number {
            0 => beside(store, &format!(".replaced-{moment}")),
            _ => beside(store, &format!(".replaced-{moment}-{number}")),
        })
        .find(|name| !name.exists())
        .expect("there is always another number");
    fs::rename(store, &aside).map_err(failed(store))?;
    for end in BESIDE {
        let (from, to) = (beside(store, end), beside(&aside, end));
        if let Err(error) = fs::rename(&from, to)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(&from)(error));
        }
    }
    Ok(aside)
}

fn folder_of(file: &Path) -> &Path {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        (_, _) => false,
    }
}

/// Makes the name of a new file durable.
fn sync_folder(file: &Path) -> Result<(), CopyError> {
    let folder = folder_of(file);
    // Only Unix opens folders.
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed(folder))?;
    }
    Ok(())
}

fn failed(file: &Path) -> impl Fn(io::Error) -> CopyError {
    move |source| CopyError::Failed {
        file: file.to_owned(),
        source,
    }
}
