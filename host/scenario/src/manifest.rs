//! Manifests: what a plugin says about itself. Mirrors
//! `krabice:boxes/manifest`, whose comments in `wit/manifest.wit` are the
//! reference; here stands only what differs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Kind, Value};

/// A text by language tag. Never empty where the contract asks for one.
pub type Texts = IndexMap<String, String>;

/// All that a plugin says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The name a person sees.
    pub label: Texts,
    /// What the plugin is for.
    pub help: Texts,
    /// The settings of a connection; empty for a plugin without one.
    pub settings: Vec<Setting>,
    /// The setting that holds the back end's address.
    pub address: Option<String>,
    /// How the host authorises requests.
    pub authorisation: Authorisation,
    /// Hosts besides the connection's address.
    pub hosts: Vec<String>,
    /// What the back end is known to bear.
    pub limits: Limits,
    /// The functions, by name.
    pub functions: IndexMap<String, Function>,
}

/// One setting of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Setting {
    /// The setting's name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Whether it is a credential.
    pub secret: bool,
    /// Whether a connection must have it.
    pub required: bool,
    /// The value where the operator gives none.
    pub default: Option<String>,
    /// The allowed values of a setting of kind `choice`.
    pub choices: Vec<Choice>,
    /// The name a person sees.
    pub label: Texts,
    /// Where to find the value and what it changes.
    pub help: Texts,
}

/// How the host authorises a request to the connection's address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authorisation {
    /// Requests carry no credential.
    None,
    /// HTTP Basic from two settings.
    Basic {
        /// The header that carries it.
        header: String,
        /// The setting with the user name.
        username: String,
        /// The secret setting with the password.
        password: String,
    },
    /// A header from one secret setting.
    Header {
        /// The header's name.
        name: String,
        /// What stands before the secret.
        prefix: String,
        /// The secret setting.
        setting: String,
    },
    /// A query parameter from one secret setting.
    Query {
        /// The query parameter's name.
        name: String,
        /// The secret setting.
        setting: String,
    },
    /// A token that a login request gives.
    Login(Login),
}

/// A login request that exchanges credentials for a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Login {
    /// The path of the login below the connection's address.
    pub path: String,
    /// How the credentials travel.
    pub credentials: LoginCredentials,
    /// The setting with the user name.
    pub username: String,
    /// The secret setting with the password.
    pub password: String,
    /// The JSON Pointer of the token in the answer.
    pub token: String,
    /// The JSON Pointer of the token's life in seconds.
    pub expires_in: Option<String>,
    /// The header that carries the token.
    pub header: String,
    /// What stands before the token.
    pub prefix: String,
}

/// How credentials travel in a login request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginCredentials {
    /// In an `Authorization` header, as HTTP Basic.
    Basic,
    /// In a form body.
    Form {
        /// The name of the user name's field.
        username: String,
        /// The name of the password's field.
        password: String,
    },
    /// In a JSON object.
    Json {
        /// The name of the user name's field.
        username: String,
        /// The name of the password's field.
        password: String,
    },
}

/// What a back end is known to bear.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// The most requests under way at once for one connection.
    pub requests_at_once: Option<u32>,
    /// The most requests in a minute for one connection.
    pub requests_per_minute: Option<u32>,
    /// The response headers in which the back end tells the state of its leaky
    /// bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Bucket>,
}

/// The response headers of a leaky bucket, each with a decimal number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bucket {
    /// The header with the requests in the bucket now.
    pub fill: String,
    /// The header with the most that the bucket holds.
    pub size: String,
    /// The header with the requests that leave it in a second.
    pub drain: String,
}

/// One thing a plugin can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// The name a person sees.
    pub label: Texts,
    /// What it does, when it is true and when it is false.
    pub help: Texts,
    /// Its parameters, nested ones by path.
    pub parameters: Vec<Parameter>,
    /// What its *true* outcome carries.
    pub answer: Answer,
    /// What it does to the back end.
    pub effect: Effect,
}

/// What a function does to the back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// Each repetition changes something again.
    Writes,
    /// Repeating it changes nothing more.
    WritesIdempotently,
}

/// A typed input of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parameter {
    /// The parameter's name, or a nested part's path.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// For a list of single values, the kind of its items.
    pub items: Option<Kind>,
    /// The name a person sees.
    pub label: Texts,
    /// What it means and how it looks.
    pub help: Texts,
    /// Whether a call must give it.
    pub required: bool,
    /// The value where a call gives none.
    pub default: Option<Value>,
    /// Where its choices come from.
    pub choices: ChoicesSource,
    /// Whether it is personal data.
    pub personal: bool,
}

/// Where a parameter's choices come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoicesSource {
    /// The parameter has no choices.
    None,
    /// Always the same.
    Fixed(Vec<Choice>),
    /// Asked from the back end.
    Live,
}

/// One of the allowed values of a parameter, a setting or a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Choice {
    /// The value that travels.
    pub value: String,
    /// The name a person sees.
    pub label: Texts,
}

/// What a function's *true* outcome carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// One value.
    Value {
        /// Its kind.
        kind: Kind,
        /// The name a person sees.
        label: Texts,
        /// What it means.
        help: Texts,
        /// Whether it is personal data.
        personal: bool,
    },
    /// Fields, nested ones by path.
    Fields(Vec<Field>),
}

/// A field of a *true* outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Field {
    /// The field's path: names joined by dots.
    pub path: String,
    /// Its kind.
    pub kind: Kind,
    /// For a list of single values, the kind of its items.
    pub items: Option<Kind>,
    /// Whether the field may be absent.
    pub optional: bool,
    /// Whether it is personal data.
    pub personal: bool,
    /// The possible values of a field of kind `choice`.
    pub choices: Vec<Choice>,
    /// The name a person sees.
    pub label: Texts,
    /// What it means.
    pub help: Texts,
}

/// A text in a language, or the nearest: the language itself, its base
/// (`cs` for `cs-cz`), English, then the first.
#[must_use]
pub fn text_in<'a>(texts: &'a Texts, language: &str) -> Option<&'a str> {
    let base = language.split('-').next().unwrap_or(language);
    [language, base, "en"]
        .iter()
        .find_map(|tag| texts.get(*tag))
        .or_else(|| texts.values().next())
        .map(String::as_str)
}
