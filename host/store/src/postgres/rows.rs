//! The SQL statements: each function is one write or one read.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::pool::DatabaseError;
use crate::error::{StoreError, parse_moment};
use crate::sessions::{
    Attachment, FailureCount, MessageRecord, NewSession, RevisionRecord, SavedAnswer, SessionQuery,
    SessionRecord, SessionSummary, SessionVersion, StoredEvent, SweepCutoffs, Swept, TurnStep,
    TurnUnderWay, failures,
};

type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// The first keys of the advisory locks: for creating tables, and for storing and sweeping revisions.
const CREATING: i32 = 1_802_658_144;
const SWEEPING: i32 = 1_802_658_145;

/// Creates the tables, or brings those of an earlier version up to date. Returns the tables' version and the store's key.
pub(super) async fn initialise(
    connection: &mut Object,
    schema: &str,
    migrations: &[&str],
    version: i64,
    fresh: &[u8; 32],
) -> Result<(i64, [u8; 32]), DatabaseError> {
    let transaction = connection.transaction().await?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'")
        .await?;
    // Of two servers that start at once, one creates the tables.
    let lock = "SELECT pg_advisory_xact_lock($1, 0)";
    transaction.execute(lock, &[&CREATING]).await?;
    let existing =
        "SELECT to_regclass('krabice.meta') IS NOT NULL, to_regnamespace('krabice') IS NOT NULL";
    let existing = transaction.query_one(existing, &[]).await?;
    if !existing.try_get::<_, bool>(0)? {
        if !existing.try_get::<_, bool>(1)? {
            transaction.batch_execute("CREATE SCHEMA krabice").await?;
        }
        transaction.batch_execute(schema).await?;
        let first = "INSERT INTO meta (version, key) VALUES ($1, $2)";
        transaction.execute(first, &[&version, &&fresh[..]]).await?;
    }
    let found = "SELECT version, key FROM meta";
    let found = transaction.query_one(found, &[]).await?;
    let (found, key) = (unsigned(&found, "version")?, bytes(&found, "key")?);
    let made = usize::try_from(found.saturating_sub(1)).unwrap_or(usize::MAX);
    let missing = migrations.iter().skip(made);
    for migration in missing.clone() {
        transaction.batch_execute(migration).await?;
    }
    if missing.len() > 0 {
        let update = "UPDATE meta SET version = $1";
        transaction.execute(update, &[&version]).await?;
    }
    let answer = (version.max(number(found)), key);
    transaction.commit().await?;
    Ok(answer)
}

/// Writes a row and removes it; a sweep removes it if the server stops in between.
pub(super) async fn probe(
    connection: &Object,
    server: &str,
    content: &[u8],
) -> Result<(), DatabaseError> {
    let digest = format!("probe of {server}");
    let write = "INSERT INTO components (digest, content) VALUES ($1, $2)
                 ON CONFLICT (digest) DO UPDATE SET content = excluded.content";
    execute(connection, write, &[&digest, &content]).await?;
    let remove = "DELETE FROM components WHERE digest = $1";
    execute(connection, remove, &[&digest]).await?;
    Ok(())
}

/// The bytes of the database's files.
pub(super) async fn size(connection: &Object) -> Result<u64, DatabaseError> {
    let statement = "SELECT pg_database_size(current_database())";
    Ok(value::<i64>(connection, statement, &[]).await?.unsigned_abs())
}

/// The parameters of the statements that commit a step.
pub(super) struct StepParameters<'a> {
    id: &'a str,
    step: &'a [u8],
    /// `$1` to `$27`.
    all: Vec<Box<dyn ToSql + Sync + Send + 'a>>,
}

