//! The published scenarios and the plugins that they call. They are read from their folders, and
//! read again when a file changes.
//!
//! A file that is invalid is refused, with the reason in the log; what it published before stays
//! published. New sessions get the current revision; running sessions stay on theirs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use krabice_contract::hex;
use krabice_egress::Connections;
use krabice_runtime::{LoadError, Plugin, Runtime, lock};
use krabice_scenario::check::Surface;
use krabice_scenario::scenario::Channel;
use krabice_scenario::{Diagnostic, DocumentType, Scenario, Severity, World};
use krabice_store::sessions::{RevisionRecord, Store};
use krabice_store::{Chain, StoreError, locked};
use sha2::{Digest, Sha256};

use super::revision::{self, Revision};
use crate::folder::{FileStamp, list_files, read_document};
use crate::outlets::Outlets;

/// Reads the operator's connections again. Returns them if they have changed; `Some(None)` means that
/// there are none any more.
pub type ConnectionsReader = Box<dyn FnMut() -> Option<Option<Connections>> + Send>;

/// Why the folders cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A folder cannot be read.
    #[error("the folder `{}` cannot be read", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A revision cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a stored revision cannot be used.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the component {0} is not in the store")]
    NoComponent(String),
    #[error("a component cannot be loaded")]
    Component(#[from] LoadError),
    #[error("a scenario has an error that the engine relies on not to be there")]
    Scenario,
}

/// The published scenarios, and the revisions in memory.
pub(crate) struct Catalogue {
    pub(crate) runtime: Runtime,
    pub(crate) outlets: Outlets,
    connections_reader: Mutex<Option<ConnectionsReader>>,
    store: Arc<dyn Store>,
    scenarios: PathBuf,
    plugins: Vec<PathBuf>,
    /// The revisions that new sessions get, by the scenario's name.
    current: Mutex<Arc<Revisions>>,
    /// Older revisions that sessions are on, by digest.
    older: Mutex<Revisions>,
    /// See [`Catalogue::suspended`].
    suspended: Mutex<Arc<BTreeSet<String>>>,
    state: tokio::sync::Mutex<CatalogueState>,
}

type Revisions = HashMap<String, Arc<Revision>>;

/// What was read from the folders.
#[derive(Default)]
struct CatalogueState {
    /// All files as they were read last.
    seen: BTreeMap<PathBuf, FileStamp>,
    /// The lock files that apply to the plugins' folders, with their texts.
    locks: BTreeMap<PathBuf, Option<String>>,
    /// Whether the connections were replaced since the scenarios were checked.
    reconnected: bool,
    /// The last valid plugin of each file.
    plugins: BTreeMap<PathBuf, Arc<Plugin>>,
    /// The text of each scenario file.
    texts: BTreeMap<PathBuf, String>,
    /// The name under which each scenario file is published.
    published: BTreeMap<PathBuf, String>,
    /// The scenarios of the chat's sessions that were unfinished when this process began.
    under_way: Option<Vec<String>>,
}

/// The result of reading the folders again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReloadReport {
    /// Files that are new or changed.
    pub(crate) changed: usize,
    /// Files that were refused.
    pub(crate) refused: usize,
}

impl Catalogue {
    pub(crate) fn new(
        runtime: Runtime,
        outlets: Outlets,
        connections_reader: Option<ConnectionsReader>,
        store: Arc<dyn Store>,
        scenarios: PathBuf,
        plugins: Vec<PathBuf>,
    ) -> Catalogue {
        Catalogue {
            runtime,
            outlets,
            connections_reader: Mutex::new(connections_reader),
            store,
            scenarios,
            plugins,
            current: Mutex::default(),
            older: Mutex::default(),
            suspended: Mutex::default(),
            state: tokio::sync::Mutex::default(),
        }
    }

    /// The revisions that new sessions get, by the scenario's name.
    pub(crate) fn current(&self) -> Arc<Revisions> {
        Arc::clone(&locked(&self.current))
    }

