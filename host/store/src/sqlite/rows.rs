//! The SQL statements: each function is one write or one read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row, params};

use crate::error::{StoreError, parse_json, parse_moment, to_json};
use crate::failpoint;
use crate::sessions::{
    Attachment, FailureCount, MessageRecord, NewSession, PROBE_BYTES, RevisionRecord, SavedAnswer,
    SessionQuery, SessionRecord, SessionSummary, StoredEvent, SweepCutoffs, Swept, TurnStep,
    TurnUnderWay, failures,
};

/// The row that a probe writes, and that a sweep removes if nobody else does.
const PROBE: &str = "probe";

pub(super) fn write_probe(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO components VALUES (?1, zeroblob(?2))",
        params![PROBE, PROBE_BYTES],
    )?;
    Ok(())
}

pub(super) fn remove_probe(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM components WHERE digest = ?1", [PROBE])?;
    Ok(())
}

/// The bytes of the pages in use, and of those that are free in the file.
pub(super) fn space(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let statement = "SELECT page_count, freelist_count, page_size
                     FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let row = connection.query_row(statement, [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    });
    let (all, free, size): (u64, u64, u64) = row?;
    Ok((all.saturating_sub(free) * size, free * size))
}

pub(super) fn create(
    connection: &Connection,
    session: &NewSession,
    step: &TurnStep,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, token, scenario, edition, language, channel, version,
                                   last_event, waits, started_at, touched_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, '', ?7, ?7)",
        )?
        .execute(params![
            session.id,
            session.token,
            session.scenario,
            session.revision,
            session.language,
            session.channel,
            step.at.as_millisecond()
        ])?;
    commit(connection, &session.id, 0, step)
}

pub(super) fn commit(
    connection: &Connection,
    id: &str,
    version: u64,
    step: &TurnStep,
) -> Result<(), StoreError> {
    let at = step.at.as_millisecond();
    let turn = step.turn.as_ref();
    let finished = step.finished.then_some(at);
    let committed = connection
        .prepare_cached(
            "UPDATE sessions SET version = version + 1, last_event = ?3, state = ?4, waits = ?5,
                    turn_message = ?6, turn_first = ?7, turn_lease = ?8, variables = ?9,
                    touched_at = ?10, finished_at = ?11
             WHERE id = ?1 AND version = ?2",
        )?
        .execute(params![
            id,
            version,
            step.last_event,
            step.state,
            step.waits,
            turn.and_then(|turn| turn.message.as_deref()),
            turn.map(|turn| turn.first_event),
            turn.map(|_| lease_end(step.lease)),
            step.variables,
            at,
            finished
        ])?;
    if committed != 1 {
        return Err(StoreError::Conflict);
    }
    let mut insert = connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3)")?;
    for event in &step.events {
        insert.execute(params![id, event.n, event.event])?;
    }
    let mut insert = connection.prepare_cached("INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for file in &step.files {
        insert.execute(params![
            id,
            file.n,
            file.name,
            file.media_type,
            &file.content[..]
        ])?;
    }
    if let Some(message) = &step.message {
        connection
            .prepare_cached("INSERT INTO messages (session, id, digest) VALUES (?1, ?2, ?3)")?
            .execute(params![id, message.id, message.digest])?;
    }
    if let Some((message, first)) = &step.answered {
        connection
            .prepare_cached(
                "UPDATE messages SET first_event = ?3, last_event = ?4, waits = ?5
                 WHERE session = ?1 AND id = ?2",
            )?
            .execute(params![id, message, first, step.last_event, step.waits])?;
    }
    for subject in &step.taken_back {
        connection
            .prepare_cached(
                "DELETE FROM guesses WHERE guess IN
                 (SELECT guess FROM guesses WHERE subject = ?1 ORDER BY at DESC LIMIT 5)",
            )?
            .execute([subject])?;
    }
    for ((subject, guess), at) in failures(step) {
        connection
            .prepare_cached(
                "INSERT INTO guesses VALUES (?1, ?2, ?3)
                 ON CONFLICT (subject, guess) DO UPDATE SET at = excluded.at",
            )?
            .execute(params![subject, guess, at])?;
    }
    for digest in &step.addresses {
        connection
            .prepare_cached("INSERT OR IGNORE INTO addresses VALUES (?1, ?2)")?
            .execute(params![id, digest])?;
    }
    Ok(())
}

