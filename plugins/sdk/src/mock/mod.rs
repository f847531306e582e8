//! Unit tests of plugins, without WebAssembly.
//!
//! A [`Mock`] plays the host and the back end: it gives a function its parameters as the host would,
//! answers the requests that a test expects, and checks the outcome against the manifest. It
//! panics, and so fails the test, for a request that is not the next expected one, for an expected
//! request that was not sent, and for an outcome that the manifest does not allow.
//!
//! It does not play the network: addresses, credentials, time limits and repeats are the host's, and
//! tested there.

mod back_end;
mod check;
mod faults;
mod outline;

use std::rc::Rc;

use serde_json::Value as Json;

pub use back_end::{Expected, delete, get, patch, post, put, request};
pub use check::{check_manifest, check_outcome};
pub use faults::{Fault, Injection, Script, each_fault, http_faults};
pub use outline::{not_in, outline};

use crate::compare::native::in_language;
use crate::contract::{self, Choice, Failure, Function, Kind, NamedValue, Outcome, Setting, Value};
use crate::params::Settings;
use crate::plugin::Plugin;
use crate::typed::Given;
use back_end::BackEnd;

/// A host with one connection, and a back end behind it.
///
/// The session's language is English, the time zone is `Europe/Prague`, and the moment is noon of
/// 14 March 2026. A required setting holds `https://back-end.example.com` if it is an address, else
/// its own name. Secrets are not given.
pub struct Mock<S: 'static> {
    plugin: &'static Plugin<S>,
    manifest: contract::Manifest,
    context: contract::Context,
    back_end: Rc<BackEnd>,
}

impl<S: Settings> Mock<S> {
    /// A host that has loaded the plugin.
    ///
    /// # Panics
    /// The manifest breaks the contract.
    #[must_use]
    pub fn of(plugin: &'static Plugin<S>) -> Self {
        let manifest = plugin.manifest();
        let faults = check_manifest(&manifest);
        assert!(
            faults.is_empty(),
            "the manifest breaks the contract: {faults:#?}"
        );
        let settings = manifest.settings.iter().filter_map(|setting| {
            let value = setting_value(setting)?;
            Some(NamedValue {
                name: setting.name.clone(),
                value,
            })
        });
        let context = contract::Context {
            settings: settings.collect(),
            language: "en".to_owned(),
            time_zone: "Europe/Prague".to_owned(),
            now: "2026-03-14T12:00:00+01:00".to_owned(),
        };
        Self {
            plugin,
            manifest,
            context,
            back_end: Rc::default(),
        }
    }

