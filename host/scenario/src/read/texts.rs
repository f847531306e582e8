//! Reading texts and values.

use jsonc_parser::ast;
use krabice_contract::Value;
use rust_decimal::Decimal;

use super::Reader;
use super::fields::PlacedJson;
use crate::diagnostic::Code;
use crate::document::Text;
use crate::limits;
use crate::source::{Part, Place};
use crate::template::Template;

impl Reader<'_, '_> {
    pub(super) fn template(&mut self, text: &str, place: Place) -> Option<Template> {
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err(errors) => {
                for error in errors {
                    self.source.report(
                        Code::InvalidTemplate,
                        place,
                        Part::Text(error.span),
                        error.message,
                        error.help,
                    );
                }
                None
            }
        }
    }

    /// Reports variables in a text that is shown without a session.
    pub(super) fn plain_text(&mut self, text: Option<&Text>, what: &str) {
        for line in text.into_iter().flat_map(Text::templates) {
            for used in line.value.uses() {
                let message =
                    format!("{what} cannot have variables: it is shown without a session");
                let part = Part::Text(used.span.clone());
                self.source
                    .report(Code::InvalidTemplate, line.place, part, message, None);
            }
        }
    }

    pub(super) fn constant(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<Value> {
        let (place, value) = json;
        match value {
            ast::Value::BooleanLit(literal) => Some(Value::Boolean(literal.value)),
            ast::Value::NumberLit(literal) => self.number(literal.value, place),
            ast::Value::StringLit(_) => {
                let text = self.string(json, what)?;
                if Template::parse(&text).is_ok_and(|template| !template.uses().is_empty()) {
                    let message = "a text within a list or an object is taken as it is written, without templates";
                    let help = "give the whole value as one reference, such as `<<order.items>>`"
                        .to_owned();
                    self.source.report(
                        Code::InvalidTemplate,
                        place,
                        Part::Value,
                        message,
                        Some(help),
                    );
                }
                Some(Value::Text(text))
            }
            ast::Value::Array(list) => {
                let items = list.elements.iter().enumerate().map(|(index, item)| {
                    let place = self.source.item(place, index, item);
                    self.constant((place, item), what)
                });
                // Every item is read for its errors, even after one that cannot be read.
                let items: Vec<_> = items.collect();
                items.into_iter().collect::<Option<_>>().map(Value::List)
            }
            ast::Value::Object(_) => {
                let fields: Vec<_> = self
                    .entries(json, what)?
                    .into_iter()
                    .map(|(name, json)| (name.to_owned(), self.constant(json, what)))
                    .collect();
                let fields = fields.into_iter().map(|(name, value)| Some((name, value?)));
                fields.collect::<Option<_>>().map(Value::Record)
            }
            ast::Value::NullKeyword(_) => {
                self.wrong_type(
                    json,
                    &format!("{what} must be a boolean, a number, a text, a list or an object"),
                );
                None
            }
        }
    }

    /// An integer if the number is written as one, else an exact decimal.
    fn number(&mut self, written: &str, place: Place) -> Option<Value> {
        if let Ok(integer) = written.parse() {
            return Some(Value::Integer(integer));
        }
        let decimal = if written.contains(['e', 'E']) {
            Decimal::from_scientific(written)
        } else {
            Decimal::from_str_exact(written)
        };
        match decimal {
            Ok(decimal) => Some(Value::Decimal(decimal)),
            Err(_) => {
                let message = format!("the number `{}` cannot be kept exactly", shortened(written));
                let help = "use at most 28 significant digits".to_owned();
                self.source
                    .report(Code::OutOfRange, place, Part::Value, message, Some(help));
                None
            }
        }
    }

    /// A text with content that is not a template: an id, a value, a pattern.
    pub(super) fn filled(&mut self, json: PlacedJson<'_, '_>, what: &str) -> Option<String> {
        let text = self.string(json, what)?;
        if text.is_empty() {
            self.empty(json.0, what);
            return None;
        }
        Some(text)
    }

    /// A regular expression.
    pub(super) fn pattern(
        &mut self,
        json: PlacedJson<'_, '_>,
        whole: bool,
    ) -> Option<regex::Regex> {
        let text = self.filled(json, "the pattern")?;
        // The limit bounds the memory that an author's pattern can use.
        let compile = |pattern: &str| {
            regex::RegexBuilder::new(pattern)
                .size_limit(limits::PATTERN_BYTES)
                .build()
        };
        // Compiled on its own first, so that an error shows the pattern as it was written.
        let compiled = compile(&text);
        let compiled = match compiled {
            Ok(_) if whole => compile(&format!(r"\A(?:{text})\z")),
            other => other,
        };
        match compiled {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let text = error.to_string();
                let reason = text
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                let message = format!(
                    "the pattern does not compile: {}",
                    reason.trim_end_matches('.')
                );
                let help = "see the syntax of the Rust crate `regex`; it has no look-around and no back references";
                self.source.report(
                    Code::InvalidPattern,
                    json.0,
                    Part::Value,
                    message,
                    Some(help.to_owned()),
                );
                None
            }
        }
    }
}

/// The beginning of a text that is too long for a message.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