/// The end of a lease that begins now, by the machine's clock.
fn lease_end(lease: Duration) -> i64 {
    let end = Timestamp::now().checked_add(lease);
    end.unwrap_or(Timestamp::MAX).as_millisecond()
}

pub(super) fn take_over(
    connection: &Connection,
    id: &str,
    version: u64,
    lease: Duration,
) -> Result<(), StoreError> {
    let taken = connection.execute(
        "UPDATE sessions SET version = version + 1, turn_lease = ?3
         WHERE id = ?1 AND version = ?2 AND turn_lease <= ?4",
        params![id, version, lease_end(lease), lease_end(Duration::ZERO)],
    )?;
    if taken == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

pub(super) fn renew(
    connection: &Connection,
    sessions: &[String],
    lease: Duration,
) -> Result<(), StoreError> {
    let mut renew = connection.prepare_cached(
        "UPDATE sessions SET turn_lease = ?2 WHERE id = ?1 AND turn_lease IS NOT NULL",
    )?;
    for session in sessions {
        renew.execute(params![session, lease_end(lease)])?;
    }
    Ok(())
}

pub(super) fn interrupted(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT id FROM sessions WHERE turn_lease <= ?1 LIMIT 1000")?;
    let rows = query.query_map([lease_end(Duration::ZERO)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn session(
    connection: &Connection,
    id: &str,
    message: Option<&str>,
) -> Result<Option<SessionRecord>, StoreError> {
    let Some(id_of_message) = message else {
        return session_row(connection, id);
    };
    // One transaction, so that all reads see the same moment.
    let snapshot = connection.unchecked_transaction()?;
    let Some(mut record) = session_row(&snapshot, id)? else {
        return Ok(None);
    };
    record.message = self::message(&snapshot, id, id_of_message)?;
    Ok(Some(record))
}

fn session_row(connection: &Connection, id: &str) -> Result<Option<SessionRecord>, StoreError> {
    let statement =
        "SELECT id, token, scenario, edition, language, channel, version, last_event, state, waits,
                            turn_message, turn_first, turn_lease, variables, started_at, finished_at,
                            (SELECT coalesce(sum(octet_length(event)), 0) FROM events
                             WHERE session = sessions.id) AS event_bytes
                     FROM sessions WHERE id = ?1";
    first_row(connection, statement, [id], |row| {
        let lease: Option<i64> = column(row, "turn_lease")?;
        let turn = match (column(row, "turn_first")?, lease) {
            (Some(first_event), Some(_)) => Some(TurnUnderWay {
                message: column(row, "turn_message")?,
                first_event,
            }),
            _ => None,
        };
        let finished_at: Option<i64> = column(row, "finished_at")?;
        Ok(SessionRecord {
            id: column(row, "id")?,
            token: column(row, "token")?,
            scenario: column(row, "scenario")?,
            revision: column(row, "edition")?,
            language: column(row, "language")?,
            channel: column(row, "channel")?,
            version: column(row, "version")?,
            last_event: column(row, "last_event")?,
            event_bytes: column(row, "event_bytes")?,
            state: column(row, "state")?,
            waits: column(row, "waits")?,
            turn,
            lease_ended: lease.is_some_and(|end| end <= lease_end(Duration::ZERO)),
            variables: column(row, "variables")?,
            started_at: parse_moment("started_at", column(row, "started_at")?)?,
            finished_at: finished_at
                .map(|at| parse_moment("finished_at", at))
                .transpose()?,
            message: None,
        })
    })
}

/// Reads the first row of a query, if there is one.
fn first_row<T>(
    connection: &Connection,
    statement: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(parameters)?;
    rows.next()?.map(read).transpose()
}

/// Reads a column of a row.
fn column<T: FromSql>(row: &Row<'_>, name: &'static str) -> Result<T, StoreError> {
    row.get(name)
        .map_err(|error| StoreError::unreadable(name, error))
}

fn message(
    connection: &Connection,
    session: &str,
    id: &str,
) -> Result<Option<MessageRecord>, StoreError> {
    let statement = "SELECT digest, first_event, last_event, waits FROM messages
                     WHERE session = ?1 AND id = ?2";
    let found = first_row(connection, statement, [session, id], |row| {
        let digest = column(row, "digest")?;
        let answer: (Option<u64>, Option<u64>, Option<String>) = (
            column(row, "first_event")?,
            column(row, "last_event")?,
            column(row, "waits")?,
        );
        Ok((digest, answer))
    })?;
    let Some((digest, answer)) = found else {
        return Ok(None);
    };
    let answer = match answer {
        (Some(first), Some(last), Some(waits)) => Some(SavedAnswer {
            events: events(
                connection,
                session,
                first.saturating_sub(1),
                last,
                usize::MAX,
            )?,
            waits,
        }),
        _ => None,
    };
    Ok(Some(MessageRecord { digest, answer }))
}

pub(super) fn events(
    connection: &Connection,
    session: &str,
    after: u64,
    to: u64,
    most_bytes: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT n, event FROM events WHERE session = ?1 AND n > ?2 AND n <= ?3 ORDER BY n",
    )?;
    let mut rows = query.query(params![session, number(after), number(to)])?;
    let (mut events, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        let event: String = column(row, "event")?;
        bytes = bytes.saturating_add(event.len());
        if bytes > most_bytes && !events.is_empty() {
            break;
        }
        let n = column(row, "n")?;
        events.push(StoredEvent { n, event });
    }
    Ok(events)
}

/// A number as SQLite stores it, up to `i64::MAX`.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn file(
    connection: &Connection,
    session: &str,
    n: u64,
) -> Result<Option<Attachment>, StoreError> {
    let statement = "SELECT name, media_type, content FROM files WHERE session = ?1 AND n = ?2";
    first_row(connection, statement, params![session, number(n)], |row| {
        Ok(Attachment {
            n,
            name: column(row, "name")?,
            media_type: column(row, "media_type")?,
            content: column::<Vec<u8>>(row, "content")?.into(),
        })
    })
}

pub(super) fn list(
    connection: &Connection,
    query: &SessionQuery,
) -> Result<Vec<SessionSummary>, StoreError> {
    let mut list = connection.prepare_cached(
        "SELECT id, scenario, language, channel, waits, started_at, touched_at, finished_at FROM sessions
         WHERE (?1 IS NULL OR scenario = ?1)
           AND (?2 IS NULL OR (touched_at, id) < (SELECT touched_at, id FROM sessions WHERE id = ?2))
           AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4)))
         ORDER BY touched_at DESC, id DESC LIMIT ?3",
    )?;
    let only = query.only.as_ref().map(to_json);
    let parameters = params![query.scenario, query.after, query.most, only];
    let rows = list.query_and_then(parameters, |row| {
        let moment = |name| parse_moment(name, column(row, name)?);
        let finished_at: Option<i64> = column(row, "finished_at")?;
        Ok(SessionSummary {
            id: column(row, "id")?,
            scenario: column(row, "scenario")?,
            language: column(row, "language")?,
            channel: column(row, "channel")?,
            waits: column(row, "waits")?,
            started_at: moment("started_at")?,
            touched_at: moment("touched_at")?,
            finished_at: finished_at
                .map(|at| parse_moment("finished_at", at))
                .transpose()?,
        })
    })?;
    rows.collect()
}

