//! Parsing expressions: helpers with their arguments, names and values.

use std::ops::Range;
use std::str::FromStr;

use jiff::tz::TimeZone;
use krabice_contract::name::nearest;
use krabice_contract::{Kind, Value};
use rust_decimal::Decimal;

use super::facts::facts;
use super::{Parser, Purpose, Reported, listed};
use crate::compare;
use crate::template::arithmetic::{self, PLACES};
use crate::template::helper::{Block, Helper, all_names, argument_kinds, takes};
use crate::template::lex::Tag;
use crate::template::program::Expression;
use crate::template::reference::{Position, Segment, Use};
use crate::template::time::{Unit, amount};
use crate::template::words::{Name, Word, WordKind, Words};
use crate::template::{TemplateErrorKind, date, expression_kind};

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
        match written.as_str() {
            "lookup" => return self.lookup(arguments, span, purpose),
            "first" | "last" => return self.end_of_list(&written, arguments, span, purpose),
            _ => {}
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
        let (items, arguments) = match self.items(helper, arguments, &purpose)? {
            Some((items, rest)) => (Some(Ok(items)), rest),
            None => (None, arguments),
        };
        let (amount, arguments) = if matches!(helper, Helper::Plus | Helper::Minus) {
            self.amount(helper, arguments, span)?
        } else {
            (Vec::new(), arguments)
        };
        let mut values: Vec<Result<Expression, Reported>> = items.into_iter().collect();
        let known = self.guards.len();
        for argument in arguments {
            let index = values.len();
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
            let subject = index == 0 && !helper.begins_with_a_number();
            let value = self.argument(argument, purpose, subject);
            let value = value.and_then(|value| self.of_right_kind(value, helper, index, argument));
            // The second argument of `and` matters only if the first holds.
            if let (Helper::And | Helper::Or, Ok(before)) = (helper, &value) {
                self.guards.extend(facts(before, helper == Helper::And));
            }
            values.push(value);
        }
        self.guards.truncate(known);
        let mut arguments = values.into_iter().collect::<Result<Vec<_>, Reported>>()?;
        arguments.extend(amount);
        Ok(Expression::Call { helper, arguments })
    }

    /// Reports an argument whose kind is known here and which the helper cannot take, and one
    /// with which the helper never has a result.
    fn of_right_kind(
        &mut self,
        value: Expression,
        helper: Helper,
        index: usize,
        word: &Word,
    ) -> Result<Expression, Reported> {
        let (name, written) = (helper.row().name, &self.source[word.span.clone()]);
        let nothing = |number: &Value| compare::number(number).is_some_and(|n| n.is_zero());
        let (message, help) = match (&value, argument_kinds(name, index)) {
            (Expression::Literal(number), _)
                if helper == Helper::Divide && index == 1 && nothing(number) =>
            {
                let message = "nothing can be divided by 0".to_owned();
                (message, "divide by another number".to_owned())
            }
            (Expression::Literal(places), _)
                if helper == Helper::Round
                    && index == 1
                    && arithmetic::whole(places).is_none_or(|n| !(0..=PLACES).contains(&n)) =>
            {
                let message = format!("`{written}` is not a number of decimal places");
                (message, format!("write a whole number from 0 to {PLACES}"))
            }
            // A moment may be written as a text.
            (Expression::Literal(date), Some(allowed))
                if allowed.contains(&Kind::Timestamp)
                    && compare::moment_of(date, &TimeZone::UTC).is_some() =>
            {
                return Ok(value);
            }
            (_, Some(allowed)) => match expression_kind(&value, &|_| None) {
                Some(kind) if !takes(allowed, kind) => {
                    let kinds = listed(allowed.iter().map(|kind| kind.word()));
                    let message =
                        format!("`{written}` is of the kind `{kind}`, and `{name}` cannot take it");
                    (message, format!("it takes {kinds}"))
                }
                _ => return Ok(value),
            },
            (_, None) => return Ok(value),
        };
        Err(self.error(TemplateErrorKind::Arguments, &word.span, message, help))
    }

    /// The values of a list that a helper works on, and the other arguments: of
    /// `sum order.items "price"` the price of each item. None if it works on no list.
    fn items<'w>(
        &mut self,
        helper: Helper,
        arguments: &'w [Word],
        purpose: &Purpose,
    ) -> Result<Option<(Expression, &'w [Word])>, Reported> {
        let is_text = |word: &Word| matches!(word.kind, WordKind::Text(_));
        let (list, field, rest) = match (helper, arguments) {
            (Helper::Sum | Helper::Min | Helper::Max, [list]) => (list, None, &[][..]),
            (Helper::Sum, [list, field]) => (list, Some(field), &[][..]),
            (Helper::Min | Helper::Max, [list, field]) if is_text(field) => {
                (list, Some(field), &[][..])
            }
            (Helper::Join, [list, _]) => (list, None, &arguments[1..]),
            (Helper::Join | Helper::CountWhere, [list, field, rest @ ..]) => {
                (list, Some(field), rest)
            }
            _ => return Ok(None),
        };
        let row = helper.row();
        let mut of_list = purpose.clone();
        of_list.position = Position::Iterated;
        of_list.taken_by = Some((row.name, 0));
        let Expression::Path(path) = self.argument(list, of_list, true)? else {
            return Err(self.error(
                TemplateErrorKind::Arguments,
                &list.span,
                format!("`{}` takes a variable that holds a list", row.name),
                format!("write for example `{}`", row.example),
            ));
        };
        let mut part = self.item(&path, &Segment::Item);
        let mut written = list.span.clone();
        if let Some(field) = field {
            let WordKind::Text(name) = &field.kind else {
                return Err(self.error(
                    TemplateErrorKind::Arguments,
                    &field.span,
                    format!("`{}` takes the name of a field in quotes", row.name),
                    format!("write for example `{}`", row.example),
                ));
            };
            let names: Vec<String> = name.split('.').map(str::to_owned).collect();
            part.extend(&names);
            written = field.span.clone();
        }
        let tested = purpose.position == Position::Tested;
        let argument = Position::Argument {
            helper: row.name,
            index: 0,
        };
        self.uses.push(Use {
            reference: part.reference.clone(),
            alternatives: part.alternatives.clone(),
            span: written,
            position: if tested { Position::Tested } else { argument },
            masked: purpose.masked,
            revealed: purpose.revealed,
            // An item without it is left out.
            defaulted: true,
            taken_by: Some((row.name, 0)),
            guards: self.guards.clone(),
        });
        Ok(Some((Expression::Items { list: path, part }, rest)))
    }

    /// The amount that `plus` and `minus` add, `"14 days"` or a number and `"days"`: the
    /// literals that stand for it, and the arguments that are left to read.
    fn amount<'w>(
        &mut self,
        helper: Helper,
        arguments: &'w [Word],
        span: &Range<usize>,
    ) -> Result<(Vec<Expression>, &'w [Word]), Reported> {
        let (name, example) = (helper.row().name, helper.row().example);
        let literal = |value: Value| Expression::Literal(value);
        let unit_of = |word: &Word| match &word.kind {
            WordKind::Text(text) => Some(text.clone()),
            _ => None,
        };
        let (count, unit, at, rest) = match arguments {
            [_, whole] => {
                let Some((count, unit)) = unit_of(whole)
                    .and_then(|text| amount(&text).map(|(count, unit)| (count, unit.to_owned())))
                else {
                    return Err(self.error(
                        TemplateErrorKind::Arguments,
                        &whole.span,
                        format!("`{name}` takes an amount of time: a whole number and a unit"),
                        format!("write for example `{example}`; of a number in a variable, `{{{{{name} now days \"days\"}}}}`"),
                    ));
                };
                (Some(count), unit, whole, &arguments[..1])
            }
            [_, _, unit] => {
                let Some(word) = unit_of(unit) else {
                    return Err(self.error(
                        TemplateErrorKind::Arguments,
                        &unit.span,
                        format!("`{name}` takes the unit of the number in quotes"),
                        format!("the units are {}", listed(Unit::words())),
                    ));
                };
                (None, word, unit, &arguments[..2])
            }
            _ => {
                return Err(self.error(
                    TemplateErrorKind::Arguments,
                    span,
                    format!("`{name}` takes a moment and an amount of time"),
                    format!("write for example `{example}`"),
                ));
            }
        };
        if Unit::named(&unit).is_none() {
            let help = match nearest(&unit, Unit::words()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the units are {}", listed(Unit::words())),
            };
            return Err(self.error(
                TemplateErrorKind::Literal,
                &at.span,
                format!("`{unit}` is no unit of time"),
                help,
            ));
        }
        let count = count.map(|count| literal(Value::Integer(count)));
        let unit = literal(Value::Text(unit));
        Ok((count.into_iter().chain([unit]).collect(), rest))
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
        let help = match nearest(name, all_names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if Block::named(name).is_some() => {
                format!("`{name}` is a block: write `{{{{#{name} …}}}}…{{{{/{name}}}}}`")
            }
            None => format!("the helpers are {}", listed(all_names())),
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

    /// `first order.items` or `first order.items "name"`, and `last`.
    fn end_of_list(
        &mut self,
        helper: &str,
        arguments: &[Word],
        span: &Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        let (list, field) = match arguments {
            [list] => (list, None),
            [
                list,
                Word {
                    kind: WordKind::Text(field),
                    ..
                },
            ] => (list, Some(field)),
            _ => return Err(self.no_list(helper, span)),
        };
        let at = self.uses.len();
        let Expression::Path(mut path) = self.argument(list, purpose, true)? else {
            return Err(self.no_list(helper, span));
        };
        if helper == "first" {
            path.extend(&["0".to_owned()]);
        } else {
            path.extend_to_last();
        }
        if let Some(field) = field {
            let names: Vec<String> = field.split('.').map(str::to_owned).collect();
            path.extend(&names);
        }
        let used = &mut self.uses[at];
        used.reference = path.reference.clone();
        used.alternatives.clone_from(&path.alternatives);
        Ok(Expression::Path(path))
    }

    fn no_list(&mut self, helper: &str, span: &Range<usize>) -> Reported {
        self.error(
            TemplateErrorKind::Arguments,
            span,
            format!(
                "`{helper}` takes a variable that holds a list, and the name of a field in quotes"
            ),
            format!("write for example `{{{{{helper} order.items \"name\"}}}}`"),
        )
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
