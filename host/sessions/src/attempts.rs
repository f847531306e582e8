//! Limits of failed attempts to look something up, so that nobody finds out other customers' data
//! by guessing order numbers or e-mail addresses.
//!
//! An attempt is counted in the store: the count outlives a restart and is shared by all servers.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use krabice_contract::hex;
use krabice_scenario::Variable;
use krabice_store::StoreError;
use krabice_store::sessions::{AttemptLimit, Store};

use crate::address::AddressPrefix;
use crate::settings::Attempts;
use crate::token;

/// Counts failed attempts.
pub(crate) struct AttemptCounter {
    store: Arc<dyn Store>,
    settings: Attempts,
}

impl AttemptCounter {
    pub(crate) fn new(store: Arc<dyn Store>, settings: Attempts) -> AttemptCounter {
        AttemptCounter { store, settings }
    }

    /// Counts an attempt as failed before it is made, so that concurrent ones cannot exceed a limit.
    /// Returns whether it may be made.
    pub(crate) async fn reserve<'a>(
        &self,
        key: &str,
        session: &str,
        prefix: Option<AddressPrefix>,
        scenario: &str,
        chosen: impl Iterator<Item = (&'a str, &'a Variable)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let limit = |kind: &str, parts: &[&str], most| {
            let parts = [&[kind], parts].concat();
            let digest = token::keyed_digest(self.store.key(), &parts);
            let subject = format!("{kind}:{}", hex(&digest[..16]));
            AttemptLimit { subject, most }
        };
        let mut limits = vec![
            limit("session", &[session], self.settings.per_session),
            limit("scenario", &[scenario], self.settings.per_scenario),
        ];
        if let Some(prefix) = prefix {
            let prefix = prefix.to_string();
            limits.push(limit("prefix", &[&prefix], self.settings.per_prefix));
        }
        for (name, variable) in chosen {
            let value = variable.value.to_plain_json().to_string();
            limits.push(limit("value", &[name, &value], self.settings.per_value));
        }
        let since = self.window_start(now);
        self.store.reserve(key, limits, since, now).await
    }

    /// Removes an attempt from the count because it succeeded.
    pub(crate) async fn release(&self, key: &str) -> Result<(), StoreError> {
        self.store.release(key).await
    }

    /// The moment since which failed attempts count.
    pub(crate) fn window_start(&self, now: Timestamp) -> Timestamp {
        before(
            now,
            Duration::from_secs(self.settings.window_minutes.saturating_mul(60)),
        )
    }
}

/// The moment that lies `time` before `now`, or the earliest moment that can be written.
pub(crate) fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}
