//! Reading boxes.

use indexmap::IndexMap;
use jsonc_parser::ast;
use krabice_contract::name::{nearest, split_function};

use super::Reader;
use super::fields::{Fields, PlacedJson};
use super::keys::{BoxKeys, boxes, is_word, keys_of};
use crate::diagnostic::Code;
use crate::document::BoxType;
use crate::draft::{
    BoxDraft, ButtonDraft, CallDraft, Content, ExitDraft, ExitName, MaybeOperand, TextDraft,
};
use crate::limits;
use crate::name;
use crate::source::{Part, Place, Placed};

/// A box whose type cannot be read. Its exits and its variable are kept, so that the other
/// boxes are checked as if this one were valid.
fn unreadable(id: &str, (place, value): PlacedJson<'_, '_>) -> BoxDraft {
    let text = |key: &str| {
        value
            .as_object()?
            .get_string(key)
            .map(|text| text.value.clone().into_owned())
    };
    let mut exits: Vec<ExitDraft> = Vec::new();
    for key in boxes().iter().flat_map(|each| &each.keys) {
        if let (Some(name), Some(target)) = (key.exit, text(&key.name))
            && exits
                .iter()
                .all(|known| known.target.as_ref() != Some(&target))
        {
            exits.push(ExitDraft {
                name,
                place,
                target: Some(target),
            });
        }
    }
    let save = text("save").unwrap_or_else(|| id.to_owned());
    BoxDraft {
        place,
        content: Content::Unreadable,
        save: Some(Placed { value: save, place }),
        exits,
        unverified: false,
    }
}

impl Reader<'_, '_> {
    pub(super) fn boxes(&mut self, json: PlacedJson<'_, '_>) -> IndexMap<String, BoxDraft> {
        let entries = self.entries(json, "the map of boxes").unwrap_or_default();
        if entries.is_empty() && matches!(json.1, ast::Value::Object(_)) {
            self.empty(json.0, "the map of boxes");
        }
        if entries.len() > limits::BOXES {
            let message = format!("the scenario has {} boxes", entries.len());
            let help = format!(
                "a scenario has at most {} boxes; divide it and use `jump`",
                limits::BOXES
            );
            self.source
                .report(Code::TooLarge, json.0, Part::Key, message, Some(help));
        }
        let entries = entries.into_iter().take(limits::BOXES);
        entries
            .map(|(id, json)| (id.to_owned(), self.one_box(id, json)))
            .collect()
    }

    fn one_box(&mut self, id: &str, json: PlacedJson<'_, '_>) -> BoxDraft {
        self.name(id, json.0, Part::Key, "a box");
        let Some(of) = self.box_type(json) else {
            return unreadable(id, json);
        };
        let kind = of.kind;
        let Some(fields) = self.fields(json, &of.what, &of.keys) else {
            return unreadable(id, json);
        };
        let mut exits = Vec::new();
        let content = match kind {
            BoxType::Message => Content::Message {
                text: self.text_of(&fields, "text", "the text of a message"),
                files: fields
                    .get("files")
                    .map(|json| self.files(json))
                    .unwrap_or_default(),
            },
            BoxType::Buttons => {
                let text = self.text_of(&fields, "text", "the text of a `buttons` box");
                let buttons = fields
                    .get("buttons")
                    .map(|json| self.buttons(json, &mut exits));
                Content::Buttons {
                    text,
                    buttons: buttons.unwrap_or_default(),
                }
            }
            BoxType::Answer => self.answer(&fields, &mut exits),
            BoxType::Condition => Content::Condition {
                test: fields.get("if").and_then(|json| self.test(json)),
            },
            BoxType::Set => Content::Set {
                value: fields
                    .get("value")
                    .and_then(|json| self.operand(json, "the value")),
            },
            BoxType::Jump => self.jump(&fields),
            BoxType::Handover => Content::Handover {
                text: self.text_of(&fields, "text", "the text of a `handover` box"),
            },
            BoxType::End => Content::End {
                text: self.text_of(&fields, "text", "the text of an `end` box"),
            },
            BoxType::Call => self.call(&fields),
        };
        for key in &of.keys {
            let Some(name) = key.exit else {
                continue;
            };
            if matches!(content, Content::JumpToBox) && key.name == "next" {
                continue; // `jump` has reported it.
            }
            match fields.get(&key.name) {
                Some(json) => exits.push(self.exit(json, name)),
                None if key.required => exits.push(ExitDraft {
                    name,
                    place: fields.place,
                    target: None,
                }),
                None => {}
            }
        }
        let sets = matches!(
            kind,
            BoxType::Buttons | BoxType::Answer | BoxType::Set | BoxType::Call
        );
        let save = sets.then(|| self.save(id, &fields)).flatten();
        let unverified = fields
            .get("unverified")
            .is_some_and(|json| self.truth(json, "`unverified`"));
        BoxDraft {
            place: json.0,
            content,
            save,
            exits,
            unverified,
        }
    }

