//! The manifest of the plugin.

use krabice_base::BASE;
use krabice_plugin::contract::Effect;
use krabice_plugin::mock::{not_in, outline};

#[test]
fn names_kinds_and_effects_are_as_scenarios_know_them() {
    insta::assert_snapshot!(outline(&BASE.manifest()));
}

#[test]
fn reading_functions_say_so_although_every_request_is_a_post() {
    for function in BASE.manifest().functions {
        let writes = ["change-order-status", "change-return-status", "append-note"];
        let expected = if writes.contains(&function.name.as_str()) {
            Effect::Writes
        } else {
            Effect::Reads
        };
        assert_eq!(function.effect, expected, "{}", function.name);
    }
}

#[test]
fn every_text_is_in_english_czech_polish_and_portuguese() {
    assert_eq!(
        not_in(&["en", "cs", "pl", "pt"], &BASE.manifest()),
        Vec::<String>::new()
    );
}

#[test]
fn the_default_addresses_are_the_vendors() {
    let settings = BASE.manifest().settings;
    let default = |name: &str| {
        let setting = settings.iter().find(|setting| setting.name == name);
        setting.and_then(|setting| setting.default.clone())
    };
    assert_eq!(
        default("address").as_deref(),
        Some("https://api.baselinker.com")
    );
    assert_eq!(
        default("panel-address").as_deref(),
        Some("https://panel-f.baselinker.com")
    );
    assert_eq!(default("show-labels").as_deref(), Some("false"));
    assert_eq!(default("token"), None);
}
