//! The plugins of a directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::load::{LoadError, Reason};
use crate::plugin::Plugin;
use crate::runtime::Runtime;

/// The plugins of a directory, and the files there that cannot be loaded.
#[derive(Debug, Default)]
pub struct PluginDirectory {
    /// The plugins, by name, in the order of their files.
    pub plugins: IndexMap<String, Arc<Plugin>>,
    /// The problems of the other `.wasm` files.
    pub problems: Vec<LoadError>,
}

impl PluginDirectory {
    /// The `.wasm` files of a directory, in the order of their names, without those of
    /// its subdirectories.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
                && path.is_file()
            {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Loads the files of [`PluginDirectory::files`] under the lock file, where there is
    /// one.
    ///
    /// # Errors
    /// The directory itself cannot be read. The problems of its files are in
    /// [`PluginDirectory::problems`].
    pub async fn load(runtime: &Runtime, directory: &Path) -> std::io::Result<PluginDirectory> {
        let loads = Self::files(directory)?
            .into_iter()
            .map(|file| {
                let runtime = runtime.clone();
                tokio::spawn(async move { runtime.load_locked(&file).await })
            })
            .collect::<Vec<_>>();
        let mut loaded = PluginDirectory::default();
        for load in loads {
            match load.await {
                Ok(Ok(plugin)) => loaded.add(plugin),
                Ok(Err(problem)) => loaded.problems.push(problem),
                Err(error) => return Err(std::io::Error::other(error)),
            }
        }
        Ok(loaded)
    }

    /// Adds a plugin. Of several with one name none is kept and each is a problem, because
    /// the first one must not get the connections of another.
    pub fn add(&mut self, plugin: Arc<Plugin>) {
        let duplicate = |file: &Path, other: &Path| LoadError {
            file: file.to_owned(),
            reason: Reason::Duplicate {
                name: plugin.name().to_owned(),
                other: other.to_owned(),
            },
        };
        if let Some(other) = self.plugins.shift_remove(plugin.name()) {
            self.problems.push(duplicate(&other.file, &plugin.file));
            self.problems.push(duplicate(&plugin.file, &other.file));
            return;
        }
        let earlier = self.problems.iter().find(
            |problem| matches!(&problem.reason, Reason::Duplicate { name, .. } if name == plugin.name()),
        );
        match earlier.map(|problem| problem.file.clone()) {
            Some(other) => self.problems.push(duplicate(&plugin.file, &other)),
            None => drop(self.plugins.insert(plugin.name().to_owned(), plugin)),
        }
    }

    /// The plugin of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.plugins.get(name)
    }
}
