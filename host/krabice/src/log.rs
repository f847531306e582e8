//! The log for the operator, on standard error, and the layer that exports spans to a collector.

use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::cli::{LogFormat, LogOptions};
use crate::error::CliError;
use crate::redact::Redactor;
use crate::telemetry::{self, Telemetry};

/// The target of what a command says itself: notes, warnings and its error. It is logged at any level.
pub(crate) const SAID: &str = "krabice::said";

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Whether standard error has one JSON object per line. What a command says then goes through the log.
pub(crate) fn is_json() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

/// Starts the log. A quiet log has errors only, unless the options ask for more. The returned
/// handle starts the telemetry once the configuration is known.
///
/// # Errors
/// The filters of the options are invalid.
pub(crate) fn start(
    options: &LogOptions,
    quiet: bool,
    redactor: &Redactor,
) -> Result<Telemetry, CliError> {
    let (filter, mistake) = match filter(options.log.as_deref(), options.verbose, quiet) {
        Ok(filter) => (filter, None),
        Err(mistake) => (filter(None, 0, quiet)?, Some(mistake)),
    };
    let format = FORMAT.get_or_init(|| options.log_format);
    let redactor = redactor.clone();
    let layer = fmt::layer().with_writer(move || redactor.writer(std::io::stderr()));
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colours).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // Without this hint every library's event would be looked at, whatever its level.
    let may_be_logged = filter_fn(may_be_logged).with_max_level_hint(LevelFilter::TRACE);
    let said = filter_fn(|metadata| metadata.target() == SAID);
    let said = said.with_max_level_hint(LevelFilter::INFO);
    let layer = layer.with_filter(filter.and(may_be_logged).or(said));
    let (spans, telemetry) = telemetry::inactive_layer();
    tracing_subscriber::registry()
        .with(spans)
        .with(layer)
        .init();
    match mistake {
        None => Ok(telemetry),
        Some(mistake) => Err(mistake),
    }
}

/// From now on a panic is an event of the log, in place of Rust's own lines. A message that was put together
/// is left out: it may contain a customer's data.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let message = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(
        location,
        panic = message.copied(),
        thread = std::thread::current().name(),
        "the program panicked: this is a mistake of krabice"
    );
}

/// The filter that hides the warnings of Wasmtime's cache: it warns of files that another process
/// has just removed, which is normal when processes share the cache.
const QUIET_CACHE: &str = "wasmtime_internal_cache=error";

fn filter(asked: Option<&str>, verbose: u8, quiet: bool) -> Result<EnvFilter, CliError> {
    let level = match verbose {
        0 if quiet => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let default = if level < LevelFilter::DEBUG {
        format!("{level},{QUIET_CACHE}")
    } else {
        level.to_string()
    };
    let builder = EnvFilter::builder().with_default_directive(level.into());
    builder.parse(asked.unwrap_or(&default)).map_err(|error| {
        CliError::usage("the log filter is invalid").because(&error).help(
            "write a level (`error`, `warn`, `info`, `debug`, `trace`), or `module=level` pairs \
             separated by commas",
        )
    })
}

/// Whether an event may be logged at its level, whatever the filters say. It keeps customers' data
/// out of the log.
///
/// At `trace`, libraries log whatever passes through them: the bindings of `wasmtime_wasi_http`
/// log every text that a plugin passes, such as URLs with customers' e-mail addresses. So only
/// our own crates may log at `trace`. The database client logs stored data already at `debug`, so
/// it may log only warnings and errors. The compiler's messages at `debug` about every function
/// that it compiles only hide the others.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let finest = if is_ours(target) {
        Level::TRACE
    } else if target.starts_with("tokio_postgres") {
        Level::WARN
    } else if is_compiler(target) {
        Level::INFO
    } else {
        Level::DEBUG
    };
    *metadata.level() <= finest
}

fn is_compiler(target: &str) -> bool {
    ["cranelift", "regalloc2", "wasmtime_internal"]
        .iter()
        .any(|part| target.starts_with(part))
}

fn is_ours(target: &str) -> bool {
    target
        .split("::")
        .next()
        .is_some_and(|part| part == "krabice" || part.starts_with("krabice_"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn only_our_own_crates_may_log_at_trace() {
        assert!(is_ours("krabice"));
        assert!(is_ours("krabice_egress::outlet"));
        assert!(!is_ours("wasmtime_wasi_http::p2::bindings"));
        assert!(!is_ours("hyper::proto::h1"));
        assert!(!is_ours("krabicello"));
    }

    #[test]
    fn the_default_level_is_warn_and_each_v_adds_one() {
        let logged = |log, verbose| filter(log, verbose, false).unwrap().max_level_hint();
        assert_eq!(logged(None, 0), Some(LevelFilter::WARN));
        assert_eq!(logged(None, 1), Some(LevelFilter::INFO));
        assert_eq!(logged(None, 3), Some(LevelFilter::TRACE));
        assert_eq!(logged(Some("error"), 3), Some(LevelFilter::ERROR));
    }

    #[test]
    fn warnings_of_a_shared_cache_are_hidden_below_debug() {
        let logged = |verbose| {
            let filter = filter(None, verbose, false).unwrap();
            let subscriber = tracing_subscriber::registry().with(filter);
            tracing::subscriber::with_default(subscriber, || {
                let cache =
                    tracing::enabled!(target: "wasmtime_internal_cache::worker", Level::WARN);
                (cache, tracing::enabled!(target: "wasmtime", Level::WARN))
            })
        };
        assert_eq!(logged(0), (false, true));
        assert_eq!(logged(2), (true, true));
    }

    #[test]
    fn a_panic_is_logged_without_what_its_message_was_made_of() {
        struct Written(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Written {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let written = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&written);
        let layer = fmt::layer().json().flatten_event(true);
        let layer = layer.with_writer(move || Written(Arc::clone(&log)));
        let subscriber = tracing_subscriber::registry().with(layer);
        let before = std::panic::take_hook();
        log_panics();
        tracing::subscriber::with_default(subscriber, || {
            let customer = "petra@example.cz";
            let made = std::panic::catch_unwind(|| panic!("{customer} has no order"));
            let plain = std::panic::catch_unwind(|| panic!("there is no order"));
            assert!(made.is_err() && plain.is_err());
        });
        std::panic::set_hook(before);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(!text.contains("petra"), "{text}");
        for line in &lines {
            let location = line["location"].as_str().unwrap();
            assert!(location.starts_with("host/krabice/src/log.rs:"), "{text}");
        }
        assert_eq!(lines[1]["panic"], "there is no order");
    }

    #[test]
    fn an_invalid_filter_is_refused() {
        assert!(filter(Some("krabice=loud"), 0, false).is_err());
    }
}
