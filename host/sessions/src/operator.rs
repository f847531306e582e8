//! What an operator asks of a store: one model for the control socket of a running server, and for a
//! command that has opened the store itself.
//!
//! An operator sees of a session what its customer saw, and no hidden variable. The token that opens a
//! session is in no answer.

use std::collections::BTreeSet;

use krabice_contract::compare::{address_keys, wanted_keys};
use krabice_store::sessions::{SessionQuery, SessionSummary, SessionVersion, Store};
use krabice_store::{Chain, StoreError, parse_json};
use serde::{Deserialize, Serialize};

use crate::attempts;
use crate::service;
use crate::token;
use crate::view::{self, Export, Waits};

/// The most sessions of one list.
pub const MOST_LISTED: u32 = 1_000;

/// What an operator asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    tag = "ask",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum OperatorRequest {
    /// A list of sessions, the one whose last turn is the latest first. Answer: `sessions`, or `no-address`.
    ListSessions {
        /// Only the sessions that began with this scenario.
        #[serde(default)]
        scenario: Option<String>,
        /// Only the sessions in which the customer named this e-mail address or telephone number.
        #[serde(default)]
        address: Option<String>,
        /// Whether to look for the address in all texts of all sessions, too. That reads the whole store.
        #[serde(default)]
        search: bool,
        /// Only the sessions that come after this one: the last of an earlier list.
        #[serde(default)]
        after: Option<String>,
        /// The most sessions; never more than [`MOST_LISTED`].
        most: u32,
    },
    /// What the customer of a session saw. Answer: `session`, or `not-found`.
    ShowSession {
        /// The session's public name.
        session: String,
    },
    /// Erases all data of a session. Answer: `erased`, or `not-found`.
    EraseSession {
        /// The session's public name.
        session: String,
    },
    /// Forgets the failed look-ups with a value, such as an e-mail address or the number of an order, those
    /// of a session or of a client's address. Answer: `cleared`.
    ClearAttempts {
        /// The value, the session's public name, or the IP address.
        value: String,
    },
}

/// What an operator is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum OperatorAnswer {
    /// Sessions.
    Sessions {
        /// The sessions.
        sessions: Vec<ListedSession>,
    },
    /// A session.
    Session(Box<ShownSession>),
    /// The session is erased.
    Erased,
    /// Failed look-ups are forgotten.
    Cleared {
        /// How many counts of failures there were. One failed look-up counts for each of its values.
        failures: u64,
    },
    /// There is no such session.
    NotFound,
    /// The text is neither an e-mail address nor a telephone number.
    NoAddress,
}

/// A session in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListedSession {
    /// The session's public name. It opens nothing.
    pub session: String,
    /// The scenario's name.
    pub scenario: String,
    /// The language of the session.
    pub language: String,
    /// The channel that the session began by.
    pub channel: String,
    /// The time at which the session was started.
    pub started_at: String,
    /// The time of its last turn.
    pub last_turn_at: String,
    /// The time at which the session was finished, if it is.
    pub finished_at: Option<String>,
    /// What the session waits for.
    pub waits: Waits,
}

/// A session, as its customer saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShownSession {
    /// All that the customer may have.
    #[serde(flatten)]
    pub seen: Export,
    /// The channel that the session began by.
    pub channel: String,
    /// What the session waits for.
    pub waits: Waits,
}

/// Does what an operator asks, on a store.
///
/// # Errors
/// The store failed.
pub async fn operate(
    store: &dyn Store,
    request: OperatorRequest,
) -> Result<OperatorAnswer, StoreError> {
    match request {
        OperatorRequest::ListSessions {
            scenario,
            address,
            search,
            after,
            most,
        } => {
            let only = match address {
                None => None,
                Some(address) => {
                    let wanted = wanted_keys(&address);
                    if wanted.is_empty() {
                        return Ok(OperatorAnswer::NoAddress);
                    }
                    Some(with_address(store, &wanted, search).await?)
                }
            };
            let query = SessionQuery {
                scenario,
                only,
                after,
                most: most.min(MOST_LISTED),
            };
            let sessions = store.list(query).await?.into_iter().map(listed);
            let sessions = sessions.collect::<Result<_, _>>()?;
            Ok(OperatorAnswer::Sessions { sessions })
        }
        OperatorRequest::ShowSession { session } => show(store, &session).await,
        OperatorRequest::EraseSession { session } => {
            if !store.erase(&session).await? {
                return Ok(OperatorAnswer::NotFound);
            }
            store.notify(SessionVersion::erased(session));
            Ok(OperatorAnswer::Erased)
        }
        OperatorRequest::ClearAttempts { value } => {
            let subjects = attempts::subjects_of(store.key(), &value);
            let failures = store.forget(&subjects).await?;
            Ok(OperatorAnswer::Cleared { failures })
        }
    }
}

