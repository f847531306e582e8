//! The files of `locales/`: the texts of a plugin in other languages than English.
//!
//! `locales/cs.toml` holds the Czech texts. It has a table for each struct, enum and function, and in
//! it a key for each text:
//!
//! ```toml
//! [order-and-email]
//! order.label = "Číslo objednávky"
//! order.help = "S předponou a velkými písmeny."
//! ```
//!
//! A text that a file lacks is an error where the text is written in English. A key that no text
//! has is found by a constant: each key becomes a type, the macro that writes a text gives this
//! type a constant `USED`, and [`check`] asserts it for all keys.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use toml_edit::{Document, TableLike};

use crate::name;

/// The file of one language.
pub(crate) struct Locale {
    pub(crate) language: String,
    pub(crate) texts: BTreeMap<String, String>,
    path: PathBuf,
}

impl Locale {
    fn parse(path: &Path, content: &str) -> Result<Self, String> {
        let language = path.file_stem().unwrap_or_default().to_string_lossy();
        let file = format!("locales/{language}.toml");
        if language == "en" {
            return Err(format!("{file}: English stands in the code"));
        }
        if !name::is_language(&language) {
            return Err(format!(
                "{file}: the file's name is a language in lower case, such as `cs` or `pt-br`"
            ));
        }
        let document = Document::parse(content).map_err(|error| format!("{file}: {error}"))?;
        let mut texts = BTreeMap::new();
        flatten("", document.as_table(), &mut texts).map_err(|fault| format!("{file}: {fault}"))?;
        Ok(Self {
            language: language.into_owned(),
            texts,
            path: path.to_owned(),
        })
    }

    fn file(&self) -> String {
        format!("locales/{}.toml", self.language)
    }
}

/// Collects the texts of a table and of the tables inside it.
fn flatten(
    prefix: &str,
    table: &dyn TableLike,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    for (name, item) in table.iter() {
        let key = format!("{prefix}{name}");
        if !name::is_name(name) {
            return Err(format!(
                "`{key}`: a key is lower case letters, digits and hyphens"
            ));
        }
        if let Some(inner) = item.as_table_like() {
            flatten(&format!("{key}."), inner, texts)?;
            continue;
        }
        match item.as_str().map(str::trim) {
            Some("") => return Err(format!("`{key}` is empty")),
            Some(text) => texts.insert(key, text.to_owned()),
            None => return Err(format!("`{key}` is not a text")),
        };
    }
    Ok(())
}

/// The locales of a crate.
pub(crate) struct Locales {
    /// Those that could be read, by language.
    pub(crate) read: Rc<[Locale]>,
    /// The faults of the others. They are given once, so that a broken file is one error and not one
    /// for each text.
    pub(crate) faults: Vec<String>,
}

/// A path, and its content or the error of reading it.
type File = (PathBuf, Result<String, String>);

/// Files, and the locales that were read from them.
type Cached = (Vec<File>, Rc<[Locale]>);

/// The locales of the crate that is compiled.
pub(crate) fn of_this_crate() -> Locales {
    thread_local! {
        static CACHE: RefCell<Option<Cached>> = const { RefCell::new(None) };
    }
    let files = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(|folder| files(&Path::new(&folder).join("locales")))
        .unwrap_or_default();
    CACHE.with_borrow_mut(|cache| {
        if let Some((of, read)) = cache
            && *of == files
        {
            return Locales {
                read: Rc::clone(read),
                faults: Vec::new(),
            };
        }
        let (mut read, mut faults) = (Vec::new(), Vec::new());
        for (path, content) in &files {
            let read_file = content
                .clone()
                .map_err(|error| format!("{}: {error}", path.display()));
            match read_file.and_then(|content| Locale::parse(path, &content)) {
                Ok(locale) => read.push(locale),
                Err(fault) => faults.push(fault),
            }
        }
        let read: Rc<[Locale]> = read.into();
        *cache = Some((files, Rc::clone(&read)));
        Locales { read, faults }
    })
}

/// The files `*.toml` of a folder, by name; none without the folder.
fn files(folder: &Path) -> Vec<File> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let content = std::fs::read_to_string(&path).map_err(|error| error.to_string());
            (path, content)
        })
        .collect();
    files.sort();
    files
}

/// The faults of the translations of an English text.
pub(crate) fn faults_of(key: &str, english: &str, locales: &[Locale]) -> Vec<String> {
    let fault = |locale: &Locale| match locale.texts.get(key) {
        None => Some(format!("{}: the text `{key}` is missing", locale.file())),
        Some(text) if placeholders(text) != placeholders(english) => Some(format!(
            "{}: `{key}` has other parts in braces than the English text",
            locale.file()
        )),
        Some(_) => None,
    };
    locales.iter().filter_map(fault).collect()
}

/// The parts of a text in braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split('}').next()).collect()
}

/// The type of a key.
fn type_of(key: &str) -> syn::Ident {
    format_ident!("{}", key.replace('-', "_").replace('.', "__"))
}

