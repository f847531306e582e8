//! The host's checks against the contract and the manifest, as far as a test needs them.

use serde_json::Value as Json;

use crate::contract::{
    Answer, Authorisation, ChoicesSource, Field, File, Function, Kind, LoginCredentials, Manifest,
    NamedValue, Outcome, Parameter, Text, Value,
};
use crate::typed::Url;
use crate::{name, timestamp};
use rust_decimal::Decimal;

/// The faults by which a manifest breaks the contract; empty for a valid manifest.
#[must_use]
pub fn check_manifest(manifest: &Manifest) -> Vec<String> {
    let mut faults = Faults::default();
    faults.name("plugin", &manifest.name);
    faults.texts("plugin", &manifest.label, &manifest.help);
    faults.distinct(
        "setting",
        manifest
            .settings
            .iter()
            .map(|setting| setting.name.as_str()),
    );
    for setting in &manifest.settings {
        let what = format!("setting `{}`", setting.name);
        faults.name(&what, &setting.name);
        faults.texts(&what, &setting.label, &setting.help);
        if matches!(
            setting.kind,
            Kind::List | Kind::Record | Kind::Timestamp | Kind::File
        ) {
            faults.add(format!("{what} has a kind that a setting cannot have"));
        }
        if setting.secret && setting.default.is_some() {
            faults.add(format!("{what} is a secret with a default"));
        }
        if (setting.kind == Kind::Choice) == setting.choices.is_empty() {
            faults.add(format!(
                "{what} has choices without the kind `choice`, or that kind without choices"
            ));
        }
    }
    faults.authorisation(manifest);
    if manifest.functions.is_empty() {
        faults.add("no functions".to_owned());
    }
    faults.distinct(
        "function",
        manifest
            .functions
            .iter()
            .map(|function| function.name.as_str()),
    );
    for function in &manifest.functions {
        faults.function(function);
    }
    faults.0
}

/// The faults by which an outcome breaks the manifest; empty for a valid outcome.
#[must_use]
pub fn check_outcome(function: &Function, outcome: &Outcome) -> Vec<String> {
    match (outcome, &function.answer) {
        (Outcome::False, _) | (Outcome::True, Answer::Nothing) => Vec::new(),
        (Outcome::TrueWithValue(value), Answer::Value(answer)) => {
            let shape = Shape {
                kind: answer.kind,
                items: None,
                choices: &[],
            };
            fault_of("the value", shape, value).into_iter().collect()
        }
        (Outcome::TrueWithFields(values), Answer::Fields(fields)) => fields_faults(
            fields,
            "",
            &values
                .iter()
                .map(|it| (it.name.as_str(), &it.value))
                .collect::<Vec<_>>(),
        ),
        _ => vec!["the outcome carries something else than the manifest's answer".to_owned()],
    }
}

