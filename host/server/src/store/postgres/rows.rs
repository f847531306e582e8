//! The rows of the tables: each function is one write or one read.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use jiff::Timestamp;
use tokio_postgres::Row as Found;
use tokio_postgres::types::ToSql;

use super::super::{
    EditionRecord, Message, NewSession, Record, Standing, Step, StoreError, Subject, Sweep, Swept,
    TurnUnderWay,
};
use super::connections::Trouble;
use crate::token::TokenDigest;
use crate::view::{Attachment, Event, Finish, Waits};

type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// The advisory locks' first numbers: of making the tables, and of editions and sweeping.
const MAKING: i32 = 1_802_658_144;
const SWEEPING: i32 = 1_802_658_145;

/// Makes the tables where there are none. The tables' version, and the key.
pub(super) async fn initialise(
    connection: &mut Object,
    schema: &str,
    version: i64,
    fresh: &[u8; 32],
) -> Result<(i64, [u8; 32]), Trouble> {
    let transaction = connection.transaction().await?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'")
        .await?;
    // Of two servers that start, one makes the tables.
    let lock = "SELECT pg_advisory_xact_lock($1, 0)";
    transaction.execute(lock, &[&MAKING]).await?;
    let made =
        "SELECT to_regclass('krabice.meta') IS NOT NULL, to_regnamespace('krabice') IS NOT NULL";
    let made = transaction.query_one(made, &[]).await?;
    if !made.try_get::<_, bool>(0)? {
        if !made.try_get::<_, bool>(1)? {
            transaction.batch_execute("CREATE SCHEMA krabice").await?;
        }
        transaction.batch_execute(schema).await?;
        let first = "INSERT INTO meta (version, key) VALUES ($1, $2)";
        transaction.execute(first, &[&version, &&fresh[..]]).await?;
    }
    let found = "SELECT version, key FROM meta";
    let found = transaction.query_one(found, &[]).await?;
    let answer = (found.try_get(0)?, bytes(&found, 1)?);
    transaction.commit().await?;
    Ok(answer)
}

pub(super) async fn touch(connection: &Object) -> Result<(), Trouble> {
    connection
        .batch_execute("UPDATE meta SET version = version")
        .await?;
    Ok(())
}

/// A step as the tables take it.
pub(super) struct Row<'a> {
    id: &'a str,
    step: &'a [u8],
    holder: Option<&'a str>,
    state: &'a str,
    waits: String,
    turn_message: Option<&'a str>,
    turn_first: Option<i64>,
    lease: f64,
    variables: Option<&'a str>,
    at: i64,
    finished: Option<i64>,
    last_event: i64,
    event_numbers: Vec<i64>,
    events: Vec<String>,
    file_numbers: Vec<i64>,
    file_names: Vec<&'a str>,
    file_types: Vec<&'a str>,
    files: Vec<&'a [u8]>,
    message: Option<&'a str>,
    digest: Option<&'a [u8]>,
    answered: Option<&'a str>,
    first_event: Option<i64>,
}

