//! Limits of failed attempts to look something up, so that nobody finds out other customers' data
//! by guessing order numbers or e-mail addresses.
//!
//! An attempt that may fail is reserved in this process before its call, so that concurrent ones cannot
//! pass a limit together. One that failed is stored with its turn: the count outlives a restart and is
//! shared by all servers. A limit refuses on stored failures alone; where failures and reservations
//! together reach it, the attempt waits until a reservation has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use krabice_contract::hex;
use krabice_scenario::Variable;
use krabice_store::sessions::{FailedAttempt, Store};
use krabice_store::{StoreError, locked};
use tokio::sync::Notify;

use crate::address::AddressPrefix;
use crate::settings::Attempts;
use crate::token;

/// Failures of one subject are counted in this many rows for each window.
const ROWS_PER_WINDOW: u64 = 60;

// What attempts are counted by.
const SESSION: &str = "session";
const PREFIX: &str = "prefix";
const VALUE: &str = "value";

/// The name of what attempts are counted by, such as one value.
fn subject(key: &[u8], kind: &str, part: &str) -> String {
    let digest = token::keyed_digest(key, &[kind, part]);
    format!("{kind}:{}", hex(&digest[..16]))
}

/// All that attempts are counted by and that a text may stand for: a value, a session, a client's address.
pub(crate) fn subjects_of(key: &[u8], text: &str) -> Vec<String> {
    let text = text.trim();
    let mut subjects = vec![
        subject(key, VALUE, &serde_json::json!(text).to_string()),
        // A number or a truth value.
        subject(key, VALUE, text),
        subject(key, SESSION, text),
    ];
    if let Ok(address) = text.parse() {
        let prefix = AddressPrefix::of(address).to_string();
        subjects.push(subject(key, PREFIX, &prefix));
    }
    subjects
}

/// Counts failed attempts.
pub(crate) struct AttemptCounter {
    store: Arc<dyn Store>,
    settings: Attempts,
    /// How many attempts are reserved, by subject.
    reserved: Mutex<HashMap<String, u64>>,
    /// Notified when a reservation ends.
    ended: Notify,
    /// Held while an attempt near a limit waits, so that such attempts do not hold each other back.
    waiting: tokio::sync::Mutex<()>,
}

/// An attempt that may fail. Dropping it ends the reservation.
pub(crate) struct Reservation {
    counter: Arc<AttemptCounter>,
    subjects: Vec<String>,
}

/// Who makes an attempt, and of what.
pub(crate) struct Attempt<'a> {
    pub(crate) session: &'a str,
    pub(crate) prefix: Option<AddressPrefix>,
    pub(crate) scenario: &'a str,
    /// The parameters that come from the customer's answers.
    pub(crate) chosen: Vec<(&'a str, &'a Variable)>,
}

enum Decision {
    Allowed,
    Refused,
    /// Reservations would have to fail for the limit to be reached.
    Open,
}

impl AttemptCounter {
    pub(crate) fn new(store: Arc<dyn Store>, settings: Attempts) -> AttemptCounter {
        AttemptCounter {
            store,
            settings,
            reserved: Mutex::default(),
            ended: Notify::new(),
            waiting: tokio::sync::Mutex::default(),
        }
    }