/// The parameters of a call as the host gives them to the plugin: checked, with defaults filled in.
pub(super) fn parameters(function: &Function, mut given: Vec<NamedValue>) -> Vec<NamedValue> {
    let top: Vec<_> = function
        .parameters
        .iter()
        .filter(|it| !it.name.contains('.'))
        .collect();
    for value in &given {
        let Some(parameter) = top.iter().find(|parameter| parameter.name == value.name) else {
            panic!("`{}` has no parameter `{}`", function.name, value.name);
        };
        let choices = match &parameter.choices {
            ChoicesSource::Fixed(choices) => choices.as_slice(),
            ChoicesSource::None | ChoicesSource::Live => &[],
        };
        let shape = Shape {
            kind: parameter.kind,
            items: parameter.items,
            choices,
        };
        if let Some(fault) = fault_of(&value.name, shape, &value.value) {
            panic!("the test gives what the host would not let through: {fault}");
        }
    }
    for parameter in top {
        if given.iter().any(|value| value.name == parameter.name) {
            continue;
        }
        match &parameter.default {
            Some(value) => {
                given.push(NamedValue {
                    name: parameter.name.clone(),
                    value: value.clone(),
                });
            }
            None => assert!(
                !parameter.required,
                "`{}` needs `{}`",
                function.name, parameter.name
            ),
        }
    }
    given
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    fn name(&mut self, what: &str, name: &str) {
        if !name::is_allowed(name) {
            self.add(format!("{what}: `{name}` cannot be a name"));
        }
    }

    fn texts(&mut self, what: &str, label: &[Text], help: &[Text]) {
        if label.is_empty() {
            self.add(format!("{what} has no label"));
        }
        for texts in [label, help] {
            self.distinct(
                &format!("language of {what}"),
                texts.iter().map(|it| it.language.as_str()),
            );
        }
    }

    fn distinct<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a str>) {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.add(format!("two of one name: {what} `{}`", pair[0]));
        }
    }

    fn authorisation(&mut self, manifest: &Manifest) {
        let (public, secret): (Vec<&str>, &str) = match &manifest.authorisation {
            Authorisation::None => return,
            Authorisation::Basic(basic) => (vec![&basic.username], &basic.password),
            Authorisation::Header(header) => (vec![], &header.setting),
            Authorisation::Query(query) => (vec![], &query.setting),
            Authorisation::Hmac(hmac) => (vec![], &hmac.setting),
            Authorisation::SecretPath(path) => (vec![], &path.setting),
            Authorisation::Login(login) => {
                if let LoginCredentials::Form(fields) | LoginCredentials::Json(fields) =
                    &login.credentials
                    && fields.username == fields.password
                {
                    self.add("the login sends user name and password by one name".to_owned());
                }
                (vec![&login.username], &login.password)
            }
        };
        let secret_of = |name: &str| {
            manifest
                .settings
                .iter()
                .find(|setting| setting.name == name)
                .map(|setting| setting.secret)
        };
        for name in public {
            if secret_of(name).is_none() {
                self.add(format!("the authorisation needs the setting `{name}`"));
            }
        }
        if secret_of(secret) != Some(true) {
            self.add(format!("the authorisation needs the secret `{secret}`"));
        }
        if manifest.address.is_none() {
            self.add("an authorisation without an address to send it to".to_owned());
        }
    }

    fn function(&mut self, function: &Function) {
        let what = format!("function `{}`", function.name);
        self.name(&what, &function.name);
        self.texts(&what, &function.label, &function.help);
        self.distinct(
            &format!("parameter of {what}"),
            function.parameters.iter().map(|it| it.name.as_str()),
        );
        for parameter in &function.parameters {
            self.parameter(&what, parameter);
        }
        match &function.answer {
            Answer::Nothing => {}
            Answer::Value(value) => {
                self.texts(&format!("answer of {what}"), &value.label, &value.help)
            }
            Answer::Fields(fields) => {
                self.distinct(
                    &format!("field of {what}"),
                    fields.iter().map(|it| it.path.as_str()),
                );
                for field in fields {
                    let what = format!("field `{}` of {what}", field.path);
                    self.texts(&what, &field.label, &field.help);
                    if field.kind == Kind::File && field.path.contains('.')
                        || field.items == Some(Kind::File)
                    {
                        self.add(format!("{what} is a file inside a list or a record"));
                    }
                    if (field.kind == Kind::Choice) == field.choices.is_empty() {
                        self.add(format!(
                            "{what} has choices without the kind `choice`, or that kind without choices"
                        ));
                    }
                }
            }
        }
    }

    fn parameter(&mut self, function: &str, parameter: &Parameter) {
        let what = format!("parameter `{}` of {function}", parameter.name);
        self.texts(&what, &parameter.label, &parameter.help);
        if parameter.kind == Kind::File && parameter.name.contains('.')
            || parameter.items == Some(Kind::File)
        {
            self.add(format!("{what} is a file inside a list or a record"));
        }
        if (parameter.kind == Kind::Choice) == matches!(parameter.choices, ChoicesSource::None) {
            self.add(format!(
                "{what} has choices without the kind `choice`, or that kind without choices"
            ));
        }
        if let Some(default) = &parameter.default {
            let shape = Shape {
                kind: parameter.kind,
                items: parameter.items,
                choices: &[],
            };
            self.0
                .extend(fault_of(&format!("default of {what}"), shape, default));
        }
    }
}

#[derive(Clone, Copy)]
struct Shape<'a> {
    kind: Kind,
    items: Option<Kind>,
    choices: &'a [crate::Choice],
}

