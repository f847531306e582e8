//! The files of a new plugin, made from the templates that are built into the program.
//!
//! Each template is a working plugin with the name `my-plugin`. A new plugin is the template with
//! that name replaced.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, File, include_dir};

use crate::cli::plugin::Language;

/// The files for every language: the scenario, the connection, the test cases.
static COMMON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/common");
static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/rust");
static PYTHON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/python");
static JAVASCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/javascript");
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/sdk");
/// The comparisons that the SDK's mock does as the host does them.
static VOCABULARY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../contract");
/// The licences of the SDK.
static LICENCES: [(&str, &[u8]); 2] = [
    (
        "krabice/LICENSE-APACHE",
        include_bytes!("../../../LICENSE-APACHE"),
    ),
    (
        "krabice/LICENSE-MIT",
        include_bytes!("../../../LICENSE-MIT"),
    ),
];

/// The part of the SDK that a plugin is built from. The SDK's tests are not.
const SDK_FILES: [&str; 5] = [
    "Cargo.toml",
    "README.md",
    "src",
    "macros/Cargo.toml",
    "macros/src",
];

/// The part of the crate `krabice-contract` that the SDK is built from. Its tests are not.
const VOCABULARY_FILES: [&str; 2] = ["Cargo.toml", "src"];

/// A file of a new plugin.
pub(crate) struct NewFile {
    /// The path below the plugin's folder.
    pub(crate) path: PathBuf,
    pub(crate) content: Cow<'static, [u8]>,
}

/// The files of a new plugin.
///
/// A plugin in Rust gets the SDK as source, in the version that fits this program. So it can be
/// built without downloading anything of ours.
pub(crate) fn files(language: Language, name: &str) -> Vec<NewFile> {
    let (own, contract) = match language {
        Language::Rust => (&RUST, "krabice/wit"),
        Language::Python => (&PYTHON, "wit"),
        Language::Javascript => (&JAVASCRIPT, "wit"),
    };
    let mut files: Vec<_> = all(&COMMON)
        .into_iter()
        .chain(all(own))
        .map(|file| NewFile {
            path: file.path().to_owned(),
            content: with_name(file, name),
        })
        .collect();
    let is_wit = |file: &&File<'_>| file.path().extension().is_some_and(|kind| kind == "wit");
    files.extend(
        CONTRACT
            .files()
            .filter(is_wit)
            .map(|file| unchanged(file, contract)),
    );
    if language == Language::Rust {
        files.extend(parts(&SDK, &SDK_FILES, "krabice/plugins/sdk"));
        files.extend(parts(
            &VOCABULARY,
            &VOCABULARY_FILES,
            "krabice/host/contract",
        ));
        files.extend(LICENCES.map(|(path, text)| NewFile {
            path: path.into(),
            content: Cow::Borrowed(text),
        }));
    }
    files
}

/// The needed files of a crate of ours, without the snapshots of its tests.
fn parts(
    of: &'static Dir<'static>,
    needed: &'static [&'static str],
    folder: &'static str,
) -> impl Iterator<Item = NewFile> {
    let is_needed = move |file: &&'static File<'static>| {
        let path = file.path();
        let snapshot = path.extension().is_some_and(|kind| kind == "snap");
        !snapshot && needed.iter().any(|needed| path.starts_with(needed))
    };
    let files = all(of).into_iter().filter(is_needed);
    files.map(move |file| unchanged(file, folder))
}

/// All files of a folder and its subfolders.
fn all(folder: &'static Dir<'static>) -> Vec<&'static File<'static>> {
    let inner = folder.entries().iter().flat_map(|entry| match entry {
        DirEntry::Dir(folder) => all(folder),
        DirEntry::File(file) => vec![file],
    });
    inner.collect()
}

fn unchanged(file: &'static File<'static>, folder: &str) -> NewFile {
    NewFile {
        path: Path::new(folder).join(file.path()),
        content: Cow::Borrowed(file.contents()),
    }
}

