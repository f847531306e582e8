//! Loading: from a file to a compiled component that has the form of a plugin.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use krabice_contract::{Failure, ManifestProblem, hex};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::contract::Version;
use crate::limits::Limits;
use crate::lock::{LockError, Mismatch};

/// The interface that every plugin exports.
const INTEGRATION: &str = "krabice:boxes/integration";

/// The imports that a plugin may have: the interface, the versions that fit, and what the
/// host has behind it. Each name is shown to operators.
const IMPORTS: [(&str, Fitting, &str); 18] = [
    ("krabice:boxes/values", Fitting::OfTheContract, "only types"),
    (
        "krabice:boxes/manifest",
        Fitting::OfTheContract,
        "only types",
    ),
    (
        "krabice:boxes/egress",
        Fitting::OfTheContract,
        "the network, under the rules of the host",
    ),
    (
        "krabice:boxes/compare",
        Fitting::OfTheContract,
        "comparisons",
    ),
    ("wasi:http/types", Fitting::Wasi02, "HTTP types"),
    (
        "wasi:http/outgoing-handler",
        Fitting::Wasi02,
        "the network, under the rules of the host",
    ),
    (
        "wasi:io/",
        Fitting::Wasi02,
        "streams for the other interfaces",
    ),
    ("wasi:cli/environment", Fitting::Wasi02, "empty"),
    ("wasi:cli/exit", Fitting::Wasi02, "ends the call"),
    ("wasi:cli/stdin", Fitting::Wasi02, "empty"),
    ("wasi:cli/stdout", Fitting::Wasi02, "goes to the log"),
    ("wasi:cli/stderr", Fitting::Wasi02, "goes to the log"),
    (
        "wasi:cli/terminal-",
        Fitting::Wasi02,
        "there is no terminal",
    ),
    ("wasi:cli/", Fitting::Wasi02, "nothing that leads outside"),
    ("wasi:clocks/", Fitting::Wasi02, "clocks"),
    ("wasi:random/", Fitting::Wasi02, "randomness"),
    (
        "wasi:filesystem/",
        Fitting::Wasi02,
        "empty: there is no folder",
    ),
    (
        "wasi:sockets/",
        Fitting::Wasi02,
        "refused: there is no socket",
    ),
];

/// The versions of an interface that a plugin may import.
#[derive(Clone, Copy)]
enum Fitting {
    /// That of the contract that the plugin exports.
    OfTheContract,
    /// Those of WASI 0.2.
    Wasi02,
}

/// One import of a component, and whether a plugin may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The interface with its version, such as `wasi:http/types@0.2.4`.
    pub name: String,
    /// Whether a plugin may have the import. A component with one that is not allowed is
    /// not a plugin.
    pub allowed: bool,
    /// What the host has behind the interface, or the reason why the import is not allowed.
    pub why: &'static str,
}

