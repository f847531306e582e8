//! What the plugin says about itself.

use std::fmt::Write as _;

use krabice_plugin::contract::{Answer, ChoicesSource, Manifest, Text};
use krabice_retino::RETINO;

/// The manifest as one line for each thing that scenarios and connections name.
fn outline(manifest: &Manifest) -> String {
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
        for it in &function.parameters {
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
            let _ = writeln!(
                text,
                "  in  {} {:?} {need}{personal}{live}{default}",
                it.name, it.kind
            );
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value(it) => {
                let _ = writeln!(text, "  out {:?} personal {}", it.kind, it.personal);
            }
            Answer::Fields(fields) => {
                for it in fields {
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
                    let _ = writeln!(
                        text,
                        "  out {} {:?}{optional}{personal}{choices}",
                        it.path, it.kind
                    );
                }
            }
        }
    }
    text
}

#[test]
fn names_kinds_and_effects_are_as_scenarios_know_them() {
    insta::assert_snapshot!(outline(&RETINO.manifest()));
}

#[test]
fn it_is_always_the_same() {
    assert_eq!(RETINO.manifest(), RETINO.manifest());
}

#[test]
fn every_text_is_in_czech_and_english() {
    fn check(what: &str, texts: &[Text]) {
        let languages: Vec<_> = texts.iter().map(|text| text.language.as_str()).collect();
        assert_eq!(languages, ["en", "cs"], "{what}");
    }
    let manifest = RETINO.manifest();
    check("the plugin", &manifest.label);
    check("the plugin", &manifest.help);
    for setting in &manifest.settings {
        check(&setting.name, &setting.label);
        check(&setting.name, &setting.help);
    }
    for function in &manifest.functions {
        check(&function.name, &function.label);
        check(&function.name, &function.help);
        for parameter in &function.parameters {
            check(&parameter.name, &parameter.label);
            check(&parameter.name, &parameter.help);
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
}
