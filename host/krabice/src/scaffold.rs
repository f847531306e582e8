//! What a new plugin begins with: the files of `templates`, which the program holds.
//!
//! A template is a plugin that works as it stands, called `my-plugin`. It becomes somebody's own
//! by putting their name in the place of that one.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, File, include_dir};

use crate::cli::plugin::Language;

/// What does not depend on the language: the scenario, the connection, the test cases.
static COMMON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/common");
static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/rust");
static PYTHON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/python");
static JAVASCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/javascript");
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../plugins/sdk");
/// They go with the SDK.
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

/// What of the SDK a plugin is built from; not its tests.
const SDK_FILES: [&str; 5] = [
    "Cargo.toml",
    "README.md",
    "src",
    "macros/Cargo.toml",
    "macros/src",
];

/// A file of a new plugin.
pub(crate) struct Made {
    /// Where, below the plugin's folder.
    pub(crate) path: PathBuf,
    pub(crate) content: Cow<'static, [u8]>,
}

/// The files of a new plugin.
///
/// A plugin in Rust gets the SDK as source: whoever has this program can then build it, from no
/// place of ours, and in the version that fits this program.
pub(crate) fn files(language: Language, name: &str) -> Vec<Made> {
    let (own, contract) = match language {
        Language::Rust => (&RUST, "krabice/wit"),
        Language::Python => (&PYTHON, "wit"),
        Language::Javascript => (&JAVASCRIPT, "wit"),
    };
    let mut files: Vec<_> = all(&COMMON)
        .into_iter()
        .chain(all(own))
        .map(|file| Made {
            path: file.path().to_owned(),
            content: named(file, name),
        })
        .collect();
    let is_wit = |file: &&File<'_>| file.path().extension().is_some_and(|kind| kind == "wit");
    files.extend(
        CONTRACT
            .files()
            .filter(is_wit)
            .map(|file| as_it_is(file, contract)),
    );
    if language == Language::Rust {
        let is_needed = |file: &&'static File<'static>| {
            let mut needed = SDK_FILES.iter();
            needed.any(|needed| file.path().starts_with(needed))
        };
        files.extend(
            all(&SDK)
                .into_iter()
                .filter(is_needed)
                .map(|file| as_it_is(file, "krabice/plugins/sdk")),
        );
        files.extend(LICENCES.map(|(path, text)| Made {
            path: path.into(),
            content: Cow::Borrowed(text),
        }));
    }
    files
}

/// All files of a folder, at any depth.
fn all(folder: &'static Dir<'static>) -> Vec<&'static File<'static>> {
    let inner = folder.entries().iter().flat_map(|entry| match entry {
        DirEntry::Dir(folder) => all(folder),
        DirEntry::File(file) => vec![file],
    });
    inner.collect()
}

fn as_it_is(file: &'static File<'static>, folder: &str) -> Made {
    Made {
        path: Path::new(folder).join(file.path()),
        content: Cow::Borrowed(file.contents()),
    }
}

/// The file with the plugin's name. A name is letters, digits and hyphens, so it means nothing
/// else in any of the languages.
fn named(file: &'static File<'static>, name: &str) -> Cow<'static, [u8]> {
    let Some(text) = file.contents_utf8() else {
        return Cow::Borrowed(file.contents());
    };
    let text = text
        .replace("my-plugin", name)
        .replace("my_plugin", &name.replace('-', "_"))
        .replace("My plugin", &label(name));
    Cow::Owned(text.into_bytes())
}

/// `My shop` for `my-shop`.
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
    fn the_name_stands_wherever_the_templates_have_theirs() {
        for language in LANGUAGES {
            let files = files(language, "gift-box-2");
            let text = |file: &Made| String::from_utf8_lossy(&file.content).into_owned();
            for file in &files {
                for theirs in ["my-plugin", "my_plugin", "My plugin"] {
                    assert!(!text(file).contains(theirs), "{}", file.path.display());
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

    /// The SDK's manifests take from the workspace around them what stands in ours; in a plugin
    /// the template's stands around them.
    #[test]
    fn the_sdk_is_built_alike_in_a_plugin_and_here() {
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
        for manifest in ["Cargo.toml", "macros/Cargo.toml"] {
            let manifest = read(SDK.get_file(manifest).unwrap().contents_utf8().unwrap());
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
            if key != "dependencies" {
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
