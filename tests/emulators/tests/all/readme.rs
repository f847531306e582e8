//! The README's tables have the emulators' rules.

use std::fmt::Write;

use krabice_emulators::Emulators;

#[tokio::test]
async fn the_tables_of_rules_are_current() {
    let emulators = Emulators::start(Default::default()).await.unwrap();
    let readme = include_str!("../../README.md");
    for emulator in emulators.iter() {
        let mut table = String::from(
            "| rule | what the emulator does | violation | the fact behind it |\n|---|---|---|---|\n",
        );
        for rule in emulator.rules() {
            let violation = if rule.violation { "yes" } else { "no" };
            writeln!(
                table,
                "| `{}` | {} | {violation} | {} |",
                rule.name, rule.says, rule.source
            )
            .unwrap();
        }
        let name = emulator.name().as_str();
        assert!(
            readme.contains(&table),
            "the README should hold this table of `{name}`:\n{table}"
        );
    }
}
