//! Resolving names: the variable and the path that a name means where it is used.

use std::ops::Range;

use handlebars::{Path as CratePath, PathSeg};
use krabice_contract::name::LONGEST;

use super::{Lowering, Named, Purpose, Reported};
use crate::template::TemplateErrorKind;
use crate::template::program::{Base, Expression, LoopVariable, Path, Step};
use crate::template::reference::{Reference, Segment, Use};

impl Lowering<'_> {
    pub(super) fn path(
        &mut self,
        path: &CratePath,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        match path {
            CratePath::Local((up, name, raw)) => self.loop_variable(*up, name, raw, &span),
            CratePath::Relative((segments, raw)) => {
                let from = ["this.", "this/", "./"]
                    .iter()
                    .find_map(|here| raw.strip_prefix(here))
                    .unwrap_or(raw);
                let from_root = from.starts_with("@root");
                let names: Vec<&str> = segments
                    .iter()
                    .filter_map(|segment| {
                        if let PathSeg::Named(name) = segment {
                            Some(name.as_str())
                        } else {
                            None
                        }
                    })
                    .collect();
                // Of the crate's special segments only `../` and `@root` can occur here.
                let up = segments.len() - names.len() - usize::from(from_root);
                if raw.matches('@').count() > usize::from(from_root) {
                    return Err(self.error(
                        TemplateErrorKind::Name,
                        &span,
                        format!("`{raw}` is not a name"),
                        "use `@index`, `@first` or `@last` alone",
                    ));
                }
                if let Some(invalid) = names
                    .iter()
                    .find(|name| name.is_empty() || name.chars().count() > LONGEST)
                {
                    return Err(self.error(
                        TemplateErrorKind::Name,
                        &span,
                        format!("`{invalid}` is not a name"),
                        format!("a name has 1 to {LONGEST} characters"),
                    ));
                }
                self.reference(&names, up, from_root, span, purpose)
            }
        }
    }

    fn loop_variable(
        &mut self,
        up: usize,
        name: &str,
        raw: &str,
        span: &Range<usize>,
    ) -> Result<Expression, Reported> {
        let variable = match name {
            "index" => Some(LoopVariable::Index),
            "first" => Some(LoopVariable::First),
            "last" => Some(LoopVariable::Last),
            _ => None,
        };
        let outer = self.levels.len().saturating_sub(up);
        let depth = self.levels[..outer]
            .iter()
            .rev()
            .find_map(|level| level.loop_depth);
        let message = match (variable, depth) {
            (None, _) => format!("there is no `{raw}`"),
            (Some(_), _) if !raw.ends_with(name) => format!("`@{name}` has no parts"),
            (Some(_), None) => format!("`{raw}` is used outside a loop"),
            (Some(variable), Some(depth)) => {
                return Ok(Expression::LoopVariable { depth, variable });
            }
        };
        let help = "inside `{{#each …}}` there are `@index`, `@first` and `@last`";
        Err(self.error(TemplateErrorKind::Name, span, message, help))
    }

    /// The reference that names mean here. It is added to the uses.
    pub(super) fn reference(
        &mut self,
        names: &[&str],
        up: usize,
        from_root: bool,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        let (start, rest) = match names {
            [first, rest @ ..] if up == 0 && !from_root => match self.named(first) {
                Some(Named::Index(depth)) if rest.is_empty() => {
                    return Ok(Expression::LoopVariable {
                        depth,
                        variable: LoopVariable::Index,
                    });
                }
                Some(Named::Index(_)) => {
                    return Err(self.error(
                        TemplateErrorKind::Name,
                        &span,
                        format!("`{first}` is a number without parts"),
                        "use it alone",
                    ));
                }
                Some(Named::Path(path)) => (Some(path), rest),
                None => (
                    self.levels.last().and_then(|level| level.here.clone()),
                    names,
                ),
            },
            _ if from_root => (None, names),
            _ => match self.levels.len().checked_sub(up + 1) {
                Some(level) => (self.levels[level].here.clone(), names),
                None => {
                    return Err(self.error(
                        TemplateErrorKind::Name,
                        &span,
                        "`../` leads out of all blocks",
                        "leave it out: it leads out of `#each` and `#with` only",
                    ));
                }
            },
        };
        let (mut path, rest) = match (start, rest) {
            (Some(path), rest) => (path, rest),
            (None, [root, rest @ ..]) => {
                let reference = Reference {
                    root: (*root).to_owned(),
                    path: Vec::new(),
                };
                (
                    Path {
                        reference,
                        base: Base::Variable,
                        steps: Vec::new(),
                    },
                    rest,
                )
            }
            (None, []) => {
                return Err(self.error(
                    TemplateErrorKind::Name,
                    &span,
                    "`this` has no meaning here",
                    "name a variable; `this` is the item inside `{{#each …}}`",
                ));
            }
        };
        for name in rest {
            extend(&mut path, name);
        }
        self.uses.push(Use {
            reference: path.reference.clone(),
            span,
            position: purpose.position,
            masked: purpose.masked,
            revealed: purpose.revealed,
            defaulted: purpose.defaulted,
            taken_by: purpose.taken_by,
            guards: self.guards.clone(),
        });
        Ok(Expression::Path(path))
    }

    /// The meaning of a name after `as`.
    fn named(&self, name: &str) -> Option<Named> {
        let mut names = self.levels.iter().rev().flat_map(|level| &level.names);
        names
            .find(|(known, _)| known == name)
            .map(|(_, named)| named.clone())
    }
}

/// Extends a path by one step: into a field, or to an item if the name is a number.
pub(super) fn extend(path: &mut Path, name: &str) {
    match name.parse::<usize>() {
        Ok(index) if index.to_string() == name => {
            path.reference.path.push(Segment::Index(index));
            path.steps.push(Step::Index(index, name.to_owned()));
        }
        _ => {
            path.reference.path.push(Segment::Field(name.to_owned()));
            path.steps.push(Step::Field(name.to_owned()));
        }
    }
}