impl<'a> StepParameters<'a> {
    pub(super) fn new(
        id: &'a str,
        step: &'a TurnStep,
        name: &'a [u8; 16],
        server: &'a str,
    ) -> StepParameters<'a> {
        let (turn, message, answered) = (&step.turn, &step.message, &step.answered);
        let at = step.at.as_millisecond();
        let finished = step.finished.then_some(at);
        let failures = failures(step);
        let events = step.events.iter();
        let files = step.files.iter();
        let all: Vec<Box<dyn ToSql + Sync + Send + 'a>> = vec![
            Box::new(id),
            Box::new(number(step.last_event)),
            Box::new(&*step.state),
            Box::new(&*step.waits),
            Box::new(turn.as_ref().and_then(|turn| turn.message.as_deref())),
            Box::new(turn.as_ref().map(|turn| number(turn.first_event))),
            Box::new(milliseconds(step.lease)),
            Box::new(turn.as_ref().map(|_| server)),
            Box::new(step.variables.as_deref()),
            Box::new(at),
            Box::new(finished),
            Box::new(&name[..]),
            Box::new(Vec::from_iter(events.clone().map(|event| number(event.n)))),
            Box::new(Vec::from_iter(events.map(|event| &*event.event))),
            Box::new(Vec::from_iter(files.clone().map(|file| number(file.n)))),
            Box::new(Vec::from_iter(files.clone().map(|file| &*file.name))),
            Box::new(Vec::from_iter(files.clone().map(|file| &*file.media_type))),
            Box::new(Vec::from_iter(files.map(|file| &*file.content))),
            Box::new(message.as_ref().map(|message| &*message.id)),
            Box::new(message.as_ref().map(|message| &message.digest[..])),
            Box::new(answered.as_ref().map(|(message, _)| &**message)),
            Box::new(answered.as_ref().map(|(_, first)| number(*first))),
            Box::new(Vec::from_iter(failures.keys().map(|(subject, _)| *subject))),
            Box::new(Vec::from_iter(failures.keys().map(|(_, guess)| *guess))),
            Box::new(Vec::from_iter(failures.values().copied())),
            Box::new(Vec::from_iter(
                step.addresses.iter().map(|digest| &digest[..]),
            )),
            Box::new(&*step.taken_back),
        ];
        StepParameters {
            id,
            step: name,
            all,
        }
    }

    /// `$1` to `$27`, followed by more.
    fn and<'b>(&'b self, more: &[&'b (dyn ToSql + Sync)]) -> Vec<&'b (dyn ToSql + Sync)> {
        let all = self.all.iter().map(|each| &**each as &(dyn ToSql + Sync));
        all.chain(more.iter().copied()).collect()
    }
}

/// A statement that writes the session's row and, if that succeeds, the rest of the step.
macro_rules! commit_statement {
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
            ), failed AS (
                INSERT INTO guesses (subject, guess, at)
                SELECT new.subject, new.guess, new.at
                FROM taken, unnest($23::text[], $24::text[], $25::bigint[]) AS new (subject, guess, at)
                ON CONFLICT (subject, guess) DO UPDATE SET at = excluded.at
            ), named AS (
                INSERT INTO addresses (session, digest)
                SELECT taken.id, new.digest FROM taken, unnest($26::bytea[]) AS new (digest)
                ON CONFLICT DO NOTHING
            ), taken_back AS (
                DELETE FROM guesses WHERE guess IN (
                    SELECT mine.guess FROM taken, unnest($27::text[]) AS asked (subject), LATERAL (
                        SELECT guess FROM guesses WHERE subject = asked.subject ORDER BY at DESC LIMIT 5
                    ) AS mine)
            )
            SELECT count(*) FROM taken"
        )
    };
}

pub(super) async fn create(
    connection: &Object,
    session: &NewSession,
    step: &StepParameters<'_>,
) -> Result<(), DatabaseError> {
    // The revision must be in the store, and is locked so that no server sweeps it at this moment.
    let statement = commit_statement!(
        "INSERT INTO sessions (id, token, scenario, edition, language, channel, version, step, last_event,
                               state, waits, turn_message, turn_first, turn_lease, turn_holder, variables,
                               started_at, touched_at, finished_at)
         SELECT $1::text, $28::bytea, $29::text, editions.digest, $31::text, $32::text, 1, $12::bytea, $2::bigint, $3::text,
                $4::text, $5::text, $6::bigint,
                CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() + $7::float8 * interval '1 millisecond' END,
                $8::text, $9::text, $10::bigint, $10::bigint, $11::bigint
         FROM editions WHERE digest = $30::text FOR KEY SHARE OF editions
         ON CONFLICT (id) DO NOTHING"
    );
    let token = &session.token[..];
    let parameters = step.and(&[
        &token,
        &session.scenario,
        &session.revision,
        &session.language,
        &session.channel,
    ]);
    if value::<i64>(connection, statement, &parameters).await? == 1
        || is_committed(connection, step.id, step.step).await?
    {
        return Ok(());
    }
    Err(StoreError::UnknownRevision.into())
}

