//! Reading boxes.

use indexmap::IndexMap;
use jsonc_parser::ast;

use super::Reader;
use super::fields::{Fields, Found, Key, is_word};
use crate::diagnostic::Code;
use crate::draft::{
    BoxDraft, ButtonDraft, CallDraft, Content, ExitDraft, ExitName, Operand, TextDraft,
};
use crate::limits;
use crate::name::{self, nearest};
use crate::source::{At, Part, Place};

#[derive(Debug, Clone, Copy)]
enum Type {
    Message,
    Buttons,
    Answer,
    Condition,
    Set,
    Jump,
    Handover,
    End,
    Call,
}

/// Each type with its word, how messages call it, and its keys.
const TYPES: [(&str, Type, &str, &[Key]); 9] = [
    (
        "message",
        Type::Message,
        "a `message` box",
        &[
            Key::required("type"),
            Key::required("text"),
            Key::optional("files"),
            Key::exit("next"),
        ],
    ),
    (
        "buttons",
        Type::Buttons,
        "a `buttons` box",
        &[
            Key::required("type"),
            Key::required("text"),
            Key::optional("save"),
            Key::required("buttons"),
        ],
    ),
    (
        "answer",
        Type::Answer,
        "an `answer` box",
        &[
            Key::required("type"),
            Key::required("text"),
            Key::optional("expect"),
            Key::optional("choices"),
            Key::optional("pattern"),
            Key::optional("save"),
            Key::optional("reask"),
            Key::optional("attempts"),
            Key::exit("next"),
            Key::optional_exit("exhausted"),
        ],
    ),
    (
        "condition",
        Type::Condition,
        "a `condition` box",
        &[
            Key::required("type"),
            Key::required("if"),
            Key::exit("true"),
            Key::exit("false"),
        ],
    ),
    (
        "set",
        Type::Set,
        "a `set` box",
        &[
            Key::required("type"),
            Key::optional("save"),
            Key::required("value"),
            Key::exit("next"),
        ],
    ),
    (
        "jump",
        Type::Jump,
        "a `jump` box",
        &[
            Key::required("type"),
            Key::optional_exit("box"),
            Key::optional("scenario"),
            Key::optional("inputs"),
            Key::optional_exit("next"),
        ],
    ),
    (
        "handover",
        Type::Handover,
        "a `handover` box",
        &[Key::required("type"), Key::optional("text")],
    ),
    (
        "end",
        Type::End,
        "an `end` box",
        &[Key::required("type"), Key::optional("text")],
    ),
    (
        "call",
        Type::Call,
        "a `call` box",
        &[
            Key::required("type"),
            Key::required("function"),
            Key::optional("connection"),
            Key::optional("params"),
            Key::optional("save"),
            Key::exit("true"),
            Key::exit("false"),
            Key::optional_exit("failure"),
        ],
    ),
];

/// The keys that are exits, as they are named in a draft.
const EXITS: [(&str, ExitName); 6] = [
    ("next", ExitName::Next),
    ("box", ExitName::Next),
    ("true", ExitName::True),
    ("false", ExitName::False),
    ("failure", ExitName::Failure),
    ("exhausted", ExitName::Exhausted),
];

/// A box of an unreadable type. What it may lead to and may set is kept, so
/// that the rest is checked as if it were sound.
fn unreadable(id: &str, (place, value): Found<'_, '_>) -> BoxDraft {
    let text = |key: &str| {
        value
            .as_object()?
            .get_string(key)
            .map(|text| text.value.clone().into_owned())
    };
    let exits = EXITS.iter().filter_map(|(key, name)| {
        Some(ExitDraft {
            name: *name,
            place,
            target: Some(text(key)?),
        })
    });
    let save = text("save").unwrap_or_else(|| id.to_owned());
    BoxDraft {
        place,
        content: Content::Unreadable,
        save: Some(At { value: save, place }),
        exits: exits.collect(),
    }
}

impl Reader<'_, '_> {
    pub(super) fn boxes(&mut self, found: Found<'_, '_>) -> IndexMap<String, BoxDraft> {
        let entries = self.entries(found, "the map of boxes").unwrap_or_default();
        if entries.is_empty() && matches!(found.1, ast::Value::Object(_)) {
            self.empty(found.0, "the map of boxes");
        }
        if entries.len() > limits::BOXES {
            let message = format!("the scenario has {} boxes", entries.len());
            let help = format!(
                "a scenario has at most {} boxes; divide it and use `jump`",
                limits::BOXES
            );
            self.source
                .report(Code::TooLarge, found.0, Part::Key, message, Some(help));
        }
        let entries = entries.into_iter().take(limits::BOXES);
        entries
            .map(|(id, found)| (id.to_owned(), self.one_box(id, found)))
            .collect()
    }