    /// The scenarios with unfinished sessions of the chat, from before this process, that have no current
    /// revision because a file is refused. Their sessions go on with their stored revisions.
    pub(crate) fn suspended(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&locked(&self.suspended))
    }

    /// A current or older revision, if need be from the store. `None` is explained in the log.
    pub(crate) async fn revision(&self, scenario: &str, digest: &str) -> Option<Arc<Revision>> {
        if let Some(revision) = self.current().get(scenario)
            && revision.digest == digest
        {
            return Some(Arc::clone(revision));
        }
        if let Some(revision) = self.older().get(digest) {
            return Some(Arc::clone(revision));
        }
        match self.restore(digest).await {
            Ok(revision) => {
                let revision = Arc::new(revision?);
                self.older()
                    .insert(digest.to_owned(), Arc::clone(&revision));
                Some(revision)
            }
            Err(error) => {
                let error = Chain(&error);
                tracing::error!(scenario, revision = digest, %error, "cannot restore a revision from the store");
                None
            }
        }
    }

    /// The number of revisions in memory.
    pub(crate) fn revisions_in_memory(&self) -> usize {
        self.current().len() + self.older().len()
    }

    /// Drops the older revisions that are no longer in the store, and the outlets of their plugins.
    pub(crate) async fn forget_unused(&self) {
        let digests: Vec<String> = self.older().keys().cloned().collect();
        for digest in digests {
            if let Ok(None) = self.store.revision(&digest).await {
                self.older().remove(&digest);
            }
        }
        let mut in_use = HashSet::new();
        for revision in self.current().values().chain(self.older().values()) {
            in_use.extend(revision.plugins().map(|plugin| plugin.digest().to_owned()));
        }
        self.outlets.keep_only(|digest| in_use.contains(digest));
    }

    fn older(&self) -> MutexGuard<'_, Revisions> {
        locked(&self.older)
    }

    /// Nothing is published while the returned guard is held.
    pub(crate) async fn pause_publishing(&self) -> impl Sized + use<'_> {
        self.state.lock().await
    }

    /// Reads the files that are new or changed, and publishes the scenarios that they affect.
    pub(crate) async fn reload(&self) -> Result<ReloadReport, CatalogueError> {
        let mut state = self.state.lock().await;
        // The connections first: the scenarios are checked against them.
        let reread = locked(&self.connections_reader)
            .as_mut()
            .and_then(|read| read());
        if let Some(connections) = reread {
            self.outlets.replace(connections);
            state.reconnected = true;
        }
        if state.under_way.is_none() {
            let chat = Channel::Chat.word();
            let under_way = self.store.scenarios_under_way(chat).await;
            state.under_way = Some(under_way.unwrap_or_else(|error| {
                // It is asked no more: the folders are read every few seconds.
                tracing::error!(error = %Chain(&error), "cannot find the scenarios of the sessions under way");
                Vec::new()
            }));
        }
        let mut files = listed(&self.scenarios, "json")?;
        for folder in &self.plugins {
            files.extend(listed(folder, "wasm")?);
        }
        let locks = lock_files(&self.plugins);
        let relocked = locks != state.locks;
        if files == state.seen && !relocked && !state.reconnected {
            return Ok(ReloadReport::default());
        }
        let changed: Vec<PathBuf> = files
            .iter()
            .filter(|(file, stamp)| {
                // A changed lock file may allow or forbid any plugin.
                relocked && is_plugin(file) || state.seen.get(*file) != Some(*stamp)
            })
            .map(|(file, _)| file.clone())
            .collect();
        let mut report = ReloadReport {
            changed: changed.len(),
            ..ReloadReport::default()
        };
        let exists = |file: &PathBuf| files.contains_key(file);
        state.plugins.retain(|file, _| exists(file));
        state.texts.retain(|file, _| exists(file));
        for file in changed {
            let is_valid = if is_plugin(&file) {
                self.read_plugin(&mut state, &file).await
            } else {
                read_scenario(&mut state, &file)
            };
            report.refused += usize::from(!is_valid);
        }
        let before = self.current();
        let (built, refused) = self.build_revisions(&mut state);
        report.refused += refused;
        let mut revisions = HashMap::new();
        for (name, revision) in built {
            // After a roll-back the revision may still be in memory, with its plugins compiled.
            let known = self.older().get(&revision.digest).cloned();
            let revision = known.unwrap_or(revision);
            let old = before.get(&name);
            if old.is_some_and(|old| old.digest == revision.digest) {
                revisions.insert(name, revision);
            // It is stored before a session can begin with it.
            } else if self.store_revision(&revision, &state).await? {
                tracing::info!(
                    scenario = name,
                    revision = revision.digest,
                    "published a scenario"
                );
                revisions.insert(name, revision);
            } else {
                tracing::info!(
                    scenario = name,
                    "a plugin's file changed while it was read; it is read again at the next reload"
                );
                revisions.extend(old.map(|old| (name, Arc::clone(old))));
            }
        }
        // Last, so that the next reload repeats what the store did not take.
        state.seen = files;
        state.locks = locks;
        state.reconnected = false;
        self.suspend(&state, &revisions, report.refused > 0);
        self.replace_current(&before, revisions);
        Ok(report)
    }

    /// Notes which scenarios are suspended, and logs those that were not. Where all files are valid, a
    /// scenario that has none was taken away on purpose.
    fn suspend(&self, state: &CatalogueState, revisions: &Revisions, has_refused: bool) {
        let names = |file| state.published.get(file);
        let is_missing = |file| names(file).is_none_or(|name| !revisions.contains_key(name));
        let is_broken = has_refused || state.texts.keys().any(is_missing);
        let under_way = state.under_way.iter().flatten().filter(|_| is_broken);
        let missing = under_way.filter(|name| !revisions.contains_key(*name));
        let suspended: Arc<BTreeSet<String>> = Arc::new(missing.cloned().collect());
        let before = std::mem::replace(&mut *locked(&self.suspended), Arc::clone(&suspended));
        for scenario in suspended.difference(&before) {
            tracing::error!(
                scenario,
                "no session of a scenario can be started until the errors above are corrected; those under way go on with their stored revision"
            );
        }
    }

    /// Makes revisions the current ones, and keeps those that they replace for running sessions.
    fn replace_current(&self, before: &Revisions, revisions: Revisions) {
        let now = Arc::new(revisions);
        *locked(&self.current) = Arc::clone(&now);
        let mut older = self.older();
        for revision in now.values() {
            older.remove(&revision.digest);
        }
        for (name, revision) in before {
            if now
                .get(name)
                .is_none_or(|new| new.digest != revision.digest)
            {
                older.insert(revision.digest.clone(), Arc::clone(revision));
            }
        }
    }

    /// Returns whether the plugin is valid.
    async fn read_plugin(&self, state: &mut CatalogueState, file: &Path) -> bool {
        match self.runtime.load_locked(file).await {
            Ok(plugin) => {
                state.plugins.insert(file.to_owned(), plugin);
                true
            }
            Err(error) => {
                tracing::error!(
                    file = %file.display(),
                    code = error.reason.code(),
                    error = %Chain(&error),
                    "refused a plugin"
                );
                false
            }
        }
    }

    /// Builds the revisions by name; an invalid file keeps its old one. Also counts refused files.
    fn build_revisions(&self, state: &mut CatalogueState) -> (Revisions, usize) {
        let plugins = unambiguous_plugins(state);
        let surfaces: Vec<Surface> = state
            .texts
            .values()
            .filter_map(|text| Surface::read(text))
            .collect();
        let connections = self.outlets.connections();
        let mut world = World::default()
            .with_manifests(plugins.values().map(|plugin| plugin.manifest()))
            .with_scenarios(&surfaces);
        if let Some(connections) = &connections {
            let names = connections
                .iter()
                .map(|known| (known.name(), known.plugin()));
            world = world.with_connections(names);
        }
        let mut refused = 0;
        let mut valid: HashMap<String, (Arc<Scenario>, &str)> = HashMap::new();
        let mut names = BTreeMap::new();
        for (file, text) in &state.texts {
            match checked(file, text, &world) {
                Some(scenario) if valid.contains_key(&scenario.name) => {
                    refused += 1;
                    tracing::error!(
                        file = %file.display(),
                        scenario = scenario.name,
                        "refused a scenario: another file has a scenario with the same name"
                    );
                }
                Some(scenario) => {
                    names.insert(file.clone(), scenario.name.clone());
                    valid.insert(scenario.name.clone(), (Arc::new(scenario), text));
                }
                None => refused += 1,
            }
        }
        let before = self.current();
        let mut revisions = HashMap::new();
        for file in state.texts.keys() {
            // An invalid file keeps the name that it was published under.
            let Some(name) = names.get(file).or(state.published.get(file)).cloned() else {
                continue;
            };
            let built = names
                .contains_key(file)
                .then(|| self.build_revision(&name, &valid, &plugins))
                .flatten();
            let old = before.get(&name);
            let revision = match (built, old) {
                // An unchanged revision stays the same object, with its compiled plugins.
                (Some(built), Some(old)) if old.digest == built.digest => Arc::clone(old),
                (Some(built), _) => Arc::new(built),
                (None, Some(old)) => Arc::clone(old),
                (None, None) => continue,
            };
            revisions.insert(name.clone(), revision);
            names.insert(file.clone(), name);
        }
        state.published = names;
        (revisions, refused)
    }

    /// Builds the revision of a scenario. `None`, if a part is missing, is explained in the log.
    fn build_revision(
        &self,
        name: &str,
        valid: &HashMap<String, (Arc<Scenario>, &str)>,
        plugins: &HashMap<String, Arc<Plugin>>,
    ) -> Option<Revision> {
        let mut scenarios = Vec::new();
        let mut visited = HashSet::new();
        let mut needed: BTreeMap<&str, Arc<Plugin>> = BTreeMap::new();
        let mut to_visit = vec![name];
        while let Some(next) = to_visit.pop() {
            if !visited.insert(next) {
                continue;
            }
            let Some((scenario, text)) = valid.get(next) else {
                tracing::error!(
                    scenario = name,
                    to = next,
                    "cannot publish a scenario: one that it jumps to is missing or invalid"
                );
                return None;
            };
            for (plugin, connection) in revision::calls(scenario) {
                let Some(found) = plugins.get(plugin) else {
                    tracing::error!(
                        scenario = name,
                        plugin,
                        "cannot publish a scenario: a plugin is missing"
                    );
                    return None;
                };
                if let Err(error) = self.outlets.outlet(found, connection) {
                    let error = Chain(&error);
                    tracing::error!(scenario = name, plugin, %error, "cannot publish a scenario: a connection does not fit");
                    return None;
                }
                needed.insert(plugin, Arc::clone(found));
            }
            to_visit.extend(revision::jumps(scenario));
            scenarios.push((Arc::clone(scenario), *text));
        }
        Revision::new(scenarios, needed.into_values())
    }

    /// Stores a revision. Returns `false` if a plugin's file has changed since it was loaded.
    async fn store_revision(
        &self,
        revision: &Revision,
        state: &CatalogueState,
    ) -> Result<bool, CatalogueError> {
        let mut documents = Vec::new();
        for (file, name) in &state.published {
            if revision.library.get(name).is_some()
                && let Some(text) = state.texts.get(file)
            {
                let index = if *name == revision.scenario {
                    0
                } else {
                    documents.len()
                };
                documents.insert(index, text.clone());
            }
        }
        let mut components = Vec::new();
        for plugin in revision.plugins() {
            let digest = plugin.digest().to_owned();
            let bytes = std::fs::read(plugin.file()).ok();
            match bytes.filter(|bytes| hex(Sha256::digest(bytes)) == digest) {
                Some(bytes) => components.push((digest, Arc::from(bytes))),
                None if self.store.component(&digest).await?.is_some() => {}
                None => return Ok(false),
            }
        }
        let record = RevisionRecord {
            digest: revision.digest.clone(),
            scenario: revision.scenario.clone(),
            documents,
            components: revision
                .plugins()
                .map(|plugin| plugin.digest().to_owned())
                .collect(),
        };
        self.store.keep_revision(record, components).await?;
        Ok(true)
    }

    async fn restore(&self, digest: &str) -> Result<Option<Revision>, RestoreError> {
        let Some(record) = self.store.revision(digest).await? else {
            return Ok(None);
        };
        let mut plugins = Vec::new();
        for component in &record.components {
            let Some(bytes) = self.store.component(component).await? else {
                return Err(RestoreError::NoComponent(component.clone()));
            };
            plugins.push(self.runtime.load_bytes(component, bytes).await?);
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
            let scenario = restored(&record, text, &world).ok_or(RestoreError::Scenario)?;
            scenarios.push((Arc::new(scenario), text.as_str()));
        }
        Ok(Revision::new(scenarios, plugins))
    }
}

