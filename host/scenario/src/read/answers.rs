//! Reading `answer` boxes: the question, and the form that an answer must have.

use jsonc_parser::ast;

use super::Reader;
use super::fields::{Fields, PlacedJson};
use super::keys::keys_of;
use crate::diagnostic::Code;
use crate::draft::{ChoiceDraft, Content, ExitDraft, ExitName, ExpectDraft};
use crate::limits;
use crate::source::Part;

impl Reader<'_, '_> {
    pub(super) fn answer(
        &mut self,
        fields: &Fields<'_, '_>,
        exits: &mut Vec<ExitDraft>,
    ) -> Content {
        let text = self.text_of(fields, "text", "the question");
        let reask = self.text_of(fields, "reask", "the text of `reask`");
        let attempts = fields.get("attempts").and_then(|json| self.attempts(json));
        match (fields.get("attempts"), fields.get("exhausted")) {
            (Some((place, _)), None) => {
                let message =
                    "`attempts` without `exhausted`: the box has no exit after the last attempt";
                let help =
                    "add `\"exhausted\"` with the id of a box, or take `attempts` out".to_owned();
                self.source
                    .report(Code::MissingExit, place, Part::Key, message, Some(help));
                exits.push(ExitDraft {
                    name: ExitName::Exhausted,
                    place,
                    target: None,
                });
            }
            (None, Some((place, _))) => {
                let message = "`exhausted` without `attempts`: the box never leaves by this exit";
                let help = "add `\"attempts\"`, or take `exhausted` out".to_owned();
                self.source
                    .report(Code::MissingKey, place, Part::Key, message, Some(help));
            }
            _ => {}
        }
        let expect = match fields.get("expect") {
            Some(json) => self.expect(json, fields),
            None => {
                self.no_details(fields, "text", &["choices", "pattern"]);
                Some(ExpectDraft::Text)
            }
        };
        Content::Answer {
            text,
            expect,
            reask,
            attempts,
        }
    }

    fn expect(&mut self, json: PlacedJson<'_, '_>, fields: &Fields<'_, '_>) -> Option<ExpectDraft> {
        let words = [
            ("text", ExpectDraft::Text),
            ("order-number", ExpectDraft::OrderNumber(None)),
            ("email", ExpectDraft::Email),
            ("phone", ExpectDraft::Phone),
            ("number", ExpectDraft::Number),
            ("date", ExpectDraft::Date),
            ("choice", ExpectDraft::Choice(Vec::new())),
            ("pattern", ExpectDraft::Pattern(None)),
        ];
        let words = words.map(|(word, expect)| (word, (word, expect)));
        let (word, expect) = self.word(json, "something to expect", words)?;
        match expect {
            ExpectDraft::Choice(_) => {
                self.no_details(fields, word, &["pattern"]);
                let choices = self.detail(fields, word, "choices")?;
                Some(ExpectDraft::Choice(self.choices(choices)))
            }
            ExpectDraft::Pattern(_) => {
                self.no_details(fields, word, &["choices"]);
                let pattern = self.detail(fields, word, "pattern")?;
                Some(ExpectDraft::Pattern(self.pattern(pattern, true)))
            }
            ExpectDraft::OrderNumber(_) => {
                self.no_details(fields, word, &["choices"]);
                let pattern = fields.get("pattern");
                let pattern = pattern.map(|pattern| self.pattern(pattern, false));
                Some(ExpectDraft::OrderNumber(pattern))
            }
            plain @ (ExpectDraft::Text
            | ExpectDraft::Email
            | ExpectDraft::Phone
            | ExpectDraft::Number
            | ExpectDraft::Date) => {
                self.no_details(fields, word, &["choices", "pattern"]);
                Some(plain)
            }
        }
    }

    /// A key that this `expect` requires.
    fn detail<'a, 't>(
        &mut self,
        fields: &Fields<'a, 't>,
        word: &str,
        key: &str,
    ) -> Option<PlacedJson<'a, 't>> {
        let json = fields.get(key);
        if json.is_none() {
            let message = format!("an `answer` box that expects a `{word}` lacks its key `{key}`");
            self.source.report(
                Code::MissingKey,
                fields.place,
                Part::Key,
                message,
                Some(format!("add `\"{key}\"`")),
            );
        }
        json
    }

    /// Reports keys that mean nothing with this `expect`.
    fn no_details(&mut self, fields: &Fields<'_, '_>, word: &str, keys: &[&str]) {
        for key in keys {
            if let Some((place, _)) = fields.get(key) {
                let message = format!("`{key}` means nothing with `expect: {word}`");
                let expects = key.trim_end_matches('s');
                let help = format!("take it out, or write `\"expect\": \"{expects}\"`");
                self.source
                    .report(Code::SuperfluousKey, place, Part::Key, message, Some(help));
            }
        }
    }

    fn attempts(&mut self, json: PlacedJson<'_, '_>) -> Option<u32> {
        let ast::Value::NumberLit(number) = json.1 else {
            self.wrong_type(json, "the number of attempts must be a number");
            return None;
        };
        let attempts = number
            .value
            .parse()
            .ok()
            .filter(|count| (1..=limits::ATTEMPTS).contains(count));
        if attempts.is_none() {
            let message = format!("`{}` cannot be the number of attempts", number.value);
            let help = format!("use a whole number from 1 to {}", limits::ATTEMPTS);
            self.source
                .report(Code::OutOfRange, json.0, Part::Value, message, Some(help));
        }
        attempts
    }

    fn choices(&mut self, json: PlacedJson<'_, '_>) -> Vec<ChoiceDraft> {
        let mut choices: Vec<ChoiceDraft> = Vec::new();
        for item in self.items(json, "the list of choices").unwrap_or_default() {
            let Some(fields) = self.fields(item, "a choice", keys_of("Choice")) else {
                continue;
            };
            let value = fields
                .get("value")
                .and_then(|json| self.filled(json, "a choice's value"));
            if let Some(value) = &value {
                let mut known = choices.iter().filter_map(|choice| choice.value.as_ref());
                if known.any(|known| known.value == value.value) {
                    self.duplicate(value, "the choice");
                }
            }
            let label = self.text_of(&fields, "label", "a choice's label");
            let keywords = self.text_of(&fields, "keywords", "a choice's keywords");
            choices.push(ChoiceDraft {
                value,
                label,
                keywords,
            });
        }
        choices
    }
}
