//! From the tree of the `handlebars` crate to a program over typed values.
//!
//! The crate's parser decides what is text, where whitespace goes and how
//! blocks nest. Here every name is resolved: a reference inside `#each` and
//! `#with` becomes one from its variable, and whatever the language does not
//! have becomes an error at its place in the source.

use std::ops::Range;
use std::slice::Iter;
use std::str::FromStr;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Tree, TemplateElement as Element,
};
use handlebars::{Path as CratePath, PathSeg};
use rust_decimal::Decimal;

use super::TemplateError;
use super::helper::{self, Block, Helper};
use super::program::{Base, Expression, Node, Path, Place, Step};
use super::reference::{Guard, GuardTest, Position, Reference, Segment, Use};
use super::scan::{Form, Scanned, Tag};
use crate::Value;
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

    // --- blocks

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

    // --- expressions

    fn expression(&mut self, template: &HelperTemplate, tag: &'a Tag) -> Result<Expression, Noted> {
        let shown = Purpose::of(Position::Shown);
        let mut arguments = tag.arguments.iter();
        match &template.name {
            Parameter::Path(path) if template.params.is_empty() && template.hash.is_empty() => {
                self.path(path, tag.name.clone(), shown)
            }
            Parameter::Subexpression(inner) => match inner.as_element() {
                Element::Expression(inner) if inner.params.is_empty() && inner.hash.is_empty() => {
                    let span = std::slice::from_ref(&tag.name);
                    self.call(inner, &mut span.iter(), tag, shown)
                }
                Element::Expression(inner) => self.call(inner, &mut arguments, tag, shown),
                _ => Err(self.unreadable(tag)),
            },
            _ => self.call(template, &mut arguments, tag, shown),
        }
    }

    fn unreadable(&mut self, tag: &Tag) -> Noted {
        self.error(
            tag.span.clone(),
            "this tag cannot be read".to_owned(),
            "write a variable, or a helper with its arguments",
        )
    }

    /// A helper with its arguments, or a reference in parentheses.
    fn call(
        &mut self,
        template: &HelperTemplate,
        spans: &mut Iter<'_, Range<usize>>,
        tag: &'a Tag,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        self.no_named_arguments(template, tag)?;
        let name = match &template.name {
            Parameter::Name(name) => name.as_str(),
            Parameter::Path(path) if template.params.is_empty() => {
                let span = spans.next().cloned().unwrap_or_else(|| tag.span.clone());
                return self.path(path, span, purpose);
            }
            _ => return Err(self.unreadable(tag)),
        };
        if name == "lookup" {
            return self.lookup(template, spans, tag, purpose);
        }
        let Some(helper) = Helper::named(name) else {
            let help = match nearest(name, helper::inline_helpers()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if Block::named(name).is_some() => {
                    format!("`{name}` is a block: write `{{{{#{name} …}}}}…{{{{/{name}}}}}`")
                }
                None => format!("the helpers are {}", listed(helper::inline_helpers())),
            };
            return Err(self.error(
                tag.span.clone(),
                format!("there is no helper `{name}`"),
                &help,
            ));
        };
        let (fewest, most) = helper.arity();
        let count = template.params.len();
        if count < fewest || count > most {
            let takes = match (fewest, most) {
                (1, 1) => "one argument".to_owned(),
                (fewest, most) if fewest == most => format!("{fewest} arguments"),
                (fewest, most) => format!("{fewest} to {most} arguments"),
            };
            return Err(self.error(
                tag.span.clone(),
                format!("`{name}` takes {takes}, not {count}"),
                &format!("write for example `{}`", helper.example()),
            ));
        }
        let mut arguments = Vec::with_capacity(count);
        let known = self.guards.len();
        for (index, parameter) in template.params.iter().enumerate() {
            let mut purpose = purpose.clone();
            if purpose.position != Position::Tested
                && !matches!(helper, Helper::Mask | Helper::Reveal)
            {
                purpose.position = Position::Argument {
                    helper: helper.name(),
                    index,
                };
            }
            purpose.masked |= helper == Helper::Mask;
            purpose.revealed |= helper == Helper::Reveal;
            purpose.defaulted |= helper == Helper::Default && index == 0;
            if helper != Helper::Reveal {
                purpose.taken_by = Some((helper.name(), index));
            }
            let argument = self.argument(
                parameter,
                spans,
                tag,
                purpose,
                index == 0 && !helper.compares(),
            );
            // The second part of `and` counts only where the first holds.
            if let (Helper::And | Helper::Or, Ok(before)) = (helper, &argument) {
                self.guards.extend(facts(before, helper == Helper::And));
            }
            arguments.push(argument);
        }
        self.guards.truncate(known);
        let arguments = arguments.into_iter().collect::<Result<Vec<_>, Noted>>()?;
        Ok(Expression::Call { helper, arguments })
    }

    /// `lookup list 0` and `lookup record "field name"` are references.
    fn lookup(
        &mut self,
        template: &HelperTemplate,
        spans: &mut Iter<'_, Range<usize>>,
        tag: &'a Tag,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        let key = match &template.params[..] {
            [
                Parameter::Path(_),
                Parameter::Literal(serde_json::Value::String(key)),
            ] => key.clone(),
            [Parameter::Path(_), Parameter::Literal(number)] if number.is_u64() => {
                number.to_string()
            }
            _ => {
                return Err(self.error(
                    tag.span.clone(),
                    "`lookup` takes a variable, and a number or a quoted name".to_owned(),
                    "write for example `{{lookup order.items 0}}`",
                ));
            }
        };
        let uses = self.uses.len();
        let list = self.argument(&template.params[0], spans, tag, purpose, true)?;
        spans.next();
        let Expression::Path(mut path) = list else {
            return Err(self.unreadable(tag));
        };
        extend(&mut path, &key);
        for last in &mut self.uses[uses..] {
            last.reference = path.reference.clone();
        }
        Ok(Expression::Path(path))
    }

    /// One argument. A `subject` is what a helper works on: a whole number
    /// there is the variable of that name.
    fn argument(
        &mut self,
        parameter: &Parameter,
        spans: &mut Iter<'_, Range<usize>>,
        tag: &'a Tag,
        purpose: Purpose,
        subject: bool,
    ) -> Result<Expression, Noted> {
        match parameter {
            Parameter::Subexpression(inner) => match inner.as_element() {
                Element::Expression(inner) => self.call(inner, spans, tag, purpose),
                _ => Err(self.unreadable(tag)),
            },
            Parameter::Path(path) => {
                let span = spans.next().cloned().unwrap_or_else(|| tag.span.clone());
                self.path(path, span, purpose)
            }
            Parameter::Literal(json) => {
                let span = spans.next().cloned().unwrap_or_else(|| tag.span.clone());
                self.literal(json, span, purpose, subject)
            }
            _ => Err(self.unreadable(tag)),
        }
    }

    fn literal(
        &mut self,
        json: &serde_json::Value,
        span: Range<usize>,
        purpose: Purpose,
        subject: bool,
    ) -> Result<Expression, Noted> {
        let written = &self.source[span.clone()];
        let value = match json {
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Bool(truth) => Value::Boolean(*truth),
            serde_json::Value::Number(_)
                if subject && written.bytes().all(|b| b.is_ascii_digit()) =>
            {
                return self.reference(&[written], 0, false, span, purpose);
            }
            serde_json::Value::Number(_) if subject => {
                return Err(self.error(
                    span,
                    format!("`{written}` is not a variable"),
                    "name a variable here",
                ));
            }
            serde_json::Value::Number(_) => {
                let number = written
                    .parse()
                    .map(Value::Integer)
                    .or_else(|_| Decimal::from_str(written).map(Value::Decimal));
                match number {
                    Ok(number) => number,
                    Err(_) => {
                        return Err(self.error(
                            span,
                            format!("`{written}` is not a number of at most 28 digits"),
                            "write it in full, without an exponent",
                        ));
                    }
                }
            }
            _ => {
                return Err(self.error(
                    span,
                    format!("`{written}` is not a value"),
                    "write a number, a quoted text, `true`, `false` or a variable",
                ));
            }
        };
        Ok(Expression::Literal(value))
    }

    // --- references

    fn path(
        &mut self,
        path: &CratePath,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        match path {
            CratePath::Local((up, name, raw)) => self.place(*up, name, raw, span),
            CratePath::Relative((segments, raw)) => {
                let from = ["this.", "this/", "./"]
                    .iter()
                    .find_map(|here| raw.strip_prefix(here))
                    .unwrap_or(raw);
                let from_root = from.starts_with("@root");
                let names: Vec<&str> = segments
                    .iter()
                    .filter_map(|segment| match segment {
                        PathSeg::Named(name) => Some(name.as_str()),
                        _ => None,
                    })
                    .collect();
                // Of the crate's marks only `../` and `@root` can stand here.
                let up = segments.len() - names.len() - usize::from(from_root);
                if raw.matches('@').count() > usize::from(from_root) {
                    return Err(self.error(
                        span,
                        format!("`{raw}` is not a name"),
                        "use `@index`, `@first` or `@last` alone",
                    ));
                }
                if let Some(special) = names
                    .iter()
                    .find(|name| name.is_empty() || name.chars().count() > crate::name::LONGEST)
                {
                    return Err(self.error(
                        span,
                        format!("`{special}` is not a name"),
                        "a name has 1 to 64 characters",
                    ));
                }
                self.reference(&names, up, from_root, span, purpose)
            }
        }
    }

    fn place(
        &mut self,
        up: usize,
        name: &str,
        raw: &str,
        span: Range<usize>,
    ) -> Result<Expression, Noted> {
        const HELP: &str = "inside `{{#each …}}` there are `@index`, `@first` and `@last`";
        let place = match name {
            "index" => Place::Index,
            "first" => Place::First,
            "last" => Place::Last,
            _ => return Err(self.error(span, format!("there is no `{raw}`"), HELP)),
        };
        if !raw.ends_with(name) {
            return Err(self.error(span, format!("`@{name}` has no parts"), HELP));
        }
        let outer = self.levels.len().saturating_sub(up);
        match self.levels[..outer]
            .iter()
            .rev()
            .find_map(|level| level.place)
        {
            Some(depth) => Ok(Expression::Place { depth, place }),
            None => Err(self.error(span, format!("`{raw}` stands outside a loop"), HELP)),
        }
    }

    /// The reference that names mean here, noted as a use.
    fn reference(
        &mut self,
        names: &[&str],
        up: usize,
        from_root: bool,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        let (start, rest) = match names {
            [first, rest @ ..] if up == 0 && !from_root => match self.named(first) {
                Some(Named::Index(depth)) if rest.is_empty() => {
                    return Ok(Expression::Place {
                        depth,
                        place: Place::Index,
                    });
                }
                Some(Named::Index(_)) => {
                    return Err(self.error(
                        span,
                        format!("`{first}` is a number without parts"),
                        "use it alone",
                    ));
                }
                Some(Named::Path(path)) => (Some(path), rest),
                None => (
                    self.levels.last().and_then(|level| level.here.clone()),
                    names,
                ),
            },
            _ if from_root => (None, names),
            _ => match self.levels.len().checked_sub(up + 1) {
                Some(level) => (self.levels[level].here.clone(), names),
                None => {
                    return Err(self.error(
                        span,
                        "`../` leads out of all blocks".to_owned(),
                        "leave it out: only `#each` and `#with` go into something",
                    ));
                }
            },
        };
        let (mut path, rest) = match (start, rest) {
            (Some(path), rest) => (path, rest),
            (None, [root, rest @ ..]) => {
                let reference = Reference {
                    root: (*root).to_owned(),
                    path: Vec::new(),
                };
                (
                    Path {
                        reference,
                        base: Base::Variable,
                        steps: Vec::new(),
                    },
                    rest,
                )
            }
            (None, []) => {
                return Err(self.error(
                    span,
                    "`this` stands for nothing here".to_owned(),
                    "name a variable; `this` is the item inside `{{#each …}}`",
                ));
            }
        };
        for name in rest {
            extend(&mut path, name);
        }
        self.uses.push(Use {
            reference: path.reference.clone(),
            span,
            position: purpose.position,
            masked: purpose.masked,
            revealed: purpose.revealed,
            defaulted: purpose.defaulted,
            taken_by: purpose.taken_by,
            guards: self.guards.clone(),
        });
        Ok(Expression::Path(path))
    }

    /// What a name after `as` stands for.
    fn named(&self, name: &str) -> Option<Named> {
        let mut names = self.levels.iter().rev().flat_map(|level| &level.names);
        names
            .find(|(known, _)| known == name)
            .map(|(_, named)| named.clone())
    }
}