/// Marks a key as one that a text has. Two texts of one key do not compile.
pub(crate) fn mark_used(key: &str, locales: &[Locale]) -> TokenStream {
    if !locales.iter().any(|locale| locale.texts.contains_key(key)) {
        return TokenStream::new();
    }
    let ty = type_of(key);
    quote! {
        #[allow(non_local_definitions, reason = "the mark belongs to the whole crate")]
        impl crate::__krabice_locales::#ty {
            pub(crate) const USED: bool = true;
        }
    }
}

/// The module that refuses keys that no text has, and has the crate built again when a file
/// changes.
pub(crate) fn check(locales: &Locales) -> TokenStream {
    let faults = locales.faults.iter();
    let mut files_by_key: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for locale in &*locales.read {
        for key in locale.texts.keys() {
            files_by_key.entry(key).or_default().push(locale.file());
        }
    }
    let types = files_by_key.keys().map(|key| type_of(key));
    let assertions = files_by_key.iter().map(|(key, files)| {
        let ty = type_of(key);
        let message = format!("{}: no text has the key `{key}`", files.join(", "));
        quote!(assert!(#ty::USED, #message);)
    });
    let paths = locales.read.iter().map(|it| it.path.to_string_lossy());
    quote! {
        #(::core::compile_error!(#faults);)*

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "the types stand for keys")]
        pub(crate) mod __krabice_locales {
            #(pub(crate) struct #types;)*

            // The constant of a type itself comes before that of a trait.
            trait Unused {
                const USED: bool = false;
            }
            impl<T> Unused for T {}

            const _: () = { #(#assertions)* };
            #(const _: &[u8] = include_bytes!(#paths);)*
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, content: &str) -> Result<Locale, String> {
        Locale::parse(Path::new(name), content)
    }

    fn fault(name: &str, content: &str) -> String {
        parse(name, content).map(|_| ()).unwrap_err()
    }

    const CZECH: &str = "
        [load-order]
        label = 'Načíst objednávku'
        [order]
        number.label = 'Číslo'
        [order.state]
        label = 'Stav {state}'
    ";

    #[test]
    fn a_file_gives_texts_by_key() {
        let czech = parse("/p/locales/cs.toml", CZECH).unwrap();
        assert_eq!(czech.language, "cs");
        let keys: Vec<_> = czech.texts.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "load-order.label",
                "order.number.label",
                "order.state.label"
            ]
        );
        assert_eq!(czech.texts["order.number.label"], "Číslo");
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_name() {
        let broken = fault("cs.toml", "[order\nlabel = 'a'");
        assert!(
            broken.starts_with("locales/cs.toml: TOML parse error at line 1, column 7"),
            "{broken}"
        );
        assert!(fault("cs.toml", "a = 'a'\na = 'b'").contains("duplicate key"));
        assert_eq!(
            fault("cs.toml", "[order]\nnumber.label = 1"),
            "locales/cs.toml: `order.number.label` is not a text"
        );
        assert_eq!(
            fault("cs.toml", "[order]\nnumber.label = ' '"),
            "locales/cs.toml: `order.number.label` is empty"
        );
        assert_eq!(
            fault("cs.toml", "[order]\nexternal_id = 'a'"),
            "locales/cs.toml: `order.external_id`: a key is lower case letters, digits and hyphens"
        );
        assert_eq!(
            fault("en.toml", ""),
            "locales/en.toml: English stands in the code"
        );
        for name in ["pt_BR.toml", "x.toml", "czech.toml", "cs-abcdefghi.toml"] {
            let fault = fault(name, "");
            assert!(fault.contains("such as `cs` or `pt-br`"), "{fault}");
        }
    }

    #[test]
    fn a_text_that_a_file_lacks_is_an_error_with_file_and_key() {
        let locales = [
            parse("cs.toml", CZECH).unwrap(),
            parse("pl.toml", "").unwrap(),
        ];
        assert_eq!(
            faults_of("order.number.label", "Number", &locales),
            ["locales/pl.toml: the text `order.number.label` is missing"]
        );
        assert_eq!(
            faults_of("order.number.label", "Number", &locales[..1]),
            [""; 0]
        );
        assert_eq!(faults_of("order.number.label", "Number", &[]), [""; 0]);
    }

    #[test]
    fn a_translation_has_the_placeholders_of_the_english_text() {
        let locales = [parse("cs.toml", CZECH).unwrap()];
        assert_eq!(faults_of("order.state.label", "{state}", &locales), [""; 0]);
        assert_eq!(
            faults_of("order.state.label", "{stat}", &locales),
            [
                "locales/cs.toml: `order.state.label` has other parts in braces than the English text"
            ]
        );
    }

    #[test]
    fn each_key_is_asserted_to_be_used_and_each_file_is_watched() {
        let locales = Locales {
            read: [parse("/p/locales/cs.toml", CZECH).unwrap()].into(),
            faults: vec!["locales/pl.toml: broken".to_owned()],
        };
        let code = check(&locales).to_string();
        for part in [
            "locales/cs.toml: no text has the key `order.number.label`",
            "include_bytes ! (\"/p/locales/cs.toml\")",
            "compile_error ! (\"locales/pl.toml: broken\")",
        ] {
            assert!(code.contains(part), "{part}: {code}");
        }
        let marks = mark_used("order.number.label", &locales.read).to_string();
        assert!(marks.contains("order__number__label"), "{marks}");
        assert!(mark_used("order.unknown", &locales.read).is_empty());
    }
}