fn fault_of(what: &str, shape: Shape<'_>, value: &Value) -> Option<String> {
    let fits = match (shape.kind, value) {
        (Kind::Boolean, Value::Boolean(_)) | (Kind::Integer, Value::Integer(_)) => true,
        (Kind::Decimal, Value::Decimal(digits)) => Decimal::from_str_exact(digits).is_ok(),
        (Kind::Timestamp, Value::Timestamp(moment)) => timestamp::is_form(moment),
        (Kind::File, Value::File(file)) => is_file(file),
        (Kind::Text | Kind::Phone, Value::Text(_)) => true,
        (Kind::Email, Value::Text(text)) => text.contains('@'),
        (Kind::Url, Value::Text(text)) => Url::parse(text.as_str()).is_some(),
        (Kind::Choice, Value::Text(text)) => {
            shape.choices.is_empty() || shape.choices.iter().any(|choice| choice.value == *text)
        }
        (Kind::List, Value::Json(text)) => match serde_json::from_str::<Json>(text) {
            Ok(Json::Array(items)) => items.iter().all(|item| fits_json(shape.items, item)),
            _ => false,
        },
        (Kind::Record, Value::Json(text)) => {
            matches!(serde_json::from_str::<Json>(text), Ok(Json::Object(_)))
        }
        _ => false,
    };
    (!fits).then(|| format!("{what} is not of kind {:?}: {value:?}", shape.kind))
}

/// Whether a file keeps to the contract.
fn is_file(file: &File) -> bool {
    let name = !matches!(file.name.chars().count(), 0 | 129..)
        && !file.name.starts_with('.')
        && !file.name.contains(['/', '\\', ':'])
        && !file.name.contains(char::is_control);
    let media_type = file
        .media_type
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty());
    name && media_type && !matches!(file.content.len(), 0 | 4_194_305..)
}

/// Whether an item of a list is of a kind; `None` stands for a record.
fn fits_json(kind: Option<Kind>, json: &Json) -> bool {
    let Some(kind) = kind else {
        return json.is_object();
    };
    let shape = Shape {
        kind,
        items: None,
        choices: &[],
    };
    Value::from_json(kind, json.clone()).is_some_and(|value| fault_of("", shape, &value).is_none())
}

/// Compares fields with those that the manifest has directly below `prefix`.
fn fields_faults(fields: &[Field], prefix: &str, values: &[(&str, &Value)]) -> Vec<String> {
    let here: Vec<_> = fields
        .iter()
        .filter_map(|field| {
            let name = field.path.strip_prefix(prefix)?;
            (!name.contains('.')).then_some((name, field))
        })
        .collect();
    let mut faults = Vec::new();
    for (name, value) in values {
        let Some((_, field)) = here.iter().find(|(other, _)| other == name) else {
            faults.push(format!("the manifest has no field `{prefix}{name}`"));
            continue;
        };
        let shape = Shape {
            kind: field.kind,
            items: field.items,
            choices: &field.choices,
        };
        faults.extend(fault_of(&format!("field `{}`", field.path), shape, value));
        faults.extend(nested_faults(fields, field, value));
    }
    for (name, field) in here {
        if !field.optional && !values.iter().any(|(other, _)| *other == name) {
            faults.push(format!("field `{}` is missing", field.path));
        }
    }
    faults
}

/// Compares the records inside a list or a record with the manifest.
fn nested_faults(fields: &[Field], field: &Field, value: &Value) -> Vec<String> {
    let Value::Json(text) = value else {
        return Vec::new();
    };
    let records = match serde_json::from_str(text) {
        Ok(Json::Array(items)) if field.items.is_none() => items,
        Ok(json @ Json::Object(_)) => vec![json],
        _ => return Vec::new(),
    };
    let prefix = format!("{}.", field.path);
    let mut faults = Vec::new();
    for record in records {
        let Json::Object(members) = record else {
            continue;
        };
        let mut values = Vec::new();
        for (name, json) in members {
            let path = format!("{prefix}{name}");
            let kind = fields
                .iter()
                .find(|field| field.path == path)
                .map_or(Kind::Text, |it| it.kind);
            // JSON of another kind becomes a value that fits no kind.
            let value = Value::from_json(kind, json).unwrap_or(Value::Json(String::new()));
            values.push((name, value));
        }
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        faults.extend(fields_faults(fields, &prefix, &values));
    }
    faults
}
