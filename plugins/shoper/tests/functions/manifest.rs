//! The manifest of the plugin.

use krabice_plugin::mock::{not_in, outline};
use krabice_shoper::SHOPER;

#[test]
fn names_kinds_and_effects_are_as_scenarios_know_them() {
    insta::assert_snapshot!(outline(&SHOPER.manifest()));
}

#[test]
fn it_is_always_the_same() {
    assert_eq!(SHOPER.manifest(), SHOPER.manifest());
}

#[test]
fn every_text_is_in_english_czech_and_polish() {
    assert_eq!(
        not_in(&["en", "cs", "pl"], &SHOPER.manifest()),
        Vec::<String>::new()
    );
}
