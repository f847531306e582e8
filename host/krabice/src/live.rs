//! Reads the configuration and the connections file again while the server runs.

use std::cell::RefCell;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use krabice_egress::{Connections, Secrets, SystemSecrets};
use krabice_server::{LiveReader, LiveSettings, Reread};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::{Assignment, ConnectionOptions};
use crate::redact::Redactor;
use crate::{configuration, paths};

/// Why the changed files are not used: all that is wrong, with positions.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Invalid(String);

/// The secrets of the system, and a digest of all that was read.
struct Observed {
    hasher: RefCell<DefaultHasher>,
}

impl Secrets for Observed {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        SystemSecrets.env(name)
    }

    fn file(&self, path: &Path) -> io::Result<SecretString> {
        let secret = SystemSecrets.file(path)?;
        secret.expose_secret().hash(&mut *self.hasher.borrow_mut());
        Ok(secret)
    }
}

/// Makes the reader that a running server asks again and again. It tells a change by the digest of
/// everything that it read.
pub(crate) fn reader(
    config: Option<PathBuf>,
    options: Vec<Assignment>,
    connections: ConnectionOptions,
    redactor: Redactor,
    most_requests: u32,
) -> LiveReader {
    let state = RandomState::new();
    let read = move || {
        let observed = Observed {
            hasher: RefCell::new(state.build_hasher()),
        };
        let read = read(config.as_deref(), &options, &connections, &observed);
        if let Err(Invalid(text)) = &read {
            text.hash(&mut *observed.hasher.borrow_mut());
        }
        (observed.hasher.into_inner().finish(), read)
    };
    // What the server starts with.
    let mut last = read().0;
    Box::new(move || {
        let (digest, read) = read();
        if digest == std::mem::replace(&mut last, digest) {
            return Reread::Unchanged;
        }
        match read {
            Ok(mut settings) => {
                settings.connections = settings.connections.map(|connections| {
                    redactor.learn(connections.masks());
                    connections.with_at_most(most_requests)
                });
                Reread::Changed(Box::new(settings))
            }
            Err(invalid) => Reread::Invalid(Box::new(invalid)),
        }
    })
}

fn read(
    config: Option<&Path>,
    options: &[Assignment],
    connections: &ConnectionOptions,
    observed: &Observed,
) -> Result<LiveSettings, Invalid> {
    let read = match configuration::read(config, options) {
        Ok(read) => read,
        Err(error) => return Err(Invalid(error.to_string())),
    };
    let read = read.map_err(|problems| {
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| {
                let (line, column) = (problem.line, problem.column);
                format!("{}:{line}:{column}: {}", problem.source, problem.message)
            })
            .collect();
        Invalid(problems.join("; "))
    })?;
    let origins = read.settings.access.origins;
    for (scenario, sites) in &origins {
        (scenario, sites).hash(&mut *observed.hasher.borrow_mut());
    }
    let network = read.settings.network;
    let connections = match paths::connections_file(connections) {
        None => None,
        Some(file) => {
            let name = file.display();
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Invalid(format!("{name}: cannot be read: {error}")))?;
            text.hash(&mut *observed.hasher.borrow_mut());
            let folder = file.parent().unwrap_or(Path::new(""));
            let (connections, problems) = Connections::read_over(network, &text, folder, observed);
            if !problems.is_empty() {
                let problems: Vec<_> = problems
                    .iter()
                    .map(|problem| {
                        let (line, column) = (problem.line, problem.column);
                        format!("{name}:{line}:{column}: {problem}")
                    })
                    .collect();
                return Err(Invalid(problems.join("; ")));
            }
            Some(connections)
        }
    };
    Ok(LiveSettings {
        connections,
        origins,
    })
}