fn listed(session: SessionSummary) -> Result<ListedSession, StoreError> {
    Ok(ListedSession {
        waits: parse_json("waits", &session.waits)?,
        session: session.id,
        scenario: session.scenario,
        language: session.language,
        channel: session.channel,
        started_at: session.started_at.to_string(),
        last_turn_at: session.touched_at.to_string(),
        finished_at: session.finished_at.map(|at| at.to_string()),
    })
}

async fn show(store: &dyn Store, session: &str) -> Result<OperatorAnswer, StoreError> {
    let Some(record) = store.session(session, None).await? else {
        return Ok(OperatorAnswer::NotFound);
    };
    let events = store.all_events(session, 0, record.last_event).await?;
    let variables = service::visible_variables(&record).unwrap_or_else(|error| {
        tracing::error!(error = %Chain(&error), "cannot read a session's variables; they are left out");
        serde_json::json!({})
    });
    Ok(OperatorAnswer::Session(Box::new(ShownSession {
        waits: parse_json("waits", &record.waits)?,
        channel: record.channel,
        seen: Export {
            session: record.id,
            scenario: record.scenario,
            language: record.language,
            started_at: record.started_at.to_string(),
            finished_at: record.finished_at.map(|at| at.to_string()),
            events: view::read_events(&events)?,
            variables,
        },
    })))
}

/// The sessions in which an address was named; with `search` those, too, that have it in any text.
async fn with_address(
    store: &dyn Store,
    wanted: &[String],
    search: bool,
) -> Result<Vec<String>, StoreError> {
    let digest = |key: &String| token::address_digest(store.key(), key);
    let digests: Vec<_> = wanted.iter().map(digest).collect();
    let found = store.with_address(&digests).await?;
    if !search {
        return Ok(found);
    }
    let mut found: BTreeSet<String> = found.into_iter().collect();
    let mut after = String::new();
    loop {
        let names = store.names(&after).await?;
        let Some(last) = names.last() else {
            return Ok(found.into_iter().collect());
        };
        after.clone_from(last);
        for name in names {
            if !found.contains(&name) && has_text(store, &name, wanted).await? {
                found.insert(name);
            }
        }
    }
}

/// Whether a session has an address in any of its texts: its events, and its variables while they are kept.
async fn has_text(store: &dyn Store, session: &str, wanted: &[String]) -> Result<bool, StoreError> {
    let Some(record) = store.session(session, None).await? else {
        return Ok(false);
    };
    let events = store.all_events(session, 0, record.last_event).await?;
    let events = events.into_iter().map(|stored| stored.event);
    let documents = [record.state, record.variables].into_iter().flatten();
    for document in documents.chain(events) {
        let document = parse_json("a session's texts", &document)?;
        if mentions(&document, &record.language, wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn mentions(document: &serde_json::Value, language: &str, wanted: &[String]) -> bool {
    use serde_json::Value as Json;
    match document {
        Json::String(text) => {
            let keys = address_keys(text, language);
            keys.iter().any(|key| wanted.contains(key))
        }
        Json::Array(items) => items.iter().any(|item| mentions(item, language, wanted)),
        Json::Object(fields) => {
            let mut fields = fields.values();
            fields.any(|field| mentions(field, language, wanted))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_any_text_of_a_document() {
        let document = serde_json::json!({"events": [
            {"text": "Call me at (+420) 601 123 456, please."},
            {"text": "or write to <Petra@Example.cz>"},
        ]});
        for (address, found) in [
            ("601 123 456", true),
            ("+420601123456", true),
            ("601123457", false),
            ("petra@example.cz", true),
            ("tra@example.cz", false),
        ] {
            let wanted = wanted_keys(address);
            assert_eq!(mentions(&document, "cs", &wanted), found, "{address}");
        }
    }
}