/// The file with the plugin's name. A name is letters, digits and hyphens, so it needs no escaping
/// in any of the languages.
fn with_name(file: &'static File<'static>, name: &str) -> Cow<'static, [u8]> {
    let Some(text) = file.contents_utf8() else {
        return Cow::Borrowed(file.contents());
    };
    let text = text
        .replace("my-plugin", name)
        .replace("my_plugin", &name.replace('-', "_"))
        .replace("My plugin", &label(name));
    Cow::Owned(text.into_bytes())
}

/// The label of a plugin: `My shop` for `my-shop`.
fn label(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 3] = [Language::Rust, Language::Python, Language::Javascript];

    #[test]
    fn the_name_replaces_that_of_the_templates_everywhere() {
        for language in LANGUAGES {
            let files = files(language, "gift-box-2");
            let text = |file: &NewFile| String::from_utf8_lossy(&file.content).into_owned();
            for file in &files {
                for template in ["my-plugin", "my_plugin", "My plugin"] {
                    assert!(!text(file).contains(template), "{}", file.path.display());
                }
            }
            let all: String = files.iter().map(text).collect();
            assert!(all.contains("Gift box 2"), "{language:?}");
        }
    }

    fn paths(language: Language) -> Vec<String> {
        let files = files(language, "a");
        let mut paths: Vec<_> = files
            .iter()
            .map(|file| file.path.display().to_string())
            .collect();
        paths.sort();
        paths
    }

    #[test]
    fn no_file_comes_twice() {
        for language in LANGUAGES {
            for pair in paths(language).windows(2) {
                assert_ne!(pair[0], pair[1], "{language:?}");
            }
        }
    }

    #[test]
    fn the_files_of_a_plugin() {
        for language in LANGUAGES {
            let name = format!("files-{language:?}").to_lowercase();
            insta::assert_snapshot!(name, paths(language).join("\n"));
        }
    }

    /// The SDK inherits versions from the workspace around it: here from ours, in a plugin from the
    /// template's.
    #[test]
    fn the_sdk_has_the_same_dependencies_in_a_plugin_and_here() {
        let read = |text: &str| text.parse::<toml::Table>().unwrap();
        let ours = read(include_str!("../../../Cargo.toml"));
        let template = read(
            RUST.get_file("krabice/Cargo.toml")
                .unwrap()
                .contents_utf8()
                .unwrap(),
        );
        assert_eq!(
            template["workspace"]["package"],
            ours["workspace"]["package"]
        );
        let dependencies = template["workspace"]["dependencies"].as_table().unwrap();
        let mut inherited = Vec::new();
        for manifest in [
            SDK.get_file("Cargo.toml"),
            SDK.get_file("macros/Cargo.toml"),
            VOCABULARY.get_file("Cargo.toml"),
        ] {
            let manifest = read(manifest.unwrap().contents_utf8().unwrap());
            inherited_dependencies(&manifest, &mut inherited);
        }
        inherited.sort();
        inherited.dedup();
        assert_eq!(dependencies.keys().cloned().collect::<Vec<_>>(), inherited);
        for (name, version) in dependencies {
            assert_eq!(version, &ours["workspace"]["dependencies"][name], "{name}");
        }
    }

    /// The dependencies that a manifest takes from its workspace.
    fn inherited_dependencies(table: &toml::Table, found: &mut Vec<String>) {
        for (key, value) in table {
            let Some(value) = value.as_table() else {
                continue;
            };
            // Cargo reads those of tests, too, though it does not build them.
            if !matches!(key.as_str(), "dependencies" | "dev-dependencies") {
                inherited_dependencies(value, found);
                continue;
            }
            let from_workspace = |value: &toml::Value| value.get("workspace").is_some();
            found.extend(
                value
                    .iter()
                    .filter(|(_, value)| from_workspace(value))
                    .map(|(name, _)| name.clone()),
            );
        }
    }
}
