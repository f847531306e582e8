//! The build script of the crates with texts in several languages.
//!
//! English stands in the code, as the fields of a struct `Texts`; `locales/cs.toml` has the Czech
//! texts with the same names in kebab case. Each file becomes a constant of that struct, so that the
//! compiler refuses a missing and an unknown key: the error names the file, in `OUT_DIR`, and the
//! key.

use std::collections::BTreeMap;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files: Vec<PathBuf> = std::fs::read_dir("locales")
        .expect("the crate has a folder `locales`")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let mut languages = String::new();
    for file in files {
        let content = std::fs::read_to_string(&file).expect("a file of `locales` is UTF-8");
        let texts: BTreeMap<String, String> =
            toml::from_str(&content).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let fields: Vec<String> = texts
            .iter()
            .map(|(key, text)| format!("    {}: {text:?},\n", key.replace('-', "_")))
            .collect();
        let name = file.file_name().expect("a file has a name");
        let made = out.join(name).with_extension("toml.rs");
        let language = file.file_stem().expect("a file has a name");
        let language = language.to_str().expect("a language is ASCII");
        std::fs::write(&made, format!("Texts {{\n{}}}\n", fields.concat()))
            .expect("OUT_DIR can be written");
        languages += &format!("    ({language:?}, &include!({made:?})),\n");
    }
    std::fs::write(out.join("locales.rs"), format!("&[\n{languages}]\n"))
        .expect("OUT_DIR can be written");
}
