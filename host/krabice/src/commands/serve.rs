//! `krabice serve`

use std::io::Write;
use std::path::{Path, PathBuf};

use krabice_egress::SecretMask;
use krabice_server::{Server, Signer, SigningKey};
use krabice_store::{Storage, StoreError, StoreUrl};
use serde::Serialize;

use crate::cli::store::StoreOptions;
use crate::cli::{ConnectionOptions, PluginOptions, ServeArguments};
use crate::configuration::{self, Configuration, ListenAddress, SignerSettings};
use crate::error::{CliError, Verdict};
use crate::open_files::{self, Shares};
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::telemetry::Telemetry;
use crate::{host, live, log, paths, terminal};

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";
const DEFAULT_SCENARIOS: &str = "scenarios";
const DEFAULT_STORE: &str = "sqlite:krabice.db";

/// What the command prints when the server listens.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Listening {
    address: String,
    admin_address: Option<String>,
    scenarios: Vec<String>,
    /// Of these only the sessions under way go on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suspended: Vec<String>,
}

pub(crate) async fn serve(
    arguments: &ServeArguments,
    redactor: &Redactor,
    telemetry: &Telemetry,
) -> Result<Verdict, CliError> {
    log::log_panics();
    let read = configuration::read(arguments.store.config.as_deref(), &arguments.plugins.limits)?;
    if arguments.check {
        return super::serve_check::check(arguments, read, redactor).await;
    }
    let mut configuration = read.map_err(|problems| configuration::report(&problems))?;
    forbid_core_files();
    let span_export = telemetry.start(&configuration.telemetry)?;
    let settings = &mut configuration.settings;
    let shares = open_files::share(Shares {
        connections: settings.limits.connections,
        requests: settings.network.shared.requests_at_once,
    });
    settings.limits.connections = shares.connections;
    settings.network.shared.requests_at_once = shares.requests;
    // The connections and the store's URL come first: they hold secrets that the log must mask.
    let url = store(&arguments.store, &configuration)?;
    redactor.learn(SecretMask::new(url.password()));
    let connections_file = connection_options(arguments, &configuration);
    let rules = &configuration.settings.network;
    let connections = host::connections(&connections_file, rules, redactor)?
        .map(|connections| connections.with_at_most(shares.requests));
    let plugins = plugin_options(arguments, &configuration);
    let runtime = host::busy_runtime(&plugins, configuration.calls.clone())?;
    let storage = Storage::open(&url)
        .await
        .map_err(|error| CliError::usage("the store cannot be opened").because(&error))?;
    let places = &configuration.places;
    let default = || DEFAULT_ADDRESS.parse().expect("the default is an address");
    let listen = arguments.listen.clone().or(places.listen.clone());
    let admin = arguments.admin_listen.as_ref();
    let admin = match admin.or(places.admin_listen.as_ref()) {
        Some(admin) => admin.resolve().await?,
        None => Vec::new(),
    };
    let listen: ListenAddress = listen.unwrap_or_else(default);
    let scenarios = scenarios(arguments, &configuration);
    let server = Server::builder(runtime, storage, scenarios, listen.resolve().await?)
        .plugins(paths::plugin_folders(&plugins))
        .connections(connections)
        .admin(admin)
        .control(url.control_socket())
        .demo(arguments.demo)
        .signers(signers(&configuration.signers)?)
        .live(live::reader(
            arguments.store.config.clone(),
            arguments.plugins.limits.clone(),
            connections_file,
            redactor.clone(),
            shares.requests,
        ))
        .settings(configuration.settings);
    let server = waiting_for("compiling plugins", server.start())
        .await
        .map_err(|error| CliError::usage("the server cannot start").because(&error))?;
    let stop = stop_signal()?;
    if server.scenarios().is_empty() && server.suspended().is_empty() {
        let others = server.not_for_visitors();
        server.stop().await;
        if let Some(first) = others.first() {
            return Err(
                CliError::no("no scenario can be started by `chat`").help(format!(
                    "add the line `\"channels\": [\"chat\"],` to each scenario that any visitor may start; {first} has no such line"
                )),
            );
        }
        return Err(CliError::no("no scenario could be published")
            .help("the log above says why; `krabice check` also shows the position in the file"));
    }
    announce(&server, arguments.json)?;
    tokio::select! {
        () = stop => {}
        // At once: of a turn that ends now nothing could be stored.
        lost = server.store_lost() => return Err(store_lost(&lost)),
    }
    terminal::note("stopping after the running turns");
    server.stop().await;
    span_export.shut_down().await;
    Ok(Verdict::Fine)
}

/// Forbids files with the memory of a server that crashes: it holds credentials and customers' data. On
/// Linux other processes of the same user cannot read the memory, either.
#[cfg(unix)]
fn forbid_core_files() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core files cannot be forbidden");
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "the memory cannot be hidden from other processes of the user");
        }
    }
}

#[cfg(not(unix))]
fn forbid_core_files() {}

fn store_lost(lost: &StoreError) -> CliError {
    CliError::no("the store is lost").because(lost).help(
        "put the file that you want in its place, without another file's `-wal` and `-shm` beside it, and start the server; \
         stop the server before you replace its store",
    )
}