pub(super) async fn commit(
    connection: &Object,
    version: u64,
    step: &StepParameters<'_>,
) -> Result<(), DatabaseError> {
    let statement = commit_statement!(
        "UPDATE sessions
         SET version = version + 1, step = $12::bytea, last_event = $2::bigint, state = $3::text, waits = $4::text,
             turn_message = $5::text, turn_first = $6::bigint,
             turn_lease = CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() + $7::float8 * interval '1 millisecond' END,
             turn_holder = $8::text, variables = $9::text, touched_at = $10::bigint, finished_at = $11::bigint
         WHERE id = $1::text AND version = $28::bigint"
    );
    let version = number(version);
    let parameters = step.and(&[&version]);
    if value::<i64>(connection, statement, &parameters).await? == 1
        || is_committed(connection, step.id, step.step).await?
    {
        return Ok(());
    }
    Err(StoreError::Conflict.into())
}

/// Executes a prepared statement. Returns the number of changed rows.
async fn execute(
    connection: &Object,
    statement: &str,
    parameters: &Parameters<'_>,
) -> Result<u64, DatabaseError> {
    let statement = connection.prepare_cached(statement).await?;
    Ok(connection.execute(&statement, parameters).await?)
}

/// Executes a prepared query.
async fn query(
    connection: &Object,
    statement: &str,
    parameters: &Parameters<'_>,
) -> Result<Vec<Row>, DatabaseError> {
    let statement = connection.prepare_cached(statement).await?;
    Ok(connection.query(&statement, parameters).await?)
}

/// Executes a prepared query for one value.
async fn value<T: for<'a> FromSql<'a>>(
    connection: &Object,
    statement: &str,
    parameters: &Parameters<'_>,
) -> Result<T, DatabaseError> {
    let statement = connection.prepare_cached(statement).await?;
    let row = connection.query_one(&statement, parameters).await?;
    Ok(row.try_get(0)?)
}

/// Whether an earlier attempt has committed this step, and its response was lost.
async fn is_committed(connection: &Object, id: &str, step: &[u8]) -> Result<bool, DatabaseError> {
    let statement = "SELECT count(*) FROM sessions WHERE id = $1 AND step = $2";
    Ok(value::<i64>(connection, statement, &[&id, &step]).await? == 1)
}

pub(super) async fn take_over(
    connection: &Object,
    id: &str,
    version: u64,
    lease: Duration,
    server: &str,
    step: &[u8; 16],
) -> Result<(), DatabaseError> {
    let statement = "
        UPDATE sessions SET version = version + 1, step = $5, turn_holder = $4,
               turn_lease = clock_timestamp() + $3::float8 * interval '1 millisecond'
        WHERE id = $1 AND version = $2 AND turn_lease <= clock_timestamp()";
    let (version, lease) = (number(version), milliseconds(lease));
    let parameters: &Parameters<'_> = &[&id, &version, &lease, &server, &&step[..]];
    if execute(connection, statement, parameters).await? == 1
        || is_committed(connection, id, step).await?
    {
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
) -> Result<(), DatabaseError> {
    // A row that another server has locked is skipped, and renewed the next time.
    let statement = "
        UPDATE sessions SET turn_lease = clock_timestamp() + $2::float8 * interval '1 millisecond'
        WHERE id IN (SELECT id FROM sessions
                     WHERE id = ANY ($1) AND turn_holder = $3 AND turn_lease IS NOT NULL
                     FOR UPDATE SKIP LOCKED)";
    let lease = milliseconds(lease);
    execute(connection, statement, &[&sessions, &lease, &server]).await?;
    Ok(())
}

pub(super) async fn interrupted(connection: &Object) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT id FROM sessions WHERE turn_lease <= clock_timestamp()
                     ORDER BY turn_lease LIMIT 1000";
    let rows = query(connection, statement, &[]).await?;
    rows.iter().map(|row| Ok(column(row, "id")?)).collect()
}