    fn box_type(&mut self, json: PlacedJson<'_, '_>) -> Option<&'static BoxKeys> {
        let ast::Value::Object(object) = json.1 else {
            self.wrong_type(json, "a box must be an object");
            return None;
        };
        let types = || boxes().iter().map(|each| (each.word.as_str(), each));
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
                json.0,
                Part::Key,
                "the box lacks its `type`",
                Some(help),
            );
            return None;
        };
        let place = self.source.property(json.0, property);
        self.word((place, &property.value), "a type of box", types())
    }

    pub(super) fn text_of(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &str,
        what: &str,
    ) -> Option<TextDraft> {
        fields.get(key).and_then(|json| self.text(json, what))
    }

    fn exit(&mut self, json: PlacedJson<'_, '_>, name: ExitName) -> ExitDraft {
        let target = self
            .filled(json, "the id of the box to go on at")
            .map(|target| target.value);
        ExitDraft {
            name,
            place: json.0,
            target,
        }
    }

    /// The variable that the box sets: `save`, else the box's id.
    fn save(&mut self, id: &str, fields: &Fields<'_, '_>) -> Option<Placed<String>> {
        let save = match fields.get("save") {
            Some(json) => {
                let save = self.string(json, "the name of a variable")?;
                self.variable(&save.value, save.place, Part::Value, "a variable");
                return Some(save);
            }
            None => Placed {
                value: id.to_owned(),
                place: fields.place,
            },
        };
        if name::is_reserved(id) {
            let message =
                format!("the box would save to a variable `{id}`, which is a keyword of templates");
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

    fn buttons(
        &mut self,
        json: PlacedJson<'_, '_>,
        exits: &mut Vec<ExitDraft>,
    ) -> Vec<ButtonDraft> {
        let mut buttons: Vec<ButtonDraft> = Vec::new();
        for item in self.items(json, "the list of buttons").unwrap_or_default() {
            let number = buttons.len();
            let mut button = ButtonDraft {
                id: None,
                label: None,
                keywords: None,
            };
            let mut exit = ExitDraft {
                name: ExitName::Button(number),
                place: item.0,
                target: None,
            };
            if let Some(fields) = self.fields(item, "a button", keys_of("Button")) {
                button.id = fields
                    .get("id")
                    .and_then(|json| self.filled(json, "a button's id"));
                button.label = self.text_of(&fields, "label", "a button's label");
                button.keywords = self.text_of(&fields, "keywords", "a button's keywords");
                if let Some(json) = fields.get("next") {
                    exit = self.exit(json, ExitName::Button(number));
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
                let message = "the `jump` box has no target";
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
                        self.superfluous(place, message);
                    }
                }
                Content::JumpToBox
            }
            (None, Some(json)) => {
                let scenario = self.filled(json, "the name of a scenario");
                if let Some(scenario) = &scenario {
                    self.check_scenario_name(scenario);
                }
                let inputs = fields
                    .get("inputs")
                    .map(|json| self.operands(json, "the map of inputs", "an input"));
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
        let function = fields.get("function").and_then(|json| {
            let text = self.filled(json, "the function")?;
            let names = split_function(&text.value).map(|(p, f)| (p.to_owned(), f.to_owned()));
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
            Some(Placed {
                value: names?,
                place: text.place,
            })
        });
        let connection = fields
            .get("connection")
            .and_then(|json| self.filled(json, "the name of a connection"));
        let params = fields
            .get("params")
            .map(|json| self.operands(json, "the map of parameters", "a parameter"));
        Content::Call(CallDraft {
            function,
            connection,
            params: params.unwrap_or_default(),
        })
    }

    fn files(&mut self, json: PlacedJson<'_, '_>) -> Vec<MaybeOperand> {
        let files = self.items(json, "the list of files").unwrap_or_default();
        if files.len() > limits::FILES {
            let message = format!("the box offers {} files", files.len());
            let help = format!("a box offers at most {} files", limits::FILES);
            self.source
                .report(Code::TooLarge, json.0, Part::Key, message, Some(help));
        }
        let files = files.into_iter().take(limits::FILES);
        files.map(|json| self.operand(json, "a file")).collect()
    }

    fn operands(
        &mut self,
        json: PlacedJson<'_, '_>,
        map: &str,
        what: &str,
    ) -> IndexMap<String, (Place, MaybeOperand)> {
        let entries = self.entries(json, map).unwrap_or_default();
        entries
            .into_iter()
            .map(|(name, json)| (name.to_owned(), (json.0, self.operand(json, what))))
            .collect()
    }
}
