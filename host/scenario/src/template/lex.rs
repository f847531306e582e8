//! Divides a template's source into texts and tags, in both kinds of brackets.
//!
//! | written | read as |
//! |---|---|
//! | `{{x}}`, `<<x>>`, `<< x >>`, `{{{x}}}`, `{{&x}}` | a tag |
//! | `\{{`, `\<<` | two plain brackets |
//! | `\\<<x>>` | a backslash and a tag |
//! | `a << b`, `<<` at the end | plain brackets: a space or nothing follows, and there is no `>>` |
//! | `<<<x>>>` | a plain `<`, a tag, a plain `>` |
//! | `<<x` without `>>` | an error: the closing brackets or a backslash is missing |
//!
//! White space is trimmed as the `handlebars` crate does: where a tag says so by `~`, and
//! around blocks, `else` and comments that stand alone in their line.

use std::ops::Range;

use super::words::is_symbol;
use super::{TemplateError, TemplateErrorKind};

/// A part of a template.
#[derive(Debug)]
pub(super) enum Piece {
    /// Plain text, trimmed and without its escapes.
    Text(String),
    /// A tag that has a meaning.
    Tag(Tag),
    /// A comment, or a tag whose error has been reported.
    Nothing,
}

/// One tag.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    /// The whole tag with its brackets.
    pub(super) span: Range<usize>,
    pub(super) form: Form,
    /// The words, without brackets, tildes and the mark of the form.
    pub(super) body: Range<usize>,
}

/// The form of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `{{x}}`, `{{helper x}}`.
    Expression,
    /// `{{#helper x}}`, `{{#name}}`.
    Open,
    /// `{{^helper x}}`, `{{^name}}`.
    Inverse,
    /// `{{else if x}}`.
    ElseChain,
    /// `{{else}}` or `{{^}}`.
    Else,
    /// `{{/helper}}`.
    Close,
    /// `{{#> partial}}` or `{{#*decorator}}`, which have been reported: they open a block.
    Refused,
}

/// The pieces of a source, and the errors of its brackets.
pub(super) fn lex(source: &str) -> (Vec<Piece>, Vec<TemplateError>) {
    let mut lexer = Lexer {
        source,
        pieces: Vec::new(),
        errors: Vec::new(),
        text: String::new(),
        copied: 0,
        trims_start: false,
        trims_line: false,
    };
    lexer.run();
    (lexer.pieces, lexer.errors)
}

struct Lexer<'a> {
    source: &'a str,
    pieces: Vec<Piece>,
    errors: Vec<TemplateError>,
    /// The text since the last tag, as far as it was copied.
    text: String,
    /// The byte up to which the source was copied.
    copied: usize,
    /// Whether the next text loses the white space at its start.
    trims_start: bool,
    /// Whether the next text loses the rest of its first line, which is empty.
    trims_line: bool,
}

/// A kind of brackets.
#[derive(Clone, Copy)]
struct Brackets {
    open: &'static str,
    close: &'static str,
}

const CURLY: Brackets = Brackets {
    open: "{{",
    close: "}}",
};
const ANGLE: Brackets = Brackets {
    open: "<<",
    close: ">>",
};

