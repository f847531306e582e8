//! The types of documents. A document says what it is by its first key; the loader of a folder
//! asks here before it takes a file for a scenario.

use jsonc_parser::ast;
use krabice_contract::name::nearest;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Code;
use crate::document::words;
use crate::read::{Word, words};
use crate::source::{Part, Place, Source};

words! {
    /// What a JSON document of a folder is.
    pub enum DocumentType {
        /// A scenario: `krabice`.
        Scenario = "krabice",
        /// A feed, which notices changes of a back end: `krabice-feed`.
        Feed = "krabice-feed",
        /// A trigger, which starts a scenario for an event: `krabice-trigger`.
        Trigger = "krabice-trigger",
        /// The form of what a hook receives: `krabice-hook`.
        Hook = "krabice-hook",
        /// What the scenarios of the folder share: `krabice-shared`.
        Shared = "krabice-shared",
        /// A test of a scenario: `krabice-test`.
        Test = "krabice-test",
    }
}

impl DocumentType {
    /// The key that says it, such as `krabice-feed`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.word()
    }

    /// The type of a document: that of the first key that says one, wherever it stands among
    /// the others, such as `$schema`. None if no key does, or if the text is not a JSON object.
    ///
    /// ```
    /// use krabice_scenario::DocumentType;
    ///
    /// let feed = r#"{ "krabice-feed": 1, "name": "orders" }"#;
    /// assert_eq!(DocumentType::of(feed), Some(DocumentType::Feed));
    /// assert_eq!(DocumentType::of(r#"{ "name": "orders" }"#), None);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Option<DocumentType> {
        Source::new(text)
            .parse()?
            .as_object()
            .and_then(|object| Some(named(object)?.0))
    }

    fn of_key(key: &str) -> Option<DocumentType> {
        DocumentType::ALL.iter().copied().find(|it| it.key() == key)
    }
}

/// The type that an object names, and the property that names it.
fn named<'a, 't>(object: &'a ast::Object<'t>) -> Option<(DocumentType, &'a ast::ObjectProp<'t>)> {
    object
        .properties
        .iter()
        .find_map(|property| Some((DocumentType::of_key(property.name.as_str())?, property)))
}

/// Whether a document is to be read as a scenario. Reports one that is not; what is no object,
/// and what names a scenario but for a typo, is left to the reader.
pub(crate) fn is_scenario(source: &mut Source<'_>, document: &ast::Value<'_>) -> bool {
    let Some(object) = document.as_object() else {
        return true;
    };
    let Some((found, property)) = named(object) else {
        let keys = || DocumentType::ALL.iter().map(|it| it.key());
        let mut typos = object
            .properties
            .iter()
            .filter_map(|property| nearest(property.name.as_str(), keys()));
        let meant = typos.next();
        if meant == Some(DocumentType::Scenario.key()) {
            return true;
        }
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("let it begin with one of {}", words(keys())),
        };
        let message = "no key says what this document is";
        source.report(
            Code::UnknownDocument,
            Place::ROOT,
            Part::Key,
            message,
            Some(help),
        );
        return false;
    };
    let what = match found {
        DocumentType::Scenario => return true,
        DocumentType::Feed => "feeds",
        DocumentType::Trigger => "triggers",
        DocumentType::Hook => "hooks",
        DocumentType::Shared => "shared documents",
        DocumentType::Test => "tests of scenarios",
    };
    let place = source.property(Place::ROOT, property);
    let message = format!("this version of Krabice has no use for {what}: the file does nothing");
    source.report(Code::UnusedDocument, place, Part::Key, message, None);
    false
}
