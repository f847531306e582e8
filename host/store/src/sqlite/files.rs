//! Whether the files of the store are still those that the server opened. One that was deleted or
//! replaced is written to as if nothing had happened, and all of it is gone when the server ends.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::error::StoreError;

/// How often the files are looked at when nothing is written.
const PERIOD: Duration = Duration::from_secs(1);

/// The files that were opened.
pub(super) struct OpenedFiles {
    file: OpenedFile,
    /// The log of writes and its index. SQLite makes them with the first transaction.
    beside: [OpenedFile; 2],
    is_lost: AtomicBool,
    lost: Notify,
}

/// A path, and what was there when it was opened.
struct OpenedFile {
    path: PathBuf,
    opened: Option<FileId>,
}

/// Tells files apart as long as they are open.
type FileId = (u64, u64);

/// A file of the store is not the one that was opened.
#[derive(Debug, thiserror::Error)]
#[error("`{}` was deleted or replaced while the server ran", .0.display())]
struct Lost(PathBuf);

#[cfg(unix)]
fn id_of(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Other systems neither delete nor replace a file that is open.
#[cfg(not(unix))]
fn id_of(_: &Metadata) -> FileId {
    (0, 0)
}

/// `chat.db-wal` for `chat.db`.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The bytes that are free on the disk of a file, for everybody but the administrator.
pub(super) fn free_on_disk(file: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(file).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

impl OpenedFile {
    fn at(path: PathBuf) -> OpenedFile {
        let opened = path.metadata().ok().as_ref().map(id_of);
        OpenedFile { path, opened }
    }

    /// Says no on proof alone: a path that cannot be looked at proves nothing.
    fn is_there(&self) -> bool {
        match (self.path.metadata(), self.opened) {
            (Ok(found), Some(opened)) => id_of(&found) == opened,
            (Err(error), Some(_)) => error.kind() != ErrorKind::NotFound,
            (_, None) => true,
        }
    }
}

impl OpenedFiles {
    /// The files of a store after its first transaction.
    pub(super) fn of(file: &Path) -> OpenedFiles {
        OpenedFiles {
            file: OpenedFile::at(file.to_owned()),
            beside: ["-wal", "-shm"].map(|ending| OpenedFile::at(beside(file, ending))),
            is_lost: AtomicBool::new(false),
            lost: Notify::new(),
        }
    }

    /// Checks that the files are those that were opened.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let all = std::iter::once(&self.file).chain(&self.beside);
        let Some(lost) = all.into_iter().find(|file| !file.is_there()) else {
            return Ok(());
        };
        if !self.is_lost.swap(true, Ordering::SeqCst) {
            tracing::error!(
                file = %lost.path.display(),
                "a file of the store was deleted or replaced: nothing more is stored"
            );
            self.set_log_aside();
        }
        self.lost.notify_one();
        Err(StoreError::unavailable(Lost(lost.path.clone())))
    }

    /// Moves the log of a file that is gone out of the way: the next server would play it into the file
    /// that now has the name. It is kept, because what was not in the file yet is in it.
    fn set_log_aside(&self) {
        let [log, index] = &self.beside;
        if self.file.is_there() || !log.is_there() {
            return;
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let aside = beside(
            &log.path,
            &format!("-of-{}", now.map_or(0, |now| now.as_secs())),
        );
        let moved = std::fs::rename(&log.path, &aside);
        match moved {
            Ok(()) => tracing::warn!(
                file = %aside.display(),
                "moved the log of writes of the file that is gone"
            ),
            Err(error) => tracing::warn!(error = %error, "cannot move the log of writes"),
        }
        if index.is_there() {
            // It holds no data. The next server makes it anew.
            let _ = std::fs::remove_file(&index.path);
        }
    }

    /// Waits until a file was deleted or replaced.
    pub(super) async fn lost(&self) -> StoreError {
        loop {
            if let Err(lost) = self.check() {
                return lost;
            }
            tokio::select! {
                () = self.lost.notified() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }
}
