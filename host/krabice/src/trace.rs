//! The trace: what happens in a session, box by box and request by request, as JSON lines.
//!
//! The events of the engine carry tokens in place of hidden and personal values; this module adds
//! what only the host knows, the requests of a call and its time, under the same rule.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::exchange::Request;
use crate::redact::Redactor;
use crate::refusal::Refusal;

/// Where a trace goes. Cheap to clone; all clones write to the same place.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Mutex<Target>>);

struct Target {
    writer: Box<dyn Write + Send>,
    /// The first line that could not be written.
    failed: Option<io::Error>,
}

/// What the host adds to the engine's events.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum HostEvent<'a> {
    /// An outbound request of a call.
    Request {
        /// The box that called.
        #[serde(rename = "box")]
        id: &'a str,
        #[serde(flatten)]
        request: &'a Request,
    },
    /// A call is over.
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
    /// A trace into a file, or for `-` to standard error. A file that is there is written anew.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn to(path: &Path, redactor: &Redactor) -> Result<Trace, Refusal> {
        let writer: Box<dyn Write + Send> = if path.as_os_str() == "-" {
            Box::new(redactor.writer(io::stderr()))
        } else {
            let file = File::create(path).map_err(|error| {
                Refusal::usage(format!("the trace `{}` cannot be written", path.display()))
                    .because(&error)
            })?;
            Box::new(redactor.writer(file))
        };
        Ok(Trace(Arc::new(Mutex::new(Target {
            writer,
            failed: None,
        }))))
    }

    /// Writes one event as a line.
    pub(crate) fn write(&self, event: &impl Serialize) {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if target.failed.is_some() {
            return;
        }
        // One write for the whole line, so that no secret is cut in two before it is looked for.
        let written = serde_json::to_string(event)
            .map_err(io::Error::from)
            .and_then(|line| target.writer.write_all(format!("{line}\n").as_bytes()));
        target.failed = written.err();
    }

    /// Whether everything was written.
    ///
    /// # Errors
    /// It was not.
    pub(crate) fn finish(&self) -> Result<(), Refusal> {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match target.failed.take() {
            Some(error) => Err(Refusal::usage("the trace could not be written").because(&error)),
            None => Ok(()),
        }
    }
}