pub(super) async fn versions(
    connection: &Object,
    sessions: &[String],
) -> Result<Vec<SessionVersion>, DatabaseError> {
    let statement = "SELECT id, version, turn_lease IS NOT NULL AS working FROM sessions
                     WHERE id = ANY ($1)";
    let rows = query(connection, statement, &[&sessions]).await?;
    rows.iter()
        .map(|row| {
            Ok(SessionVersion {
                session: column(row, "id")?,
                version: unsigned(row, "version")?,
                working: column(row, "working")?,
            })
        })
        .collect()
}

pub(super) async fn session(
    connection: &Object,
    id: &str,
    message: Option<&str>,
) -> Result<Option<SessionRecord>, DatabaseError> {
    // One statement, so that all of it is of the same moment.
    let statement = "
        SELECT sessions.id, token, scenario, edition, language, channel, version, sessions.last_event,
               state, sessions.waits, turn_message, turn_first,
               turn_lease <= clock_timestamp() AS lease_ended, variables, started_at, finished_at,
               (SELECT coalesce(sum(octet_length(event)), 0) FROM events
                WHERE events.session = sessions.id) AS event_bytes,
               messages.digest, messages.waits AS answer_waits,
               ARRAY (SELECT n FROM events WHERE events.session = messages.session
                      AND n BETWEEN messages.first_event AND messages.last_event ORDER BY n) AS answer_numbers,
               ARRAY (SELECT event FROM events WHERE events.session = messages.session
                      AND n BETWEEN messages.first_event AND messages.last_event ORDER BY n) AS answer_events
        FROM sessions LEFT JOIN messages ON messages.session = sessions.id AND messages.id = $2
        WHERE sessions.id = $1";
    let rows = query(connection, statement, &[&id, &message]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let message = match column::<Option<&[u8]>>(row, "digest")? {
        Some(_) => Some(MessageRecord {
            digest: bytes(row, "digest")?,
            answer: saved_answer(row)?,
        }),
        None => None,
    };
    let lease_ended: Option<bool> = column(row, "lease_ended")?;
    let turn = match lease_ended {
        Some(_) => Some(TurnUnderWay {
            message: column(row, "turn_message")?,
            first_event: unsigned(row, "turn_first")?,
        }),
        None => None,
    };
    let finished_at: Option<i64> = column(row, "finished_at")?;
    Ok(Some(SessionRecord {
        id: column(row, "id")?,
        token: bytes(row, "token")?,
        scenario: column(row, "scenario")?,
        revision: column(row, "edition")?,
        language: column(row, "language")?,
        channel: column(row, "channel")?,
        version: unsigned(row, "version")?,
        last_event: unsigned(row, "last_event")?,
        event_bytes: unsigned(row, "event_bytes")?,
        state: column(row, "state")?,
        waits: column(row, "waits")?,
        turn,
        lease_ended: lease_ended == Some(true),
        variables: column(row, "variables")?,
        started_at: parse_moment("started_at", column(row, "started_at")?)?,
        finished_at: finished_at
            .map(|at| parse_moment("finished_at", at))
            .transpose()?,
        message,
    }))
}

fn saved_answer(row: &Row) -> Result<Option<SavedAnswer>, StoreError> {
    let Some(waits) = column::<Option<String>>(row, "answer_waits")? else {
        return Ok(None);
    };
    let numbers: Vec<i64> = column(row, "answer_numbers")?;
    let events: Vec<String> = column(row, "answer_events")?;
    let events = numbers.into_iter().zip(events);
    let events = events.map(|(n, event)| StoredEvent {
        n: n.unsigned_abs(),
        event,
    });
    Ok(Some(SavedAnswer {
        events: events.collect(),
        waits,
    }))
}

pub(super) async fn events(
    connection: &Object,
    session: &str,
    after: u64,
    to: u64,
    most_bytes: usize,
) -> Result<Vec<StoredEvent>, DatabaseError> {
    // No event has fewer than 16 bytes.
    let statement = "
        SELECT n, event FROM (
            SELECT n, event, sum(octet_length(event)) OVER (ORDER BY n) AS bytes,
                   row_number() OVER (ORDER BY n) AS place
            FROM events WHERE session = $1 AND n > $2 AND n <= $3 ORDER BY n LIMIT $4::bigint / 16
        ) AS page WHERE bytes <= $4::bigint OR place = 1 ORDER BY n";
    let bytes = i64::try_from(most_bytes).unwrap_or(i64::MAX);
    let parameters: &Parameters<'_> = &[&session, &number(after), &number(to), &bytes];
    let rows = query(connection, statement, parameters).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredEvent {
                n: unsigned(row, "n")?,
                event: column(row, "event")?,
            })
        })
        .collect()
}

