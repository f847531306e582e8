//! Parameters and fields: flat lists of paths that have to make a tree.

use krabice_scenario::Kind;
use krabice_scenario::manifest::{ChoicesSource, Field, Parameter};

use super::{Problems, choices, is_name, kind, place, texts};
use crate::bindings::{manifest as wit, values};
use crate::shape::{self, Shape};
use crate::convert;

pub(super) fn parameters(
    at: &str,
    said: Vec<wit::Parameter>,
    problems: &mut Problems,
) -> Vec<Parameter> {
    let tree = said
        .iter()
        .map(|parameter| Line::new(&parameter.name, parameter.kind, parameter.items))
        .collect::<Vec<_>>();
    check_tree(at, &tree, problems);
    let (mut parameters, defaults): (Vec<_>, Vec<_>) = said
        .into_iter()
        .map(|said| parameter(at, said, problems))
        .unzip();
    set_defaults(at, &mut parameters, defaults, problems);
    parameters
}

fn parameter(
    at: &str,
    said: wit::Parameter,
    problems: &mut Problems,
) -> (Parameter, Option<values::Value>) {
    let at = place(at, &said.name);
    let (kind, items) = (kind(said.kind), said.items.map(kind));
    let single = items.unwrap_or(kind);
    if single == Kind::File {
        problems.add(format!("{at}.kind"), "is file, which no parameter is");
    }
    let choices = match said.choices {
        wit::ChoicesSource::None => {
            if single == Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    "are missing; the kind choice takes some, fixed or live",
                );
            }
            ChoicesSource::None
        }
        wit::ChoicesSource::Fixed(said) => {
            let at = format!("{at}.choices");
            if said.is_empty() {
                problems.add(&*at, "are fixed, and there are none");
            }
            if single != Kind::Choice {
                problems.add(&*at, format!("are given, and the kind is {single}"));
            }
            ChoicesSource::Fixed(choices::choices(&at, said, problems))
        }
        wit::ChoicesSource::Live => {
            if single != Kind::Choice {
                problems.add(
                    format!("{at}.choices"),
                    format!("are live, and the kind is {single}"),
                );
            }
            ChoicesSource::Live
        }
    };
    if said.required && said.default.is_some() {
        problems.add(
            format!("{at}.default"),
            "is given, and the parameter is required",
        );
    }
    let parameter = Parameter {
        kind,
        items,
        label: texts::label(&format!("{at}.label"), said.label, problems),
        help: texts::help(&format!("{at}.help"), said.help, problems),
        required: said.required,
        default: None,
        choices,
        personal: said.personal,
        name: said.name,
    };
    (parameter, said.default)
}

/// Defaults can be read only when all parameters are known: that of a list or
/// record is checked against its parts.
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
        match convert::read(shape, default, "default", problems.sizes) {
            Ok(value) => parameter.default = Some(value),
            Err(breach) => {
                let at = format!("{}.{}", place(at, &parameter.name), breach.at);
                problems.add(at, breach.what);
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
    match (rest, shape) {
        (None, shape) => Some(shape),
        (Some(rest), Shape::Record(slots)) => find(slots, rest),
        (Some(rest), Shape::List(item)) => match item.as_ref() {
            Shape::Record(slots) => find(slots, rest),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn fields(at: &str, said: Vec<wit::Field>, problems: &mut Problems) -> Vec<Field> {
    let tree = said
        .iter()
        .map(|field| Line::new(&field.path, field.kind, field.items))
        .collect::<Vec<_>>();
    check_tree(at, &tree, problems);
    said.into_iter()
        .map(|said| field(at, said, problems))
        .collect()
}

fn field(at: &str, said: wit::Field, problems: &mut Problems) -> Field {
    let at = place(at, &said.path);
    let (kind, items) = (kind(said.kind), said.items.map(kind));
    let single = items.unwrap_or(kind);
    if items == Some(Kind::File) || kind == Kind::File && said.path.contains('.') {
        problems.add(
            format!("{at}.kind"),
            "is file, which is no part of a list or a record",
        );
    }
    let choices = choices::choices(&format!("{at}.choices"), said.choices, problems);
    match (single, choices.is_empty()) {
        (Kind::Choice, true) => problems.add(
            format!("{at}.choices"),
            "is empty; the kind choice takes some",
        ),
        (Kind::Choice, false) | (_, true) => {}
        (_, false) => problems.add(
            format!("{at}.choices"),
            format!("are given, and the kind is {single}"),
        ),
    }
    Field {
        kind,
        items,
        optional: said.optional,
        personal: said.personal,
        choices,
        label: texts::label(&format!("{at}.label"), said.label, problems),
        help: texts::help(&format!("{at}.help"), said.help, problems),
        path: said.path,
    }
}

struct Line {
    path: String,
    kind: Kind,
    items: Option<Kind>,
}

impl Line {
    fn new(path: &str, said: values::Kind, items: Option<values::Kind>) -> Line {
        Line {
            path: path.to_owned(),
            kind: kind(said),
            items: items.map(kind),
        }
    }

    /// Whether parts may stand below this line.
    fn has_parts(&self) -> bool {
        self.kind == Kind::Record || (self.kind == Kind::List && self.items.is_none())
    }
}

/// The deepest path. Lists in lists in lists are for nobody to fill in.
const DEPTH: usize = 8;

fn check_tree(at: &str, lines: &[Line], problems: &mut Problems) {
    problems.unique(at, lines.iter().map(|line| line.path.as_str()));
    for line in lines {
        let at = place(at, &line.path);
        if !line.path.split('.').all(is_name) {
            problems.add(&*at, "is no path: names joined by dots, each of lower case ASCII letters, digits and hyphens, beginning with a letter, at most 64 characters");
            continue;
        }
        if line.path.split('.').count() > DEPTH {
            problems.add(&*at, format!("is deeper than {DEPTH} names"));
        }
        match line.items {
            Some(_) if line.kind != Kind::List => {
                problems.add(
                    format!("{at}.items"),
                    format!("is given, and the kind is {}", line.kind),
                );
            }
            Some(items @ (Kind::List | Kind::Record)) => {
                problems.add(format!("{at}.items"), format!("is {items}; items of single values are neither list nor record, and parts of records follow by their paths"));
            }
            _ => {}
        }
        let prefix = format!("{}.", line.path);
        if line.has_parts() && !lines.iter().any(|other| other.path.starts_with(&prefix)) {
            problems.add(
                &*at,
                format!(
                    "is a {} without parts; they follow by their paths, such as `{prefix}code`",
                    line.kind
                ),
            );
        }
        if let Some((parent, _)) = line.path.rsplit_once('.') {
            match lines.iter().find(|other| other.path == parent) {
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