/// A file that cannot be loaded as a plugin. The text has the causes of the reason.
#[derive(Debug, thiserror::Error)]
#[error("`{}` {}", file.display(), reason.with_causes())]
pub struct LoadError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// The reason why a file cannot be loaded as a plugin.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The file cannot be read.
    #[error("cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// The file is larger than [`Limits::component_bytes`].
    #[error("has {bytes} bytes, more than {limit} (`component-bytes`)")]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The file is a core module and not a component.
    #[error("is a WebAssembly module, not a component; build it for `wasm32-wasip2`")]
    CoreModule,
    /// The file is precompiled native code, which could do anything.
    #[error("is precompiled; only components in WebAssembly's own form are loaded")]
    Precompiled,
    /// The file is not WebAssembly.
    #[error("is not a WebAssembly component")]
    NotWebAssembly,
    /// The component does not compile.
    #[error("does not compile")]
    Compile(#[source] Box<dyn Error + Send + Sync>),
    /// The component does not export the interface of plugins.
    #[error("is a component, but not a plugin: it does not export `{INTEGRATION}`")]
    NotAPlugin,
    /// The component is made for another version of the contract.
    #[error(
        "is made for version {found} of the contract; this host supports {}",
        supported()
    )]
    Contract {
        /// The version that the component is made for.
        found: String,
    },
    /// The component imports something that a plugin may not have.
    #[error("imports interfaces that this host does not provide: {}", unknown(.0))]
    Imports(Vec<Import>),
    /// The imports or exports have other types than those of the contract.
    #[error("does not fit the contract")]
    Types(#[source] Box<dyn Error + Send + Sync>),
    /// The function `describe` failed.
    #[error("did not describe itself")]
    Describe(#[source] Failure),
    /// The manifest has problems.
    #[error("has a manifest with {} problem(s): {}", .0.len(), Listed(.0))]
    Manifest(Vec<ManifestProblem>, Box<Known>),
    /// The lock file names another file, or does not name the plugin.
    #[error("{0}")]
    Locked(Mismatch),
    /// The lock file cannot be used.
    #[error("is not loaded")]
    Lock(#[source] LockError),
    /// Another file has a plugin of the same name.
    #[error("contains the plugin `{name}`, which `{}` contains, too", other.display())]
    Duplicate {
        /// The name.
        name: String,
        /// The file that was loaded.
        other: PathBuf,
    },
}

/// A component that is not a plugin only because of its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The name in the manifest, cut after 100 characters and not checked.
    pub name: String,
    /// The version in the manifest, cut after 100 characters and not checked.
    pub version: String,
    /// The version of the contract that the component is made for.
    pub contract: String,
    /// The SHA-256 of the file.
    pub digest: String,
    /// The imports; all of them are allowed.
    pub imports: Vec<Import>,
}

impl Reason {
    /// The text with its causes, separated by colons.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }

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

/// A compiled component with the imports and exports of a plugin.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    pub(crate) digest: String,
    pub(crate) version: Version,
    pub(crate) contract: String,
    pub(crate) imports: Vec<Import>,
}

/// Reads and compiles a file that `admit` accepts by its digest. Blocks the thread.
pub(crate) fn compile_file(
    engine: &Engine,
    limits: &Limits,
    file: &Path,
    admit: impl FnOnce(&str) -> Result<(), Reason>,
) -> Result<Compiled, Reason> {
    let metadata = std::fs::metadata(file).map_err(Reason::Unreadable)?;
    check_size(metadata.len(), limits)?;
    let bytes = std::fs::read(file).map_err(Reason::Unreadable)?;
    let digest = digest(&bytes);
    // Before any byte of the file is interpreted.
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
    // Again, because the file may have grown.
    check_size(bytes.len() as u64, limits)?;
    check_format(bytes)?;
    let component = Component::new(engine, bytes).map_err(|error| Reason::Compile(error.into()))?;
    let (version, contract) = check_contract(engine, &component)?;
    let imports = check_imports(engine, &component, version)?;
    Ok(Compiled {
        component,
        digest,
        version,
        contract,
        imports,
    })
}

fn digest(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
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

/// Checks that a file is a component. The first eight bytes tell a component from a module:
/// version 13 in layer 1 against version 1 in layer 0 (component-model, Binary.md).
fn check_format(bytes: &[u8]) -> Result<(), Reason> {
    if Engine::detect_precompiled(bytes).is_some() {
        return Err(Reason::Precompiled);
    }
    match bytes.get(..8) {
        Some(b"\0asm\x0d\0\x01\0") => Ok(()),
        Some(b"\0asm\x01\0\0\0") => Err(Reason::CoreModule),
        _ => Err(Reason::NotWebAssembly),
    }
}

fn check_imports(
    engine: &Engine,
    component: &Component,
    contract: Version,
) -> Result<Vec<Import>, Reason> {
    let imports = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| import(name, contract))
        .collect::<Vec<_>>();
    if imports.iter().all(|import| import.allowed) {
        Ok(imports)
    } else {
        Err(Reason::Imports(imports))
    }
}

/// Whether the version of an interface fits a plugin of a version of the contract.
fn fits(fitting: Fitting, version: &str, contract: Version) -> bool {
    match fitting {
        Fitting::OfTheContract => Version::of(version) == Some(contract),
        Fitting::Wasi02 => version.starts_with("0.2."),
    }
}

fn import(name: &str, contract: Version) -> Import {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let known = IMPORTS.iter().find(|(known, _, _)| {
        if known.ends_with(['/', '-']) {
            interface.starts_with(known)
        } else {
            interface == *known
        }
    });
    let (allowed, why) = match known {
        Some((_, fitting, why)) if fits(*fitting, version, contract) => (true, *why),
        Some(_) => (false, "this host has another version"),
        None => (false, "this host does not have it"),
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
fn check_contract(engine: &Engine, component: &Component) -> Result<(Version, String), Reason> {
    let exported = component
        .component_type()
        .exports(engine)
        .find_map(|(name, _)| {
            let (interface, version) = name.split_once('@')?;
            (interface == INTEGRATION).then(|| version.to_owned())
        });
    let found = exported.ok_or(Reason::NotAPlugin)?;
    match Version::of(&found) {
        Some(version) => Ok((version, found)),
        None => Err(Reason::Contract { found }),
    }
}

/// The versions of the contract that this host supports, for a message.
fn supported() -> String {
    Version::ALL.map(Version::number).join(" and ")
}
