//! Replaces what differs from run to run in snapshots.

use std::path::Path;
use std::sync::LazyLock;

use insta::Settings;
use regex::Regex;

/// A pattern, and what replaces it.
type Filter = (Regex, &'static str);

fn compiled(filters: &[(&str, &'static str)]) -> Vec<Filter> {
    filters
        .iter()
        .map(|(pattern, with)| (Regex::new(pattern).unwrap(), *with))
        .collect()
}

static FILTERS: LazyLock<Vec<Filter>> = LazyLock::new(|| {
    compiled(&[
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r#""port":( ?)\d+"#, r#""port":${1}0"#),
        (r#""milliseconds":( ?)[\d.]+"#, r#""milliseconds":${1}0"#),
        (r"\b\d+(\.\d+)? ?ms\b", "N ms"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z ", "TIME "),
        // Tokens and keys differ from session to session.
        (r"«(hidden|personal):[0-9a-f]{6}»", "«$1»"),
        (r#""key":"[0-9a-f]{32}""#, r#""key":"KEY""#),
        (r"[\w/.]*/\.tmp\w+/", "TEMP/"),
        // A date has whole seconds, so the wait until it depends on the moment within the second.
        (
            r#"("retry-after(-seconds)?": ?)(35[89]\d|360\d)\b"#,
            "${1}3600",
        ),
        (r"again in (35[89]\d|360\d) s", "again in 3600 s"),
        // A back end whose message has the time at which a block ends.
        (
            r"blocked until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
            "blocked until TIME",
        ),
    ])
});

/// The details of failures: a plugin gets fewer of them through `wasi:http`, whose error codes
/// have no texts, than through `egress.send`.
static DETAILS: LazyLock<Vec<Filter>> = LazyLock::new(|| {
    compiled(&[
        (r#""detail":( ?)"[^"]*""#, r#""detail":${1}"…""#),
        (r"(?m)(failed|failure): ([a-z-]+): .*$", "$1: $2: …"),
        (r"(?m)does not work: ([a-z-]+): .*$", "does not work: $1: …"),
    ])
});

fn apply(filters: &[Filter], text: &str) -> String {
    filters
        .iter()
        .fold(text.to_owned(), |text, (pattern, with)| {
            pattern.replace_all(&text, *with).into_owned()
        })
}

/// A text as it is in snapshots.
pub(crate) fn filtered(text: &str) -> String {
    apply(&FILTERS, text)
}

/// A filtered text without the details of failures.
pub(crate) fn without_details(text: &str) -> String {
    apply(&DETAILS, text)
}

/// Settings for snapshots in a folder, with plain file names.
pub(crate) fn settings(folder: &Path) -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
