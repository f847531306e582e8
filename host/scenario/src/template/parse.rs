//! The parser of templates: texts and tags become a program over typed values.
//!
//! Every name is resolved: a reference inside `#each`, `#with` and a section becomes one
//! that starts at its variable. Everything that is not part of the language becomes an error
//! at its place, and no error hides another.

mod expression;
mod facts;
mod names;

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use krabice_contract::name::nearest;

use self::facts::{facts, guard};
use super::helper::{Block, Helper};
use super::lex::{Form, Piece, Tag, lex};
use super::program::{Base, Expression, Node, Path};
use super::reference::{Guard, GuardTest, Position, Segment, Use};
use super::words::{self, Word, Words};
use super::{TemplateError, TemplateErrorKind};

/// The deepest nesting of blocks.
const BLOCK_DEPTH: usize = 16;

/// The program of a source and the uses in it.
///
/// # Errors
/// Every error, in the order of the source.
pub(super) fn parse(source: &str) -> Result<(Vec<Node>, Vec<Use>), Vec<TemplateError>> {
    let (pieces, errors) = lex(source);
    let mut parser = Parser {
        source,
        pieces: pieces.into_iter().peekable(),
        open: Vec::new(),
        leaving: None,
        stopped: false,
        levels: vec![Level::default()],
        loops: 0,
        guards: Vec::new(),
        uses: Vec::new(),
        errors,
    };
    let nodes = parser.document();
    let Parser {
        uses, mut errors, ..
    } = parser;
    if errors.is_empty() {
        return Ok((nodes, uses));
    }
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    Err(errors)
}

struct Parser<'a> {
    source: &'a str,
    pieces: Peekable<IntoIter<Piece>>,
    /// The names of the open blocks.
    open: Vec<&'a str>,
    /// The name of the block that a tag closes while blocks within it are open.
    leaving: Option<&'a str>,
    /// Whether blocks are nested too deep, so that the rest is not read.
    stopped: bool,
    /// The variables, then each open `#each`, `#with` and section from the outermost.
    levels: Vec<Level>,
    /// The number of open `#each` blocks and sections.
    loops: usize,
    guards: Vec<Guard>,
    uses: Vec<Use>,
    errors: Vec<TemplateError>,
}

/// A level of names.
#[derive(Default)]
struct Level {
    /// The value that a bare name is a part of; none for the variables themselves.
    here: Option<Path>,
    /// The depth of the loop, if the level is an `#each` or a section.
    loop_depth: Option<usize>,
    /// Whether the level is a section, whose value may have no parts.
    is_section: bool,
    /// The names after `as`.
    names: Vec<(String, Named)>,
}

/// The meaning of a name after `as`.
#[derive(Clone)]
enum Named {
    Path(Path),
    Key(usize),
}

/// The fields of a [`Use`] that depend on the expression around the reference.
#[derive(Clone)]
struct Purpose {
    position: Position,
    masked: bool,
    revealed: bool,
    defaulted: bool,
    taken_by: Option<(&'static str, usize)>,
}

impl Purpose {
    fn of(position: Position) -> Self {
        Self {
            position,
            masked: false,
            revealed: false,
            defaulted: false,
            taken_by: None,
        }
    }
}

/// Marks a failure whose error has been added to [`Parser::errors`].
struct Reported;

/// The beginning of a block or of its `else if`.
#[derive(Default)]
struct Head {
    /// The node's kind; none if the tag has an error.
    kind: Option<HeadKind>,
    level: Option<Level>,
    /// The tests that are known in the body, and after it.
    then: Vec<Guard>,
    otherwise: Vec<Guard>,
    /// Whether names in the body cannot be resolved.
    names_unknown: bool,
}

enum HeadKind {
    If(Expression),
    Each(Path),
    Section(Path),
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        loop {
            nodes.extend(self.body());
            match self.pieces.next() {
                Some(Piece::Tag(tag)) if tag.form == Form::Close => {
                    let name = self.name_of(&tag);
                    self.error(
                        TemplateErrorKind::Block,
                        &tag.span,
                        format!("`/{name}` closes a block that nothing opened"),
                        format!("remove it, or open the block with `#{name}`"),
                    );
                }
                Some(Piece::Tag(tag)) => {
                    self.error(
                        TemplateErrorKind::Block,
                        &tag.span,
                        "`else` is outside a block",
                        "open a block before it, such as `{{#if name}}`",
                    );
                }
                Some(Piece::Text(_) | Piece::Nothing) => {}
                None => return nodes,
            }
        }
    }

