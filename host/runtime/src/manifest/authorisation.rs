//! The authorisation of requests: every name in it must be a setting of the right kind.

use http::{HeaderName, HeaderValue};
use krabice_scenario::manifest::{Authorisation, Login, LoginCredentials, Setting};

use super::Problems;
use crate::bindings::manifest as wit;

pub(super) fn authorisation(
    given: wit::Authorisation,
    settings: &[Setting],
    problems: &mut Problems,
) -> Authorisation {
    let mut check = AuthorisationCheck { settings, problems };
    match given {
        wit::Authorisation::None => Authorisation::None,
        wit::Authorisation::Basic(basic) => {
            check.header("authorisation.basic.header", &basic.header);
            check.public("authorisation.basic.username", &basic.username);
            check.secret("authorisation.basic.password", &basic.password);
            Authorisation::Basic {
                header: basic.header,
                username: basic.username,
                password: basic.password,
            }
        }
        wit::Authorisation::Header(header) => {
            check.header("authorisation.header.name", &header.name);
            check.prefix("authorisation.header.prefix", &header.prefix);
            check.secret("authorisation.header.setting", &header.setting);
            Authorisation::Header {
                name: header.name,
                prefix: header.prefix,
                setting: header.setting,
            }
        }
        wit::Authorisation::Query(query) => {
            if query.name.is_empty() {
                check.problems.add("authorisation.query.name", "is empty");
            }
            check.secret("authorisation.query.setting", &query.setting);
            Authorisation::Query {
                name: query.name,
                setting: query.setting,
            }
        }
        wit::Authorisation::Login(login) => Authorisation::Login(check.login(login)),
    }
}

/// Reports secrets that the authorisation does not use. Such a secret is a mistake, because
/// nothing else can use it.
pub(super) fn check_secrets_are_used(
    authorisation: &Authorisation,
    settings: &[Setting],
    problems: &mut Problems,
) {
    let used: [&str; 2] = match authorisation {
        Authorisation::None => ["", ""],
        Authorisation::Basic {
            username, password, ..
        } => [username, password],
        Authorisation::Header { setting, .. } | Authorisation::Query { setting, .. } => {
            [setting, ""]
        }
        Authorisation::Login(login) => [&login.username, &login.password],
    };
    for setting in settings.iter().filter(|setting| setting.secret) {
        if !used.contains(&setting.name.as_str()) {
            problems.add(
                super::path("settings", &setting.name),
                "is secret, but the authorisation does not use it; a plugin never receives a secret",
            );
        }
    }
}

struct AuthorisationCheck<'a> {
    settings: &'a [Setting],
    problems: &'a mut Problems,
}

impl AuthorisationCheck<'_> {
    fn login(&mut self, given: wit::Login) -> Login {
        let at = "authorisation.login";
        let leads_upwards = given.path.split(['/', '\\']).any(|segment| segment == "..");
        if given.path.contains("://") || given.path.starts_with("//") || leads_upwards {
            self.problems.add(
                format!("{at}.path"),
                "is not a path below the connection's address",
            );
        }
        self.public(&format!("{at}.username"), &given.username);
        self.secret(&format!("{at}.password"), &given.password);
        self.pointer(&format!("{at}.token"), &given.token);
        if let Some(pointer) = &given.expires_in {
            self.pointer(&format!("{at}.expires-in"), pointer);
        }
        self.header(&format!("{at}.header"), &given.header);
        self.prefix(&format!("{at}.prefix"), &given.prefix);
        let credentials = match given.credentials {
            wit::LoginCredentials::Basic => LoginCredentials::Basic,
            wit::LoginCredentials::Form(fields) => {
                self.fields(&format!("{at}.credentials.form"), &fields);
                LoginCredentials::Form {
                    username: fields.username,
                    password: fields.password,
                }
            }
            wit::LoginCredentials::Json(fields) => {
                self.fields(&format!("{at}.credentials.json"), &fields);
                LoginCredentials::Json {
                    username: fields.username,
                    password: fields.password,
                }
            }
        };
        Login {
            path: given.path,
            credentials,
            username: given.username,
            password: given.password,
            token: given.token,
            expires_in: given.expires_in,
            header: given.header,
            prefix: given.prefix,
        }
    }

    fn fields(&mut self, at: &str, fields: &wit::LoginFields) {
        if fields.username.is_empty() {
            self.problems.add(format!("{at}.username"), "is empty");
        }
        if fields.password.is_empty() {
            self.problems.add(format!("{at}.password"), "is empty");
        }
        if fields.username == fields.password {
            self.problems.add(at, "gives both fields the same name");
        }
    }

    fn public(&mut self, at: &str, name: &str) {
        if !self.settings.iter().any(|setting| setting.name == name) {
            self.problems
                .add(at, format!("names `{name}`, which is not a setting"));
        }
    }

    fn secret(&mut self, at: &str, name: &str) {
        match self.settings.iter().find(|setting| setting.name == name) {
            None => self
                .problems
                .add(at, format!("names `{name}`, which is not a setting")),
            Some(setting) if !setting.secret => {
                self.problems
                    .add(at, format!("names `{name}`, which is not secret"));
            }
            Some(_) => {}
        }
    }

    fn header(&mut self, at: &str, name: &str) {
        const TRANSPORT: [&str; 6] = [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "te",
            "upgrade",
        ];
        match HeaderName::try_from(name) {
            Err(_) => self.problems.add(at, "is not a valid header name"),
            Ok(name) if TRANSPORT.contains(&name.as_str()) => {
                self.problems
                    .add(at, format!("is `{name}`, which belongs to the transport"));
            }
            Ok(_) => {}
        }
    }

    fn prefix(&mut self, at: &str, prefix: &str) {
        if HeaderValue::try_from(prefix).is_err() {
            self.problems
                .add(at, "has characters that no header may have");
        }
    }

    fn pointer(&mut self, at: &str, pointer: &str) {
        if !pointer.starts_with('/') {
            self.problems.add(
                at,
                "is not a JSON Pointer (RFC 6901), such as `/access_token`",
            );
        }
    }
}
