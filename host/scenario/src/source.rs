//! The text of a scenario, and the place of every value in it.
//!
//! Every JSON value that is read gets a [`Place`]: a small number by which the source finds
//! its JSON path and its bytes. The model that the check works on holds places, so that
//! every pass reports a problem at the place where it was written.

use std::ops::{Deref, Range};

use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::limits;

/// The place of a value in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(u32);

impl Place {
    /// The document itself.
    pub(crate) const ROOT: Place = Place(0);
}

/// A value with its place. Where reading failed it is a hole: its value stands for nothing.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    pub(crate) place: Place,
    is_hole: bool,
}

impl<T> Placed<T> {
    pub(crate) fn new(value: T, place: Place) -> Self {
        Placed {
            value,
            place,
            is_hole: false,
        }
    }

    /// The hole at a place, with a value that nothing may look at.
    pub(crate) fn hole(value: T, place: Place) -> Self {
        Placed {
            value,
            place,
            is_hole: true,
        }
    }

    /// The value; none for a hole.
    pub(crate) fn known(&self) -> Option<&T> {
        (!self.is_hole).then_some(&self.value)
    }
}

impl AsRef<str> for Placed<String> {
    fn as_ref(&self) -> &str {
        &self.value
    }
}

/// A checked scenario has no holes.
impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One step of a JSON path.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

#[derive(Debug)]
struct Entry {
    parent: Place,
    step: Step,
    /// The key's bytes with its quotes; for an item, the item's.
    key: Range<usize>,
    /// The value's bytes.
    value: Range<usize>,
}

/// The part of a place that a problem is about.
pub(crate) enum Part {
    /// The value.
    Value,
    /// The key: for a problem of a large value as a whole, or of something missing in it.
    Key,
    /// Bytes of a text, counted after its escapes are resolved.
    Text(Range<usize>),
}