    /// The nodes up to an `else`, a closing tag or the end.
    fn body(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next_if(|piece| match piece {
            Piece::Text(_) | Piece::Nothing => true,
            Piece::Tag(tag) => !matches!(tag.form, Form::Else | Form::ElseChain | Form::Close),
        }) {
            match piece {
                Piece::Nothing => {}
                Piece::Text(text) => match nodes.last_mut() {
                    Some(Node::Text(last)) => *last = format!("{last}{text}").into_boxed_str(),
                    _ => nodes.push(Node::Text(text.into_boxed_str())),
                },
                Piece::Tag(tag) if tag.form == Form::Expression => {
                    if let Ok(expression) = self.tag(&tag) {
                        let span = tag.span;
                        nodes.push(Node::Show { expression, span });
                    }
                }
                Piece::Tag(tag) => nodes.extend(self.block(tag)),
            }
        }
        nodes
    }

    fn error(
        &mut self,
        kind: TemplateErrorKind,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        let error = TemplateError::new(kind, span.clone(), message, help);
        self.errors.push(error);
        Reported
    }

    fn words(&mut self, tag: &Tag) -> Result<Words, Reported> {
        words::read(self.source, tag).map_err(|error| {
            self.errors.push(error);
            Reported
        })
    }

    /// The name that opens or closes a block, as it is written.
    fn name_of(&self, tag: &Tag) -> &'a str {
        let body = &self.source[tag.body.clone()];
        body.split_whitespace().next().unwrap_or_default()
    }

    /// A block with its branches, up to its closing tag.
    fn block(&mut self, open: Tag) -> Option<Node> {
        let name = self.name_of(&open);
        if self.open.len() == BLOCK_DEPTH {
            self.error(
                TemplateErrorKind::TooDeep,
                &open.span,
                format!("blocks are nested deeper than {BLOCK_DEPTH}"),
                "decide in a `condition` box instead",
            );
            self.stopped = true;
            self.pieces = Vec::new().into_iter().peekable();
            return None;
        }
        self.open.push(name);
        let known = self.guards.len();
        let (opened, form) = (open.span.clone(), open.form);
        let mut tag = open;
        let mut branches: Vec<(Option<HeadKind>, Vec<Node>)> = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let head = self.head(&tag);
            branches.push(self.branch(head));
            let next = self.pieces.next_if(|piece| {
                matches!(piece, Piece::Tag(tag) if matches!(tag.form, Form::Else | Form::ElseChain))
            });
            match next {
                Some(Piece::Tag(chained)) if chained.form == Form::ElseChain => tag = chained,
                Some(_) => {
                    otherwise = self.body();
                    self.no_more_branches();
                    break;
                }
                None => break,
            }
        }
        self.guards.truncate(known);
        self.close(name, &opened, form);
        for (kind, body) in branches.into_iter().rev() {
            let node = match kind? {
                HeadKind::If(test) => Node::If {
                    test,
                    then: body,
                    otherwise,
                },
                HeadKind::Each(list) => Node::Each {
                    list,
                    body,
                    otherwise,
                },
                HeadKind::Section(subject) => Node::Section {
                    subject,
                    body,
                    otherwise,
                },
            };
            otherwise = vec![node];
        }
        otherwise.pop()
    }

    /// The body after the beginning of a branch. What its test proves if it fails stays
    /// known.
    fn branch(&mut self, head: Head) -> (Option<HeadKind>, Vec<Node>) {
        let known = self.guards.len();
        self.guards.extend(head.then);
        let (errors, uses) = (self.errors.len(), self.uses.len());
        let loops = self.loops;
        let levels = self.levels.len();
        if let Some(level) = head.level {
            self.loops += usize::from(level.loop_depth.is_some());
            self.levels.push(level);
        }
        let body = self.body();
        self.levels.truncate(levels);
        self.loops = loops;
        self.guards.truncate(known);
        self.guards.extend(head.otherwise);
        if head.names_unknown {
            // Names in a loop over an unknown list would all be errors.
            let found = self.errors.split_off(errors);
            let found = found.into_iter();
            self.errors
                .extend(found.filter(|error| error.kind != TemplateErrorKind::Name));
            self.uses.truncate(uses);
        }
        (head.kind, body)
    }

    /// Reports each `else` after the last one of a block.
    fn no_more_branches(&mut self) {
        while let Some(Piece::Tag(tag)) = self.pieces.next_if(|piece| {
            matches!(piece, Piece::Tag(tag) if matches!(tag.form, Form::Else | Form::ElseChain))
        }) {
            self.error(
                TemplateErrorKind::Block,
                &tag.span,
                "the block already has its `else`",
                "leave this one out; `else if` comes before `else`",
            );
            self.body();
        }
    }

    /// Reads the closing tag of the innermost block.
    fn close(&mut self, name: &'a str, opened: &Range<usize>, form: Form) {
        self.open.pop();
        if let Some(leaving) = self.leaving {
            if leaving == name {
                self.leaving = None;
                self.pieces.next();
            }
            return;
        }
        let Some(Piece::Tag(tag)) = self.pieces.peek() else {
            if !self.stopped {
                self.error(
                    TemplateErrorKind::Block,
                    opened,
                    format!("the block `#{name}` is not closed"),
                    format!("close it with `{{{{/{name}}}}}` or `<</{name}>>`"),
                );
            }
            return;
        };
        let (span, found) = (tag.span.clone(), tag.clone());
        let found = self.name_of(&found);
        if found == name || form == Form::Refused {
            self.pieces.next();
            return;
        }
        self.error(
            TemplateErrorKind::Block,
            &span,
            format!("`/{found}` closes a block that `#{name}` opened"),
            format!("write `/{name}`"),
        );
        // A block further out may have this name: then the blocks within it are not closed.
        if self.open.contains(&found) {
            self.leaving = Some(found);
        } else {
            self.pieces.next();
        }
    }

    fn head(&mut self, tag: &Tag) -> Head {
        if tag.form == Form::Refused {
            return Head::default();
        }
        let unknown = || Head {
            names_unknown: true,
            ..Head::default()
        };
        let Ok(Words { mut words, names }) = self.words(tag) else {
            return unknown();
        };
        let arguments = words.split_off(words.len().min(1));
        let Some(first) = words.pop() else {
            self.error(
                TemplateErrorKind::Tag,
                &tag.span,
                "a block without a name",
                "write for example `{{#if name}}`",
            );
            return unknown();
        };
        let block = first.as_bare_name().and_then(Block::named);
        let is_section = arguments.is_empty() && tag.form != Form::ElseChain;
        let head = match block {
            Some(block) => self.known_block(block, &arguments, &names, tag),
            None if is_section => self.section(&first, &names, tag),
            None => Err(self.unknown_block(&first, tag)),
        };
        head.unwrap_or_else(|Reported| {
            let scopes = block.is_none_or(|block| matches!(block, Block::Each | Block::With));
            Head {
                names_unknown: scopes,
                ..Head::default()
            }
        })
    }

    fn unknown_block(&mut self, first: &Word, tag: &Tag) -> Reported {
        let name = &self.source[first.span.clone()];
        let help = match nearest(name, Block::names()) {
            Some(meant) => format!("did you mean `#{meant}`?"),
            None if Helper::named(name).is_some() => {
                format!("`{name}` is not a block: leave the `#` and the closing tag out")
            }
            None => format!(
                "there are no blocks of one's own; the blocks are {}, and `{{{{#{name}}}}}` alone is a section",
                listed(Block::names())
            ),
        };
        let message = format!("there is no block `#{name}`");
        self.error(TemplateErrorKind::UnknownHelper, &tag.span, message, help)
    }

    /// `{{#name}}` or `{{^name}}`.
    fn section(&mut self, name: &Word, names: &[String], tag: &Tag) -> Result<Head, Reported> {
        let inverse = tag.form == Form::Inverse;
        let subject = self.argument(name, Purpose::of(Position::Tested), true)?;
        let Expression::Path(path) = subject else {
            return Ok(self.test(subject, inverse));
        };
        if inverse {
            return Ok(self.test(Expression::Path(path), true));
        }
        let then = guard(&path, GuardTest::True, true);
        let otherwise = guard(&path, GuardTest::True, false);
        let mut level = self.item_of(&path, &Segment::Section, names);
        level.is_section = true;
        Ok(Head {
            kind: Some(HeadKind::Section(path)),
            level: Some(level),
            then: vec![then],
            otherwise: vec![otherwise],
            names_unknown: false,
        })
    }

    /// The head of a block that tests.
    fn test(&mut self, test: Expression, inverse: bool) -> Head {
        let test = if inverse { negated(test) } else { test };
        Head {
            then: facts(&test, true),
            otherwise: facts(&test, false),
            kind: Some(HeadKind::If(test)),
            ..Head::default()
        }
    }

    fn known_block(
        &mut self,
        block: Block,
        arguments: &[Word],
        names: &[String],
        tag: &Tag,
    ) -> Result<Head, Reported> {
        let row = block.row();
        let scopes = matches!(block, Block::Each | Block::With);
        if !names.is_empty() && !scopes {
            self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                format!("`#{}` cannot have `as`", row.name),
                "leave `as |…|` out",
            );
        }
        let [argument] = arguments else {
            return Err(self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                format!(
                    "`#{}` takes one argument, not {}",
                    row.name,
                    arguments.len()
                ),
                format!("write for example `{}`", row.example),
            ));
        };
        let inverse = tag.form == Form::Inverse;
        let position = if block == Block::Each && !inverse {
            Position::Iterated
        } else {
            Position::Tested
        };
        let subject = self.argument(argument, Purpose::of(position), true)?;
        let test = match (block, subject) {
            (Block::Each | Block::With, subject) if inverse => subject,
            (Block::Each | Block::With, Expression::Path(path)) => {
                let then = vec![guard(&path, GuardTest::True, true)];
                let otherwise = vec![guard(&path, GuardTest::True, false)];
                let (kind, level) = if block == Block::Each {
                    let level = self.item_of(&path, &Segment::Item, names);
                    (HeadKind::Each(path), level)
                } else {
                    let level = Level {
                        here: Some(path.clone()),
                        names: (names.iter().take(1))
                            .map(|name| (name.clone(), Named::Path(path.clone())))
                            .collect(),
                        ..Level::default()
                    };
                    (HeadKind::If(Expression::Path(path)), level)
                };
                return Ok(Head {
                    kind: Some(kind),
                    level: Some(level),
                    then,
                    otherwise,
                    names_unknown: false,
                });
            }
            (Block::Each | Block::With, _) => {
                return Err(self.error(
                    TemplateErrorKind::Arguments,
                    &tag.span,
                    format!("`#{}` takes a variable", row.name),
                    format!("write for example `{}`", row.example),
                ));
            }
            (Block::If, subject) => subject,
            (Block::Unless, subject) => negated(subject),
            (Block::Exist, subject) => Expression::Present(Box::new(subject)),
            (Block::NotExist, subject) => negated(Expression::Present(Box::new(subject))),
        };
        Ok(self.test(test, inverse))
    }

    /// An item of a list, as the loop that is opened next has it.
    fn item(&self, list: &Path, step: &Segment) -> Path {
        let mut item = Path {
            base: Base::Item(self.loops),
            steps: Vec::new(),
            outer: None,
            ..list.clone()
        };
        item.each_reference(|reference| reference.path.push(step.clone()));
        item
    }

    /// The level of names inside an `#each` or a section.
    fn item_of(&self, list: &Path, step: &Segment, names: &[String]) -> Level {
        let item = self.item(list, step);
        let mut named = Vec::new();
        if let Some(name) = names.first() {
            named.push((name.clone(), Named::Path(item.clone())));
        }
        if let Some(key) = names.get(1) {
            named.push((key.clone(), Named::Key(self.loops)));
        }
        Level {
            here: Some(item),
            loop_depth: Some(self.loops),
            is_section: false,
            names: named,
        }
    }
}

fn negated(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

/// Names as text for people: `a`, `b` and `c`.
fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