impl<'a> Row<'a> {
    pub(super) fn of(
        id: &'a str,
        step: &'a Step,
        name: &'a [u8; 16],
        server: &'a str,
    ) -> Result<Row<'a>, StoreError> {
        let turn = step.turn.as_ref();
        let at = step.at.as_millisecond();
        let events: Result<_, _> = step.events.iter().map(serde_json::to_string).collect();
        Ok(Row {
            id,
            step: name,
            holder: turn.map(|_| server),
            state: &step.state,
            waits: serde_json::to_string(&step.waits)?,
            turn_message: turn.and_then(|turn| turn.message.as_deref()),
            turn_first: turn.map(|turn| number(turn.first_event)),
            lease: milliseconds(step.lease),
            variables: step.variables.as_deref(),
            at,
            finished: matches!(step.waits, Waits::Nothing { .. }).then_some(at),
            last_event: number(step.last_event),
            event_numbers: step.events.iter().map(|event| number(event.n)).collect(),
            events: events?,
            file_numbers: step.files.iter().map(|file| number(file.n)).collect(),
            file_names: step.files.iter().map(|file| &*file.name).collect(),
            file_types: step.files.iter().map(|file| &*file.media_type).collect(),
            files: step.files.iter().map(|file| &*file.content).collect(),
            message: step.message.as_ref().map(|message| &*message.id),
            digest: step.message.as_ref().map(|message| &message.digest[..]),
            answered: step.answered.as_ref().map(|(message, _)| &**message),
            first_event: step.answered.as_ref().map(|(_, first)| number(*first)),
        })
    }

    /// `$1` to `$22` of the statements below.
    fn parameters(&self) -> [&(dyn ToSql + Sync); 22] {
        [
            &self.id,
            &self.last_event,
            &self.state,
            &self.waits,
            &self.turn_message,
            &self.turn_first,
            &self.lease,
            &self.holder,
            &self.variables,
            &self.at,
            &self.finished,
            &self.step,
            &self.event_numbers,
            &self.events,
            &self.file_numbers,
            &self.file_names,
            &self.file_types,
            &self.files,
            &self.message,
            &self.digest,
            &self.answered,
            &self.first_event,
        ]
    }
}

/// What a step writes besides the session, once the session has taken it.
macro_rules! with_the_rest {
    ($session:literal) => {
        concat!(
            "WITH taken AS (",
            $session,
            " RETURNING id), told AS (
                INSERT INTO events (session, n, event)
                SELECT taken.id, new.n, new.event
                FROM taken, unnest($13::bigint[], $14::text[]) AS new (n, event)
            ), offered AS (
                INSERT INTO files (session, n, name, media_type, content)
                SELECT taken.id, new.n, new.name, new.media_type, new.content
                FROM taken, unnest($15::bigint[], $16::text[], $17::text[], $18::bytea[])
                    AS new (n, name, media_type, content)
            ), asked AS (
                INSERT INTO messages (session, id, digest, first_event, last_event, waits)
                SELECT taken.id, $19::text, $20::bytea, $22::bigint,
                       CASE WHEN $22::bigint IS NOT NULL THEN $2::bigint END,
                       CASE WHEN $22::bigint IS NOT NULL THEN $4::text END
                FROM taken WHERE $19::text IS NOT NULL
            ), answered AS (
                UPDATE messages SET first_event = $22::bigint, last_event = $2::bigint, waits = $4::text
                FROM taken WHERE messages.session = taken.id AND messages.id = $21::text
            )
            SELECT count(*) FROM taken"
        )
    };
}

pub(super) async fn create(
    connection: &Object,
    session: &NewSession,
    row: &Row<'_>,
) -> Result<(), Trouble> {
    // The edition must be there, and not be swept away at this moment.
    let statement = with_the_rest!(
        "INSERT INTO sessions (id, token, scenario, edition, language, version, step, last_event, state,
                               waits, turn_message, turn_first, turn_lease, turn_holder, variables,
                               started_at, touched_at, finished_at)
         SELECT $1::text, $23::bytea, $24::text, editions.digest, $26::text, 1, $12::bytea, $2::bigint, $3::text,
                $4::text, $5::text, $6::bigint,
                CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() + $7::float8 * interval '1 millisecond' END,
                $8::text, $9::text, $10::bigint, $10::bigint, $11::bigint
         FROM editions WHERE digest = $25::text FOR KEY SHARE OF editions
         ON CONFLICT (id) DO NOTHING"
    );
    let token = &session.token.0[..];
    let own: &Parameters<'_> = &[
        &token,
        &session.scenario,
        &session.edition,
        &session.language,
    ];
    let parameters = [&row.parameters()[..], own].concat();
    if count(connection, statement, &parameters).await? == 1 || is_made(connection, row).await? {
        return Ok(());
    }
    Err(unreadable("there is no edition for a new session").into())
}