/// A document's text, the places in it, and the problems that were reported.
#[derive(Debug)]
pub(crate) struct Source<'t> {
    text: &'t str,
    /// The bytes of the byte order mark before the document.
    mark: usize,
    /// The byte where each line starts.
    lines: Vec<usize>,
    entries: Vec<Entry>,
    problems: Vec<Diagnostic>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let root = Entry {
            parent: Place::ROOT,
            step: Step::Key(String::new()),
            key: 0..text.len().min(1),
            value: 0..text.len(),
        };
        Source {
            text,
            mark: text.len() - text.trim_start_matches('\u{feff}').len(),
            lines,
            entries: vec![root],
            problems: Vec::new(),
        }
    }

    /// Parses the text as JSON, as strictly as `serde_json`. Reports a problem and returns
    /// none if there is nothing to read.
    pub(crate) fn parse(&mut self) -> Option<ast::Value<'t>> {
        if self.text.len() > limits::FILE_BYTES {
            let message = format!("the document has {} bytes", self.text.len());
            let help = format!(
                "a scenario has at most {} bytes; divide it and use `jump`",
                limits::FILE_BYTES
            );
            self.report_bytes(Code::TooLarge, 0..0, message, Some(help));
            return None;
        }
        if let Some(at) = too_deep(self.text) {
            let message = format!(
                "objects and lists are nested more than {} deep",
                limits::DEPTH
            );
            self.report_bytes(Code::TooLarge, at..at + 1, message, None);
            return None;
        }
        let document = &self.text[self.mark..];
        let parsed = parse_to_ast(
            document,
            &CollectOptions::default(),
            &ParseOptions {
                allow_comments: false,
                allow_loose_object_property_names: false,
                allow_trailing_commas: false,
                allow_missing_commas: false,
                allow_single_quoted_strings: false,
                allow_hexadecimal_numbers: false,
                allow_unary_plus_numbers: false,
                allow_bare_decimal_point_numbers: false,
                allow_non_finite_numbers: false,
                allow_extended_string_escapes: false,
            },
        );
        let (span, what) = match parsed {
            Err(error) => (
                self.bytes(error.range()),
                lower_first(&error.kind().to_string()),
            ),
            // The parser accepts things that are not JSON, such as line breaks within texts
            // and unusual white space.
            Ok(parsed) => match (
                serde_json::from_str::<serde::de::IgnoredAny>(document),
                parsed.value,
            ) {
                (Ok(_), Some(value)) => {
                    let range = self.bytes(value.range());
                    self.entries[0].key = range.start..range.start + 1;
                    self.entries[0].value = range;
                    return Some(value);
                }
                (Ok(_), None) => (0..0, "the file is empty".to_owned()),
                (Err(error), _) => {
                    let at = self.byte_of(error.line(), error.column());
                    let text = error.to_string();
                    let what = text
                        .rsplit_once(" at line ")
                        .map_or(text.as_str(), |(what, _)| what);
                    (at..at, lower_first(what))
                }
            },
        };
        let help = "a scenario is strict JSON: no comments, no trailing commas, keys and texts in double quotes";
        self.report_bytes(
            Code::Syntax,
            span,
            format!("this is not JSON: {what}"),
            Some(help.to_owned()),
        );
        None
    }

    /// The key of a place; empty for an item of a list.
    pub(crate) fn key(&self, place: Place) -> &str {
        match &self.entries[place.0 as usize].step {
            Step::Key(key) => key,
            Step::Index(_) => "",
        }
    }

    /// The place of an object's property.
    pub(crate) fn property(&mut self, parent: Place, property: &ast::ObjectProp<'_>) -> Place {
        let key = self.bytes(property.name.range());
        let value = self.bytes(property.value.range());
        let step = Step::Key(property.name.as_str().to_owned());
        self.enter(parent, step, key, value)
    }

    /// The place of a list's item.
    pub(crate) fn item(&mut self, parent: Place, index: usize, item: &ast::Value<'_>) -> Place {
        let range = self.bytes(item.range());
        self.enter(parent, Step::Index(index), range.clone(), range)
    }

    /// The bytes of the file for a range of the document.
    fn bytes(&self, range: jsonc_parser::common::Range) -> Range<usize> {
        range.start + self.mark..range.end + self.mark
    }

    fn enter(
        &mut self,
        parent: Place,
        step: Step,
        key: Range<usize>,
        value: Range<usize>,
    ) -> Place {
        let number = u32::try_from(self.entries.len());
        let place = Place(number.expect("a document of 1 MiB has fewer than 2^32 values"));
        self.entries.push(Entry {
            parent,
            step,
            key,
            value,
        });
        place
    }

    /// Reports a problem.
    pub(crate) fn report(
        &mut self,
        code: Code,
        place: Place,
        part: Part,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let entry = &self.entries[place.0 as usize];
        let span = match part {
            Part::Value => entry.value.clone(),
            Part::Key => entry.key.clone(),
            Part::Text(range) => self.unescaped(entry.value.clone(), range),
        };
        let path = self.path(place);
        self.push(code, span, path, message.into(), help);
    }

    fn report_bytes(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        self.push(code, span, String::new(), message, help);
    }

    fn push(
        &mut self,
        code: Code,
        span: Range<usize>,
        path: String,
        message: String,
        help: Option<String>,
    ) {
        // Lines and columns are counted once, for all, in `into_problems`.
        let severity = code.severity();
        self.problems.push(Diagnostic {
            code,
            severity,
            message,
            help,
            path,
            span,
            line: 0,
            column: 0,
        });
    }

    /// Withdraws the last problems that were reported within a value. Those before the object
    /// that has the value are not looked at, so that it takes no time for each of them.
    pub(crate) fn withdraw(&mut self, place: Place) {
        let entry = &self.entries[place.0 as usize];
        let within = |outer: &Range<usize>, inner: &Range<usize>| {
            outer.start <= inner.start && inner.end <= outer.end
        };
        let object = &self.entries[entry.parent.0 as usize].value;
        let mut before = self.problems.iter();
        let before = before.rposition(|problem| !within(object, &problem.span));
        let last = self.problems.split_off(before.map_or(0, |at| at + 1));
        let kept = last.into_iter();
        let kept = kept.filter(|problem| !within(&entry.value, &problem.span));
        self.problems.extend(kept);
    }

    /// Makes warnings of the problems with some codes.
    pub(crate) fn demote(&mut self, is_demoted: impl Fn(Code) -> bool) {
        for problem in &mut self.problems {
            if is_demoted(problem.code) {
                problem.severity = Severity::Warning;
            }
        }
    }

    /// Whether an error was reported.
    pub(crate) fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// The problems in the order of the file, each once.
    pub(crate) fn into_problems(mut self) -> Vec<Diagnostic> {
        self.problems.sort_by(|a, b| {
            (a.span.start, a.severity, a.span.end, a.code, &a.message).cmp(&(
                b.span.start,
                b.severity,
                b.span.end,
                b.code,
                &b.message,
            ))
        });
        self.problems.dedup();
        let mut problems = std::mem::take(&mut self.problems);
        self.number(&mut problems);
        problems
    }

    /// The JSON path of a place.
    pub(crate) fn path(&self, place: Place) -> String {
        let mut steps = Vec::new();
        let mut at = place;
        while at != Place::ROOT {
            let entry = &self.entries[at.0 as usize];
            steps.push(&entry.step);
            at = entry.parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) if is_plain(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Step::Key(key) => {
                    path.push_str(&format!("[{}]", serde_json::Value::from(key.as_str())))
                }
            }
        }
        path
    }

    /// Gives sorted problems their lines and columns, both from 1, in one pass over the
    /// text, so that a long line with many problems is not read once for each.
    fn number(&self, problems: &mut [Diagnostic]) {
        let (mut line, mut from, mut column) = (1, 0, 1);
        for problem in problems {
            let at = self.text.floor_char_boundary(problem.span.start);
            let lines = self.lines.partition_point(|start| *start <= at).max(1);
            if lines != line {
                (line, from, column) = (lines, self.lines[lines - 1], 1);
            }
            column += self.text[from..at].chars().count();
            from = at;
            (problem.line, problem.column) = (line, column);
        }
    }

    /// The byte at a line and a column, counted as `serde_json` does.
    fn byte_of(&self, line: usize, column: usize) -> usize {
        let start = self
            .lines
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(self.text.len());
        let start = start.max(self.mark);
        self.text
            .floor_char_boundary((start + column.saturating_sub(1)).min(self.text.len()))
    }

    /// The bytes of the file for bytes of a decoded text, whose JSON literal may have
    /// escapes.
    fn unescaped(&self, literal: Range<usize>, within: Range<usize>) -> Range<usize> {
        let raw = &self.text[literal.clone()];
        if !raw.starts_with('"') {
            return literal;
        }
        let from = file_offset(raw, within.start, Edge::Start);
        let to = file_offset(raw, within.end, Edge::End);
        literal.start + from..literal.start + to.max(from)
    }
}

