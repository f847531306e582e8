//! Resolving names: the variable and the path that a name means where it is used.

use std::ops::Range;

use krabice_contract::name::LONGEST;

use super::{Named, Parser, Purpose, Reported};
use crate::template::TemplateErrorKind;
use crate::template::program::{Base, Expression, LoopVariable, Path, Step};
use crate::template::reference::{Reference, Segment, Use};
use crate::template::words::Name;

impl Parser<'_> {
    pub(super) fn name(
        &mut self,
        name: &Name,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        if name.is_local {
            return self.loop_variable(name, &span);
        }
        let invalid = |name: &&String| name.is_empty() || name.chars().count() > LONGEST;
        if let Some(invalid) = name.segments.iter().find(invalid) {
            return Err(self.error(
                TemplateErrorKind::Name,
                &span,
                format!("`{invalid}` is not a name"),
                format!("a name has 1 to {LONGEST} characters"),
            ));
        }
        self.reference(name, span, purpose)
    }

    fn loop_variable(&mut self, name: &Name, span: &Range<usize>) -> Result<Expression, Reported> {
        let raw = &self.source[span.clone()];
        let first = name.segments.first().map_or("", String::as_str);
        let variable = LoopVariable::named(first);
        let outer = self.levels.len().saturating_sub(name.up);
        let depth = self.levels[..outer]
            .iter()
            .rev()
            .find_map(|level| level.loop_depth);
        let message = match (variable, depth) {
            (None, _) => format!("there is no `{raw}`"),
            (Some(_), _) if name.segments.len() > 1 => format!("`@{first}` has no parts"),
            (Some(_), None) => format!("`{raw}` is used outside a loop"),
            (Some(variable), Some(depth)) => {
                return Ok(Expression::LoopVariable { depth, variable });
            }
        };
        let help = "inside `{{#each …}}` there are `@index`, `@key`, `@first` and `@last`";
        Err(self.error(TemplateErrorKind::Name, span, message, help))
    }

    /// The reference that a name means here. It is added to the uses.
    pub(super) fn reference(
        &mut self,
        name: &Name,
        span: Range<usize>,
        purpose: Purpose,
    ) -> Result<Expression, Reported> {
        let segments = &name.segments[..];
        let named = match segments {
            [first, ..] if name.up == 0 && !name.from_root => self.named(first),
            _ => None,
        };
        let path = match named {
            Some(Named::Key(depth)) if segments.len() == 1 => {
                let variable = LoopVariable::Key;
                return Ok(Expression::LoopVariable { depth, variable });
            }
            Some(Named::Key(_)) => {
                return Err(self.error(
                    TemplateErrorKind::Name,
                    &span,
                    format!("`{}` is a number or a key, without parts", segments[0]),
                    "use it alone",
                ));
            }
            Some(Named::Path(mut path)) => {
                path.extend(&segments[1..]);
                Some(path)
            }
            None => {
                let level = if name.from_root {
                    Some(0)
                } else {
                    self.levels.len().checked_sub(name.up + 1)
                };
                let Some(level) = level else {
                    return Err(self.error(
                        TemplateErrorKind::Name,
                        &span,
                        "`../` leads out of all blocks",
                        "leave it out: it leads out of `#each`, `#with` and sections only",
                    ));
                };
                self.at_level(level, segments)
            }
        };
        let Some(path) = path else {
            return Err(self.error(
                TemplateErrorKind::Name,
                &span,
                "`this` has no meaning here",
                "name a variable; `this` is the item inside `{{#each …}}`",
            ));
        };
        self.uses.push(Use {
            reference: path.reference.clone(),
            alternatives: path.alternatives.clone(),
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

    /// The path that names mean at a level; none if they are none and it is the variables'.
    fn at_level(&self, level: usize, segments: &[String]) -> Option<Path> {
        let Some(mut path) = self.levels[level].here.clone() else {
            let (root, rest) = segments.split_first()?;
            let mut path = Path {
                reference: Reference {
                    root: root.clone(),
                    path: Vec::new(),
                },
                alternatives: Vec::new(),
                base: Base::Variable,
                steps: Vec::new(),
                outer: None,
            };
            path.extend(rest);
            return Some(path);
        };
        path.extend(segments);
        // In the section of a value without parts, names mean what they mean around it.
        if self.levels[level].is_section
            && !segments.is_empty()
            && let Some(outer) = self.at_level(level - 1, segments)
        {
            let own = std::mem::take(&mut path.alternatives).into_iter();
            let mut others =
                std::iter::once(outer.reference.clone()).chain(outer.alternatives.clone());
            // Each meaning of the section itself stands before those around the section that
            // hold in the same case.
            path.alternatives.extend(others.next());
            for own in own {
                path.alternatives.push(own);
                path.alternatives.extend(others.next());
            }
            path.alternatives.extend(others);
            path.outer = Some(Box::new(outer));
        }
        Some(path)
    }

    /// The meaning of a name after `as`.
    fn named(&self, name: &str) -> Option<Named> {
        let mut names = self.levels.iter().rev().flat_map(|level| &level.names);
        names
            .find(|(known, _)| known == name)
            .map(|(_, named)| named.clone())
    }
}

impl Path {
    /// Changes the reference and each of its alternatives.
    pub(super) fn each_reference(&mut self, mut change: impl FnMut(&mut Reference)) {
        change(&mut self.reference);
        for alternative in &mut self.alternatives {
            change(alternative);
        }
    }

    /// Extends the path to the last item of a list.
    pub(super) fn extend_to_last(&mut self) {
        self.each_reference(|reference| reference.path.push(Segment::Last));
        self.steps.push(Step::Last);
        if let Some(outer) = &mut self.outer {
            outer.extend_to_last();
        }
    }

    /// Extends the path: into a field, or to an item if the name is a number.
    pub(super) fn extend(&mut self, names: &[String]) {
        for name in names {
            let index = name.parse::<usize>();
            let index = index.ok().filter(|index| index.to_string() == *name);
            let segment = match index {
                Some(index) => Segment::Index(index),
                None => Segment::Field(name.clone()),
            };
            self.each_reference(|reference| reference.path.push(segment.clone()));
            self.steps.push(match index {
                Some(index) => Step::Index(index, name.clone()),
                None => Step::Field(name.clone()),
            });
        }
        if let Some(outer) = &mut self.outer {
            outer.extend(names);
        }
    }
}
