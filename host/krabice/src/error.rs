//! The error that ends a command, as a person reads it: what happened, the causes, and what to do.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::log::{self, SAID};
use crate::terminal::{HELP, sanitized};

const ERROR: Style = AnsiColor::Red.on_default().bold();

/// How a command ended. Each variant is an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// 0: success.
    Fine,
    /// 1: the answer is no: errors were found, or a call failed or answered false.
    No,
    /// 2: wrong usage; the command could not be tried.
    Usage,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> ExitCode {
        ExitCode::from(match verdict {
            Verdict::Fine => 0,
            Verdict::No => 1,
            Verdict::Usage => 2,
        })
    }
}

/// An error that ends a command.
#[derive(Debug)]
pub(crate) struct CliError {
    /// The exit code.
    pub(crate) verdict: Verdict,
    /// What happened, and on what. `None` when the command has already printed it.
    message: Option<String>,
    /// The causes, from the nearest to the root.
    causes: Vec<String>,
    /// What to do.
    help: Option<String>,
}

impl CliError {
    /// An error with exit code 1: the answer is no.
    pub(crate) fn no(message: impl Into<String>) -> CliError {
        CliError::new(Verdict::No, Some(message.into()))
    }

    /// An error with exit code 2: the command could not be tried.
    pub(crate) fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Verdict::Usage, Some(message.into()))
    }

    /// An error that the command has already printed in a form of its own.
    pub(crate) fn already_reported(verdict: Verdict) -> CliError {
        CliError::new(verdict, None)
    }

    fn new(verdict: Verdict, message: Option<String>) -> CliError {
        CliError {
            verdict,
            message,
            causes: Vec::new(),
            help: None,
        }
    }

    /// Adds an error and its sources as causes.
    #[must_use]
    pub(crate) fn because(mut self, error: &(dyn std::error::Error + 'static)) -> CliError {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // Some libraries repeat a source in their own text.
            if self.causes.last().is_none_or(|last| !last.ends_with(&text)) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds what to do.
    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> CliError {
        self.maybe_help(Some(help.into()))
    }

    /// Adds what to do, if there is any advice.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> CliError {
        self.help = help.or(self.help);
        self
    }

    /// Reports several errors of one command: prints all but the last, and returns the last.
    pub(crate) fn report_all(errors: Vec<CliError>) -> Result<(), CliError> {
        let mut errors = errors.into_iter().peekable();
        while let Some(error) = errors.next() {
            if errors.peek().is_none() {
                return Err(error);
            }
            error.report();
        }
        Ok(())
    }

    /// Writes the error to standard error, and returns its exit code.
    pub(crate) fn report(&self) -> Verdict {
        if log::is_json() {
            if let Some(message) = &self.message {
                let causes = (!self.causes.is_empty()).then(|| self.causes.join(": "));
                tracing::error!(target: SAID, causes, help = self.help, "{message}");
            }
            return self.verdict;
        }
        // If standard error is closed, nobody can be told.
        let _ = self.write(&mut anstream::stderr());
        self.verdict
    }

    /// Every part may quote a back end, a registry or a file, so every part is sanitized.
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let Some(message) = &self.message else {
            return Ok(());
        };
        writeln!(out, "{ERROR}error:{ERROR:#} {}", sanitized(message))?;
        for cause in &self.causes {
            writeln!(out, "  caused by: {}", sanitized(cause))?;
        }
        if let Some(help) = &self.help {
            writeln!(out, "  {HELP}help:{HELP:#} {}", sanitized(help))?;
        }
        Ok(())
    }
}

/// The message alone, for a place that has room for one line.
impl std::fmt::Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The problems of a connections file are the only errors that are printed early and then
        // shown again in a line.
        f.write_str(
            self.message
                .as_deref()
                .unwrap_or("the connections file has problems"),
        )
    }
}

/// A write to standard output failed. A reader that closes the pipe early, such as
/// `krabice schema | head`, is not an error.
impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> CliError {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            CliError::already_reported(Verdict::Fine)
        } else {
            CliError::usage("the output could not be written").because(&error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file could not be read")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_report_has_the_message_the_causes_and_the_help() {
        let cause = Outer(std::io::Error::other("no such device"));
        let error = CliError::usage("`a.json` was not opened")
            .because(&cause)
            .help("look again");
        let mut text = Vec::new();
        error
            .write(&mut anstream::StripStream::new(&mut text))
            .unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "error: `a.json` was not opened\n  caused by: the file could not be read\n  \
             caused by: no such device\n  help: look again\n"
        );
    }

    #[test]
    fn a_report_sends_no_commands_to_the_terminal() {
        let hostile = "a \u{1b}]0;title\u{7}\u{1b}[2J b";
        let error = CliError::no(hostile)
            .because(&std::io::Error::other(hostile))
            .help(hostile);
        let mut text = Vec::new();
        error.write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            !text.contains('\u{7}') && !text.contains("\u{1b}[2J"),
            "{text:?}"
        );
        assert_eq!(
            text.matches("\u{fffd}]0;title\u{fffd}").count(),
            3,
            "{text:?}"
        );
    }

    #[test]
    fn a_closed_pipe_is_not_an_error() {
        let error = CliError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(error.verdict, Verdict::Fine);
    }
}
