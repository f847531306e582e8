//! Waits until a component changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often the files are looked at. The system could tell of changes, but not in the same way
/// everywhere, and compilers replace a file rather than change it; an author does not notice
/// this much.
const LOOK: Duration = Duration::from_millis(250);

/// A file as it was seen: its place, when it was changed, and its size.
type Seen = (PathBuf, Option<SystemTime>, u64);

/// The components of some folders.
pub(crate) struct Watch {
    folders: Vec<PathBuf>,
    seen: Vec<Seen>,
}

impl Watch {
    pub(crate) fn new(folders: Vec<PathBuf>) -> Watch {
        let mut watch = Watch {
            folders,
            seen: Vec::new(),
        };
        watch.seen = watch.look();
        watch
    }

    /// Comes back when a file has changed since the last time, and has stopped to.
    pub(crate) async fn changed(&mut self) {
        let mut before = self.seen.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.look();
            // Whoever still writes is not done.
            if now != self.seen && now == before {
                self.seen = now;
                return;
            }
            before = now;
        }
    }

    fn look(&self) -> Vec<Seen> {
        let entries = self
            .folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten();
        let mut files: Vec<Seen> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let about = path.metadata().ok()?;
                path.extension()
                    .is_some_and(|extension| extension == "wasm")
                    .then(|| (path, about.modified().ok(), about.len()))
            })
            .collect();
        files.sort();
        files
    }
}
