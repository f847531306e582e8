//! From a file to a plugin that can be called.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use krabice_scenario::Failure;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Limits;
use crate::lock::Mismatch;
use crate::manifest::ManifestProblem;

/// The exported interface by which a component is a plugin.
const INTEGRATION: &str = "krabice:boxes/integration";
/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.0";

/// What stands behind the imports that a plugin may have: the interfaces, with
/// the beginning of the versions that fit, and what the host has there.
const IMPORTS: [(&str, &str, &str); 17] = [
    ("krabice:boxes/values", "0.1.", "types alone"),
    ("krabice:boxes/manifest", "0.1.", "types alone"),
    (
        "krabice:boxes/egress",
        "0.1.",
        "the network, under the rules of the host",
    ),
    ("wasi:http/types", "0.2.", "types of HTTP"),
    (
        "wasi:http/outgoing-handler",
        "0.2.",
        "the network, under the rules of the host",
    ),
    ("wasi:io/", "0.2.", "streams of the interfaces beside it"),
    ("wasi:cli/environment", "0.2.", "empty"),
    ("wasi:cli/exit", "0.2.", "ends the call"),
    ("wasi:cli/stdin", "0.2.", "empty"),
    ("wasi:cli/stdout", "0.2.", "goes to the log"),
    ("wasi:cli/stderr", "0.2.", "goes to the log"),
    ("wasi:cli/terminal-", "0.2.", "there is no terminal"),
    ("wasi:cli/", "0.2.", "nothing that leads out"),
    ("wasi:clocks/", "0.2.", "clocks"),
    ("wasi:random/", "0.2.", "randomness"),
    ("wasi:filesystem/", "0.2.", "empty: there is no folder"),
    ("wasi:sockets/", "0.2.", "refused: there is no socket"),
];

/// One import of a component, and whether a plugin may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The interface with its version, such as `wasi:http/types@0.2.4`.
    pub name: String,
    /// Whether this host has something behind it. One import that is not
    /// allowed, and the component is no plugin.
    pub allowed: bool,
    /// What the host has behind it, or why it has nothing.
    pub why: &'static str,
}

/// A file that is no plugin, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{}` {reason}", file.display())]
pub struct LoadError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a file is no plugin.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable(#[source] Arc<std::io::Error>),
    /// It is larger than [`Limits::component_bytes`].
    #[error("has {bytes} bytes, more than {limit} (`component-bytes`)")]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It is a core module and not a component.
    #[error("is a WebAssembly module, not a component; build it for `wasm32-wasip2`")]
    CoreModule,
    /// It is compiled already, and whoever made it could have put anything there.
    #[error("is compiled already; only components in WebAssembly's own form are taken")]
    Precompiled,
    /// It is not WebAssembly.
    #[error("is no WebAssembly component")]
    NotWebAssembly,
    /// It does not compile.
    #[error("does not compile: {0}")]
    Compile(String),
    /// It exports nothing by which it would be a plugin.
    #[error("is a component, but no plugin: it does not export `{INTEGRATION}`")]
    NotAPlugin,
    /// It is made for another version of the contract.
    #[error("is made for version {found} of the contract; this host speaks {CONTRACT}")]
    Contract {
        /// The version that it is made for.
        found: String,
    },
    /// It imports what a plugin cannot have.
    #[error("imports what this host does not have: {}", unknown(.0))]
    Imports(Vec<Import>),
    /// Its imports or exports have other types than the contract's.
    #[error("does not fit the contract: {0}")]
    Types(String),
    /// It could not say what it is.
    #[error("did not describe itself: {0}")]
    Describe(Failure),
    /// Its manifest is wrong; the rest is known all the same.
    #[error("has a manifest with {} problem(s): {}", .0.len(), Listed(.0))]
    Manifest(Vec<ManifestProblem>, Box<Known>),
    /// The lock file is for another file, or does not know the plugin.
    #[error("{0}")]
    Locked(Mismatch),
    /// There is a lock file that cannot be used.
    #[error("is not loaded, because {0}")]
    Lock(String),
    /// Another file holds a plugin of the same name.
    #[error("holds the plugin `{name}`, as does `{}`", other.display())]
    Duplicate {
        /// The name.
        name: String,
        /// The file that was loaded.
        other: PathBuf,
    },
}

/// What is known of a component that is no plugin by its manifest alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The name that it gives itself; at most 100 characters, and otherwise unchecked.
    pub name: String,
    /// The version that it gives itself, under the same reserve.
    pub version: String,
    /// The version of the contract that it is made for.
    pub contract: String,
    /// The SHA-256 of the file.
    pub digest: String,
    /// Its imports; all are allowed.
    pub imports: Vec<Import>,
}