/// Goes one step further: into a field, or to an item where the name is a number.
fn extend(path: &mut Path, name: &str) {
    match name.parse::<usize>() {
        Ok(index) if index.to_string() == name => {
            path.reference.path.push(Segment::Index(index));
            path.steps.push(Step::Index(index, name.to_owned()));
        }
        _ => {
            path.reference.path.push(Segment::Field(name.to_owned()));
            path.steps.push(Step::Field(name.to_owned()));
        }
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

/// What is known of references where a test holds, or where it does not.
fn facts(test: &Expression, holds: bool) -> Vec<Guard> {
    let guard = |path: &Path, test| {
        vec![Guard {
            reference: path.reference.clone(),
            test,
            holds,
        }]
    };
    match test {
        Expression::Path(path) => guard(path, GuardTest::True),
        Expression::Present(inner) => match &**inner {
            Expression::Path(path) => guard(path, GuardTest::Present),
            _ => Vec::new(),
        },
        Expression::Not(inner) => facts(inner, !holds),
        Expression::Call { helper, arguments } => match (helper, holds) {
            (Helper::Not, _) => facts(&arguments[0], !holds),
            (Helper::And, true) | (Helper::Or, false) => arguments
                .iter()
                .flat_map(|argument| facts(argument, holds))
                .collect(),
            // Nothing compares with something absent.
            (
                Helper::Equal | Helper::Greater | Helper::AtLeast | Helper::Less | Helper::AtMost,
                true,
            )
            | (Helper::NotEqual, false) => arguments
                .iter()
                .filter_map(|argument| match argument {
                    Expression::Path(path) => Some(Guard {
                        reference: path.reference.clone(),
                        test: GuardTest::Present,
                        holds: true,
                    }),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        },
        Expression::Literal(_) | Expression::Place { .. } => Vec::new(),
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
