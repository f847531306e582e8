//! Reading JSON as a document tree. Every error of the form is reported, and reading continues
//! with the rest. `value` reads by the types of the tree.

mod boxes;
mod conditions;
mod fields;
mod keys;
pub(crate) mod rules;
mod texts;
mod value;

use std::collections::HashSet;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jsonc_parser::ast;
use krabice_contract::name::{is_name, nearest};

use crate::diagnostic::Code;
use crate::document::{DEFAULT_TIME_ZONE, Scenario, Version};
use crate::limits;
use crate::name;
use crate::source::{Part, Place, Source};

pub(crate) use fields::{Fields, PlacedJson, words};
pub(crate) use value::{Field, Object, Word};
use value::{Read, What};

/// The version of the scenario language that this crate reads.
const VERSION: &str = "1";

/// A scenario that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) scenario: Scenario,
    /// Whether something in it could not be read.
    pub(crate) has_holes: bool,
}

/// Reads a document; none if it is not an object.
pub(crate) fn read(source: &mut Source<'_>, document: &ast::Value<'_>) -> Option<Parsed> {
    let mut reader = Reader {
        source,
        holes: false,
    };
    let scenario = Read::read(&mut reader, (Place::ROOT, document), ("", ""))?;
    Some(Parsed {
        scenario,
        has_holes: reader.holes,
    })
}

/// The time zone of a scenario that names none.
pub(crate) fn default_time_zone() -> TimeZone {
    let default = TimeZoneDatabase::bundled().get(DEFAULT_TIME_ZONE);
    default.expect("the bundled database has the default time zone")
}

/// Reads values and reports what is wrong with them.
pub(crate) struct Reader<'s, 'x> {
    source: &'s mut Source<'x>,
    /// Whether something could not be read.
    holes: bool,
}

impl Reader<'_, '_> {
    /// Reads a value. If that is impossible, what stands in its place.
    fn read_or_hole<T: Read>(&mut self, json: PlacedJson<'_, '_>, what: What) -> Option<T> {
        T::read(self, json, what).or_else(|| {
            self.holes = true;
            T::hole(self, json.0)
        })
    }

    fn version(&mut self, json: PlacedJson<'_, '_>) -> Option<Version> {
        let ast::Value::NumberLit(number) = json.1 else {
            self.wrong_type(json, "the version must be the number 1");
            return None;
        };
        if number.value != VERSION {
            let message = format!(
                "this host does not know version `{}` of the scenario language",
                number.value
            );
            let help = Some(format!("it knows version {VERSION}"));
            self.source
                .report(Code::UnsupportedVersion, json.0, Part::Value, message, help);
        }
        Some(Version)
    }

    /// Reports an invalid name of a scenario.
    fn check_scenario_name(&mut self, name: &str, place: Place) {
        if !is_name(name) {
            let message = format!("`{name}` cannot be a scenario's name");
            let help = Some(format!("use {}", name::SCENARIO_RULE));
            self.source
                .report(Code::InvalidName, place, Part::Value, message, help);
        }
    }

    /// Whether a tag is a language tag in lower case. Reports it if it is not.
    fn language(&mut self, tag: &str, place: Place, part: Part) -> bool {
        let parsed = icu_locale_core::LanguageIdentifier::try_from_str(&tag.replace('_', "-"));
        let canonical = parsed
            .ok()
            .map(|parsed| parsed.to_string().to_ascii_lowercase());
        if canonical.as_deref() == Some(tag) && tag != "und" {
            return true;
        }
        let help = match canonical {
            Some(canonical) => format!("write it as `{canonical}`"),
            None => "use a BCP 47 tag in lower case, such as `cs`, `en` or `pt-br`".to_owned(),
        };
        self.source.report(
            Code::InvalidLanguage,
            place,
            part,
            format!("`{tag}` is not a language tag"),
            Some(help),
        );
        false
    }

    fn time_zone(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<TimeZone> {
        let name = self.string(json, what)?;
        let zones = TimeZoneDatabase::bundled();
        if let Ok(zone) = zones.get(&name) {
            return Some(zone);
        }
        let known: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        let help = match nearest(&name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use an IANA name such as `{DEFAULT_TIME_ZONE}`"),
        };
        let message = format!("there is no time zone `{name}`");
        self.source.report(
            Code::UnknownTimeZone,
            json.0,
            Part::Value,
            message,
            Some(help),
        );
        None
    }

    /// `true` or `false`; something else is reported and counts as false.
    fn truth(&mut self, json: PlacedJson<'_, '_>, what: &str) -> bool {
        if let ast::Value::BooleanLit(literal) = json.1 {
            return literal.value;
        }
        self.wrong_type(json, &format!("{what} must be true or false"));
        false
    }

    /// A text of any content, within the limit of its length.
    fn string(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<String> {
        let (place, value) = json;
        let ast::Value::StringLit(literal) = value else {
            self.wrong_type(json, &format!("{what} must be a text"));
            return None;
        };
        if literal.value.len() > limits::TEXT_BYTES {
            let message = format!("{what} has {} bytes", literal.value.len());
            let help = format!("a text has at most {} bytes", limits::TEXT_BYTES);
            self.source
                .report(Code::TooLarge, place, Part::Value, message, Some(help));
            return None;
        }
        Some(literal.value.clone().into_owned())
    }

    /// One of several words.
    fn word<T>(
        &mut self,
        json: PlacedJson<'_, '_>,
        what: &str,
        allowed: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Option<T> {
        let text = self.string(json, what)?;
        let mut known = Vec::new();
        for (word, value) in allowed {
            if word == text {
                return Some(value);
            }
            known.push((word, value));
        }
        let meant = nearest(&text, known.iter().map(|(word, _)| *word));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use one of {}", words(known.iter().map(|(word, _)| *word))),
        };
        let message = format!("`{text}` is not {what}");
        self.source
            .report(Code::UnknownWord, json.0, Part::Value, message, Some(help));
        // A typo is read as the word that was meant, so that it is only one finding.
        meant
            .and_then(|meant| known.into_iter().find(|(word, _)| *word == meant))
            .map(|(_, value)| value)
    }

    /// Reports an invalid name of `what`, which has its article.
    fn name(&mut self, name: &str, place: Place, part: Part, what: &str) {
        if !name::is_variable_name(name) {
            let message = format!("`{name}` cannot be the name of {what}");
            self.source.report(
                Code::InvalidName,
                place,
                part,
                message,
                Some(name::NAME_RULE.to_owned()),
            );
        }
    }

    /// Reports an invalid name of a variable.
    fn variable(&mut self, name: &str, place: Place, part: Part, what: &str) {
        if name::is_reserved(name) {
            let message =
                format!("`{name}` cannot be the name of {what}: it is a keyword of templates");
            let help = Some("use another name".to_owned());
            self.source
                .report(Code::InvalidName, place, part, message, help);
        } else {
            self.name(name, place, part, what);
        }
    }

    /// Whether a word was there before, which is reported.
    fn repeats(
        &mut self,
        seen: &mut HashSet<String>,
        word: &str,
        place: Place,
        what: &str,
    ) -> bool {
        let is_new = seen.insert(word.to_owned());
        if !is_new {
            let message = format!("{what} `{word}` is given twice");
            let help = Some("keep one of them".to_owned());
            self.source
                .report(Code::DuplicateId, place, Part::Value, message, help);
        }
        !is_new
    }
}
