//! Parameters and fields: flat lists of paths that must form a tree.

use krabice_scenario::Kind;
use krabice_scenario::manifest::{ChoicesSource, Field, Parameter};

use super::{Problems, choices, is_name, kind, path, texts};
use crate::bindings::{manifest as wit, values};
use crate::convert;
use crate::shape::{self, Shape};

pub(super) fn parameters(
    at: &str,
    given: Vec<wit::Parameter>,
    problems: &mut Problems,
) -> Vec<Parameter> {
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
    given: wit::Parameter,
    problems: &mut Problems,
) -> (Parameter, Option<values::Value>) {
    let at = path(at, &given.name);
    let (kind, items) = (kind(given.kind), given.items.map(kind));
    let single = items.unwrap_or(kind);
    if single == Kind::File {
        problems.add(
            format!("{at}.kind"),
            "is file, and a parameter is never a file",
        );
    }
    let choices = match given.choices {
        wit::ChoicesSource::None => {
            if single == Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    "are missing; the kind choice needs choices, fixed or live",
                );
            }
            ChoicesSource::None
        }
        wit::ChoicesSource::Fixed(given) => {
            let at = format!("{at}.choices");
            if given.is_empty() {
                problems.add(&*at, "are fixed and empty");
            }
            if single != Kind::Choice {
                problems.add(&*at, format!("are given, but the kind is {single}"));
            }
            ChoicesSource::Fixed(choices::choices(&at, given, problems))
        }
        wit::ChoicesSource::Live => {
            if single != Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    format!("are live, but the kind is {single}"),
                );
            }
            ChoicesSource::Live
        }
    };
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
    defaults: Vec<Option<values::Value>>,
    problems: &mut Problems,
) {
    let slots = shape::of_parameters(parameters);
    for (parameter, default) in parameters.iter_mut().zip(defaults) {
        let Some(default) = default else { continue };
        let Some(shape) = find(&slots, &parameter.name) else {
            continue;
        };
        match convert::from_guest(shape, default, "default", problems.sizes) {
            Ok(value) => parameter.default = Some(value),
            Err(error) => {
                let at = format!("{}.{}", path(at, &parameter.name), error.at);
                problems.add(at, error.what);
            }
        }
    }
}

/// The shape at a path.
fn find<'a>(slots: &'a [shape::Slot], path: &str) -> Option<&'a Shape> {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let shape = &slots.iter().find(|slot| slot.name == name)?.shape;
    let Some(rest) = rest else {
        return Some(shape);
    };
    let parts = if let Shape::List(item) = shape {
        item
    } else {
        shape
    };
    let Shape::Record(slots) = parts else {
        return None;
    };
    find(slots, rest)
}

pub(super) fn fields(at: &str, given: Vec<wit::Field>, problems: &mut Problems) -> Vec<Field> {
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

fn field(at: &str, given: wit::Field, problems: &mut Problems) -> Field {
    let at = path(at, &given.path);
    let (kind, items) = (kind(given.kind), given.items.map(kind));
    let single = items.unwrap_or(kind);
    if items == Some(Kind::File) || kind == Kind::File && given.path.contains('.') {
        problems.add(
            format!("{at}.kind"),
            "is file, and a part of a list or record is never a file",
        );
    }
    let choices = choices::choices(&format!("{at}.choices"), given.choices, problems);
    match (single, choices.is_empty()) {
        (Kind::Choice, true) => problems.add(
            format!("{at}.choices"),
            "is empty; the kind choice needs choices",
        ),
        (Kind::Choice, false) | (_, true) => {}
        (_, false) => problems.add(
            format!("{at}.choices"),
            format!("are given, but the kind is {single}"),
        ),
    }
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
    fn new(path: &str, given: values::Kind, items: Option<values::Kind>) -> Entry {
        Entry {
            path: path.to_owned(),
            kind: kind(given),
            items: items.map(kind),
        }
    }

    /// Whether the entry may have parts.
    fn has_parts(&self) -> bool {
        self.kind == Kind::Record || (self.kind == Kind::List && self.items.is_none())
    }
}

/// The deepest path, in names. Nobody fills in a form of deeper lists.
const DEPTH: usize = 8;

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
