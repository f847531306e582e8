//! A progress line for work that takes long.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::log;

/// How long work runs before the progress line appears.
const DELAY: Duration = Duration::from_secs(1);

/// Waits for some work. If it takes longer than a second, a line on standard error says what the
/// command is waiting for, until the work is done. Without a terminal there is no such line.
pub(crate) async fn waiting_for<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(DELAY, &mut work).await {
        return done;
    }
    if log::is_json() || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let line = ProgressBar::new_spinner().with_message(what);
    line.enable_steady_tick(Duration::from_millis(100));
    let done = work.await;
    line.finish_and_clear();
    done
}
