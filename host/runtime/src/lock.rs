//! The lock file: which plugin is meant, by the digest of its component.
//!
//! `krabice.lock` stands beside the plugins or above them and is written by a
//! command, not by hand. Where there is one, a plugin that it does not name, or
//! whose file is another, is refused: a file that was swapped does not get the
//! connections of the one that was there.

use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::Plugin;

/// The name of the file.
pub const FILE: &str = "krabice.lock";

/// The form of the file that this version writes and reads.
const VERSION: u32 = 1;

/// What stands at the top of a lock file.
const HEAD: &str = "# Written by `krabice plugin lock` and `krabice plugin install`.\n\n";

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The plugins, by name.
    pub plugins: IndexMap<String, Locked>,
}

/// A plugin as it is locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// Its own version.
    pub version: String,
    /// The SHA-256 of the component, in lower case hexadecimal.
    pub sha256: String,
    /// Where it came from: a file, or a reference of a registry.
    pub source: String,
}

/// The file as TOML has it.
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
}

/// A lock file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// It cannot be read or written.
    #[error("the lock file `{}` cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is no lock file.
    #[error("the lock file `{}` does not fit", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// It names a plugin twice, or is of another version.
    #[error("the lock file `{}` {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// Why a plugin is not the one that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The lock file does not name it.
    Unknown,
    /// The file is another one.
    Other {
        /// The version that is locked.
        version: String,
        /// The digest that is locked.
        sha256: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Unknown => write!(f, "is not in `{FILE}`")?,
            Mismatch::Other { version, sha256 } => {
                write!(
                    f,
                    "is not the file of version {version} that `{FILE}` locks"
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
    /// Reads a lock file; none where there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Option<Lock>, LockError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
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
                "is of version {}, and this program knows {VERSION}",
                document.version
            )));
        }
        let mut plugins = IndexMap::new();
        for entry in document.plugins {
            let locked = Locked {
                version: entry.version,
                sha256: entry.sha256,
                source: entry.source,
            };
            if plugins.insert(entry.name.clone(), locked).is_some() {
                return Err(wrong(format!("names `{}` twice", entry.name)));
            }
        }
        Ok(Some(Lock { plugins }))
    }

    /// The text of the file: plugins in the order of their names, so that a change
    /// of one is a change of few lines.
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
            })
            .collect();
        plugins.sort_by(|left, right| left.name.cmp(&right.name));
        let document = Document {
            version: VERSION,
            plugins,
        };
        // Texts and one number: nothing of it can fail.
        format!("{HEAD}{}", toml::to_string(&document).unwrap_or_default())
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let failed = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        let new = path.with_extension("lock.new");
        std::fs::write(&new, self.text()).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }

    /// Locks a plugin as it is.
    pub fn insert(&mut self, plugin: &Plugin, source: impl Into<String>) {
        let locked = Locked {
            version: plugin.manifest().version.clone(),
            sha256: plugin.digest().to_owned(),
            source: source.into(),
        };
        self.plugins.insert(plugin.name().to_owned(), locked);
    }

    /// Whether a plugin is the one that is locked.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(&self, plugin: &Plugin) -> Result<(), Mismatch> {
        match self.plugins.get(plugin.name()) {
            None => Err(Mismatch::Unknown),
            Some(locked) if locked.sha256 == plugin.digest() => Ok(()),
            Some(locked) => Err(Mismatch::Other {
                version: locked.version.clone(),
                sha256: locked.sha256.clone(),
            }),
        }
    }
}

/// Where the lock file of a folder stands: `krabice.lock` in it, or in the nearest
/// folder above it. None where there is none.
#[must_use]
pub fn above(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    folder
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
}

/// The lock that holds for a file; none where there is none.
pub(crate) fn of(file: &Path) -> Result<Option<Lock>, LockError> {
    match file.parent().and_then(above) {
        Some(path) => Lock::read(&path),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let locked = |sha256: &str, source: &str| Locked {
            version: "0.1.0".to_owned(),
            sha256: sha256.to_owned(),
            source: source.to_owned(),
        };
        Lock {
            plugins: [
                (
                    "shoper".to_owned(),
                    locked("b2", "registry.example/shoper:0.1.0"),
                ),
                ("base".to_owned(), locked("a1", "base.wasm")),
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
        assert_eq!(above(&below), Some(path));
    }

    #[test]
    fn what_is_no_lock_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let plugin =
            "[[plugin]]\nname = \"a\"\nversion = \"1.0.0\"\nsha256 = \"00\"\nsource = \"a\"\n";
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
