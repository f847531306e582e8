//! What runs on this machine: the plugins that were found, the operator's connections, and the way
//! out for each pair of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use krabice_egress::{
    Connection, Connections, Network, Outlet, RequestObserver, SecretMask, SystemSecrets,
};
use krabice_runtime::{
    Context, Limits, LoadError, Plugin, PluginDirectory, Pool, Runtime, RuntimeBuilder,
};
use krabice_scenario::manifest::Function;
use krabice_scenario::name::nearest;
use krabice_scenario::{Manifest, World};

use crate::cli::{Assignment, ConnectionOptions, FunctionName, PluginOptions};
use crate::finding::{self, Look, SourceFile};
use crate::places;
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::refusal::{self, Refusal, Verdict};

/// The plugins and connections of this machine.
pub(crate) struct Host {
    pub(crate) runtime: Runtime,
    pub(crate) plugins: IndexMap<String, Arc<Plugin>>,
    /// Files that were to be plugins and are none.
    broken: Vec<LoadError>,
    accounts: Option<Accounts>,
    network: Network,
    /// One way out for each plugin and connection, for as long as the process lives: it holds the
    /// pool, the permits and the rate limit.
    outlets: Mutex<HashMap<Account, Arc<Outlet>>>,
}

/// A plugin, and the connection it is used through, by their names.
type Account = (String, Option<String>);

/// The connections file.
struct Accounts {
    connections: Connections,
    source: SourceFile,
}

impl Host {
    /// Finds and loads the plugins, without connections.
    ///
    /// # Errors
    /// A folder of plugins that was named cannot be read, or a limit makes no sense.
    pub(crate) async fn with_plugins(options: &PluginOptions) -> Result<Host, Refusal> {
        let runtime = runtime(options)?;
        let mut directory = PluginDirectory::default();
        for folder in places::plugin_folders(options) {
            let loading = PluginDirectory::load(&runtime, &folder);
            let found = waiting_for("compiling plugins", loading)
                .await
                .map_err(|error| {
                    Refusal::usage(format!(
                        "the plugin folder `{}` cannot be read",
                        folder.display()
                    ))
                    .because(&error)
                    .help("name a folder that holds `*.wasm` components with `--plugins`")
                })?;
            directory.problems.extend(found.problems);
            found
                .plugins
                .into_values()
                .for_each(|plugin| directory.add(plugin));
        }
        Ok(Host {
            runtime,
            plugins: directory.plugins,
            broken: directory.problems,
            accounts: None,
            network: Network::builder().build(),
            outlets: Mutex::default(),
        })
    }

    /// Finds and loads the plugins, and reads the connections file where there is one.
    ///
    /// # Errors
    /// As [`Host::with_plugins`]; or the connections file has problems, which have been shown.
    pub(crate) async fn with_connections(
        plugins: &PluginOptions,
        connections: &ConnectionOptions,
        redactor: &Redactor,
    ) -> Result<Host, Refusal> {
        // First, so that nothing is compiled in vain and every later line is masked.
        let accounts = match places::connections_file(connections) {
            Some(file) => Some(read_connections(&file)?),
            None => None,
        };
        if let Some(accounts) = &accounts {
            redactor.learn(accounts.connections.masks());
        }
        let mut host = Host::with_plugins(plugins).await?;
        if let Some(accounts) = &accounts {
            host.network = Network::builder()
                .connections(&accounts.connections)
                .build();
        }
        host.accounts = accounts;
        Ok(host)
    }

    /// From now on, requests and their answers are shown to somebody.
    pub(crate) fn show_requests_to(&mut self, observer: Arc<dyn RequestObserver>) {
        let mut builder = Network::builder().observer(observer);
        if let Some(accounts) = &self.accounts {
            builder = builder.connections(&accounts.connections);
        }
        self.network = builder.build();
    }

    /// What finds the credentials of all connections in a text.
    pub(crate) fn masks(&self) -> SecretMask {
        match &self.accounts {
            Some(accounts) => accounts.connections.masks(),
            None => SecretMask::new([]),
        }
    }

    /// Says on standard error which files were to be plugins and are none.
    pub(crate) fn warn_of_broken_plugins(&self) {
        for problem in &self.broken {
            refusal::warn(&problem.to_string());
        }
    }

