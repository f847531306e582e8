//! Properties of every template: no source panics, a value is never read as a template, a
//! hidden value is never shown, and the parts of Handlebars have the meaning that the
//! `handlebars` crate gives them.

use std::sync::LazyLock;

use handlebars::Handlebars;
use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::Value;
use krabice_scenario::template::{Now, Scope};
use krabice_scenario::{Template, Variable, Variables};
use proptest::prelude::*;

const CANARY: &str = "Kanárek-42";

/// Pieces that make nearly a template.
const PIECES: [&str; 48] = [
    "{{", "}}", "<<", ">>", "{{{", "}}}", "{{{{", "#", "/", "^", "!", "!--", "--", "~", "&", ">",
    "*", "\\", "\"", "'", "(", ")", "[", "]", "|", "=", "@", "../", "./", ".", " ", "\n", "else",
    "else if ", "if", "each", "with", "as |a b|", "this", "@index", "@root.", "x", "5", "$email",
    "date ", "default ", "žluť", "null",
];

fn nearly_a_template() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)
        .prop_map(|pieces| pieces.concat())
}

/// A body of what Handlebars itself has, over [`plain_variables`], `depth` deep
/// within `#each` blocks.
fn handlebars_body(depth: u32, each: u32) -> BoxedStrategy<String> {
    let mut names = vec![
        "text",
        "yes",
        "no",
        "zero",
        "seven",
        "empty",
        "missing",
        "record.field",
        "record.missing",
        "list",
        "nothing",
    ];
    let mut shown = vec!["text", "yes", "seven", "record.field", "missing"];
    if each > 0 {
        names.extend([
            "@first",
            "@last",
            "@index",
            "../text",
            "@root.text",
            "this.field",
        ]);
        shown.extend([
            "@first",
            "@last",
            "@index",
            "../text",
            "@root.text",
            "this.field",
            "field",
        ]);
    }
    let leaf = prop_oneof![
        3 => prop::sample::select(vec!["a", " ", "\n", "b\n", "  c", "\\ ", "{ }", "é", "\\{{text}}"]).prop_map(str::to_owned),
        3 => (prop::sample::select(shown), prop::sample::select(vec![("{{", "}}"), ("{{~", "}}"), ("{{", "~}}"), ("{{ ", " }}")]))
            .prop_map(|(name, (open, close))| format!("{open}{name}{close}")),
        1 => Just("{{! said aside }}".to_owned()),
    ];
    if depth == 0 {
        return prop::collection::vec(leaf, 0..4)
            .prop_map(|parts| parts.concat())
            .boxed();
    }
    let name = prop::sample::select(names);
    let other = name.clone();
    let inner = handlebars_body(depth - 1, each);
    let item = handlebars_body(depth - 1, each + 1);
    let lists = if each == 0 {
        vec!["list", "records", "empty", "missing", "text"]
    } else {
        vec!["@root.records", "@root.list", "@root.empty"]
    };
    let block = prop_oneof![
        (name.clone(), inner.clone()).prop_map(|(name, body)| format!("{{{{#if {name}}}}}{body}{{{{/if}}}}")),
        (name.clone(), inner.clone(), inner.clone())
            .prop_map(|(name, body, otherwise)| format!("{{{{#if {name}}}}}{body}{{{{else}}}}{otherwise}{{{{/if}}}}")),
        (name.clone(), inner.clone(), other, inner.clone(), inner.clone()).prop_map(|(name, body, other, chained, otherwise)| {
            format!("{{{{#if {name}}}}}{body}{{{{else if {other}}}}}{chained}{{{{else}}}}{otherwise}{{{{/if}}}}")
        }),
        (name, inner.clone()).prop_map(|(name, body)| format!("{{{{#unless {name}}}}}{body}{{{{/unless}}}}")),
        (prop::sample::select(lists), item, inner)
            .prop_map(|(list, body, otherwise)| format!("{{{{#each {list}}}}}{body}{{{{else}}}}{otherwise}{{{{/each}}}}")),
    ];
    prop::collection::vec(prop_oneof![2 => leaf, 1 => block], 0..4)
        .prop_map(|parts| parts.concat())
        .boxed()
}

