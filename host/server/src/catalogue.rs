//! The scenarios that are published, and the plugins behind them: read from their folders, and
//! read again when a file changes.
//!
//! What is broken is refused with the reason in the log, and what stood there before stays.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use krabice_runtime::{Plugin, Runtime, lock};
use krabice_scenario::check::Surface;
use krabice_scenario::{Scenario, Severity, World};

use crate::accounts::Accounts;
use crate::edition::{self, Edition};
use crate::store::{EditionRecord, Store, StoreError};

/// The largest scenario file, in bytes; the check has finer limits.
const SCENARIO_BYTES: u64 = 4 * 1024 * 1024;

/// Why the catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A folder cannot be read.
    #[error("the folder `{}` cannot be read", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The store does not take an edition.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// See the module.
pub(crate) struct Catalogue {
    pub(crate) runtime: Runtime,
    pub(crate) accounts: Accounts,
    store: Arc<dyn Store>,
    scenarios: PathBuf,
    plugins: Vec<PathBuf>,
    /// The editions that new sessions get, by the scenario's name.
    current: RwLock<Arc<HashMap<String, Arc<Edition>>>>,
    /// Older editions that sessions are on, by digest.
    older: Mutex<HashMap<String, Arc<Edition>>>,
    shelf: tokio::sync::Mutex<Shelf>,
}

/// What was read from the folders.
#[derive(Default)]
struct Shelf {
    /// Every file as it was last seen.
    seen: BTreeMap<PathBuf, (SystemTime, u64)>,
    /// What stood in the lock files that hold for the folders of plugins.
    locks: BTreeMap<PathBuf, Option<String>>,
    /// The plugin of each file, the last one that was good.
    plugins: BTreeMap<PathBuf, Arc<Plugin>>,
    /// The text of each scenario file.
    texts: BTreeMap<PathBuf, String>,
    /// The name under which each file is published.
    published: BTreeMap<PathBuf, String>,
}

/// What a reading of the folders came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Files that are new or other than before.
    pub(crate) changed: usize,
    /// Files that were refused.
    pub(crate) refused: usize,
    /// Editions that new sessions get from now on.
    pub(crate) published: usize,
}

impl Catalogue {
    pub(crate) fn new(
        runtime: Runtime,
        accounts: Accounts,
        store: Arc<dyn Store>,
        scenarios: PathBuf,
        plugins: Vec<PathBuf>,
    ) -> Catalogue {
        Catalogue {
            runtime,
            accounts,
            store,
            scenarios,
            plugins,
            current: RwLock::default(),
            older: Mutex::default(),
            shelf: tokio::sync::Mutex::default(),
        }
    }

    /// The editions that new sessions get.
    pub(crate) fn current(&self) -> Arc<HashMap<String, Arc<Edition>>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// The edition of a digest: a current one, or one that is kept for the sessions on it.
    pub(crate) async fn edition(&self, scenario: &str, digest: &str) -> Option<Arc<Edition>> {
        if let Some(edition) = self.current().get(scenario)
            && edition.digest == digest
        {
            return Some(Arc::clone(edition));
        }
        if let Some(edition) = self.older().get(digest) {
            return Some(Arc::clone(edition));
        }
        match self.restore(digest).await {
            Ok(edition) => {
                let edition = Arc::new(edition?);
                self.older().insert(digest.to_owned(), Arc::clone(&edition));
                Some(edition)
            }
            Err(error) => {
                tracing::error!(scenario, edition = digest, error = %error, "an edition cannot be restored");
                None
            }
        }
    }

    /// How many editions are in memory.
    pub(crate) fn editions(&self) -> usize {
        self.current().len() + self.older().len()
    }

    /// Forgets the editions that are not in the store any more.
    pub(crate) async fn forget(&self) {
        let digests: Vec<String> = self.older().keys().cloned().collect();
        for digest in digests {
            if let Ok(None) = self.store.edition(&digest).await {
                self.older().remove(&digest);
            }
        }
        let mut used = HashSet::new();
        for edition in self.current().values().chain(self.older().values()) {
            used.extend(edition.plugins().map(|plugin| plugin.digest().to_owned()));
        }
        self.accounts.keep_only(|digest| used.contains(digest));
    }

