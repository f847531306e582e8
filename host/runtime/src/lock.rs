//! The lock file, which names each plugin by the digest of its component.
//!
//! A file that replaces a plugin would get the plugin's connections. So where a
//! `krabice.lock` exists, beside the plugins or above them, a plugin that it does not name
//! or that has another digest is refused. A command writes the lock file.

use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::plugin::Plugin;

/// The name of the file.
pub const FILE: &str = "krabice.lock";

/// The version of the format that this program writes and reads.
const VERSION: u32 = 1;

/// The first lines of a lock file.
const HEAD: &str = "# Written by `krabice plugin lock` and `krabice plugin install`.\n\n";

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The plugins, by name.
    pub plugins: IndexMap<String, Locked>,
}

/// A locked plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// The plugin's own version.
    pub version: String,
    /// The SHA-256 of the component, in lower case hexadecimal.
    pub sha256: String,
    /// The source of the component: a file, or a reference of a registry.
    pub source: String,
    /// The component's file, relative to the folder of the lock file, with `/` between
    /// the names. It allows to lock one folder again without the others.
    pub file: String,
}

/// The content of the file in TOML.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    version: u32,
    #[serde(default, rename = "plugin")]
    plugins: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: String,
    version: String,
    sha256: String,
    source: String,
    file: String,
}

/// A lock file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read or written.
    #[error("the lock file `{}` cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a lock file.
    #[error("the lock file `{}` is not valid", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The search for the lock file of a folder failed.
    #[error("the search for the lock file of `{}` failed", folder.display())]
    Search {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file names a plugin twice, or has another version.
    #[error("the lock file `{}` {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The difference between a file and the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The lock file does not name the file.
    Unknown,
    /// The lock file names another digest.
    Other {
        /// The locked plugin.
        name: String,
        /// The locked version.
        version: String,
        /// The locked digest.
        sha256: String,
    },
}

impl Mismatch {
    fn other(name: &str, locked: &Locked) -> Mismatch {
        Mismatch::Other {
            name: name.to_owned(),
            version: locked.version.clone(),
            sha256: locked.sha256.clone(),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Unknown => write!(f, "is not in `{FILE}`")?,
            Mismatch::Other {
                name,
                version,
                sha256,
            } => {
                write!(
                    f,
                    "is not the file that `{FILE}` locks for version {version} of the plugin `{name}`"
                )?;
                if let Some(begin) = sha256.get(..12) {
                    write!(f, " (sha256 {begin}…)")?;
                }
            }
        }
        f.write_str("; put the right file back, or lock this one with `krabice plugin lock`")
    }
}

