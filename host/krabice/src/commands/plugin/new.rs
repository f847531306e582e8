//! `krabice plugin new`

use std::borrow::Cow;
use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use krabice_contract::name::{LONGEST, is_name};

use crate::cli::plugin::{Language, NewArguments};
use crate::error::{CliError, Verdict};
use crate::scaffold::{self, NewFile};

pub(crate) fn new(arguments: &NewArguments) -> Result<Verdict, CliError> {
    let name = &arguments.name;
    if !is_name(name) {
        return Err(
            CliError::usage(format!("`{name}` cannot be the name of a plugin")).help(format!(
                "a name has lower case letters, digits and `-`, begins with a letter, and has at \
                 most {LONGEST} characters"
            )),
        );
    }
    let folder = match &arguments.into {
        Some(parent) => parent.join(name),
        None => name.into(),
    };
    make_folder(&folder)?;
    for file in scaffold::files(arguments.lang, name) {
        write(&folder, &file).map_err(|error| {
            CliError::usage(format!(
                "`{}` cannot be written",
                folder.join(&file.path).display()
            ))
            .because(&error)
            .help(format!(
                "remove `{}` before you try again",
                folder.display()
            ))
        })?;
    }
    tell(arguments.lang, &folder)?;
    Ok(Verdict::Fine)
}

/// Makes the plugin's folder. A folder that exists is an error, so that no file is overwritten.
fn make_folder(folder: &Path) -> Result<(), CliError> {
    fs::create_dir(folder).map_err(|error| {
        let name = folder.display();
        if error.kind() == ErrorKind::AlreadyExists {
            return CliError::usage(format!("`{name}` already exists"))
                .help("choose another name, or another folder with `--into`");
        }
        CliError::usage(format!("the folder `{name}` cannot be made")).because(&error)
    })
}

fn write(folder: &Path, file: &NewFile) -> std::io::Result<()> {
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create_new(path)?.write_all(&file.content)
}

/// Tells what was made and what to do next.
fn tell(language: Language, folder: &Path) -> std::io::Result<()> {
    let (kind, needs, commands) = match language {
        Language::Rust => ("Rust", "rustup and make", ["make test", "make demo"]),
        Language::Python => (
            "Python",
            "Python 3.10 or later with `venv`, and make",
            ["make test", "make demo"],
        ),
        Language::Javascript => (
            "JavaScript",
            "Node 20 or later",
            ["npm test", "npm run demo"],
        ),
    };
    let [test, demo] = commands;
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "`{}` is a plugin in {kind}. It needs {needs}. Go on with\n",
        folder.display()
    )?;
    // The plugin's own commands call this program by its name.
    if let Some(own) = folder_to_put_on_path() {
        writeln!(out, "  export PATH={}:\"$PATH\"", quoted(&own))?;
    }
    writeln!(out, "  cd {}", quoted(folder))?;
    if language == Language::Javascript {
        writeln!(
            out,
            "  {:14}get the tool that makes the component",
            "npm ci"
        )?;
    }
    writeln!(out, "  {test:14}build it, check it, run its tests")?;
    writeln!(out, "  {demo:14}talk to it, against its mock back end\n")?;
    writeln!(out, "README.md describes the next steps.")
}

/// The folder of this program; None when `krabice` is in `PATH`.
fn folder_to_put_on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let name = format!("krabice{}", env::consts::EXE_SUFFIX);
    if env::split_paths(&path).any(|folder| folder.join(&name).is_file()) {
        return None;
    }
    Some(env::current_exe().ok()?.parent()?.to_owned())
}

/// The path, quoted for a shell.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    // Only NUL cannot be quoted, and a path cannot contain it.
    shlex::try_quote(&path).map_or_else(|_| path.to_string(), Cow::into_owned)
}