pub(super) fn with_address(
    connection: &Connection,
    digests: &[[u8; 32]],
) -> Result<Vec<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT session FROM addresses WHERE digest = ?1")?;
    let mut sessions = BTreeSet::new();
    for digest in digests {
        for session in query.query_map([digest], |row| row.get(0))? {
            sessions.insert(session?);
        }
    }
    Ok(sessions.into_iter().collect())
}

pub(super) fn names(connection: &Connection, after: &str) -> Result<Vec<String>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT id FROM sessions WHERE id > ?1 ORDER BY id LIMIT 1000")?;
    let rows = query.query_map([after], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tables with rows of sessions, besides `sessions`.
const SESSION_TABLES: [&str; 4] = ["addresses", "events", "files", "messages"];

pub(super) fn erase(connection: &Connection, session: &str) -> Result<bool, StoreError> {
    for table in SESSION_TABLES {
        connection.execute(
            &format!("DELETE FROM {table} WHERE session = ?1"),
            [session],
        )?;
    }
    failpoint::pass("within-erase");
    Ok(connection.execute("DELETE FROM sessions WHERE id = ?1", [session])? == 1)
}

pub(super) fn failed(
    connection: &Connection,
    subjects: &[(String, u32)],
    since: Timestamp,
) -> Result<Vec<FailureCount>, StoreError> {
    let mut count = connection.prepare_cached(
        "SELECT count(*), min(at) FROM (
             SELECT at FROM guesses WHERE subject = ?1 AND at > ?2 ORDER BY at DESC LIMIT ?3)",
    )?;
    let since = since.as_millisecond();
    let counts = subjects.iter().map(|(subject, most)| {
        let row: (u64, Option<i64>) = count.query_row(params![subject, since, most], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(FailureCount {
            count: row.0,
            oldest: row.1.map(|at| parse_moment("at", at)).transpose()?,
        })
    });
    counts.collect()
}

pub(super) fn forget(connection: &Connection, subjects: &[String]) -> Result<u64, StoreError> {
    let subjects = to_json(&subjects);
    let forgotten = connection.query_row(
        "SELECT count(DISTINCT guess) FROM guesses
         WHERE guess <> '' AND subject IN (SELECT value FROM json_each(?1))",
        [&subjects],
        |row| row.get(0),
    )?;
    connection.execute(
        "DELETE FROM guesses WHERE guess <> '' AND guess IN (
             SELECT guess FROM guesses WHERE subject IN (SELECT value FROM json_each(?1)))",
        [&subjects],
    )?;
    Ok(forgotten)
}

