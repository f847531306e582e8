//! The committed JSON Schema is the one that is made from the types.

use std::path::Path;

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenario.schema.json");
    let current = serde_json::to_string_pretty(&krabice_scenario::json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, current).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "docs/scenario.schema.json is out of date: run the test with UPDATE_SCHEMA=1 and commit it"
    );
}
