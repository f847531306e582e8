//! The manifest of the plugin.

use krabice_plugin::mock::{not_in, outline};
use krabice_retino::RETINO;

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
    assert_eq!(
        not_in(&["en", "cs"], &RETINO.manifest()),
        Vec::<String>::new()
    );
}
