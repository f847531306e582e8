//! The rules of objects that no single key can tell.

use std::collections::HashSet;

use super::Reader;
use super::fields::Fields;
use crate::diagnostic::Code;
use crate::document::{Answer, Buttons, Declaration, Exit, Expect, Jump, Message, Scenario};
use crate::limits;
use crate::source::Part;

pub(crate) fn scenario(scenario: &mut Scenario, reader: &mut Reader<'_, '_>, _: &Fields<'_, '_>) {
    if let Some(name) = scenario.name.known() {
        reader.check_scenario_name(name, scenario.name.place);
    }
    reader.plain_text(scenario.title.as_ref(), "the title");
    let mut seen = HashSet::new();
    scenario.languages.retain(|language| {
        let place = language.place;
        language.known().is_some_and(|tag| {
            reader.language(tag, place, Part::Value)
                && !reader.repeats(&mut seen, tag, place, "the language")
        })
    });
    let mut seen = HashSet::new();
    scenario.channels.retain(|channel| {
        let word = channel.known().map(|channel| channel.word());
        word.is_some_and(|word| !reader.repeats(&mut seen, word, channel.place, "the channel"))
    });
    for (name, input) in &scenario.inputs {
        reader.variable(name, input.place, Part::Key, "an input");
    }
}

pub(crate) fn declaration(
    input: &mut Declaration,
    reader: &mut Reader<'_, '_>,
    fields: &Fields<'_, '_>,
) {
    reader.plain_text(input.help.as_ref(), "the help of an input");
    let (Some(default), Some((place, _))) = (&input.default, fields.get("default")) else {
        return;
    };
    let kind = input.kind.known();
    if let Some(kind) = kind.filter(|kind| !kind.accepts(default.kind())) {
        let message = format!(
            "the default must be of the kind `{kind}`, but this is of the kind `{}`",
            default.kind()
        );
        reader
            .source
            .report(Code::WrongKind, place, Part::Value, message, None);
    }
    if input.required {
        let message = "a required input has no `default`: a value is always given";
        reader.superfluous(place, message.to_owned());
    }
}

pub(crate) fn message(of: &mut Message, reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) {
    if let Some((place, _)) = fields.get("files")
        && of.files.len() > limits::FILES
    {
        let message = format!("the box offers {} files", of.files.len());
        let help = format!("a box offers at most {} files", limits::FILES);
        reader
            .source
            .report(Code::TooLarge, place, Part::Key, message, Some(help));
        of.files.truncate(limits::FILES);
    }
}

pub(crate) fn buttons(of: &mut Buttons, reader: &mut Reader<'_, '_>, _: &Fields<'_, '_>) {
    let mut seen = HashSet::new();
    for button in &of.buttons {
        if let Some(id) = button.id.known() {
            reader.name(id, button.id.place, Part::Value, "a button");
            reader.repeats(&mut seen, id, button.id.place, "the button");
        }
    }
}

pub(crate) fn answer(of: &mut Answer, reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) {
    match (fields.get("attempts"), fields.get("exhausted")) {
        (Some((place, _)), None) => {
            let message =
                "`attempts` without `exhausted`: the box has no exit after the last attempt";
            let help =
                "add `\"exhausted\"` with the id of a box, or take `attempts` out".to_owned();
            reader
                .source
                .report(Code::MissingExit, place, Part::Key, message, Some(help));
            of.exhausted = Some(Exit::hole("exhausted", place));
        }
        (None, Some((place, _))) => {
            let message = "`exhausted` without `attempts`: the box never leaves by this exit";
            let help = "add `\"attempts\"`, or take `exhausted` out".to_owned();
            reader
                .source
                .report(Code::MissingKey, place, Part::Key, message, Some(help));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    let mut seen = HashSet::new();
    for choice in &of.choices {
        if let Some(value) = choice.value.known() {
            reader.repeats(&mut seen, value, choice.value.place, "the choice");
        }
    }
    let Some(expect) = of.expect.known() else {
        return;
    };
    let word = expect.word();
    for key in Detail::KEYS {
        match (
            expect.details().iter().find(|detail| detail.key == key),
            fields.get(key),
        ) {
            (Some(detail), None) if detail.required => {
                let message =
                    format!("an `answer` box that expects a `{word}` lacks its key `{key}`");
                let help = Some(format!("add `\"{key}\"`"));
                let code = Code::MissingKey;
                reader
                    .source
                    .report(code, fields.place, Part::Key, message, help);
            }
            (None, Some((place, _))) => {
                let message = format!("`{key}` means nothing with `expect: {word}`");
                let expects = key.trim_end_matches('s');
                let help = format!("take it out, or write `\"expect\": \"{expects}\"`");
                reader.superfluous_but(place, message, &help);
            }
            (Some(_) | None, _) => {}
        }
    }
    if let (Expect::Pattern, Some(_), Some(json)) = (expect, &of.pattern, fields.get("pattern")) {
        of.pattern = reader.pattern(json, true);
    }
}

/// A key of an `answer` box that belongs to what it expects.
pub(crate) struct Detail {
    pub(crate) key: &'static str,
    pub(crate) required: bool,
}

impl Detail {
    /// The keys of all of them.
    pub(crate) const KEYS: [&'static str; 2] = ["choices", "pattern"];
}

impl Expect {
    /// The keys that belong to it.
    pub(crate) fn details(self) -> &'static [Detail] {
        match self {
            Expect::Choice => &[Detail {
                key: "choices",
                required: true,
            }],
            Expect::Pattern => &[Detail {
                key: "pattern",
                required: true,
            }],
            Expect::OrderNumber => &[Detail {
                key: "pattern",
                required: false,
            }],
            Expect::Text | Expect::Email | Expect::Phone | Expect::Number | Expect::Date => &[],
        }
    }
}

pub(crate) fn jump(of: &mut Jump, reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) {
    match (fields.get("box"), fields.get("scenario")) {
        (None, None) => {
            let message = "the `jump` box has no target";
            let help =
                "add `\"box\"` with the id of a box, or `\"scenario\"` with the name of a scenario"
                    .to_owned();
            let code = Code::MissingExit;
            reader
                .source
                .report(code, fields.place, Part::Key, message, Some(help));
        }
        (Some(_), Some((place, _))) => {
            let message = "a `jump` box leads to a `box` or to a `scenario`, not to both";
            reader.superfluous_but(place, message.to_owned(), "take one out");
        }
        (Some(_), None) => {
            for key in ["inputs", "next"] {
                if let Some((place, _)) = fields.get(key) {
                    let message =
                        format!("`{key}` means nothing in a jump to a box of the same scenario");
                    reader.superfluous(place, message);
                }
            }
            of.next = None;
        }
        (None, Some(_)) => {
            if let Some(scenario) = &of.scenario
                && let Some(name) = scenario.known()
            {
                reader.check_scenario_name(name, scenario.place);
            }
            for (name, input) in &of.inputs {
                reader.name(name, input.place, Part::Key, "an input");
            }
        }
    }
}