pub(super) async fn file(
    connection: &Object,
    session: &str,
    n: u64,
) -> Result<Option<Attachment>, DatabaseError> {
    let statement = "SELECT name, media_type, content FROM files WHERE session = $1 AND n = $2";
    let rows = query(connection, statement, &[&session, &number(n)]).await?;
    let file = rows.first().map(|row| {
        Ok(Attachment {
            n,
            name: column(row, "name")?,
            media_type: column(row, "media_type")?,
            content: column::<&[u8]>(row, "content")?.into(),
        })
    });
    file.transpose()
}

pub(super) async fn list(
    connection: &Object,
    asked: &SessionQuery,
) -> Result<Vec<SessionSummary>, DatabaseError> {
    let statement = "
        SELECT id, scenario, language, channel, waits, started_at, touched_at, finished_at FROM sessions
        WHERE ($1::text IS NULL OR scenario = $1)
          AND ($2::text IS NULL OR (touched_at, id) < (SELECT touched_at, id FROM sessions WHERE id = $2))
          AND ($4::text[] IS NULL OR id = ANY ($4))
        ORDER BY touched_at DESC, id DESC LIMIT $3";
    let most = i64::from(asked.most);
    let rows = query(
        connection,
        statement,
        &[&asked.scenario, &asked.after, &most, &asked.only],
    )
    .await?;
    let moment = |row, name| parse_moment(name, column(row, name)?);
    rows.iter()
        .map(|row| {
            let finished_at: Option<i64> = column(row, "finished_at")?;
            Ok(SessionSummary {
                id: column(row, "id")?,
                scenario: column(row, "scenario")?,
                language: column(row, "language")?,
                channel: column(row, "channel")?,
                waits: column(row, "waits")?,
                started_at: moment(row, "started_at")?,
                touched_at: moment(row, "touched_at")?,
                finished_at: finished_at
                    .map(|at| parse_moment("finished_at", at))
                    .transpose()?,
            })
        })
        .collect()
}

pub(super) async fn with_address(
    connection: &Object,
    digests: &[[u8; 32]],
) -> Result<Vec<String>, DatabaseError> {
    let statement =
        "SELECT DISTINCT session FROM addresses WHERE digest = ANY ($1) ORDER BY session";
    let digests: Vec<&[u8]> = digests.iter().map(|digest| &digest[..]).collect();
    let rows = query(connection, statement, &[&digests]).await?;
    rows.iter().map(|row| Ok(column(row, "session")?)).collect()
}

pub(super) async fn names(connection: &Object, after: &str) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT id FROM sessions WHERE id > $1 ORDER BY id LIMIT 1000";
    let rows = query(connection, statement, &[&after]).await?;
    rows.iter().map(|row| Ok(column(row, "id")?)).collect()
}

pub(super) async fn erase(connection: &Object, session: &str) -> Result<bool, DatabaseError> {
    // The foreign keys delete its events, files, messages and addresses with it.
    let statement = "DELETE FROM sessions WHERE id = $1";
    Ok(execute(connection, statement, &[&session]).await? == 1)
}

