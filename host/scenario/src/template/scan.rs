//! Finds the tags of a template's source, in both kinds of brackets, and rewrites the
//! source in the form that the `handlebars` crate reads.
//!
//! The normalised text has the same length in bytes as the source, and each tag is at the
//! same place, so that every position in it is a position in the source. What is a tag:
//!
//! | written | read as |
//! |---|---|
//! | `{{x}}`, `<<x>>`, `<< x >>` | a tag |
//! | `\{{`, `\<<` | two plain brackets |
//! | `\\<<x>>` | a backslash and a tag |
//! | `a << b`, `<<` at the end | plain brackets: a space or nothing follows, and there is no `>>` |
//! | `<<<x>>>` | a plain `<`, a tag, a plain `>` |
//! | `<<x` without `>>` | an error: the closing brackets or a backslash is missing |

use std::ops::Range;

use super::{TemplateError, TemplateErrorKind};

/// The deepest nesting of blocks.
const BLOCK_DEPTH: usize = 16;

/// The deepest nesting of parentheses and brackets in one tag.
const PARENTHESES_DEPTH: usize = 8;

/// The result of a scan.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The source with `{{` and `}}` only, of the same length.
    pub(super) normalised: String,
    /// The character that replaces an escaped `<<` in `normalised`: three bytes, like `\<<`.
    pub(super) placeholder: char,
    /// The tags in order, without comments.
    pub(super) tags: Vec<Tag>,
}

/// One tag.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    /// The whole tag with its brackets.
    pub(super) span: Range<usize>,
    /// The form of the tag.
    pub(super) form: Form,
    /// The name of the helper of a block or a call, else the reference itself.
    pub(super) name: Range<usize>,
    /// The references and literals after the name, in order, without parentheses and without
    /// the names of helpers in parentheses.
    pub(super) arguments: Vec<Range<usize>>,
}

/// The form of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `{{x}}`, `{{helper x}}`.
    Expression,
    /// `{{#helper x}}`.
    Open,
    /// `{{else if x}}`.
    ElseChain,
    /// `{{else}}` or `{{^}}`.
    Else,
    /// `{{/helper}}`.
    Close,
}

/// Scans a source of at most [`TEXT_BYTES`](crate::limits::TEXT_BYTES).
///
/// # Errors
/// The errors of brackets and of the nesting of blocks, in the order of the source.
pub(super) fn scan(source: &str) -> Result<Scanned, Vec<TemplateError>> {
    let mut scanner = Scanner {
        source,
        normalised: source.to_owned().into_bytes(),
        placeholder: unused_character(source),
        tags: Vec::new(),
        errors: Vec::new(),
    };
    scanner.run();
    scanner.check_nesting();
    if !scanner.errors.is_empty() {
        scanner.errors.sort_by_key(|error| error.span.start);
        return Err(scanner.errors);
    }
    Ok(Scanned {
        normalised: String::from_utf8(scanner.normalised)
            .expect("brackets and comments became ASCII, and three bytes one character of three"),
        placeholder: scanner.placeholder,
        tags: scanner.tags,
    })
}

/// A character of three bytes that the source does not contain.
fn unused_character(source: &str) -> char {
    ('\u{e000}'..='\u{f8ff}')
        .find(|c| !source.contains(*c))
        .expect("a source has room for 5,461 of the 6,400 characters for private use")
}

struct Scanner<'a> {
    source: &'a str,
    normalised: Vec<u8>,
    placeholder: char,
    tags: Vec<Tag>,
    errors: Vec<TemplateError>,
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

