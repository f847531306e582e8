//! The page of the check explains every finding.

use std::path::Path;

use krabice_kit::conformance::Code;

#[test]
fn every_code_has_its_section_in_their_order_and_says_how_grave_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugin-check.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    let sections: Vec<_> = page
        .split("\n### `")
        .skip(1)
        .filter_map(|section| section.split_once("`\n\n"))
        .collect();
    let words: Vec<_> = sections.iter().map(|(word, _)| *word).collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
    assert_eq!(words, codes);
    for (code, (word, text)) in Code::ALL.iter().zip(sections) {
        let grave = format!("{:?}. ", code.severity());
        assert!(
            text.starts_with(&grave),
            "{word}: begins otherwise than `{grave}`"
        );
        assert!(!code.help().is_empty(), "{word}");
    }
}