    /// Sets a setting of the connection.
    ///
    /// # Panics
    /// The manifest does not have the setting, or it is a secret.
    #[must_use]
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        let known = self
            .manifest
            .settings
            .iter()
            .any(|setting| setting.name == name && !setting.secret);
        assert!(
            known,
            "the manifest has no setting `{name}`, or it is a secret"
        );
        self.context.settings.retain(|setting| setting.name != name);
        self.context.settings.push(NamedValue {
            name: name.to_owned(),
            value: value.into(),
        });
        self
    }

    /// Sets the session's language.
    #[must_use]
    pub fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.context.language);
        self
    }

    /// Sets the moment of the calls: RFC 3339.
    #[must_use]
    pub fn now(mut self, now: &str) -> Self {
        now.clone_into(&mut self.context.now);
        self
    }

    /// Expects a request, after the ones expected before.
    pub fn expect(&self, request: Expected) -> &Self {
        self.back_end.expect(request);
        self
    }

    /// Runs a function and gives the value of a box's variable: `false`, `true`, the one value, or
    /// an object of fields. A decimal is a text with its digits; a file is its name, media type and
    /// size. A parameter that is not given has its default.
    ///
    /// # Errors
    /// The function's failure.
    ///
    /// # Panics
    /// The test gives parameters that the host would refuse, the requests are not the expected
    /// ones, or the outcome breaks the manifest.
    pub fn run<V: Into<Value>>(
        &self,
        function: &str,
        parameters: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Result<Json, Failure> {
        let description = self.function(function);
        let given = parameters.into_iter().map(|(name, value)| NamedValue {
            name: name.to_owned(),
            value: value.into(),
        });
        let call = contract::Call {
            function: function.to_owned(),
            parameters: check::parameters(description, given.collect(), &self.context.time_zone),
            key: "key-of-the-call".to_owned(),
            context: self.context.clone(),
        };
        let outcome = in_language(&self.context.language, || {
            self.plugin.run(call, self.back_end.clone())
        });
        self.back_end.finish();
        if let Ok(outcome) = &outcome {
            let faults = check_outcome(description, outcome);
            assert!(
                faults.is_empty(),
                "the outcome breaks the manifest: {faults:#?}"
            );
        }
        outcome.map(variable)
    }

    fn function(&self, name: &str) -> &Function {
        let function = self.manifest.functions.iter().find(|it| it.name == name);
        function.unwrap_or_else(|| panic!("the manifest has no function `{name}`"))
    }

    /// Lists the choices of a parameter.
    ///
    /// # Errors
    /// The plugin's failure.
    ///
    /// # Panics
    /// The requests are not the expected ones.
    pub fn choices(&self, function: &str, parameter: &str) -> Result<Vec<Choice>, Failure> {
        let query = contract::ChoicesQuery {
            function: function.to_owned(),
            parameter: parameter.to_owned(),
            context: self.context.clone(),
        };
        let choices = self.plugin.choices(query, self.back_end.clone());
        self.back_end.finish();
        choices
    }

    /// Tests the connection.
    ///
    /// # Errors
    /// The plugin's failure.
    ///
    /// # Panics
    /// The requests are not the expected ones.
    pub fn probe(&self) -> Result<String, Failure> {
        let line = self
            .plugin
            .test(self.context.clone(), self.back_end.clone());
        self.back_end.finish();
        line
    }
}

/// The value of a setting that the test does not set; `None` for one that may be absent.
fn setting_value(setting: &Setting) -> Option<Value> {
    if setting.secret {
        return None;
    }
    let Some(default) = &setting.default else {
        return setting.required.then(|| match setting.kind {
            Kind::Url => Value::from("https://back-end.example.com"),
            Kind::Boolean => Value::from(false),
            Kind::Integer => Value::from(0),
            Kind::Decimal => Value::Decimal("0".to_owned()),
            Kind::Choice => Value::from(setting.choices[0].value.clone()),
            Kind::Text
            | Kind::Email
            | Kind::Phone
            | Kind::Timestamp
            | Kind::List
            | Kind::Record
            | Kind::File => Value::from(setting.name.clone()),
        });
    };
    Some(match setting.kind {
        Kind::Boolean => Value::from(default == "true"),
        Kind::Integer => Value::from(default.parse::<i64>().ok()?),
        Kind::Decimal => Value::Decimal(default.clone()),
        Kind::Url
        | Kind::Choice
        | Kind::Text
        | Kind::Email
        | Kind::Phone
        | Kind::Timestamp
        | Kind::List
        | Kind::Record
        | Kind::File => Value::from(default.clone()),
    })
}

/// The value of a box's variable after the outcome.
fn variable(outcome: Outcome) -> Json {
    let json = |value: Value| match value.given().expect("the outcome was checked") {
        Given::Json(json) => json,
        Given::File(file) => serde_json::json!({
            "name": file.name, "media-type": file.media_type, "size": file.content.len(),
        }),
    };
    match outcome {
        Outcome::False => false.into(),
        Outcome::True => true.into(),
        Outcome::TrueWithValue(value) => json(value),
        Outcome::TrueWithFields(fields) => fields
            .into_iter()
            .map(|field| (field.name, json(field.value)))
            .collect(),
    }
}
