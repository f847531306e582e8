//! The URL of a store, as the operator writes it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Connections to a database at once by default. A server with two cores keeps ten busy.
const CONNECTIONS: usize = 10;

/// The most connections that a URL may ask for. PostgreSQL allows 100 by default.
const MOST_CONNECTIONS: usize = 1_000;

/// The time within which a connection must be open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The time after which a connection is closed because the other side acknowledges no data.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(10);

/// The URL of a store: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
///
/// The URL of a database may have these parameters, and those of `tokio-postgres`:
///
/// | parameter | meaning |
/// |---|---|
/// | `sslmode` | `disable`: no TLS. `require`, `verify-ca`, `verify-full`: TLS, with the server's certificate and name checked. Default: TLS, except for loopback addresses and Unix sockets |
/// | `sslrootcert` | a file of certificates (PEM) to trust in addition to the system's |
/// | `connections` | connections at once, 1 to 1,000. Default: 10 |
///
/// Its `Debug` form does not contain the password.
pub struct StoreUrl {
    location: StoreLocation,
    password: Option<SecretString>,
}

/// The kind of a store, and where it is.
pub(crate) enum StoreLocation {
    Sqlite(PathBuf),
    Postgres(Box<Database>),
}

/// A database, and how to connect to it.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) config: Config,
    /// The database's hosts, for messages.
    pub(crate) host: String,
    pub(crate) tls: Option<Tls>,
    pub(crate) connections: usize,
}

/// TLS with checked certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// A file of authorities to trust in addition to the system's.
    pub(crate) authorities: Option<PathBuf>,
}

/// Why a URL is invalid. The error repeats no part of the URL, which may contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The URL's scheme is not supported.
    #[error("this server does not support this kind of store")]
    Unknown,
    /// A part of a database's URL is invalid.
    #[error("the URL of the database is invalid: {0}")]
    Invalid(&'static str),
    /// A password was given for a file.
    #[error("a store in a file has no password")]
    NoPassword,
}

impl StoreUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn parse(url: &str) -> Result<StoreUrl, UrlError> {
        if let Some(file) = url.strip_prefix("sqlite:").filter(|file| !file.is_empty()) {
            return Ok(StoreUrl {
                location: StoreLocation::Sqlite(file.into()),
                password: None,
            });
        }
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        let database = database(rest.ok_or(UrlError::Unknown)?)?;
        let password = database.config.get_password();
        let password = password.map(|bytes| String::from_utf8_lossy(bytes).into_owned().into());
        Ok(StoreUrl {
            location: StoreLocation::Postgres(Box::new(database)),
            password,
        })
    }

    /// Sets the password, in place of the one in the URL if there is one.
    ///
    /// # Errors
    /// [`UrlError::NoPassword`] for a store in a file.
    pub fn set_password(&mut self, password: &str) -> Result<(), UrlError> {
        let StoreLocation::Postgres(database) = &mut self.location else {
            return Err(UrlError::NoPassword);
        };
        database.config.password(password);
        self.password = Some(password.into());
        Ok(())
    }

    /// The password, so that the caller can mask it in logs.
    #[must_use]
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    /// The file of a store in a file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.location {
            StoreLocation::Sqlite(file) => Some(file),
            StoreLocation::Postgres(_) => None,
        }
    }

    /// The control socket of the server that holds a store in a file: `STORE.sock`.
    #[must_use]
    pub fn control_socket(&self) -> Option<PathBuf> {
        let mut socket = self.file()?.as_os_str().to_owned();
        socket.push(".sock");
        Some(socket.into())
    }

    pub(crate) fn location(&self) -> &StoreLocation {
        &self.location
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.location {
            StoreLocation::Sqlite(file) => write!(f, "StoreUrl(sqlite:{})", file.display()),
            StoreLocation::Postgres(database) => {
                write!(f, "StoreUrl(postgres://{}/…)", database.host)
            }
        }
    }
}

fn database(rest: &str) -> Result<Database, UrlError> {
    let (credentials, location) = match rest.split_once('@') {
        Some((credentials, location)) => (Some(credentials), location),
        None => (None, rest),
    };
    let (location, query) = location.split_once('?').unwrap_or((location, ""));
    if location.contains('@') {
        // Otherwise a part of the password would be taken for the host, and appear in messages.
        return Err(UrlError::Invalid(
            "write `@` in a user name or password as `%40`",
        ));
    }
    let mut mode = None;
    let mut authorities = None;
    let mut connections = CONNECTIONS;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || {
            let value = percent_decode_str(value).decode_utf8();
            value.map_err(|_| UrlError::Invalid("a parameter is not valid UTF-8"))
        };
        match name {
            "sslmode" => mode = Some(decoded()?),
            "sslrootcert" => authorities = Some(PathBuf::from(&*decoded()?)),
            "connections" => {
                let number = decoded()?.parse();
                connections = number
                    .ok()
                    .filter(|number| (1..=MOST_CONNECTIONS).contains(number))
                    .ok_or(UrlError::Invalid("`connections` must be from 1 to 1000"))?;
            }
            _ => others.push(pair),
        }
    }
    let credentials = credentials.map(|credentials| format!("{credentials}@"));
    let plain = format!(
        "postgres://{}{location}?{}",
        credentials.unwrap_or_default(),
        others.join("&")
    );
    // The parser's own error is dropped: it may contain a part of the password.
    let mut config: Config = plain
        .parse()
        .map_err(|_| UrlError::Invalid("write `postgres://USER@HOST/DATABASE`"))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(UrlError::Invalid("the host is missing"));
    }
    let tls = match mode.as_deref() {
        None => !is_local(&config),
        Some("disable") => false,
        Some("require" | "verify-ca" | "verify-full") => true,
        Some(_) => {
            return Err(UrlError::Invalid(
                "`sslmode` must be `disable`, `require`, `verify-ca` or `verify-full`",
            ));
        }
    };
    config.ssl_mode(if tls {
        SslMode::Require
    } else {
        SslMode::Disable
    });
    if config.get_application_name().is_none() {
        config.application_name("krabice");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        // Of several hosts, use the one that accepts writes, which may change.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    let host = hosts(&config);
    Ok(Database {
        config,
        host,
        tls: tls.then_some(Tls { authorities }),
        connections,
    })
}

