//! The page of all settings, from their documentation.

use std::fmt::Write as _;

use crate::spec::{Table, paragraph};

/// The section of a table for the page: its path, what it is for, and a row for each key. The default
/// stands in its own column, so a sentence that begins with `Default` loses the value.
#[must_use]
pub fn page<T: Table>(path: &str, about: &str) -> String {
    let mut page = if path.is_empty() {
        format!("{about}\n\n")
    } else {
        format!("## `[{path}]`\n\n{about}\n\n")
    };
    page.push_str("| key | default | range | meaning |\n|---|---|---|---|\n");
    for key in T::keys() {
        let meaning = meaning(&paragraph(key.doc)).replace('|', "\\|");
        let row = writeln!(
            page,
            "| `{}` | {} | {} | {meaning} |",
            key.name, key.default, key.range
        );
        row.expect("a write into a `String` does not fail");
    }
    page
}

/// Takes the value out of `Default: 2 s. A reason.` and `Default 200, a reason.`
fn meaning(doc: &str) -> String {
    let Some((before, after)) = doc.split_once(". Default") else {
        return doc.to_owned();
    };
    let after = after.trim_start_matches(':').trim_start();
    let reason = [". ", ", ", "; ", ": "]
        .into_iter()
        .filter_map(|end| after.split_once(end))
        .min_by_key(|(value, _)| value.len())
        .map(|(_, reason)| reason);
    match reason.map(|reason| (reason.chars().next(), reason)) {
        Some((Some(first), reason)) => {
            let rest = &reason[first.len_utf8()..];
            format!("{before}. {}{rest}", first.to_uppercase())
        }
        Some((None, _)) | None => format!("{before}."),
    }
}
