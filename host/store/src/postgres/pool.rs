//! The pool of connections to the database. A connection that failed is closed.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
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

use crate::error::{Cause, OpenError, StoreError};
use crate::url::{Database, Tls};

/// How long to wait for a response. Statements run shorter, so a timeout means a broken connection.
pub(super) const TIMEOUT: Duration = Duration::from_secs(7);

/// The same for rare work that may take long: creating tables, storing plugins, sweeping.
pub(super) const LONG_TIMEOUT: Duration = Duration::from_secs(120);

/// How long to wait for a connection while all are in use.
const WAIT_TIMEOUT: Duration = Duration::from_secs(3);

/// The settings of every connection: no statement waits for ever, nor does a lock; a server that
/// stopped within a transaction loses its locks; and what is committed is on disk.
const SETTINGS: &str = "
    SET search_path = krabice;
    SET statement_timeout = '5s';
    SET lock_timeout = '3s';
    SET idle_in_transaction_session_timeout = '5s';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';
";

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum DatabaseError {
    /// The database is unavailable. The statement may have been executed all the same.
    Lost(Cause),
    /// The statement was not executed, or its result cannot be read.
    Refused(StoreError),
}

/// A pool of connections. A clone shares the connections.
#[derive(Clone)]
pub(super) struct ConnectionPool {
    pool: Pool,
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// A connection from the pool. [`Connection::settle`] gives it back.
pub(super) struct Connection(pub(super) Object);

impl ConnectionPool {
    /// A pool without open connections.
    ///
    /// # Errors
    /// The certificates of authorities cannot be read.
    pub(super) fn new(database: &Database) -> Result<ConnectionPool, OpenError> {
        let tls = database.tls.as_ref().map(tls_connector).transpose()?;
        let config = database.config.clone();
        let recycling = ManagerConfig {
            // Connections need no check: one that failed is not given back to the pool.
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
            .wait_timeout(Some(WAIT_TIMEOUT))
            .create_timeout(Some(TIMEOUT))
            .recycle_timeout(Some(TIMEOUT))
            .runtime(Runtime::Tokio1)
            .post_create(settings)
            .build();
        Ok(ConnectionPool {
            pool: pool.expect("a pool with timeouts has a runtime"),
            config,
            tls,
        })
    }

    /// Takes a connection out of the pool, or opens one.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other errors of the pool mean the same"
    )]
    pub(super) async fn take(&self) -> Result<Connection, DatabaseError> {
        let taken = self.pool.get().await;
        taken.map(Connection).map_err(|error| match error {
            PoolError::Backend(error) => error.into(),
            PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => {
                DatabaseError::lost("all connections are in use")
            }
            other => DatabaseError::lost(other),
        })
    }

    /// Opens a connection outside the pool: its client, and the function that drives it and returns
    /// the messages that the database sends by itself.
    pub(super) async fn open_extra(&self) -> Result<(Client, Messages), DatabaseError> {
        let opening = async {
            Ok(match self.tls.clone() {
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls).await?;
                    (client, messages(connection))
                }
                None => {
                    let (client, connection) = self.config.connect(NoTls).await?;
                    (client, messages(connection))
                }
            })
        };
        in_time(opening).await
    }
}

/// Waits for a response for as long as [`TIMEOUT`].
pub(super) async fn in_time<T>(
    response: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, DatabaseError> {
    match tokio::time::timeout(TIMEOUT, response).await {
        Ok(response) => Ok(response?),
        Err(_) => Err(DatabaseError::timeout()),
    }
}

/// Polls for a message that the database sends by itself; `None` at the end of the connection.
type Messages = Box<
    dyn FnMut(&mut Context<'_>) -> Poll<Option<Result<AsyncMessage, tokio_postgres::Error>>> + Send,
>;

fn messages<S>(mut connection: tokio_postgres::Connection<Socket, S>) -> Messages
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    Box::new(move |context| connection.poll_message(context))
}

impl Connection {
    /// Gives the connection back to the pool, or closes it if it failed.
    pub(super) fn settle<T>(
        self,
        answer: Result<Result<T, DatabaseError>, Elapsed>,
    ) -> Result<T, DatabaseError> {
        let answer = answer.unwrap_or_else(|_| Err(DatabaseError::timeout()));
        if let Err(DatabaseError::Lost(_)) = &answer {
            drop(Object::take(self.0));
        }
        answer
    }
}

/// TLS that checks the database's name and certificate, also against the operator's authorities.
fn tls_connector(tls: &Tls) -> Result<MakeRustlsConnect, OpenError> {
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

/// Whether another attempt on another connection may succeed.
fn is_temporary(code: &SqlState) -> bool {
    // Class 08 are connection errors, 57P interventions of the operator.
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

/// An error code of the database. Its message is left out because it may repeat values.
#[derive(Debug, thiserror::Error)]
#[error("the database reported error {0}")]
struct ReportedCode(String);

impl DatabaseError {
    pub(super) fn lost(cause: impl Into<Box<dyn Error + Send + Sync>>) -> DatabaseError {
        DatabaseError::Lost(cause.into().into())
    }

    fn timeout() -> DatabaseError {
        DatabaseError::lost("the database did not respond in time")
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> DatabaseError {
        let Some(code) = error.code() else {
            return DatabaseError::lost(error);
        };
        let reported = ReportedCode(code.code().to_owned());
        if is_temporary(code) {
            DatabaseError::lost(reported)
        } else {
            DatabaseError::Refused(StoreError::unavailable(reported))
        }
    }
}

impl From<StoreError> for DatabaseError {
    fn from(error: StoreError) -> DatabaseError {
        DatabaseError::Refused(error)
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> StoreError {
        match error {
            DatabaseError::Lost(cause) => StoreError::Unavailable(cause),
            DatabaseError::Refused(error) => error,
        }
    }
}
