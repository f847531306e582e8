//! A sign of life while something takes its time.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::ProgressBar;

/// What takes no longer than this needs no sign of life.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for some work. On a terminal, a line on standard error says what is being waited for when
/// it takes more than a second; it is gone when the work is done.
pub(crate) async fn waiting_for<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
        return done;
    }
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let sign = ProgressBar::new_spinner().with_message(what);
    sign.enable_steady_tick(Duration::from_millis(100));
    let done = work.await;
    sign.finish_and_clear();
    done
}
