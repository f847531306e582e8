//! What differs from run to run, and what stands in its place in snapshots.

use std::path::Path;

use insta::Settings;

/// Pairs of a pattern and what replaces it.
const FILTERS: &[(&str, &str)] = &[
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r#""port":\d+"#, r#""port":0"#),
    (r#""milliseconds":( ?)[\d.]+"#, r#""milliseconds":${1}0"#),
    (r"\b\d+(\.\d+)? ?ms\b", "N ms"),
    // Tokens and keys differ from session to session.
    (r"«(hidden|personal):[0-9a-f]{6}»", "«$1»"),
    (r#""key":"[0-9a-f]{32}""#, r#""key":"KEY""#),
    (r"[\w/.]*/\.tmp\w+/", "TEMP/"),
];

/// Settings for snapshots in a folder, under plain names.
pub(crate) fn settings(folder: &Path) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.remove_input_file();
    settings.set_omit_expression(true);
    settings.set_filters(FILTERS.to_vec());
    settings
}
