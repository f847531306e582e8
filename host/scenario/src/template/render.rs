//! Runs a compiled template over typed values.
//!
//! Nothing here can fail: what is absent, or of a kind that a helper cannot
//! use, is absent from the text. Nothing here reads a value as a template.

use std::borrow::Cow;
use std::fmt::Write;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::helper::Helper;
use super::mask::{DOTS, masked};
use super::program::{Base, Expression, Node, Path, Place, Step};
use super::{Scope, Shown, date, language};
use crate::compare::{self, Manner};
use crate::{Value, moment};

/// The longest text that a template renders to, in bytes; what comes after is cut.
pub(super) const TEXT_BYTES: usize = 64 * 1024;

/// How many items all loops of one rendering go through: lists in lists must
/// not multiply into hours.
const ITEMS: usize = 100_000;

/// Renders one template.
pub(super) struct Renderer<'a> {
    scope: Scope<'a>,
    /// Whether hidden values are withheld.
    withhold: bool,
    loops: Vec<Loop<'a>>,
    items_left: usize,
    shown: Shown,
}

/// One `#each` under way.
struct Loop<'a> {
    item: &'a Value,
    index: usize,
    last: bool,
    /// The hidden variable that the list is of.
    hidden: Option<&'a str>,
}

/// The value of an expression.
pub(super) struct Got<'a> {
    pub(super) value: Option<Cow<'a, Value>>,
    /// The hidden variables that it was computed from.
    pub(super) hidden: Vec<&'a str>,
}

impl<'a> Got<'a> {
    fn of(value: impl Into<Option<Value>>) -> Self {
        Got {
            value: value.into().map(Cow::Owned),
            hidden: Vec::new(),
        }
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(scope: Scope<'a>, withhold: bool) -> Self {
        Self {
            scope,
            withhold,
            loops: Vec::new(),
            items_left: ITEMS,
            shown: Shown::default(),
        }
    }

    pub(super) fn render(mut self, nodes: &'a [Node]) -> Shown {
        self.body(nodes);
        self.shown
    }

    /// The value of a template that is one expression, with the texts it reveals.
    pub(super) fn value(mut self, expression: &'a Expression) -> (Got<'a>, Vec<String>) {
        let got = self.get(expression);
        (got, self.shown.revealed)
    }

    fn body(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            if self.shown.text.len() >= TEXT_BYTES {
                return;
            }
            match node {
                Node::Text(text) => self.push(text),
                Node::Show(expression) => self.show(expression),
                Node::If {
                    test,
                    then,
                    otherwise,
                } => {
                    let truth = self
                        .get(test)
                        .value
                        .as_deref()
                        .is_some_and(compare::is_truthy);
                    self.body(if truth { then } else { otherwise });
                }
                Node::Each {
                    list,
                    body,
                    otherwise,
                } => self.each(list, body, otherwise),
            }
        }
    }

    fn each(&mut self, list: &'a Path, body: &'a [Node], otherwise: &'a [Node]) {
        let (value, hidden) = self.follow(list);
        let items = match value {
            Some(Value::List(items)) => items.as_slice(),
            _ => &[],
        };
        if items.is_empty() {
            return self.body(otherwise);
        }
        for (index, item) in items.iter().enumerate() {
            if self.items_left == 0 {
                return;
            }
            self.items_left -= 1;
            self.loops.push(Loop {
                item,
                index,
                last: index + 1 == items.len(),
                hidden,
            });
            self.body(body);
            self.loops.pop();
        }
    }

    fn show(&mut self, expression: &'a Expression) {
        let got = self.get(expression);
        let Some(value) = got.value else { return };
        if self.withhold && !got.hidden.is_empty() {
            for name in got.hidden {
                if !self.shown.withheld.iter().any(|known| known == name) {
                    self.shown.withheld.push(name.to_owned());
                }
            }
            self.push(DOTS);
            return;
        }
        match &*value {
            Value::Text(text) => self.push(text),
            value => {
                let text = self.display(value);
                self.push(&text);
            }
        }
    }