pub(super) async fn commit(
    connection: &Object,
    version: u64,
    row: &Row<'_>,
) -> Result<(), Trouble> {
    let statement = with_the_rest!(
        "UPDATE sessions
         SET version = version + 1, step = $12::bytea, last_event = $2::bigint, state = $3::text, waits = $4::text,
             turn_message = $5::text, turn_first = $6::bigint,
             turn_lease = CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() + $7::float8 * interval '1 millisecond' END,
             turn_holder = $8::text, variables = $9::text, touched_at = $10::bigint, finished_at = $11::bigint
         WHERE id = $1::text AND version = $23::bigint"
    );
    let version = number(version);
    let own: &Parameters<'_> = &[&version];
    let parameters = [&row.parameters()[..], own].concat();
    if count(connection, statement, &parameters).await? == 1 || is_made(connection, row).await? {
        return Ok(());
    }
    Err(StoreError::Conflict.into())
}

async fn count(
    connection: &Object,
    statement: &str,
    parameters: &Parameters<'_>,
) -> Result<i64, Trouble> {
    let statement = connection.prepare_cached(statement).await?;
    let counted = connection.query_one(&statement, parameters).await?;
    Ok(counted.try_get(0)?)
}

/// Whether the session stands as a step left it: it was committed before, and the answer got lost.
async fn is_made(connection: &Object, row: &Row<'_>) -> Result<bool, Trouble> {
    is_of_step(connection, row.id, row.step).await
}

async fn is_of_step(connection: &Object, id: &str, step: &[u8]) -> Result<bool, Trouble> {
    let statement = "SELECT count(*) FROM sessions WHERE id = $1 AND step = $2";
    Ok(count(connection, statement, &[&id, &step]).await? == 1)
}

pub(super) async fn take_over(
    connection: &Object,
    id: &str,
    version: u64,
    lease: Duration,
    server: &str,
    step: &[u8; 16],
) -> Result<(), Trouble> {
    let statement = connection
        .prepare_cached(
            "UPDATE sessions SET version = version + 1, step = $5, turn_holder = $4,
                    turn_lease = clock_timestamp() + $3::float8 * interval '1 millisecond'
             WHERE id = $1 AND version = $2 AND turn_lease <= clock_timestamp()",
        )
        .await?;
    let (version, lease) = (number(version), milliseconds(lease));
    let taken = connection
        .execute(&statement, &[&id, &version, &lease, &server, &&step[..]])
        .await?;
    if taken == 1 || is_of_step(connection, id, step).await? {
        Ok(())
    } else {
        Err(StoreError::Conflict.into())
    }
}

pub(super) async fn renew(
    connection: &Object,
    sessions: &[String],
    lease: Duration,
    server: &str,
) -> Result<(), Trouble> {
    // Rows are locked one after another: one that another server has is left for the next time.
    let statement = connection
        .prepare_cached(
            "UPDATE sessions SET turn_lease = clock_timestamp() + $2::float8 * interval '1 millisecond'
             WHERE id IN (SELECT id FROM sessions
                          WHERE id = ANY ($1) AND turn_holder = $3 AND turn_lease IS NOT NULL
                          FOR UPDATE SKIP LOCKED)",
        )
        .await?;
    let lease = milliseconds(lease);
    connection
        .execute(&statement, &[&sessions, &lease, &server])
        .await?;
    Ok(())
}

pub(super) async fn interrupted(connection: &Object) -> Result<Vec<String>, Trouble> {
    let statement = connection
        .prepare_cached(
            "SELECT id FROM sessions WHERE turn_lease <= clock_timestamp() ORDER BY turn_lease LIMIT 1000",
        )
        .await?;
    let rows = connection.query(&statement, &[]).await?;
    let names: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(names?)
}

pub(super) async fn standings(
    connection: &Object,
    sessions: &[String],
) -> Result<Vec<Standing>, Trouble> {
    let statement = connection
        .prepare_cached(
            "SELECT id, version, turn_lease IS NOT NULL FROM sessions WHERE id = ANY ($1)",
        )
        .await?;
    let rows = connection.query(&statement, &[&sessions]).await?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                session: row.try_get(0)?,
                version: unsigned(row, 1)?,
                working: row.try_get(2)?,
            })
        })
        .collect()
}

