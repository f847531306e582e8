//! Reading: from JSON to a draft. Everything that is wrong with the shape is
//! reported on the way, and reading goes on with the rest.

mod answers;
mod boxes;
mod conditions;
mod fields;
mod texts;

use indexmap::IndexMap;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jsonc_parser::ast;

use crate::Kind;
use crate::diagnostic::Code;
use crate::document::DEFAULT_TIME_ZONE;
use crate::draft::Draft;
use crate::limits;
use crate::name::{self, nearest};
use crate::source::{At, Part, Place, Source};
use fields::{Found, Key};

pub(crate) use fields::words;

/// The version of the scenario language that this crate reads.
const VERSION: &str = "1";

/// Reads a document into a draft; none where it is not even an object.
pub(crate) fn read(source: &mut Source<'_>, document: &ast::Value<'_>) -> Option<Draft> {
    Reader { source }.document((Place::ROOT, document))
}

/// Reads values and reports what is wrong with them.
struct Reader<'s, 'x> {
    source: &'s mut Source<'x>,
}

impl Reader<'_, '_> {
    fn document(&mut self, document: Found<'_, '_>) -> Option<Draft> {
        let fields = self.fields(
            document,
            "a scenario",
            &[
                Key::optional("$schema"),
                Key::required("krabice"),
                Key::required("name"),
                Key::optional("title"),
                Key::required("languages"),
                Key::optional("timezone"),
                Key::optional("inputs"),
                Key::required("start"),
                Key::required("boxes"),
                Key::optional("layout"),
            ],
        )?;
        if let Some(found) = fields.get("$schema") {
            self.string(found, "the schema's address");
        }
        if let Some(found) = fields.get("krabice") {
            self.version(found);
        }
        let name = fields
            .get("name")
            .and_then(|found| self.scenario_name(found));
        let title = fields
            .get("title")
            .and_then(|found| self.text(found, "the title"));
        let languages = fields
            .get("languages")
            .map(|found| self.languages(found))
            .unwrap_or_default();
        let time_zone = match fields.get("timezone") {
            Some(found) => self.time_zone(found),
            None => TimeZoneDatabase::bundled().get(DEFAULT_TIME_ZONE).ok(),
        };
        let inputs = fields
            .get("inputs")
            .map(|found| self.inputs(found))
            .unwrap_or_default();
        let start = fields
            .get("start")
            .and_then(|found| self.filled(found, "the id of the first box"));
        let boxes = fields
            .get("boxes")
            .map(|found| self.boxes(found))
            .unwrap_or_default();
        if let Some(found) = fields.get("layout") {
            self.entries(found, "the layout");
        }
        if let Some(title) = &title {
            self.plain_title(title);
        }
        Some(Draft {
            name,
            title,
            languages,
            time_zone,
            inputs,
            start,
            boxes,
        })
    }

    fn version(&mut self, found: Found<'_, '_>) {
        match found.1 {
            ast::Value::NumberLit(number) if number.value == VERSION => {}
            ast::Value::NumberLit(number) => {
                let message = format!(
                    "this host does not know version `{}` of the scenario language",
                    number.value
                );
                let help = format!("it knows version {VERSION}");
                self.source.report(
                    Code::UnsupportedVersion,
                    found.0,
                    Part::Value,
                    message,
                    Some(help),
                );
            }
            _ => self.wrong_type(found, "the version must be the number 1"),
        }
    }

    fn scenario_name(&mut self, found: Found<'_, '_>) -> Option<At<String>> {
        let name = self.string(found, "the scenario's name")?;
        if !name::is_scenario_name(&name.value) {
            let message = format!("`{}` cannot be a scenario's name", name.value);
            let help = format!("use {}", name::SCENARIO_RULE);
            self.source.report(
                Code::InvalidName,
                name.place,
                Part::Value,
                message,
                Some(help),
            );
        }
        Some(name)
    }