enum Edge {
    Start,
    End,
}

/// The byte of a JSON text literal, counted with its quotes, for a byte of the decoded
/// text.
fn file_offset(raw: &str, target: usize, edge: Edge) -> usize {
    let mut decoded = 0;
    let mut at = 1;
    while at < raw.len().saturating_sub(1) {
        let (width, means) = character(&raw[at..]);
        let reached = match edge {
            Edge::Start => decoded + means > target,
            Edge::End => decoded >= target,
        };
        if reached {
            return at;
        }
        at += width;
        decoded += means;
    }
    raw.len().saturating_sub(1).max(1)
}

/// The number of bytes of a literal's first character, and of that character decoded.
fn character(raw: &str) -> (usize, usize) {
    let mut characters = raw.chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), Some('u')) => {
            let unit = |at: usize| {
                raw.get(at..at + 4)
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            };
            match unit(2) {
                Some(0xD800..=0xDBFF) => (12.min(raw.len()), 4),
                Some(code) => (
                    6.min(raw.len()),
                    char::from_u32(code).map_or(1, char::len_utf8),
                ),
                None => (2, 1),
            }
        }
        (Some('\\'), Some(_)) => (2, 1),
        (Some(character), _) => (character.len_utf8(), character.len_utf8()),
        (None, _) => (1, 1),
    }
}

/// The byte where the nesting becomes too deep. Only brackets outside texts count. It is
/// found before parsing, so that no deep document reaches the recursive parser.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > limits::DEPTH {
                    return Some(at);
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Whether a path can hold the key without quotes.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<Diagnostic> {
        let mut source = Source::new(text);
        source.parse();
        source.into_problems()
    }

    #[test]
    fn a_byte_of_a_text_maps_back_through_escapes() {
        // Decoded: a, é (2 bytes), ", 😀 (4 bytes), line feed, z.
        let raw = r#""a\u00e9\"\ud83d\ude00\nz""#;
        let decoded: String = serde_json::from_str(raw).unwrap();
        let source = Source::new(raw);
        let slice = |range: Range<usize>| &raw[source.unescaped(0..raw.len(), range)];
        assert_eq!(slice(0..1), "a");
        assert_eq!(slice(1..3), r"\u00e9");
        assert_eq!(slice(3..4), r#"\""#);
        assert_eq!(slice(4..8), r"\ud83d\ude00");
        assert_eq!(slice(8..9), r"\n");
        assert_eq!(slice(9..10), "z");
        assert_eq!(slice(0..decoded.len()), &raw[1..raw.len() - 1]);
    }

    #[test]
    fn json_is_strict_and_a_syntax_error_has_its_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\n  \"a\": 1,\n}", 2, 9),
            ("{\"a\": 1 // no\n}", 1, 9),
            ("{'a': 1}", 1, 2),
            ("{\"a\": 01}", 1, 8),
            ("{\"a\": \"x\ny\"}", 1, 8),
            ("{\"a\": 1}\u{a0}", 1, 9),
            ("{} {}", 1, 4),
            ("[1 2]", 1, 3),
            ("\"\\ud800\"", 1, 2),
        ] {
            let problems = parsed(text);
            assert_eq!(problems.len(), 1, "{text:?}");
            let problem = &problems[0];
            assert_eq!(
                (problem.code, problem.line, problem.column),
                (Code::Syntax, line, column),
                "{text:?}: {problem}"
            );
        }
    }

    #[test]
    fn a_deep_document_is_refused_before_it_is_parsed() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parsed(&nested(limits::DEPTH)).is_empty());
        let problems = parsed(&nested(limits::DEPTH + 1));
        assert_eq!(
            (problems[0].code, problems[0].column),
            (Code::TooLarge, limits::DEPTH + 1)
        );
        assert_eq!(parsed(&"[".repeat(500_000)).len(), 1);
        assert!(parsed(&format!("\"{}\"", "[".repeat(100))).is_empty());
    }

    #[test]
    fn a_large_document_is_refused_unread() {
        let text = format!("\"{}\"", "a".repeat(limits::FILE_BYTES));
        assert_eq!(parsed(&text)[0].code, Code::TooLarge);
    }
}
