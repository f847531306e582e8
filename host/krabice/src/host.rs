//! What a command runs with: the plugins and the connections of this machine, and an outlet for
//! each plugin and connection.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use krabice_contract::Manifest;
use krabice_contract::manifest::Function;
use krabice_contract::name::nearest;
use krabice_egress::{
    Connection, ConnectionProblem, Connections, Network, NetworkBuilder, NetworkRules, Outlet,
    RequestObserver, SecretMask, SystemSecrets,
};
use krabice_runtime::{
    Context, Limits, LoadError, Plugin, PluginDirectory, Pool, Runtime, RuntimeBuilder,
};
use krabice_scenario::World;

use crate::cli::{CallOptions, ConnectionOptions, FunctionName, PluginOptions};
use crate::error::{CliError, Verdict};
use crate::finding::{self, Finding, SourceFile};
use crate::output::quoted_list;
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::{configuration, locked, paths, terminal};

/// The plugins and connections of this machine.
pub(crate) struct Host {
    pub(crate) runtime: Runtime,
    pub(crate) plugins: IndexMap<String, Arc<Plugin>>,
    /// Component files that could not be loaded.
    broken: Vec<LoadError>,
    connections: Option<ConnectionsFile>,
    /// The name of the one connection that the command is about, where there is one.
    only: Option<String>,
    /// The limits of requests where the connections file says nothing else.
    rules: NetworkRules,
    network: Network,
    /// One outlet for each plugin and connection, for the life of the process, because an outlet
    /// holds the connection pool, the permits and the rate limit.
    outlets: Mutex<HashMap<OutletKey, Arc<Outlet>>>,
}

/// The names of a plugin and of the connection that it is used through.
type OutletKey = (String, Option<String>);

/// A connections file that was read, with its text for error reports.
struct ConnectionsFile {
    connections: Connections,
    source: SourceFile,
}

impl Host {
    /// Finds and loads the plugins, without connections.
    ///
    /// # Errors
    /// A folder of plugins cannot be read, or a limit is invalid.
    pub(crate) async fn with_plugins(options: &PluginOptions) -> Result<Host, CliError> {
        Host::with_runtime(runtime(options)?, options).await
    }