fn listed(folder: &Path, extension: &str) -> Result<BTreeMap<PathBuf, FileStamp>, CatalogueError> {
    list_files(folder, extension).map_err(|source| CatalogueError::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// The plugins by name, without those that two files have.
fn unambiguous_plugins(state: &CatalogueState) -> HashMap<String, Arc<Plugin>> {
    let mut plugins: HashMap<String, Arc<Plugin>> = HashMap::new();
    let mut ambiguous = HashSet::new();
    for plugin in state.plugins.values() {
        let name = plugin.name().to_owned();
        if plugins.insert(name.clone(), Arc::clone(plugin)).is_some() {
            tracing::error!(
                plugin = name,
                file = %plugin.file().display(),
                "two files have a plugin with the same name; neither is used"
            );
            ambiguous.insert(name);
        }
    }
    plugins.retain(|name, _| !ambiguous.contains(name));
    plugins
}

fn is_plugin(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "wasm")
}

/// The lock files that apply to some folders, with their texts. The texts are compared, because
/// another digest changes neither the file's length nor, within one tick of the clock, its time.
fn lock_files(folders: &[PathBuf]) -> BTreeMap<PathBuf, Option<String>> {
    let mut locks = BTreeMap::new();
    for folder in folders {
        // If the lock file cannot be determined, loading refuses every plugin with the reason.
        let file = lock::above(folder).unwrap_or_else(|_| Some(folder.join(lock::FILE)));
        if let Some(file) = file {
            let text = std::fs::read_to_string(&file).ok();
            locks.insert(file, text);
        }
    }
    locks
}

/// Returns whether the document can be read. Only scenarios are kept; another document is said to
/// have no use, once.
fn read_scenario(state: &mut CatalogueState, file: &Path) -> bool {
    let text = match read_document(file) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "refused a document: the file cannot be read");
            return false;
        }
    };
    match DocumentType::of(&text) {
        Some(DocumentType::Scenario) | None => {
            // The check says of an unknown document what it lacks.
            state.texts.insert(file.to_owned(), text);
        }
        Some(other) => {
            state.texts.remove(file);
            tracing::warn!(
                file = %file.display(),
                document = other.key(),
                "this version has no use for a document; the file does nothing"
            );
        }
    }
    true
}

