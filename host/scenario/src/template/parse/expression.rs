//! Parsing expressions: helpers with their arguments, names and values.

use std::ops::Range;
use std::str::FromStr;

use krabice_contract::Value;
use krabice_contract::name::nearest;
use rust_decimal::Decimal;

use super::facts::facts;
use super::{Parser, Purpose, Reported, listed};
use crate::template::helper::{Block, Helper};
use crate::template::lex::Tag;
use crate::template::program::Expression;
use crate::template::reference::{Position, Segment};
use crate::template::words::{Name, Word, WordKind, Words};
use crate::template::{TemplateErrorKind, date};

impl Parser<'_> {
    /// The expression of a tag that shows something.
    pub(super) fn tag(&mut self, tag: &Tag) -> Result<Expression, Reported> {
        let Words { words, names } = self.words(tag)?;
        if !names.is_empty() {
            self.error(
                TemplateErrorKind::Arguments,
                &tag.span,
                "only a block can have `as`",
                "leave `as |…|` out",
            );
        }
        let shown = Purpose::of(Position::Shown);
        match &words[..] {
            [
                Word {
                    kind: WordKind::Group(words),
                    ..
                },
            ] => self.call(words, &tag.span, shown),
            words => self.call(words, &tag.span, shown),
        }
    }

    /// A helper with its arguments, or a name alone. `span` is the tag or the parentheses.
    fn call(
        &mut self,
        words: &[Word],
        span: &Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        let Some((first, arguments)) = words.split_first() else {
            return Err(self.error(
                TemplateErrorKind::Tag,
                span,
                "an empty tag",
                "name a variable",
            ));
        };
        let written = self.source[first.span.clone()].to_owned();
        let is_name = matches!(
            first.kind,
            WordKind::Name(_) | WordKind::Number | WordKind::Boolean(_) | WordKind::Null
        );
        if !is_name {
            return Err(self.error(
                TemplateErrorKind::Tag,
                &first.span,
                "a tag begins with a variable or a helper",
                "write the text itself outside the tag, or a helper before it",
            ));
        }
        if arguments.is_empty() {
            if let WordKind::Name(name) = &first.kind {
                return self.name(name, first.span.clone(), purpose);
            }
            let name = Name {
                segments: written.split('.').map(str::to_owned).collect(),
                ..Name::default()
            };
            return self.name(&name, first.span.clone(), purpose);
        }
        if written == "lookup" {
            return self.lookup(arguments, span, purpose);
        }
        let Some(helper) = Helper::named(&written) else {
            return Err(self.unknown_helper(&written, span));
        };
        let (row, count) = (helper.row(), arguments.len());
        let (fewest, most) = row.count;
        if count < fewest || count > most {
            let takes = match row.count {
                (1, 1) => "one argument".to_owned(),
                (fewest, most) if fewest == most => format!("{fewest} arguments"),
                (fewest, most) => format!("{fewest} to {most} arguments"),
            };
            return Err(self.error(
                TemplateErrorKind::Arguments,
                span,
                format!("`{written}` takes {takes}, not {count}"),
                format!("write for example `{}`", row.example),
            ));
        }
        if helper == Helper::Date
            && let Some(format) = arguments.get(1)
        {
            self.date_format(format);
        }
        let mut values = Vec::with_capacity(count);
        let known = self.guards.len();
        for (index, argument) in arguments.iter().enumerate() {
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
            purpose.defaulted |=
                matches!(helper, Helper::Default | Helper::Or) && index + 1 < count;
            if helper != Helper::Reveal {
                purpose.taken_by = Some((row.name, index));
            }
            let value = self.argument(argument, purpose, index == 0 && !helper.compares());
            // The second argument of `and` matters only if the first holds.
            if let (Helper::And | Helper::Or, Ok(before)) = (helper, &value) {
                self.guards.extend(facts(before, helper == Helper::And));
            }
            values.push(value);
        }
        self.guards.truncate(known);
        let arguments = values.into_iter().collect::<Result<Vec<_>, Reported>>()?;
        Ok(Expression::Call { helper, arguments })
    }

    /// Reports the letters of a date's format that mean nothing.
    fn date_format(&mut self, format: &Word) {
        if let WordKind::Text(text) = &format.kind
            && let Err(run) = date::check(text)
        {
            self.error(
                TemplateErrorKind::Literal,
                &format.span,
                format!("`{run}` is no part of a date's format"),
                format!(
                    "the parts are {}; write other letters in square brackets: `[{run}]`",
                    listed(date::words())
                ),
            );
        }
    }

    fn unknown_helper(&mut self, name: &str, span: &Range<usize>) -> Reported {
        let helpers = || Helper::names().chain(["lookup"]);
        let help = match nearest(name, helpers()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if Block::named(name).is_some() => {
                format!("`{name}` is a block: write `{{{{#{name} …}}}}…{{{{/{name}}}}}`")
            }
            None => format!("the helpers are {}", listed(helpers())),
        };
        let message = format!("there is no helper `{name}`");
        self.error(TemplateErrorKind::UnknownHelper, span, message, help)
    }

    /// `lookup list 0`, `lookup record "field name"` or `lookup list index`.
    fn lookup(
        &mut self,
        arguments: &[Word],
        span: &Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        let wrong = |parser: &mut Self| {
            parser.error(
                TemplateErrorKind::Arguments,
                span,
                "`lookup` takes a variable, and a number, a quoted name or another variable",
                "write for example `{{lookup order.items 0}}`",
            )
        };
        let [list, key] = arguments else {
            return Err(wrong(self));
        };
        let number = &self.source[key.span.clone()];
        let literal = match &key.kind {
            WordKind::Text(text) => Some(text.clone()),
            WordKind::Number if number.bytes().all(|b| b.is_ascii_digit()) => {
                Some(number.to_owned())
            }
            WordKind::Number | WordKind::Boolean(_) | WordKind::Null => return Err(wrong(self)),
            WordKind::Name(_) | WordKind::Group(_) => None,
        };
        let mut of_key = purpose.clone();
        if of_key.position != Position::Tested {
            of_key.position = Position::Argument {
                helper: "lookup",
                index: 1,
            };
        }
        of_key.taken_by = Some(("lookup", 1));
        of_key.defaulted = false;
        let at = self.uses.len();
        let Expression::Path(mut path) = self.argument(list, purpose, true)? else {
            return Err(wrong(self));
        };
        let found = match literal {
            Some(key) => {
                path.extend(&[key]);
                Expression::Path(path.clone())
            }
            None => {
                let written = self.source[key.span.clone()].to_owned();
                path.each_reference(|of| of.path.push(Segment::Lookup(written.clone())));
                Expression::Lookup {
                    of: path.clone(),
                    key: Box::new(self.argument(key, of_key, false)?),
                }
            }
        };
        let used = &mut self.uses[at];
        used.reference = path.reference;
        used.alternatives = path.alternatives;
        Ok(found)
    }

    /// One argument. As the `subject` that a helper works on, a whole number is the variable
    /// of that name.
    pub(super) fn argument(
        &mut self,
        word: &Word,
        purpose: Purpose,
        subject: bool,
    ) -> Result<Expression, Reported> {
        let span = word.span.clone();
        let written = &self.source[span.clone()];
        match &word.kind {
            WordKind::Name(name) => self.name(name, span, purpose),
            WordKind::Group(words) => self.call(words, &span, purpose),
            WordKind::Text(text) => Ok(Expression::Literal(Value::Text(text.clone()))),
            WordKind::Boolean(truth) => Ok(Expression::Literal(Value::Boolean(*truth))),
            WordKind::Null => Err(self.error(
                TemplateErrorKind::Literal,
                &span,
                "`null` is not a value",
                "write a number, a quoted text, `true`, `false` or a variable",
            )),
            WordKind::Number if subject && written.bytes().all(|b| b.is_ascii_digit()) => {
                let name = Name {
                    segments: vec![written.to_owned()],
                    ..Name::default()
                };
                self.reference(&name, span, purpose)
            }
            WordKind::Number if subject => Err(self.error(
                TemplateErrorKind::Name,
                &span,
                format!("`{written}` is not a variable"),
                "name a variable here",
            )),
            WordKind::Number => {
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
    }
}
