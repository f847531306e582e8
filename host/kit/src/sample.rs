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

/// What a text with a plus becomes where the plus is not encoded.
const PLUS: &str = "a text whose plus is read as a space";

/// A text that becomes something else where a plugin puts it into a request as it
/// is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Harm {
    /// What it tries to become, for a finding.
    pub(crate) becomes: &'static str,
    pub(crate) text: &'static str,
}

impl Harm {
    /// Whether it is its plus that must not arrive as it is.
    pub(crate) fn is_plus(self) -> bool {
        self.becomes == PLUS
    }
}

/// The harms that are tried as every text.
pub(crate) const HARMS: [Harm; 9] = [
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
    Harm {
        becomes: PLUS,
        text: "kanarek+kanarek",
    },
];

/// Those that are e-mail addresses to the host, too: most of these characters may
/// stand before the `@` (RFC 5322, `atext`).
const EMAIL_HARMS: [Harm; 4] = [
    Harm {
        becomes: "another query parameter",
        text: "kanarek&kanarek=1@example.com",
    },
    Harm {
        becomes: "another JSON member",
        text: r#"kanarek","kanarek":"1@example.com"#,
    },
    Harm {
        becomes: "an XML element",
        text: "kanarek]]><kanarek/>'\"&@example.com",
    },
    Harm {
        becomes: PLUS,
        text: "kanarek+kanarek@example.com",
    },
];

/// Those that are addresses of the web.
const URL_HARMS: [Harm; 5] = [
    Harm {
        becomes: "another query parameter",
        text: "https://kanarek.example.com/kanarek?kanarek=1&kanarek=2",
    },
    Harm {
        becomes: "another JSON member",
        text: r#"https://kanarek.example.com/kanarek","kanarek":"1"#,
    },
    Harm {
        becomes: "an XML element",
        text: "https://kanarek.example.com/kanarek]]><kanarek/>'\"&",
    },
    Harm {
        becomes: "an address of its own",
        text: "http://169.254.169.254/kanarek",
    },
    Harm {
        becomes: PLUS,
        text: "https://kanarek.example.com/?a=kanarek+kanarek",
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
    let mut made = Made {
        parameters: &function.parameters,
        live,
        count: 0,
    };
    own(&function.parameters, "")
        .filter(|parameter| all || parameter.required)
        .map(|parameter| (parameter.name.clone(), made.value(parameter)))
        .collect()
}

/// The kind of the single values at a parameter's path; none where it is a list or a
/// record with parts of their own.
pub(crate) fn single_kind(parameter: &Parameter) -> Option<Kind> {
    match (parameter.kind, parameter.items) {
        (Kind::List, items) => items,
        (Kind::Record, _) => None,
        (kind, _) => Some(kind),
    }
}

/// The value at a parameter's path; of a list, that of its first item.
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
            _ => return Some(place),
        };
    }
}

/// The parameters with another value at a path, where there is one now.
pub(crate) fn with(parameters: &Parameters, path: &str, value: Value) -> Parameters {
    let mut all = parameters.clone();
    let mut steps = path.split('.');
    let mut place = steps.next().and_then(|name| all.get_mut(name));
    while let Some(here) = place {
        place = match here {
            Value::List(items) => items.first_mut(),
            Value::Record(fields) => steps.next().and_then(|step| fields.get_mut(step)),
            single => {
                *single = value;
                break;
            }
        };
    }
    all
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

/// Makes ordinary values, each single one another.
struct Made<'a> {
    parameters: &'a [Parameter],
    live: &'a LiveChoices,
    /// How many were made.
    count: i64,
}

impl Made<'_> {
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
            kind => self.single(kind),
        }
    }

    fn record(&mut self, parameter: &Parameter) -> Value {
        let parts = own(self.parameters, &parameter.name).map(|own| {
            let name = own.name.rsplit('.').next().unwrap_or(&own.name);
            (name.to_owned(), self.value(own))
        });
        Value::Record(parts.collect())
    }

    fn single(&mut self, kind: Kind) -> Value {
        self.count += 1;
        single(kind, self.count - 1)
    }
}

/// An ordinary value of a kind that has no parts. `index` tells them apart.
fn single(kind: Kind, index: i64) -> Value {
    let number = 7_310_000 + index;
    match kind {
        Kind::Boolean => true.into(),
        Kind::Integer => number.into(),
        Kind::Decimal => Value::Decimal(Decimal::new(number * 100 + 50, 2)),
        Kind::Email => format!("kanarek-{number}@example.com").into(),
        Kind::Phone => format!("+42060{number}").into(),
        Kind::Url => format!("https://kanarek.example.com/{number}").into(),
        // Another day for each: by it they are found again.
        Kind::Timestamp => Value::Timestamp(
            Timestamp::from_second(1_700_000_000 + index * 86_400).unwrap_or_default(),
        ),
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
        // Their parts have marks of their own.
        Value::List(_) | Value::Record(_) => None,
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

/// The harms that a parameter's kind lets in.
pub(crate) fn harms(parameter: &Parameter) -> &'static [Harm] {
    match single_kind(parameter) {
        Some(Kind::Text | Kind::Phone) => &HARMS,
        Some(Kind::Choice) if parameter.choices == ChoicesSource::Live => &HARMS,
        Some(Kind::Email) => &EMAIL_HARMS,
        Some(Kind::Url) => &URL_HARMS,
        _ => &[],
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
        let parameters = ordinary(&function, &LiveChoices::new(), true);
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
    fn a_part_of_a_list_can_be_harmed() {
        let function = function();
        let parameters = ordinary(&function, &LiveChoices::new(), true);
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
