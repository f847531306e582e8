//! The rows of the tables: each function is one write or one read.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{
    EditionRecord, Message, NewSession, Record, Step, StoreError, Subject, Sweep, Swept,
    TurnUnderWay,
};
use crate::point;
use crate::token::TokenDigest;
use crate::view::{Attachment, Event, Finish, Waits};

pub(super) fn create(
    connection: &Connection,
    session: &NewSession,
    step: &Step,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, token, scenario, edition, language, version, last_event,
                                   waits, started_at, touched_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, '', ?6, ?6)",
        )?
        .execute(params![
            session.id,
            session.token.0,
            session.scenario,
            session.edition,
            session.language,
            step.at.as_millisecond()
        ])?;
    commit(connection, &session.id, 0, step)
}

pub(super) fn commit(
    connection: &Connection,
    id: &str,
    version: u64,
    step: &Step,
) -> Result<(), StoreError> {
    let waits = serde_json::to_string(&step.waits)?;
    let at = step.at.as_millisecond();
    let turn = step.turn.as_ref();
    let finished = matches!(step.waits, Waits::Nothing { .. }).then_some(at);
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
            waits,
            turn.and_then(|turn| turn.message.as_deref()),
            turn.map(|turn| turn.first_event),
            turn.map(|_| until(step.lease)),
            step.variables,
            at,
            finished
        ])?;
    if committed != 1 {
        return Err(StoreError::Conflict);
    }
    let mut insert = connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3)")?;
    for event in &step.events {
        insert.execute(params![id, event.n, serde_json::to_string(event)?])?;
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
            .execute(params![id, message, first, step.last_event, waits])?;
    }
    Ok(())
}

/// When a lease from now on is over, by the machine's clock.
fn until(lease: Duration) -> i64 {
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
        params![id, version, until(lease), until(Duration::ZERO)],
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
        renew.execute(params![session, until(lease)])?;
    }
    Ok(())
}

pub(super) fn interrupted(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT id FROM sessions WHERE turn_lease <= ?1 LIMIT 1000")?;
    let rows = query.query_map([until(Duration::ZERO)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn session(connection: &Connection, id: &str) -> Result<Option<Record>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT id, token, scenario, edition, language, version, last_event, state, waits,
                turn_message, turn_first, turn_lease, variables, started_at, finished_at
         FROM sessions WHERE id = ?1",
    )?;
    let row = query
        .query_row([id], |row| Ok((record(row)?, row.get::<_, String>(8)?)))
        .optional()?;
    row.map(|(mut record, waits)| {
        record.waits = serde_json::from_str(&waits)?;
        Ok(record)
    })
    .transpose()
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let first_event: Option<u64> = row.get(10)?;
    let lease: Option<i64> = row.get(11)?;
    let turn = match (first_event, lease) {
        (Some(first_event), Some(_)) => Some(TurnUnderWay {
            message: row.get(9)?,
            first_event,
        }),
        _ => None,
    };
    Ok(Record {
        id: row.get(0)?,
        token: TokenDigest(row.get(1)?),
        scenario: row.get(2)?,
        edition: row.get(3)?,
        language: row.get(4)?,
        version: row.get(5)?,
        last_event: row.get(6)?,
        state: row.get(7)?,
        waits: Waits::Call,
        turn,
        given_up: lease.is_some_and(|lease| lease <= until(Duration::ZERO)),
        variables: row.get(12)?,
        started_at: moment(row.get(13)?),
        finished_at: row.get::<_, Option<i64>>(14)?.map(moment),
    })
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

pub(super) fn message(
    connection: &Connection,
    session: &str,
    id: &str,
) -> Result<Option<Message>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT digest, first_event, last_event, waits FROM messages WHERE session = ?1 AND id = ?2",
    )?;
    let row = query
        .query_row([session, id], |row| {
            Ok((
                row.get(0)?,
                row.get::<_, Option<u64>>(1)?,
                row.get::<_, Option<u64>>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })
        .optional()?;
    let Some((digest, first, last, waits)) = row else {
        return Ok(None);
    };
    let answer = match (first, last, waits) {
        (Some(first), Some(last), Some(waits)) => {
            Some((first, last, serde_json::from_str(&waits)?))
        }
        _ => None,
    };
    Ok(Some(Message { digest, answer }))
}

pub(super) fn events(
    connection: &Connection,
    session: &str,
    after: u64,
    to: u64,
) -> Result<Vec<Event>, StoreError> {
    // SQLite counts up to here.
    let to = to.min(i64::MAX as u64);
    let after = after.min(i64::MAX as u64);
    let mut query = connection.prepare_cached(
        "SELECT event FROM events WHERE session = ?1 AND n > ?2 AND n <= ?3 ORDER BY n",
    )?;
    let rows = query.query_map(params![session, after, to], |row| row.get::<_, String>(0))?;
    let mut events = Vec::new();
    for row in rows {
        events.push(serde_json::from_str(&row?)?);
    }
    Ok(events)
}

pub(super) fn file(
    connection: &Connection,
    session: &str,
    n: u64,
) -> Result<Option<Attachment>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT name, media_type, content FROM files WHERE session = ?1 AND n = ?2",
    )?;
    let n = n.min(i64::MAX as u64);
    let attachment = query
        .query_row(params![session, n], |row| {
            Ok(Attachment {
                n,
                name: row.get(0)?,
                media_type: row.get(1)?,
                content: row.get::<_, Vec<u8>>(2)?.into(),
            })
        })
        .optional()?;
    Ok(attachment)
}