pub(super) async fn session(connection: &Object, id: &str) -> Result<Option<Record>, Trouble> {
    let statement = connection
        .prepare_cached(
            "SELECT id, token, scenario, edition, language, version, last_event, state, waits,
                    turn_message, turn_first, turn_lease <= clock_timestamp(), variables, started_at,
                    finished_at
             FROM sessions WHERE id = $1",
        )
        .await?;
    let row = connection.query_opt(&statement, &[&id]).await?;
    row.map(|row| record(&row)).transpose()
}

fn record(row: &Found) -> Result<Record, Trouble> {
    let given_up: Option<bool> = row.try_get(11)?;
    let turn = match given_up {
        Some(_) => Some(TurnUnderWay {
            message: row.try_get(9)?,
            first_event: unsigned(row, 10)?,
        }),
        None => None,
    };
    let finished: Option<i64> = row.try_get(14)?;
    Ok(Record {
        id: row.try_get(0)?,
        token: TokenDigest(bytes(row, 1)?),
        scenario: row.try_get(2)?,
        edition: row.try_get(3)?,
        language: row.try_get(4)?,
        version: unsigned(row, 5)?,
        last_event: unsigned(row, 6)?,
        state: row.try_get(7)?,
        waits: serde_json::from_str(row.try_get(8)?)?,
        turn,
        given_up: given_up.unwrap_or_default(),
        variables: row.try_get(12)?,
        started_at: moment(row.try_get(13)?),
        finished_at: finished.map(moment),
    })
}

pub(super) async fn message(
    connection: &Object,
    session: &str,
    id: &str,
) -> Result<Option<Message>, Trouble> {
    let statement = connection
        .prepare_cached(
            "SELECT digest, waits, coalesce(first_event, 0), coalesce(last_event, 0)
             FROM messages WHERE session = $1 AND id = $2",
        )
        .await?;
    let Some(row) = connection.query_opt(&statement, &[&session, &id]).await? else {
        return Ok(None);
    };
    let waits: Option<&str> = row.try_get(1)?;
    let answer = match waits {
        Some(waits) => Some((
            unsigned(&row, 2)?,
            unsigned(&row, 3)?,
            serde_json::from_str(waits)?,
        )),
        None => None,
    };
    let digest = bytes(&row, 0)?;
    Ok(Some(Message { digest, answer }))
}

pub(super) async fn events(
    connection: &Object,
    session: &str,
    after: u64,
    to: u64,
) -> Result<Vec<Event>, Trouble> {
    let statement = connection
        .prepare_cached(
            "SELECT event FROM events WHERE session = $1 AND n > $2 AND n <= $3 ORDER BY n",
        )
        .await?;
    let (after, to) = (number(after), number(to));
    let rows = connection
        .query(&statement, &[&session, &after, &to])
        .await?;
    rows.iter()
        .map(|row| Ok(serde_json::from_str(row.try_get(0)?)?))
        .collect()
}

pub(super) async fn file(
    connection: &Object,
    session: &str,
    n: u64,
) -> Result<Option<Attachment>, Trouble> {
    let statement = connection
        .prepare_cached("SELECT name, media_type, content FROM files WHERE session = $1 AND n = $2")
        .await?;
    let row = connection
        .query_opt(&statement, &[&session, &number(n)])
        .await?;
    row.map(|row| {
        Ok(Attachment {
            n,
            name: row.try_get(0)?,
            media_type: row.try_get(1)?,
            content: row.try_get::<_, &[u8]>(2)?.into(),
        })
    })
    .transpose()
}

pub(super) async fn erase(connection: &Object, session: &str) -> Result<bool, Trouble> {
    // With all that is of it.
    let statement = "DELETE FROM sessions WHERE id = $1";
    Ok(connection.execute(statement, &[&session]).await? == 1)
}

