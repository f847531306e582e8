//! The source of a customer's answers: a prepared file, a terminal, or standard input.

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use crate::error::CliError;

/// The prompt before a customer's answer.
pub(crate) const PROMPT: &str = "> ";

/// The answers of the customer in a run.
#[derive(Debug)]
pub(crate) enum Answers {
    /// Answers from a file.
    Prepared(VecDeque<String>),
    /// Answers of a person at a terminal, who sees them while typing.
    Terminal,
    /// Answers from standard input that is not a terminal, one per line.
    Lines,
}

impl Answers {
    /// The answers of a file if one is named, otherwise of standard input.
    ///
    /// # Errors
    /// The file cannot be read, or it begins as a JSON array that does not hold only texts and
    /// numbers.
    pub(crate) fn from_file_or_input(file: Option<&Path>) -> Result<Answers, CliError> {
        let Some(file) = file else {
            return Ok(if std::io::stdin().is_terminal() {
                Answers::Terminal
            } else {
                Answers::Lines
            });
        };
        let unreadable =
            || CliError::usage(format!("the answers `{}` cannot be read", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| unreadable().because(&error))?;
        parse(&text).map(Answers::Prepared).map_err(|error| {
            unreadable()
                .because(&error)
                .help("write one answer per line, or a JSON array of texts")
        })
    }

    /// Whether the terminal already shows the answers, so that the transcript does not repeat
    /// them.
    pub(crate) fn are_echoed(&self) -> bool {
        matches!(self, Answers::Terminal)
    }

    /// The number of prepared answers that are left, in words. `None` if there are none.
    pub(crate) fn left(&self) -> Option<String> {
        match self {
            Answers::Prepared(answers) if !answers.is_empty() => {
                Some(crate::finding::number(answers.len(), "answer"))
            }
            Answers::Prepared(_) | Answers::Terminal | Answers::Lines => None,
        }
    }

    /// The next answer. `None` if there are no more.
    ///
    /// # Errors
    /// Standard input cannot be read, or the prompt cannot be written.
    pub(crate) fn next(&mut self, prompt: &mut dyn Write) -> std::io::Result<Option<String>> {
        match self {
            Answers::Prepared(answers) => Ok(answers.pop_front()),
            Answers::Terminal => {
                write!(prompt, "{PROMPT}")?;
                prompt.flush()?;
                let answer = read_line()?;
                if answer.is_none() {
                    // End the line of the prompt.
                    writeln!(prompt)?;
                }
                Ok(answer)
            }
            Answers::Lines => read_line(),
        }
    }
}

fn read_line() -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    if std::io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    // Invalid UTF-8 is an odd answer of the customer, not an error of the run.
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads prepared answers: a JSON array of texts and numbers if the text begins with `[`,
/// otherwise one answer per line.
fn parse(text: &str) -> Result<VecDeque<String>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged, expecting = "an answer is a text or a number")]
    enum Answer {
        Text(String),
        Number(serde_json::Number),
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let answers: Vec<Answer> = serde_json::from_str(text)?;
        return Ok(answers
            .into_iter()
            .map(|answer| match answer {
                Answer::Text(text) => text,
                Answer::Number(number) => number.to_string(),
            })
            .collect());
    }
    Ok(text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn every_line_is_an_answer() {
        check(
            "O260147\r\npetra@example.cz\n",
            &["O260147", "petra@example.cz"],
        );
        check("#260147\n\nno\n", &["#260147", "", "no"]);
        check("", &[]);
    }

    #[test]
    fn an_array_may_hold_texts_and_numbers() {
        check(" [\"two\\nlines\", 3]\n", &["two\nlines", "3"]);
        check("\u{feff}[]", &[]);
    }

    #[test]
    fn an_array_of_anything_else_is_refused() {
        assert!(parse("[true]").is_err());
        assert!(parse("[\"a\"").is_err());
    }
}