const OF_A_SESSION: [&str; 3] = ["events", "files", "messages"];

pub(super) fn erase(connection: &Connection, session: &str) -> Result<bool, StoreError> {
    for table in OF_A_SESSION {
        connection.execute(
            &format!("DELETE FROM {table} WHERE session = ?1"),
            [session],
        )?;
    }
    point::pass("within-erase");
    Ok(connection.execute("DELETE FROM sessions WHERE id = ?1", [session])? == 1)
}

pub(super) fn reserve(
    connection: &Connection,
    attempt: &str,
    subjects: &[Subject],
    since: Timestamp,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM attempts WHERE subject = ?1 AND at > ?2 AND attempt <> ?3",
    )?;
    for subject in subjects {
        let failed: u32 = count.query_row(
            params![subject.name, since.as_millisecond(), attempt],
            |row| row.get(0),
        )?;
        if failed >= subject.most {
            return Ok(false);
        }
    }
    let mut insert =
        connection.prepare_cached("INSERT OR REPLACE INTO attempts VALUES (?1, ?2, ?3)")?;
    for subject in subjects {
        insert.execute(params![attempt, subject.name, at.as_millisecond()])?;
    }
    Ok(true)
}

pub(super) fn keep_edition(
    connection: &Connection,
    edition: &EditionRecord,
    components: &[(String, Arc<[u8]>)],
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO editions VALUES (?1, ?2, ?3, ?4)",
        params![
            edition.digest,
            edition.scenario,
            serde_json::to_string(&edition.documents)?,
            serde_json::to_string(&edition.components)?
        ],
    )?;
    point::pass("within-keep");
    for (digest, content) in components {
        connection.execute(
            "INSERT OR IGNORE INTO components VALUES (?1, ?2)",
            params![digest, &content[..]],
        )?;
    }
    Ok(())
}

pub(super) fn edition(
    connection: &Connection,
    digest: &str,
) -> Result<Option<EditionRecord>, StoreError> {
    let row = connection
        .query_row(
            "SELECT scenario, documents, components FROM editions WHERE digest = ?1",
            [digest],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            },
        )
        .optional()?;
    row.map(|(scenario, documents, components)| {
        Ok(EditionRecord {
            digest: digest.to_owned(),
            scenario,
            documents: serde_json::from_str(&documents)?,
            components: serde_json::from_str(&components)?,
        })
    })
    .transpose()
}

pub(super) fn sweep(connection: &Connection, sweep: &Sweep) -> Result<Swept, StoreError> {
    let gone = Waits::Nothing {
        reason: Finish::End,
    };
    let finished = connection.execute(
        "UPDATE sessions SET version = version + 1, waits = ?1, finished_at = ?2
         WHERE finished_at IS NULL AND turn_lease IS NULL AND touched_at <= ?3",
        params![
            serde_json::to_string(&gone)?,
            sweep.now.as_millisecond(),
            sweep.idle.as_millisecond()
        ],
    )?;
    // The digests of messages are of what the customer said, hidden answers included.
    connection.execute(
        "DELETE FROM messages WHERE session IN
             (SELECT id FROM sessions WHERE finished_at <= ?1 AND state IS NOT NULL)",
        [sweep.hidden.as_millisecond()],
    )?;
    let hidden = connection.execute(
        "UPDATE sessions SET state = NULL WHERE finished_at <= ?1 AND state IS NOT NULL",
        [sweep.hidden.as_millisecond()],
    )?;
    point::pass("within-sweep");
    let old = sweep.transcripts.as_millisecond();
    for table in OF_A_SESSION {
        connection.execute(
            &format!(
                "DELETE FROM {table} WHERE session IN
                     (SELECT id FROM sessions WHERE touched_at <= ?1 AND turn_lease IS NULL)"
            ),
            [old],
        )?;
    }
    let sessions = connection.execute(
        "DELETE FROM sessions WHERE touched_at <= ?1 AND turn_lease IS NULL",
        [old],
    )?;
    connection.execute(
        "DELETE FROM attempts WHERE at <= ?1",
        [sweep.attempts.as_millisecond()],
    )?;
    let current = serde_json::to_string(&sweep.editions)?;
    let editions = connection.execute(
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
        editions,
    })
}
