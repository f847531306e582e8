//! What goes to the terminal: warnings and notes on standard error, and texts from outside made
//! harmless. Where the log has one JSON object per line, so have they.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::log::{self, SAID};

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();

/// Writes a warning to standard error.
pub(crate) fn warn(message: &str) {
    if log::is_json() {
        return tracing::warn!(target: SAID, "{message}");
    }
    write_to_stderr(&format!(
        "{WARNING}warning:{WARNING:#} {}\n",
        sanitized(message)
    ));
}

/// Writes a note to standard error.
pub(crate) fn note(message: &str) {
    if log::is_json() {
        return tracing::info!(target: SAID, "{message}");
    }
    write_to_stderr(&format!("{HELP}note:{HELP:#} {}\n", sanitized(message)));
}

/// Writes a text to standard error as it is.
pub(crate) fn write_to_stderr(text: &str) {
    // If standard error is closed, nobody can be told.
    let _ = write!(anstream::stderr(), "{text}");
}

/// Clears the screen if standard output is a terminal.
pub(crate) fn clear() {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        // A screen that is not cleared does no harm.
        let _ = write!(out, "\u{1b}[2J\u{1b}[3J\u{1b}[H").and_then(|()| out.flush());
    }
}

/// A text without commands to the terminal: every control character except line break and tab
/// becomes `\u{FFFD}`. So do the characters that change the direction of writing, because they
/// make a text read as another one.
pub(crate) fn sanitized(text: &str) -> String {
    text.replace("\r\n", "\n").replace(is_unsafe, "\u{fffd}")
}

fn is_unsafe(character: char) -> bool {
    let changes_direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    changes_direction || character.is_control() && !matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::sanitized;

    #[test]
    fn commands_to_the_terminal_are_removed() {
        assert_eq!(sanitized("Dobrý den\n\tpane ☕"), "Dobrý den\n\tpane ☕");
        assert_eq!(sanitized("\u{1b}]0;title\u{7}"), "\u{fffd}]0;title\u{fffd}");
        assert_eq!(sanitized("a\r\nb\rc"), "a\nb\u{fffd}c");
        assert_eq!(
            sanitized("\u{9b}31m \u{202e}txet"),
            "\u{fffd}31m \u{fffd}txet"
        );
    }
}
