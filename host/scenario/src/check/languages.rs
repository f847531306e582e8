//! Checking that every text by language has exactly the languages of the scenario.

use indexmap::IndexMap;

use super::Checker;
use crate::diagnostic::Code;
use crate::document::{Lines, Text};
use crate::read::words;
use crate::source::Part;

impl<'c> Checker<'c, '_, '_> {
    /// Reports languages that a text lacks, and languages that the scenario does not declare.
    pub(super) fn languages(&mut self) {
        let document = self.document;
        if document.languages.is_empty() {
            return; // Reading has reported it.
        }
        let mut texts: Vec<&'c Text> = document.title.iter().collect();
        texts.extend(
            document
                .inputs
                .values()
                .filter_map(|input| input.help.as_ref()),
        );
        for each in document.boxes.values() {
            texts.extend(each.texts());
        }
        let by_language = texts.iter().filter_map(|text| match &text.lines {
            Lines::ByLanguage(lines) if !lines.is_empty() => Some(lines),
            Lines::ByLanguage(_) | Lines::Every(_) => None,
        });
        let by_language: Vec<_> = by_language.collect();
        // A declared language that no text has is a typo or new: one finding, not one for
        // each text.
        let mut spoken = Vec::new();
        for language in &document.languages {
            let speaks = |lines: &&IndexMap<String, _>| lines.contains_key(&language.value);
            if by_language.len() < 2 || by_language.iter().any(speaks) {
                spoken.push(language.value.as_str());
                continue;
            }
            let others = by_language
                .iter()
                .flat_map(|lines| lines.keys())
                .map(String::as_str);
            let others =
                others.filter(|other| document.languages.iter().all(|known| known.value != *other));
            let meant = self.nearest(&language.value, others.collect::<Vec<_>>());
            spoken.extend(meant);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "add it to every text by language, or take it out".to_owned(),
            };
            let message = format!("no text has the language `{}`", language.value);
            self.report(
                Code::MissingLanguage,
                language.place,
                Part::Value,
                message,
                Some(help),
            );
        }
        for text in texts {
            self.languages_of(text, &spoken);
        }
    }

    fn languages_of(&mut self, text: &'c Text, spoken: &[&str]) {
        let Lines::ByLanguage(lines) = &text.lines else {
            return;
        };
        if lines.is_empty() {
            return; // Reading has reported it.
        }
        let declared = || spoken.iter().copied();
        let mut missing: Vec<&str> = declared()
            .filter(|language| !lines.contains_key(*language))
            .collect();
        for (language, line) in lines {
            if declared().any(|declared| declared == language) {
                continue;
            }
            // `cz` instead of `cs` is one finding, not two.
            let meant = self.nearest(language, missing.iter().copied());
            missing.retain(|missing| Some(*missing) != meant);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!(
                    "add `{language}` to `languages`, or take the text out; the scenario has {}",
                    words(declared())
                ),
            };
            let message = format!("the scenario does not declare the language `{language}`");
            self.report(
                Code::UndeclaredLanguage,
                line.place,
                Part::Key,
                message,
                Some(help),
            );
        }
        if !missing.is_empty() {
            let noun = if missing.len() == 1 {
                "language"
            } else {
                "languages"
            };
            let message = format!(
                "the text lacks the {noun} {}",
                words(missing.iter().copied())
            );
            let help = format!("add a text for {}", words(missing));
            self.report(
                Code::MissingLanguage,
                text.place,
                Part::Key,
                message,
                Some(help),
            );
        }
    }
}
