//! Connections to the database: a few, used again and again, and thrown away when one has failed.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
    TimeoutType,
};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio::time::error::Elapsed;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::url::{Database, Tls};
use super::super::{OpenError, StoreError};

/// How long an answer is waited for: longer than a statement may take, for then the other side is
/// no more.
pub(super) const ANSWER: Duration = Duration::from_secs(7);

/// The same for what is done seldom and may take long: making the tables, keeping plugins, sweeping.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// How long a connection is waited for while all are in use.
const TURN: Duration = Duration::from_secs(3);

/// What every connection keeps to: no statement and no lock is waited for forever, a server that
/// stopped within a transaction lets go, and what was committed is on disk.
const SETTINGS: &str = "
    SET search_path = krabice;
    SET statement_timeout = '5s';
    SET lock_timeout = '3s';
    SET idle_in_transaction_session_timeout = '5s';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';
";

/// What a statement came to when it did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The database is away. What was sent may have been done all the same.
    Lost(String),
    /// It was not done.
    Refused(StoreError),
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// A connection, to be given back by [`Connection::settle`].
pub(super) struct Connection(Object);

impl Connections {
    /// # Errors
    /// The certificates of authorities cannot be read. The database is not asked yet.
    pub(super) fn new(database: &Database) -> Result<Connections, OpenError> {
        let tls = database.tls.as_ref().map(encrypted).transpose()?;
        let config = database.config.clone();
        let recycling = ManagerConfig {
            // A connection that failed is not given back.
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match tls.clone() {
            Some(tls) => Manager::from_config(config.clone(), tls, recycling),
            None => Manager::from_config(config.clone(), NoTls, recycling),
        };
        let settings = Hook::async_fn(|client, _| {
            Box::pin(async move {
                let set = client.batch_execute(SETTINGS).await;
                set.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(database.connections)
            .wait_timeout(Some(TURN))
            .create_timeout(Some(ANSWER))
            .recycle_timeout(Some(ANSWER))
            .runtime(Runtime::Tokio1)
            .post_create(settings)
            .build();
        Ok(Connections {
            // It lacks nothing that it asks for.
            pool: pool.map_err(|error| OpenError::Database {
                host: database.host.clone(),
                source: StoreError::Unavailable(error.to_string()),
            })?,
            config,
            tls,
        })
    }

    /// A connection that nobody else uses.
    pub(super) async fn take(&self) -> Result<Connection, Trouble> {
        let taken = self.pool.get().await;
        taken.map(Connection).map_err(|error| match error {
            PoolError::Backend(error) => Trouble::from(error),
            PoolError::PostCreateHook(HookError::Backend(error)) => Trouble::from(error),
            PoolError::Timeout(TimeoutType::Wait) => {
                Trouble::Lost("all connections are in use".to_owned())
            }
            other => Trouble::Lost(other.to_string()),
        })
    }

    /// A connection besides the others, and what comes over it unasked. It is open for as long as
    /// it is polled.
    pub(super) async fn extra(
        &self,
    ) -> Result<
        (
            Client,
            Box<dyn FnMut(&mut std::task::Context<'_>) -> Unasked + Send>,
        ),
        Trouble,
    > {
        let opening = async {
            Ok::<_, tokio_postgres::Error>(match self.tls.clone() {
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls).await?;
                    (client, unasked(connection))
                }
                None => {
                    let (client, connection) = self.config.connect(NoTls).await?;
                    (client, unasked(connection))
                }
            })
        };
        match tokio::time::timeout(ANSWER, opening).await {
            Ok(opened) => Ok(opened?),
            Err(_) => Err(late()),
        }
    }
}

/// What a connection says unasked; none at its end.
type Unasked = std::task::Poll<Option<Result<AsyncMessage, tokio_postgres::Error>>>;

fn unasked<S>(
    mut connection: tokio_postgres::Connection<Socket, S>,
) -> Box<dyn FnMut(&mut std::task::Context<'_>) -> Unasked + Send>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    Box::new(move |context| connection.poll_message(context))
}

impl Connection {
    /// Gives the connection back, or throws it away if it failed.
    pub(super) fn settle<T>(
        self,
        answer: Result<Result<T, Trouble>, Elapsed>,
    ) -> Result<T, Trouble> {
        let answer = answer.unwrap_or_else(|_| Err(late()));
        if let Err(Trouble::Lost(_)) = &answer {
            drop(Object::take(self.0));
        }
        answer
    }
}

impl Deref for Connection {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.0
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Object {
        &mut self.0
    }
}

/// TLS as the operator wants it: the server's certificate and name are checked by the system's
/// authorities, and by those that the operator names.
fn encrypted(tls: &Tls) -> Result<MakeRustlsConnect, OpenError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut authorities = Vec::new();
    if let Some(file) = &tls.authorities {
        let unopenable = |error: rustls::pki_types::pem::Error| OpenError::Unopenable {
            file: file.clone(),
            source: std::io::Error::other(error),
        };
        for certificate in CertificateDer::pem_file_iter(file).map_err(unopenable)? {
            authorities.push(certificate.map_err(unopenable)?);
        }
    }
    let verifier = Verifier::new_with_extra_roots(authorities, Arc::clone(&provider));
    let verifier = verifier.map_err(OpenError::Certificates)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(OpenError::Certificates)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn late() -> Trouble {
    Trouble::Lost("the database did not answer in time".to_owned())
}

/// Whether the database itself is away or not what it was, so that another try on another
/// connection may do.
fn is_passing(code: &SqlState) -> bool {
    // Connections, the operator's interventions; and a database that only reads at present.
    ["08", "57P"]
        .iter()
        .any(|class| code.code().starts_with(class))
        || [
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
}

impl From<tokio_postgres::Error> for Trouble {
    /// A database's own words may repeat values: its code tells enough.
    fn from(error: tokio_postgres::Error) -> Trouble {
        if let Some(code) = error.code() {
            let text = format!("the database says {}", code.code());
            if is_passing(code) {
                return Trouble::Lost(text);
            }
            return Trouble::Refused(StoreError::Unavailable(text));
        }
        let cause = std::error::Error::source(&error);
        let text = match cause.and_then(|cause| cause.downcast_ref::<std::io::Error>()) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        Trouble::Lost(text)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Trouble {
        Trouble::Refused(error.into())
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Refused(error)
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Lost(text) => StoreError::Unavailable(text),
            Trouble::Refused(error) => error,
        }
    }
}
