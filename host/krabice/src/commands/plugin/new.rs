//! `krabice plugin new`

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use krabice_scenario::name::{LONGEST, is_scenario_name};

use crate::cli::plugin::{Language, NewArguments};
use crate::refusal::{Refusal, Verdict};
use crate::scaffold::{self, Made};

pub(crate) fn new(arguments: &NewArguments) -> Result<Verdict, Refusal> {
    let name = &arguments.name;
    if !is_scenario_name(name) {
        return Err(
            Refusal::usage(format!("`{name}` cannot be the name of a plugin")).help(format!(
                "a name is lower case letters, digits and `-`, beginning with a letter; at most \
                 {LONGEST} characters"
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
            Refusal::usage(format!(
                "`{}` could not be written",
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

/// Makes the plugin's folder, which must not be there: nothing of anybody's is written over.
fn make_folder(folder: &Path) -> Result<(), Refusal> {
    fs::create_dir(folder).map_err(|error| {
        let name = folder.display();
        match error.kind() {
            ErrorKind::AlreadyExists => Refusal::usage(format!("`{name}` is there already"))
                .help("choose another name, or another folder with `--into`"),
            _ => Refusal::usage(format!("the folder `{name}` could not be made")).because(&error),
        }
    })
}

fn write(folder: &Path, file: &Made) -> std::io::Result<()> {
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create_new(path)?.write_all(&file.content)
}

/// Says what was made and how to go on.
fn tell(language: Language, folder: &Path) -> std::io::Result<()> {
    let (kind, commands) = match language {
        Language::Rust => ("Rust", ["make test", "make demo"]),
        Language::Python => ("Python", ["make test", "make demo"]),
        Language::Javascript => ("JavaScript", ["npm test", "npm run demo"]),
    };
    let [test, demo] = commands;
    let mut out = anstream::stdout().lock();
    let folder = folder.display();
    writeln!(out, "`{folder}` is a plugin in {kind}. Go on with\n")?;
    writeln!(out, "  cd {folder}")?;
    if language == Language::Javascript {
        writeln!(
            out,
            "  {:14}get the tool that makes the component",
            "npm ci"
        )?;
    }
    writeln!(out, "  {test:14}build it, check it, run its tests")?;
    writeln!(out, "  {demo:14}talk to it, against its mock back end\n")?;
    writeln!(out, "README.md tells the rest.")
}
