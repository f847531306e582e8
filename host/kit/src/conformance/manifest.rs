//! What a manifest that is right can still be better at.

use krabice_scenario::manifest::{Answer, ChoicesSource, Texts};
use krabice_scenario::{Kind, Manifest};

use super::finding::{Code, Findings};

/// Looks a manifest over.
pub(crate) fn check(manifest: &Manifest, findings: &mut Findings) {
    languages(manifest, findings);
    for (name, function) in &manifest.functions {
        let at = format!("functions.{name}");
        if function.help.is_empty() {
            findings.add(Code::HELP, &at, "the function has no help");
        }
        for parameter in &function.parameters {
            if contact(parameter.kind) && !parameter.personal {
                let at = format!("{at}.parameters.{}", parameter.name);
                findings.add(Code::PERSONAL, at, not_personal(parameter.kind));
            }
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value { kind, personal, .. } => {
                if contact(*kind) && !personal {
                    findings.add(Code::PERSONAL, format!("{at}.value"), not_personal(*kind));
                }
            }
            Answer::Fields(fields) => {
                for field in fields {
                    let is_contact = contact(field.kind) || field.items.is_some_and(contact);
                    if is_contact && !field.personal {
                        let at = format!("{at}.fields.{}", field.path);
                        findings.add(Code::PERSONAL, at, not_personal(field.kind));
                    }
                }
            }
        }
    }
    for host in &manifest.hosts {
        let at = format!("hosts.{host}");
        if host.starts_with("http://") {
            findings.add(Code::HOST, &at, "requests to this host are not encrypted");
        }
        if host.contains("*.") {
            findings.add(Code::HOST, &at, "this is every host below a suffix");
        }
    }
}

/// By which somebody can be reached.
fn contact(kind: Kind) -> bool {
    matches!(kind, Kind::Email | Kind::Phone)
}

fn not_personal(kind: Kind) -> String {
    format!("it is of the kind `{kind}` and not personal")
}

/// Every text in the languages of the plugin's own label.
fn languages(manifest: &Manifest, findings: &mut Findings) {
    let wanted: Vec<&String> = manifest.label.keys().collect();
    let mut check = |at: String, texts: &Texts| {
        let missing: Vec<_> = wanted
            .iter()
            .filter(|language| !texts.is_empty() && !texts.contains_key(**language))
            .map(|language| format!("`{language}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("there is no text in {}", missing.join(", "));
            findings.add(Code::LANGUAGE, at, message);
        }
    };
    check("help".to_owned(), &manifest.help);
    for setting in &manifest.settings {
        let at = format!("settings.{}", setting.name);
        check(format!("{at}.label"), &setting.label);
        check(format!("{at}.help"), &setting.help);
        for choice in &setting.choices {
            check(format!("{at}.choices.{}", choice.value), &choice.label);
        }
    }
    for (name, function) in &manifest.functions {
        let at = format!("functions.{name}");
        check(format!("{at}.label"), &function.label);
        check(format!("{at}.help"), &function.help);
        for parameter in &function.parameters {
            let at = format!("{at}.parameters.{}", parameter.name);
            check(format!("{at}.label"), &parameter.label);
            check(format!("{at}.help"), &parameter.help);
            if let ChoicesSource::Fixed(choices) = &parameter.choices {
                for choice in choices {
                    check(format!("{at}.choices.{}", choice.value), &choice.label);
                }
            }
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value { label, help, .. } => {
                check(format!("{at}.value.label"), label);
                check(format!("{at}.value.help"), help);
            }
            Answer::Fields(fields) => {
                for field in fields {
                    let at = format!("{at}.fields.{}", field.path);
                    check(format!("{at}.label"), &field.label);
                    check(format!("{at}.help"), &field.help);
                    for choice in &field.choices {
                        check(format!("{at}.choices.{}", choice.value), &choice.label);
                    }
                }
            }
        }
    }
}
