//! Texts from elsewhere on a terminal, and the terminal itself.

use std::io::{IsTerminal, Write};

/// Clears the screen, where standard output is one.
pub(crate) fn clear() {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        // A screen that stays as it is does no harm.
        let _ = write!(out, "\u{1b}[2J\u{1b}[3J\u{1b}[H").and_then(|()| out.flush());
    }
}

/// A text without what a terminal would take for commands: control characters other than line
/// breaks and tabs become `\u{FFFD}`. The marks that turn the direction of writing become it, too:
/// they make a text read as another one.
pub(crate) fn safe(text: &str) -> String {
    text.replace("\r\n", "\n").replace(is_command, "\u{fffd}")
}

fn is_command(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control() && !matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn commands_to_the_terminal_are_taken_out() {
        assert_eq!(safe("Dobrý den\n\tpane ☕"), "Dobrý den\n\tpane ☕");
        assert_eq!(safe("\u{1b}]0;title\u{7}"), "\u{fffd}]0;title\u{fffd}");
        assert_eq!(safe("a\r\nb\rc"), "a\nb\u{fffd}c");
        assert_eq!(safe("\u{9b}31m \u{202e}txet"), "\u{fffd}31m \u{fffd}txet");
    }
}