    /// What a check of scenarios may know.
    pub(crate) fn world(&self) -> World<'_> {
        let mut world = World::default();
        if !self.plugins.is_empty() {
            world = world.with_manifests(self.plugins.values().map(|plugin| plugin.manifest()));
        }
        if let Some(accounts) = &self.accounts {
            let connections = accounts.connections.iter();
            world = world.with_connections(connections.map(|known| (known.name(), known.plugin())));
        }
        world
    }

    /// Says on standard error what a check of scenarios does not know.
    pub(crate) fn note_unknown(&self) {
        if self.plugins.is_empty() {
            refusal::note("no plugins were found, so calls are not checked against manifests");
        }
        if self.accounts.is_none() {
            refusal::note("no connections file was found, so names of connections are not checked");
        }
    }

    /// The plugin of that name.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn plugin(&self, name: &str) -> Result<&Arc<Plugin>, Refusal> {
        self.plugins.get(name).ok_or_else(|| {
            self.warn_of_broken_plugins();
            let near = nearest(name, self.plugins.keys().map(String::as_str));
            let found: Vec<_> = self
                .plugins
                .keys()
                .map(|name| format!("`{name}`"))
                .collect();
            Refusal::usage(format!("there is no plugin `{name}`")).help(
                match (near, found.is_empty()) {
                    (Some(near), _) => format!("did you mean `{near}`?"),
                    (None, false) => format!("the plugins found are {}", found.join(", ")),
                    (None, true) => {
                        "no plugins were found: build it, or name its folder with `--plugins`"
                            .to_owned()
                    }
                },
            )
        })
    }

    /// A function with its plugin.
    ///
    /// # Errors
    /// There is no such plugin, or it has no such function.
    pub(crate) fn function(
        &self,
        name: &FunctionName,
    ) -> Result<(&Arc<Plugin>, &Function), Refusal> {
        let plugin = self.plugin(&name.plugin)?;
        let functions = &plugin.manifest().functions;
        let function = functions.get(&name.function).ok_or_else(|| {
            let refusal = Refusal::usage(format!(
                "the plugin `{}` has no function `{}`",
                name.plugin, name.function
            ));
            match nearest(&name.function, functions.keys().map(String::as_str)) {
                Some(near) => refusal.help(format!("did you mean `{}/{near}`?", name.plugin)),
                None => refusal.help(format!(
                    "`krabice plugins show {}` lists its functions",
                    name.plugin
                )),
            }
        })?;
        Ok((plugin, function))
    }

    /// The connection of that name, as the operator wrote it.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn connection(&self, name: &str) -> Result<&Connection, Refusal> {
        let connections = self.connections();
        connections
            .iter()
            .find(|known| known.name() == name)
            .copied()
            .ok_or_else(|| {
                let near = nearest(name, connections.iter().map(|known| known.name()));
                Refusal::usage(format!("there is no connection `{name}`")).help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.accounts.is_none() => no_connections_file(),
                    None => format!("the connections file has {}", listed(&connections)),
                })
            })
    }

    /// The way out for a plugin through the named connection, or through its only one. None for a
    /// plugin that needs no connection and reaches no host.
    ///
    /// # Errors
    /// The connection is not there, belongs to another plugin, is one of several, or does not fit
    /// the plugin's manifest, which has been shown.
    pub(crate) fn outlet(
        &self,
        manifest: &Manifest,
        connection: Option<&str>,
    ) -> Result<Option<Arc<Outlet>>, Refusal> {
        let connection = match connection {
            Some(name) => Some(self.connection(name)?),
            None => self.only_connection(manifest)?,
        };
        if connection.is_none() && manifest.hosts.is_empty() {
            return Ok(None);
        }
        let key = (
            manifest.name.clone(),
            connection.map(|known| known.name().to_owned()),
        );
        let mut outlets = self.outlets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outlet) = outlets.get(&key) {
            return Ok(Some(Arc::clone(outlet)));
        }
        let outlet = self
            .network
            .outlet(manifest, connection)
            .map_err(|problems| match &self.accounts {
                Some(accounts) => accounts.show(problems),
                None => {
                    let what = problems
                        .first()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    Refusal::usage(what).help(no_connections_file())
                }
            })?;
        outlets.insert(key, Arc::clone(&outlet));
        Ok(Some(outlet))
    }

    /// The only connection of a plugin; none where it needs none.
    fn only_connection(&self, manifest: &Manifest) -> Result<Option<&Connection>, Refusal> {
        let name = &manifest.name;
        let own: Vec<_> = self
            .connections()
            .into_iter()
            .filter(|known| known.plugin() == name)
            .collect();
        match own.as_slice() {
            [only] => Ok(Some(only)),
            [] if manifest.settings.is_empty() => Ok(None),
            [] => Err(Refusal::usage(format!("the plugin `{name}` needs a connection")).help(
                match &self.accounts {
                    Some(_) => format!("add `[connections.NAME]` with `plugin = \"{name}\"` to the connections file"),
                    None => no_connections_file(),
                },
            )),
            several => Err(Refusal::usage(format!("the plugin `{name}` has several connections"))
                .help(format!("say which one is meant: {}", listed(several)))),
        }
    }

    fn connections(&self) -> Vec<&Connection> {
        self.accounts
            .iter()
            .flat_map(|accounts| accounts.connections.iter())
            .collect()
    }
}

