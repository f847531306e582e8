//! The examples on a plugin's page, made from its manifest: a `call` box for each function, and a
//! connection.

use krabice_contract::manifest::{Answer, Function, Manifest, Parameter, Setting};
use serde_json::{Map, Value as Json, json};

/// The name of the connection in examples.
const CONNECTION: &str = "shop";

/// A `call` box of a function with its required parameters, as a member of `boxes`. Each
/// parameter comes from the variable with its name, which is hidden if the parameter is personal.
pub(crate) fn call_box(manifest: &Manifest, function: &Function) -> String {
    let mut call = Map::new();
    call.insert("type".to_owned(), json!("call"));
    call.insert(
        "function".to_owned(),
        json!(format!("{}/{}", manifest.name, function.name)),
    );
    if !manifest.settings.is_empty() {
        call.insert("connection".to_owned(), json!(CONNECTION));
    }
    let params: Map<String, Json> = required(function)
        .map(|parameter| {
            (
                parameter.name.clone(),
                json!(format!("<<{}>>", variable(parameter))),
            )
        })
        .collect();
    call.insert("params".to_owned(), params.into());
    if has_personal_answer(function) {
        call.insert("save".to_owned(), json!(format!("${}", function.name)));
    }
    for exit in ["true", "false", "failure"] {
        call.insert(exit.to_owned(), json!(format!("if-{exit}")));
    }
    let call = serde_json::to_string_pretty(&call).expect("texts and maps with text keys are JSON");
    format!("\"{}\": {call}", function.name)
}

/// The parameters that a call must give. Nested ones are left out, because they are part of their
/// list or record.
fn required(function: &Function) -> impl Iterator<Item = &Parameter> {
    function
        .parameters
        .iter()
        .filter(|parameter| parameter.required && !parameter.name.contains('.'))
}

/// The variable that the example takes a parameter from.
fn variable(parameter: &Parameter) -> String {
    let hidden = if parameter.personal { "$" } else { "" };
    format!("{hidden}{}", parameter.name)
}

fn has_personal_answer(function: &Function) -> bool {
    match &function.answer {
        Answer::Nothing => false,
        Answer::Value { personal, .. } => *personal,
        Answer::Fields(fields) => fields.iter().any(|field| field.personal),
    }
}

/// A connection with its required settings, as the connections file holds it.
pub(crate) fn connection(manifest: &Manifest) -> String {
    let mut text = format!(
        "[connections.{CONNECTION}]\nplugin = \"{}\"\n\n[connections.{CONNECTION}.settings]\n",
        manifest.name
    );
    for setting in manifest.settings.iter().filter(|setting| setting.required) {
        text.push_str(&format!(
            "{} = {}\n",
            setting.name,
            setting_example(manifest, setting)
        ));
    }
    text.trim_end().to_owned()
}

fn setting_example(manifest: &Manifest, setting: &Setting) -> String {
    if setting.secret {
        let name = format!("{}_{}", manifest.name, setting.name)
            .to_uppercase()
            .replace('-', "_");
        return format!("{{ env = \"{name}\" }}");
    }
    match setting.choices.first() {
        Some(choice) => format!("\"{}\"", choice.value),
        None => "\"…\"".to_owned(),
    }
}