    fn older(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Edition>>> {
        self.older.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is published while what it gives is held.
    pub(crate) async fn hold(&self) -> impl Sized + use<'_> {
        self.shelf.lock().await
    }

    /// Reads what has changed in the folders since the last time.
    pub(crate) async fn read(&self) -> Result<Reading, CatalogueError> {
        let mut shelf = self.shelf.lock().await;
        let mut files = list(&self.scenarios, "json")?;
        for folder in &self.plugins {
            files.extend(list(folder, "wasm")?);
        }
        let locks = locks(&self.plugins);
        let relocked = locks != shelf.locks;
        if files == shelf.seen && !relocked {
            return Ok(Reading::default());
        }
        let changed: Vec<PathBuf> = files
            .iter()
            .filter(|(file, state)| {
                // Another lock is another answer to which of them may be loaded.
                relocked && is_plugin(file) || shelf.seen.get(*file) != Some(*state)
            })
            .map(|(file, _)| file.clone())
            .collect();
        let mut reading = Reading {
            changed: changed.len(),
            ..Reading::default()
        };
        let gone = |file: &PathBuf| files.contains_key(file);
        shelf.plugins.retain(|file, _| gone(file));
        shelf.texts.retain(|file, _| gone(file));
        for file in changed {
            if is_plugin(&file) {
                reading.refused += usize::from(!self.read_plugin(&mut shelf, &file).await);
            } else {
                reading.refused += usize::from(!read_text(&mut shelf, &file));
            }
        }
        let before = self.current();
        let (fresh, refused) = self.publish(&mut shelf);
        reading.refused += refused;
        let mut editions = HashMap::new();
        for (name, edition) in fresh {
            // After a roll-back, what sessions are still on: its plugins are compiled once.
            let known = self.older().get(&edition.digest).cloned();
            let edition = known.unwrap_or(edition);
            let old = before.get(&name);
            if old.is_some_and(|old| old.digest == edition.digest) {
                editions.insert(name, edition);
            // Before anybody starts a session on it.
            } else if self.keep(&edition, &shelf).await? {
                reading.published += 1;
                tracing::info!(scenario = name, edition = edition.digest, "published");
                editions.insert(name, edition);
            } else {
                tracing::info!(
                    scenario = name,
                    "a plugin changed while it was read, and is read again"
                );
                editions.extend(old.map(|old| (name, Arc::clone(old))));
            }
        }
        // Not before: what the store did not take is read once more.
        shelf.seen = files;
        shelf.locks = locks;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(editions);
        let now = self.current();
        for edition in now.values() {
            self.older().remove(&edition.digest);
        }
        for (name, edition) in before.iter() {
            if now.get(name).is_none_or(|new| new.digest != edition.digest) {
                self.older()
                    .insert(edition.digest.clone(), Arc::clone(edition));
            }
        }
        Ok(reading)
    }

    async fn read_plugin(&self, shelf: &mut Shelf, file: &Path) -> bool {
        match self.runtime.load_locked(file).await {
            Ok(plugin) => {
                shelf.plugins.insert(file.to_owned(), plugin);
                true
            }
            Err(problem) => {
                tracing::error!(
                    file = %file.display(),
                    code = problem.reason.code(),
                    error = %problem,
                    "a plugin was refused"
                );
                false
            }
        }
    }

    /// The edition of every scenario, as good as it can be had: of a broken one, the old.
    fn publish(&self, shelf: &mut Shelf) -> (HashMap<String, Arc<Edition>>, usize) {
        let mut plugins: HashMap<&str, &Arc<Plugin>> = HashMap::new();
        let mut doubled = HashSet::new();
        for plugin in shelf.plugins.values() {
            if plugins.insert(plugin.name(), plugin).is_some() {
                doubled.insert(plugin.name());
                tracing::error!(
                    plugin = plugin.name(),
                    file = %plugin.file().display(),
                    "another file holds the plugin too; none is used"
                );
            }
        }
        plugins.retain(|name, _| !doubled.contains(name));
        let surfaces: Vec<Surface> = shelf
            .texts
            .values()
            .filter_map(|text| Surface::read(text))
            .collect();
        let mut world = World::default()
            .with_manifests(plugins.values().map(|plugin| plugin.manifest()))
            .with_scenarios(&surfaces);
        if let Some(names) = self.accounts.names() {
            world = world.with_connections(names);
        }
        let mut refused = 0;
        let mut good: HashMap<String, (Arc<Scenario>, &str)> = HashMap::new();
        let mut names = BTreeMap::new();
        for (file, text) in &shelf.texts {
            match checked(file, text, &world) {
                Some(scenario) if good.contains_key(&scenario.name) => {
                    refused += 1;
                    tracing::error!(file = %file.display(), scenario = scenario.name, "another file holds the scenario too");
                }
                Some(scenario) => {
                    names.insert(file.clone(), scenario.name.clone());
                    good.insert(scenario.name.clone(), (Arc::new(scenario), text));
                }
                None => refused += 1,
            }
        }
        let before = self.current();
        let mut editions = HashMap::new();
        for file in shelf.texts.keys() {
            // A broken file stands for what it held when it was good.
            let Some(name) = names.get(file).or(shelf.published.get(file)).cloned() else {
                continue;
            };
            let fresh = names
                .contains_key(file)
                .then(|| self.bind(&name, &good, &plugins))
                .flatten();
            let edition = match fresh {
                Some(edition) => Some(Arc::new(edition)),
                None => before.get(&name).cloned(),
            };
            if let Some(edition) = edition {
                // What did not change stays the same thing.
                let edition = match before.get(&name) {
                    Some(old) if old.digest == edition.digest => Arc::clone(old),
                    _ => edition,
                };
                editions.insert(name.clone(), edition);
                names.insert(file.clone(), name);
            }
        }
        shelf.published = names;
        (editions, refused)
    }

    /// A scenario with all that it jumps to and calls; none where a part is missing or broken.
    fn bind(
        &self,
        name: &str,
        good: &HashMap<String, (Arc<Scenario>, &str)>,
        plugins: &HashMap<&str, &Arc<Plugin>>,
    ) -> Option<Edition> {
        let mut scenarios = Vec::new();
        let mut taken = HashSet::new();
        let mut needed: BTreeMap<&str, Arc<Plugin>> = BTreeMap::new();
        let mut ahead = vec![name];
        while let Some(next) = ahead.pop() {
            if !taken.insert(next) {
                continue;
            }
            let Some((scenario, text)) = good.get(next) else {
                tracing::error!(
                    scenario = name,
                    to = next,
                    "a scenario that it jumps to is missing or broken"
                );
                return None;
            };
            for (plugin, connection) in edition::calls(scenario) {
                let Some(found) = plugins.get(plugin) else {
                    tracing::error!(scenario = name, plugin, "the plugin is missing");
                    return None;
                };
                if let Err(error) = self.accounts.outlet(found, connection) {
                    tracing::error!(scenario = name, plugin, error = %error, "the connection does not fit");
                    return None;
                }
                needed.insert(plugin, Arc::clone(found));
            }
            ahead.extend(edition::jumps(scenario));
            scenarios.push((Arc::clone(scenario), *text));
        }
        Edition::new(scenarios, needed.into_values())
    }

    /// Puts an edition into the store, for sessions that outlive this process. Whether it could: not
    /// where the file of a plugin has become another since it was loaded.
    async fn keep(&self, edition: &Edition, shelf: &Shelf) -> Result<bool, CatalogueError> {
        let mut documents = Vec::new();
        for (file, name) in &shelf.published {
            if edition.library.get(name).is_some()
                && let Some(text) = shelf.texts.get(file)
            {
                let place = if *name == edition.scenario {
                    0
                } else {
                    documents.len()
                };
                documents.insert(place, text.clone());
            }
        }
        let mut components = Vec::new();
        for plugin in edition.plugins() {
            let digest = plugin.digest().to_owned();
            let found = std::fs::read(plugin.file()).ok();
            match found.filter(|bytes| component_digest(bytes) == digest) {
                Some(bytes) => components.push((digest, Arc::from(bytes))),
                None if self.store.component(&digest).await?.is_some() => {}
                None => return Ok(false),
            }
        }
        let record = EditionRecord {
            digest: edition.digest.clone(),
            scenario: edition.scenario.clone(),
            documents,
            components: edition
                .plugins()
                .map(|plugin| plugin.digest().to_owned())
                .collect(),
        };
        self.store.keep_edition(record, components).await?;
        Ok(true)
    }

    async fn restore(&self, digest: &str) -> Result<Option<Edition>, StoreError> {
        let Some(record) = self.store.edition(digest).await? else {
            return Ok(None);
        };
        let mut plugins = Vec::new();
        for component in &record.components {
            let Some(bytes) = self.store.component(component).await? else {
                return Err(StoreError::Unreadable(format!(
                    "there is no component {component}"
                )));
            };
            let loaded = self.runtime.load_bytes(component, bytes).await;
            plugins.push(loaded.map_err(|error| StoreError::Unreadable(error.to_string()))?);
        }
        let surfaces: Vec<Surface> = record
            .documents
            .iter()
            .filter_map(|text| Surface::read(text))
            .collect();
        let world = World::default()
            .with_manifests(plugins.iter().map(|plugin| plugin.manifest()))
            .with_scenarios(&surfaces);
        let mut scenarios = Vec::new();
        for text in &record.documents {
            let Some(scenario) = checked(Path::new(&record.scenario), text, &world) else {
                return Err(StoreError::Unreadable(
                    "a scenario does not pass the check any more".to_owned(),
                ));
            };
            scenarios.push((Arc::new(scenario), text.as_str()));
        }
        Ok(Edition::new(scenarios, plugins))
    }
}

fn component_digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    edition::hex(&sha2::Sha256::digest(bytes))
}

