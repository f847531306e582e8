//! Renders a compiled template over typed values.
//!
//! Rendering cannot fail: a value that is absent, or of a kind that a helper cannot use, is
//! left out of the text. A value is never read as a template.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use jiff::{Timestamp, Zoned};
use krabice_contract::{MASK, Value};
use rust_decimal::Decimal;

use super::arithmetic::{self, Operation};
use super::mask::masked;
use super::program::{Base, Expression, LoopVariable, Node, Path, Step};
use super::time::{self, Unit};
use super::{NOW, Scope, Shown, date, language};
use crate::compare::{self, CompareOptions, Folds};
use crate::variable::{Variable, length};

/// The longest text that a template renders to, in bytes; the rest is cut off.
const TEXT_BYTES: usize = 64 * 1024;

/// The most items that all loops of one rendering visit together, so that lists within
/// lists cannot take hours.
const ITEMS: usize = 100_000;

/// The rendering of one template.
pub(super) struct Renderer<'a> {
    scope: Scope<'a>,
    /// Whether it is a text for the customer: dots replace hidden values, and numbers and dates
    /// are written as people read them.
    for_customer: bool,
    loops: Vec<Loop<'a>>,
    items_left: usize,
    folds: Folds,
    shown: Shown,
}

/// An `#each` or a section that is being rendered.
struct Loop<'a> {
    item: &'a Value,
    /// The number, and whether it is the last; none if it is the one value of a section.
    position: Option<(usize, bool)>,
    /// The name of the field, in a record.
    key: Option<&'a str>,
    /// The hidden variable that holds the list.
    hidden: Option<&'a str>,
}

/// The value of an expression.
pub(super) struct Computed<'a> {
    value: Option<Cow<'a, Value>>,
    /// The hidden variables that it was computed from.
    hidden: Vec<&'a str>,
}