pub(super) async fn reserve(
    connection: &Object,
    attempt: &str,
    subjects: &[Subject],
    since: Timestamp,
    at: Timestamp,
) -> Result<bool, Trouble> {
    let statement = connection
        .prepare_cached("SELECT reserve($1, $2, $3, $4, $5)")
        .await?;
    let names: Vec<&str> = subjects.iter().map(|subject| &*subject.name).collect();
    let most: Vec<i64> = subjects.iter().map(|subject| subject.most.into()).collect();
    let (since, at) = (since.as_millisecond(), at.as_millisecond());
    let may = connection
        .query_one(&statement, &[&attempt, &names, &most, &since, &at])
        .await?;
    Ok(may.try_get(0)?)
}

pub(super) async fn release(connection: &Object, attempt: &str) -> Result<(), Trouble> {
    let statement = connection
        .prepare_cached("DELETE FROM attempts WHERE attempt = $1")
        .await?;
    connection.execute(&statement, &[&attempt]).await?;
    Ok(())
}

const OFFER: &str = "
    INSERT INTO offers (server, edition, until)
    SELECT $1, edition, clock_timestamp() + $3::float8 * interval '1 millisecond'
    FROM unnest($2::text[]) AS edition
    ON CONFLICT (server, edition) DO UPDATE SET until = excluded.until";

