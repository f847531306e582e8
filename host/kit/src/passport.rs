//! A plugin's data passport: what it is given, where that can go, and what it
//! changes.
//!
//! What *can* happen is what the manifest says, for the host enforces it: every
//! parameter of a function can go to every place that the plugin reaches, and a
//! credential to the connection's own address alone. What *did* happen in the
//! calls of a check stands beside it, for each host.

use krabice_scenario::manifest::{Answer, Authorisation, Effect, LoginCredentials};
use krabice_scenario::{Kind, Manifest};
use serde::Serialize;

/// What a plugin is given, where that can go, and what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Passport {
    /// The places that the plugin reaches, the connection's address first.
    pub destinations: Vec<Destination>,
    /// Settings of a connection that the plugin itself is told.
    pub settings: Vec<String>,
    /// The functions.
    pub functions: Vec<Passage>,
}

/// A place that a plugin reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Destination {
    /// The host as the manifest names it; none for the connection's address.
    pub host: Option<String>,
    /// The setting with the address; none for a host of the manifest.
    pub setting: Option<String>,
    /// The settings that the host sends there as a credential.
    pub credentials: Vec<String>,
    /// How it sends them; empty without credentials.
    pub how: String,
}

/// What a function is given, tells and changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Passage {
    /// The function's name.
    pub function: String,
    /// What it does to the back end, as the manifest says.
    pub effect: Effect,
    /// The methods of its requests in the calls of the check.
    pub methods: Vec<String>,
    /// Its parameters; parts of lists and records follow by their paths.
    pub parameters: Vec<Given>,
    /// The personal data of its outcome: paths of fields, or `value`.
    pub personal_fields: Vec<String>,
}

/// A parameter, and where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Given {
    /// Its name, or the path of a part.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Whether it, what it is a part of, or a part of it is personal data.
    pub personal: bool,
    /// Where it was found in requests. That of a list or a record stands at its parts.
    pub seen: Vec<Sighting>,
}

/// Where a parameter was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sighting {
    /// The host of the manifest that was asked, answered or not; none for the
    /// connection's address.
    pub host: Option<String>,
    /// The part of the request: `path`, `query`, `header`, `body`.
    pub place: &'static str,
}

impl Passport {
    /// What the manifest allows; nothing has been seen yet.
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
            functions: manifest.functions.values().map(passage).collect(),
        }
    }
}

fn passage(function: &krabice_scenario::manifest::Function) -> Passage {
    let below = |part: &str, whole: &str| {
        let rest = part.strip_prefix(whole);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let personal = |name: &str| {
        let mut parts = function.parameters.iter().filter(|part| part.personal);
        parts.any(|part| below(&part.name, name) || below(name, &part.name))
    };
    Passage {
        function: function.name.clone(),
        effect: function.effect,
        methods: Vec::new(),
        parameters: function
            .parameters
            .iter()
            .map(|parameter| Given {
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

/// The settings that make the credential, and how it travels.
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
