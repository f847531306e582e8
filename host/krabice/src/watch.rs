//! Watches folders of components for changes, for `krabice call --watch`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often the folders are scanned. Notifications of the operating system would be faster, but
/// they differ between systems, and compilers replace a file rather than change it.
const SCAN_INTERVAL: Duration = Duration::from_millis(250);

/// The state of a file at a scan: its path, the time of its last change, its size.
type FileState = (PathBuf, Option<SystemTime>, u64);

/// A watch over the components in some folders.
pub(crate) struct Watch {
    folders: Vec<PathBuf>,
    reported: Vec<FileState>,
}

impl Watch {
    pub(crate) fn new(folders: Vec<PathBuf>) -> Watch {
        let mut watch = Watch {
            folders,
            reported: Vec::new(),
        };
        watch.reported = watch.scan();
        watch
    }

    /// Waits until a file has changed since the last call, and does not change any more.
    pub(crate) async fn changed(&mut self) {
        let mut before = self.reported.clone();
        loop {
            tokio::time::sleep(SCAN_INTERVAL).await;
            let now = self.scan();
            // A difference between two scans means that a compiler is still writing.
            if now != self.reported && now == before {
                self.reported = now;
                return;
            }
            before = now;
        }
    }

    fn scan(&self) -> Vec<FileState> {
        let entries = self
            .folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten();
        let mut files: Vec<FileState> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let metadata = path.metadata().ok()?;
                path.extension()
                    .is_some_and(|extension| extension == "wasm")
                    .then(|| (path, metadata.modified().ok(), metadata.len()))
            })
            .collect();
        files.sort();
        files
    }
}
