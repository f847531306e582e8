//! Reading JSON as a draft. Every error of the form is reported, and reading continues with
//! the rest.

mod answers;
mod boxes;
mod conditions;
mod fields;
mod keys;
mod texts;

use indexmap::IndexMap;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jsonc_parser::ast;
use krabice_contract::name::{is_name, nearest};
use krabice_contract::{Kind, Value};

use crate::diagnostic::Code;
use crate::document::{Channel, DEFAULT_TIME_ZONE, InputFrom};
use crate::draft::{Draft, InputDraft};
use crate::limits;
use crate::name;
use crate::source::{Part, Place, Placed, Source};
use fields::PlacedJson;
use keys::keys_of;

pub(crate) use fields::words;

/// The version of the scenario language that this crate reads.
const VERSION: &str = "1";

/// Reads a document as a draft; none if it is not an object.
pub(crate) fn read(source: &mut Source<'_>, document: &ast::Value<'_>) -> Option<Draft> {
    Reader { source }.document((Place::ROOT, document))
}

/// Reads values and reports what is wrong with them.
struct Reader<'s, 'x> {
    source: &'s mut Source<'x>,
}

impl Reader<'_, '_> {
    fn document(&mut self, document: PlacedJson<'_, '_>) -> Option<Draft> {
        let fields = self.fields(document, "a scenario", keys_of("Document"))?;
        if let Some(json) = fields.get("$schema") {
            self.string(json, "the schema's address");
        }
        if let Some(json) = fields.get("krabice") {
            self.version(json);
        }
        let name = fields
            .get("name")
            .and_then(|json| self.string(json, "the scenario's name"));
        if let Some(name) = &name {
            self.check_scenario_name(name);
        }
        let title = fields
            .get("title")
            .and_then(|json| self.text(json, "the title"));
        let languages = fields
            .get("languages")
            .map(|json| self.languages(json))
            .unwrap_or_default();
        let time_zone = match fields.get("timezone") {
            Some(json) => self.time_zone(json),
            None => {
                let default = TimeZoneDatabase::bundled().get(DEFAULT_TIME_ZONE);
                Some(default.expect("the bundled database has the default time zone"))
            }
        };
        let channels = fields
            .get("channels")
            .map(|json| self.channels(json))
            .unwrap_or_default();
        let is_macro = fields
            .get("macro")
            .is_some_and(|json| self.truth(json, "`macro`"));
        let inputs = fields
            .get("inputs")
            .map(|json| self.inputs(json))
            .unwrap_or_default();
        let start = fields
            .get("start")
            .and_then(|json| self.filled(json, "the id of the first box"));
        let boxes = fields
            .get("boxes")
            .map(|json| self.boxes(json))
            .unwrap_or_default();
        if let Some(json) = fields.get("layout") {
            self.entries(json, "the layout");
        }
        if let Some(title) = &title {
            self.plain_text(title, "the title");
        }
        Some(Draft {
            name,
            title,
            languages,
            time_zone,
            channels,
            is_macro,
            inputs,
            start,
            boxes,
        })
    }

