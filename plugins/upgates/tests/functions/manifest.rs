//! The manifest of the plugin.

use krabice_plugin::mock::{not_in, outline};
use krabice_upgates::UPGATES;

#[test]
fn names_kinds_and_effects_are_as_scenarios_know_them() {
    insta::assert_snapshot!(outline(&UPGATES.manifest()));
}

#[test]
fn it_is_always_the_same() {
    assert_eq!(UPGATES.manifest(), UPGATES.manifest());
}

#[test]
fn every_text_is_in_czech_and_english() {
    assert_eq!(
        not_in(&["en", "cs"], &UPGATES.manifest()),
        Vec::<String>::new()
    );
}
