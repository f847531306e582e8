//! The logins that `docker login` leaves: in Docker's `config.json`, or with a credential helper that
//! this file names.
//!
//! A helper is a program, `docker-credential-NAME get`. It reads the registry's name from standard
//! input and writes the login to standard output, so no list of arguments holds a secret. No error
//! shows the output of a helper or the content of the file, because both may be credentials.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use krabice_egress::SecretMask;
use secrecy::{ExposeSecret, SecretString};

use super::reference::Reference;

/// The message of a helper that has no login for a registry (`docker/docker-credential-helpers`,
/// `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found";

/// The logins of Docker; without a file, none.
#[derive(Debug, Clone, Default)]
pub struct DockerLogins {
    /// `config.json`.
    file: Option<PathBuf>,
}

/// Logins of Docker that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The configuration cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// The configuration.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The configuration is not one of Docker's.
    #[error("`{}` is not a configuration of Docker, or its login cannot be decoded", .0.display())]
    Content(PathBuf),
    /// The credential helper cannot be run.
    #[error("the credential helper that `{}` names cannot be run: look for `docker-credential-…` in `PATH`", .0.display())]
    NoHelper(PathBuf),
    /// The credential helper failed.
    #[error("the credential helper `{0}` failed")]
    HelperFailed(String),
    /// The credential helper answered with something else than a login.
    #[error("the credential helper that `{}` names did not answer with a login", .0.display())]
    HelperAnswer(PathBuf),
}

/// A login for one registry.
pub(super) enum Login {
    Password {
        /// User name and password as HTTP Basic sends them: Base64 of `NAME:PASSWORD`.
        basic: SecretString,
        password: SecretString,
    },
    /// An identity token, for which a token service gives tokens: a refresh token of OAuth 2.0 (RFC
    /// 6749, section 6).
    Identity(SecretString),
}

impl Login {
    /// The mask that finds the login in texts.
    pub(super) fn mask(&self) -> SecretMask {
        match self {
            Login::Password { basic, password } => SecretMask::new([basic, password]),
            Login::Identity(token) => SecretMask::new([token]),
        }
    }
}

impl From<DockerCredential> for Login {
    fn from(credential: DockerCredential) -> Login {
        match credential {
            DockerCredential::IdentityToken(token) => Login::Identity(token.into()),
            DockerCredential::UsernamePassword(name, password) => {
                let password = SecretString::from(password);
                let pair = SecretString::from(format!("{name}:{}", password.expose_secret()));
                Login::Password {
                    basic: STANDARD.encode(pair.expose_secret()).into(),
                    password,
                }
            }
        }
    }
}

impl DockerLogins {
    /// The logins of the user: `config.json` in the folder that `DOCKER_CONFIG` names, else in
    /// `~/.docker`.
    #[must_use]
    pub fn of_user() -> DockerLogins {
        let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let folder = named.or_else(|| Some(std::env::home_dir()?.join(".docker")));
        DockerLogins {
            file: folder.map(|folder| folder.join("config.json")),
        }
    }

    /// The login for a reference's registry; None where Docker has none.
    pub(super) async fn find(&self, reference: &Reference) -> Result<Option<Login>, LoginError> {
        let Some(path) = self.file.clone() else {
            return Ok(None);
        };
        let key = reference.docker_key().to_owned();
        // A helper may wait for a person, so it must not block other tasks.
        tokio::task::spawn_blocking(move || read(path, &key))
            .await
            .expect("reading a login neither panics nor is cancelled")
    }
}

fn read(path: PathBuf, key: &str) -> Result<Option<Login>, LoginError> {
    let file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LoginError::File { path, source }),
    };
    match docker_credential::get_credential_from_reader(file, key) {
        Ok(credential) => Ok(Some(credential.into())),
        Err(
            CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::ConfigNotFound,
        ) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. })
            if stdout.contains(NOT_FOUND) =>
        {
            Ok(None)
        }
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(LoginError::HelperFailed(helper))
        }
        Err(CredentialRetrievalError::HelperCommunicationError) => Err(LoginError::NoHelper(path)),
        Err(CredentialRetrievalError::MalformedHelperResponse) => {
            Err(LoginError::HelperAnswer(path))
        }
        Err(
            CredentialRetrievalError::CredentialDecodingError
            | CredentialRetrievalError::CredentialMismatchError
            | CredentialRetrievalError::ConfigReadError,
        ) => Err(LoginError::Content(path)),
    }
}