impl Computed<'_> {
    fn visible(value: Option<Value>) -> Self {
        Computed {
            value: value.map(Cow::Owned),
            hidden: Vec::new(),
        }
    }

    /// The opposite of its truth.
    pub(super) fn negated(self) -> Self {
        let truth = is_true(self.value.as_deref());
        Computed {
            value: Some(Cow::Owned(Value::Boolean(!truth))),
            hidden: self.hidden,
        }
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(scope: Scope<'a>, for_customer: bool) -> Self {
        Self {
            scope,
            for_customer,
            loops: Vec::new(),
            items_left: ITEMS,
            folds: Folds::default(),
            shown: Shown::default(),
        }
    }

    pub(super) fn render(mut self, nodes: &'a [Node]) -> Shown {
        self.body(nodes);
        self.shown
    }

    /// Renders a template that is one expression.
    pub(super) fn render_one(mut self, expression: &'a Expression) -> Shown {
        self.show(expression);
        self.shown
    }

    /// The value of a template that is one expression, with the texts that it reveals and the
    /// parts that the customer said.
    pub(super) fn value(
        mut self,
        expression: &'a Expression,
    ) -> (Argument<'a>, Vec<String>, Vec<Range<usize>>) {
        let value = self.evaluate(expression).value;
        let said = value
            .as_deref()
            .map_or_else(Vec::new, |value| self.said(expression, value));
        (value, self.shown.revealed, said)
    }

    /// The parts of an expression's value that are the customer's own words.
    fn said(&self, expression: &Expression, value: &Value) -> Vec<Range<usize>> {
        if let Expression::Path(path) = expression
            && let (Base::Variable, []) = (&path.base, path.steps.as_slice())
            && path.alternatives.is_empty()
        {
            let variable = self.scope.variables.get(&path.reference.root);
            return variable.map_or_else(Vec::new, |variable| variable.said.clone());
        }
        if self.is_said(expression) == Some(true) {
            std::iter::once(0..length(value)).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether all variables of an expression are the customer's own words; none if it has
    /// no variable.
    fn is_said(&self, expression: &Expression) -> Option<bool> {
        match expression {
            Expression::Literal(_) | Expression::LoopVariable { .. } => None,
            Expression::Path(path) => self.is_path_said(path),
            Expression::Items { list, .. } => self.is_path_said(list),
            Expression::Lookup { of, key } => [self.is_path_said(of), self.is_said(key)]
                .into_iter()
                .flatten()
                .reduce(|left, right| left && right),
            Expression::Present(inner) | Expression::Not(inner) => self.is_said(inner),
            Expression::Call { arguments, .. } => arguments
                .iter()
                .filter_map(|argument| self.is_said(argument))
                .reduce(|left, right| left && right),
        }
    }

    /// Whether all variables that a path may lead to are the customer's own words; none if
    /// there is none of them.
    fn is_path_said(&self, path: &Path) -> Option<bool> {
        std::iter::once(&path.reference)
            .chain(&path.alternatives)
            .filter_map(|reference| self.scope.variables.get(&reference.root))
            .map(Variable::is_said)
            .reduce(|left, right| left && right)
    }

    fn body(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            if self.shown.text.len() >= TEXT_BYTES {
                return;
            }
            match node {
                Node::Text(text) => self.push(text),
                Node::Show { expression, .. } => self.show(expression),
                Node::If {
                    test,
                    then,
                    otherwise,
                } => {
                    let truth = is_true(self.evaluate(test).value.as_deref());
                    self.body(if truth { then } else { otherwise });
                }
                Node::Each {
                    list,
                    body,
                    otherwise,
                } => {
                    let (value, hidden) = self.follow(list);
                    match value {
                        Some(value @ (Value::List(_) | Value::Record(_))) => {
                            self.each(value, hidden, body, otherwise);
                        }
                        Some(_) | None => self.body(otherwise),
                    }
                }
                Node::Section {
                    subject,
                    body,
                    otherwise,
                } => self.section(subject, body, otherwise),
            }
        }
    }

    /// A body for each item of a list or field of a record.
    fn each(
        &mut self,
        value: &'a Value,
        hidden: Option<&'a str>,
        body: &'a [Node],
        otherwise: &'a [Node],
    ) {
        let items: Vec<(Option<&'a str>, &'a Value)> = if let Value::Record(fields) = value {
            let fields = fields.iter();
            fields
                .map(|(name, item)| (Some(name.as_str()), item))
                .collect()
        } else if let Value::List(items) = value {
            items.iter().map(|item| (None, item)).collect()
        } else {
            Vec::new()
        };
        if items.is_empty() {
            return self.body(otherwise);
        }
        let last = items.len() - 1;
        for (index, (key, item)) in items.into_iter().enumerate() {
            if self.items_left == 0 {
                return;
            }
            self.items_left -= 1;
            self.loops.push(Loop {
                item,
                position: Some((index, index == last)),
                key,
                hidden,
            });
            self.body(body);
            self.loops.pop();
        }
    }

    fn section(&mut self, subject: &'a Path, body: &'a [Node], otherwise: &'a [Node]) {
        let (value, hidden) = self.follow(subject);
        match value {
            Some(list @ Value::List(_)) => self.each(list, hidden, body, otherwise),
            Some(item) if compare::is_truthy(item) => {
                self.loops.push(Loop {
                    item,
                    position: None,
                    key: None,
                    hidden,
                });
                self.body(body);
                self.loops.pop();
            }
            Some(_) | None => self.body(otherwise),
        }
    }

    fn show(&mut self, expression: &'a Expression) {
        let Computed { value, hidden } = self.evaluate(expression);
        let Some(value) = value else { return };
        if self.for_customer && !hidden.is_empty() {
            for name in hidden {
                if !self.shown.withheld.iter().any(|known| known == name) {
                    self.shown.withheld.push(name.to_owned());
                }
            }
            self.push(MASK);
            return;
        }
        let said = self.said(expression, &value);
        let start = self.shown.text.len();
        if let Value::Text(text) = &*value {
            self.push(text);
            let end = self.shown.text.len();
            let said = said.into_iter();
            let said = said.map(|part| (start + part.start).min(end)..(start + part.end).min(end));
            self.shown.said.extend(said.filter(|part| !part.is_empty()));
        } else {
            let text = self.display(&value);
            self.push(&text);
            if !said.is_empty() {
                self.shown.said.push(start..self.shown.text.len());
            }
        }
    }

    fn push(&mut self, text: &str) {
        let room = TEXT_BYTES.saturating_sub(self.shown.text.len());
        self.shown
            .text
            .push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// The text of a value; of a file, its name. A list or a record has no text of its own:
    /// it needs `#each`, a field or `json`.
    fn display(&self, value: &Value) -> String {
        match value {
            Value::Boolean(truth) => truth.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) if self.for_customer => {
                language::decimal(*number, self.scope.language)
            }
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
        let zoned = moment.to_zoned(self.scope.time_zone.clone());
        date::write(&zoned, format, self.scope.language, self.for_customer, out);
    }

    // --- expressions

    fn evaluate(&mut self, expression: &'a Expression) -> Computed<'a> {
        match expression {
            Expression::Literal(value) => Computed {
                value: Some(Cow::Borrowed(value)),
                hidden: Vec::new(),
            },
            Expression::Path(path) => {
                let (value, hidden) = self.follow(path);
                Computed {
                    hidden: value.and(hidden).into_iter().collect(),
                    value: value.map(Cow::Borrowed),
                }
            }
            Expression::Lookup { of, key } => self.lookup(of, key),
            Expression::Items { list, part } => self.items(list, part),
            Expression::LoopVariable { depth, variable } => {
                // The section of a value that is no list counts nothing.
                let open = self.loops.iter().take(depth + 1).rev();
                let mut counting = open.filter_map(|of| Some((of, of.position?)));
                Computed::visible(counting.next().map(|(of, (index, last))| match variable {
                    LoopVariable::Index => integer(index),
                    LoopVariable::Key => of.key.map_or_else(|| integer(index), Value::from),
                    LoopVariable::First => Value::Boolean(index == 0),
                    LoopVariable::Last => Value::Boolean(last),
                }))
            }
            Expression::Present(inner) => {
                let Computed { value, hidden } = self.evaluate(inner);
                let present = value
                    .as_deref()
                    .is_some_and(|value| !compare::is_empty(value));
                Computed {
                    value: Some(Cow::Owned(present.into())),
                    hidden,
                }
            }
            Expression::Not(inner) => self.evaluate(inner).negated(),
            Expression::Call { helper, arguments } => (helper.row().render)(self, arguments),
        }
    }

    /// The value at a path, and the hidden variable where the path starts.
    fn follow(&self, path: &'a Path) -> (Option<&'a Value>, Option<&'a str>) {
        if let (Base::Item(depth), Some(outer)) = (path.base, &path.outer)
            && let Some(section) = self.loops.get(depth)
            && section.position.is_none()
            && !matches!(section.item, Value::Record(_))
        {
            return self.follow(outer);
        }
        let (value, hidden) = match path.base {
            Base::Variable => {
                let root = path.reference.root.as_str();
                match self.scope.variables.get(root) {
                    Some(variable) => (&variable.value, variable.hidden.then_some(root)),
                    None if root == NOW => (&self.scope.now.value, None),
                    None => return (None, None),
                }
            }
            Base::Item(depth) => match self.loops.get(depth) {
                Some(of) => (of.item, of.hidden),
                None => return (None, None),
            },
        };
        (part_of(value, &path.steps), hidden)
    }

    /// The values of a part of each item of a list. None if all loops together would visit too
    /// many items.
    fn items(&mut self, list: &'a Path, part: &'a Path) -> Computed<'a> {
        let (value, hidden) = self.follow(list);
        let items: Box<dyn Iterator<Item = &'a Value>> = match value {
            Some(Value::List(items)) => Box::new(items.iter()),
            Some(Value::Record(fields)) => Box::new(fields.values()),
            Some(_) | None => Box::new(std::iter::empty()),
        };
        let mut values = Vec::new();
        for item in items {
            if self.items_left == 0 {
                return Computed::visible(None);
            }
            self.items_left -= 1;
            values.extend(part_of(item, &part.steps).cloned());
        }
        Computed {
            value: Some(Cow::Owned(Value::List(values))),
            hidden: value.and(hidden).into_iter().collect(),
        }
    }

    /// The item of a list or the field of a record that a key names.
    fn lookup(&mut self, of: &'a Path, key: &'a Expression) -> Computed<'a> {
        let mut key = self.evaluate(key);
        let (value, hidden) = self.follow(of);
        let name = key.value.as_deref().map(|key| self.display(key));
        let found = match (value, name) {
            (Some(Value::List(items)), Some(name)) => name
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            (Some(Value::Record(fields)), Some(name)) => fields.get(&name),
            _ => None,
        };
        if found.is_none() {
            key.hidden.clear();
        }
        key.hidden.extend(found.and(hidden));
        Computed {
            value: found.map(Cow::Borrowed),
            hidden: key.hidden,
        }
    }

    // --- helpers

    /// The value of `default`: the first argument, or the second if the first is absent or
    /// empty.
    pub(super) fn default(&mut self, arguments: &'a [Expression]) -> Computed<'a> {
        let first = self.evaluate(&arguments[0]);
        if first.value.as_deref().is_none_or(compare::is_empty) {
            self.evaluate(&arguments[1])
        } else {
            first
        }
    }

    /// The value of `reveal`: the argument as it is, no longer hidden, and noted.
    pub(super) fn reveal(&mut self, arguments: &'a [Expression]) -> Computed<'a> {
        let Computed { value, hidden } = self.evaluate(&arguments[0]);
        if let Some(value) = value.as_deref()
            && !hidden.is_empty()
        {
            value.each_text(&mut |text| self.shown.revealed.push(text.to_owned()));
        }
        Computed {
            value,
            hidden: Vec::new(),
        }
    }

    /// The value of `mask`: a part of the argument, no longer hidden.
    pub(super) fn mask(&mut self, arguments: &'a [Expression]) -> Computed<'a> {
        let value = self.evaluate(&arguments[0]).value;
        Computed::visible(value.as_deref().map(|value| Value::Text(masked(value))))
    }

    /// Computes a value from the values of all arguments. It is hidden if any of them is.
    pub(super) fn compute(
        &mut self,
        arguments: &'a [Expression],
        compute: impl FnOnce(&Self, &[Argument<'a>]) -> Option<Value>,
    ) -> Computed<'a> {
        let mut hidden = Vec::new();
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let mut computed = self.evaluate(argument);
            hidden.append(&mut computed.hidden);
            values.push(computed.value);
        }
        Computed {
            value: compute(&*self, &values).map(Cow::Owned),
            hidden,
        }
    }

    /// How helpers compare: letter by letter.
    fn exactly(&self) -> CompareOptions<'_> {
        CompareOptions {
            exact: true,
            time_zone: self.scope.time_zone,
            folds: &self.folds,
        }
    }

    /// The truth of a relation between two values. It does not hold if one is absent.
    pub(super) fn compare(
        &mut self,
        arguments: &'a [Expression],
        relation: fn(&Value, &Value, CompareOptions<'_>) -> bool,
    ) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let options = renderer.exactly();
            let pair = values[0].as_deref().zip(values[1].as_deref());
            Some(Value::Boolean(
                pair.is_some_and(|(left, right)| relation(left, right, options)),
            ))
        })
    }

    /// The value of the first argument that has this truth, else of the last one. It is
    /// hidden if any of those that decided is.
    pub(super) fn first_that(&mut self, arguments: &'a [Expression], truth: bool) -> Computed<'a> {
        let mut hidden = Vec::new();
        let mut value = None;
        for argument in arguments {
            let mut computed = self.evaluate(argument);
            hidden.append(&mut computed.hidden);
            value = computed.value;
            if is_true(value.as_deref()) == truth {
                break;
            }
        }
        Computed { value, hidden }
    }

    /// The opposite of the argument's truth.
    pub(super) fn not(&mut self, arguments: &'a [Expression]) -> Computed<'a> {
        self.evaluate(&arguments[0]).negated()
    }

    /// A text or a number made from the first argument, if that is present, and the others.
    pub(super) fn text(
        &mut self,
        arguments: &'a [Expression],
        make: fn(&Self, &Value, &[Argument<'a>]) -> Option<Value>,
    ) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let first = values[0].as_deref()?;
            make(renderer, first, &values[1..]).map(cut)
        })
    }

    pub(super) fn date(&self, first: &Value, rest: &[Argument<'a>]) -> Option<Value> {
        let Some(moment) = compare::moment_of(first, self.scope.time_zone) else {
            // A date in the back end's own words is better than none.
            return matches!(first, Value::Text(_)).then(|| first.clone());
        };
        let format = text_at(rest, 0).unwrap_or_else(|| date::usual_format(self.scope.language));
        let mut text = String::new();
        self.write_date(moment, format, &mut text);
        Some(Value::Text(text))
    }

    pub(super) fn money(&self, first: &Value, rest: &[Argument<'a>]) -> Option<Value> {
        let amount = number(first)?;
        Some(language::money(amount, text_at(rest, 0), self.scope.language).into())
    }

    pub(super) fn inflect(&self, first: &Value, rest: &[Argument<'a>]) -> Option<Value> {
        let words: Vec<String> = rest
            .iter()
            .map(|word| {
                word.as_deref()
                    .map_or_else(String::new, |word| self.display(word))
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(language::inflected(number(first)?, &words, self.scope.language).into())
    }

    /// The moment that is some time later than the first argument, or earlier. None if there is
    /// no such moment, or if the number of units is not whole.
    pub(super) fn shifted(&mut self, arguments: &'a [Expression], sign: i64) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let zone = renderer.scope.time_zone;
            let moment = compare::moment_of(values[0].as_deref()?, zone)?;
            let count = arithmetic::whole(values[1].as_deref()?)?.checked_mul(sign)?;
            let unit = Unit::named(text_at(values, 2)?)?;
            time::later(moment, count, unit, zone).map(Value::Timestamp)
        })
    }

    /// A value of moments in the scenario's time zone.
    pub(super) fn of_moments(
        &mut self,
        arguments: &'a [Expression],
        make: fn(&[Zoned]) -> Option<Value>,
    ) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let zone = renderer.scope.time_zone;
            let moments = values.iter().map(|value| {
                let moment = compare::moment_of(value.as_deref()?, zone)?;
                Some(moment.to_zoned(zone.clone()))
            });
            make(&moments.collect::<Option<Vec<_>>>()?)
        })
    }

    /// A value computed from the first two arguments, then from it and each of the others.
    pub(super) fn folded(
        &mut self,
        arguments: &'a [Expression],
        operation: Operation,
    ) -> Computed<'a> {
        self.compute(arguments, |_, values| {
            let (first, others) = values.split_first()?;
            let first = first.as_deref()?.clone();
            others
                .iter()
                .try_fold(first, |result, other| operation(&result, other.as_deref()?))
        })
    }

    /// The smallest or the largest of several values, or of a list.
    pub(super) fn extreme(
        &mut self,
        arguments: &'a [Expression],
        wanted: Ordering,
    ) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let options = renderer.exactly();
            let mut best: Option<&Value> = None;
            let values: Vec<Option<&Value>> = match values {
                [Some(list)] => match &**list {
                    Value::List(items) => items.iter().map(Some).collect(),
                    one => vec![Some(one)],
                },
                values => values.iter().map(|value| value.as_deref()).collect(),
            };
            for value in values {
                let value = value?;
                let is_better = match best {
                    None => compare::order(value, value, options).is_some(),
                    Some(best) => compare::order(value, best, options)? == wanted,
                };
                if is_better {
                    best = Some(value);
                } else if best.is_none() {
                    return None;
                }
            }
            best.cloned()
        })
    }

    /// How many values of a list equal the other argument, or are true.
    pub(super) fn count_where(&mut self, arguments: &'a [Expression]) -> Computed<'a> {
        self.compute(arguments, |renderer, values| {
            let Value::List(items) = values.first()?.as_deref()? else {
                return None;
            };
            let wanted = values.get(1).map(|wanted| wanted.as_deref());
            let counted = items.iter().filter(|item| match wanted {
                None => compare::is_truthy(item),
                Some(wanted) => {
                    wanted.is_some_and(|wanted| compare::equal(item, wanted, renderer.exactly()))
                }
            });
            Some(integer(counted.count()))
        })
    }

    pub(super) fn join(&self, first: &Value, rest: &[Argument<'a>]) -> Option<Value> {
        let Value::List(items) = first else {
            return None;
        };
        let between = text_at(rest, 0)?;
        let mut text = String::new();
        for (at, item) in items.iter().enumerate() {
            if text.len() > TEXT_BYTES {
                break;
            }
            if at > 0 {
                text.push_str(between);
            }
            text.push_str(&self.display(item));
        }
        Some(Value::Text(text))
    }

    pub(super) fn json(&self, first: &Value, _: &[Argument<'a>]) -> Option<Value> {
        Some(first.to_plain_json().to_string().into())
    }

    pub(super) fn len(&self, first: &Value, _: &[Argument<'a>]) -> Option<Value> {
        let length = match first {
            Value::List(items) => items.len(),
            Value::Text(text) => text.chars().count(),
            Value::Record(fields) => fields.len(),
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Timestamp(_)
            | Value::File(_) => return None,
        };
        Some(integer(length))
    }
}

/// The value of an argument; none if it is absent.
pub(super) type Argument<'a> = Option<Cow<'a, Value>>;

/// The text among the arguments at an index.
fn text_at<'v>(arguments: &'v [Argument<'_>], index: usize) -> Option<&'v str> {
    match arguments.get(index)?.as_deref() {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn integer(number: usize) -> Value {
    Value::Integer(i64::try_from(number).expect("no value has more than 2^63 parts"))
}

fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(compare::is_truthy)
}

/// The part of a value to which steps lead.
fn part_of<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps
        .iter()
        .try_fold(value, |value, step| match (value, step) {
            (Value::Record(fields), Step::Field(name) | Step::Index(_, name)) => fields.get(name),
            (Value::List(items), Step::Index(index, _)) => items.get(*index),
            (Value::List(items), Step::Last) => items.last(),
            _ => None,
        })
}

/// A text that was changed as a whole.
pub(super) fn changed(value: &Value, change: impl Fn(&str) -> String) -> Option<Value> {
    match value {
        Value::Text(text) => Some(Value::Text(change(text))),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Timestamp(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_) => None,
    }
}

/// Cuts what a helper made to the length of a text. `set` keeps the value of a template
/// that is one expression, and JSON of JSON doubles its quotes with every round of a loop.
fn cut(mut value: Value) -> Value {
    if let Value::Text(text) = &mut value {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
    }
    value
}

/// A number; a text is one if a back end gave its number as text.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    if let Value::Text(text) = value {
        text.trim().parse().ok()
    } else {
        compare::number(value)
    }
}
