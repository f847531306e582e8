//! The log: what goes on inside, for the operator, on standard error; and the door through which
//! spans go to a collector.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::cli::{LogFormat, LogOptions};
use crate::redact::Redactor;
use crate::refusal::Refusal;
use crate::telemetry::{self, Telemetry};

/// Starts the log. Where it is to be quiet, nothing below an error is written unless it is asked
/// for. What it gives back starts the telemetry, once the configuration is known.
///
/// # Errors
/// The filters that were asked for cannot be read.
pub(crate) fn start(
    options: &LogOptions,
    quiet: bool,
    redactor: &Redactor,
) -> Result<Telemetry, Refusal> {
    let filter = filter(options, quiet)?;
    let redactor = redactor.clone();
    let layer = fmt::layer().with_writer(move || redactor.writer(std::io::stderr()));
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let layer = match options.log_format {
        LogFormat::Text => layer.with_ansi(colours).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let layer = layer.with_filter(filter.and(filter_fn(may_be_logged)));
    let (spans, telemetry) = telemetry::closed();
    tracing_subscriber::registry()
        .with(spans)
        .with(layer)
        .init();
    Ok(telemetry)
}

/// Warns of files that another process has just cleaned up, which is how processes
/// share the cache of compiled plugins.
const QUIET: &str = "wasmtime_internal_cache=error";

fn filter(options: &LogOptions, quiet: bool) -> Result<EnvFilter, Refusal> {
    let level = match options.verbose {
        0 if quiet => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let usual = if level < LevelFilter::DEBUG {
        format!("{level},{QUIET}")
    } else {
        level.to_string()
    };
    let builder = EnvFilter::builder().with_default_directive(level.into());
    builder
        .parse(options.log.as_deref().unwrap_or(&usual))
        .map_err(|error| {
            Refusal::usage("the log filters cannot be read").because(&error).help(
            "write a level (`error`, `warn`, `info`, `debug`, `trace`), or `part=level` pairs \
             separated by commas",
        )
        })
}

/// Whether an event may be logged at its level, whatever the filters say.
///
/// At the finest level libraries write whatever passes through them: the bindings of
/// `wasmtime_wasi_http` write every text that a plugin hands over, addresses with customers'
/// e-mails among them. So that level is for our own parts alone. The client of the database writes
/// what it stores already at the level before. The compiler's account of each function that it
/// compiles helps nobody here.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let finest = if is_ours(target) {
        Level::TRACE
    } else if target.starts_with("tokio_postgres") {
        Level::WARN
    } else if is_the_compilers(target) {
        Level::INFO
    } else {
        Level::DEBUG
    };
    *metadata.level() <= finest
}

fn is_the_compilers(target: &str) -> bool {
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
    use super::*;

    #[test]
    fn the_finest_level_is_for_our_own_parts() {
        assert!(is_ours("krabice"));
        assert!(is_ours("krabice_egress::outlet"));
        assert!(!is_ours("wasmtime_wasi_http::p2::bindings"));
        assert!(!is_ours("hyper::proto::h1"));
        assert!(!is_ours("krabicello"));
    }

    #[test]
    fn the_default_level_is_warn_and_each_v_adds_one() {
        let logged = |log: Option<&str>, verbose| {
            let options = LogOptions {
                log: log.map(str::to_owned),
                verbose,
                log_format: LogFormat::Text,
            };
            filter(&options, false).unwrap().max_level_hint()
        };
        assert_eq!(logged(None, 0), Some(LevelFilter::WARN));
        assert_eq!(logged(None, 1), Some(LevelFilter::INFO));
        assert_eq!(logged(None, 3), Some(LevelFilter::TRACE));
        assert_eq!(logged(Some("error"), 3), Some(LevelFilter::ERROR));
    }

    #[test]
    fn processes_that_share_the_cache_are_no_news() {
        let logged = |verbose| {
            let options = LogOptions {
                log: None,
                verbose,
                log_format: LogFormat::Text,
            };
            let filter = filter(&options, false).unwrap();
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
    fn filters_that_make_no_sense_are_refused() {
        let options = LogOptions {
            log: Some("krabice=loud".to_owned()),
            verbose: 0,
            log_format: LogFormat::Text,
        };
        assert!(filter(&options, false).is_err());
    }
}
