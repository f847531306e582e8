//! Turning the tree of the `handlebars` crate into a program over typed values.
//!
//! The crate's parser decides what is text, how whitespace is trimmed and how blocks nest.
//! This module resolves every name: a reference inside `#each` and `#with` becomes one that
//! starts at its variable, and everything that is not part of the language becomes an error
//! at its place in the source.

mod expression;
mod facts;
mod names;

use std::ops::Range;
use std::slice::Iter;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Tree, TemplateElement as Element,
};
use krabice_contract::name::nearest;

use self::facts::facts;
use super::helper::{Block, Helper};
use super::program::{Base, Expression, Node, Path};
use super::reference::{Guard, GuardTest, Position, Reference, Segment, Use};
use super::scan::{Form, Scanned, Tag};
use super::{TemplateError, TemplateErrorKind, out_of_step};

/// The result of lowering a tree.
pub(super) struct Lowered {
    pub(super) nodes: Vec<Node>,
    pub(super) uses: Vec<Use>,
    pub(super) errors: Vec<TemplateError>,
}

/// Lowers a tree whose tags are those that the scanner found.
pub(super) fn lower(source: &str, scanned: &Scanned, tree: &Tree) -> Lowered {
    let mut lowering = Lowering {
        source,
        placeholder: scanned.placeholder,
        tags: scanned.tags.iter(),
        levels: vec![Level {
            here: None,
            loop_depth: None,
            names: Vec::new(),
        }],
        loops: 0,
        guards: Vec::new(),
        uses: Vec::new(),
        errors: Vec::new(),
    };
    let nodes = lowering.body(Some(tree));
    Lowered {
        nodes,
        uses: lowering.uses,
        errors: lowering.errors,
    }
}

struct Lowering<'a> {
    source: &'a str,
    placeholder: char,
    tags: Iter<'a, Tag>,
    /// The variables, then each open `#each` and `#with` from the outermost.
    levels: Vec<Level>,
    /// The number of open `#each` blocks.
    loops: usize,
    guards: Vec<Guard>,
    uses: Vec<Use>,
    errors: Vec<TemplateError>,
}

/// A level of names.
struct Level {
    /// The value that a bare name is a part of; none for the variables themselves.
    here: Option<Path>,
    /// The depth of the loop, if the level is an `#each`.
    loop_depth: Option<usize>,
    /// The names after `as`.
    names: Vec<(String, Named)>,
}

