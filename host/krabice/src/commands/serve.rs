//! `krabice serve`

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use krabice_egress::SecretMask;
use krabice_server::{Attempts, Limits, Retention, Server, Settings, Storage, StoreUrl};
use serde::{Deserialize, Serialize};

use crate::cli::{ConnectionOptions, PluginOptions, ServeArguments};
use crate::error::{CliError, Verdict};
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::telemetry::{Telemetry, TelemetrySettings};
use crate::{host, paths, terminal};

const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const DEFAULT_SCENARIOS: &str = "scenarios";
const DEFAULT_STORE: &str = "sqlite:krabice.db";

/// The configuration file. Its paths are relative to it.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Configuration {
    listen: Option<SocketAddr>,
    admin_listen: Option<SocketAddr>,
    scenarios: Option<PathBuf>,
    plugins: Vec<PathBuf>,
    cache: Option<PathBuf>,
    connections: Option<PathBuf>,
    store: Option<String>,
    store_password_file: Option<PathBuf>,
    limits: Limits,
    attempts: Attempts,
    retention: Retention,
    origins: BTreeMap<String, Vec<String>>,
    trusted_proxies: Vec<ipnet::IpNet>,
    reload_seconds: Option<u64>,
    telemetry: TelemetrySettings,
}

/// What the command prints when the server listens.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Listening {
    address: String,
    admin_address: Option<String>,
    scenarios: Vec<String>,
}

pub(crate) async fn serve(
    arguments: &ServeArguments,
    redactor: &Redactor,
    telemetry: &Telemetry,
) -> Result<Verdict, CliError> {
    let file = match &arguments.config {
        Some(file) => read_configuration(file)?,
        None => Configuration::default(),
    };
    let span_export = telemetry.start(&file.telemetry)?;
    // The connections and the store's URL come first: they hold secrets that the log must mask.
    let connections = ConnectionOptions {
        connections: arguments
            .connections
            .connections
            .clone()
            .or(file.connections),
    };
    let url = arguments.store.as_deref().or(file.store.as_deref());
    let password = arguments.store_password_file.as_deref();
    let password = password.or(file.store_password_file.as_deref());
    let url = store_url(url.unwrap_or(DEFAULT_STORE), password)?;
    redactor.learn(SecretMask::new(url.password()));
    let connections = host::connections(&connections, redactor)?;
    let mut plugins = PluginOptions {
        cache: arguments.plugins.cache.clone().or(file.cache),
        ..arguments.plugins.clone()
    };
    if plugins.plugins.is_empty() {
        plugins.plugins = file.plugins;
    }
    let runtime = host::busy_runtime(&plugins)?;
    let storage = Storage::open(&url)
        .await
        .map_err(|error| CliError::usage("the store cannot be opened").because(&error))?;
    let scenarios = arguments.scenarios.clone().or(file.scenarios);
    let server = Server::builder(
        runtime,
        storage,
        scenarios.unwrap_or(DEFAULT_SCENARIOS.into()),
        arguments.listen.or(file.listen).unwrap_or(DEFAULT_ADDRESS),
    )
    .plugins(paths::plugin_folders(&plugins))
    .connections(connections)
    .admin(arguments.admin_listen.or(file.admin_listen))
    .demo(arguments.demo)
    .settings(Settings {
        limits: file.limits,
        attempts: file.attempts,
        retention: file.retention,
        origins: file.origins,
        trusted_proxies: file.trusted_proxies,
        reload_seconds: file.reload_seconds,
    });
    let server = waiting_for("compiling plugins", server.start())
        .await
        .map_err(|error| CliError::usage("the server cannot start").because(&error))?;
    let stop = stop_signal()?;
    if server.scenarios().is_empty() {
        server.stop().await;
        return Err(CliError::no("no scenario could be published")
            .help("the log above says why; `krabice check` also shows the position in the file"));
    }
    announce(&server, arguments.json)?;
    stop.await;
    terminal::note("stopping after the running turns");
    server.stop().await;
    span_export.shut_down().await;
    Ok(Verdict::Fine)
}

fn read_configuration(file: &Path) -> Result<Configuration, CliError> {
    let unreadable = || {
        CliError::usage(format!(
            "the configuration `{}` cannot be read",
            file.display()
        ))
    };
    let text = std::fs::read_to_string(file).map_err(|error| unreadable().because(&error))?;
    let mut configuration: Configuration = toml::from_str(&text).map_err(|error| {
        unreadable()
            .because(&error)
            .help("docs/chat-server.md lists the settings")
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let resolve = |path: &mut PathBuf| *path = folder.join(&*path);
    configuration.scenarios.as_mut().map(resolve);
    configuration.cache.as_mut().map(resolve);
    configuration.connections.as_mut().map(resolve);
    configuration.store_password_file.as_mut().map(resolve);
    configuration.plugins.iter_mut().for_each(resolve);
    if let Some(store) = &mut configuration.store
        && let Some(path) = store.strip_prefix("sqlite:")
    {
        *store = format!("sqlite:{}", folder.join(path).display());
    }
    Ok(configuration)
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
    };
    let mut out = anstream::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &listening)?;
        writeln!(out)?;
    } else {
        writeln!(
            out,
            "{} serves {}",
            listening.address,
            listening.scenarios.join(", ")
        )?;
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
    fn paths_of_a_configuration_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.toml");
        let text = "listen = \"0.0.0.0:80\"\nscenarios = \"s\"\nplugins = [\"p\"]\nstore = \"sqlite:chat.db\"\n\
                    [retention]\nhidden-hours = 1\n[origins]\norder-status = [\"https://shop.example\"]\n";
        std::fs::write(&file, text).unwrap();
        let read = read_configuration(&file).unwrap();
        assert_eq!(read.scenarios, Some(folder.path().join("s")));
        assert_eq!(read.plugins, [folder.path().join("p")]);
        let store = format!("sqlite:{}", folder.path().join("chat.db").display());
        assert_eq!(read.store, Some(store));
        assert_eq!(read.retention.hidden_hours, 1);
        assert_eq!(read.retention.transcript_days, 30);
        assert_eq!(read.origins["order-status"], ["https://shop.example"]);
    }

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
    fn a_configuration_with_an_unknown_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.toml");
        std::fs::write(&file, "listem = \"0.0.0.0:80\"\n").unwrap();
        assert_eq!(
            read_configuration(&file).unwrap_err().verdict,
            Verdict::Usage
        );
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
