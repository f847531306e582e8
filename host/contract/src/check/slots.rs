//! Parameters and fields: flat lists of paths that must form a tree.

use super::{Problems, ROWS, choices, is_name, path, texts};
use crate::kind::Kind;
use crate::manifest::{ChoicesSource, Field, Parameter};
use crate::raw;
use crate::shape::{self, DEPTH, Shape};

pub(super) fn parameters(
    at: &str,
    given: Vec<raw::Parameter>,
    problems: &mut Problems,
) -> Vec<Parameter> {
    if too_many(at, given.len(), problems) {
        return Vec::new();
    }
    let tree = given
        .iter()
        .map(|parameter| Entry::new(&parameter.name, parameter.kind, parameter.items))
        .collect::<Vec<_>>();
    check_tree(at, &tree, problems);
    let (mut parameters, defaults): (Vec<_>, Vec<_>) = given
        .into_iter()
        .map(|given| parameter(at, given, problems))
        .unzip();
    set_defaults(at, &mut parameters, defaults, problems);
    parameters
}

fn parameter(
    at: &str,
    given: raw::Parameter,
    problems: &mut Problems,
) -> (Parameter, Option<raw::Value>) {
    let at = path(at, &given.name);
    let (kind, items) = (given.kind, given.items);
    let single = items.unwrap_or(kind);
    check_file(&at, kind, items, &given.name, problems);
    let choices = match given.choices {
        raw::ChoicesSource::None => {
            if single == Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    "are missing; the kind choice needs choices, fixed or live",
                );
            }
            ChoicesSource::None
        }
        raw::ChoicesSource::Fixed(given) => {
            let at = format!("{at}.choices");
            if given.is_empty() {
                problems.add(&*at, "are fixed and empty");
            }
            if single != Kind::Choice {
                problems.add(&*at, format!("are given, but the kind is {single}"));
            }
            ChoicesSource::Fixed(choices::choices(&at, given, problems))
        }
        raw::ChoicesSource::Live => {
            if single != Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    format!("are live, but the kind is {single}"),
                );
            }
            ChoicesSource::Live
        }
    };
    if kind == Kind::File && given.default.is_some() {
        problems.add(
            format!("{at}.default"),
            "is given, but a file has no default",
        );
    }
    if given.required && given.default.is_some() {
        problems.add(
            format!("{at}.default"),
            "is given, but the parameter is required",
        );
    }
    let parameter = Parameter {
        kind,
        items,
        label: texts::label(&format!("{at}.label"), given.label, problems),
        help: texts::help(&format!("{at}.help"), given.help, problems),
        required: given.required,
        default: None,
        choices,
        personal: given.personal,
        name: given.name,
    };
    (parameter, given.default)
}

/// Sets the defaults after all parameters are converted: the default of a list or record is
/// checked against its parts.
fn set_defaults(
    at: &str,
    parameters: &mut [Parameter],
    defaults: Vec<Option<raw::Value>>,
    problems: &mut Problems,
) {
    let shapes = Shape::record(shape::of_parameters(parameters));
    for (parameter, default) in parameters.iter_mut().zip(defaults) {
        let Some(default) = default else { continue };
        let Some(shape) = shapes.at(&parameter.name) else {
            continue;
        };
        match shape.read(default, "default", problems.sizes) {
            Ok(value) => parameter.default = Some(value),
            Err(error) => {
                let at = format!("{}.{}", path(at, &parameter.name), error.at);
                problems.add(at, error.what);
            }
        }
    }
}

/// Checks that a file is no part of a list or a record.
fn check_file(at: &str, kind: Kind, items: Option<Kind>, path: &str, problems: &mut Problems) {
    if items == Some(Kind::File) || kind == Kind::File && path.contains('.') {
        problems.add(
            format!("{at}.kind"),
            "is file, and a part of a list or record is never a file",
        );
    }
}

/// Reports a list whose paths would take too long to compare.
fn too_many(at: &str, rows: usize, problems: &mut Problems) -> bool {
    if rows > ROWS {
        problems.add(at, format!("has {rows} entries, more than {ROWS}"));
    }
    rows > ROWS
}

pub(super) fn fields(at: &str, given: Vec<raw::Field>, problems: &mut Problems) -> Vec<Field> {
    if too_many(at, given.len(), problems) {
        return Vec::new();
    }
    let tree = given
        .iter()
        .map(|field| Entry::new(&field.path, field.kind, field.items))
        .collect::<Vec<_>>();
    check_tree(at, &tree, problems);
    given
        .into_iter()
        .map(|given| field(at, given, problems))
        .collect()
}

fn field(at: &str, given: raw::Field, problems: &mut Problems) -> Field {
    let at = path(at, &given.path);
    let (kind, items) = (given.kind, given.items);
    let single = items.unwrap_or(kind);
    check_file(&at, kind, items, &given.path, problems);
    let choices = choices::of_kind(&format!("{at}.choices"), single, given.choices, problems);
    Field {
        kind,
        items,
        optional: given.optional,
        personal: given.personal,
        choices,
        label: texts::label(&format!("{at}.label"), given.label, problems),
        help: texts::help(&format!("{at}.help"), given.help, problems),
        path: given.path,
    }
}

/// The path and the kind of a parameter or a field.
struct Entry {
    path: String,
    kind: Kind,
    items: Option<Kind>,
}

impl Entry {
    fn new(path: &str, kind: Kind, items: Option<Kind>) -> Entry {
        Entry {
            path: path.to_owned(),
            kind,
            items,
        }
    }

    /// Whether the entry may have parts.
    fn has_parts(&self) -> bool {
        self.kind == Kind::Record || (self.kind == Kind::List && self.items.is_none())
    }
}

fn check_tree(at: &str, entries: &[Entry], problems: &mut Problems) {
    problems.unique(at, entries.iter().map(|entry| entry.path.as_str()));
    for entry in entries {
        let at = path(at, &entry.path);
        if !entry.path.split('.').all(is_name) {
            problems.add(&*at, "is not a valid path: expected names joined by dots, each of lower case ASCII letters, digits and hyphens, beginning with a letter, at most 64 characters");
            continue;
        }
        if entry.path.split('.').count() > DEPTH {
            problems.add(&*at, format!("is deeper than {DEPTH} names"));
        }
        match entry.items {
            Some(_) if entry.kind != Kind::List => {
                problems.add(
                    format!("{at}.items"),
                    format!("is given, but the kind is {}", entry.kind),
                );
            }
            Some(items @ (Kind::List | Kind::Record)) => {
                problems.add(format!("{at}.items"), format!("is {items}; items of single values are neither lists nor records, and the parts of records are declared by their paths"));
            }
            _ => {}
        }
        let prefix = format!("{}.", entry.path);
        if entry.has_parts() && !entries.iter().any(|other| other.path.starts_with(&prefix)) {
            problems.add(
                &*at,
                format!(
                    "is a {} without parts; declare them by their paths, such as `{prefix}code`",
                    entry.kind
                ),
            );
        }
        if let Some((parent, _)) = entry.path.rsplit_once('.') {
            match entries.iter().find(|other| other.path == parent) {
                None => problems.add(&*at, format!("has no parent: there is no `{parent}`")),
                Some(parent) if !parent.has_parts() => {
                    problems.add(
                        &*at,
                        format!(
                            "has a parent that has no parts: `{}` is {}",
                            parent.path, parent.kind
                        ),
                    );
                }
                Some(_) => {}
            }
        }
    }
}