    fn languages(&mut self, found: Found<'_, '_>) -> Vec<At<String>> {
        let mut languages: Vec<At<String>> = Vec::new();
        for item in self
            .items(found, "the list of languages")
            .unwrap_or_default()
        {
            let Some(language) = self.string(item, "a language") else {
                continue;
            };
            if !self.language(&language.value, language.place, Part::Value) {
                continue;
            }
            if languages.iter().any(|known| known.value == language.value) {
                self.duplicate(&language, "the language");
            } else {
                languages.push(language);
            }
        }
        languages
    }

    /// Whether a tag is a language tag in lower case; reported if it is not.
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
            format!("`{tag}` is no language tag"),
            Some(help),
        );
        false
    }

    fn time_zone(&mut self, found: Found<'_, '_>) -> Option<TimeZone> {
        let name = self.string(found, "the time zone")?;
        let zones = TimeZoneDatabase::bundled();
        if let Ok(zone) = zones.get(&name.value) {
            return Some(zone);
        }
        let known: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        let help = match nearest(&name.value, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use an IANA name such as `{DEFAULT_TIME_ZONE}`"),
        };
        let message = format!("there is no time zone `{}`", name.value);
        self.source.report(
            Code::UnknownTimeZone,
            name.place,
            Part::Value,
            message,
            Some(help),
        );
        None
    }

    fn inputs(&mut self, found: Found<'_, '_>) -> IndexMap<String, (Place, Option<Kind>)> {
        let mut inputs = IndexMap::new();
        for (name, found) in self.entries(found, "the map of inputs").unwrap_or_default() {
            self.variable(name, found.0, Part::Key, "an input");
            let kind = self.word(found, "a kind", Kind::ALL.map(|kind| (kind.word(), kind)));
            inputs.insert(name.to_owned(), (found.0, kind));
        }
        inputs
    }

    /// A text of any content, within the limit.
    fn string(&mut self, found: Found<'_, '_>, what: &str) -> Option<At<String>> {
        let (place, value) = found;
        let ast::Value::StringLit(literal) = value else {
            self.wrong_type(found, &format!("{what} must be a text"));
            return None;
        };
        if literal.value.len() > limits::TEXT_BYTES {
            let message = format!("{what} has {} bytes", literal.value.len());
            let help = format!("a text has at most {} bytes", limits::TEXT_BYTES);
            self.source
                .report(Code::TooLarge, place, Part::Value, message, Some(help));
            return None;
        }
        Some(At {
            value: literal.value.clone().into_owned(),
            place,
        })
    }

    /// One of several words.
    fn word<T>(
        &mut self,
        found: Found<'_, '_>,
        what: &str,
        allowed: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Option<T> {
        let text = self.string(found, what)?;
        let mut known = Vec::new();
        for (word, value) in allowed {
            if word == text.value {
                return Some(value);
            }
            known.push((word, value));
        }
        let meant = nearest(&text.value, known.iter().map(|(word, _)| *word));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use one of {}", words(known.iter().map(|(word, _)| *word))),
        };
        let message = format!("`{}` is not {what}", text.value);
        self.source
            .report(Code::UnknownWord, found.0, Part::Value, message, Some(help));
        // A typo is reported once and read as what it should have been.
        meant
            .and_then(|meant| known.into_iter().find(|(word, _)| *word == meant))
            .map(|(_, value)| value)
    }

    /// Reports a name that cannot be one. `what` with its article.
    fn name(&mut self, name: &str, place: Place, part: Part, what: &str) {
        if !name::is_name(name) {
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

    /// Reports a name that no variable can have.
    fn variable(&mut self, name: &str, place: Place, part: Part, what: &str) {
        if name::is_reserved(name) {
            let message =
                format!("`{name}` cannot be the name of {what}: templates read it otherwise");
            let help = Some("use another name".to_owned());
            self.source
                .report(Code::InvalidName, place, part, message, help);
        } else {
            self.name(name, place, part, what);
        }
    }

    fn duplicate(&mut self, text: &At<String>, what: &str) {
        let message = format!("{what} `{}` is given twice", text.value);
        self.source.report(
            Code::DuplicateId,
            text.place,
            Part::Value,
            message,
            Some("keep one of them".to_owned()),
        );
    }
}