pub(super) async fn failed(
    connection: &Object,
    subjects: &[(String, u32)],
    since: Timestamp,
) -> Result<Vec<FailureCount>, DatabaseError> {
    let statement = "
        SELECT count(newest.at) AS count, min(newest.at) AS oldest
        FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (name, most, place) LEFT JOIN LATERAL (
            SELECT at FROM guesses WHERE subject = asked.name AND at > $3 ORDER BY at DESC LIMIT asked.most
        ) AS newest ON true
        GROUP BY place ORDER BY place";
    let names = Vec::from_iter(subjects.iter().map(|(name, _)| &**name));
    let most = Vec::from_iter(subjects.iter().map(|(_, most)| i64::from(*most)));
    let since = since.as_millisecond();
    let rows = query(connection, statement, &[&names, &most, &since]).await?;
    let counts = rows.iter().map(|row| {
        let oldest: Option<i64> = column(row, "oldest")?;
        Ok(FailureCount {
            count: unsigned(row, "count")?,
            oldest: oldest.map(|at| parse_moment("at", at)).transpose()?,
        })
    });
    counts.collect()
}

pub(super) async fn forget(connection: &Object, subjects: &[String]) -> Result<u64, DatabaseError> {
    let statement = "
        WITH gone AS (
            DELETE FROM guesses
            WHERE guess <> '' AND guess IN (SELECT guess FROM guesses WHERE subject = ANY ($1)) RETURNING guess)
        SELECT count(DISTINCT guess) AS count FROM gone";
    let rows = query(connection, statement, &[&subjects]).await?;
    let forgotten = rows.first().map(|row| unsigned(row, "count"));
    Ok(forgotten.transpose()?.unwrap_or(0))
}

const OFFER: &str = "
    INSERT INTO offers (server, edition, until)
    SELECT $1, edition, clock_timestamp() + $3::float8 * interval '1 millisecond'
    FROM unnest($2::text[]) AS edition
    ON CONFLICT (server, edition) DO UPDATE SET until = excluded.until";

pub(super) async fn keep_revision(
    connection: &mut Object,
    revision: &RevisionRecord,
    components: &[(String, Arc<[u8]>)],
    server: &str,
    offer: Duration,
) -> Result<(), DatabaseError> {
    let transaction = connection.transaction().await?;
    // No server sweeps meanwhile.
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
                &revision.digest,
                &revision.scenario,
                &revision.documents,
                &revision.components,
            ],
        )
        .await?;
    let offered = [&revision.digest];
    let offer = milliseconds(offer);
    transaction
        .execute(OFFER, &[&server, &&offered[..], &offer])
        .await?;
    // A component may be large, and is usually in the store already.
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

/// Replaces the revisions that a server offers to new sessions.
pub(super) async fn offer(
    connection: &Object,
    server: &str,
    revisions: &[String],
    offer: Duration,
) -> Result<(), DatabaseError> {
    let parameters: &Parameters<'_> = &[&server, &revisions, &milliseconds(offer)];
    execute(connection, OFFER, parameters).await?;
    let others = "DELETE FROM offers WHERE server = $1 AND edition <> ALL ($2)";
    execute(connection, others, &[&server, &revisions]).await?;
    Ok(())
}

/// Ends all offers of a server.
pub(super) async fn withdraw_offers(
    connection: &Object,
    server: &str,
) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM offers WHERE server = $1";
    execute(connection, statement, &[&server]).await?;
    Ok(())
}

pub(super) async fn revision(
    connection: &Object,
    digest: &str,
) -> Result<Option<RevisionRecord>, DatabaseError> {
    let statement = "SELECT scenario, documents, components FROM editions WHERE digest = $1";
    let rows = query(connection, statement, &[&digest]).await?;
    let revision = rows.first().map(|row| {
        Ok(RevisionRecord {
            digest: digest.to_owned(),
            scenario: column(row, "scenario")?,
            documents: column(row, "documents")?,
            components: column(row, "components")?,
        })
    });
    revision.transpose()
}

pub(super) async fn component(
    connection: &Object,
    digest: &str,
) -> Result<Option<Vec<u8>>, DatabaseError> {
    let statement = "SELECT content FROM components WHERE digest = $1";
    let rows = query(connection, statement, &[&digest]).await?;
    Ok(rows.first().map(|row| column(row, "content")).transpose()?)
}

