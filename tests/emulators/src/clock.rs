//! The emulator's clock, so that a test can pass an hour without waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// The time an emulator believes in: the machine's, or one that stands still,
/// and either can be moved ahead.
///
/// Clones share the same time. It governs the windows of limits, `Retry-After`
/// and the times written into data; delays of faults are real time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    /// `None`: the machine's time.
    frozen: Option<Timestamp>,
    ahead: Duration,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `at` until it is moved by [`advance`].
    ///
    /// [`advance`]: Clock::advance
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Reading {
            frozen: Some(at),
            ahead: Duration::ZERO,
        })))
    }

    /// The present moment. Stays at the last one that can be written where a
    /// test moved the clock beyond the year 9999.
    pub fn now(&self) -> Timestamp {
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = reading.frozen.unwrap_or_else(Timestamp::now);
        from.checked_add(reading.ahead).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock ahead.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.ahead = reading.ahead.saturating_add(by);
    }
}
