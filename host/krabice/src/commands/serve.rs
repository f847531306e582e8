//! `krabice serve`

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use krabice_egress::SecretMask;
use krabice_server::{
    Attempts, Limits, Retention, Server, Settings, StartError, Storage, StoreUrl,
};
use serde::{Deserialize, Serialize};

use crate::cli::{ConnectionOptions, PluginOptions, ServeArguments};
use crate::host;
use crate::places;
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::refusal::{self, Refusal, Verdict};
use crate::telemetry::{Telemetry, TelemetrySettings};

const PORT: u16 = 8080;
const SCENARIOS: &str = "scenarios";
const STORE: &str = "sqlite:krabice.db";

/// What a configuration file may hold. Paths are relative to it.
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

/// What is said when the server listens.
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
) -> Result<Verdict, Refusal> {
    let file = match &arguments.config {
        Some(file) => read(file)?,
        None => Configuration::default(),
    };
    let exporting = telemetry.begin(&file.telemetry)?;
    // Before anything is said, so that every line is masked.
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
    let url = store(url.unwrap_or(STORE), password)?;
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
        .map_err(|error| Refusal::usage("the store cannot be opened").because(&error))?;
    let listen = arguments.listen.or(file.listen);
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
    let scenarios = arguments.scenarios.clone().or(file.scenarios);
    let server = Server::builder(
        runtime,
        storage,
        scenarios.unwrap_or(SCENARIOS.into()),
        listen,
    )
    .plugins(places::plugin_folders(&plugins))
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
        .map_err(refused)?;
    let stop = stop()?;
    if server.scenarios().is_empty() {
        server.stop().await;
        return Err(Refusal::no("no scenario could be published")
            .help("the log above says why; `krabice check` says it with the place"));
    }
    say(&server, arguments.json)?;
    stop.await;
    refusal::note("stopping: running turns end first");
    server.stop().await;
    exporting.end().await;
    Ok(Verdict::Fine)
}

fn read(file: &Path) -> Result<Configuration, Refusal> {
    let what = || format!("the configuration `{}` cannot be read", file.display());
    let text =
        std::fs::read_to_string(file).map_err(|error| Refusal::usage(what()).because(&error))?;
    let read: Result<Configuration, _> = toml::from_str(&text);
    let mut configuration = read.map_err(|error| {
        Refusal::usage(what())
            .because(&error)
            .help("docs/chat-server.md has the table of settings")
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let beside = |path: &mut PathBuf| *path = folder.join(&*path);
    configuration.scenarios.as_mut().map(beside);
    configuration.cache.as_mut().map(beside);
    configuration.connections.as_mut().map(beside);
    configuration.store_password_file.as_mut().map(beside);
    configuration.plugins.iter_mut().for_each(beside);
    if let Some(store) = &mut configuration.store
        && let Some(path) = store.strip_prefix("sqlite:")
    {
        *store = format!("sqlite:{}", folder.join(path).display());
    }
    Ok(configuration)
}

/// Where the store is. The URL may hold a password: it is not repeated.
fn store(url: &str, password: Option<&Path>) -> Result<StoreUrl, Refusal> {
    let unknown = |error| {
        Refusal::usage("the store cannot be found")
            .because(&error)
            .help("write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")
    };
    let mut url = StoreUrl::parse(url).map_err(unknown)?;
    if let Some(file) = password {
        let text = std::fs::read_to_string(file).map_err(|error| {
            let what = format!(
                "the password of the store cannot be read from `{}`",
                file.display()
            );
            Refusal::usage(what).because(&error)
        })?;
        // An editor ends a file with a new line.
        url.set_password(text.trim_end_matches(['\r', '\n']))
            .map_err(unknown)?;
    }
    Ok(url)
}

fn refused(error: StartError) -> Refusal {
    Refusal::usage("the server cannot start").because(&error)
}

fn say(server: &Server, json: bool) -> std::io::Result<()> {
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

/// Ctrl-C, or what service managers send. Heard from now on.
#[cfg(unix)]
fn stop() -> Result<impl Future<Output = ()>, Refusal> {
    use tokio::signal::unix::{SignalKind, signal};
    let deaf = |error: std::io::Error| Refusal::usage("signals cannot be heard").because(&error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn stop() -> Result<impl Future<Output = ()>, Refusal> {
    Ok(async {
        // Without signals there is nothing to wait for but the end of the process.
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
        let read = read(&file).unwrap();
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
        let url = store("postgres://krabice@db.example/krabice", Some(&file)).unwrap();
        let masks = SecretMask::new(url.password());
        assert_eq!(
            masks.mask(b"password=Canary 1!"),
            "password=•••!".as_bytes()
        );
        assert!(store("sqlite:chat.db", Some(&file)).is_err());
        assert!(store("postgres://krabice@db.example/krabice", Some(folder.path())).is_err());
    }

    #[test]
    fn a_configuration_with_an_unknown_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.toml");
        std::fs::write(&file, "listem = \"0.0.0.0:80\"\n").unwrap();
        assert_eq!(read(&file).unwrap_err().verdict, Verdict::Usage);
    }

    #[test]
    fn a_store_of_another_kind_is_refused_without_its_password() {
        for url in [
            "mysql://user:secret@host/db",
            "postgres://user:secret@host:x/db",
        ] {
            let refusal = store(url, None).unwrap_err();
            assert!(!format!("{refusal:?}").contains("secret"), "{url}");
        }
    }
}