impl Scanner<'_> {
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
    }

    fn starts(&self, at: usize, text: &str) -> bool {
        self.source.as_bytes()[at..].starts_with(text.as_bytes())
    }

    /// Reads backslashes. One before brackets makes them plain. Of several, one is dropped
    /// and the brackets keep their meaning. Anywhere else a backslash is plain text.
    fn backslashes(&mut self, at: usize) -> usize {
        let end = at
            + self.source.as_bytes()[at..]
                .iter()
                .take_while(|b| **b == b'\\')
                .count();
        if end - at > 1 {
            return end;
        }
        if self.starts(end, "{{{{") {
            end + 4
        } else if self.starts(end, "{{") {
            end + 2
        } else if self.starts(end, "<<") {
            self.placeholder
                .encode_utf8(&mut self.normalised[at..at + 3]);
            end + 2
        } else {
            end
        }
    }

    fn curly(&mut self, at: usize) -> usize {
        if self.starts(at, "{{{") {
            let end = at
                + self.source.as_bytes()[at..]
                    .iter()
                    .take_while(|b| **b == b'{')
                    .count();
            self.error(
                TemplateErrorKind::Brackets,
                at..end,
                "three or more opening brackets",
                "write `{{name}}`: a value is put into the text as it is, or `\\{{` for plain brackets",
            );
            return end;
        }
        match self.close_of(at, CURLY) {
            Some(close) => self.tag(at, close, CURLY),
            None => {
                self.error(
                    TemplateErrorKind::Brackets,
                    at..at + 2,
                    "`{{` is not closed by `}}`",
                    "close the tag, or write `\\{{` for plain brackets",
                );
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
                let meant = next.is_some_and(|c| {
                    c.is_alphanumeric()
                        || matches!(
                            c,
                            '#' | '/' | '^' | '$' | '@' | '_' | '.' | '~' | '!' | '[' | '('
                        )
                });
                if meant {
                    self.error(
                        TemplateErrorKind::Brackets,
                        at..at + 2,
                        "`<<` is not closed by `>>`",
                        "close the tag, or write `\\<<` for plain brackets",
                    );
                }
                at + 2
            }
        }
    }

    /// The start of a tag's closing brackets. Brackets in a quoted text do not close the
    /// tag; opening brackets in it mean that it was never closed.
    fn close_of(&self, at: usize, brackets: Brackets) -> Option<usize> {
        let start = at + 2;
        let rest = &self.source[start..];
        if rest.starts_with("!--")
            && let Some(end) = rest.find(&format!("--{}", brackets.close))
            && end >= 3
        {
            return Some(start + end + 2);
        }
        if rest.starts_with('!') {
            return rest.find(brackets.close).map(|end| start + end);
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
                    quote = Some(byte)
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
        let end = close + 2;
        self.normalised[at..at + 2].copy_from_slice(b"{{");
        self.normalised[close..end].copy_from_slice(b"}}");
        let inner = &self.source[at + 2..close];
        if let Some(comment) = inner.strip_prefix('!') {
            let dashes =
                if comment.starts_with("--") && comment.len() >= 4 && comment.ends_with("--") {
                    2
                } else {
                    0
                };
            self.normalised[at + 3 + dashes..close - dashes].fill(b' ');
            return end;
        }
        let span = at..end;
        if inner
            .trim_matches(|c: char| c == '~' || c.is_whitespace())
            .is_empty()
        {
            let help = format!(
                "name a variable, or write `\\{}` for plain brackets",
                brackets.open
            );
            self.error(TemplateErrorKind::Tag, span, "an empty tag", help);
            return end;
        }
        match Tag::read(inner, span.clone()) {
            Ok(tag) => self.tags.push(tag),
            Err(error) => self.errors.push(error),
        }
        end
    }

    /// Checks that each block is closed by its own name, that `else` is inside a block, and
    /// that blocks are not nested too deep.
    fn check_nesting(&mut self) {
        let source = self.source;
        let name_of = |tag: &Tag| &source[tag.name.clone()];
        let mut error = |kind, tag: &Tag, message: String, help: String| {
            let error = TemplateError::new(kind, tag.span.clone(), message, help);
            self.errors.push(error);
        };
        // Each open block, and whether its `else` was seen.
        let mut open: Vec<(&Tag, bool)> = Vec::new();
        for tag in &self.tags {
            match tag.form {
                Form::Expression => {}
                Form::Open if open.len() == BLOCK_DEPTH => {
                    error(
                        TemplateErrorKind::TooDeep,
                        tag,
                        format!("blocks are nested deeper than {BLOCK_DEPTH}"),
                        "decide in a `condition` box instead".to_owned(),
                    );
                    return;
                }
                Form::Open => open.push((tag, false)),
                Form::Else | Form::ElseChain => match open.last_mut() {
                    None => error(
                        TemplateErrorKind::Block,
                        tag,
                        "`else` is outside a block".to_owned(),
                        "open a block before it, such as `{{#if name}}`".to_owned(),
                    ),
                    Some((_, true)) => error(
                        TemplateErrorKind::Block,
                        tag,
                        "the block already has its `else`".to_owned(),
                        "leave this one out; `else if` comes before `else`".to_owned(),
                    ),
                    Some((_, ended)) => *ended = tag.form == Form::Else,
                },
                Form::Close => {
                    let name = name_of(tag);
                    match open.pop() {
                        Some((opened, _)) if name_of(opened) == name => {}
                        Some((opened, _)) => {
                            let wanted = name_of(opened);
                            error(
                                TemplateErrorKind::Block,
                                tag,
                                format!("`/{name}` closes a block that `#{wanted}` opened"),
                                format!("write `/{wanted}`"),
                            );
                            // A block further out may have this name: then the blocks within
                            // it are not closed.
                            if let Some(at) = open.iter().rposition(|(tag, _)| name_of(tag) == name)
                            {
                                open.truncate(at);
                            }
                        }
                        None => error(
                            TemplateErrorKind::Block,
                            tag,
                            format!("`/{name}` closes a block that nothing opened"),
                            format!("remove it, or open the block with `#{name}`"),
                        ),
                    }
                }
            }
        }
        for (tag, _) in open {
            let name = name_of(tag);
            error(
                TemplateErrorKind::Block,
                tag,
                format!("the block `#{name}` is not closed"),
                format!("close it with `{{{{/{name}}}}}` or `<</{name}>>`"),
            );
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

impl Tag {
    /// Reads a tag from the text between its brackets.
    fn read(inner: &str, span: Range<usize>) -> Result<Tag, TemplateError> {
        use TemplateErrorKind::{Name, Unsupported};
        let error = |kind, message, help| TemplateError::new(kind, span.clone(), message, help);
        let inner = inner.strip_suffix('~').unwrap_or(inner);
        let start = inner.len() - inner.strip_prefix('~').unwrap_or(inner).trim_start().len();
        let body = &inner[start..];
        if body.starts_with(['>', '*']) || body.starts_with("#*") || body.starts_with("#>") {
            return Err(error(
                Unsupported,
                "partials and decorators are not part of the language",
                "write the text itself, or jump to another box",
            ));
        }
        let (form, skip) = match body.as_bytes().first() {
            Some(b'&') => {
                return Err(error(
                    Unsupported,
                    "`&` has no meaning here",
                    "leave it out: a value is put into the text as it is",
                ));
            }
            Some(b'#') => (Form::Open, 1),
            Some(b'/') => (Form::Close, 1),
            Some(b'^') => (Form::Else, 1),
            _ => match body.strip_prefix("else") {
                Some(rest) if rest.starts_with(is_symbol) => {
                    return Err(error(
                        Name,
                        "a tag cannot begin with a name that begins with `else`",
                        "write the name in square brackets, such as `{{[elsewhere]}}`",
                    ));
                }
                Some(rest) if !rest.starts_with(['.', '/']) => (Form::Else, 4),
                _ => (Form::Expression, 0),
            },
        };
        let words =
            words(body, skip).map_err(|(kind, message, help)| error(kind, message, help))?;
        let form = if form == Form::Else && !words.is_empty() {
            Form::ElseChain
        } else {
            form
        };
        let base = span.start + 2 + start;
        let mut spans = words
            .into_iter()
            .map(|word| (word.is_helper, base + word.span.start..base + word.span.end));
        let name = spans
            .next()
            .map_or(base..base + body.len(), |(_, span)| span);
        let arguments = spans
            .filter(|(is_helper, _)| !is_helper)
            .map(|(_, span)| span)
            .collect();
        Ok(Tag {
            span,
            form,
            name,
            arguments,
        })
    }
}

/// Whether the crate's grammar allows this character in a name.
fn is_symbol(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':') || c >= '\u{80}'
}

/// Whether a word starts at `at`, so that a quote there opens a text.
fn starts_a_word(bytes: &[u8], start: usize, at: usize) -> bool {
    at == start
        || matches!(bytes[at - 1], b'(' | b'=' | b'|')
        || bytes[at - 1].is_ascii_whitespace()
}

/// A word of a tag: a reference, a literal or a helper's name.
struct Word {
    span: Range<usize>,
    /// Whether it follows a parenthesis and has arguments.
    is_helper: bool,
}

/// The words of a tag's body after its mark, without parentheses and without `as |item
/// index|`.
///
/// # Errors
/// The kind, the message and the help of the error that makes the tag unreadable.
fn words(
    body: &str,
    skip: usize,
) -> Result<Vec<Word>, (TemplateErrorKind, &'static str, &'static str)> {
    let bytes = body.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let mut at = skip;
    let mut depth = 0_usize;
    let mut after_parenthesis = false;
    while at < bytes.len() {
        match bytes[at] {
            b'(' => {
                depth += 1;
                if depth > PARENTHESES_DEPTH {
                    return Err((
                        TemplateErrorKind::TooDeep,
                        "parentheses are nested too deep",
                        "compute it in steps, with `set` boxes",
                    ));
                }
                after_parenthesis = true;
                at += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'|' => break,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                let end = word_end(body, at);
                let text = &body[at..end];
                if text.contains("}}") && !text.starts_with(['"', '\'']) {
                    return Err((
                        TemplateErrorKind::Brackets,
                        "`}}` is inside a `<<` tag",
                        "close a tag with the kind of brackets that opened it",
                    ));
                }
                if text.starts_with('{') || text.starts_with('[') && text[1..].contains('[') {
                    return Err((
                        TemplateErrorKind::Literal,
                        "a list or a record cannot be written in a template",
                        "save it in a variable by a `set` box",
                    ));
                }
                // `(name)` alone is a reference; `(name argument)` is a call.
                let is_helper = after_parenthesis && !body[end..].trim_start().starts_with(')');
                words.push(Word {
                    span: at..end,
                    is_helper,
                });
                after_parenthesis = false;
                at = end;
            }
        }
    }
    if bytes.get(at) == Some(&b'|') {
        // The word before the names of the items is `as`.
        words.pop();
    }
    Ok(words)
}

fn word_end(body: &str, start: usize) -> usize {
    let bytes = body.as_bytes();
    let quote = bytes[start];
    if matches!(quote, b'"' | b'\'') {
        let mut at = start + 1;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 1,
                byte if byte == quote => return at + 1,
                _ => {}
            }
            at += 1;
        }
        return body.len();
    }
    let mut at = start;
    let mut in_brackets = false;
    while at < bytes.len() {
        match bytes[at] {
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b'(' | b')' | b'|' if !in_brackets => break,
            byte if byte.is_ascii_whitespace() && !in_brackets => break,
            _ => {}
        }
        at += 1;
    }
    at
}