impl Reason {
    /// The stable code, such as `plugin::unknown-import`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Unreadable(_) => "plugin::unreadable",
            Reason::TooLarge { .. } => "plugin::too-large",
            Reason::CoreModule => "plugin::core-module",
            Reason::Precompiled => "plugin::precompiled",
            Reason::NotWebAssembly => "plugin::not-webassembly",
            Reason::Compile(_) => "plugin::does-not-compile",
            Reason::NotAPlugin => "plugin::not-a-plugin",
            Reason::Contract { .. } => "plugin::other-contract",
            Reason::Imports(_) => "plugin::unknown-import",
            Reason::Types(_) => "plugin::other-types",
            Reason::Describe(_) => "plugin::not-described",
            Reason::Manifest(..) => "plugin::bad-manifest",
            Reason::Locked(_) => "plugin::locked",
            Reason::Lock(_) => "plugin::lock",
            Reason::Duplicate { .. } => "plugin::duplicate",
        }
    }
}

struct Listed<'a>(&'a [ManifestProblem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// A component that is compiled and is, as far as can be seen from outside, a
/// plugin.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    pub(crate) digest: String,
    pub(crate) contract: String,
    pub(crate) imports: Vec<Import>,
}

/// Reads and compiles a file that `admit` lets in by its digest. Takes its time on
/// the thread that it is called on.
pub(crate) fn compile_file(
    engine: &Engine,
    limits: &Limits,
    file: &Path,
    admit: impl FnOnce(&str) -> Result<(), Reason>,
) -> Result<Compiled, Reason> {
    let unreadable = |error| Reason::Unreadable(Arc::new(error));
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    check_size(bytes, limits)?;
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let digest = digest(&bytes);
    // Before a byte of it is interpreted.
    admit(&digest)?;
    compile_as(engine, limits, &bytes, digest)
}

/// Compiles a component.
pub(crate) fn compile(engine: &Engine, limits: &Limits, bytes: &[u8]) -> Result<Compiled, Reason> {
    compile_as(engine, limits, bytes, digest(bytes))
}

fn compile_as(
    engine: &Engine,
    limits: &Limits,
    bytes: &[u8],
    digest: String,
) -> Result<Compiled, Reason> {
    // Once more: the file may have grown since.
    check_size(bytes.len() as u64, limits)?;
    check_form(bytes)?;
    let component =
        Component::new(engine, bytes).map_err(|error| Reason::Compile(format!("{error:#}")))?;
    let contract = check_contract(engine, &component)?;
    let imports = check_imports(engine, &component)?;
    Ok(Compiled {
        component,
        digest,
        contract,
        imports,
    })
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn check_size(bytes: u64, limits: &Limits) -> Result<(), Reason> {
    if bytes > limits.component_bytes {
        return Err(Reason::TooLarge {
            bytes,
            limit: limits.component_bytes,
        });
    }
    Ok(())
}

/// The first eight bytes tell a component from a module: version 13 in layer 1
/// against version 1 in layer 0 (component-model, Binary.md).
fn check_form(bytes: &[u8]) -> Result<(), Reason> {
    if Engine::detect_precompiled(bytes).is_some() {
        return Err(Reason::Precompiled);
    }
    match bytes.get(..8) {
        Some(b"\0asm\x0d\0\x01\0") => Ok(()),
        Some(b"\0asm\x01\0\0\0") => Err(Reason::CoreModule),
        _ => Err(Reason::NotWebAssembly),
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<Vec<Import>, Reason> {
    let imports = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| import(name))
        .collect::<Vec<_>>();
    if imports.iter().all(|import| import.allowed) {
        Ok(imports)
    } else {
        Err(Reason::Imports(imports))
    }
}

fn import(name: &str) -> Import {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let known = IMPORTS.iter().find(|(known, _, _)| {
        if known.ends_with(['/', '-']) {
            interface.starts_with(known)
        } else {
            interface == *known
        }
    });
    let (allowed, why) = match known {
        Some((_, versions, why)) if version.starts_with(versions) => (true, *why),
        Some(_) => (false, "another version than this host has"),
        None => (false, "this host has nothing behind it"),
    };
    Import {
        name: name.to_owned(),
        allowed,
        why,
    }
}

/// The imports that are not allowed, for a message.
fn unknown(imports: &[Import]) -> String {
    let names: Vec<_> = imports
        .iter()
        .filter(|import| !import.allowed)
        .map(|import| format!("`{}`", import.name))
        .collect();
    names.join(", ")
}

/// The version of the contract that the component is made for.
fn check_contract(engine: &Engine, component: &Component) -> Result<String, Reason> {
    let exported = component
        .component_type()
        .exports(engine)
        .find_map(|(name, _)| {
            let (interface, version) = name.split_once('@')?;
            (interface == INTEGRATION).then(|| version.to_owned())
        });
    let found = exported.ok_or(Reason::NotAPlugin)?;
    // Before 1.0 a minor version may break what the one before promised.
    let fits = match (
        semver::Version::parse(&found),
        semver::Version::parse(CONTRACT),
    ) {
        (Ok(found), Ok(ours)) => {
            found.major == ours.major && found.minor == ours.minor && found.patch <= ours.patch
        }
        _ => false,
    };
    if fits {
        Ok(found)
    } else {
        Err(Reason::Contract { found })
    }
}
