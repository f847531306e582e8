//! The store of several servers: PostgreSQL.
//!
//! A write is one statement, so it is done or not, and a server that stops in the middle holds no
//! locks. When the answer to a commit is lost, the commit is repeated: by its version it can
//! succeed once, and by the name of its step a server finds out that it had. Leases are by the
//! database's clock.
//!
//! What one server commits the others hear by `NOTIFY`; see [`herald`].

mod connections;
mod herald;
mod rows;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::connections::{Connection, Connections, Trouble};
use super::url::Database;
use super::{
    EditionRecord, Heard, Message, NewSession, OFFER, OpenError, Record, Standing, Step, Store,
    StoreError, Subject, Sweep, Swept,
};
use crate::edition::hex;
use crate::token;
use crate::view::{Attachment, Event};

/// The version of the tables.
const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("postgres/schema.sql");

/// How long a write is repeated while the database is away: a restart takes less, and nobody waits
/// longer for an answer to what they typed.
const INSIST: Duration = Duration::from_secs(8);

/// The first pause before a write is repeated; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(50);

/// News of this server that wait to be told. Past it they are dropped, and found by looking.
const NEWS: usize = 10_000;

/// See the module.
pub(super) struct PostgresStore {
    connections: Connections,
    key: [u8; 32],
    /// This server's name among those that share the database.
    server: String,
    news: mpsc::Sender<Standing>,
    heard: Mutex<mpsc::Receiver<Heard>>,
    /// The herald. It ends with the store.
    _tasks: JoinSet<()>,
}

impl PostgresStore {
    /// Opens a database, and makes the tables where there are none.
    ///
    /// # Errors
    /// It cannot be reached, does not let us, or was written by a newer server.
    pub(super) async fn open(database: &Database) -> Result<PostgresStore, OpenError> {
        let failed = |trouble: Trouble| OpenError::Database {
            host: database.host.clone(),
            source: trouble.into(),
        };
        let connections = Connections::new(database)?;
        let fresh: [u8; 32] = token::random()?;
        let mut connection = connections.take().await.map_err(failed)?;
        let answer = rows::initialise(&mut connection, SCHEMA, VERSION, &fresh);
        let answer = tokio::time::timeout(connections::LONG, answer).await;
        let (version, key) = connection.settle(answer).map_err(failed)?;
        if version > VERSION {
            return Err(OpenError::Newer {
                store: database.host.clone(),
                found: version,
                known: VERSION,
            });
        }
        let (news, to_tell) = mpsc::channel(NEWS);
        let (tell, heard) = mpsc::channel(NEWS);
        let mut tasks = JoinSet::new();
        tasks.spawn(herald::run(connections.clone(), to_tell, tell));
        Ok(PostgresStore {
            connections,
            key,
            server: hex(&token::random::<16>()?),
            news,
            heard: Mutex::new(heard),
            _tasks: tasks,
        })
    }

    /// Does a write until it is known what came of it, or for as long as anybody waits.
    async fn insist<T, F>(&self, write: impl Fn() -> F + Send) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Trouble>> + Send,
    {
        let end = Instant::now() + INSIST;
        let mut pause = PAUSE;
        loop {
            match write().await {
                Err(Trouble::Lost(_)) if Instant::now() + pause < end => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                other => return Ok(other?),
            }
        }
    }
}

/// A read or write on a connection of its own. A macro, for the connection is lent to what is
/// awaited.
macro_rules! on {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let $connection = $store.connections.take().await?;
        let answer = tokio::time::timeout(connections::ANSWER, $work).await;
        $connection.settle(answer)
    }};
}

/// The same for what takes long and needs a transaction.
macro_rules! at_length {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let mut $connection: Connection = $store.connections.take().await?;
        let answer = tokio::time::timeout(connections::LONG, $work).await;
        $connection.settle(answer)
    }};
}

#[async_trait]
impl Store for PostgresStore {
    fn key(&self) -> &[u8; 32] {
        &self.key
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // A write, for a database that is read alone answers as well.
        Ok(on!(self, |connection| rows::touch(&connection))?)
    }

    async fn create(&self, session: NewSession, step: Step) -> Result<(), StoreError> {
        let name = step_name()?;
        let row = rows::Row::of(&session.id, &step, &name, &self.server)?;
        let (row, session) = (&row, &session);
        self.insist(
            || async move { on!(self, |connection| rows::create(&connection, session, row)) },
        )
        .await
    }

