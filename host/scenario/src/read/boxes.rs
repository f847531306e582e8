//! Reading boxes.

use jsonc_parser::ast;
use krabice_contract::name::nearest;

use super::Reader;
use super::fields::PlacedJson;
use super::keys::{BoxKeys, boxes, is_word};
use crate::diagnostic::Code;
use crate::document::{Broken, Exit, Node, Placed, Save};
use crate::source::Part;

/// A box whose type cannot be read.
fn broken(id: &str, (place, value): PlacedJson<'_, '_>) -> Node {
    let text = |key: &str| {
        value
            .as_object()?
            .get_string(key)
            .map(|text| text.value.clone().into_owned())
    };
    let mut exits: Vec<Exit> = Vec::new();
    for key in boxes().iter().flat_map(|each| &each.keys) {
        if let (true, Some(target)) = (key.is_exit, text(&key.name))
            && exits.iter().all(|known| **known != *target)
        {
            let mut exit = Exit::hole(&key.name, place);
            exit.to = Placed::new(target, place);
            exits.push(exit);
        }
    }
    let save = text("save").unwrap_or_else(|| id.to_owned());
    Node::Broken(Broken {
        exits,
        save: Save(Placed::new(save, place)),
    })
}

impl Reader<'_, '_> {
    pub(super) fn node(&mut self, id: &str, json: PlacedJson<'_, '_>) -> Node {
        let of = self.box_type(json);
        let fields = of.and_then(|of| Some((of, self.fields(json, of.kind.what(), &of.keys)?)));
        let Some((of, fields)) = fields else {
            self.holes = true;
            return broken(id, json);
        };
        let node = of.kind.read(self, &fields);
        if let Node::Jump(jump) = &node
            && jump.to_box.is_some() == jump.scenario.is_some()
        {
            // Its target is not known.
            return Node::Broken(Broken {
                exits: node.exits().cloned().collect(),
                save: Save(Placed::hole(String::new(), json.0)),
            });
        }
        node
    }

    fn box_type(&mut self, json: PlacedJson<'_, '_>) -> Option<&'static BoxKeys> {
        let ast::Value::Object(object) = json.1 else {
            self.wrong_type(json, "a box must be an object");
            return None;
        };
        let types = || boxes().iter().map(|each| (each.kind.word(), each));
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
}
