//! What a service tells whoever counts.

use std::time::Duration;

/// Is told what happens to sessions, to count it. Every method does nothing by default. The names are
/// those of published scenarios and loaded plugins, and results are words from this program.
pub trait Observer: Send + Sync + 'static {
    /// A session was started.
    fn session_started(&self, _scenario: &str) {}
    /// A turn has ended: `waits`, or why the session is finished.
    fn turn_ended(&self, _scenario: &str, _result: &str, _time: Duration) {}
    /// A call has ended: `true`, `false`, or the class of its failure.
    fn call_ended(&self, _plugin: &str, _function: &str, _result: &str, _time: Duration) {}
    /// A repeated message got its saved answer.
    fn answer_repeated(&self) {}
    /// An interrupted turn was taken over.
    fn turn_recovered(&self) {}
    /// A request to the store failed.
    fn store_failed(&self) {}
    /// The store was measured, and has room for new sessions or not.
    fn store_measured(&self, _bytes: u64, _has_room: bool) {}
    /// The folders were read again: how many files were read, and how many refused.
    fn files_reloaded(&self, _read: usize, _refused: usize) {}
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}