    fn one_box(&mut self, id: &str, found: Found<'_, '_>) -> BoxDraft {
        self.name(id, found.0, Part::Key, "a box");
        let Some((kind, what, keys)) = self.box_type(found) else {
            return unreadable(id, found);
        };
        let Some(fields) = self.fields(found, what, keys) else {
            return unreadable(id, found);
        };
        let mut exits = Vec::new();
        let content = match kind {
            Type::Message => Content::Message {
                text: self.text_of(&fields, "text", "the text of a message"),
                files: fields
                    .get("files")
                    .map(|found| self.files(found))
                    .unwrap_or_default(),
            },
            Type::Buttons => {
                let text = self.text_of(&fields, "text", "the text of a `buttons` box");
                let buttons = fields
                    .get("buttons")
                    .map(|found| self.buttons(found, &mut exits));
                Content::Buttons {
                    text,
                    buttons: buttons.unwrap_or_default(),
                }
            }
            Type::Answer => self.answer(&fields, &mut exits),
            Type::Condition => Content::Condition {
                test: fields.get("if").and_then(|found| self.test(found)),
            },
            Type::Set => Content::Set {
                value: fields
                    .get("value")
                    .and_then(|found| self.operand(found, "the value")),
            },
            Type::Jump => self.jump(&fields),
            Type::Handover => Content::Handover {
                text: self.text_of(&fields, "text", "the text of a `handover` box"),
            },
            Type::End => Content::End {
                text: self.text_of(&fields, "text", "the text of an `end` box"),
            },
            Type::Call => self.call(&fields),
        };
        for (key, name) in EXITS {
            if matches!(content, Content::JumpToBox) && key == "next" {
                continue; // It has been reported.
            }
            let wanted = keys.iter().any(|known| known.name == key && known.required);
            match fields.get(key) {
                Some(found) => exits.push(self.exit(found, name)),
                None if wanted => exits.push(ExitDraft {
                    name,
                    place: fields.place,
                    target: None,
                }),
                None => {}
            }
        }
        let sets = matches!(kind, Type::Buttons | Type::Answer | Type::Set | Type::Call);
        let save = sets.then(|| self.save(id, &fields)).flatten();
        BoxDraft {
            place: found.0,
            content,
            save,
            exits,
        }
    }

    fn box_type(&mut self, found: Found<'_, '_>) -> Option<(Type, &'static str, &'static [Key])> {
        let ast::Value::Object(object) = found.1 else {
            self.wrong_type(found, "a box must be an object");
            return None;
        };
        let types = || {
            TYPES
                .iter()
                .map(|(word, kind, what, keys)| (*word, (*kind, *what, *keys)))
        };
        let named = |name: &str| {
            object
                .properties
                .iter()
                .find(|property| property.name.as_str() == name)
        };
        // A typo of `type` is reported with the other keys.
        let typo = || {
            let names = object
                .properties
                .iter()
                .map(|property| property.name.as_str());
            let mut typos =
                names.filter(|name| !is_word(name) && nearest(name, ["type"]).is_some());
            typos.next().and_then(named)
        };
        let Some(property) = named("type").or_else(typo) else {
            let known = super::words(types().map(|(word, _)| word));
            let help = format!("add `\"type\"`: one of {known}");
            self.source.report(
                Code::MissingKey,
                found.0,
                Part::Key,
                "the box lacks its `type`",
                Some(help),
            );
            return None;
        };
        let place = self.source.property(found.0, property);
        self.word((place, &property.value), "a type of box", types())
    }

    pub(super) fn text_of(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &str,
        what: &str,
    ) -> Option<TextDraft> {
        fields.get(key).and_then(|found| self.text(found, what))
    }

    fn exit(&mut self, found: Found<'_, '_>, name: ExitName) -> ExitDraft {
        let target = self
            .filled(found, "the id of the box to go on at")
            .map(|target| target.value);
        ExitDraft {
            name,
            place: found.0,
            target,
        }
    }

    /// The variable that the box sets: `save`, else the box's id.
    fn save(&mut self, id: &str, fields: &Fields<'_, '_>) -> Option<At<String>> {
        let save = match fields.get("save") {
            Some(found) => {
                let save = self.string(found, "the name of a variable")?;
                self.variable(&save.value, save.place, Part::Value, "a variable");
                return Some(save);
            }
            None => At {
                value: id.to_owned(),
                place: fields.place,
            },
        };
        if name::is_reserved(id) {
            let message =
                format!("the box would save to a variable `{id}`, which templates read otherwise");
            let help = "add `\"save\"` with another name".to_owned();
            self.source.report(
                Code::InvalidName,
                save.place,
                Part::Key,
                message,
                Some(help),
            );
        }
        Some(save)
    }

