//! Lowering expressions: helpers with their arguments, and literals.

use std::ops::Range;
use std::slice::Iter;
use std::str::FromStr;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement as Element};
use krabice_contract::Value;
use krabice_contract::name::nearest;
use rust_decimal::Decimal;

use super::facts::facts;
use super::names::extend;
use super::{Lowering, Purpose, Reported, listed};
use crate::template::TemplateErrorKind;
use crate::template::helper::{Block, Helper};
use crate::template::program::Expression;
use crate::template::reference::Position;
use crate::template::scan::Tag;

impl<'a> Lowering<'a> {
    pub(super) fn expression(
        &mut self,
        template: &HelperTemplate,
        tag: &'a Tag,
    ) -> Result<Expression, Reported> {
        let shown = Purpose::of(Position::Shown);
        let mut arguments = tag.arguments.iter();
        if let Parameter::Path(path) = &template.name
            && template.params.is_empty()
            && template.hash.is_empty()
        {
            return self.path(path, tag.name.clone(), shown);
        }
        let Parameter::Subexpression(inner) = &template.name else {
            return self.call(template, &mut arguments, tag, shown);
        };
        let Element::Expression(inner) = inner.as_element() else {
            return Err(self.unreadable(tag));
        };
        if inner.params.is_empty() && inner.hash.is_empty() {
            arguments = std::slice::from_ref(&tag.name).iter();
        }
        self.call(inner, &mut arguments, tag, shown)
    }

    fn unreadable(&mut self, tag: &Tag) -> Reported {
        self.error(
            TemplateErrorKind::Tag,
            &tag.span,
            "this tag cannot be read",
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
    ) -> Result<Expression, Reported> {
        self.no_named_arguments(template, tag)?;
        if let Parameter::Path(path) = &template.name
            && template.params.is_empty()
        {
            let span = spans.next().cloned().unwrap_or_else(|| tag.span.clone());
            return self.path(path, span, purpose);
        }
        let Parameter::Name(name) = &template.name else {
            return Err(self.unreadable(tag));
        };
        if name == "lookup" {
            return self.lookup(template, spans, tag, purpose);
        }
        let Some(helper) = Helper::named(name) else {
            return Err(self.unknown_helper(name, tag));
        };
        let (row, count) = (helper.row(), template.params.len());
        let (fewest, most) = row.count;
        if count < fewest || count > most {
            let takes = match row.count {
                (1, 1) => "one argument".to_owned(),
                (fewest, most) if fewest == most => format!("{fewest} arguments"),
                (fewest, most) => format!("{fewest} to {most} arguments"),
            };
            return Err(self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                format!("`{name}` takes {takes}, not {count}"),
                format!("write for example `{}`", row.example),
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
                    helper: row.name,
                    index,
                };
            }
            purpose.masked |= helper == Helper::Mask;
            purpose.revealed |= helper == Helper::Reveal;
            purpose.defaulted |= helper == Helper::Default && index == 0;
            if helper != Helper::Reveal {
                purpose.taken_by = Some((row.name, index));
            }
            let argument = self.argument(
                parameter,
                spans,
                tag,
                purpose,
                index == 0 && !helper.compares(),
            );
            // The second argument of `and` matters only if the first holds.
            if let (Helper::And | Helper::Or, Ok(before)) = (helper, &argument) {
                self.guards.extend(facts(before, helper == Helper::And));
            }
            arguments.push(argument);
        }
        self.guards.truncate(known);
        let arguments = arguments
            .into_iter()
            .collect::<Result<Vec<_>, Reported>>()?;
        Ok(Expression::Call { helper, arguments })
    }

    fn unknown_helper(&mut self, name: &str, tag: &Tag) -> Reported {
        let helpers = || Helper::names().chain(["lookup"]);
        let help = match nearest(name, helpers()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if Block::named(name).is_some() => {
                format!("`{name}` is a block: write `{{{{#{name} …}}}}…{{{{/{name}}}}}`")
            }
            None => format!("the helpers are {}", listed(helpers())),
        };
        let message = format!("there is no helper `{name}`");
        self.error(TemplateErrorKind::UnknownHelper, &tag.span, message, help)
    }

    /// The reference that `lookup list 0` or `lookup record "field name"` is.
    fn lookup(
        &mut self,
        template: &HelperTemplate,
        spans: &mut Iter<'_, Range<usize>>,
        tag: &'a Tag,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
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
                    TemplateErrorKind::Arguments,
                    &tag.span,
                    "`lookup` takes a variable, and a number or a quoted name",
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

    /// One argument. As the `subject` that a helper works on, a whole number is the variable
    /// of that name.
    pub(super) fn argument(
        &mut self,
        parameter: &Parameter,
        spans: &mut Iter<'_, Range<usize>>,
        tag: &'a Tag,
        purpose: Purpose,
        subject: bool,
    ) -> Result<Expression, Reported> {
        if let Parameter::Subexpression(inner) = parameter {
            let Element::Expression(inner) = inner.as_element() else {
                return Err(self.unreadable(tag));
            };
            return self.call(inner, spans, tag, purpose);
        }
        let span = spans.next().cloned().unwrap_or_else(|| tag.span.clone());
        if let Parameter::Path(path) = parameter {
            self.path(path, span, purpose)
        } else if let Parameter::Literal(json) = parameter {
            self.literal(json, span, purpose, subject)
        } else {
            Err(self.unreadable(tag))
        }
    }

    fn literal(
        &mut self,
        json: &serde_json::Value,
        span: Range<usize>,
        purpose: Purpose,
        subject: bool,
    ) -> Result<Expression, Reported> {
        let written = &self.source[span.clone()];
        if let serde_json::Value::String(text) = json {
            return Ok(Expression::Literal(Value::Text(text.clone())));
        }
        if let serde_json::Value::Bool(truth) = json {
            return Ok(Expression::Literal(Value::Boolean(*truth)));
        }
        if !json.is_number() {
            return Err(self.error(
                TemplateErrorKind::Literal,
                &span,
                format!("`{written}` is not a value"),
                "write a number, a quoted text, `true`, `false` or a variable",
            ));
        }
        if subject && written.bytes().all(|b| b.is_ascii_digit()) {
            return self.reference(&[written], 0, false, span, purpose);
        }
        if subject {
            return Err(self.error(
                TemplateErrorKind::Name,
                &span,
                format!("`{written}` is not a variable"),
                "name a variable here",
            ));
        }
        let number = written
            .parse()
            .map(Value::Integer)
            .or_else(|_| Decimal::from_str(written).map(Value::Decimal));
        number.map(Expression::Literal).map_err(|_| {
            self.error(
                TemplateErrorKind::Literal,
                &span,
                format!("`{written}` is not a number of at most 28 digits"),
                "write it in full, without an exponent",
            )
        })
    }
}
