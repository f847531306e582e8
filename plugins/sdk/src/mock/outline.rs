//! Manifests in tests.

use std::fmt::Write as _;

use crate::contract::{Answer, ChoicesSource, Field, Function, Manifest, Parameter, Text};

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
        let _ = writeln!(text, "{} {:?}", function.name, function.effect);
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
    text
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