impl Lock {
    /// Reads a lock file; `None` where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or is not a lock file.
    pub fn read(path: &Path) -> Result<Option<Lock>, LockError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            // A dangling link is an error and not a missing file.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && path.symlink_metadata().is_err() =>
            {
                return Ok(None);
            }
            Err(source) => {
                return Err(LockError::File {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let document: Document = toml::from_str(&text).map_err(|source| LockError::Form {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let wrong = |what: String| LockError::Content {
            path: path.to_owned(),
            what,
        };
        if document.version != VERSION {
            return Err(wrong(format!(
                "has version {}, and this program reads version {VERSION}",
                document.version
            )));
        }
        let mut plugins = IndexMap::new();
        for entry in document.plugins {
            let locked = Locked {
                version: entry.version,
                sha256: entry.sha256,
                source: entry.source,
                file: entry.file,
            };
            if plugins.insert(entry.name.clone(), locked).is_some() {
                return Err(wrong(format!("names `{}` twice", entry.name)));
            }
        }
        Ok(Some(Lock { plugins }))
    }

    /// The text of the file. The plugins are in the order of their names, so that a change
    /// of one changes few lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut plugins: Vec<_> = self
            .plugins
            .iter()
            .map(|(name, locked)| Entry {
                name: name.clone(),
                version: locked.version.clone(),
                sha256: locked.sha256.clone(),
                source: locked.source.clone(),
                file: locked.file.clone(),
            })
            .collect();
        plugins.sort_by(|left, right| left.name.cmp(&right.name));
        let document = Document {
            version: VERSION,
            plugins,
        };
        let text = toml::to_string(&document).expect("texts and a number are valid TOML");
        format!("{HEAD}{text}")
    }

    /// Writes the file completely or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let failed = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        let new = path.with_extension("lock.new");
        std::fs::write(&new, self.text()).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }

    /// Locks a plugin as it is. `file` is its path from [`place_in`].
    pub fn insert(&mut self, plugin: &Plugin, file: impl Into<String>, source: impl Into<String>) {
        let locked = Locked {
            version: plugin.manifest().version.clone(),
            sha256: plugin.digest().to_owned(),
            source: source.into(),
            file: file.into(),
        };
        self.plugins.insert(plugin.name().to_owned(), locked);
    }

    /// Checks that a plugin is the locked one.
    ///
    /// # Errors
    /// The difference.
    pub fn check(&self, plugin: &Plugin) -> Result<(), Mismatch> {
        match self.plugins.get(plugin.name()) {
            None => Err(Mismatch::Unknown),
            Some(locked) if locked.sha256 == plugin.digest() => Ok(()),
            Some(locked) => Err(Mismatch::other(plugin.name(), locked)),
        }
    }
}

/// Finds the lock file of a folder: `krabice.lock` in it, or in the nearest folder above
/// it, with links resolved. `None` where there is none. The folder need not exist.
///
/// # Errors
/// The search failed, which is not the same as no lock file.
pub fn above(folder: &Path) -> Result<Option<PathBuf>, LockError> {
    let failed = |source| LockError::Search {
        folder: folder.to_owned(),
        source,
    };
    for folder in canonical(folder).map_err(failed)?.ancestors() {
        let file = folder.join(FILE);
        // Anything of that name: the reader later refuses what is not a lock file.
        match file.symlink_metadata() {
            Ok(_) => return Ok(Some(file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(None)
}

/// The path of the lock file of a folder, whether it exists or not.
///
/// # Errors
/// As for [`above`].
pub fn of_folder(folder: &Path) -> Result<PathBuf, LockError> {
    if let Some(file) = above(folder)? {
        return Ok(file);
    }
    let folder = canonical(folder).map_err(|source| LockError::Search {
        folder: folder.to_owned(),
        source,
    })?;
    Ok(folder.join(FILE))
}

/// A path relative to the folder of a lock file, for [`Locked::file`]. A link counts as the
/// path of the link, not of its target.
///
/// # Errors
/// The folder of the path cannot be read, or is not below that of the lock file.
pub fn place_in(lock: &Path, path: &Path) -> Result<String, LockError> {
    let failed = |source| LockError::Search {
        folder: path.to_owned(),
        source,
    };
    let elsewhere = || {
        failed(std::io::Error::other(
            "the path is not below the folder of the lock file",
        ))
    };
    let full = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => canonical(parent).map_err(failed)?.join(name),
        _ => canonical(path).map_err(failed)?,
    };
    let base = lock.parent().ok_or_else(elsewhere)?;
    let below = full.strip_prefix(base).map_err(|_| elsewhere())?;
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    Ok(names.join("/"))
}

/// Resolves the links of a folder, or of that part of it that exists.
fn canonical(folder: &Path) -> std::io::Result<PathBuf> {
    // The parent of `x.wasm` is empty and means the current folder.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    match folder.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            match (folder.parent(), folder.file_name()) {
                (Some(parent), Some(name)) => Ok(canonical(parent)?.join(name)),
                _ => Err(error),
            }
        }
        resolved => resolved,
    }
}

/// The lock file that applies to a file, and its path.
#[derive(Debug, Clone)]
pub(crate) struct ActiveLock {
    path: PathBuf,
    pub(crate) lock: Lock,
}

impl ActiveLock {
    /// Checks that some plugin is locked with this digest, so that the file may be loaded.
    pub(crate) fn admit(&self, file: &Path, sha256: &str) -> Result<(), Mismatch> {
        let plugins = &self.lock.plugins;
        if plugins.values().any(|locked| locked.sha256 == sha256) {
            return Ok(());
        }
        let place = place_in(&self.path, file).ok();
        let here = plugins
            .iter()
            .find(|(_, locked)| place.as_deref() == Some(&locked.file));
        Err(here.map_or(Mismatch::Unknown, |(name, locked)| {
            Mismatch::other(name, locked)
        }))
    }
}

/// Reads the lock file that applies to a file; `None` where there is none.
pub(crate) fn lock_of(file: &Path) -> Result<Option<ActiveLock>, LockError> {
    // The folder into which the operator put the file or a link to it.
    let Some(path) = above(file.parent().unwrap_or(Path::new("")))? else {
        return Ok(None);
    };
    match Lock::read(&path)? {
        Some(lock) => Ok(Some(ActiveLock { path, lock })),
        // The file was deleted since it was found. A change may be under way, so this is not
        // the same as no lock file.
        None => Err(LockError::File {
            path,
            source: std::io::ErrorKind::NotFound.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let locked = |sha256: &str, source: &str, file: &str| Locked {
            version: "0.1.0".to_owned(),
            sha256: sha256.to_owned(),
            source: source.to_owned(),
            file: file.to_owned(),
        };
        Lock {
            plugins: [
                (
                    "shoper".to_owned(),
                    locked("b2", "registry.example/shoper:0.1.0", "more/shoper.wasm"),
                ),
                ("base".to_owned(), locked("a1", "base.wasm", "base.wasm")),
            ]
            .into_iter()
            .collect(),
        }
    }

    #[test]
    fn a_lock_file_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(Lock::read(&path).unwrap(), None);
        lock().write(&path).unwrap();
        let mut read = Lock::read(&path).unwrap().unwrap();
        read.plugins.reverse();
        assert_eq!(read, lock());
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap());
        let below = folder.path().join("plugins");
        std::fs::create_dir(&below).unwrap();
        assert_eq!(above(&below).unwrap(), Some(path.canonicalize().unwrap()));
    }

    /// `..` and links mean what the operating system resolves them to, not what the text says.
    #[cfg(unix)]
    #[test]
    fn the_lock_file_that_applies_is_above_the_resolved_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let made = |name: &str| {
            std::fs::create_dir_all(root.join(name)).unwrap();
            root.join(name)
        };
        let (locked, free) = (made("locked/plugins"), made("free/plugins"));
        let lock_file = root.join("locked").join(FILE);
        lock().write(&lock_file).unwrap();
        assert_eq!(above(&locked).unwrap(), Some(lock_file.clone()));
        assert_eq!(above(&locked.join("../../free/plugins")).unwrap(), None);
        assert_eq!(of_folder(&free).unwrap(), free.join(FILE));
        let link = root.join("free/link");
        std::os::unix::fs::symlink(&locked, &link).unwrap();
        assert_eq!(above(&link).unwrap(), Some(lock_file.clone()));
        // Above the target of the link, not above the link.
        assert_eq!(above(&link.join("..")).unwrap(), Some(lock_file.clone()));
        // A folder that does not exist yet.
        let missing = locked.join("a/b");
        assert_eq!(above(&missing).unwrap(), Some(lock_file.clone()));
        assert!(above(&locked.join("a/..")).is_err());
        let file = link.join("shop.wasm");
        assert_eq!(place_in(&lock_file, &file).unwrap(), "plugins/shop.wasm");
        assert!(place_in(&lock_file, &free.join("shop.wasm")).is_err());
    }

    #[test]
    fn a_file_without_a_folder_is_in_the_current_one() {
        let current = std::env::current_dir().unwrap();
        let (bare, full) = (Path::new(""), current.as_path());
        assert_eq!(above(bare).unwrap(), above(full).unwrap());
        assert_eq!(
            lock_of(Path::new("x.wasm"))
                .unwrap()
                .map(|active| active.path),
            above(full).unwrap()
        );
    }

    /// A lock file that cannot be read must not allow plugins that it may not name.
    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_leads_nowhere_is_an_error_and_not_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.wasm");
        assert!(lock_of(&file).unwrap().is_none());
        let lock = folder.path().join(FILE);
        std::os::unix::fs::symlink("nowhere", &lock).unwrap();
        assert!(matches!(lock_of(&file), Err(LockError::File { .. })));
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        assert!(matches!(lock_of(&file), Err(LockError::File { .. })));
    }

    #[test]
    fn an_unlocked_digest_is_refused_with_the_plugin_locked_at_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join(FILE);
        let active = ActiveLock {
            path: path.clone(),
            lock: lock(),
        };
        let here = |name: &str| path.with_file_name(name);
        assert_eq!(active.admit(&here("anything.wasm"), "a1"), Ok(()));
        assert_eq!(
            active.admit(&here("new.wasm"), "c3"),
            Err(Mismatch::Unknown)
        );
        let other = active.admit(&here("base.wasm"), "c3").unwrap_err();
        assert!(
            matches!(&other, Mismatch::Other { name, .. } if name == "base"),
            "{other}"
        );
    }

    #[test]
    fn other_files_than_lock_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let plugin = "[[plugin]]\nname = \"a\"\nversion = \"1.0.0\"\nsha256 = \"00\"\nsource = \"a\"\nfile = \"a.wasm\"\n";
        for text in [
            "version = 2\n".to_owned(),
            "version = 1\nplugins = []\n".to_owned(),
            format!("version = 1\n{plugin}{plugin}"),
            "not TOML".to_owned(),
        ] {
            std::fs::write(&path, &text).unwrap();
            assert!(Lock::read(&path).is_err(), "{text}");
        }
    }
}
