//! Parameters that are made up from a manifest: ordinary ones, each with a mark by which it is found
//! again in a request; unusual ones; texts that try to break out of their place; and parameters that
//! break the manifest.

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::manifest::{ChoicesSource, Function, Parameter};
use krabice_contract::{Kind, Value};
use rust_decimal::Decimal;

/// Parameters of a call, by name.
pub(crate) type Parameters = IndexMap<String, Value>;

/// A live choice of each parameter that has some, by the parameter's name.
pub(crate) type LiveChoices = IndexMap<String, String>;

/// The word in every injection, by which its effect is found in a request.
pub(crate) const MARK: &str = "kanarek";

/// What a text with a plus becomes when the plus is not encoded.
const PLUS: &str = "a text with a space instead of the plus";

/// A text that becomes something else when a plugin puts it into a request without encoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Injection {
    /// What the text tries to become, as a finding says it.
    pub(crate) becomes: &'static str,
    pub(crate) text: &'static str,
}

impl Injection {
    /// Whether the test is about a plus, which a server reads as a space.
    pub(crate) fn is_plus(self) -> bool {
        self.becomes == PLUS
    }
}

/// The injections for every text.
pub(crate) const INJECTIONS: [Injection; 9] = [
    Injection {
        becomes: "a path that leads upwards",
        text: "kanarek/../../admin",
    },
    Injection {
        becomes: "another query parameter",
        text: "kanarek?kanarek=1&kanarek=2#kanarek",
    },
    Injection {
        becomes: "another JSON member",
        text: r#"kanarek","kanarek":"1"#,
    },
    Injection {
        becomes: "an XML element",
        text: "kanarek]]><kanarek/>'\"&",
    },
    Injection {
        becomes: "another header",
        text: "kanarek\r\nX-Kanarek: 1",
    },
    Injection {
        becomes: "another address",
        text: "http://169.254.169.254/kanarek",
    },
    Injection {
        becomes: "the name of a credential's header",
        text: "Authorization",
    },
    Injection {
        becomes: "a template",
        text: "{{kanarek}} <<kanarek>> %s ${kanarek}",
    },
    Injection {
        becomes: PLUS,
        text: "kanarek+kanarek",
    },
];

/// The injections that the host takes for e-mail addresses: most of these characters may be before
/// the `@` (RFC 5322, `atext`).
const EMAIL_INJECTIONS: [Injection; 4] = [
    Injection {
        becomes: "another query parameter",
        text: "kanarek&kanarek=1@example.com",
    },
    Injection {
        becomes: "another JSON member",
        text: r#"kanarek","kanarek":"1@example.com"#,
    },
    Injection {
        becomes: "an XML element",
        text: "kanarek]]><kanarek/>'\"&@example.com",
    },
    Injection {
        becomes: PLUS,
        text: "kanarek+kanarek@example.com",
    },
];

/// The injections that are addresses of the web.
const URL_INJECTIONS: [Injection; 5] = [
    Injection {
        becomes: "another query parameter",
        text: "https://kanarek.example.com/kanarek?kanarek=1&kanarek=2",
    },
    Injection {
        becomes: "another JSON member",
        text: r#"https://kanarek.example.com/kanarek","kanarek":"1"#,
    },
    Injection {
        becomes: "an XML element",
        text: "https://kanarek.example.com/kanarek]]><kanarek/>'\"&",
    },
    Injection {
        becomes: "another address",
        text: "http://169.254.169.254/kanarek",
    },
    Injection {
        becomes: PLUS,
        text: "https://kanarek.example.com/?a=kanarek+kanarek",
    },
];

/// Unusual texts, each with its description.
fn unusual_texts() -> Vec<(&'static str, String)> {
    vec![
        ("an empty text", String::new()),
        ("spaces", "   ".to_owned()),
        ("a text of 60,000 characters", "k".repeat(60_000)),
        (
            "letters of many scripts",
            "Žluťoučký kůň 🐎 ﷽ a\u{301}\u{202e}".to_owned(),
        ),
    ]
}

/// Which parameters a call gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Required,
}

/// Ordinary parameters.
pub(crate) fn ordinary(function: &Function, live: &LiveChoices, which: Which) -> Parameters {
    let mut maker = ValueMaker {
        parameters: &function.parameters,
        live,
        count: 0,
    };
    children(&function.parameters, "")
        .filter(|parameter| which == Which::All || parameter.required)
        .map(|parameter| (parameter.name.clone(), maker.value(parameter)))
        .collect()
}

/// The kind of the single values at a parameter's path; None for a list or a record whose parts are
/// parameters of their own.
pub(crate) fn single_kind(parameter: &Parameter) -> Option<Kind> {
    match (parameter.kind, parameter.items) {
        (Kind::List, items) => items,
        (Kind::Record, _) => None,
        (kind, _) => Some(kind),
    }
}

/// The value at a parameter's path; in a list, the value in its first item.
pub(crate) fn at<'a>(parameters: &'a Parameters, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let mut place = parameters.get(steps.next()?)?;
    loop {
        place = match place {
            Value::List(items) => items.first()?,
            Value::Record(fields) => match steps.next() {
                Some(step) => fields.get(step)?,
                None => return Some(place),
            },
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Timestamp(_)
            | Value::File(_) => return Some(place),
        };
    }
}