    fn version(&mut self, json: PlacedJson<'_, '_>) {
        let ast::Value::NumberLit(number) = json.1 else {
            self.wrong_type(json, "the version must be the number 1");
            return;
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
    }

    /// Reports an invalid name of a scenario.
    fn check_scenario_name(&mut self, name: &Placed<String>) {
        if !is_name(&name.value) {
            let message = format!("`{}` cannot be a scenario's name", name.value);
            let help = Some(format!("use {}", name::SCENARIO_RULE));
            self.source
                .report(Code::InvalidName, name.place, Part::Value, message, help);
        }
    }

    fn languages(&mut self, json: PlacedJson<'_, '_>) -> Vec<Placed<String>> {
        let mut languages: Vec<Placed<String>> = Vec::new();
        for item in self
            .items(json, "the list of languages")
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

    fn time_zone(&mut self, json: PlacedJson<'_, '_>) -> Option<TimeZone> {
        let name = self.string(json, "the time zone")?;
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

    fn channels(&mut self, json: PlacedJson<'_, '_>) -> Vec<Placed<Channel>> {
        let mut channels: Vec<Placed<Channel>> = Vec::new();
        for item in self.items(json, "the list of channels").unwrap_or_default() {
            let words = Channel::ALL.map(|channel| (channel.word(), channel));
            let Some(channel) = self.word(item, "a channel", words) else {
                continue;
            };
            let place = item.0;
            if channels.iter().any(|known| known.value == channel) {
                let value = channel.word().to_owned();
                self.duplicate(&Placed { value, place }, "the channel");
            } else {
                channels.push(Placed {
                    value: channel,
                    place,
                });
            }
        }
        channels
    }

    /// `true` or `false`; something else is reported and counts as false.
    fn truth(&mut self, json: PlacedJson<'_, '_>, what: &str) -> bool {
        if let ast::Value::BooleanLit(literal) = json.1 {
            return literal.value;
        }
        self.wrong_type(json, &format!("{what} must be true or false"));
        false
    }

    fn inputs(&mut self, json: PlacedJson<'_, '_>) -> IndexMap<String, InputDraft> {
        let mut inputs = IndexMap::new();
        for (name, json) in self.entries(json, "the map of inputs").unwrap_or_default() {
            self.variable(name, json.0, Part::Key, "an input");
            inputs.insert(name.to_owned(), self.input(json));
        }
        inputs
    }

    /// A kind alone, for an optional input of the page; or a declaration.
    fn input(&mut self, json: PlacedJson<'_, '_>) -> InputDraft {
        let kinds = || Kind::ALL.map(|kind| (kind.word(), kind));
        let mut input = InputDraft {
            place: json.0,
            kind: None,
            from: InputFrom::Page,
            required: false,
            default: None,
            help: None,
        };
        if !matches!(json.1, ast::Value::Object(_)) {
            input.kind = self.word(json, "a kind", kinds());
            return input;
        }
        let Some(fields) = self.fields(json, "an input", keys_of("Declaration")) else {
            return input;
        };
        input.kind = fields
            .get("kind")
            .and_then(|json| self.word(json, "a kind", kinds()));
        let places = InputFrom::ALL.map(|from| (from.word(), from));
        input.from = match fields.get("from") {
            Some(json) => self.word(json, "where an input comes from", places),
            None => None,
        }
        .unwrap_or_default();
        input.required = fields
            .get("required")
            .is_some_and(|json| self.truth(json, "`required`"));
        input.help = fields
            .get("help")
            .and_then(|json| self.text(json, "the help of an input"));
        if let Some(help) = &input.help {
            self.plain_text(help, "the help of an input");
        }
        if let Some(json) = fields.get("default") {
            input.default = self.default(json, input.kind);
            if input.required {
                let message = "a required input has no `default`: a value is always given";
                self.superfluous(json.0, message.to_owned());
            }
        }
        input
    }

    /// The value of an input that is not given.
    fn default(&mut self, json: PlacedJson<'_, '_>, kind: Option<Kind>) -> Option<Value> {
        if matches!(json.1, ast::Value::Object(_) | ast::Value::Array(_)) {
            self.wrong_type(json, "a default must be a boolean, a number or a text");
            return None;
        }
        let value = self.constant(json, "a default")?;
        if let Some(kind) = kind.filter(|kind| !kind.accepts(value.kind())) {
            let message = format!(
                "the default must be of the kind `{kind}`, but this is of the kind `{}`",
                value.kind()
            );
            self.source
                .report(Code::WrongKind, json.0, Part::Value, message, None);
        }
        Some(value)
    }

    /// A text of any content, within the limit of its length.
    fn string(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<Placed<String>> {
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
        Some(Placed {
            value: literal.value.clone().into_owned(),
            place,
        })
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

    fn duplicate(&mut self, text: &Placed<String>, what: &str) {
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
