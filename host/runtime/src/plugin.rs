//! Loaded plugins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_contract::manifest::{Effect, Subject};
use krabice_contract::{FunctionShape, Manifest};
use tokio::sync::Semaphore;

use crate::contract::PluginPre;
use crate::load::{Compiled, Import};

/// A loaded plugin, made by [`Runtime::load`](crate::Runtime::load).
pub struct Plugin {
    pub(crate) manifest: Manifest,
    pub(crate) file: PathBuf,
    pub(crate) digest: String,
    pub(crate) contract: String,
    pub(crate) imports: Vec<Import>,
    pub(crate) name: Arc<str>,
    pub(crate) pre: PluginPre,
    pub(crate) functions: IndexMap<String, Callable>,
    /// Permits for its calls at once.
    pub(crate) permits: Arc<Semaphore>,
}

/// A function, with the shapes that its calls are checked against.
pub(crate) struct Callable {
    pub(crate) name: Arc<str>,
    pub(crate) effect: Effect,
    /// What calls about the same thing wait for; `None` for a function that is not exclusive.
    pub(crate) exclusive: Option<Subject>,
    pub(crate) shape: FunctionShape,
}

impl Plugin {
    pub(crate) fn new(
        manifest: Manifest,
        file: PathBuf,
        compiled: Compiled,
        pre: PluginPre,
        calls: u32,
    ) -> Plugin {
        let functions = manifest
            .functions
            .iter()
            .map(|(name, function)| {
                let callable = Callable {
                    name: name.as_str().into(),
                    effect: function.effect,
                    exclusive: function.subject.clone().filter(|_| function.exclusive),
                    shape: FunctionShape::of(function),
                };
                (name.clone(), callable)
            })
            .collect();
        Plugin {
            name: manifest.name.as_str().into(),
            manifest,
            file,
            digest: compiled.digest,
            contract: compiled.contract,
            imports: compiled.imports,
            pre,
            functions,
            permits: Arc::new(Semaphore::new(calls as usize)),
        }
    }

    /// The manifest, which a check of scenarios and a builder need.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The file that the plugin was loaded from.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The version of the contract that the plugin was made for.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// The imports in the order of the component; all of them are allowed.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// The SHA-256 of the component, in lower case hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("version", &self.manifest.version)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
