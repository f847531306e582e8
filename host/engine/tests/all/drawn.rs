//! Scenarios made in code, including those that the check refuses.

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use krabice_contract::Kind;
use krabice_scenario::Template;
use krabice_scenario::scenario::{
    Button, Expect, Input, Jump, LocalText, Operand, Scenario, ScenarioBox,
};

/// A scenario in Czech that starts at its first box.
pub(crate) fn scenario<const N: usize>(name: &str, boxes: [(&str, ScenarioBox); N]) -> Scenario {
    let boxes: IndexMap<String, ScenarioBox> = boxes
        .map(|(id, each)| (id.to_owned(), each))
        .into_iter()
        .collect();
    Scenario {
        name: name.to_owned(),
        title: None,
        languages: vec!["cs".to_owned(), "en".to_owned()],
        time_zone: TimeZone::get("Europe/Prague").unwrap(),
        channels: Vec::new(),
        is_macro: false,
        inputs: [
            ("given", Kind::Text),
            ("$secret", Kind::Email),
            ("amount", Kind::Decimal),
        ]
        .map(|(name, kind)| (name.to_owned(), Input::of_page(kind)))
        .into_iter()
        .collect(),
        start: boxes.keys().next().unwrap().clone(),
        boxes,
    }
}

pub(crate) fn text(source: &str) -> LocalText {
    LocalText::Every(Template::parse(source).unwrap())
}

pub(crate) fn value(source: &str) -> Operand {
    Operand::Template(Template::parse(source).unwrap())
}

pub(crate) fn message(source: &str, next: &str) -> ScenarioBox {
    ScenarioBox::Message {
        text: text(source),
        files: Vec::new(),
        next: next.to_owned(),
    }
}

pub(crate) fn set(save: &str, source: &str, next: &str) -> ScenarioBox {
    ScenarioBox::Set {
        save: save.to_owned(),
        value: value(source),
        next: next.to_owned(),
    }
}

pub(crate) fn answer(save: &str, next: &str) -> ScenarioBox {
    ScenarioBox::Answer {
        text: text("?"),
        expect: Expect::Text,
        save: save.to_owned(),
        reask: None,
        attempts: None,
        next: next.to_owned(),
    }
}

pub(crate) fn buttons(save: &str, label: &str, next: &str) -> ScenarioBox {
    let button = Button {
        id: "go".to_owned(),
        label: text(label),
        keywords: None,
        next: next.to_owned(),
    };
    ScenarioBox::Buttons {
        text: text(label),
        save: save.to_owned(),
        buttons: vec![button],
    }
}

pub(crate) fn go(next: &str) -> ScenarioBox {
    ScenarioBox::Jump(Jump::Box(next.to_owned()))
}

pub(crate) fn jump(scenario: &str, inputs: &[(&str, &str)], next: Option<&str>) -> ScenarioBox {
    ScenarioBox::Jump(Jump::Scenario {
        scenario: scenario.to_owned(),
        inputs: inputs
            .iter()
            .map(|(name, source)| ((*name).to_owned(), value(source)))
            .collect(),
        next: next.map(str::to_owned),
    })
}

pub(crate) fn call(save: &str, params: &[(&str, &str)], next: &str) -> ScenarioBox {
    ScenarioBox::Call {
        plugin: "plugin".to_owned(),
        function: "function".to_owned(),
        connection: None,
        params: params
            .iter()
            .map(|(name, source)| ((*name).to_owned(), value(source)))
            .collect(),
        save: save.to_owned(),
        on_true: next.to_owned(),
        on_false: next.to_owned(),
        on_failure: None,
        on_unknown: None,
        on_limited: None,
    }
}

pub(crate) fn end(source: &str) -> ScenarioBox {
    ScenarioBox::End {
        text: Some(text(source)),
    }
}