pub(super) fn keep_revision(
    connection: &Connection,
    revision: &RevisionRecord,
    components: &[(String, Arc<[u8]>)],
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO editions VALUES (?1, ?2, ?3, ?4)",
        params![
            revision.digest,
            revision.scenario,
            to_json(&revision.documents),
            to_json(&revision.components)
        ],
    )?;
    failpoint::pass("within-keep");
    for (digest, content) in components {
        connection.execute(
            "INSERT OR IGNORE INTO components VALUES (?1, ?2)",
            params![digest, &content[..]],
        )?;
    }
    Ok(())
}

pub(super) fn revision(
    connection: &Connection,
    digest: &str,
) -> Result<Option<RevisionRecord>, StoreError> {
    let statement = "SELECT scenario, documents, components FROM editions WHERE digest = ?1";
    first_row(connection, statement, [digest], |row| {
        Ok(RevisionRecord {
            digest: digest.to_owned(),
            scenario: column(row, "scenario")?,
            documents: parse_json("documents", &column::<String>(row, "documents")?)?,
            components: parse_json("components", &column::<String>(row, "components")?)?,
        })
    })
}

pub(super) fn component(
    connection: &Connection,
    digest: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let statement = "SELECT content FROM components WHERE digest = ?1";
    first_row(connection, statement, [digest], |row| {
        column(row, "content")
    })
}

pub(super) fn sweep(connection: &Connection, cutoffs: &SweepCutoffs) -> Result<Swept, StoreError> {
    let finished = connection.execute(
        "UPDATE sessions SET version = version + 1, waits = ?1, finished_at = ?2
         WHERE finished_at IS NULL AND turn_lease IS NULL AND touched_at <= ?3",
        params![
            cutoffs.ended,
            cutoffs.now.as_millisecond(),
            cutoffs.idle.as_millisecond()
        ],
    )?;
    // Messages are deleted, too: their digests are of the customer's words, hidden answers included.
    connection.execute(
        "DELETE FROM messages WHERE session IN
             (SELECT id FROM sessions WHERE finished_at <= ?1 AND state IS NOT NULL)",
        [cutoffs.hidden.as_millisecond()],
    )?;
    let hidden = connection.execute(
        "UPDATE sessions SET state = NULL WHERE finished_at <= ?1 AND state IS NOT NULL",
        [cutoffs.hidden.as_millisecond()],
    )?;
    failpoint::pass("within-sweep");
    let oldest = cutoffs.transcripts.as_millisecond();
    for table in SESSION_TABLES {
        connection.execute(
            &format!(
                "DELETE FROM {table} WHERE session IN
                     (SELECT id FROM sessions WHERE touched_at <= ?1 AND turn_lease IS NULL)"
            ),
            [oldest],
        )?;
    }
    let sessions = connection.execute(
        "DELETE FROM sessions WHERE touched_at <= ?1 AND turn_lease IS NULL",
        [oldest],
    )?;
    connection.execute(
        "DELETE FROM guesses WHERE at <= ?1",
        [cutoffs.attempts.as_millisecond()],
    )?;
    let current = to_json(&cutoffs.revisions);
    let revisions = connection.execute(
        "DELETE FROM editions WHERE digest NOT IN (SELECT value FROM json_each(?1))
         AND digest NOT IN (SELECT edition FROM sessions WHERE finished_at IS NULL)",
        [current],
    )?;
    connection.execute(
        "DELETE FROM components WHERE digest NOT IN
             (SELECT json_each.value FROM editions, json_each(editions.components))",
        [],
    )?;
    Ok(Swept {
        finished,
        hidden,
        sessions,
        revisions,
    })
}