/// The files of a folder that end so, with when they changed and how long they are.
fn list(
    folder: &Path,
    extension: &str,
) -> Result<BTreeMap<PathBuf, (SystemTime, u64)>, CatalogueError> {
    let unreadable = |source| CatalogueError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // What vanishes in between is not there.
        if path.extension().is_some_and(|found| found == extension)
            && let Ok(metadata) = path.metadata()
            && metadata.is_file()
        {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.insert(path, (changed, metadata.len()));
        }
    }
    Ok(files)
}

fn is_plugin(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "wasm")
}

/// The lock files that hold for some folders, with what stands in them: a digest that replaces
/// another changes neither the length of the file nor, within a tick of the clock, its time.
fn locks(folders: &[PathBuf]) -> BTreeMap<PathBuf, Option<String>> {
    let mut locks = BTreeMap::new();
    for folder in folders {
        // Where it cannot be told, every plugin is refused with the reason as it is loaded.
        let place = lock::above(folder).unwrap_or_else(|_| Some(folder.join(lock::FILE)));
        if let Some(file) = place {
            let text = std::fs::read_to_string(&file).ok();
            locks.insert(file, text);
        }
    }
    locks
}

fn read_text(shelf: &mut Shelf, file: &Path) -> bool {
    let large = file
        .metadata()
        .is_ok_and(|metadata| metadata.len() > SCENARIO_BYTES);
    match std::fs::read_to_string(file) {
        Ok(text) if !large => {
            shelf.texts.insert(file.to_owned(), text);
            true
        }
        Ok(_) => {
            tracing::error!(file = %file.display(), limit = SCENARIO_BYTES, "a scenario is too large");
            false
        }
        Err(error) => {
            tracing::error!(file = %file.display(), error = %error, "a scenario cannot be read");
            false
        }
    }
}

/// A scenario that passes the check; what is wrong with another stands in the log.
fn checked(file: &Path, text: &str, world: &World<'_>) -> Option<Scenario> {
    let checked = krabice_scenario::check(text, world);
    if checked.scenario.is_none() {
        for found in &checked.diagnostics {
            if found.severity == Severity::Error {
                tracing::error!(
                    file = %file.display(),
                    line = found.line,
                    column = found.column,
                    path = found.path,
                    code = found.code.as_str(),
                    error = found.message,
                    "a scenario was refused"
                );
            }
        }
    }
    checked.scenario
}
