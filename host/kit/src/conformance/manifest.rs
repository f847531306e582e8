//! Findings about a manifest that is valid and could be better.

use krabice_contract::manifest::{Answer, ChoicesSource, Texts};
use krabice_contract::{Kind, Manifest};

use super::finding::{Code, Findings};

/// Reports what could be better in a manifest.
pub(crate) fn check(manifest: &Manifest, findings: &mut Findings) {
    languages(manifest, findings);
    for (name, function) in &manifest.functions {
        let at = format!("functions.{name}");
        if function.help.is_empty() {
            findings.add(Code::HELP, &at, "the function has no help");
        }
        for parameter in &function.parameters {
            if is_contact(parameter.kind) && !parameter.personal {
                let at = format!("{at}.parameters.{}", parameter.name);
                findings.add(Code::PERSONAL, at, not_personal(parameter.kind));
            }
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value { kind, personal, .. } => {
                if is_contact(*kind) && !personal {
                    findings.add(Code::PERSONAL, format!("{at}.value"), not_personal(*kind));
                }
            }
            Answer::Fields(fields) => {
                for field in fields {
                    let reaches = is_contact(field.kind) || field.items.is_some_and(is_contact);
                    if reaches && !field.personal {
                        let at = format!("{at}.fields.{}", field.path);
                        findings.add(Code::PERSONAL, at, not_personal(field.kind));
                    }
                }
            }
        }
    }
    for (name, feed) in &manifest.feeds {
        if feed.help.is_empty() {
            findings.add(Code::HELP, format!("feeds.{name}"), "the feed has no help");
        }
    }
    for host in &manifest.hosts {
        let at = format!("hosts.{host}");
        if host.starts_with("http://") {
            findings.add(Code::HOST, &at, "requests to this host are not encrypted");
        }
        if host.contains("*.") {
            findings.add(Code::HOST, &at, "this allows every host below a suffix");
        }
    }
}

/// Reports a manifest that is not the same the second time; `again` is None when the plugin gave
/// none.
pub(crate) fn compare(first: &Manifest, again: Option<&Manifest>, findings: &mut Findings) {
    if again != Some(first) {
        findings.add(
            Code::CHANGING_MANIFEST,
            "describe",
            "the second answer of `describe` differs from the first",
        );
    }
}

/// Whether values of a kind are ways to reach a person.
fn is_contact(kind: Kind) -> bool {
    matches!(kind, Kind::Email | Kind::Phone)
}

fn not_personal(kind: Kind) -> String {
    format!("it is of the kind `{kind}` and not personal")
}

/// Reports texts that lack a language of the plugin's own label.
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
    for (name, feed) in &manifest.feeds {
        let at = format!("feeds.{name}");
        check(format!("{at}.label"), &feed.label);
        check(format!("{at}.help"), &feed.help);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Manifest {
        serde_json::from_value(json!({
            "name": "shop", "version": "1.0.0", "label": { "en": "Shop", "cs": "Obchod" },
            "help": {}, "settings": [], "address": null, "authorisation": "none",
            "hosts": [], "limits": {},
            "functions": { "find": {
                "name": "find", "label": { "en": "Find", "cs": "Najdi" },
                "help": { "en": "True where it is there.", "cs": "Pravda, když tam je." },
                "effect": "reads",
                "parameters": [{
                    "name": "order", "kind": "text", "items": null,
                    "label": { "en": "Order", "cs": "Objednávka" }, "help": {},
                    "required": true, "default": null, "choices": "none", "personal": false,
                }],
                "answer": "nothing",
            } },
        }))
        .unwrap()
    }

    fn told(findings: Findings) -> Vec<(&'static str, String)> {
        let all = findings.into_vec().into_iter();
        all.map(|finding| (finding.code.word(), finding.at))
            .collect()
    }

    #[test]
    fn a_text_without_one_of_the_languages_is_found() {
        let mut findings = Findings::default();
        check(&manifest(), &mut findings);
        assert!(told(findings).is_empty());

        let mut poorer = manifest();
        let function = poorer.functions.get_mut("find").unwrap();
        function.help.shift_remove("cs");
        function.parameters[0].label.shift_remove("en");
        let mut findings = Findings::default();
        check(&poorer, &mut findings);
        assert_eq!(
            told(findings),
            [
                ("conformance::language", "functions.find.help".to_owned()),
                (
                    "conformance::language",
                    "functions.find.parameters.order.label".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_manifest_that_changes_is_found() {
        let first = manifest();
        let other = Manifest {
            version: "1.0.1".to_owned(),
            ..manifest()
        };
        for (again, seen) in [(Some(&first), false), (Some(&other), true), (None, true)] {
            let mut findings = Findings::default();
            compare(&first, again, &mut findings);
            let expected = ("conformance::changing-manifest", "describe".to_owned());
            assert_eq!(told(findings), vec![expected; usize::from(seen)]);
        }
    }
}
