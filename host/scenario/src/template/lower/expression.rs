//! Expressions: helpers with their arguments, and what an author writes for a value.

use std::ops::Range;
use std::slice::Iter;
use std::str::FromStr;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement as Element};
use rust_decimal::Decimal;

use super::facts::facts;
use super::names::extend;
use super::{Lowering, Noted, Purpose, listed};
use crate::Value;
use crate::name::nearest;
use crate::template::helper::{self, Block, Helper};
use crate::template::program::Expression;
use crate::template::reference::Position;
use crate::template::scan::Tag;

impl<'a> Lowering<'a> {
    pub(super) fn expression(
        &mut self,
        template: &HelperTemplate,
        tag: &'a Tag,
    ) -> Result<Expression, Noted> {
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
    pub(super) fn argument(
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
}
