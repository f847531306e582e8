//! Why a command did not end well, in the form in which a person reads it: what, its causes, and
//! what to do.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::terminal::safe;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default();

/// How a command ended; its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// 0: fine.
    Fine,
    /// 1: the scenario or the back end said no.
    No,
    /// 2: wrong usage: what was asked could not be tried.
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

/// Why a command stopped.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the exit code says.
    pub(crate) verdict: Verdict,
    /// What happened, on what; none where the command has said it already.
    message: Option<String>,
    /// The causes, from the nearest to the root.
    causes: Vec<String>,
    /// What to do.
    help: Option<String>,
}

impl Refusal {
    /// The scenario or the back end said no.
    pub(crate) fn no(message: impl Into<String>) -> Refusal {
        Refusal::new(Verdict::No, message)
    }

    /// What was asked could not be tried.
    pub(crate) fn usage(message: impl Into<String>) -> Refusal {
        Refusal::new(Verdict::Usage, message)
    }

    /// The command has printed why, in its own form.
    pub(crate) fn said(verdict: Verdict) -> Refusal {
        Refusal {
            verdict,
            message: None,
            causes: Vec::new(),
            help: None,
        }
    }

    fn new(verdict: Verdict, message: impl Into<String>) -> Refusal {
        Refusal {
            verdict,
            message: Some(message.into()),
            causes: Vec::new(),
            help: None,
        }
    }

    /// Adds an error and its sources as causes.
    #[must_use]
    pub(crate) fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Refusal {
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
    pub(crate) fn help(mut self, help: impl Into<String>) -> Refusal {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do, where there is something.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Refusal {
        self.help = help.or(self.help);
        self
    }

    /// All problems of a run as one: all but the last are written now.
    pub(crate) fn all(problems: Vec<Refusal>) -> Result<(), Refusal> {
        let mut problems = problems.into_iter().peekable();
        while let Some(problem) = problems.next() {
            if problems.peek().is_none() {
                return Err(problem);
            }
            problem.report();
        }
        Ok(())
    }

    /// Writes it to standard error, and says which exit code it is.
    pub(crate) fn report(&self) -> Verdict {
        // Nobody is left to tell when standard error is gone.
        let _ = self.write(&mut anstream::stderr());
        self.verdict
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let Some(message) = &self.message else {
            return Ok(());
        };
        // What a back end, a registry or a file says of itself may stand in any of them.
        writeln!(out, "{ERROR}error:{ERROR:#} {}", safe(message))?;
        for cause in &self.causes {
            writeln!(out, "  caused by: {}", safe(cause))?;
        }
        if let Some(help) = &self.help {
            writeln!(out, "  {HELP}help:{HELP:#} {}", safe(help))?;
        }
        Ok(())
    }
}

/// The message alone, for where there is room for one line.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            self.message
                .as_deref()
                .unwrap_or("the connections file has problems"),
        )
    }
}

/// A write to standard output failed. A reader who has seen enough (`krabice schema | head`) is
/// no error.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Refusal::said(Verdict::Fine)
        } else {
            Refusal::usage("the output could not be written").because(&error)
        }
    }
}

/// Writes a text of many lines to standard error.
pub(crate) fn tell(text: &str) {
    let _ = write!(anstream::stderr(), "{text}");
}

/// Writes a warning to standard error.
pub(crate) fn warn(message: &str) {
    let message = safe(message);
    let _ = writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {message}");
}

/// Writes a remark to standard error.
pub(crate) fn note(message: &str) {
    let message = safe(message);
    let _ = writeln!(anstream::stderr(), "{HELP}note:{HELP:#} {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file could not be read")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn says_what_why_and_what_to_do() {
        let error = Outer(std::io::Error::other("no such device"));
        let refusal = Refusal::usage("`a.json` was not opened")
            .because(&error)
            .help("look again");
        let mut text = Vec::new();
        refusal
            .write(&mut anstream::StripStream::new(&mut text))
            .unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "error: `a.json` was not opened\n  caused by: the file could not be read\n  \
             caused by: no such device\n  help: look again\n"
        );
    }

    /// Whoever is refused does not get at the terminal by what the refusal repeats.
    #[test]
    fn what_others_wrote_gives_the_terminal_no_commands() {
        let hostile = "a \u{1b}]0;title\u{7}\u{1b}[2J b";
        let refusal = Refusal::no(hostile)
            .because(&std::io::Error::other(hostile))
            .help(hostile);
        let mut text = Vec::new();
        refusal.write(&mut text).unwrap();
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
    fn a_reader_who_left_is_no_error() {
        let refusal = Refusal::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(refusal.verdict, Verdict::Fine);
    }
}
