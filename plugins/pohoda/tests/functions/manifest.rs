//! The manifest of the plugin.

use krabice_plugin::mock::{not_in, outline};
use krabice_pohoda::POHODA;

#[test]
fn names_kinds_and_effects_are_as_scenarios_know_them() {
    insta::assert_snapshot!(outline(&POHODA.manifest()));
}

#[test]
fn it_is_always_the_same() {
    assert_eq!(POHODA.manifest(), POHODA.manifest());
}

#[test]
fn every_text_is_in_english_czech_and_slovak() {
    assert_eq!(
        not_in(&["en", "cs", "sk"], &POHODA.manifest()),
        Vec::<String>::new()
    );
}
