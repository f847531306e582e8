//! Where a store is, as the operator writes it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Connections to a database at once, where the URL says nothing: two cores keep ten busy.
const CONNECTIONS: usize = 10;

/// The most that a URL may ask for. Databases allow a hundred where nothing is set.
const MOST_CONNECTIONS: usize = 1_000;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection may take nothing of what it is sent; then the other side is no more.
const SILENCE: Duration = Duration::from_secs(10);

/// Where a store is: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
///
/// Of a database's URL these parameters are known besides those of `tokio-postgres`:
///
/// | parameter | meaning |
/// |---|---|
/// | `sslmode` | `disable`: no TLS. `require`, `verify-ca`, `verify-full`: TLS, and the server's certificate and name are checked. Default: TLS, but for loopback and Unix sockets |
/// | `sslrootcert` | a file of certificates (PEM) to be trusted besides the system's |
/// | `connections` | connections at once, 1 to 1,000. Default: 10 |
///
/// It does not show its password.
pub struct StoreUrl {
    place: Place,
    password: Option<SecretString>,
}

/// Which kind of store, and where.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<Database>),
}

/// A database, and how it is talked to.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) config: Config,
    /// Its hosts, for messages.
    pub(crate) host: String,
    pub(crate) tls: Option<Tls>,
    pub(crate) connections: usize,
}

/// TLS, with certificates checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// A file of authorities that are trusted besides the system's.
    pub(crate) authorities: Option<PathBuf>,
}

/// Why a URL names no store. It says nothing of the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is of another kind.
    #[error("the store is none that this server knows")]
    Unknown,
    /// A part of a database's URL makes no sense.
    #[error("the URL of the database makes no sense: {0}")]
    Unreadable(&'static str),
    /// There is nothing that a password would open.
    #[error("a file needs no password")]
    NoPassword,
}

impl StoreUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn parse(url: &str) -> Result<StoreUrl, UrlError> {
        if let Some(file) = url.strip_prefix("sqlite:").filter(|file| !file.is_empty()) {
            return Ok(StoreUrl {
                place: Place::Sqlite(file.into()),
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
            place: Place::Postgres(Box::new(database)),
            password,
        })
    }

    /// Gives the password that the URL does not hold, or another.
    ///
    /// # Errors
    /// A file needs none.
    pub fn set_password(&mut self, password: &str) -> Result<(), UrlError> {
        let Place::Postgres(database) = &mut self.place else {
            return Err(UrlError::NoPassword);
        };
        database.config.password(password);
        self.password = Some(password.into());
        Ok(())
    }

    /// The password, to be kept out of what is written.
    #[must_use]
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Sqlite(file) => write!(f, "StoreUrl(sqlite:{})", file.display()),
            Place::Postgres(database) => write!(f, "StoreUrl(postgres://{}/…)", database.host),
        }
    }
}

fn database(rest: &str) -> Result<Database, UrlError> {
    let (credentials, place) = match rest.split_once('@') {
        Some((credentials, place)) => (Some(credentials), place),
        None => (None, rest),
    };
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    if place.contains('@') {
        // Else a part of the password would be taken for the host, and be told.
        return Err(UrlError::Unreadable(
            "in a name or password, `@` is written `%40`",
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
            value.map_err(|_| UrlError::Unreadable("a parameter is no text"))
        };
        match name {
            "sslmode" => mode = Some(decoded()?),
            "sslrootcert" => authorities = Some(PathBuf::from(&*decoded()?)),
            "connections" => {
                let number = decoded()?.parse();
                connections = number
                    .ok()
                    .filter(|number| (1..=MOST_CONNECTIONS).contains(number))
                    .ok_or(UrlError::Unreadable("`connections` is from 1 to 1000"))?;
            }
            _ => others.push(pair),
        }
    }
    let credentials = credentials.map(|credentials| format!("{credentials}@"));
    let plain = format!(
        "postgres://{}{place}?{}",
        credentials.unwrap_or_default(),
        others.join("&")
    );
    // What it says may be a part of the password.
    let mut config: Config = plain
        .parse()
        .map_err(|_| UrlError::Unreadable("write `postgres://USER@HOST/DATABASE`"))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(UrlError::Unreadable("it names no host"));
    }
    let tls = match mode.as_deref() {
        None => !is_near(&config),
        Some("disable") => false,
        Some("require" | "verify-ca" | "verify-full") => true,
        Some(_) => {
            return Err(UrlError::Unreadable(
                "`sslmode` is `disable`, `require` or `verify-full`",
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
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        // Of several hosts the one that takes writes; it may change.
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

/// Whether the way to the database does not leave the machine.
fn is_near(config: &Config) -> bool {
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
        match StoreUrl::parse(url).unwrap().place {
            Place::Postgres(database) => *database,
            Place::Sqlite(file) => panic!("{}", file.display()),
        }
    }

    #[test]
    fn the_way_to_another_machine_is_encrypted_unless_the_url_says_otherwise() {
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
    fn parameters_of_ours_are_read_and_others_handed_on() {
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
    fn nonsense_is_refused_without_a_word_of_it() {
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
        let Place::Postgres(database) = url.place() else {
            panic!("no database");
        };
        assert_eq!(database.config.get_password(), Some(&b"Other-1"[..]));
        let mut file = StoreUrl::parse("sqlite:chat.db").unwrap();
        assert!(file.password().is_none());
        assert_eq!(file.set_password("x"), Err(UrlError::NoPassword));
    }
}