/// The meaning of a name after `as`.
#[derive(Clone)]
enum Named {
    Path(Path),
    Index(usize),
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

/// Marks a failure whose error has been added to [`Lowering::errors`].
struct Reported;

impl<'a> Lowering<'a> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the crate's tree has elements that no tag of the language becomes"
    )]
    fn body(&mut self, tree: Option<&Tree>) -> Vec<Node> {
        let mut nodes = Vec::new();
        for element in tree.map_or(&[][..], |tree| &tree.elements) {
            match element {
                Element::RawString(text) => self.text(text, &mut nodes),
                Element::Expression(template) => {
                    if let Some(tag) = self.next_tag(Form::Expression)
                        && let Ok(expression) = self.expression(template, tag)
                    {
                        nodes.push(Node::Show(expression));
                    }
                }
                Element::HelperBlock(template) => {
                    if let Some(tag) = self.next_tag(Form::Open) {
                        nodes.extend(self.block(template, tag));
                        self.next_tag(Form::Close);
                    }
                }
                Element::Comment(_) => {}
                _ => self.out_of_step(),
            }
        }
        nodes
    }

    fn text(&self, text: &str, nodes: &mut Vec<Node>) {
        if text.is_empty() {
            return;
        }
        let text = if text.contains(self.placeholder) {
            text.replace(self.placeholder, "<<")
        } else {
            text.to_owned()
        };
        if let Some(Node::Text(last)) = nodes.last_mut() {
            *last = format!("{last}{text}").into_boxed_str();
        } else {
            nodes.push(Node::Text(text.into_boxed_str()));
        }
    }

    fn next_tag(&mut self, form: Form) -> Option<&'a Tag> {
        match self.tags.next() {
            Some(tag) if tag.form == form => Some(tag),
            _ => {
                self.out_of_step();
                None
            }
        }
    }

    /// Reports that the crate and the scanner see different tags.
    fn out_of_step(&mut self) {
        if self.errors.is_empty() {
            self.errors.push(out_of_step(self.source));
        }
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

    fn block(&mut self, template: &HelperTemplate, tag: &'a Tag) -> Option<Node> {
        let name = &self.source[tag.name.clone()];
        let Some(block) = Block::named(name) else {
            self.unknown_block(name, tag);
            self.branches(template, (Vec::new(), None), Vec::new());
            return None;
        };
        if template.block_param.is_some() && !matches!(block, Block::Each | Block::With) {
            self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                format!("`#{name}` cannot have `as`"),
                "leave `as |…|` out",
            );
        }
        let position = if block == Block::Each {
            Position::Iterated
        } else {
            Position::Tested
        };
        match self.only_argument(template, tag, block, Purpose::of(position)) {
            Ok(subject) => self.block_of(block, subject, template, tag),
            Err(Reported) => {
                // The content is read for its own errors. Names in a loop over an unknown
                // list would all be errors, so those are dropped.
                let (errors, uses) = (self.errors.len(), self.uses.len());
                self.branches(template, (Vec::new(), None), Vec::new());
                if matches!(block, Block::Each | Block::With) {
                    self.errors.truncate(errors);
                    self.uses.truncate(uses);
                }
                None
            }
        }
    }

    fn unknown_block(&mut self, name: &str, tag: &Tag) {
        let help = match nearest(name, Block::names()) {
            Some(meant) => format!("did you mean `#{meant}`?"),
            None if Helper::named(name).is_some() => {
                format!("`{name}` is not a block: leave the `#` and the closing tag out")
            }
            None => format!(
                "the blocks are {}; write `{{{{#if {name}}}}}` to test a variable",
                listed(Block::names())
            ),
        };
        let message = format!("there is no block `#{name}`");
        self.error(TemplateErrorKind::UnknownHelper, &tag.span, message, help);
    }

    /// The node of a block with its argument.
    fn block_of(
        &mut self,
        block: Block,
        subject: Expression,
        template: &HelperTemplate,
        tag: &Tag,
    ) -> Option<Node> {
        let true_here = |reference: &Reference| Guard {
            reference: reference.clone(),
            test: GuardTest::True,
            holds: true,
        };
        let test = match (block, subject) {
            (Block::Each, Expression::Path(list)) => {
                let guard = true_here(&list.reference);
                let level = self.item_of(&list, template.block_param.as_ref());
                self.loops += 1;
                let then = (vec![guard.clone()], Some(level));
                let (body, otherwise) = self.branches(template, then, vec![not(guard)]);
                return Some(Node::Each {
                    list,
                    body,
                    otherwise,
                });
            }
            (Block::With, Expression::Path(here)) => {
                let guard = true_here(&here.reference);
                let level = Level {
                    here: Some(here.clone()),
                    loop_depth: None,
                    names: match &template.block_param {
                        Some(BlockParam::Single(Parameter::Name(name))) => {
                            vec![(name.clone(), Named::Path(here.clone()))]
                        }
                        _ => Vec::new(),
                    },
                };
                let then = (vec![guard.clone()], Some(level));
                let (then, otherwise) = self.branches(template, then, vec![not(guard)]);
                return Some(Node::If {
                    test: Expression::Path(here),
                    then,
                    otherwise,
                });
            }
            (Block::Each | Block::With, _) => {
                self.error(
                    TemplateErrorKind::Arguments,
                    &tag.span,
                    format!("`#{}` takes a variable", block.row().name),
                    format!("write for example `{}`", block.row().example),
                );
                self.branches(template, (Vec::new(), None), Vec::new());
                return None;
            }
            (Block::If, subject) => subject,
            (Block::Unless, subject) => negated(subject),
            (Block::Exist, subject) => Expression::Present(Box::new(subject)),
            (Block::NotExist, subject) => negated(Expression::Present(Box::new(subject))),
        };
        let (then, otherwise) =
            self.branches(template, (facts(&test, true), None), facts(&test, false));
        Some(Node::If {
            test,
            then,
            otherwise,
        })
    }

    /// The body of a block and its `else`, each with the tests that are known there.
    fn branches(
        &mut self,
        template: &HelperTemplate,
        (then_guards, level): (Vec<Guard>, Option<Level>),
        else_guards: Vec<Guard>,
    ) -> (Vec<Node>, Vec<Node>) {
        let known = self.guards.len();
        self.guards.extend(then_guards);
        let (inner, loop_level) = (
            level.is_some(),
            level
                .as_ref()
                .is_some_and(|level| level.loop_depth.is_some()),
        );
        self.levels.extend(level);
        let then = self.body(template.template.as_ref());
        self.guards.truncate(known);
        if inner {
            self.levels.pop();
        }
        if loop_level {
            self.loops -= 1;
        }
        self.guards.extend(else_guards);
        let otherwise = match self.tags.as_slice().first().map(|tag| (tag, tag.form)) {
            Some((_, Form::Else)) => {
                self.tags.next();
                self.body(template.inverse.as_ref())
            }
            Some((tag, Form::ElseChain)) => {
                self.tags.next();
                match template.inverse.as_ref().map(|tree| &tree.elements[..]) {
                    Some([Element::HelperBlock(chained)]) => {
                        self.block(chained, tag).into_iter().collect()
                    }
                    _ => {
                        self.out_of_step();
                        Vec::new()
                    }
                }
            }
            _ => Vec::new(),
        };
        self.guards.truncate(known);
        (then, otherwise)
    }

    /// The level of names inside an `#each`.
    fn item_of(&self, list: &Path, names: Option<&BlockParam>) -> Level {
        let mut reference = list.reference.clone();
        reference.path.push(Segment::Item);
        let item = Path {
            reference,
            base: Base::Item(self.loops),
            steps: Vec::new(),
        };
        let names = match names {
            Some(BlockParam::Single(Parameter::Name(name))) => {
                vec![(name.clone(), Named::Path(item.clone()))]
            }
            Some(BlockParam::Pair((Parameter::Name(name), Parameter::Name(index)))) => vec![
                (name.clone(), Named::Path(item.clone())),
                (index.clone(), Named::Index(self.loops)),
            ],
            _ => Vec::new(),
        };
        Level {
            here: Some(item),
            loop_depth: Some(self.loops),
            names,
        }
    }

    fn only_argument(
        &mut self,
        template: &HelperTemplate,
        tag: &'a Tag,
        block: Block,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        self.no_named_arguments(template, tag)?;
        let [parameter] = &template.params[..] else {
            let row = block.row();
            return Err(self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                format!(
                    "`#{}` takes one argument, not {}",
                    row.name,
                    template.params.len()
                ),
                format!("write for example `{}`", row.example),
            ));
        };
        let mut spans = tag.arguments.iter();
        self.argument(parameter, &mut spans, tag, purpose, true)
    }

    fn no_named_arguments(&mut self, template: &HelperTemplate, tag: &Tag) -> Result<(), Reported> {
        if template.hash.is_empty() {
            return Ok(());
        }
        Err(self.error(
            TemplateErrorKind::Unsupported,
            &tag.span,
            "arguments cannot have names",
            "write the arguments one after another, without `=`",
        ))
    }
}

fn negated(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

fn not(guard: Guard) -> Guard {
    Guard {
        holds: !guard.holds,
        ..guard
    }
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