impl Lexer<'_> {
    fn run(&mut self) {
        let bytes = self.source.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = match bytes[at] {
                b'\\' => self.backslashes(at),
                b'{' if self.starts(at, "{{") => self.curly(at),
                b'<' if self.starts(at, "<<") => self.angle(at),
                _ => at + 1,
            };
        }
        self.end_text(bytes.len());
    }

    fn starts(&self, at: usize, text: &str) -> bool {
        self.source.as_bytes()[at..].starts_with(text.as_bytes())
    }

    fn count(&self, at: usize, byte: u8) -> usize {
        let rest = &self.source.as_bytes()[at..];
        rest.iter().take_while(|b| **b == byte).count()
    }

    /// Reads backslashes. One before brackets makes them plain. Of several, one is dropped
    /// and the brackets keep their meaning. Anywhere else a backslash is plain text.
    fn backslashes(&mut self, at: usize) -> usize {
        let end = at + self.count(at, b'\\');
        let plain = match end - at {
            1 if self.starts(end, "{{{{") => Some(end + 4),
            1 if self.starts(end, "{{") || self.starts(end, "<<") => Some(end + 2),
            1 => None,
            _ => {
                let angle = self.starts(end, "<<") && !self.starts(end, "<<<");
                let tag = self.starts(end, "{{") || angle && self.close_of(end, ANGLE).is_some();
                tag.then_some(end)
            }
        };
        let Some(plain) = plain else { return end };
        self.text.push_str(&self.source[self.copied..at]);
        self.copied = at + 1;
        plain
    }

    fn curly(&mut self, at: usize) -> usize {
        if self.starts(at, "{{{{") {
            let end = at + self.count(at, b'{');
            self.error(
                TemplateErrorKind::Unsupported,
                at..end,
                "there are no raw blocks",
                "write `\\{{` for plain brackets",
            );
            return end;
        }
        match self.close_of(at, CURLY) {
            Some(close) => self.tag(at, close, CURLY),
            None => {
                self.not_closed(at, CURLY);
                at + 2
            }
        }
    }

    fn angle(&mut self, at: usize) -> usize {
        if self.starts(at, "<<<") {
            return at + 1;
        }
        match self.close_of(at, ANGLE) {
            Some(close) => self.tag(at, close, ANGLE),
            None => {
                let next = self.source[at + 2..].chars().next();
                let marks = ['#', '/', '^', '$', '@', '_', '.', '~', '!', '[', '(', '&'];
                if next.is_some_and(|c| c.is_alphanumeric() || marks.contains(&c)) {
                    self.not_closed(at, ANGLE);
                }
                at + 2
            }
        }
    }

    fn not_closed(&mut self, at: usize, Brackets { open, close }: Brackets) {
        self.error(
            TemplateErrorKind::Brackets,
            at..at + 2,
            &format!("`{open}` is not closed by `{close}`"),
            format!("close the tag, or write `\\{open}` for plain brackets"),
        );
    }

    /// The start of a tag's closing brackets. Brackets in a quoted text do not close the
    /// tag; opening brackets in it mean that it was never closed.
    fn close_of(&self, at: usize, brackets: Brackets) -> Option<usize> {
        let start = at + 2;
        let rest = &self.source[start..];
        let comment = rest.strip_prefix('~').unwrap_or(rest);
        if comment.starts_with('!') {
            let long = comment.starts_with("!--").then(|| {
                let inside = start + (rest.len() - comment.len()) + 3;
                let ends = ["--", "--~"].map(|dashes| {
                    let end = self.source[inside..].find(&format!("{dashes}{}", brackets.close));
                    end.map(|end| inside + end + dashes.len())
                });
                ends.into_iter().flatten().min()
            });
            let short = || rest.find(brackets.close).map(|end| start + end);
            return long.flatten().or_else(short);
        }
        self.close_outside_texts(start, brackets).or_else(|| {
            // A quote is never closed. Find the end without quotes; the tag itself is then
            // reported.
            let end = rest.find(brackets.close)?;
            let inside = &rest[..end];
            let plain = !inside.contains("<<") && !inside.contains("{{");
            (plain && inside.contains(['"', '\''])).then_some(start + end)
        })
    }

    fn close_outside_texts(&self, start: usize, brackets: Brackets) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let mut at = start;
        let mut quote = None;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, byte @ (b'"' | b'\'')) if starts_a_word(bytes, start, at) => {
                    quote = Some(byte);
                }
                (None, _) if self.starts(at, brackets.close) => return Some(at),
                (None, _) if self.starts(at, "{{") || self.starts(at, "<<") => return None,
                (None, _) => {}
            }
            at += 1;
        }
        None
    }

    /// Reads the tag whose closing brackets start at `close`. Returns the start of the text
    /// after it.
    fn tag(&mut self, at: usize, close: usize, brackets: Brackets) -> usize {
        let source = self.source;
        let (mut from, mut to) = (at + 2, close);
        let mut end = close + brackets.close.len();
        let mut trims_before = false;
        if source[from..to].starts_with('~') {
            trims_before = true;
            from += 1;
        }
        let is_comment = source[from..to].starts_with('!');
        let is_triple = !is_comment && source[from..to].starts_with('{');
        if is_triple && brackets.close == CURLY.close && self.starts(close, "}}}") {
            // The first of the three brackets is the inner one.
            (to, end) = (to + 1, end + 1);
        }
        let mut trims_after = false;
        if source[from..to].ends_with('~') {
            trims_after = true;
            to -= 1;
        }
        self.end_text(at);
        if trims_before && let Some(Piece::Text(text)) = self.pieces.last_mut() {
            text.truncate(text.trim_end().len());
        }
        let span = at..end;
        let (piece, alone) = if is_comment {
            self.trims_start |= trims_after;
            (Piece::Nothing, true)
        } else {
            self.trims_start = trims_after;
            let tag = if is_triple {
                self.triple(from..to, span.clone())
            } else {
                self.marked(from..to, span.clone(), brackets)
            };
            match tag {
                Some(tag) => {
                    let alone = tag.form != Form::Expression;
                    (Piece::Tag(tag), alone)
                }
                None => (Piece::Nothing, false),
            }
        };
        if alone {
            self.stands_alone(span);
        }
        self.pieces.push(piece);
        self.copied = end;
        end
    }

    /// A tag in three brackets, which is the same as in two: no value is escaped.
    fn triple(&mut self, inner: Range<usize>, span: Range<usize>) -> Option<Tag> {
        let text = &self.source[inner.clone()];
        if !text.ends_with('}') || text.len() < 2 {
            self.error(
                TemplateErrorKind::Brackets,
                span,
                "three opening brackets and two closing ones",
                "write `{{name}}`",
            );
            return None;
        }
        let (mut from, mut to) = (inner.start + 1, inner.end - 1);
        if self.source[from..to].starts_with('~') {
            from += 1;
            if let Some(Piece::Text(text)) = self.pieces.last_mut() {
                text.truncate(text.trim_end().len());
            }
        }
        if self.source[from..to].ends_with('~') {
            to -= 1;
            self.trims_start = true;
        }
        self.filled(Form::Expression, from..to, span, CURLY)
    }

    /// A tag by the mark that its content begins with.
    fn marked(
        &mut self,
        inner: Range<usize>,
        span: Range<usize>,
        brackets: Brackets,
    ) -> Option<Tag> {
        let text = &self.source[inner.clone()];
        let body = text.trim_start();
        let start = inner.end - body.len();
        let after = |skip: usize| start + skip..inner.end;
        let block = body.strip_prefix('#').map(str::trim_start);
        let refused = match body.chars().next() {
            Some('>') => Some(("there are no partials", false)),
            Some('*') => Some(("there are no decorators", false)),
            _ if block.is_some_and(|block| block.starts_with('>')) => {
                Some(("there are no partials", true))
            }
            _ if block.is_some_and(|block| block.starts_with('*')) => {
                Some(("there are no decorators", true))
            }
            _ => None,
        };
        if let Some((message, opens)) = refused {
            let help = "write the text itself, or jump to another box";
            self.error(TemplateErrorKind::Unsupported, span.clone(), message, help);
            let form = Form::Refused;
            let body = after(body.len());
            return opens.then_some(Tag { span, form, body });
        }
        let (form, skip) = match body.chars().next() {
            Some('#') => (Form::Open, 1),
            Some('/') => (Form::Close, 1),
            Some('&') => (Form::Expression, 1),
            Some('^') if body[1..].trim().is_empty() => (Form::Else, 1),
            Some('^') => (Form::Inverse, 1),
            _ => match body.strip_prefix("else") {
                Some(rest) if rest.trim().is_empty() => (Form::Else, 4),
                Some(rest) if !rest.starts_with(|c| is_symbol(c) || matches!(c, '.' | '/')) => {
                    (Form::ElseChain, 4)
                }
                _ => (Form::Expression, 0),
            },
        };
        if form == Form::Else {
            let body = after(skip);
            return Some(Tag { span, form, body });
        }
        self.filled(form, after(skip), span, brackets)
    }

    /// A tag, unless it has no content.
    fn filled(
        &mut self,
        form: Form,
        body: Range<usize>,
        span: Range<usize>,
        brackets: Brackets,
    ) -> Option<Tag> {
        if self.source[body.clone()].trim().is_empty() {
            let help = format!(
                "name a variable, or write `\\{}` for plain brackets",
                brackets.open
            );
            self.error(TemplateErrorKind::Tag, span, "an empty tag", help);
            return None;
        }
        Some(Tag { span, form, body })
    }

    /// Ends the text before a tag or at the end.
    fn end_text(&mut self, at: usize) {
        // A tag may begin within what an escape has passed over.
        let from = self.copied.min(at);
        self.text.push_str(&self.source[from..at]);
        self.copied = at;
        let text = std::mem::take(&mut self.text);
        let trimmed = if self.trims_start {
            text.trim_start()
        } else if self.trims_line {
            let line = text.trim_start_matches([' ', '\t']);
            line.strip_prefix("\r\n")
                .or_else(|| line.strip_prefix('\n'))
                .unwrap_or(line)
        } else {
            &text
        };
        if !text.is_empty() && !(self.trims_start && trimmed.is_empty()) {
            self.trims_line = false;
        }
        if !trimmed.is_empty() {
            self.pieces.push(Piece::Text(trimmed.to_owned()));
        }
    }

    /// Trims the line of a tag that shows nothing, if nothing else is in the line.
    fn stands_alone(&mut self, span: Range<usize>) {
        let (before, after) = (&self.source[..span.start], &self.source[span.end..]);
        let before = before.trim_end_matches([' ', '\t']);
        let begins = before.is_empty() || before.ends_with(['\n', '\r']);
        let ends = after.is_empty()
            || after
                .trim_start_matches([' ', '\t'])
                .starts_with(['\n', '\r']);
        self.trims_line = begins && ends;
        if self.trims_line
            && let Some(Piece::Text(text)) = self.pieces.last_mut()
        {
            text.truncate(text.trim_end_matches([' ', '\t']).len());
        }
    }

    fn error(
        &mut self,
        kind: TemplateErrorKind,
        span: Range<usize>,
        message: &str,
        help: impl Into<String>,
    ) {
        let error = TemplateError::new(kind, span, message, help);
        self.errors.push(error);
    }
}

/// Whether a word starts at `at`, so that a quote there opens a text.
fn starts_a_word(bytes: &[u8], start: usize, at: usize) -> bool {
    at == start
        || matches!(bytes[at - 1], b'(' | b'=' | b'|')
        || bytes[at - 1].is_ascii_whitespace()
}