    fn buttons(&mut self, found: Found<'_, '_>, exits: &mut Vec<ExitDraft>) -> Vec<ButtonDraft> {
        let mut buttons: Vec<ButtonDraft> = Vec::new();
        let keys = [
            Key::required("id"),
            Key::required("label"),
            Key::exit("next"),
        ];
        for item in self.items(found, "the list of buttons").unwrap_or_default() {
            let number = buttons.len();
            let mut button = ButtonDraft {
                id: None,
                label: None,
            };
            let mut exit = ExitDraft {
                name: ExitName::Button(number),
                place: item.0,
                target: None,
            };
            if let Some(fields) = self.fields(item, "a button", &keys) {
                button.id = fields
                    .get("id")
                    .and_then(|found| self.filled(found, "a button's id"));
                button.label = self.text_of(&fields, "label", "a button's label");
                if let Some(found) = fields.get("next") {
                    exit = self.exit(found, ExitName::Button(number));
                }
            }
            if let Some(id) = &button.id {
                self.name(&id.value, id.place, Part::Value, "a button");
                let known = buttons.iter().filter_map(|button| button.id.as_ref());
                if known.into_iter().any(|known| known.value == id.value) {
                    self.duplicate(id, "the button");
                }
            }
            buttons.push(button);
            exits.push(exit);
        }
        buttons
    }

    fn jump(&mut self, fields: &Fields<'_, '_>) -> Content {
        match (fields.get("box"), fields.get("scenario")) {
            (None, None) => {
                let message = "the `jump` box does not say where to";
                let help = "add `\"box\"` with the id of a box, or `\"scenario\"` with the name of a scenario".to_owned();
                self.source.report(
                    Code::MissingExit,
                    fields.place,
                    Part::Key,
                    message,
                    Some(help),
                );
                Content::Unreadable
            }
            (Some(_), Some((place, _))) => {
                let message = "a `jump` box leads to a `box` or to a `scenario`, not to both";
                self.source.report(
                    Code::SuperfluousKey,
                    place,
                    Part::Key,
                    message,
                    Some("take one out".to_owned()),
                );
                Content::Unreadable
            }
            (Some(_), None) => {
                for key in ["inputs", "next"] {
                    if let Some((place, _)) = fields.get(key) {
                        let message = format!(
                            "`{key}` means nothing in a jump to a box of the same scenario"
                        );
                        let help = Some("take it out".to_owned());
                        self.source
                            .report(Code::SuperfluousKey, place, Part::Key, message, help);
                    }
                }
                Content::JumpToBox
            }
            (None, Some(found)) => {
                let scenario = self.filled(found, "the name of a scenario");
                if let Some(scenario) = &scenario
                    && !name::is_scenario_name(&scenario.value)
                {
                    let message = format!("`{}` cannot be a scenario's name", scenario.value);
                    let help = format!("use {}", name::SCENARIO_RULE);
                    self.source.report(
                        Code::InvalidName,
                        scenario.place,
                        Part::Value,
                        message,
                        Some(help),
                    );
                }
                let inputs = fields
                    .get("inputs")
                    .map(|found| self.operands(found, "the map of inputs", "an input"));
                for (name, (place, _)) in inputs.iter().flatten() {
                    self.name(name, *place, Part::Key, "an input");
                }
                Content::JumpToScenario {
                    scenario,
                    inputs: inputs.unwrap_or_default(),
                }
            }
        }
    }

    fn call(&mut self, fields: &Fields<'_, '_>) -> Content {
        let function = fields.get("function").and_then(|found| {
            let text = self.filled(found, "the function")?;
            let names =
                name::split_function(&text.value).map(|(p, f)| (p.to_owned(), f.to_owned()));
            if names.is_none() {
                let message = format!("`{}` cannot be a function", text.value);
                let help =
                    "write the plugin, a `/` and the function: `upgates/load-order`".to_owned();
                self.source.report(
                    Code::InvalidName,
                    text.place,
                    Part::Value,
                    message,
                    Some(help),
                );
            }
            Some(At {
                value: names?,
                place: text.place,
            })
        });
        let connection = fields
            .get("connection")
            .and_then(|found| self.filled(found, "the name of a connection"));
        let params = fields
            .get("params")
            .map(|found| self.operands(found, "the map of parameters", "a parameter"));
        Content::Call(CallDraft {
            function,
            connection,
            params: params.unwrap_or_default(),
        })
    }

    fn files(&mut self, found: Found<'_, '_>) -> Vec<Operand> {
        let files = self.items(found, "the list of files").unwrap_or_default();
        if files.len() > limits::FILES {
            let message = format!("the box offers {} files", files.len());
            let help = format!("a box offers at most {} files", limits::FILES);
            self.source
                .report(Code::TooLarge, found.0, Part::Key, message, Some(help));
        }
        let files = files.into_iter().take(limits::FILES);
        files.map(|found| self.operand(found, "a file")).collect()
    }

    fn operands(
        &mut self,
        found: Found<'_, '_>,
        map: &str,
        what: &str,
    ) -> IndexMap<String, (Place, Operand)> {
        let entries = self.entries(found, map).unwrap_or_default();
        entries
            .into_iter()
            .map(|(name, found)| (name.to_owned(), (found.0, self.operand(found, what))))
            .collect()
    }
}