    async fn with_runtime(runtime: Runtime, options: &PluginOptions) -> Result<Host, CliError> {
        let mut directory = PluginDirectory::default();
        for folder in paths::plugin_folders(options) {
            let loading = PluginDirectory::load(&runtime, &folder);
            let found = waiting_for("compiling plugins", loading)
                .await
                .map_err(|error| {
                    CliError::usage(format!(
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
            connections: None,
            only: None,
            rules: NetworkRules::default(),
            network: Network::builder().build(),
            outlets: Mutex::default(),
        })
    }

    /// Finds and loads the plugins, and reads the connections file if there is one.
    ///
    /// # Errors
    /// As [`Host::with_plugins`]; or the connections file has problems, which have been printed, together
    /// with those of connections that do not fit their plugins.
    pub(crate) async fn with_connections(
        plugins: &PluginOptions,
        connections: &ConnectionOptions,
        redactor: &Redactor,
    ) -> Result<Host, CliError> {
        Host::read(plugins, connections, None, redactor).await
    }

    /// As [`Host::with_connections`], but reads the secrets of one connection alone, and tells whether that one
    /// fits its plugin.
    ///
    /// # Errors
    /// As [`Host::with_connections`].
    pub(crate) async fn with_connection(
        plugins: &PluginOptions,
        connections: &ConnectionOptions,
        name: &str,
        redactor: &Redactor,
    ) -> Result<Host, CliError> {
        Host::read(plugins, connections, Some(name), redactor).await
    }

    async fn read(
        plugins: &PluginOptions,
        connections: &ConnectionOptions,
        only: Option<&str>,
        redactor: &Redactor,
    ) -> Result<Host, CliError> {
        let (calls, rules) = configuration::shared(&plugins.limits)?;
        // Read before the plugins, so that every later line of the log is masked.
        let file = read_connections(connections, &rules, only, redactor)?;
        let runtime = build(builder(plugins, calls).pool(Pool::OnDemand))?;
        let mut host = Host::with_runtime(runtime, plugins).await?;
        host.only = only.map(ToOwned::to_owned);
        let problems = host.connect(rules, file);
        if problems.is_empty() {
            return Ok(host);
        }
        Err(host.report(problems))
    }

    /// As [`Host::with_connections`], but all problems of the connections are returned.
    ///
    /// # Errors
    /// The connections file or a folder of plugins cannot be read.
    pub(crate) async fn checked(
        plugins: &PluginOptions,
        connections: &ConnectionOptions,
        calls: Limits,
        rules: NetworkRules,
        redactor: &Redactor,
    ) -> Result<(Host, Vec<Finding>), CliError> {
        let file = read_connections(connections, &rules, None, redactor)?;
        let runtime = build(builder(plugins, calls).pool(Pool::OnDemand))?;
        let mut host = Host::with_runtime(runtime, plugins).await?;
        let problems = host.connect(rules, file);
        let findings = host.connection_findings(problems);
        Ok((host, findings))
    }

    /// Takes the connections of a file that was read. Returns the file's own problems.
    fn connect(
        &mut self,
        rules: NetworkRules,
        file: Option<(ConnectionsFile, Vec<ConnectionProblem>)>,
    ) -> Vec<ConnectionProblem> {
        self.rules = rules;
        let (file, problems) = file.unzip();
        self.connections = file;
        self.network = self.network_builder().build();
        problems.unwrap_or_default()
    }

    /// The problems of the connections file, those given and those of connections that do not fit their
    /// plugins, in the file's order. Where no plugin was found, nothing is known of what fits.
    fn connection_findings(&self, mut problems: Vec<ConnectionProblem>) -> Vec<Finding> {
        let Some(file) = &self.connections else {
            return Vec::new();
        };
        if !self.plugins.is_empty() {
            let manifests = self.plugins.values().map(|plugin| plugin.manifest());
            let manifests = manifests.map(|own| (own.name.clone(), own)).collect();
            for problem in file.connections.check(&manifests) {
                let wanted = self.only.as_ref().is_none_or(|name| {
                    let table = problem.path.strip_prefix("connections.");
                    let rest = table.and_then(|table| table.strip_prefix(&**name));
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                });
                if wanted && !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems.sort_by_key(|problem| problem.span.start);
        let problems = problems.into_iter();
        problems
            .map(|problem| file.source.connection_problem(problem))
            .collect()
    }

    /// Prints what is wrong with the connections file: these problems and all others.
    fn report(&self, problems: Vec<ConnectionProblem>) -> CliError {
        print(&self.connection_findings(problems))
    }

    fn network_builder(&self) -> NetworkBuilder {
        match &self.connections {
            Some(file) => Network::builder().connections(&file.connections),
            None => Network::builder().network(self.rules.clone()),
        }
    }

    /// Shows all further requests and their answers to an observer.
    pub(crate) fn show_requests_to(&mut self, observer: Arc<dyn RequestObserver>) {
        self.network = self.network_builder().observer(observer).build();
    }

    /// The mask of the credentials of all connections.
    pub(crate) fn masks(&self) -> SecretMask {
        match &self.connections {
            Some(file) => file.connections.masks(),
            None => SecretMask::new([]),
        }
    }

    /// The component files that could not be loaded.
    pub(crate) fn broken_plugins(&self) -> impl Iterator<Item = Finding> {
        self.broken.iter().map(|problem| {
            let file = SourceFile::new(&problem.file, "");
            file.problem(problem.reason.code(), problem.to_string(), None)
        })
    }

    /// Warns of component files that could not be loaded.
    pub(crate) fn warn_of_broken_plugins(&self) {
        for problem in &self.broken {
            terminal::warn(&problem.to_string());
        }
    }

    /// The manifests and connections that a scenario is checked against.
    pub(crate) fn world(&self) -> World<'_> {
        let mut world = World::default();
        if !self.plugins.is_empty() {
            world = world.with_manifests(self.plugins.values().map(|plugin| plugin.manifest()));
        }
        if let Some(file) = &self.connections {
            let connections = file.connections.iter();
            world = world.with_connections(connections.map(|known| (known.name(), known.plugin())));
        }
        world
    }

    /// Notes what a check of scenarios cannot verify.
    pub(crate) fn note_unchecked(&self) {
        if self.plugins.is_empty() {
            terminal::note("no plugins were found, so calls are not checked against manifests");
        }
        if self.connections.is_none() {
            terminal::note(
                "no connections file was found, so names of connections are not checked",
            );
        }
    }

    /// The plugin with this name.
    ///
    /// # Errors
    /// There is no such plugin.
    pub(crate) fn plugin(&self, name: &str) -> Result<&Arc<Plugin>, CliError> {
        self.plugins.get(name).ok_or_else(|| {
            self.warn_of_broken_plugins();
            let near = nearest(name, self.plugins.keys().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.plugins.is_empty() => {
                    "no plugins were found: build it, or name its folder with `--plugins`"
                        .to_owned()
                }
                None => format!("the plugins found are {}", quoted_list(self.plugins.keys())),
            };
            CliError::usage(format!("there is no plugin `{name}`")).help(help)
        })
    }

    /// A function with its plugin.
    ///
    /// # Errors
    /// There is no such plugin, or it has no such function.
    pub(crate) fn function(
        &self,
        name: &FunctionName,
    ) -> Result<(&Arc<Plugin>, &Function), CliError> {
        let plugin = self.plugin(&name.plugin)?;
        let functions = &plugin.manifest().functions;
        let function = functions.get(&name.function).ok_or_else(|| {
            let near = nearest(&name.function, functions.keys().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{}/{near}`?", name.plugin),
                None => format!("`krabice plugins show {}` lists its functions", name.plugin),
            };
            CliError::usage(format!(
                "the plugin `{}` has no function `{}`",
                name.plugin, name.function
            ))
            .help(help)
        })?;
        Ok((plugin, function))
    }

    /// The connection with this name.
    ///
    /// # Errors
    /// There is no such connection.
    pub(crate) fn connection(&self, name: &str) -> Result<&Connection, CliError> {
        let known = || self.connections().map(Connection::name);
        self.connections()
            .find(|known| known.name() == name)
            .ok_or_else(|| {
                let help = match nearest(name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.connections.is_none() => no_connections_file(),
                    None if known().next().is_none() => {
                        "the connections file has no connections".to_owned()
                    }
                    None => format!("the connections file has {}", quoted_list(known())),
                };
                CliError::usage(format!("there is no connection `{name}`")).help(help)
            })
    }

    /// The outlet of a plugin through the named connection, or through the plugin's only one.
    /// `None` for a plugin that needs no connection and reaches no host.
    ///
    /// # Errors
    /// The connection does not exist, belongs to another plugin, is one of several, or does not
    /// fit the plugin's manifest, which has been printed.
    pub(crate) fn outlet(
        &self,
        manifest: &Manifest,
        connection: Option<&str>,
    ) -> Result<Option<Arc<Outlet>>, CliError> {
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
        let mut outlets = locked(&self.outlets);
        if let Some(outlet) = outlets.get(&key) {
            return Ok(Some(Arc::clone(outlet)));
        }
        let outlet = self
            .network
            .outlet(manifest, connection)
            .map_err(|problems| match &self.connections {
                Some(_) => self.report(problems),
                None => {
                    let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
                    CliError::usage(messages.join("; ")).help(no_connections_file())
                }
            })?;
        outlets.insert(key, Arc::clone(&outlet));
        Ok(Some(outlet))
    }

    /// The only connection of a plugin. `None` for a plugin that needs no connection.
    fn only_connection(&self, manifest: &Manifest) -> Result<Option<&Connection>, CliError> {
        let name = &manifest.name;
        let own: Vec<_> = self
            .connections()
            .filter(|known| known.plugin() == name)
            .collect();
        match own.as_slice() {
            [only] => Ok(Some(only)),
            [] if manifest.settings.is_empty() => Ok(None),
            [] => Err(CliError::usage(format!("the plugin `{name}` needs a connection")).help(
                match &self.connections {
                    Some(_) => format!("add `[connections.NAME]` with `plugin = \"{name}\"` to the connections file"),
                    None => no_connections_file(),
                },
            )),
            several => {
                let names = quoted_list(several.iter().map(|known| known.name()));
                Err(CliError::usage(format!("the plugin `{name}` has several connections"))
                    .help(format!("name one of them: {names}")))
            }
        }
    }

    fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections
            .iter()
            .flat_map(|file| file.connections.iter())
    }
}

/// Prints what is wrong with a connections file.
fn print(findings: &[Finding]) -> CliError {
    finding::report(findings);
    CliError::already_reported(Verdict::Usage)
}

/// Reads the connections file that was named, or the one in the current folder, with all its problems and
/// the secrets that it names, or those of `only` one connection. The secrets are masked in the log from now
/// on.
fn read_connections(
    options: &ConnectionOptions,
    rules: &NetworkRules,
    only: Option<&str>,
    redactor: &Redactor,
) -> Result<Option<(ConnectionsFile, Vec<ConnectionProblem>)>, CliError> {
    let Some(file) = paths::connections_file(options) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&file).map_err(|error| {
        CliError::usage(format!(
            "the connections file `{}` cannot be read",
            file.display()
        ))
        .because(&error)
    })?;
    let source = SourceFile::new(&file, &text);
    let folder = file.parent().unwrap_or(Path::new(""));
    let (rules, system) = (rules.clone(), &SystemSecrets);
    let (connections, problems) = match only {
        None => Connections::read_over(rules, &text, folder, system),
        Some(name) => Connections::read_one_over(rules, &text, folder, system, name),
    };
    redactor.learn(connections.masks());
    let file = ConnectionsFile {
        connections,
        source,
    };
    Ok(Some((file, problems)))
}

