//! Fuzz targets that also run as tests: `cargo bolero test -p krabice-scenario
//! fuzz_check::any_text`. Whatever a file contains, the check ends, does not
//! panic, and every finding has a position within the file.

use std::fs;
use std::sync::OnceLock;

use krabice_scenario::{Code, Severity, check};

use crate::host::Host;

fn looks_at(text: &str) {
    static HOST: OnceLock<Host> = OnceLock::new();
    let checked = check(text, &HOST.get_or_init(Host::load).world());
    for found in &checked.diagnostics {
        assert!(
            text.get(found.span.clone()).is_some(),
            "{found}: {:?}",
            found.span
        );
        assert!(
            found.line >= 1 && found.column >= 1 && found.line <= text.matches('\n').count() + 1,
            "{found}"
        );
    }
    let runs = !checked
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error || found.code == Code::UnusedDocument);
    assert_eq!(
        checked.scenario.is_some(),
        runs,
        "{:?}",
        checked.diagnostics
    );
}

/// The scenarios of the other tests, sound and faulty.
fn seeds() -> &'static [String] {
    static SEEDS: OnceLock<Vec<String>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check");
        let folders = [folder.to_owned(), format!("{folder}/accepted")];
        let entries = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap());
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let texts = paths.iter().filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        });
        texts
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    })
}

#[test]
fn any_text() {
    bolero::check!()
        .with_type::<Vec<u8>>()
        .for_each(|bytes: &Vec<u8>| looks_at(&String::from_utf8_lossy(bytes)));
}

/// A scenario with a piece of it put over another piece.
#[test]
fn any_mixture_of_scenarios() {
    bolero::check!()
        .with_type::<(u8, u8, u16, u16, u16, u8)>()
        .for_each(|(to, from, at, length, start, cut)| {
            let seeds = seeds();
            let (to, from) = (
                &seeds[usize::from(*to) % seeds.len()],
                &seeds[usize::from(*from) % seeds.len()],
            );
            let place = |text: &str, at: usize| text.floor_char_boundary(at % (text.len() + 1));
            let at = place(to, usize::from(*at));
            let end = to.floor_char_boundary((at + usize::from(*cut)).min(to.len()));
            let start = place(from, usize::from(*start));
            let stop =
                from.floor_char_boundary((start + usize::from(*length) % 200).min(from.len()));
            looks_at(&format!(
                "{}{}{}",
                &to[..at],
                &from[start..stop.max(start)],
                &to[end.max(at)..]
            ));
        });
}

/// A scenario with one token in the place of another: still JSON, most often.
#[test]
fn any_exchange_of_tokens() {
    bolero::check!()
        .with_type::<(u8, u16, u16)>()
        .for_each(|(seed, one, other)| {
            let seeds = seeds();
            let text = &seeds[usize::from(*seed) % seeds.len()];
            let quotes: Vec<_> = text.match_indices('"').map(|(at, _)| at).collect();
            let pieces: Vec<_> = quotes
                .chunks_exact(2)
                .map(|pair| pair[0]..pair[1] + 1)
                .collect();
            if pieces.is_empty() {
                return;
            }
            let one = &pieces[usize::from(*one) % pieces.len()];
            let other = &pieces[usize::from(*other) % pieces.len()];
            looks_at(&format!(
                "{}{}{}",
                &text[..one.start],
                &text[other.clone()],
                &text[one.end..]
            ));
        });
}