/// Pieces of the language that, in any order, are often a template of both parsers. Left out
/// is what differs on purpose: a whole record shows nothing, and `@key` counts in a list.
fn nearly_handlebars() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{{text}}",
        "{{~text}}",
        "{{text~}}",
        "{{{text}}}",
        "{{&text}}",
        "{{this.text}}",
        "{{record/field}}",
        "{{record.[field]}}",
        "{{[text]}}",
        "{{lookup list 1}}",
        "{{lookup record \"field\"}}",
        "{{#if yes}}",
        "{{#if no}}",
        "{{~#if yes~}}",
        "{{else}}",
        "{{~else~}}",
        "{{^}}",
        "{{else if seven}}",
        "{{/if}}",
        "{{~/if~}}",
        "{{#unless no}}",
        "{{/unless}}",
        "{{#each list}}",
        "{{#each records as |item i|}}",
        "{{#each record}}",
        "{{/each}}",
        "{{field}}",
        "{{item.field}}",
        "{{i}}",
        "{{@index}}",
        "{{@first}}",
        "{{../text}}",
        "{{@../index}}",
        "{{#with record}}",
        "{{/with}}",
        "{{! c }}",
        "{{!-- }} --}}",
        "\\{{text}}",
        "\\\\{{text}}",
        "\\",
        " ",
        "\n",
        "\r\n",
        "\t",
        "x",
        "{",
        "}",
        "é",
    ];
    let body = prop::collection::vec(prop::sample::select(pieces), 0..6)
        .prop_map(|pieces| pieces.concat())
        .boxed();
    let around = vec![
        ("", ""),
        ("{{#each list}}{{this}}", "{{/each}}"),
        ("{{#each record}}{{@key}}{{this}}", "{{~/each}}"),
        ("{{#each records}}\n", "\n{{/each}}"),
        (
            "{{#each record as |value key|}}{{key}}{{value}}",
            "{{/each}}",
        ),
        ("{{#if yes}}", "{{/if}}"),
        ("{{#with record}}", "{{/with}}"),
        ("{{#unless no~}}\n", "{{else}}{{/unless}}"),
    ];
    let part = (prop::sample::select(around), body)
        .prop_map(|((open, close), body)| format!("{open}{body}{close}"));
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

fn plain_variables() -> serde_json::Value {
    serde_json::json!({
        "text": "T <&> {{text}}",
        "yes": true,
        "no": false,
        "zero": 0,
        "seven": 7,
        "empty": [],
        "nothing": "",
        "record": { "field": "F" },
        "list": ["a", "b", "c"],
        "records": [{ "field": "one", "text": "1" }, { "field": "two" }],
    })
}

fn typed(json: &serde_json::Value) -> Variables {
    let all = json.as_object().unwrap();
    all.iter()
        .map(|(name, value)| {
            (
                name.clone(),
                Variable::visible(Value::read_json(&value.to_string()).unwrap()),
            )
        })
        .collect()
}

static NOW: LazyLock<Now> = LazyLock::new(|| Timestamp::UNIX_EPOCH.into());

fn scope<'a>(variables: &'a Variables, time_zone: &'a TimeZone) -> Scope<'a> {
    Scope {
        variables,
        language: "cs",
        time_zone,
        now: &NOW,
    }
}

fn hidden_variables() -> Variables {
    let mut record = IndexMap::new();
    record.insert("field".to_owned(), Value::from(CANARY));
    let items = Value::List(vec![Value::from(CANARY), Value::Record(record.clone())]);
    record.insert("items".to_owned(), items.clone());
    Variables::from_iter([
        ("x", Variable::visible("X")),
        ("$email", Variable::visible(CANARY)),
        ("$order", Variable::visible(Value::Record(record))),
        ("copied", Variable::hidden(items)),
    ])
}