    /// Reserves an attempt. `None` if a limit is reached.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        attempt: Attempt<'_>,
        now: Timestamp,
    ) -> Result<Option<Reservation>, StoreError> {
        let limits = self.limits(&attempt);
        let subjects: Vec<String> = limits.iter().map(|(subject, _)| subject.clone()).collect();
        let since = self.window_start(now);
        let (reservation, others) = self.take(subjects);
        match self.decide(&limits, &others, since).await? {
            Decision::Allowed => return Ok(Some(reservation)),
            Decision::Refused => return Ok(None),
            Decision::Open => {}
        }
        let subjects = reservation.subjects.clone();
        drop(reservation);
        let _waiting = self.waiting.lock().await;
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            let (reservation, others) = self.take(subjects.clone());
            match self.decide(&limits, &others, since).await? {
                Decision::Allowed => return Ok(Some(reservation)),
                Decision::Refused => return Ok(None),
                Decision::Open => {}
            }
            reservation.give_back();
            ended.await;
        }
    }

    /// Reserves an attempt. Also returns how many others were reserved at this moment, for each subject.
    fn take(self: &Arc<Self>, subjects: Vec<String>) -> (Reservation, Vec<u64>) {
        let mut reserved = locked(&self.reserved);
        let others = subjects.iter().map(|subject| {
            let all = reserved.entry(subject.clone()).or_default();
            *all += 1;
            *all - 1
        });
        let others = others.collect();
        drop(reserved);
        let reservation = Reservation {
            counter: Arc::clone(self),
            subjects,
        };
        (reservation, others)
    }

    /// Decides about an attempt. The failures are read after the reservations: one that fails in between is
    /// seen in both places. The other way around it would be seen in neither, and pass a limit.
    async fn decide(
        &self,
        limits: &[(String, u32)],
        others: &[u64],
        since: Timestamp,
    ) -> Result<Decision, StoreError> {
        let subjects: Vec<String> = limits.iter().map(|(subject, _)| subject.clone()).collect();
        let failed = self.store.failed(&subjects, since).await?;
        let mut decision = Decision::Allowed;
        for (((_, most), others), failed) in limits.iter().zip(others).zip(failed) {
            let most = u64::from(*most);
            if failed >= most {
                return Ok(Decision::Refused);
            }
            if failed.saturating_add(*others) >= most {
                decision = Decision::Open;
            }
        }
        Ok(decision)
    }

    /// What an attempt is counted by, once each, with the most that may fail.
    fn limits(&self, attempt: &Attempt<'_>) -> Vec<(String, u32)> {
        let limit = |kind, part: &str, most| (subject(self.store.key(), kind, part), most);
        let mut limits = vec![
            limit(SESSION, attempt.session, self.settings.per_session),
            limit("scenario", attempt.scenario, self.settings.per_scenario),
        ];
        if let Some(prefix) = attempt.prefix {
            let prefix = prefix.to_string();
            limits.push(limit(PREFIX, &prefix, self.settings.per_prefix));
        }
        for (_, variable) in &attempt.chosen {
            let value = variable.value.to_plain_json().to_string();
            let limit = limit(VALUE, &value, self.settings.per_value);
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
        limits
    }

    /// The moment since which failed attempts count.
    pub(crate) fn window_start(&self, now: Timestamp) -> Timestamp {
        before(now, self.settings.window)
    }

    /// The moment that a failure of `now` counts at: the end of its part of the window, so that it counts
    /// for the whole window.
    fn counted_at(&self, now: Timestamp) -> Timestamp {
        let part = self.settings.window.as_secs() / ROWS_PER_WINDOW;
        let part = i64::try_from(part.max(1)).unwrap_or(i64::MAX);
        let second = now.as_second().div_euclid(part).saturating_add(1);
        Timestamp::from_second(second.saturating_mul(part)).unwrap_or(now)
    }
}

impl Reservation {
    /// The failed attempt, to be stored.
    pub(crate) fn failed(&self, now: Timestamp) -> FailedAttempt {
        FailedAttempt {
            subjects: self.subjects.clone(),
            at: self.counter.counted_at(now),
        }
    }

    /// Ends the reservation without a word: nothing was held back by it.
    fn give_back(mut self) {
        self.counter.release(&std::mem::take(&mut self.subjects));
    }
}

impl AttemptCounter {
    fn release(&self, subjects: &[String]) {
        let mut reserved = locked(&self.reserved);
        for subject in subjects {
            if let Some(count) = reserved.get_mut(subject) {
                *count -= 1;
                if *count == 0 {
                    reserved.remove(subject);
                }
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.subjects.is_empty() {
            self.counter.release(&self.subjects);
            self.counter.ended.notify_waiters();
        }
    }
}

/// The moment that lies `time` before `now`, or the earliest moment that can be written.
pub(crate) fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use krabice_contract::Value;
    use krabice_store::{Storage, StoreUrl};

    use super::*;

    #[tokio::test]
    async fn near_a_limit_an_attempt_waits_until_a_reservation_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let storage = Storage::open(&StoreUrl::parse(&url).unwrap())
            .await
            .unwrap();
        let settings = Attempts {
            per_value: 2,
            ..Attempts::default()
        };
        let counter = Arc::new(AttemptCounter::new(storage.sessions(), settings));
        let number = Variable {
            value: Value::Text("O1".to_owned()),
            hidden: false,
            said: Vec::new(),
        };
        let reserve = || {
            let attempt = Attempt {
                session: "s",
                prefix: None,
                scenario: "echo",
                chosen: vec![("order", &number)],
            };
            counter.reserve(attempt, Timestamp::UNIX_EPOCH)
        };
        let first = reserve().await.unwrap().unwrap();
        let second = reserve().await.unwrap().unwrap();
        let mut third = std::pin::pin!(reserve());
        let short = Duration::from_millis(50);
        assert!(tokio::time::timeout(short, third.as_mut()).await.is_err());
        drop(first);
        let third = third.await.unwrap().unwrap();
        drop((second, third));
        assert!(locked(&counter.reserved).is_empty());
    }
}