/// Whether connections to the database stay on this machine.
fn is_local(config: &Config) -> bool {
    let is_loopback = |name: &str| {
        let address: Result<IpAddr, _> = name.parse();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let addresses = config.get_hostaddrs();
    addresses.iter().all(IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => is_loopback(name) || !addresses.is_empty(),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
}

/// The names of the hosts, else their addresses.
fn hosts(config: &Config) -> String {
    let names: Vec<Cow<'_, str>> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.into(),
            #[cfg(unix)]
            Host::Unix(path) => path.to_string_lossy(),
        })
        .collect();
    if names.is_empty() {
        let addresses = config.get_hostaddrs().iter();
        let addresses: Vec<_> = addresses.map(ToString::to_string).collect();
        return addresses.join(",");
    }
    names.join(",")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(url: &str) -> Database {
        match StoreUrl::parse(url).unwrap().location {
            StoreLocation::Postgres(database) => *database,
            StoreLocation::Sqlite(file) => panic!("{}", file.display()),
        }
    }

    #[test]
    fn connections_to_other_machines_use_tls_unless_the_url_says_otherwise() {
        for (url, tls) in [
            ("postgres://u@localhost/d", false),
            ("postgres://u@127.0.0.1:5433/d", false),
            ("postgres://u@[::1]/d", false),
            ("postgresql://u@%2Frun%2Fpostgresql/d", false),
            ("postgres:///d?host=/run/postgresql&user=u", false),
            ("postgres://u@db.example/d", true),
            ("postgres://u@localhost,db.example/d", true),
            ("postgres://u@db.example/d?hostaddr=127.0.0.1", false),
            ("postgres://u@localhost/d?hostaddr=192.0.2.7", true),
            ("postgres://u@db.example/d?sslmode=disable", false),
            ("postgres://u@localhost/d?sslmode=require", true),
            ("postgres://u@localhost/d?sslmode=verify-full", true),
        ] {
            let database = read(url);
            assert_eq!(database.tls.is_some(), tls, "{url}");
            let mode = database.config.get_ssl_mode();
            assert_eq!(mode == SslMode::Require, tls, "{url}");
        }
    }

    #[test]
    fn our_parameters_are_read_and_others_passed_on() {
        let url = "postgres://u@db.example/d?connections=3&sslrootcert=%2Fetc%2Fca.pem&application_name=shop";
        let database = read(url);
        assert_eq!(database.connections, 3);
        let authorities = database.tls.unwrap().authorities;
        assert_eq!(authorities, Some("/etc/ca.pem".into()));
        assert_eq!(database.config.get_application_name(), Some("shop"));
        assert_eq!(database.config.get_dbname(), Some("d"));
        assert_eq!(database.host, "db.example");
    }

    #[test]
    fn an_invalid_url_is_refused_and_not_repeated() {
        for url in [
            "",
            "sqlite:",
            "mysql://u:Canary-1@host/d",
            "postgres://u:Canary-1@/d",
            "postgres://u:Canary@1@host/d",
            "postgres://u:Canary@1/@host/d",
            "postgres://u:Canary-1@host:port/d",
            "postgres://u:Canary-1@host/d?sslmode=prefer",
            "postgres://u:Canary-1@host/d?sslmode=Canary-1",
            "postgres://u:Canary-1@host/d?connections=0",
            "postgres://u:Canary-1@host/d?connections=Canary-1",
            "postgres://u@host/d?pasword=Canary-1",
            "postgres://u@host/d?Canary-1",
        ] {
            let error = StoreUrl::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("Canary"), "{url}");
        }
    }

    #[test]
    fn the_password_is_decoded_replaced_and_never_shown() {
        let mut url = StoreUrl::parse("postgres://u:Canary%401@host/d").unwrap();
        assert_eq!(url.password().unwrap().expose_secret(), "Canary@1");
        assert!(!format!("{url:?}").contains("Canary"));
        url.set_password("Other-1").unwrap();
        assert_eq!(url.password().unwrap().expose_secret(), "Other-1");
        let StoreLocation::Postgres(database) = url.location() else {
            panic!("no database");
        };
        assert_eq!(database.config.get_password(), Some(&b"Other-1"[..]));
        let mut file = StoreUrl::parse("sqlite:chat.db").unwrap();
        assert!(file.password().is_none());
        assert_eq!(file.set_password("x"), Err(UrlError::NoPassword));
    }
}