/// The store, from the options or the configuration.
pub(crate) fn store(
    options: &StoreOptions,
    configuration: &Configuration,
) -> Result<StoreUrl, CliError> {
    let places = &configuration.places;
    let url = options.store.as_deref().or(places.store.as_deref());
    let password = options.store_password_file.as_deref();
    let password = password.or(places.store_password_file.as_deref());
    store_url(url.unwrap_or(DEFAULT_STORE), password)
}

/// The connections file, from the options or the configuration.
pub(super) fn connection_options(
    arguments: &ServeArguments,
    configuration: &Configuration,
) -> ConnectionOptions {
    let given = arguments.connections.connections.clone();
    ConnectionOptions {
        connections: given.or(configuration.places.connections.clone()),
    }
}

/// The plugins, from the options or the configuration.
pub(super) fn plugin_options(
    arguments: &ServeArguments,
    configuration: &Configuration,
) -> PluginOptions {
    let places = &configuration.places;
    let mut plugins = PluginOptions {
        cache: arguments.plugins.cache.clone().or(places.cache.clone()),
        ..arguments.plugins.clone()
    };
    if plugins.plugins.is_empty() {
        plugins.plugins.clone_from(&places.plugins);
    }
    plugins
}

/// The folder of scenarios, from the options or the configuration.
pub(super) fn scenarios(arguments: &ServeArguments, configuration: &Configuration) -> PathBuf {
    let given = arguments.scenarios.clone();
    let given = given.or(configuration.places.scenarios.clone());
    given.unwrap_or_else(|| DEFAULT_SCENARIOS.into())
}

/// Reads the keys of the shops' servers that sign inputs.
fn signers(settings: &[(String, SignerSettings)]) -> Result<Vec<Signer>, CliError> {
    let mut signers = Vec::new();
    for (name, SignerSettings { keys, origins }) in settings {
        let wrong = |what: String| {
            CliError::usage(what).help("docs/chat-server.md says how inputs are signed")
        };
        if keys.is_empty() || keys.len() > 2 {
            let what = format!("`[signed.{name}]` has {} keys", keys.len());
            return Err(wrong(what).help("write one, or two while one replaces the other"));
        }
        let mut read = Vec::new();
        for file in keys {
            let unreadable = || format!("the key `{}` of `[signed.{name}]`", file.display());
            let bytes = std::fs::read(file).map_err(|error| {
                wrong(format!("{} cannot be read", unreadable())).because(&error)
            })?;
            let key = SigningKey::read(&bytes)
                .map_err(|error| wrong(format!("{} is no key", unreadable())).because(&error))?;
            read.push(key);
        }
        signers.push(Signer {
            name: name.clone(),
            keys: read,
            origins: origins.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(signers)
}

/// The URL of the store, with the password from a file if one is named. The URL may hold a password,
/// so no error repeats it.
fn store_url(url: &str, password: Option<&Path>) -> Result<StoreUrl, CliError> {
    let invalid = |error| {
        CliError::usage("the store's URL is invalid")
            .because(&error)
            .help("write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")
    };
    let mut url = StoreUrl::parse(url).map_err(invalid)?;
    if let Some(file) = password {
        let text = std::fs::read_to_string(file).map_err(|error| {
            let what = format!(
                "the password of the store cannot be read from `{}`",
                file.display()
            );
            CliError::usage(what).because(&error)
        })?;
        // Editors end a file with a line break, and some begin it with a byte order mark.
        let password = text.trim_start_matches('\u{feff}');
        url.set_password(password.trim_end_matches(['\r', '\n']))
            .map_err(invalid)?;
    }
    Ok(url)
}

/// Prints the server's addresses and scenarios.
fn announce(server: &Server, json: bool) -> std::io::Result<()> {
    let listening = Listening {
        address: format!("http://{}", server.address()),
        admin_address: server
            .admin_address()
            .map(|address| format!("http://{address}")),
        scenarios: server.scenarios(),
        suspended: server.suspended(),
    };
    let mut out = anstream::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &listening)?;
        writeln!(out)?;
    } else {
        let address = &listening.address;
        let suspended = listening.suspended.join(", ");
        if !listening.scenarios.is_empty() {
            writeln!(out, "{address} serves {}", listening.scenarios.join(", "))?;
        }
        if !suspended.is_empty() {
            writeln!(
                out,
                "{address} continues the sessions of {suspended}, and starts none: see the log"
            )?;
        }
        if let Some(admin) = &listening.admin_address {
            writeln!(out, "{admin} has /health/live, /health/ready, /metrics")?;
        }
    }
    out.flush()
}

/// Waits for Ctrl-C or SIGTERM, which service managers send. The signals are caught from the call on.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| CliError::usage("signals cannot be caught").because(&error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        // Without signals the server runs until its process ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_store_comes_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "Canary 1\n").unwrap();
        let url = store_url("postgres://krabice@db.example/krabice", Some(&file)).unwrap();
        let masks = SecretMask::new(url.password());
        assert_eq!(
            masks.mask(b"password=Canary 1!"),
            "password=•••!".as_bytes()
        );
        assert!(store_url("sqlite:chat.db", Some(&file)).is_err());
        assert!(store_url("postgres://krabice@db.example/krabice", Some(folder.path())).is_err());
    }

    #[test]
    fn the_error_of_an_invalid_store_url_does_not_repeat_its_password() {
        for url in [
            "mysql://user:secret@host/db",
            "postgres://user:secret@host:x/db",
        ] {
            let error = store_url(url, None).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{url}");
        }
    }
}
