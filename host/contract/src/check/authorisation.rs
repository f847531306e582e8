//! The authorisation of requests: every name in it must be a setting of the right kind.

use http::{HeaderName, HeaderValue};

use super::Problems;
use crate::manifest::{Authorisation, Hmac, Login, LoginCredentials, Setting};

pub(super) fn check(authorisation: &Authorisation, settings: &[Setting], problems: &mut Problems) {
    let mut check = AuthorisationCheck { settings, problems };
    match authorisation {
        Authorisation::None => {}
        Authorisation::Basic {
            header,
            username,
            password,
        } => {
            check.header("authorisation.basic.header", header);
            check.public("authorisation.basic.username", username);
            check.secret("authorisation.basic.password", password);
        }
        Authorisation::Header {
            name,
            prefix,
            setting,
        } => {
            check.header("authorisation.header.name", name);
            check.prefix("authorisation.header.prefix", prefix);
            check.secret("authorisation.header.setting", setting);
        }
        Authorisation::Query { name, setting } => {
            if name.is_empty() {
                check.problems.add("authorisation.query.name", "is empty");
            }
            check.secret("authorisation.query.setting", setting);
        }
        Authorisation::Hmac(hmac) => check.hmac(hmac),
        Authorisation::SecretPath { prefix, setting } => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~');
            if !prefix.chars().all(allowed) {
                check.problems.add(
                    "authorisation.secret-path.prefix",
                    "has characters other than ASCII letters, digits, `-`, `_` and `~`",
                );
            }
            check.secret("authorisation.secret-path.setting", setting);
        }
        Authorisation::Login(login) => check.login(login),
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
        Authorisation::Header { setting, .. }
        | Authorisation::Query { setting, .. }
        | Authorisation::Hmac(Hmac { setting, .. })
        | Authorisation::SecretPath { setting, .. } => [setting, ""],
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
    fn login(&mut self, login: &Login) {
        let at = "authorisation.login";
        let leads_upwards = login.path.split(['/', '\\']).any(|segment| segment == "..");
        if login.path.contains("://") || login.path.starts_with("//") || leads_upwards {
            self.problems.add(
                format!("{at}.path"),
                "is not a path below the connection's address",
            );
        }
        self.public(&format!("{at}.username"), &login.username);
        self.secret(&format!("{at}.password"), &login.password);
        self.pointer(&format!("{at}.token"), &login.token);
        if let Some(pointer) = &login.expires_in {
            self.pointer(&format!("{at}.expires-in"), pointer);
        }
        self.header(&format!("{at}.header"), &login.header);
        self.prefix(&format!("{at}.prefix"), &login.prefix);
        match &login.credentials {
            LoginCredentials::Basic => {}
            LoginCredentials::Form { username, password } => {
                self.fields(&format!("{at}.credentials.form"), username, password);
            }
            LoginCredentials::Json { username, password } => {
                self.fields(&format!("{at}.credentials.json"), username, password);
            }
        }
    }

    fn hmac(&mut self, hmac: &Hmac) {
        let at = "authorisation.hmac";
        self.header(&format!("{at}.header"), &hmac.header);
        self.prefix(&format!("{at}.prefix"), &hmac.prefix);
        self.secret(&format!("{at}.setting"), &hmac.setting);
        if let Some(timestamp) = &hmac.timestamp {
            let at = format!("{at}.timestamp.header");
            self.header(&at, &timestamp.header);
            if timestamp.header.eq_ignore_ascii_case(&hmac.header) {
                self.problems
                    .add(at, "is also the header of the signature; it needs its own");
            }
        }
    }

    fn fields(&mut self, at: &str, username: &str, password: &str) {
        if username.is_empty() {
            self.problems.add(format!("{at}.username"), "is empty");
        }
        if password.is_empty() {
            self.problems.add(format!("{at}.password"), "is empty");
        }
        if username == password {
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
