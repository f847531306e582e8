//! A component with a small stack, built again when a file is added to `locales/`, and the table of
//! Windows-1250.

use std::path::PathBuf;

use encoding_rs::WINDOWS_1250;
use unicode_normalization::UnicodeNormalization;

/// The stack, in bytes. A fresh instance touches fewer pages than with the 1 MiB that the linker
/// takes by default. Documents are read without recursion, and written with a recursion as deep as
/// the document, which is less than twenty.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
    write_table();
}

/// Writes the letters of the upper half of Windows-1250. In the component, encoding_rs would add the
/// tables of all other encodings: 190 KB.
fn write_table() {
    let letters: Vec<char> = (0x80..=0xFF)
        .map(|byte: u8| {
            let byte = [byte];
            let (text, _) = WINDOWS_1250.decode_without_bom_handling(&byte);
            text.chars().next().expect("every byte is a letter")
        })
        .collect();
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let write = |name: &str, table: String| {
        std::fs::write(folder.join(name), table).expect("cargo made the folder");
    };
    write("windows_1250.rs", format!("{letters:?}"));
    // Normal forms of all letters would be more than the whole component.
    let decomposed: Vec<(char, char, char)> = letters
        .iter()
        .filter_map(|letter| {
            let parts: Vec<char> = letter.nfd().collect();
            (parts.len() == 2).then(|| (parts[0], parts[1], *letter))
        })
        .collect();
    write("decomposed.rs", format!("{decomposed:?}"));
}
