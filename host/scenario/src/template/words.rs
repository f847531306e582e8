//! The words of a tag: names, values, and helpers with their arguments.

use std::ops::Range;

use super::lex::Tag;
use super::{TemplateError, TemplateErrorKind};

/// The deepest nesting of parentheses in one tag.
const PARENTHESES_DEPTH: usize = 8;

/// A word with its place in the source.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) span: Range<usize>,
    pub(super) kind: WordKind,
}

#[derive(Debug)]
pub(super) enum WordKind {
    Name(Name),
    /// A quoted text.
    Text(String),
    /// A number as it is written. Of digits alone it may be a name.
    Number,
    Boolean(bool),
    Null,
    /// Words in parentheses, at least one.
    Group(Vec<Word>),
}

/// A name: `order.status`, `../this`, `@root.[a name]`, `@index`.
#[derive(Debug, Default)]
pub(super) struct Name {
    /// The number of `../`.
    pub(super) up: usize,
    pub(super) from_root: bool,
    /// Whether it is one of a loop: `@index`.
    pub(super) is_local: bool,
    /// The segments; none for `this`.
    pub(super) segments: Vec<String>,
}

impl Word {
    /// The name, if the word is a bare one: no part of anything.
    pub(super) fn as_bare_name(&self) -> Option<&str> {
        let WordKind::Name(Name {
            up: 0,
            from_root: false,
            is_local: false,
            segments,
        }) = &self.kind
        else {
            return None;
        };
        match &segments[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// The words of a tag.
pub(super) struct Words {
    pub(super) words: Vec<Word>,
    /// The names after `as`.
    pub(super) names: Vec<String>,
}

/// Reads the words of a tag.
///
/// # Errors
/// The first problem.
pub(super) fn read(source: &str, tag: &Tag) -> Result<Words, TemplateError> {
    let mut reader = Reader {
        source,
        at: tag.body.start,
        end: tag.body.end,
        depth: 0,
    };
    let words = reader.words()?;
    let names = if reader.peek() == Some('|') {
        reader.names(&words)?
    } else {
        Vec::new()
    };
    let mut words = words;
    if !names.is_empty() {
        words.pop();
    }
    match reader.peek() {
        None => Ok(Words { words, names }),
        Some(_) => Err(reader.error(
            reader.at..reader.at + 1,
            "`)` closes nothing",
            "leave it out, or open it with `(`",
        )),
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    end: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..self.end].chars().next()
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>, help: &str) -> TemplateError {
        TemplateError::new(TemplateErrorKind::Tag, span, message, help)
    }

    /// Words up to the end, a `)` or a `|`.
    fn words(&mut self) -> Result<Vec<Word>, TemplateError> {
        let mut words = Vec::new();
        loop {
            let rest = &self.source[self.at..self.end];
            self.at = self.end - rest.trim_start().len();
            match self.peek() {
                None | Some(')' | '|') => return Ok(words),
                Some('(') => words.push(self.group()?),
                Some(quote @ ('"' | '\'')) => words.push(self.text(quote)?),
                Some('=') => {
                    let span = self.at..self.at + 1;
                    return Err(TemplateError::new(
                        TemplateErrorKind::Unsupported,
                        span,
                        "arguments cannot have names",
                        "write the arguments one after another, without `=`",
                    ));
                }
                Some(_) => words.push(self.plain()?),
            }
        }
    }

    fn group(&mut self) -> Result<Word, TemplateError> {
        let start = self.at;
        if self.depth == PARENTHESES_DEPTH {
            return Err(TemplateError::new(
                TemplateErrorKind::TooDeep,
                start..self.end,
                "parentheses are nested too deep",
                "compute it in steps, with `set` boxes",
            ));
        }
        self.at += 1;
        self.depth += 1;
        let words = self.words()?;
        self.depth -= 1;
        if self.peek() != Some(')') {
            let help = "close it with `)`";
            return Err(self.error(start..start + 1, "`(` is not closed", help));
        }
        self.at += 1;
        if words.is_empty() {
            let help = "write a helper and its arguments, or leave the parentheses out";
            return Err(self.error(start..self.at, "nothing is in these parentheses", help));
        }
        Ok(Word {
            span: start..self.at,
            kind: WordKind::Group(words),
        })
    }

    /// A quoted text, with the escapes of JSON and its own quote.
    fn text(&mut self, quote: char) -> Result<Word, TemplateError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.source[start + 1..self.end].char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at = start + 1 + at + 1;
                return Ok(Word {
                    span: start..self.at,
                    kind: WordKind::Text(text),
                });
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let escaped = match chars.next().map(|(_, c)| c) {
                Some(c @ ('"' | '\'' | '\\' | '/')) => Some(c),
                Some('b') => Some('\u{8}'),
                Some('f') => Some('\u{c}'),
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('u') => {
                    let digits = chars.as_str().get(..4);
                    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                    if number.is_some() {
                        chars.nth(3);
                    }
                    number.and_then(char::from_u32)
                }
                _ => None,
            };
            let Some(escaped) = escaped else {
                let from = start + 1 + at;
                let to = self.end - chars.as_str().len();
                let help = "after a backslash stands a quote, a backslash, or `b`, `f`, `n`, `r`, `t`, `u00e9`";
                return Err(self.error(from..to, "a backslash before something else", help));
            };
            text.push(escaped);
        }
        let message = format!("the text that begins here has no closing {quote}");
        Err(self.error(
            start..self.end,
            message,
            "close the text with the same quote",
        ))
    }