    fn push(&mut self, text: &str) {
        let room = TEXT_BYTES.saturating_sub(self.shown.text.len());
        self.shown
            .text
            .push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// A value as it stands in a text; a file is its name. A list or a record has no text of its
    /// own: it needs `#each`, a field or `json`.
    fn display(&self, value: &Value) -> String {
        match value {
            Value::Boolean(truth) => truth.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Timestamp(moment) => {
                let mut text = String::with_capacity(19);
                self.write_date(*moment, "YYYY-MM-DD HH:mm:ss", &mut text);
                text
            }
            Value::File(file) => file.name.clone(),
            Value::List(_) | Value::Record(_) => String::new(),
        }
    }

    fn write_date(&self, moment: Timestamp, format: &str, out: &mut String) {
        date::write(&moment.to_zoned(self.scope.time_zone.clone()), format, out);
    }

    // --- expressions

    fn get(&mut self, expression: &'a Expression) -> Got<'a> {
        match expression {
            Expression::Literal(value) => Got {
                value: Some(Cow::Borrowed(value)),
                hidden: Vec::new(),
            },
            Expression::Path(path) => {
                let (value, hidden) = self.follow(path);
                let hidden = if value.is_some() {
                    hidden.into_iter().collect()
                } else {
                    Vec::new()
                };
                Got {
                    value: value.map(Cow::Borrowed),
                    hidden,
                }
            }
            Expression::Place { depth, place } => {
                Got::of(self.loops.get(*depth).map(|of| match place {
                    Place::Index => Value::Integer(i64::try_from(of.index).unwrap_or(i64::MAX)),
                    Place::First => Value::Boolean(of.index == 0),
                    Place::Last => Value::Boolean(of.last),
                }))
            }
            Expression::Present(inner) => {
                let got = self.get(inner);
                let present = got
                    .value
                    .as_deref()
                    .is_some_and(|value| !compare::is_empty(value));
                Got {
                    value: Some(Cow::Owned(present.into())),
                    hidden: got.hidden,
                }
            }
            Expression::Not(inner) => {
                let got = self.get(inner);
                let truth = got.value.as_deref().is_some_and(compare::is_truthy);
                Got {
                    value: Some(Cow::Owned((!truth).into())),
                    hidden: got.hidden,
                }
            }
            Expression::Call { helper, arguments } => self.call(*helper, arguments),
        }
    }

    /// Where a path leads, and the hidden variable that it starts at.
    fn follow(&self, path: &'a Path) -> (Option<&'a Value>, Option<&'a str>) {
        let (mut value, hidden) = match path.base {
            Base::Variable => {
                let root = path.reference.root.as_str();
                match self.scope.variables.get(root) {
                    Some(variable) => (&variable.value, variable.hidden.then_some(root)),
                    None => return (None, None),
                }
            }
            Base::Item(depth) => match self.loops.get(depth) {
                Some(of) => (of.item, of.hidden),
                None => return (None, None),
            },
        };
        for step in &path.steps {
            let next = match (value, step) {
                (Value::Record(fields), Step::Field(name) | Step::Index(_, name)) => {
                    fields.get(name)
                }
                (Value::List(items), Step::Index(index, _)) => items.get(*index),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return (None, hidden),
            }
        }
        (Some(value), hidden)
    }

    fn call(&mut self, helper: Helper, arguments: &'a [Expression]) -> Got<'a> {
        if helper == Helper::Default {
            let first = self.get(&arguments[0]);
            let absent = first.value.as_deref().is_none_or(compare::is_empty);
            return if absent {
                self.get(&arguments[1])
            } else {
                first
            };
        }
        let mut got: Vec<Got<'a>> = arguments
            .iter()
            .map(|argument| self.get(argument))
            .collect();
        let mut hidden = Vec::new();
        for argument in &mut got {
            hidden.append(&mut argument.hidden);
        }
        let mut values = got.into_iter().map(|got| got.value);
        let first = values.next().flatten();
        let value = match helper {
            Helper::Reveal => {
                if let Some(value) = first.as_deref()
                    && !hidden.is_empty()
                {
                    value.each_text(&mut |text| self.shown.revealed.push(text.to_owned()));
                }
                return Got {
                    value: first,
                    hidden: Vec::new(),
                };
            }
            Helper::Mask => {
                return Got::of(first.as_deref().map(|value| Value::Text(masked(value))));
            }
            helper if helper.is_test() => {
                let rest: Vec<_> = values.collect();
                Some(Value::Boolean(self.test(helper, first.as_deref(), &rest)))
            }
            _ => first.and_then(|first| self.text_of(helper, &first, values).map(cut)),
        };
        Got {
            value: value.map(Cow::Owned),
            hidden,
        }
    }

    fn test(&self, helper: Helper, first: Option<&Value>, rest: &[Option<Cow<'a, Value>>]) -> bool {
        let manner = Manner {
            exact: true,
            time_zone: self.scope.time_zone,
        };
        let pair = || first.zip(rest.first().and_then(Option::as_deref));
        let equal = || pair().is_some_and(|(left, right)| compare::equal(left, right, manner));
        let order = || pair().and_then(|(left, right)| compare::order(left, right, manner));
        let truths = || std::iter::once(first).chain(rest.iter().map(Option::as_deref));
        let truthy = |value: Option<&Value>| value.is_some_and(compare::is_truthy);
        match helper {
            Helper::Equal => equal(),
            Helper::NotEqual => !equal(),
            Helper::Greater => order().is_some_and(|order| order.is_gt()),
            Helper::AtLeast => order().is_some_and(|order| order.is_ge()),
            Helper::Less => order().is_some_and(|order| order.is_lt()),
            Helper::AtMost => order().is_some_and(|order| order.is_le()),
            Helper::And => truths().all(truthy),
            Helper::Or => truths().any(truthy),
            _ => !truthy(first),
        }
    }

    /// What the helpers that make a text or a number make of a present value.
    fn text_of(
        &self,
        helper: Helper,
        first: &Value,
        mut rest: impl Iterator<Item = Option<Cow<'a, Value>>>,
    ) -> Option<Value> {
        Some(match helper {
            Helper::Date => {
                let moment = match first {
                    Value::Timestamp(moment) => Some(*moment),
                    Value::Text(text) => moment::read(text, self.scope.time_zone),
                    _ => None,
                };
                let Some(moment) = moment else {
                    // A back end's own words for a date are better than nothing.
                    return matches!(first, Value::Text(_)).then(|| first.clone());
                };
                let format = rest.next().flatten();
                let format = match format.as_deref() {
                    Some(Value::Text(format)) => format,
                    _ => date::usual_format(self.scope.language),
                };
                let mut text = String::new();
                self.write_date(moment, format, &mut text);
                Value::Text(text)
            }
            Helper::Money => {
                let currency = rest.next().flatten();
                let currency = match currency.as_deref() {
                    Some(Value::Text(currency)) => Some(currency.as_str()),
                    _ => None,
                };
                Value::Text(language::money(
                    number(first)?,
                    currency,
                    self.scope.language,
                ))
            }
            Helper::Inflect => {
                let words: Vec<String> = rest
                    .map(|word| {
                        word.as_deref()
                            .map(|word| self.display(word))
                            .unwrap_or_default()
                    })
                    .collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                Value::Text(
                    language::inflected(number(first)?, &words, self.scope.language).to_owned(),
                )
            }
            Helper::Json => {
                let mut text = String::new();
                write!(text, "{}", first.to_plain_json()).ok()?;
                Value::Text(text)
            }
            Helper::Len => {
                let length = match first {
                    Value::List(items) => items.len(),
                    Value::Text(text) => text.chars().count(),
                    Value::Record(fields) => fields.len(),
                    _ => return None,
                };
                Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
            }
            _ => return None,
        })
    }
}

/// What a helper made, no longer than a text may be. `set` keeps the value of a lone
/// expression as it is, and JSON of JSON doubles its quotes with every round of a loop.
fn cut(mut value: Value) -> Value {
    if let Value::Text(text) = &mut value {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
    }
    value
}

/// A number, also one that a back end gave as text.
fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}