pub(super) async fn keep_edition(
    connection: &mut Object,
    edition: &EditionRecord,
    components: &[(String, Arc<[u8]>)],
    server: &str,
    offer: Duration,
) -> Result<(), Trouble> {
    let transaction = connection.transaction().await?;
    // Nobody sweeps meanwhile.
    transaction
        .batch_execute("SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'")
        .await?;
    let lock = "SELECT pg_advisory_xact_lock_shared($1, 0)";
    transaction.execute(lock, &[&SWEEPING]).await?;
    let keep =
        "INSERT INTO editions (digest, scenario, documents, components) VALUES ($1, $2, $3, $4)
                ON CONFLICT (digest) DO NOTHING";
    transaction
        .execute(
            keep,
            &[
                &edition.digest,
                &edition.scenario,
                &edition.documents,
                &edition.components,
            ],
        )
        .await?;
    let offered = [&edition.digest];
    let offer = milliseconds(offer);
    transaction
        .execute(OFFER, &[&server, &&offered[..], &offer])
        .await?;
    // A component may be large, and mostly it is there.
    let known = "SELECT count(*) FROM components WHERE digest = $1";
    let keep =
        "INSERT INTO components (digest, content) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    for (digest, content) in components {
        let known: i64 = transaction.query_one(known, &[digest]).await?.try_get(0)?;
        if known == 0 {
            transaction.execute(keep, &[digest, &&content[..]]).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Says which editions a server gives to new sessions, and no others.
pub(super) async fn offer(
    connection: &Object,
    server: &str,
    editions: &[String],
    offer: Duration,
) -> Result<(), Trouble> {
    connection
        .execute(OFFER, &[&server, &editions, &milliseconds(offer)])
        .await?;
    let others = "DELETE FROM offers WHERE server = $1 AND edition <> ALL ($2)";
    connection.execute(others, &[&server, &editions]).await?;
    Ok(())
}

/// Says that a server gives no edition to new sessions any more.
pub(super) async fn leave(connection: &Object, server: &str) -> Result<(), Trouble> {
    let statement = "DELETE FROM offers WHERE server = $1";
    connection.execute(statement, &[&server]).await?;
    Ok(())
}

pub(super) async fn edition(
    connection: &Object,
    digest: &str,
) -> Result<Option<EditionRecord>, Trouble> {
    let statement = "SELECT scenario, documents, components FROM editions WHERE digest = $1";
    let row = connection.query_opt(statement, &[&digest]).await?;
    row.map(|row| {
        Ok(EditionRecord {
            digest: digest.to_owned(),
            scenario: row.try_get(0)?,
            documents: row.try_get(1)?,
            components: row.try_get(2)?,
        })
    })
    .transpose()
}

pub(super) async fn component(
    connection: &Object,
    digest: &str,
) -> Result<Option<Vec<u8>>, Trouble> {
    let statement = "SELECT content FROM components WHERE digest = $1";
    let row = connection.query_opt(statement, &[&digest]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// An edition that no server offers and no unfinished session is on.
macro_rules! unused_editions {
    ($statement:literal) => {
        concat!(
            $statement,
            " NOT EXISTS (SELECT FROM offers WHERE edition = editions.digest AND until > clock_timestamp())
              AND NOT EXISTS (SELECT FROM sessions WHERE edition = editions.digest AND finished_at IS NULL)"
        )
    };
}

/// Sweeps, unless another server does so at this moment.
pub(super) async fn sweep(connection: &mut Object, sweep: &Sweep) -> Result<Swept, Trouble> {
    let transaction = connection.transaction().await?;
    transaction
        .batch_execute("SET LOCAL statement_timeout = '60s'")
        .await?;
    let lock = "SELECT pg_try_advisory_xact_lock($1, 0)";
    let mine: bool = transaction
        .query_one(lock, &[&SWEEPING])
        .await?
        .try_get(0)?;
    if !mine {
        return Ok(Swept::default());
    }
    let gone = serde_json::to_string(&Waits::Nothing {
        reason: Finish::End,
    })?;
    let now = sweep.now.as_millisecond();
    let finish =
        "UPDATE sessions SET version = version + 1, step = '', waits = $1, finished_at = $2
                  WHERE finished_at IS NULL AND turn_lease IS NULL AND touched_at <= $3";
    let idle = sweep.idle.as_millisecond();
    let finished = transaction.execute(finish, &[&gone, &now, &idle]).await?;
    // The digests of messages are of what the customer said, hidden answers included.
    let forget = "DELETE FROM messages USING sessions
                  WHERE session = sessions.id AND finished_at <= $1 AND state IS NOT NULL";
    let ended = sweep.hidden.as_millisecond();
    transaction.execute(forget, &[&ended]).await?;
    let forget = "UPDATE sessions SET state = NULL WHERE finished_at <= $1 AND state IS NOT NULL";
    let hidden = transaction.execute(forget, &[&ended]).await?;
    let remove = "DELETE FROM sessions WHERE touched_at <= $1 AND turn_lease IS NULL";
    let old = sweep.transcripts.as_millisecond();
    let sessions = transaction.execute(remove, &[&old]).await?;
    let remove = "DELETE FROM attempts WHERE at <= $1";
    let old = sweep.attempts.as_millisecond();
    transaction.execute(remove, &[&old]).await?;
    let remove = "DELETE FROM offers WHERE until <= clock_timestamp()";
    transaction.execute(remove, &[]).await?;
    // First they are locked, so that no new session begins on one; whoever was faster is seen by
    // the second statement.
    let lock = unused_editions!("SELECT digest FROM editions WHERE");
    let lock = format!("{lock} FOR UPDATE OF editions");
    let unused = transaction.query(&lock, &[]).await?;
    let unused: Result<Vec<String>, _> = unused.iter().map(|row| row.try_get(0)).collect();
    let remove = unused_editions!("DELETE FROM editions WHERE digest = ANY ($1) AND");
    let editions = transaction.execute(remove, &[&unused?]).await?;
    let remove = "DELETE FROM components WHERE NOT EXISTS
                      (SELECT FROM editions WHERE components.digest = ANY (editions.components))";
    transaction.execute(remove, &[]).await?;
    transaction.commit().await?;
    let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    Ok(Swept {
        finished: count(finished),
        hidden: count(hidden),
        sessions: count(sessions),
        editions: count(editions),
    })
}

/// A number as the tables count: up to `i64::MAX`.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(row: &Found, column: usize) -> Result<u64, Trouble> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| unreadable("a negative number").into())
}

fn bytes<const N: usize>(row: &Found, column: usize) -> Result<[u8; N], Trouble> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes
        .try_into()
        .map_err(|_| unreadable("bytes of another length").into())
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