impl Accounts {
    /// Shows what is wrong with the connections file.
    fn show(&self, problems: Vec<krabice_egress::ConnectionProblem>) -> Refusal {
        show(&self.source, problems)
    }
}

fn show(source: &SourceFile, problems: Vec<krabice_egress::ConnectionProblem>) -> Refusal {
    let findings: Vec<_> = problems
        .into_iter()
        .map(|problem| source.connection_problem(problem))
        .collect();
    refusal::tell(&finding::render(&findings, Look::of(&std::io::stderr())));
    Refusal::said(Verdict::Usage)
}

/// Reads a connections file and the secrets that it names.
fn read_connections(file: &Path) -> Result<Accounts, Refusal> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Refusal::usage(format!(
            "the connections file `{}` cannot be read",
            file.display()
        ))
        .because(&error)
    })?;
    let source = SourceFile::new(file, &text);
    let folder = file.parent().unwrap_or(Path::new(""));
    match Connections::parse(&text, folder, &SystemSecrets) {
        Ok(connections) => Ok(Accounts {
            connections,
            source,
        }),
        Err(problems) => Err(show(&source, problems)),
    }
}

/// A runtime with the limits that were asked for.
///
/// # Errors
/// A limit that does not exist, or has a value with which nothing could run.
pub(crate) fn runtime(options: &PluginOptions) -> Result<Runtime, Refusal> {
    // One call at a time needs no places kept ready.
    built(builder(options)?.pool(Pool::OnDemand))
}

/// A runtime for many calls at once.
///
/// # Errors
/// As [`runtime`].
pub(crate) fn busy_runtime(options: &PluginOptions) -> Result<Runtime, Refusal> {
    built(builder(options)?)
}

fn builder(options: &PluginOptions) -> Result<RuntimeBuilder, Refusal> {
    let mut builder = Runtime::builder().limits(limits(&options.limits)?);
    if let Some(cache) = places::cache_folder(options) {
        builder = builder.cache_directory(cache);
    }
    Ok(builder)
}

fn built(builder: RuntimeBuilder) -> Result<Runtime, Refusal> {
    builder
        .build()
        .map_err(|error| Refusal::usage("plugins cannot be run here").because(&error))
}

/// The connections of the file that was named, or of the one in the current folder.
///
/// # Errors
/// The file cannot be read, or has problems, which have been shown.
pub(crate) fn connections(
    options: &ConnectionOptions,
    redactor: &Redactor,
) -> Result<Option<Connections>, Refusal> {
    let Some(file) = places::connections_file(options) else {
        return Ok(None);
    };
    let connections = read_connections(&file)?.connections;
    redactor.learn(connections.masks());
    Ok(Some(connections))
}

fn limits(assignments: &[Assignment]) -> Result<Limits, Refusal> {
    let document: serde_json::Map<_, _> = assignments
        .iter()
        .map(|Assignment { name, value }| {
            let number = value.parse::<u64>().map(serde_json::Value::from);
            (
                name.clone(),
                number.unwrap_or_else(|_| value.as_str().into()),
            )
        })
        .collect();
    serde_json::from_value(document.into()).map_err(|error| {
        Refusal::usage("a `--limit` makes no sense")
            .because(&error)
            .help("write times as `10s` or `500ms`, everything else as a whole number")
    })
}

/// A time zone and a language, as a call by hand has them.
///
/// # Errors
/// There is no such time zone.
pub(crate) fn context(options: &crate::cli::ContextOptions) -> Result<Context, Refusal> {
    let time_zone = jiff::tz::TimeZone::get(&options.time_zone).map_err(|error| {
        Refusal::usage(format!("there is no time zone `{}`", options.time_zone))
            .because(&error)
            .help("use an IANA name such as `Europe/Prague`")
    })?;
    let language = options.language.to_lowercase();
    Ok(Context {
        language,
        time_zone,
        now: jiff::Timestamp::now(),
    })
}

fn no_connections_file() -> String {
    "there is no connections file: name one with `--connections`".to_owned()
}

fn listed(connections: &[&Connection]) -> String {
    if connections.is_empty() {
        return "no connections".to_owned();
    }
    let names: Vec<_> = connections
        .iter()
        .map(|known| format!("`{}`", known.name()))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn given(name: &str, value: &str) -> Result<Limits, Refusal> {
        limits(&[Assignment {
            name: name.to_owned(),
            value: value.to_owned(),
        }])
    }

    #[test]
    fn limits_are_times_and_numbers_by_name() {
        assert_eq!(
            given("call-timeout", "500ms").unwrap().call_timeout,
            Duration::from_millis(500)
        );
        assert_eq!(given("memory-bytes", "65536").unwrap().memory_bytes, 65536);
        assert!(given("memory", "65536").is_err());
        assert!(given("call-timeout", "soon").is_err());
        assert_eq!(limits(&[]).unwrap(), Limits::default());
    }
}