/// A tag over hidden and visible variables, by any way but `reveal`.
fn hiding_tag() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "x",
        "$email",
        "$order",
        "$order.field",
        "$order.items",
        "$order.items.0",
        "copied",
        "copied.1.field",
        "this",
        "field",
        "../$email",
        "missing",
    ]);
    let expression = name
        .prop_map(str::to_owned)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| format!("(json {inner})")),
                inner.clone().prop_map(|inner| format!("(date {inner})")),
                inner.clone().prop_map(|inner| format!("(mask {inner})")),
                inner.clone().prop_map(|inner| format!("(len {inner})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(default {a} {b})")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("(money 5 (default {a} {b}))")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("(inflect 3 {a} {b} {a})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("(and {a} {b})")),
            ]
        });
    (expression, 0..5).prop_map(|(expression, form)| match form {
        0 => format!("{{{{#each $order.items}}}}{{{{{expression}}}}}{{{{this}}}}{{{{/each}}}}"),
        1 => format!("{{{{#with $order}}}}{{{{{expression}}}}}{{{{/with}}}}"),
        2 => format!("<<#if {expression}>>a<<else>><<{expression}>><</if>>"),
        3 => format!("{{{{#each copied as |item|}}}}{{{{default item {expression}}}}}{{{{item.field}}}}{{{{/each}}}}"),
        _ => format!("{{{{{expression}}}}}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_source_panics(source in nearly_a_template()) {
        let variables = hidden_variables();
        match Template::parse(&source) {
            Ok(template) => {
                let _ = template.show(&scope(&variables, &TimeZone::UTC));
                let _ = template.evaluate(&scope(&variables, &TimeZone::UTC));
                for each in template.uses() {
                    prop_assert!(source.get(each.span.clone()).is_some_and(|text| !text.is_empty()), "{source:?} {each:?}");
                }
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(source.get(error.span.clone()).is_some(), "{source:?} {error:?}");
                }
            }
        }
    }

    #[test]
    fn what_handlebars_has_means_what_its_crate_means(source in handlebars_body(3, 0)) {
        let json = plain_variables();
        let mut reference = Handlebars::new();
        reference.register_escape_fn(handlebars::no_escape);
        let expected = reference.render_template(&source, &json).unwrap();
        let variables = typed(&json);
        let ours = Template::parse(&source).unwrap().show(&scope(&variables, &TimeZone::UTC));
        prop_assert_eq!(ours.text, expected, "{}", source);
    }

    #[test]
    fn what_both_parsers_accept_renders_alike(source in nearly_handlebars()) {
        let json = plain_variables();
        let mut reference = Handlebars::new();
        reference.register_escape_fn(handlebars::no_escape);
        let Ok(ours) = Template::parse(&source) else { return Ok(()) };
        let Ok(expected) = reference.render_template(&source, &json) else { return Ok(()) };
        let variables = typed(&json);
        let ours = ours.show(&scope(&variables, &TimeZone::UTC));
        prop_assert_eq!(ours.text, expected, "{:?}", source);
    }

    #[test]
    fn angle_brackets_mean_the_same(source in handlebars_body(3, 0)) {
        let source = source.replace('\\', "/");
        let variables = typed(&plain_variables());
        let angled = source.replace("{{", "<<").replace("}}", ">>");
        let curly = Template::parse(&source).unwrap();
        let angle = Template::parse(&angled).unwrap();
        prop_assert_eq!(curly.show(&scope(&variables, &TimeZone::UTC)), angle.show(&scope(&variables, &TimeZone::UTC)));
        prop_assert_eq!(curly.uses(), angle.uses());
    }

    #[test]
    fn a_value_is_never_read_as_a_template(value in nearly_a_template(), before in "[a-z ]{0,5}") {
        let variables = Variables::from_iter([("x", Variable::visible(value.as_str())), ("text", Variable::visible("T"))]);
        let template = Template::parse(&format!("{before}<<x>>{{{{#if x}}}}{{{{x}}}}{{{{/if}}}}|")).unwrap();
        let shown = template.show(&scope(&variables, &TimeZone::UTC));
        prop_assert_eq!(shown.text, format!("{before}{value}{value}|"));
    }

    #[test]
    fn a_hidden_value_is_never_shown(tags in prop::collection::vec(hiding_tag(), 1..4)) {
        let source = tags.concat();
        let Ok(template) = Template::parse(&source) else { return Ok(()) };
        let variables = hidden_variables();
        let shown = template.show(&scope(&variables, &TimeZone::UTC));
        prop_assert!(!shown.text.contains(CANARY), "{source}: {}", shown.text);
        prop_assert!(shown.revealed.is_empty());
        // Where the value itself holds the canary, it is hidden.
        let evaluated = template.evaluate(&scope(&variables, &TimeZone::UTC));
        if let Some(evaluated) = evaluated {
            let mut held = false;
            evaluated.value.each_text(&mut |text| held |= text.contains(CANARY));
            prop_assert!(!held || evaluated.hidden, "{source}");
        }
    }
}

#[test]
fn texts_loops_and_sources_have_their_limits() {
    let time_zone = TimeZone::UTC;
    let long = "ž".repeat(40_000);
    let many = Value::List(vec![Value::from("x"); 20_000]);
    let variables = Variables::from_iter([
        ("long", Variable::visible(long)),
        ("many", Variable::visible(many)),
    ]);
    let shown = Template::parse("a{{long}}{{long}}")
        .unwrap()
        .show(&scope(&variables, &time_zone));
    assert_eq!(
        shown.text.len(),
        64 * 1024 - 1,
        "a whole character less than 64 KiB"
    );
    let squared = "{{#each many}}{{#each ../many}}{{#if @index}}{{else}}.{{/if}}{{/each}}{{/each}}";
    let shown = Template::parse(squared)
        .unwrap()
        .show(&scope(&variables, &time_zone));
    assert_eq!(shown.text, ".....", "100,000 items in all");
    assert!(Template::parse(&"x".repeat(16 * 1024)).is_ok());
    assert!(Template::parse(&"x".repeat(16 * 1024 + 1)).is_err());
}
