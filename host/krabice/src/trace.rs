//! The trace of a session: every box and every request, as JSON lines.
//!
//! The engine's events hold tokens in place of hidden and personal values. This module adds what
//! only the host knows: the requests of a call and its time. The caller must mask what is hidden
//! or personal in them.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::error::CliError;
use crate::locked;
use crate::output::RequestOutput;
use crate::redact::Redactor;

/// A trace that is being written. Cheap to clone; all clones write to the same target.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Mutex<Target>>);

struct Target {
    writer: Box<dyn Write + Send>,
    /// The error of the first line that could not be written. Nothing is written after it.
    error: Option<io::Error>,
}

/// An event that the host adds to those of the engine.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum HostEvent<'a> {
    /// An outbound request of a call.
    Request {
        /// The box that called.
        #[serde(rename = "box")]
        id: &'a str,
        #[serde(flatten)]
        request: &'a RequestOutput,
    },
    /// The end of a call.
    Called {
        /// The box that called.
        #[serde(rename = "box")]
        id: &'a str,
        /// The call's key.
        key: &'a str,
        milliseconds: f64,
    },
}

impl Trace {
    /// Opens a trace to a file, or to standard error for `-`. An existing file is replaced.
    ///
    /// # Errors
    /// The file cannot be created.
    pub(crate) fn to(path: &Path, redactor: &Redactor) -> Result<Trace, CliError> {
        let writer: Box<dyn Write + Send> = if path.as_os_str() == "-" {
            Box::new(redactor.writer(io::stderr()))
        } else {
            let file = File::create(path).map_err(|error| {
                CliError::usage(format!("the trace `{}` cannot be written", path.display()))
                    .because(&error)
            })?;
            Box::new(redactor.writer(file))
        };
        Ok(Trace(Arc::new(Mutex::new(Target {
            writer,
            error: None,
        }))))
    }

    /// Writes one event as a line.
    pub(crate) fn write(&self, event: &impl Serialize) {
        let mut target = locked(&self.0);
        if target.error.is_some() {
            return;
        }
        // One write for the whole line: the redactor does not find a secret that is split.
        let written = serde_json::to_string(event)
            .map_err(io::Error::from)
            .and_then(|line| target.writer.write_all(format!("{line}\n").as_bytes()));
        target.error = written.err();
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// A line could not be written.
    pub(crate) fn finish(&self) -> Result<(), CliError> {
        let mut target = locked(&self.0);
        match target.error.take() {
            Some(error) => Err(CliError::usage("the trace could not be written").because(&error)),
            None => Ok(()),
        }
    }
}
