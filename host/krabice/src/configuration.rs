//! The configuration of `krabice serve`, and the parts of it that other commands share: which tables a
//! file has, and in which order they are read. Each table is declared where it is used.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use krabice_config::{Document, Problem, Renamed, list, optional, settings};
use krabice_egress::NetworkRules;
use krabice_server::{Settings, Site};

use crate::cli::Assignment;
use crate::error::CliError;
use crate::finding::{self, Finding, SourceFile};
use crate::telemetry::TelemetrySettings;

settings! {
    /// The keys of the file that are also options of `krabice serve`.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Places {
        /// The address to listen on, as `--listen`. A name stands for all of its addresses.
        pub(crate) listen: Option<ListenAddress> = optional("127.0.0.1:8080", LISTEN);
        /// The address for health checks and metrics, as `--admin-listen`.
        pub(crate) admin_listen: Option<ListenAddress> = optional("none", LISTEN);
        /// The folder of scenarios, as `--scenarios`.
        pub(crate) scenarios: Option<PathBuf> = optional("scenarios", "the path of a folder");
        /// The folders of plugins, as `--plugins`.
        pub(crate) plugins: Vec<PathBuf> = list("the default folders", "a list of paths of folders");
        /// The folder for compiled plugins, as `--cache`.
        pub(crate) cache: Option<PathBuf> = optional("the user's cache", "the path of a folder");
        /// The connections file, as `--connections`.
        pub(crate) connections: Option<PathBuf> = optional("connections.toml", "the path of a file");
        /// The database of sessions, as `--store`.
        pub(crate) store: Option<String> = optional("sqlite:krabice.db", "`sqlite:FILE` or `postgres://USER@HOST/DATABASE`");
        /// The file that holds the database's password, as `--store-password-file`.
        pub(crate) store_password_file: Option<PathBuf> = optional("none", "the path of a file");
    }
}

settings! {
    /// A shop's server that signs inputs.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct SignerSettings {
        /// The files with its keys: one, or two while one replaces the other. A PEM file with a public
        /// key of Ed25519, or a secret of at least 32 bytes.
        pub(crate) keys: Vec<PathBuf> = list("none", "a list of paths of files");
        /// The sites whose pages may send its tokens.
        pub(crate) origins: Vec<Site> = list("the server's own pages", "a list of origins, such as `[\"https://shop.example\"]`");
    }
}

const LISTEN: &str =
    "an address and a port, such as `localhost:8080`, `[::1]:8080` or `0.0.0.0:80`";

/// An address to listen on: a host, which may be a name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenAddress(String);

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ListenAddress, String> {
        let is_address = text.parse::<std::net::SocketAddr>().is_ok();
        let is_name = text.rsplit_once(':').is_some_and(|(host, port)| {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !host.is_empty() && host.bytes().all(letter) && port.parse::<u16>().is_ok()
        });
        if is_address || is_name {
            Ok(ListenAddress(text.to_owned()))
        } else {
            Err(format!("expected {LISTEN}"))
        }
    }
}

impl ListenAddress {
    /// The addresses that it stands for, IPv4 first.
    ///
    /// # Errors
    /// The name is not known.
    pub(crate) async fn resolve(&self) -> Result<Vec<std::net::SocketAddr>, CliError> {
        let unknown = || {
            CliError::usage(format!("the address `{}` cannot be found", self.0)).help(
                "write an IP address, or a name that this machine knows, such as `localhost:8080`",
            )
        };
        let mut addresses: Vec<_> = tokio::net::lookup_host(&self.0)
            .await
            .map_err(|error| unknown().because(&error))?
            .collect();
        addresses.sort();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(unknown());
        }
        Ok(addresses)
    }
}

/// Everything that a configuration says.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) places: Places,
    pub(crate) settings: Settings,
    pub(crate) calls: krabice_runtime::Limits,
    pub(crate) telemetry: TelemetrySettings,
    /// The shops' servers that sign inputs, by name.
    pub(crate) signers: Vec<(String, SignerSettings)>,
}

