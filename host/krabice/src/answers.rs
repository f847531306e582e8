//! Where a customer's answers come from: a prepared file, a terminal, or standard input.

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use crate::refusal::Refusal;

/// What stands before a customer's words.
pub(crate) const PROMPT: &str = "> ";

/// The customer's side of a run.
#[derive(Debug)]
pub(crate) enum Answers {
    /// Prepared: taken one after the other.
    Prepared(VecDeque<String>),
    /// A person at a terminal, who sees what they type.
    Terminal,
    /// Standard input that is no terminal: one answer a line.
    Lines,
}

impl Answers {
    /// Prepared answers where a file is named, else whatever standard input is.
    ///
    /// # Errors
    /// The file cannot be read, or begins as a JSON array and is none of texts.
    pub(crate) fn from_file_or_input(file: Option<&Path>) -> Result<Answers, Refusal> {
        let Some(file) = file else {
            let person = std::io::stdin().is_terminal();
            return Ok(if person {
                Answers::Terminal
            } else {
                Answers::Lines
            });
        };
        let named = || format!("the answers `{}` cannot be read", file.display());
        let text = std::fs::read_to_string(file)
            .map_err(|error| Refusal::usage(named()).because(&error))?;
        parse(&text).map(Answers::Prepared).map_err(|error| {
            Refusal::usage(named())
                .because(&error)
                .help("write one answer a line, or a JSON array of texts")
        })
    }

    /// Whether the answers appear on standard output as they are given, so that the transcript
    /// need not repeat them.
    pub(crate) fn are_seen(&self) -> bool {
        matches!(self, Answers::Terminal)
    }

    /// What is left of prepared answers, in words; none when nothing is.
    pub(crate) fn left(&self) -> Option<String> {
        match self {
            Answers::Prepared(answers) if !answers.is_empty() => {
                Some(crate::finding::number(answers.len(), "answer"))
            }
            _ => None,
        }
    }

    /// The next answer; none when there are no more.
    ///
    /// # Errors
    /// Standard input cannot be read, or the prompt not written.
    pub(crate) fn next(&mut self, prompt: &mut dyn Write) -> std::io::Result<Option<String>> {
        match self {
            Answers::Prepared(answers) => Ok(answers.pop_front()),
            Answers::Terminal => {
                write!(prompt, "{PROMPT}")?;
                prompt.flush()?;
                let answer = read_line()?;
                if answer.is_none() {
                    // The cursor still stands behind the prompt.
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
    // A customer's slip of encoding is an odd answer, not an error of the run.
    let line = String::from_utf8_lossy(&line);
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads prepared answers: a JSON array of texts and numbers where the text begins with `[`, else
/// one answer a line.
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
