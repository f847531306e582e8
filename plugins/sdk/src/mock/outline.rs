//! Manifests in tests.

use std::fmt::Write as _;

use crate::contract::{
    Answer, ChoicesSource, Feed, Field, Function, Manifest, Parameter, SubjectKind, Text,
};

/// The manifest as one line for each name that scenarios and connections use, for a snapshot that
/// shows changes which break them.
#[must_use]
pub fn outline(manifest: &Manifest) -> String {
    let mut text = format!(
        "{} at {:?}, {:?}\n",
        manifest.name, manifest.address, manifest.limits
    );
    for setting in &manifest.settings {
        let secret = if setting.secret { " secret" } else { "" };
        let _ = writeln!(
            text,
            "setting {} {:?} required {}{secret}",
            setting.name, setting.kind, setting.required
        );
    }
    for function in &manifest.functions {
        let exclusive = if function.exclusive { " exclusive" } else { "" };
        let _ = writeln!(text, "{} {:?}{exclusive}", function.name, function.effect);
        marks(function, &mut text);
        for parameter in &function.parameters {
            let _ = writeln!(text, "  in  {}", parameter_line(parameter));
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value(it) => {
                let _ = writeln!(text, "  out {:?} personal {}", it.kind, it.personal);
            }
            Answer::Fields(fields) => {
                for field in fields {
                    let _ = writeln!(text, "  out {}", field_line(field));
                }
            }
        }
    }
    for it in &manifest.feeds {
        feed(it, &mut text);
    }
    text
}

/// The lines of what a function is good for, what it is about and what it lists.
fn marks(function: &Function, text: &mut String) {
    for purpose in &function.purposes {
        let _ = writeln!(text, "  for {purpose:?}");
    }
    if let Some(subject) = &function.subject {
        let (kind, parameter) = (kind(subject.kind), &subject.parameter);
        let field = subject.field.as_ref();
        let field = field.map_or_else(String::new, |field| format!(", answered as {field}"));
        let _ = writeln!(text, "  about the {kind} of {parameter}{field}");
    }
    if let Some(listing) = &function.listing {
        let (items, key, subject) = (&listing.items, &listing.key, &listing.subject);
        let kind = kind(listing.kind);
        let _ = writeln!(
            text,
            "  lists each {kind} in {items}, key {key}, taken by {subject}"
        );
    }
}

fn kind(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Order => "order",
        SubjectKind::Claim => "claim",
        SubjectKind::Customer => "customer",
    }
}

fn feed(feed: &Feed, text: &mut String) {
    let _ = writeln!(
        text,
        "feed {} of {} every {} s",
        feed.name, feed.function, feed.every
    );
    if let Some(since) = &feed.since {
        let _ = writeln!(text, "  since {since}");
    }
    for cursor in &feed.cursor {
        let (field, parameter) = (&cursor.field, &cursor.parameter);
        let _ = writeln!(
            text,
            "  cursor {field} as {parameter}, overlap {} s",
            cursor.overlap
        );
    }
    if let Some(more) = &feed.more {
        let _ = writeln!(text, "  more by {more}");
    }
    let _ = writeln!(text, "  changes {}", feed.changes.join(", "));
    if let Some(reread) = &feed.reread {
        let _ = writeln!(text, "  reread by {reread}");
    }
}

fn parameter_line(it: &Parameter) -> String {
    let need = if it.required { "required" } else { "optional" };
    let personal = if it.personal { " personal" } else { "" };
    let live = if matches!(it.choices, ChoicesSource::Live) {
        " live"
    } else {
        ""
    };
    let default = it
        .default
        .as_ref()
        .map_or_else(String::new, |it| format!(" default {it:?}"));
    format!("{} {:?} {need}{personal}{live}{default}", it.name, it.kind)
}

fn field_line(it: &Field) -> String {
    let optional = if it.optional { " optional" } else { "" };
    let personal = if it.personal { " personal" } else { "" };
    let choices: Vec<_> = it
        .choices
        .iter()
        .map(|choice| choice.value.as_str())
        .collect();
    let choices = if choices.is_empty() {
        String::new()
    } else {
        format!(" {choices:?}")
    };
    format!("{} {:?}{optional}{personal}{choices}", it.path, it.kind)
}

/// The texts that are not in exactly these languages, in this order. All labels are looked at, and
/// all helps; only fields and choices may have none.
#[must_use]
pub fn not_in(languages: &[&str], manifest: &Manifest) -> Vec<String> {
    let mut missing = Vec::new();
    let mut check = |what: &str, texts: &[Text]| {
        let found: Vec<_> = texts.iter().map(|text| text.language.as_str()).collect();
        if found != languages {
            missing.push(format!("{what}: {found:?}"));
        }
    };
    check("the plugin", &manifest.label);
    check("the plugin", &manifest.help);
    for setting in &manifest.settings {
        check(&setting.name, &setting.label);
        check(&setting.name, &setting.help);
        for choice in &setting.choices {
            check(&choice.value, &choice.label);
        }
    }
    for function in &manifest.functions {
        check_function(function, &mut check);
    }
    for feed in &manifest.feeds {
        check(&feed.name, &feed.label);
        check(&feed.name, &feed.help);
    }
    missing
}

fn check_function(function: &Function, check: &mut impl FnMut(&str, &[Text])) {
    check(&function.name, &function.label);
    check(&function.name, &function.help);
    for parameter in &function.parameters {
        check(&parameter.name, &parameter.label);
        check(&parameter.name, &parameter.help);
        if let ChoicesSource::Fixed(choices) = &parameter.choices {
            for choice in choices {
                check(&choice.value, &choice.label);
            }
        }
    }
    match &function.answer {
        Answer::Nothing => {}
        Answer::Value(value) => {
            check(&function.name, &value.label);
            check(&function.name, &value.help);
        }
        Answer::Fields(fields) => {
            for field in fields {
                check(&field.path, &field.label);
                if !field.help.is_empty() {
                    check(&field.path, &field.help);
                }
                for choice in &field.choices {
                    check(&choice.value, &choice.label);
                }
            }
        }
    }
}
