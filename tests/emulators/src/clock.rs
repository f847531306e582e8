//! The emulator's clock, so that a test can let an hour pass without waiting.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::locked;

/// The time of an emulator: the machine's, or one that stands still. Either can be
/// advanced.
///
/// Clones share the same time. It determines the windows of limits, `Retry-After`
/// and the times written into data; delays of faults are real time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    /// The time at which the clock stands still; `None`: the machine's time.
    frozen: Option<Timestamp>,
    ahead: Duration,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `at` until [`advance`] moves it.
    ///
    /// [`advance`]: Clock::advance
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Reading {
            frozen: Some(at),
            ahead: Duration::ZERO,
        })))
    }

    /// The current moment. At most the end of the year 9999, however far a test
    /// advanced the clock.
    pub fn now(&self) -> Timestamp {
        let reading = locked(&self.0);
        let from = reading.frozen.unwrap_or_else(Timestamp::now);
        from.checked_add(reading.ahead).unwrap_or(Timestamp::MAX)
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        let mut reading = locked(&self.0);
        reading.ahead = reading.ahead.saturating_add(by);
    }
}

/// A time zone of the bundled database.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("the bundled database has the back ends' time zones")
}