/// The parameters with another value at a path; unchanged when there is no value.
pub(crate) fn with(parameters: &Parameters, path: &str, value: Value) -> Parameters {
    let mut all = parameters.clone();
    let mut steps = path.split('.');
    let mut place = steps.next().and_then(|name| all.get_mut(name));
    while let Some(here) = place {
        place = match here {
            Value::List(items) => items.first_mut(),
            Value::Record(fields) => steps.next().and_then(|step| fields.get_mut(step)),
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Timestamp(_)
            | Value::File(_) => {
                *here = value;
                break;
            }
        };
    }
    all
}

/// The parameters directly below a path.
pub(crate) fn children<'a>(
    parameters: &'a [Parameter],
    parent: &'a str,
) -> impl Iterator<Item = &'a Parameter> {
    parameters.iter().filter(move |parameter| {
        let rest = match parent {
            "" => Some(parameter.name.as_str()),
            _ => parameter
                .name
                .strip_prefix(parent)
                .and_then(|rest| rest.strip_prefix('.')),
        };
        rest.is_some_and(|rest| !rest.contains('.'))
    })
}

/// Makes ordinary values, no two of them the same.
struct ValueMaker<'a> {
    parameters: &'a [Parameter],
    live: &'a LiveChoices,
    /// The number of single values so far.
    count: i64,
}

impl ValueMaker<'_> {
    fn value(&mut self, parameter: &Parameter) -> Value {
        match parameter.kind {
            Kind::Choice => match &parameter.choices {
                ChoicesSource::Fixed(choices) => choices
                    .first()
                    .map_or_else(|| MARK.into(), |choice| choice.value.as_str().into()),
                ChoicesSource::None | ChoicesSource::Live => self
                    .live
                    .get(&parameter.name)
                    .map_or_else(|| "1".into(), |choice| choice.as_str().into()),
            },
            Kind::List => {
                let item = match parameter.items {
                    Some(items) => self.single(items),
                    None => self.record(parameter),
                };
                Value::List(vec![item])
            }
            Kind::Record => self.record(parameter),
            Kind::Boolean
            | Kind::Integer
            | Kind::Decimal
            | Kind::Text
            | Kind::Email
            | Kind::Phone
            | Kind::Url
            | Kind::Timestamp
            | Kind::File => self.single(parameter.kind),
        }
    }

    fn record(&mut self, parameter: &Parameter) -> Value {
        let parts = children(self.parameters, &parameter.name).map(|part| {
            let name = part.name.rsplit('.').next().unwrap_or(&part.name);
            (name.to_owned(), self.value(part))
        });
        Value::Record(parts.collect())
    }

    fn single(&mut self, kind: Kind) -> Value {
        self.count += 1;
        single(kind, self.count - 1)
    }
}

/// An ordinary value of a kind without parts, another one for each `index`.
fn single(kind: Kind, index: i64) -> Value {
    let number = 7_310_000 + index;
    match kind {
        Kind::Boolean => true.into(),
        Kind::Integer => number.into(),
        Kind::Decimal => Value::Decimal(Decimal::new(number * 100 + 50, 2)),
        Kind::Email => format!("kanarek-{number}@example.com").into(),
        Kind::Phone => format!("+42060{number}").into(),
        Kind::Url => format!("https://kanarek.example.com/{number}").into(),
        // Each has another day, by which it is found again.
        Kind::Timestamp => Value::Timestamp(
            Timestamp::from_second(1_700_000_000 + index * 86_400)
                .expect("a function has far fewer parameters than the calendar has days"),
        ),
        // Digits only: some back ends refuse anything else as an order number.
        Kind::Text | Kind::Choice | Kind::List | Kind::Record | Kind::File => {
            number.to_string().into()
        }
    }
}

/// The text by which a parameter's value is found in a request; None for values that look like
/// others.
pub(crate) fn mark(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(_) | Value::File(_) => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.trunc().to_string()),
        // The form depends on the back end; most forms have the day.
        Value::Timestamp(moment) => Some(moment.strftime("%Y-%m-%d").to_string()),
        Value::Text(text) if text.len() < 4 => None,
        Value::Text(text) => Some(
            // The digits of a telephone number stay when a plugin changes its form.
            text.strip_prefix("+420").unwrap_or(text).to_lowercase(),
        ),
        // The parts have marks of their own.
        Value::List(_) | Value::Record(_) => None,
    }
}

