//! Captures the server's log, at the finest level that the command allows.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// All log lines from the threads of one runtime.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// A runtime with several threads, whose log lines are all captured.
    pub(crate) fn runtime(&self) -> tokio::runtime::Runtime {
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(self.clone())
            .with_filter(filter_fn(is_logged));
        let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .on_thread_start(move || {
                // For as long as the thread lives.
                std::mem::forget(tracing::dispatcher::set_default(&dispatch));
            })
            .build()
            .unwrap()
    }

    /// Runs a test in such a runtime.
    pub(crate) fn run<F>(&self, test: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = self.runtime();
        // On one of the runtime's threads, because this thread's log is not captured.
        let ended = runtime.block_on(runtime.spawn(test));
        match ended {
            Ok(output) => output,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// The log lines since the last call.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The same levels as `krabice --log trace`: the finest one for the product's own crates. The emulators
/// are not part of the product.
fn is_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    if target.starts_with("krabice_emulators") {
        return false;
    }
    let finest = if target.starts_with("krabice") {
        Level::TRACE
    } else {
        Level::DEBUG
    };
    *metadata.level() <= finest
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
