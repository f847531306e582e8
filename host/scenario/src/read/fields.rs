//! Reading objects key by key. Unknown keys, missing keys and keys given twice are all
//! reported. A key that is a typo of a missing one is read as that one, so that one slip is
//! one finding.

use std::collections::HashSet;

use jsonc_parser::ast;
use krabice_contract::name::nearest;

use super::Reader;
use super::keys::{Key, is_exit, is_word};
use crate::diagnostic::Code;
use crate::source::{Part, Place};

/// A JSON value with its place.
pub(crate) type PlacedJson<'a, 't> = (Place, &'a ast::Value<'t>);

/// The keys of one object with their values, if they have any.
pub(crate) struct Fields<'a, 't> {
    /// The object.
    pub(crate) place: Place,
    found: Vec<(&'static str, Option<PlacedJson<'a, 't>>)>,
}

impl<'a, 't> Fields<'a, 't> {
    /// No keys, of something that is not an object.
    pub(super) fn none(place: Place) -> Self {
        Fields {
            place,
            found: Vec::new(),
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<PlacedJson<'a, 't>> {
        self.found
            .iter()
            .find(|(key, _)| *key == name)
            .and_then(|(_, found)| *found)
    }
}

impl Reader<'_, '_> {
    /// Reads the keys of an object. `what` names the object with its article: "a `call`
    /// box".
    pub(super) fn fields<'a, 't>(
        &mut self,
        (place, value): PlacedJson<'a, 't>,
        what: &str,
        keys: &'static [Key],
    ) -> Option<Fields<'a, 't>> {
        let entries = self.entries((place, value), what)?;
        let mut found: Vec<_> = keys.iter().map(|key| (key.name.as_str(), None)).collect();
        let mut unknown = Vec::new();
        for (name, at) in entries {
            match found.iter_mut().find(|(key, _)| *key == name) {
                Some((_, slot)) => *slot = Some(at),
                None => unknown.push((name, at)),
            }
        }
        for (name, at) in unknown {
            let open = keys
                .iter()
                .zip(&found)
                .filter(|(_, (_, slot))| slot.is_none());
            let meant = if is_word(name) {
                None
            } else {
                nearest(name, open.map(|(key, _)| key.name.as_str()))
            };
            let exit = match meant {
                Some(meant) => keys.iter().any(|key| key.is_exit && key.name == meant),
                None => is_exit(name) && keys.iter().any(|key| key.name == "type"),
            };
            self.unknown_key(at.0, name, what, meant, exit, keys);
            if let Some((_, slot)) = found.iter_mut().find(|(key, _)| Some(*key) == meant) {
                *slot = Some(at);
            }
        }
        for (key, (name, slot)) in keys.iter().zip(&found) {
            if key.required && slot.is_none() {
                let (code, noun) = if key.is_exit {
                    (Code::MissingExit, "exit")
                } else {
                    (Code::MissingKey, "key")
                };
                let message = format!("{what} lacks its {noun} `{name}`");
                let help = if key.is_exit {
                    format!("add `\"{name}\"` with the id of the box to go on at")
                } else {
                    format!("add `\"{name}\"`")
                };
                self.source
                    .report(code, place, Part::Key, message, Some(help));
            }
        }
        Some(Fields { place, found })
    }

    fn unknown_key(
        &mut self,
        at: Place,
        name: &str,
        what: &str,
        meant: Option<&str>,
        exit: bool,
        keys: &[Key],
    ) {
        let (code, noun) = if exit {
            (Code::UnknownExit, "exit")
        } else {
            (Code::UnknownKey, "key")
        };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let known = keys
                    .iter()
                    .filter(|key| !exit || key.is_exit)
                    .map(|key| key.name.as_str());
                match words(known) {
                    known if known.is_empty() => format!("take it out: {what} has no exits"),
                    known => format!("take it out, or use one of {known}"),
                }
            }
        };
        self.source.report(
            code,
            at,
            Part::Key,
            format!("{what} has no {noun} `{name}`"),
            Some(help),
        );
    }

    /// Every entry of an object, in order. A key given twice is reported, and its first
    /// value counts.
    pub(super) fn entries<'a, 't>(
        &mut self,
        (place, value): PlacedJson<'a, 't>,
        what: &str,
    ) -> Option<Vec<(&'a str, PlacedJson<'a, 't>)>> {
        let ast::Value::Object(object) = value else {
            self.wrong_type((place, value), &format!("{what} must be an object"));
            return None;
        };
        let mut seen = HashSet::with_capacity(object.properties.len());
        let mut entries = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let name = property.name.as_str();
            let at = self.source.property(place, property);
            if !seen.insert(name) {
                let message = format!("the key `{name}` is given twice");
                self.source.report(
                    Code::DuplicateKey,
                    at,
                    Part::Key,
                    message,
                    Some("keep one of them".to_owned()),
                );
            } else {
                entries.push((name, (at, &property.value)));
            }
        }
        Some(entries)
    }

    /// Every item of a list. An empty list is reported.
    pub(super) fn items<'a, 't>(
        &mut self,
        (place, value): PlacedJson<'a, 't>,
        what: &str,
    ) -> Option<Vec<PlacedJson<'a, 't>>> {
        let ast::Value::Array(list) = value else {
            self.wrong_type((place, value), &format!("{what} must be a list"));
            return None;
        };
        if list.elements.is_empty() {
            self.empty(place, what);
        }
        Some(
            list.elements
                .iter()
                .enumerate()
                .map(|(index, item)| (self.source.item(place, index, item), item))
                .collect(),
        )
    }

    pub(super) fn wrong_type(&mut self, (place, value): PlacedJson<'_, '_>, should: &str) {
        let is = match value {
            ast::Value::StringLit(_) => "a text",
            ast::Value::NumberLit(_) => "a number",
            ast::Value::BooleanLit(_) => "a boolean",
            ast::Value::Object(_) => "an object",
            ast::Value::Array(_) => "a list",
            ast::Value::NullKeyword(_) => "null",
        };
        let help = matches!(value, ast::Value::NullKeyword(_))
            .then(|| "leave the key out where there is no value".to_owned());
        self.source.report(
            Code::WrongType,
            place,
            Part::Value,
            format!("{should}, but this is {is}"),
            help,
        );
    }

    pub(super) fn superfluous(&mut self, place: Place, message: String) {
        self.superfluous_but(place, message, "take it out");
    }

    /// Reports a key that has no meaning, in the place of all that was found in its value.
    pub(super) fn superfluous_but(&mut self, place: Place, message: String, help: &str) {
        self.source.withdraw(place);
        let help = Some(help.to_owned());
        self.source
            .report(Code::SuperfluousKey, place, Part::Key, message, help);
    }

    pub(super) fn empty(&mut self, place: Place, what: &str) {
        let help = "fill it, or take it out".to_owned();
        self.source.report(
            Code::Empty,
            place,
            Part::Value,
            format!("{what} is empty"),
            Some(help),
        );
    }
}

/// Words in backticks, separated by commas, for a sentence.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
