//! A plugin's data passport: what the plugin is given, where that can go, and what it changes.
//!
//! What *can* happen is what the manifest says, because the host enforces it: every parameter of a
//! function can go to every destination of the plugin, and a credential only to the connection's
//! own address. Beside it is what *did* happen in the calls of a check, for each host.

use krabice_contract::manifest::{Answer, Authorisation, Effect, LoginCredentials};
use krabice_contract::{Kind, Manifest};
use serde::Serialize;

/// A plugin's data passport.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Passport {
    /// Where the plugin can send data; the connection's address first.
    pub destinations: Vec<Destination>,
    /// The settings of a connection that the plugin receives: all but the secrets.
    pub settings: Vec<String>,
    /// The functions.
    pub functions: Vec<FunctionFlow>,
}

/// A place to which a plugin can send data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Destination {
    /// The host as the manifest names it; None for the connection's address.
    pub host: Option<String>,
    /// The setting that holds the address; None for a host of the manifest.
    pub setting: Option<String>,
    /// The settings that the host sends there as a credential.
    pub credentials: Vec<String>,
    /// How the host sends them; empty without credentials.
    pub how: String,
}

/// The data of one function: what it is given, what its outcome tells, and what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionFlow {
    /// The function's name.
    pub function: String,
    /// What it does to the back end, as the manifest says.
    pub effect: Effect,
    /// The methods of its requests in the calls of the check.
    pub methods: Vec<String>,
    /// The parameters; the parts of a list or a record follow it, by their paths.
    pub parameters: Vec<ParameterFlow>,
    /// The personal data in the outcome: paths of fields, or `value`.
    pub personal_fields: Vec<String>,
}

/// A parameter of a function, and where its value was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ParameterFlow {
    /// The parameter's name, or the path of a part.
    pub name: String,
    /// The parameter's kind.
    pub kind: Kind,
    /// Whether the parameter, a part of it, or what it is a part of is personal data.
    pub personal: bool,
    /// Where the value was seen in requests; empty for a list or a record, whose parts have theirs.
    pub seen: Vec<Observation>,
}

/// A place in a request where the value of a parameter was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// The host of the manifest to which the request was sent, answered or not; None for the
    /// connection's address.
    pub host: Option<String>,
    /// The part of the request: `path`, `query`, `header`, `body`.
    pub place: &'static str,
}

impl Passport {
    /// The passport by the manifest, before any call.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Passport {
        let (credentials, how) = credentials(&manifest.authorisation);
        let own = manifest.address.iter().map(|setting| Destination {
            host: None,
            setting: Some(setting.clone()),
            credentials: credentials.clone(),
            how: how.clone(),
        });
        let others = manifest.hosts.iter().map(|host| Destination {
            host: Some(host.clone()),
            setting: None,
            credentials: Vec::new(),
            how: String::new(),
        });
        Passport {
            destinations: own.chain(others).collect(),
            settings: manifest
                .settings
                .iter()
                .filter(|setting| !setting.secret)
                .map(|setting| setting.name.clone())
                .collect(),
            functions: manifest.functions.values().map(function_flow).collect(),
        }
    }
}

fn function_flow(function: &krabice_contract::manifest::Function) -> FunctionFlow {
    let below = |part: &str, whole: &str| {
        let rest = part.strip_prefix(whole);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let personal = |name: &str| {
        let mut parts = function.parameters.iter().filter(|part| part.personal);
        parts.any(|part| below(&part.name, name) || below(name, &part.name))
    };
    FunctionFlow {
        function: function.name.clone(),
        effect: function.effect,
        methods: Vec::new(),
        parameters: function
            .parameters
            .iter()
            .map(|parameter| ParameterFlow {
                name: parameter.name.clone(),
                kind: parameter.kind,
                personal: personal(&parameter.name),
                seen: Vec::new(),
            })
            .collect(),
        personal_fields: match &function.answer {
            Answer::Nothing => Vec::new(),
            Answer::Value { personal, .. } => {
                personal.then(|| "value".to_owned()).into_iter().collect()
            }
            Answer::Fields(fields) => fields
                .iter()
                .filter(|field| field.personal)
                .map(|field| field.path.clone())
                .collect(),
        },
    }
}

/// The settings that make the credential, and how the host sends it.
fn credentials(authorisation: &Authorisation) -> (Vec<String>, String) {
    match authorisation {
        Authorisation::None => (Vec::new(), String::new()),
        Authorisation::Basic {
            header,
            username,
            password,
        } => (
            vec![username.clone(), password.clone()],
            format!("by HTTP Basic in the header `{header}`"),
        ),
        Authorisation::Header { name, setting, .. } => {
            (vec![setting.clone()], format!("in the header `{name}`"))
        }
        Authorisation::Query { name, setting } => (
            vec![setting.clone()],
            format!("in the query parameter `{name}`"),
        ),
        Authorisation::Hmac(hmac) => (
            vec![hmac.setting.clone()],
            format!("by a signature in the header `{}`", hmac.header),
        ),
        Authorisation::SecretPath { setting, .. } => (
            vec![setting.clone()],
            "in the path, after the address".to_owned(),
        ),
        Authorisation::Login(login) => {
            let how = match login.credentials {
                LoginCredentials::Basic => "HTTP Basic",
                LoginCredentials::Form { .. } => "a form",
                LoginCredentials::Json { .. } => "JSON",
            };
            (
                vec![login.username.clone(), login.password.clone()],
                format!(
                    "by {how} at `{}`, for a token in the header `{}`",
                    login.path, login.header
                ),
            )
        }
    }
}
