//! Every text in every language of the scenario, and in no other.

use super::Checker;
use crate::diagnostic::Code;
use crate::draft::{Lines, TextDraft};
use crate::read::words;
use crate::source::Part;

impl<'c> Checker<'c, '_, '_> {
    /// Languages that are missing in a text, and languages that the scenario
    /// does not speak.
    pub(super) fn languages(&mut self) {
        let draft = self.draft;
        if draft.languages.is_empty() {
            return; // That has been reported.
        }
        let mut texts: Vec<&'c TextDraft> = draft.title.iter().collect();
        for each in draft.boxes.values() {
            each.each_text(&mut |text| texts.push(text));
        }
        for text in texts {
            self.languages_of(text);
        }
    }

    fn languages_of(&mut self, text: &'c TextDraft) {
        let Lines::ByLanguage(lines) = &text.lines else {
            return;
        };
        if lines.is_empty() {
            return; // That has been reported.
        }
        let draft = self.draft;
        let declared = || {
            draft
                .languages
                .iter()
                .map(|language| language.value.as_str())
        };
        let mut missing: Vec<&str> = declared()
            .filter(|language| !lines.contains_key(*language))
            .collect();
        for (language, (place, _)) in lines {
            if declared().any(|declared| declared == language) {
                continue;
            }
            // `cz` for `cs` is one slip, not two.
            let meant = self.nearest(language, missing.iter().copied());
            missing.retain(|missing| Some(*missing) != meant);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!(
                    "add `{language}` to `languages`, or take the text out; the scenario speaks {}",
                    words(declared())
                ),
            };
            let message = format!("the scenario does not speak the language `{language}`");
            self.report(
                Code::UndeclaredLanguage,
                *place,
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