    fn plain(&mut self) -> Result<Word, TemplateError> {
        let start = self.at;
        let mut in_brackets = false;
        let rest = &self.source[start..self.end];
        let length = rest.find(|c: char| match c {
            '[' => {
                in_brackets = true;
                false
            }
            ']' => {
                in_brackets = false;
                false
            }
            _ => !in_brackets && (c.is_ascii_whitespace() || matches!(c, '(' | ')' | '|' | '=')),
        });
        let written = &rest[..length.unwrap_or(rest.len())];
        let span = start..start + written.len();
        self.at = span.end;
        let kind = match written {
            "true" => WordKind::Boolean(true),
            "false" => WordKind::Boolean(false),
            "null" => WordKind::Null,
            _ if is_number(written) => WordKind::Number,
            _ => WordKind::Name(self.name(written, span.clone())?),
        };
        Ok(Word { span, kind })
    }

    fn name(&self, written: &str, span: Range<usize>) -> Result<Name, TemplateError> {
        let mut name = Name::default();
        let mut rest = written;
        if let Some(after) = rest.strip_prefix("@root")
            && let Some(after) = after.strip_prefix(['.', '/'])
        {
            name.from_root = true;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('@') {
            name.is_local = true;
            rest = after;
        }
        loop {
            if let Some(after) = rest.strip_prefix("../") {
                name.up += 1;
                rest = after;
            } else if let Some(after) = ["./", "this.", "this/"]
                .iter()
                .find_map(|here| rest.strip_prefix(here))
            {
                rest = after;
            } else {
                break;
            }
        }
        match rest {
            ".." => {
                name.up += 1;
                return Ok(name);
            }
            "." | "this" => return Ok(name),
            _ => {}
        }
        if let Some(after) = rest.strip_prefix("@root.") {
            (name.from_root, rest) = (true, after);
        }
        loop {
            let (segment, after) = match rest.strip_prefix('[') {
                Some(inside) => match inside.split_once(']') {
                    Some((segment, after)) if !segment.contains('[') => (segment, after),
                    _ => return Err(self.unreadable(written, span)),
                },
                None => {
                    let length = rest.find(|c| !is_symbol(c)).unwrap_or(rest.len());
                    let (segment, after) = rest.split_at(length);
                    if segment.is_empty() || segment == "this" {
                        return Err(self.unreadable(written, span));
                    }
                    (segment, after)
                }
            };
            name.segments.push(segment.to_owned());
            if after.is_empty() {
                return Ok(name);
            }
            rest = match after.strip_prefix(['.', '/']) {
                Some(rest) => rest,
                None => return Err(self.unreadable(written, span)),
            };
        }
    }

    /// The error for a word that is no name, by what is most likely wrong.
    fn unreadable(&self, written: &str, span: Range<usize>) -> TemplateError {
        let (kind, message, help) = if written.starts_with('{')
            || written.starts_with('[') && (written.contains(',') || written.contains("[["))
        {
            (
                TemplateErrorKind::Literal,
                "a list or a record cannot be written in a template".to_owned(),
                "save it in a variable by a `set` box",
            )
        } else if written.contains("}}") || written.contains(">>") {
            (
                TemplateErrorKind::Brackets,
                "other closing brackets are inside the tag".to_owned(),
                "close a tag with the kind of brackets that opened it",
            )
        } else if written.contains('[') != written.contains(']') {
            (
                TemplateErrorKind::Name,
                format!("`{written}`: a square bracket is not closed"),
                "write `[a name]`",
            )
        } else if written.ends_with(['.', '/']) || written.contains("..") {
            (
                TemplateErrorKind::Name,
                format!("`{written}`: a name is missing beside a dot"),
                "write one dot between two names",
            )
        } else {
            (
                TemplateErrorKind::Name,
                format!("`{written}` is not a name"),
                "a name has letters, digits, `-`, `_`, `$` and `:`; others stand in square brackets, such as `[a name]`; texts need quotes",
            )
        };
        TemplateError::new(kind, span, message, help)
    }

    /// The names after `as`: `|item|` or `|item index|`.
    fn names(&mut self, words: &[Word]) -> Result<Vec<String>, TemplateError> {
        let start = self.at;
        let inside = &self.source[start + 1..self.end];
        let wrong = |to: usize, message: &str| {
            self.error(
                start..to,
                message,
                "write `as |item|` or `as |item index|` at the end of the tag",
            )
        };
        let Some(length) = inside.find('|') else {
            return Err(wrong(self.end, "`|` is not closed"));
        };
        let close = start + 1 + length;
        let names: Vec<String> = inside[..length]
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let good = (1..=2).contains(&names.len())
            && names.iter().all(|name| name.chars().all(is_symbol))
            && words
                .last()
                .is_some_and(|word| word.as_bare_name() == Some("as"))
            && self.source[close + 1..self.end].trim().is_empty();
        if !good {
            return Err(wrong(close + 1, "these are no names after `as`"));
        }
        self.at = self.end;
        Ok(names)
    }
}

/// Whether a name may have this character outside square brackets.
pub(super) fn is_symbol(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':') || c >= '\u{80}'
}

fn is_number(written: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = written.strip_prefix('-').unwrap_or(written);
    let (number, exponent) = unsigned.split_once('E').unwrap_or((unsigned, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    digits(whole)
        && (fraction.is_empty() || digits(fraction))
        && digits(exponent.strip_prefix('-').unwrap_or(exponent))
}
