//! Names: what a reference means where it stands.

use std::ops::Range;

use handlebars::{Path as CratePath, PathSeg};

use super::{Lowering, Named, Noted, Purpose};
use crate::template::program::{Base, Expression, Path, Place, Step};
use crate::template::reference::{Reference, Segment, Use};

impl Lowering<'_> {
    pub(super) fn path(
        &mut self,
        path: &CratePath,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        match path {
            CratePath::Local((up, name, raw)) => self.place(*up, name, raw, span),
            CratePath::Relative((segments, raw)) => {
                let from = ["this.", "this/", "./"]
                    .iter()
                    .find_map(|here| raw.strip_prefix(here))
                    .unwrap_or(raw);
                let from_root = from.starts_with("@root");
                let names: Vec<&str> = segments
                    .iter()
                    .filter_map(|segment| match segment {
                        PathSeg::Named(name) => Some(name.as_str()),
                        _ => None,
                    })
                    .collect();
                // Of the crate's marks only `../` and `@root` can stand here.
                let up = segments.len() - names.len() - usize::from(from_root);
                if raw.matches('@').count() > usize::from(from_root) {
                    return Err(self.error(
                        span,
                        format!("`{raw}` is not a name"),
                        "use `@index`, `@first` or `@last` alone",
                    ));
                }
                if let Some(special) = names
                    .iter()
                    .find(|name| name.is_empty() || name.chars().count() > crate::name::LONGEST)
                {
                    return Err(self.error(
                        span,
                        format!("`{special}` is not a name"),
                        "a name has 1 to 64 characters",
                    ));
                }
                self.reference(&names, up, from_root, span, purpose)
            }
        }
    }

    fn place(
        &mut self,
        up: usize,
        name: &str,
        raw: &str,
        span: Range<usize>,
    ) -> Result<Expression, Noted> {
        const HELP: &str = "inside `{{#each …}}` there are `@index`, `@first` and `@last`";
        let place = match name {
            "index" => Place::Index,
            "first" => Place::First,
            "last" => Place::Last,
            _ => return Err(self.error(span, format!("there is no `{raw}`"), HELP)),
        };
        if !raw.ends_with(name) {
            return Err(self.error(span, format!("`@{name}` has no parts"), HELP));
        }
        let outer = self.levels.len().saturating_sub(up);
        match self.levels[..outer]
            .iter()
            .rev()
            .find_map(|level| level.place)
        {
            Some(depth) => Ok(Expression::Place { depth, place }),
            None => Err(self.error(span, format!("`{raw}` stands outside a loop"), HELP)),
        }
    }

    /// The reference that names mean here, noted as a use.
    pub(super) fn reference(
        &mut self,
        names: &[&str],
        up: usize,
        from_root: bool,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Noted> {
        let (start, rest) = match names {
            [first, rest @ ..] if up == 0 && !from_root => match self.named(first) {
                Some(Named::Index(depth)) if rest.is_empty() => {
                    return Ok(Expression::Place {
                        depth,
                        place: Place::Index,
                    });
                }
                Some(Named::Index(_)) => {
                    return Err(self.error(
                        span,
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
                        span,
                        "`../` leads out of all blocks".to_owned(),
                        "leave it out: only `#each` and `#with` go into something",
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
                    span,
                    "`this` stands for nothing here".to_owned(),
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

    /// What a name after `as` stands for.
    fn named(&self, name: &str) -> Option<Named> {
        let mut names = self.levels.iter().rev().flat_map(|level| &level.names);
        names
            .find(|(known, _)| known == name)
            .map(|(_, named)| named.clone())
    }
}

/// Goes one step further: into a field, or to an item where the name is a number.
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
