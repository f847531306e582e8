//! From the tree of the `handlebars` crate to a program over typed values.
//!
//! The crate's parser decides what is text, where whitespace goes and how
//! blocks nest. Here every name is resolved: a reference inside `#each` and
//! `#with` becomes one from its variable, and whatever the language does not
//! have becomes an error at its place in the source.

mod expression;
mod facts;
mod names;

use std::ops::Range;
use std::slice::Iter;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Tree, TemplateElement as Element,
};

use self::facts::facts;
use super::TemplateError;
use super::helper::{self, Block, Helper};
use super::program::{Base, Expression, Node, Path};
use super::reference::{Guard, GuardTest, Position, Segment, Use};
use super::scan::{Form, Scanned, Tag};
use crate::name::nearest;

/// What a tree comes to.
pub(super) struct Lowered {
    pub(super) nodes: Vec<Node>,
    pub(super) uses: Vec<Use>,
    pub(super) errors: Vec<TemplateError>,
}

/// Resolves a tree whose tags are those that the scanner found.
pub(super) fn lower(source: &str, scanned: &Scanned, tree: &Tree) -> Lowered {
    let mut lowering = Lowering {
        source,
        placeholder: scanned.placeholder,
        tags: scanned.tags.iter(),
        levels: vec![Level {
            here: None,
            place: None,
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
    /// What a bare name is a part of: the variables, then each `#each` and `#with` inwards.
    levels: Vec<Level>,
    /// How many `#each` are open.
    loops: usize,
    guards: Vec<Guard>,
    uses: Vec<Use>,
    errors: Vec<TemplateError>,
}

/// One level of names.
struct Level {
    /// What a bare name is a part of; none: the variables.
    here: Option<Path>,
    /// The number of the loop, where the level is an `#each`.
    place: Option<usize>,
    /// The names after `as`.
    names: Vec<(String, Named)>,
}

#[derive(Clone)]
enum Named {
    Path(Path),
    Index(usize),
}

/// How the place of a reference changes what the check makes of it.
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

/// Stands for an error that has been noted.
struct Noted;

impl<'a> Lowering<'a> {
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
                _ => self.lost(),
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
                self.lost();
                None
            }
        }
    }

    /// The crate and the scanner see different tags: no known source does this.
    fn lost(&mut self) {
        if self.errors.is_empty() {
            self.error(
                0..self.source.len(),
                "this text cannot be read".to_owned(),
                "write its tags in a simpler way",
            );
        }
    }

    fn error(&mut self, span: Range<usize>, message: String, help: &str) -> Noted {
        self.errors.push(TemplateError {
            message,
            help: Some(help.to_owned()),
            span,
        });
        Noted
    }

    fn block(&mut self, template: &HelperTemplate, tag: &'a Tag) -> Option<Node> {
        let name = &self.source[tag.name.clone()];
        let Some(block) = Block::named(name) else {
            let help = match nearest(name, helper::block_helpers()) {
                Some(meant) => format!("did you mean `#{meant}`?"),
                None if Helper::named(name).is_some() => format!("`{name}` has no `#` and no end"),
                None => format!(
                    "the blocks are {}; write `{{{{#if {name}}}}}` to test a variable",
                    listed(helper::block_helpers())
                ),
            };
            self.error(
                tag.span.clone(),
                format!("there is no block `#{name}`"),
                &help,
            );
            self.branches(template, (Vec::new(), None), Vec::new());
            return None;
        };
        if template.block_param.is_some() && !matches!(block, Block::Each | Block::With) {
            self.error(
                tag.span.clone(),
                format!("`#{name}` names nothing with `as`"),
                "leave `as |…|` out",
            );
        }
        let position = if block == Block::Each {
            Position::Iterated
        } else {
            Position::Tested
        };
        let subject = self.only_argument(template, tag, block.example(), Purpose::of(position));
        match (block, subject) {
            (Block::Each, Ok(Expression::Path(list))) => {
                let guard = Guard {
                    reference: list.reference.clone(),
                    test: GuardTest::True,
                    holds: true,
                };
                let level = self.item_of(&list, template.block_param.as_ref());
                self.loops += 1;
                let (body, otherwise) = self.branches(
                    template,
                    (vec![guard.clone()], Some(level)),
                    vec![not(guard)],
                );
                Some(Node::Each {
                    list,
                    body,
                    otherwise,
                })
            }
            (Block::With, Ok(Expression::Path(here))) => {
                let guard = Guard {
                    reference: here.reference.clone(),
                    test: GuardTest::True,
                    holds: true,
                };
                let names = match &template.block_param {
                    Some(BlockParam::Single(Parameter::Name(name))) => {
                        vec![(name.clone(), Named::Path(here.clone()))]
                    }
                    _ => Vec::new(),
                };
                let level = Level {
                    here: Some(here.clone()),
                    place: None,
                    names,
                };
                let (then, otherwise) = self.branches(
                    template,
                    (vec![guard.clone()], Some(level)),
                    vec![not(guard)],
                );
                Some(Node::If {
                    test: Expression::Path(here),
                    then,
                    otherwise,
                })
            }
            (Block::Each | Block::With, Ok(_)) => {
                self.error(
                    tag.span.clone(),
                    format!("`#{name}` takes a variable"),
                    &format!("write for example `{}`", block.example()),
                );
                self.branches(template, (Vec::new(), None), Vec::new());
                None
            }
            (_, Ok(subject)) => {
                let test = match block {
                    Block::Unless => negated(subject),
                    Block::Exist => Expression::Present(Box::new(subject)),
                    Block::NotExist => negated(Expression::Present(Box::new(subject))),
                    _ => subject,
                };
                let (then, otherwise) =
                    self.branches(template, (facts(&test, true), None), facts(&test, false));
                Some(Node::If {
                    test,
                    then,
                    otherwise,
                })
            }
            (_, Err(Noted)) => {
                // What is inside is read for its own errors. Names in a loop
                // over nothing known would only be wrong, so they are not.
                if !matches!(block, Block::Each | Block::With) {
                    self.branches(template, (Vec::new(), None), Vec::new());
                } else {
                    let (errors, uses) = (self.errors.len(), self.uses.len());
                    self.branches(template, (Vec::new(), None), Vec::new());
                    self.errors.truncate(errors);
                    self.uses.truncate(uses);
                }
                None
            }
        }
    }

    /// The body of a block and its `else`, each under what is known there.
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
            level.as_ref().is_some_and(|level| level.place.is_some()),
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
                        self.lost();
                        Vec::new()
                    }
                }
            }
            _ => Vec::new(),
        };
        self.guards.truncate(known);
        (then, otherwise)
    }

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
            place: Some(self.loops),
            names,
        }
    }

    fn only_argument(
        &mut self,
        template: &HelperTemplate,
        tag: &'a Tag,
        example: &str,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        let name = &self.source[tag.name.clone()];
        self.no_named_arguments(template, tag)?;
        let [parameter] = &template.params[..] else {
            return Err(self.error(
                tag.span.clone(),
                format!(
                    "`#{name}` takes one argument, not {}",
                    template.params.len()
                ),
                &format!("write for example `{example}`"),
            ));
        };
        let mut spans = tag.arguments.iter();
        self.argument(parameter, &mut spans, tag, purpose, true)
    }

    fn no_named_arguments(&mut self, template: &HelperTemplate, tag: &Tag) -> Result<(), Noted> {
        if template.hash.is_empty() {
            return Ok(());
        }
        Err(self.error(
            tag.span.clone(),
            "no helper has arguments with names".to_owned(),
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

/// Names for people: `a`, `b` and `c`.
fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