/// Keys of earlier versions.
const RENAMED: [Renamed; 11] = [
    renamed("reload-seconds", "reload-interval", "s"),
    renamed("limits.header-seconds", "limits.header-timeout", "s"),
    renamed("limits.body-seconds", "limits.body-timeout", "s"),
    renamed("limits.write-seconds", "limits.write-timeout", "s"),
    renamed("limits.lease-seconds", "limits.lease", "s"),
    renamed("limits.stop-seconds", "limits.stop-timeout", "s"),
    renamed("attempts.window-minutes", "attempts.window", "m"),
    renamed("retention.transcript-days", "retention.transcript", "d"),
    renamed("retention.hidden-hours", "retention.hidden", "h"),
    renamed("retention.idle-hours", "retention.idle", "h"),
    renamed("retention.sweep-seconds", "retention.sweep-interval", "s"),
];

const fn renamed(old: &'static str, new: &'static str, unit: &'static str) -> Renamed {
    Renamed { old, new, unit }
}

/// Reads the configuration of `krabice serve`: the file, the environment, then `--limit`. Paths of the
/// file become relative to the current folder.
///
/// # Errors
/// All mistakes, or the file cannot be read.
pub(crate) fn read(
    file: Option<&Path>,
    options: &[Assignment],
) -> Result<Result<Configuration, Vec<Problem>>, CliError> {
    let (name, text) = match file {
        Some(file) => (file.display().to_string(), text_of(file)?),
        None => Default::default(),
    };
    let mut document = document(&name, &text, options);
    let mut read = Configuration::default();
    document.read_file("", &mut read.places);
    document.read("", &mut read.settings.access);
    document.read("limits", &mut read.settings.limits);
    document.read("attempts", &mut read.settings.attempts);
    document.read("retention", &mut read.settings.retention);
    document.read("calls", &mut read.calls);
    document.read("network", &mut read.settings.network.each);
    document.read("network", &mut read.settings.network.shared);
    document.read("telemetry", &mut read.telemetry);
    for name in document.tables("signed") {
        let mut signer = SignerSettings::default();
        document.read_file(&format!("signed.{name}"), &mut signer);
        read.signers.push((name, signer));
    }
    let problems = document.finish(&RENAMED);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    read.places.resolve(folder);
    for (_, signer) in &mut read.signers {
        signer
            .keys
            .iter_mut()
            .for_each(|key| *key = folder.join(&*key));
    }
    Ok(Ok(read))
}

/// Reads what all commands share, from the environment and `--limit`: limits of calls and requests.
///
/// # Errors
/// Mistakes, which have been printed.
pub(crate) fn shared(
    options: &[Assignment],
) -> Result<(krabice_runtime::Limits, NetworkRules), CliError> {
    let (calls, network, problems) = shared_with_problems(options);
    if problems.is_empty() {
        Ok((calls, network))
    } else {
        Err(report(&problems))
    }
}

/// As [`shared`], with all mistakes. A mistaken limit has its default.
pub(crate) fn shared_with_problems(
    options: &[Assignment],
) -> (krabice_runtime::Limits, NetworkRules, Vec<Problem>) {
    let mut document = document("", "", options);
    let mut calls = krabice_runtime::Limits::default();
    let mut network = NetworkRules::default();
    document.read("calls", &mut calls);
    let NetworkRules { each, shared } = &mut network;
    document.read("network", each);
    document.read("network", shared);
    (calls, network, document.finish(&[]))
}

/// Prints mistakes.
pub(crate) fn report(problems: &[Problem]) -> CliError {
    let findings = findings(problems);
    finding::report(&findings);
    let count = finding::count(&findings);
    CliError::usage(format!("the configuration has {count}"))
}

/// Mistakes with their positions.
pub(crate) fn findings(problems: &[Problem]) -> Vec<Finding> {
    problems
        .iter()
        .map(|problem| {
            SourceFile::new(Path::new(&problem.source), &problem.text)
                .configuration_problem(problem.clone())
        })
        .collect()
}

/// A document with the environment, and with the options: a name without a table is a limit of calls.
fn document(name: &str, text: &str, options: &[Assignment]) -> Document {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let options = options.iter().map(|Assignment { name, value }| {
        let path = if name.contains('.') {
            name.clone()
        } else {
            format!("calls.{name}")
        };
        (path, value.clone())
    });
    Document::new(name, text)
        .environment(variables)
        .options(options)
}

fn text_of(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|error| {
        CliError::usage(format!(
            "the configuration `{}` cannot be read",
            file.display()
        ))
        .because(&error)
    })
}