/// The scenario in a text, if it passes the check. Otherwise its errors go to the log.
fn checked(file: &Path, text: &str, world: &World<'_>) -> Option<Scenario> {
    let checked = krabice_scenario::check(text, world);
    if checked.scenario.is_none() {
        log_errors(file, &checked.diagnostics);
    }
    checked.scenario
}

/// The scenario in a stored text, unless the engine relies on what is wrong with it. An error
/// that only this version finds goes to the log as a warning.
fn restored(revision: &RevisionRecord, text: &str, world: &World<'_>) -> Option<Scenario> {
    let restored = krabice_scenario::restore(text, world);
    if restored.scenario.is_none() {
        log_errors(Path::new(&revision.scenario), &restored.diagnostics);
    }
    for found in &restored.diagnostics {
        if found.severity == Severity::Warning && found.code.severity() == Severity::Error {
            tracing::warn!(
                scenario = revision.scenario,
                revision = revision.digest,
                line = found.line,
                column = found.column,
                path = found.path,
                code = found.code.as_str(),
                error = found.message,
                "this version finds an error in a stored scenario; its sessions go on"
            );
        }
    }
    restored.scenario
}

fn log_errors(file: &Path, diagnostics: &[Diagnostic]) {
    for found in diagnostics {
        if found.severity == Severity::Error {
            tracing::error!(
                file = %file.display(),
                line = found.line,
                column = found.column,
                path = found.path,
                code = found.code.as_str(),
                error = found.message,
                "refused a scenario"
            );
        }
    }
}