/// The connections of the file that was named, or of the one in the current folder.
///
/// # Errors
/// The file cannot be read, or has problems, which have been printed.
pub(crate) fn connections(
    options: &ConnectionOptions,
    rules: &NetworkRules,
    redactor: &Redactor,
) -> Result<Option<Connections>, CliError> {
    match read_connections(options, rules, None, redactor)? {
        Some((file, problems)) if !problems.is_empty() => {
            let problems = problems.into_iter();
            let findings = problems.map(|problem| file.source.connection_problem(problem));
            Err(print(&findings.collect::<Vec<_>>()))
        }
        Some((file, _)) => Ok(Some(file.connections)),
        None => Ok(None),
    }
}

/// A runtime with the limits of the options, for one call at a time.
///
/// # Errors
/// A limit does not exist or is invalid, which has been printed.
pub(crate) fn runtime(options: &PluginOptions) -> Result<Runtime, CliError> {
    // A pool of prepared instances pays only for many calls at once.
    let (limits, _) = configuration::shared(&options.limits)?;
    build(builder(options, limits).pool(Pool::OnDemand))
}

/// A runtime with these limits, for many calls at once.
///
/// # Errors
/// As [`runtime`].
pub(crate) fn busy_runtime(options: &PluginOptions, limits: Limits) -> Result<Runtime, CliError> {
    build(builder(options, limits))
}

fn builder(options: &PluginOptions, limits: Limits) -> RuntimeBuilder {
    let mut builder = Runtime::builder().limits(limits);
    if let Some(cache) = paths::cache_folder(options) {
        builder = builder.cache_directory(cache);
    }
    builder
}

fn build(builder: RuntimeBuilder) -> Result<Runtime, CliError> {
    builder
        .build()
        .map_err(|error| CliError::usage("the runtime for plugins cannot start").because(&error))
}

/// The context of a call by hand: its language, its time zone and the current time.
///
/// # Errors
/// There is no such time zone.
pub(crate) fn context(options: &CallOptions) -> Result<Context, CliError> {
    let time_zone = jiff::tz::TimeZone::get(&options.time_zone).map_err(|error| {
        CliError::usage(format!("there is no time zone `{}`", options.time_zone))
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