    async fn session(&self, id: &str) -> Result<Option<Record>, StoreError> {
        Ok(on!(self, |connection| rows::session(&connection, id))?)
    }

    async fn commit(&self, id: &str, version: u64, step: Step) -> Result<(), StoreError> {
        let name = step_name()?;
        let row = rows::Row::of(id, &step, &name, &self.server)?;
        let row = &row;
        self.insist(
            || async move { on!(self, |connection| rows::commit(&connection, version, row)) },
        )
        .await
    }

    async fn take_over(&self, id: &str, version: u64, lease: Duration) -> Result<(), StoreError> {
        let name = step_name()?;
        let (name, server) = (&name, self.server.as_str());
        self.insist(|| async move {
            on!(self, |connection| rows::take_over(
                &connection,
                id,
                version,
                lease,
                server,
                name
            ))
        })
        .await
    }

    async fn renew(&self, sessions: Vec<String>, lease: Duration) -> Result<(), StoreError> {
        let server = &self.server;
        Ok(on!(self, |connection| rows::renew(
            &connection,
            &sessions,
            lease,
            server
        ))?)
    }

    async fn interrupted(&self) -> Result<Vec<String>, StoreError> {
        Ok(on!(self, |connection| rows::interrupted(&connection))?)
    }

    fn tell(&self, news: Standing) {
        // Where nobody takes it, it is found by looking.
        let _ = self.news.try_send(news);
    }

    async fn hear(&self) -> Heard {
        match self.heard.lock().await.recv().await {
            Some(heard) => heard,
            // The herald has ended, and with it the store.
            None => std::future::pending().await,
        }
    }

    async fn standings(&self, sessions: Vec<String>) -> Result<Vec<Standing>, StoreError> {
        Ok(on!(self, |connection| rows::standings(
            &connection,
            &sessions
        ))?)
    }

    async fn leave(&self) -> Result<(), StoreError> {
        let server = &self.server;
        Ok(on!(self, |connection| rows::leave(&connection, server))?)
    }

    async fn message(&self, session: &str, id: &str) -> Result<Option<Message>, StoreError> {
        Ok(on!(self, |connection| rows::message(
            &connection,
            session,
            id
        ))?)
    }

    async fn events(&self, session: &str, after: u64, to: u64) -> Result<Vec<Event>, StoreError> {
        Ok(on!(self, |connection| rows::events(
            &connection,
            session,
            after,
            to
        ))?)
    }

    async fn file(&self, session: &str, n: u64) -> Result<Option<Attachment>, StoreError> {
        Ok(on!(self, |connection| rows::file(&connection, session, n))?)
    }

    async fn erase(&self, session: &str) -> Result<bool, StoreError> {
        Ok(on!(self, |connection| rows::erase(&connection, session))?)
    }

    async fn reserve(
        &self,
        attempt: &str,
        subjects: Vec<Subject>,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let subjects = &subjects;
        self.insist(|| async move {
            on!(self, |connection| rows::reserve(
                &connection,
                attempt,
                subjects,
                since,
                at
            ))
        })
        .await
    }

    async fn release(&self, attempt: &str) -> Result<(), StoreError> {
        self.insist(|| async move { on!(self, |connection| rows::release(&connection, attempt)) })
            .await
    }

    async fn keep_edition(
        &self,
        edition: EditionRecord,
        components: Vec<(String, Arc<[u8]>)>,
    ) -> Result<(), StoreError> {
        let server = &self.server;
        Ok(at_length!(self, |connection| rows::keep_edition(
            &mut connection,
            &edition,
            &components,
            server,
            OFFER
        ))?)
    }

    async fn edition(&self, digest: &str) -> Result<Option<EditionRecord>, StoreError> {
        Ok(on!(self, |connection| rows::edition(&connection, digest))?)
    }

    async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(on!(self, |connection| rows::component(
            &connection,
            digest
        ))?)
    }

    async fn sweep(&self, sweep: Sweep) -> Result<Swept, StoreError> {
        let server = &self.server;
        let (sweep, offered) = (&sweep, &sweep.editions);
        on!(self, |connection| rows::offer(
            &connection,
            server,
            offered,
            sweep.offer
        ))?;
        Ok(at_length!(self, |connection| rows::sweep(
            &mut connection,
            sweep
        ))?)
    }
}

/// A name for a step that no other has.
fn step_name() -> Result<[u8; 16], StoreError> {
    token::random().map_err(|error| StoreError::Unavailable(error.to_string()))
}