/// Unusual values for a parameter, each with its description.
pub(crate) fn unusual(parameter: &Parameter) -> Vec<(String, Value)> {
    let texts = || {
        unusual_texts()
            .into_iter()
            .map(|(words, text)| (words.to_owned(), Value::Text(text)))
            .collect()
    };
    match parameter.kind {
        Kind::Text | Kind::Phone => texts(),
        Kind::Choice => match &parameter.choices {
            ChoicesSource::Fixed(choices) => choices
                .iter()
                .skip(1)
                .map(|choice| {
                    let words = format!("the choice `{}`", choice.value);
                    (words, choice.value.as_str().into())
                })
                .collect(),
            ChoicesSource::Live => texts(),
            ChoicesSource::None => Vec::new(),
        },
        Kind::Boolean => vec![("false".to_owned(), false.into())],
        Kind::Integer => [0, -1, i64::MAX, i64::MIN]
            .map(|number| (number.to_string(), number.into()))
            .to_vec(),
        Kind::Decimal => [
            Decimal::ZERO,
            Decimal::NEGATIVE_ONE,
            Decimal::new(i64::MAX, 4),
        ]
        .map(|number| (number.to_string(), number.into()))
        .to_vec(),
        Kind::Timestamp => ["1970-01-01T00:00:00Z", "9999-12-30T00:00:00Z"]
            .iter()
            .filter_map(|text| Some((text.to_string(), Value::Timestamp(text.parse().ok()?))))
            .collect(),
        Kind::List => vec![("an empty list".to_owned(), Value::List(Vec::new()))],
        Kind::Email | Kind::Url | Kind::Record | Kind::File => Vec::new(),
    }
}

/// The injections that the host lets through for a parameter's kind.
pub(crate) fn injections(parameter: &Parameter) -> &'static [Injection] {
    match single_kind(parameter) {
        Some(Kind::Text | Kind::Phone) => &INJECTIONS,
        Some(Kind::Choice) if parameter.choices == ChoicesSource::Live => &INJECTIONS,
        Some(Kind::Email) => &EMAIL_INJECTIONS,
        Some(Kind::Url) => &URL_INJECTIONS,
        Some(Kind::Boolean | Kind::Integer | Kind::Decimal | Kind::Timestamp | Kind::Choice)
        | Some(Kind::List | Kind::Record | Kind::File)
        | None => &[],
    }
}

/// Parameters that break the manifest, each with what is wrong. The host must refuse them before it
/// calls the plugin.
pub(crate) fn invalid(function: &Function, good: &Parameters) -> Vec<(String, Parameters)> {
    let mut all = Vec::new();
    let mut unknown = good.clone();
    unknown.insert("no-such-parameter".to_owned(), true.into());
    all.push(("an unknown parameter".to_owned(), unknown));
    for parameter in children(&function.parameters, "") {
        let name = &parameter.name;
        if parameter.required {
            let mut missing = good.clone();
            missing.shift_remove(name);
            all.push((format!("`{name}` left out"), missing));
        }
        let other = if parameter.kind == Kind::Record {
            Value::List(Vec::new())
        } else {
            Value::Record(IndexMap::new())
        };
        let mut wrong = good.clone();
        wrong.insert(name.clone(), other);
        all.push((format!("`{name}` of another kind"), wrong));
        if matches!(&parameter.choices, ChoicesSource::Fixed(_)) {
            let mut none = good.clone();
            none.insert(name.clone(), "no-such-choice".into());
            all.push((format!("`{name}` that is no choice"), none));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function() -> Function {
        let part = |name: &str, kind: &str, items: Option<&str>| {
            serde_json::json!({
                "name": name, "kind": kind, "items": items, "label": {}, "help": {},
                "required": true, "default": null, "choices": "none", "personal": false,
            })
        };
        serde_json::from_value(serde_json::json!({
            "name": "write", "label": {}, "help": {}, "effect": "reads", "answer": "nothing",
            "parameters": [
                part("order", "text", None),
                part("codes", "list", Some("text")),
                part("items", "list", None),
                part("items.code", "text", None),
                part("items.since", "timestamp", None),
                part("items.buyer", "record", None),
                part("items.buyer.email", "email", None),
                part("until", "timestamp", None),
            ],
        }))
        .unwrap()
    }

    #[test]
    fn every_single_value_has_a_mark_of_its_own() {
        let function = function();
        let parameters = ordinary(&function, &LiveChoices::new(), Which::All);
        let marks: Vec<_> = function
            .parameters
            .iter()
            .filter_map(|parameter| at(&parameters, &parameter.name).and_then(mark))
            .collect();
        assert_eq!(
            marks,
            [
                "7310000",
                "7310001",
                "7310002",
                "2023-11-17",
                "kanarek-7310004@example.com",
                "2023-11-19"
            ]
        );
    }

    #[test]
    fn a_part_of_a_list_can_be_changed() {
        let function = function();
        let parameters = ordinary(&function, &LiveChoices::new(), Which::All);
        for path in ["order", "codes", "items.code", "items.buyer.email"] {
            let changed = with(&parameters, path, "changed".into());
            assert_eq!(at(&changed, path), Some(&"changed".into()), "{path}");
            let differing = function
                .parameters
                .iter()
                .filter(|parameter| single_kind(parameter).is_some())
                .filter(|parameter| {
                    at(&changed, &parameter.name) != at(&parameters, &parameter.name)
                });
            assert_eq!(differing.count(), 1, "{path}");
        }
        assert_eq!(with(&parameters, "items", "x".into()), parameters);
    }
}