impl Places {
    /// Makes paths relative to a folder.
    fn resolve(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| *path = folder.join(&*path);
        self.scenarios.as_mut().map(resolve);
        self.cache.as_mut().map(resolve);
        self.connections.as_mut().map(resolve);
        self.store_password_file.as_mut().map(resolve);
        self.plugins.iter_mut().for_each(resolve);
        if let Some(store) = &mut self.store
            && let Some(path) = store.strip_prefix("sqlite:")
        {
            *store = format!("sqlite:{}", folder.join(path).display());
        }
    }
}

/// The page of all settings.
#[cfg(test)]
fn page() -> String {
    use krabice_config::page;
    const ABOUT: &str = "# Configuration\n\n\
        <!-- Generated from the source: `UPDATE_DOCS=1 cargo test -p krabice --bin krabice configuration` writes it. -->\n\n\
        `krabice serve --config FILE` (or `KRABICE_CONFIG`) reads one TOML file with everything on this page. An option takes precedence over the environment, and that over the file. \
        The environment variable of a key is `KRABICE_` and the key's path in capitals, with `_` for `.` and `-`: `turns` of `[limits]` is `KRABICE_LIMITS_TURNS`. \
        The option of a key in a table is `--limit PATH=VALUE`, such as `--limit limits.turns=500`; a name without a table is one of `[calls]`, such as `--limit call-timeout=10s`. \
        The commands that call plugins read `[calls]` and `[network]` from the environment and `--limit`, too.\n\n\
        - A duration is a whole number with its unit: `300ms`, `30s`, `10m`, `24h`, `30d`. In the file it stands in quotation marks.\n\
        - A size is a whole number with its unit: `512B`, `64KiB`, `10MiB`, `2GiB`. In the file it stands in quotation marks.\n\
        - Lists are separated by commas in a variable; folders in `KRABICE_PLUGINS` as in `PATH`. A table such as `[origins]` stands in the file alone.\n\
        - Paths in the file are relative to the file.\n\n\
        All mistakes are reported in one run. `krabice serve --check` reads everything and says what is wrong, without starting.\n\n\
        ## Outside of any table\n\n";
    [
        page::<Places>("", &format!("{ABOUT}These are also options and have the variable of that name.")),
        page::<krabice_server::Access>("", "These are keys of the file, or variables."),
        page::<krabice_server::Limits>("limits", "What clients, sessions and connections may use. An address prefix is an IPv4 address, or the /64 network of an IPv6 address."),
        page::<krabice_server::Attempts>("attempts", "How many guesses may fail. A guess is a call with parameters from the customer's answers, or a condition that compares an answer with a hidden value; it fails when its outcome is *false*. The same guess counts once."),
        page::<krabice_server::Retention>("retention", "How long data is kept."),
        page::<krabice_runtime::Limits>("calls", "The limits of a call of a plugin's function."),
        page::<krabice_egress::Rules>("network", "The limits of a request to a back end. What the [connections file](connections.md#the-network) says, for all connections or for one, is more specific and takes precedence."),
        page::<krabice_egress::SharedRules>("", "One setting of `[network]` is for all connections together:"),
        page::<SignerSettings>("signed.NAME", "A shop's server that [signs inputs](chat-server.md#signed-inputs)."),
        page::<TelemetrySettings>("telemetry", "The collector of [spans](chat-server.md#spans-for-a-collector)."),
    ]
    .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_the_one_that_the_source_gives() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            written == page(),
            "docs/configuration.md differs: run with UPDATE_DOCS=1"
        );
    }

    fn problems(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.toml");
        std::fs::write(&file, text).unwrap();
        let problems = read(Some(&file), &[]).unwrap().unwrap_err();
        let line = |problem: Problem| {
            let help = problem.help.unwrap_or_default();
            format!(
                "{}:{} {} ({help})",
                problem.line, problem.column, problem.message
            )
        };
        problems.into_iter().map(line).collect()
    }

    #[test]
    fn a_mistaken_origin_is_reported_at_its_own_place() {
        let text = "[origins]\na = [\"https://shop.example\", \"shop.example\"]\nb = \"*\"\n\
                    c = [\"https://shop.example/chat\"]\n[signed.shop]\norigins = [\"*\"]\n";
        insta::assert_snapshot!(problems(text).join("\n"));
    }

    #[test]
    fn every_old_key_is_refused_with_the_new_one() {
        for Renamed { old, new, unit } in RENAMED {
            let text = match old.split_once('.') {
                Some((table, key)) => format!("[{table}]\n{key} = 7\n"),
                None => format!("{old} = 7\n"),
            };
            let key = new.rsplit('.').next().unwrap();
            let found = problems(&text);
            let [only] = &found[..] else {
                panic!("{found:?}")
            };
            assert!(
                only.contains(&format!("`{new}` now (write `{key} = \"7{unit}\"`)")),
                "{only}"
            );
            // The new key with that value is accepted.
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("serve.toml");
            let text = text.replace(old.rsplit('.').next().unwrap(), key);
            std::fs::write(&file, text.replace("= 7", &format!("= \"7{unit}\""))).unwrap();
            assert_eq!(read(Some(&file), &[]).unwrap().map(|_| ()), Ok(()), "{new}");
        }
    }

    #[test]
    fn tables_of_all_crates_are_read_and_their_mistakes_reported_together() {
        let found = problems(
            "listen = \"nowhere\"\n[limits]\nturns = 0\n[calls]\ncall-timeout = 3\n[network]\nretries = 9\n[telemetry]\nendpont = \"x\"\n",
        );
        assert_eq!(
            found,
            [
                "1:10 `listen` is \"nowhere\"; expected an address and a port, such as `localhost:8080`, `[::1]:8080` or `0.0.0.0:80` ()",
                "3:9 `limits.turns` is 0; expected a whole number from 1 to 100,000 ()",
                "5:16 `calls.call-timeout` is 3; expected a duration from 10ms to 10m, such as \"30s\" (write the unit, one of `ms`, `s`, `m`, `h` and `d`: `\"3s\"` are seconds)",
                "7:11 `network.retries` is 9; expected a whole number from 0 to 5 ()",
                "9:1 there is no setting `telemetry.endpont` (did you mean `endpoint`?)",
            ]
        );
    }

    #[test]
    fn paths_of_a_configuration_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.toml");
        let text = "listen = \"0.0.0.0:80\"\nscenarios = \"s\"\nplugins = [\"p\"]\nstore = \"sqlite:chat.db\"\n\
                    [retention]\nhidden = \"1h\"\n[origins]\norder-status = [\"https://shop.example\"]\n[calls]\nmemory-bytes = \"32MiB\"\n";
        std::fs::write(&file, text).unwrap();
        let option = Assignment {
            name: "limits.turns".to_owned(),
            value: "7".to_owned(),
        };
        let read = read(Some(&file), &[option]).unwrap().unwrap();
        assert_eq!(read.places.scenarios, Some(folder.path().join("s")));
        assert_eq!(read.places.plugins, [folder.path().join("p")]);
        let store = format!("sqlite:{}", folder.path().join("chat.db").display());
        assert_eq!(read.places.store, Some(store));
        assert_eq!(read.settings.retention.hidden.as_secs(), 3600);
        assert_eq!(
            read.settings.access.origins["order-status"],
            ["https://shop.example".parse().unwrap()]
        );
        assert_eq!(read.settings.limits.turns, 7);
        assert_eq!(read.calls.memory_bytes, 32 << 20);
    }

    #[tokio::test]
    async fn a_name_stands_for_its_addresses() {
        let local = "localhost:80"
            .parse::<ListenAddress>()
            .unwrap()
            .resolve()
            .await
            .unwrap();
        assert!(
            local
                .iter()
                .all(|address| address.ip().is_loopback() && address.port() == 80)
        );
        for (text, address) in [("[::1]:8080", "[::1]:8080"), ("127.0.0.1:0", "127.0.0.1:0")] {
            let resolved = text
                .parse::<ListenAddress>()
                .unwrap()
                .resolve()
                .await
                .unwrap();
            assert_eq!(resolved, [address.parse().unwrap()]);
        }
        for wrong in [
            "",
            "8080",
            ":8080",
            "host",
            "host:99999",
            "http://host:80",
            "a b:1",
        ] {
            assert!(wrong.parse::<ListenAddress>().is_err(), "{wrong}");
        }
    }
}
