//! The `krabice` binary as its user runs it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace's root.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// The folder of the shipped plugins.
///
/// # Panics
/// They have not been built.
pub(crate) fn plugins() -> PathBuf {
    let folder = workspace().join("target/plugins");
    assert!(
        folder.join("upgates.wasm").is_file(),
        "the plugins are not built: run `make plugins` first"
    );
    folder
}

/// The folder of compiled components. All tests of the workspace and all their runs share it, so
/// that a component is compiled once.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// A run of the binary that is being prepared. It gets no environment variables of the tests but
/// those set here.
pub(crate) struct Krabice(Command, Option<String>);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Krabice {
    pub(crate) fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Krabice {
        let mut command = Command::new(env!("CARGO_BIN_EXE_krabice"));
        command
            .args(arguments)
            .env_clear()
            .env("KRABICE_PLUGINS", plugins())
            .env("KRABICE_CACHE", cache())
            .current_dir(workspace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Krabice(command, None)
    }

    pub(crate) fn arguments<'a>(mut self, more: impl IntoIterator<Item = &'a str>) -> Krabice {
        self.0.args(more);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Krabice {
        self.0.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Krabice {
        self.0.env_remove(name);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Krabice {
        self.0.current_dir(folder);
        self
    }

    /// Sets the text of standard input.
    pub(crate) fn input(mut self, text: &str) -> Krabice {
        self.0.stdin(Stdio::piped());
        self.1 = Some(text.to_owned());
        self
    }

    /// Starts it without waiting; the caller gets the streams.
    pub(crate) fn spawn(mut self) -> std::process::Child {
        self.0.spawn().unwrap()
    }

    pub(crate) fn run(mut self) -> Ended {
        let mut child = self.0.spawn().unwrap();
        if let Some(text) = self.1 {
            // A run that ends early closes its input, which is no error.
            let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        }
        let output = child.wait_with_output().unwrap();
        Ended {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The run as one text: both streams and the exit code.
    pub(crate) fn text(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("-- standard error\n");
            text.push_str(&self.stderr);
        }
        text.push_str(&format!("-- exit code {}\n", self.exit));
        text
    }
}
