//! Parameters that are made up from a manifest: ordinary ones, each with a mark by
//! which it is found again in a request; odd ones; and ones that break the
//! manifest.

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_scenario::manifest::{ChoicesSource, Function, Parameter};
use krabice_scenario::{Kind, Value};
use rust_decimal::Decimal;

/// Parameters of a call, by name.
pub(crate) type Parameters = IndexMap<String, Value>;

/// The live choices that are known, by parameter.
pub(crate) type LiveChoices = IndexMap<String, String>;

/// The word that stands in everything that harms where it is not escaped.
pub(crate) const MARK: &str = "kanarek";

/// A text that becomes something else where a plugin puts it into a request as it
/// is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Harm {
    /// What it tries to become, for a finding.
    pub(crate) becomes: &'static str,
    pub(crate) text: &'static str,
}

/// The harms that are tried, each as every text of a function in turn.
pub(crate) const HARMS: [Harm; 8] = [
    Harm {
        becomes: "a path that climbs",
        text: "kanarek/../../admin",
    },
    Harm {
        becomes: "another query parameter",
        text: "kanarek?kanarek=1&kanarek=2#kanarek",
    },
    Harm {
        becomes: "another JSON member",
        text: r#"kanarek","kanarek":"1"#,
    },
    Harm {
        becomes: "an XML element",
        text: "kanarek]]><kanarek/>'\"&",
    },
    Harm {
        becomes: "another header",
        text: "kanarek\r\nX-Kanarek: 1",
    },
    Harm {
        becomes: "an address of its own",
        text: "http://169.254.169.254/kanarek",
    },
    Harm {
        becomes: "the header of a credential",
        text: "Authorization",
    },
    Harm {
        becomes: "a template",
        text: "{{kanarek}} <<kanarek>> %s ${kanarek}",
    },
];

/// Texts that are odd and must do no harm either.
pub(crate) fn odd_texts() -> Vec<(&'static str, String)> {
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

/// Ordinary parameters: all of them, or those alone that a call must give.
pub(crate) fn ordinary(function: &Function, live: &LiveChoices, all: bool) -> Parameters {
    own(&function.parameters, "")
        .filter(|parameter| all || parameter.required)
        .enumerate()
        .map(|(index, parameter)| {
            let value = value(&function.parameters, parameter, live, index);
            (parameter.name.clone(), value)
        })
        .collect()
}

/// The parameters directly below a path.
pub(crate) fn own<'a>(
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

/// An ordinary value. `index` tells parameters of one kind apart.
fn value(
    parameters: &[Parameter],
    parameter: &Parameter,
    live: &LiveChoices,
    index: usize,
) -> Value {
    match parameter.kind {
        Kind::Choice => match &parameter.choices {
            ChoicesSource::Fixed(choices) => choices
                .first()
                .map_or_else(|| MARK.into(), |choice| choice.value.as_str().into()),
            ChoicesSource::None | ChoicesSource::Live => live
                .get(&parameter.name)
                .map_or_else(|| "1".into(), |choice| choice.as_str().into()),
        },
        Kind::List => {
            let item = match parameter.items {
                Some(items) => single(items, index),
                None => record(parameters, parameter, live, index),
            };
            Value::List(vec![item])
        }
        Kind::Record => record(parameters, parameter, live, index),
        kind => single(kind, index),
    }
}

fn record(
    parameters: &[Parameter],
    parameter: &Parameter,
    live: &LiveChoices,
    index: usize,
) -> Value {
    let parts = own(parameters, &parameter.name)
        .enumerate()
        .map(|(part, own)| {
            let name = own.name.rsplit('.').next().unwrap_or(&own.name);
            let value = value(parameters, own, live, 10 * (index + 1) + part);
            (name.to_owned(), value)
        });
    Value::Record(parts.collect())
}

/// An ordinary value of a kind that has no parts.
fn single(kind: Kind, index: usize) -> Value {
    let number = 7_310_000 + index as i64;
    match kind {
        Kind::Boolean => true.into(),
        Kind::Integer => number.into(),
        Kind::Decimal => Value::Decimal(Decimal::new(number * 100 + 50, 2)),
        Kind::Email => format!("kanarek-{number}@example.com").into(),
        Kind::Phone => format!("+42060{number}").into(),
        Kind::Url => format!("https://kanarek.example.com/{number}").into(),
        Kind::Timestamp => {
            Value::Timestamp(Timestamp::from_second(1_700_000_000 + number).unwrap_or_default())
        }
        // Digits alone: order numbers of some back ends are nothing else.
        _ => number.to_string().into(),
    }
}

/// By what a parameter's value is recognised in a request; none where it cannot be
/// told from others.
pub(crate) fn mark(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(_) | Value::File(_) => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.trunc().to_string()),
        // A back end may want it in any form; the day is in most.
        Value::Timestamp(moment) => Some(moment.strftime("%Y-%m-%d").to_string()),
        Value::Text(text) if text.len() < 4 => None,
        Value::Text(text) => Some(
            // The digits of a phone stay when its form changes.
            text.strip_prefix("+420").unwrap_or(text).to_lowercase(),
        ),
        Value::List(items) => items.iter().find_map(mark),
        Value::Record(fields) => fields.values().find_map(mark),
    }
}

/// Odd values for a parameter, each with its words.
pub(crate) fn odd(parameter: &Parameter) -> Vec<(String, Value)> {
    let texts = || {
        odd_texts()
            .into_iter()
            .map(|(words, text)| (words.to_owned(), Value::Text(text)))
            .collect()
    };
    match parameter.kind {
        Kind::Text | Kind::Phone => texts(),
        Kind::Choice if parameter.choices == ChoicesSource::Live => texts(),
        Kind::Choice => match &parameter.choices {
            ChoicesSource::Fixed(choices) => choices
                .iter()
                .skip(1)
                .map(|choice| {
                    let words = format!("the choice `{}`", choice.value);
                    (words, choice.value.as_str().into())
                })
                .collect(),
            _ => Vec::new(),
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

/// Whether a parameter takes any text.
pub(crate) fn takes_text(parameter: &Parameter) -> bool {
    match parameter.kind {
        Kind::Text | Kind::Phone => true,
        Kind::Choice => parameter.choices == ChoicesSource::Live,
        _ => false,
    }
}

/// Parameters that break the manifest, each with what is wrong with it. The host
/// has to refuse them before the plugin is asked.
pub(crate) fn broken(function: &Function, good: &Parameters) -> Vec<(String, Parameters)> {
    let mut all = Vec::new();
    let mut unknown = good.clone();
    unknown.insert("no-such-parameter".to_owned(), true.into());
    all.push(("an unknown parameter".to_owned(), unknown));
    for parameter in own(&function.parameters, "") {
        let name = &parameter.name;
        if parameter.required {
            let mut missing = good.clone();
            missing.shift_remove(name);
            all.push((format!("`{name}` left out"), missing));
        }
        let other = match parameter.kind {
            Kind::Record => Value::List(Vec::new()),
            _ => Value::Record(IndexMap::new()),
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