/// A statement about the revisions that no server offers and no unfinished session is on.
macro_rules! unused_revisions {
    ($statement:literal) => {
        concat!(
            $statement,
            " NOT EXISTS (SELECT FROM offers WHERE edition = editions.digest AND until > clock_timestamp())
              AND NOT EXISTS (SELECT FROM sessions WHERE edition = editions.digest AND finished_at IS NULL)"
        )
    };
}

/// Sweeps the store, unless another server does so at this moment.
pub(super) async fn sweep(
    connection: &mut Object,
    cutoffs: &SweepCutoffs,
) -> Result<Swept, DatabaseError> {
    let transaction = connection.transaction().await?;
    transaction
        .batch_execute("SET LOCAL statement_timeout = '60s'")
        .await?;
    let lock = "SELECT pg_try_advisory_xact_lock($1, 0)";
    let is_locked: bool = transaction
        .query_one(lock, &[&SWEEPING])
        .await?
        .try_get(0)?;
    if !is_locked {
        return Ok(Swept::default());
    }
    let now = cutoffs.now.as_millisecond();
    let finish =
        "UPDATE sessions SET version = version + 1, step = '', waits = $1, finished_at = $2
                  WHERE finished_at IS NULL AND turn_lease IS NULL AND touched_at <= $3";
    let idle = cutoffs.idle.as_millisecond();
    let finished = transaction
        .execute(finish, &[&cutoffs.ended, &now, &idle])
        .await?;
    // Messages are deleted, too: their digests are of the customer's words, hidden answers included.
    let forget = "DELETE FROM messages USING sessions
                  WHERE session = sessions.id AND finished_at <= $1 AND state IS NOT NULL";
    let oldest = cutoffs.hidden.as_millisecond();
    transaction.execute(forget, &[&oldest]).await?;
    let forget = "UPDATE sessions SET state = NULL WHERE finished_at <= $1 AND state IS NOT NULL";
    let hidden = transaction.execute(forget, &[&oldest]).await?;
    let remove = "DELETE FROM sessions WHERE touched_at <= $1 AND turn_lease IS NULL";
    let oldest = cutoffs.transcripts.as_millisecond();
    let sessions = transaction.execute(remove, &[&oldest]).await?;
    let remove = "DELETE FROM guesses WHERE at <= $1";
    let oldest = cutoffs.attempts.as_millisecond();
    transaction.execute(remove, &[&oldest]).await?;
    let remove = "DELETE FROM offers WHERE until <= clock_timestamp()";
    transaction.execute(remove, &[]).await?;
    // The rows are locked first, so that no new session begins on one of these revisions. The second
    // statement leaves those on which a session began just before.
    let lock = unused_revisions!("SELECT digest FROM editions WHERE");
    let lock = format!("{lock} FOR UPDATE OF editions");
    let unused = transaction.query(&lock, &[]).await?;
    let unused: Result<Vec<String>, _> = unused.iter().map(|row| row.try_get(0)).collect();
    let remove = unused_revisions!("DELETE FROM editions WHERE digest = ANY ($1) AND");
    let revisions = transaction.execute(remove, &[&unused?]).await?;
    let remove = "DELETE FROM components WHERE NOT EXISTS
                      (SELECT FROM editions WHERE components.digest = ANY (editions.components))";
    transaction.execute(remove, &[]).await?;
    transaction.commit().await?;
    let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    Ok(Swept {
        finished: count(finished),
        hidden: count(hidden),
        sessions: count(sessions),
        revisions: count(revisions),
    })
}

/// A number as the tables store it, up to `i64::MAX`.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a column of a row.
fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &'static str) -> Result<T, StoreError> {
    row.try_get(name)
        .map_err(|error| StoreError::unreadable(name, error))
}

fn unsigned(row: &Row, name: &'static str) -> Result<u64, StoreError> {
    let number: i64 = column(row, name)?;
    u64::try_from(number).map_err(|error| StoreError::unreadable(name, error))
}

fn bytes<const N: usize>(row: &Row, name: &'static str) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = column(row, name)?;
    bytes
        .try_into()
        .map_err(|error| StoreError::unreadable(name, error))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
