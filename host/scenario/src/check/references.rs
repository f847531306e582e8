//! What a reference stands for at a place, and whether it may stand there.

use std::cell::RefCell;
use std::ops::Range;

use super::Checker;
use super::facts::{Origin, State, parts};
use super::flow::{self, Rules};
use crate::diagnostic::Code;
use crate::draft::{Content, Draft, ExpectDraft, Operand, OperandDraft};
use crate::read::words;
use crate::shape::{Parts, Shape};
use crate::source::{Part, Place};
use crate::template::{Reference, Segment};
use crate::{Kind, Value};

/// A shape, or none where nothing is known of the value.
pub(super) type Known<'c> = Option<&'c Shape>;

/// The shapes that variables take from other variables, as far as they are
/// known.
#[derive(Debug, Default)]
pub(super) struct Copies<'c>(RefCell<Vec<Option<Vec<Known<'c>>>>>);

/// What a reference stands for at a place.
#[derive(Debug, Default)]
pub(super) struct Meaning<'c> {
    /// What it may look like, by the places that may have set it.
    pub(super) shapes: Vec<Known<'c>>,
    /// Whether some path leaves its variable unset.
    unset: bool,
    /// The boxes whose function may have answered false or failed.
    falsities: Vec<usize>,
    /// A part of it that may be absent, because the manifest calls it optional
    /// and nothing tests for it.
    absent: Option<String>,
    lost: Option<Lost<'c>>,
}

impl Meaning<'_> {
    /// The kinds that it may have; none for what is not known.
    pub(super) fn kinds(&self) -> Vec<Option<Kind>> {
        let mut kinds: Vec<_> = self
            .shapes
            .iter()
            .map(|shape| shape.map(|shape| shape.kind))
            .collect();
        kinds.dedup();
        kinds
    }

    /// The kind, where it can only be this one.
    fn kind(&self) -> Option<Kind> {
        match self.kinds().as_slice() {
            [kind] => *kind,
            _ => None,
        }
    }
}

/// Why a path leads nowhere.
#[derive(Debug, Clone)]
pub(super) enum Lost<'c> {
    /// A record has no such field; it has these.
    NoField { name: String, known: Vec<&'c str> },
    /// A single value has no fields at all.
    Single { kind: Kind },
    /// A list has items, and no fields of its own.
    List,
}

/// What a place needs of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its value.
    Value,
    /// Its value, or nothing: what it is for may be left out.
    MayBeLeftOut,
    /// Its value, or something else in its place.
    OrElse,
    /// Something to compare with; what is absent compares with nothing.
    Comparison,
    /// Whether it is true.
    Truth,
    /// Whether it is there.
    Presence,
    /// Its items.
    Items,
}

/// How a reference is written, and where.
#[derive(Debug, Clone)]
pub(super) struct Written<'w> {
    pub(super) text: &'w str,
    pub(super) place: Place,
    /// Its bytes in the text at the place.
    pub(super) span: Range<usize>,
}

/// What is needed to say what a reference stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'c> {
    pub(super) draft: &'c Draft,
    pub(super) rules: Rules<'c>,
    pub(super) flow: &'c flow::Flow,
    pub(super) copies: &'c Copies<'c>,
}

impl<'c> Reading<'c> {
    /// What a reference stands for where these facts hold; none where there is
    /// no such variable.
    pub(super) fn meaning(self, reference: &Reference, state: &State) -> Option<Meaning<'c>> {
        let facts = self.rules.facts;
        let variable = facts.variable(&reference.root)?;
        let standing = facts.standing(variable, state);
        let mut meaning = Meaning {
            unset: standing.unset,
            ..Meaning::default()
        };
        // Where no value can stand, those that could elsewhere still tell a
        // wrong field from a right one.
        let elsewhere = standing.values.is_empty();
        let values = if elsewhere {
            facts.definitions_of(variable)
        } else {
            &standing.values
        };
        let parts = parts(reference);
        for definition in values {
            for shape in self.shapes(*definition) {
                match follow(shape, &reference.path) {
                    Ok((shape, optional)) => {
                        if !meaning.shapes.contains(&shape) {
                            meaning.shapes.push(shape);
                        }
                        let absent = optional.into_iter().filter_map(|depth| parts.get(depth));
                        let mut absent =
                            absent.filter(|part| facts.may_be_absent(variable, part, state));
                        meaning.absent = meaning.absent.or_else(|| absent.next().cloned());
                    }
                    Err(lost) => meaning.lost = meaning.lost.or(Some(lost)),
                }
            }
        }
        if elsewhere && !standing.unset && standing.falsities.is_empty() {
            // A branch that is never taken.
            meaning.absent = None;
        }
        for definition in standing.falsities {
            let Origin::Box(number) = facts.definitions[definition].origin else {
                continue;
            };
            let call = self.rules.calls.of_box(number);
            let function = call.and_then(|call| call.function);
            let matters = match call {
                Some(call) if function.is_some() => !call.answers_nothing(),
                _ => !reference.path.is_empty(),
            };
            if matters {
                meaning.falsities.push(number);
            } else if reference.path.is_empty() && function.is_some() {
                let boolean = Some(self.rules.calls.kind(Kind::Boolean));
                if !meaning.shapes.contains(&boolean) {
                    meaning.shapes.push(boolean);
                }
            }
        }
        Some(meaning)
    }

    /// What the value of a definition may look like.
    fn shapes(self, definition: usize) -> Vec<Known<'c>> {
        let calls = self.rules.calls;
        let kind = |kind| vec![Some(calls.kind(kind))];
        let number = match self.rules.facts.definitions[definition].origin {
            Origin::Input(number) => {
                return vec![self.draft.inputs[number].1.map(|kind| calls.kind(kind))];
            }
            Origin::Box(number) => number,
        };
        match &self.draft.boxes[number].content {
            Content::Buttons { .. } => kind(Kind::Choice),
            Content::Answer { expect, .. } => match expect {
                Some(ExpectDraft::Text | ExpectDraft::OrderNumber | ExpectDraft::Pattern(_)) => {
                    kind(Kind::Text)
                }
                Some(ExpectDraft::Email) => kind(Kind::Email),
                Some(ExpectDraft::Phone) => kind(Kind::Phone),
                Some(ExpectDraft::Number) => kind(Kind::Decimal),
                Some(ExpectDraft::Date) => kind(Kind::Timestamp),
                Some(ExpectDraft::Choice(_)) => kind(Kind::Choice),
                None => vec![None],
            },
            Content::Call(_) => vec![calls.answer(number)],
            Content::Set { value } => self.copied(number, value),
            _ => vec![None],
        }
    }

    /// What a `set` box gives its variable.
    fn copied(self, number: usize, value: &Operand) -> Vec<Known<'c>> {
        let calls = self.rules.calls;
        if let Some(known) = self.copies.0.borrow_mut().get(number).cloned().flatten() {
            return known;
        }
        self.remember(number, Vec::new()); // A variable that is copied in a circle adds nothing.
        let anything = self.rules.facts.anything();
        let shapes = match flow::reference(value) {
            None => vec![self.kind(value, &anything).map(|kind| calls.kind(kind))],
            Some(reference) => {
                let state = self.flow[number].as_ref().unwrap_or(&anything);
                self.meaning(reference, state)
                    .map_or_else(|| vec![None], |meaning| meaning.shapes)
            }
        };
        self.remember(number, shapes.clone());
        shapes
    }

    fn remember(self, number: usize, shapes: Vec<Known<'c>>) {
        let mut copies = self.copies.0.borrow_mut();
        if copies.len() <= number {
            copies.resize(self.draft.boxes.len(), None);
        }
        copies[number] = Some(shapes);
    }

    /// The kind of a value that an author wrote, where it can only be one.
    pub(super) fn kind(self, operand: &Operand, state: &State) -> Option<Kind> {
        match &operand.as_ref()?.value {
            OperandDraft::Constant(value) => Some(Value::kind(value)),
            OperandDraft::Template(template) => template.kind(|reference| {
                self.meaning(reference, state)
                    .and_then(|meaning| meaning.kind())
            }),
        }
    }

    /// The kinds that a value may have; none for what is not known.
    pub(super) fn kinds(self, operand: &Operand, state: &State) -> Vec<Option<Kind>> {
        match flow::reference(operand) {
            Some(reference) => self
                .meaning(reference, state)
                .map_or_else(Vec::new, |meaning| meaning.kinds()),
            None => vec![self.kind(operand, state)],
        }
    }
}

/// Follows a path through a shape: what it leads to, and which of its fields
/// are optional, by their number in the path.
pub(super) fn follow<'c>(
    shape: Known<'c>,
    path: &[Segment],
) -> Result<(Known<'c>, Vec<usize>), Lost<'c>> {
    let (mut shape, mut optional, mut depth) = (shape, Vec::new(), 0);
    for segment in path {
        let Some(known) = shape else {
            return Ok((None, optional));
        };
        let name = match segment {
            Segment::Field(name) => name.clone(),
            Segment::Index(index) => index.to_string(),
            Segment::Item => {
                shape = match &known.parts {
                    Parts::Items(items) => Some(&**items),
                    // That it is no list is said where its items are gone through.
                    Parts::Single | Parts::Fields(_) | Parts::Any => return Ok((None, optional)),
                };
                continue;
            }
        };
        shape = match (&known.parts, segment) {
            (Parts::Fields(fields), _) => match fields.get(&name) {
                Some(part) => {
                    if part.optional {
                        optional.push(depth);
                    }
                    Some(&part.shape)
                }
                None => {
                    return Err(Lost::NoField {
                        name,
                        known: fields.keys().map(String::as_str).collect(),
                    });
                }
            },
            (Parts::Items(items), Segment::Index(_)) => {
                optional.push(depth);
                Some(&**items)
            }
            (Parts::Any, Segment::Index(_)) => {
                optional.push(depth);
                None
            }
            (Parts::Any, _) if known.kind == Kind::Record => None,
            (Parts::Items(_) | Parts::Any, _) => return Err(Lost::List),
            (Parts::Single, _) => return Err(Lost::Single { kind: known.kind }),
        };
        depth += 1;
    }
    Ok((shape, optional))
}

impl<'c> Checker<'c, '_, '_> {
    /// Reports what is wrong with a reference that stands here for what is
    /// needed. Its meaning, where it has a sound one.
    pub(super) fn reference(
        &mut self,
        reference: &Reference,
        written: Written<'_>,
        state: &State,
        need: Need,
    ) -> Option<Meaning<'c>> {
        let Written { text, place, span } = written;
        let Some(meaning) = self.reading.meaning(reference, state) else {
            self.unknown_variable(&reference.root, place, span);
            return None;
        };
        if let Some(lost) = &meaning.lost {
            self.unknown_field(reference, lost, place, span);
            return None;
        }
        let whole = reference.path.is_empty();
        // The answer to "is it true" differs from "there is no order" for these.
        let decides = meaning
            .kinds()
            .iter()
            .flatten()
            .any(|kind| *kind == Kind::Boolean || kind.is_numeric());
        let variable = self.reading.rules.facts.variable(&reference.root)?;
        let is_input = self.reading.rules.facts.is_input(variable);
        let (may_be_unset, may_be_false, may_be_absent) = match need {
            Need::Value => (false, false, false),
            Need::MayBeLeftOut => (is_input, false, true),
            Need::OrElse => (true, !whole, true),
            Need::Comparison | Need::Items => (false, false, true),
            Need::Truth => (whole || !decides, whole || !decides, true),
            Need::Presence => (true, true, true),
        };
        let root = &reference.root;
        let subject = if whole {
            format!("`{root}`")
        } else {
            format!("`{reference}`: `{root}`")
        };
        if !meaning.falsities.is_empty() && !may_be_false {
            let boxes = words(meaning.falsities.iter().filter_map(|number| {
                self.draft
                    .boxes
                    .get_index(*number)
                    .map(|(id, _)| id.as_str())
            }));
            let message =
                format!("{subject} may be false here: {boxes} may have answered false or failed");
            let help = format!(
                "lead here from the `true` exit alone, or test it first: `<<#if {root}>>…<</if>>`, or a `condition` box"
            );
            self.report(
                Code::MaybeFalse,
                place,
                Part::Text(span),
                message,
                Some(help),
            );
            return None;
        }
        if meaning.unset && !may_be_unset {
            let (why, or) = if is_input {
                (
                    "it is an input that a session may start without",
                    format!("`<<default {root} \"…\">>`"),
                )
            } else {
                (
                    "some path leads here without setting it",
                    "set it on every path".to_owned(),
                )
            };
            let message = format!("{subject} may be unset here: {why}");
            let help = format!(
                "test it first: `<<#if {root}>>…<</if>>`, or a `condition` box with `exists`; or {or}"
            );
            self.report(
                Code::MaybeUnset,
                place,
                Part::Text(span),
                message,
                Some(help),
            );
            return None;
        }
        if let (Some(part), false) = (&meaning.absent, may_be_absent) {
            let is_item = part
                .rsplit('.')
                .next()
                .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
            let what = if is_item {
                "a list may have no such item"
            } else {
                "the field is optional and may be absent"
            };
            // Inside `#each` the name as it is written is the one to test.
            let whole = parts(reference).last() == Some(part);
            let name = if whole {
                text.to_owned()
            } else {
                format!("{root}.{part}")
            };
            let message = if whole {
                format!("`{reference}`: {what}")
            } else {
                format!("`{reference}`: `{root}.{part}`: {what}")
            };
            let help = format!(
                "test it first: `<<#if {name}>>…<</if>>`, or a `condition` box with `exists`; or `<<default {name} \"…\">>`"
            );
            self.report(
                Code::MaybeAbsent,
                place,
                Part::Text(span),
                message,
                Some(help),
            );
            return None;
        }
        Some(meaning)
    }

    fn unknown_variable(&mut self, name: &str, place: Place, span: Range<usize>) {
        let help = match self.nearest(name, self.reading.rules.facts.names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if self.draft.boxes.contains_key(name) => {
                format!("the box `{name}` saves nothing to a variable of its name")
            }
            None => "save to it in a box, or name it in `inputs`".to_owned(),
        };
        let message = format!("nothing sets a variable `{name}`");
        self.report(
            Code::UnknownVariable,
            place,
            Part::Text(span),
            message,
            Some(help),
        );
    }

    fn unknown_field(
        &mut self,
        reference: &Reference,
        lost: &Lost<'_>,
        place: Place,
        span: Range<usize>,
    ) {
        let (message, help) = match lost {
            Lost::NoField { name, known } => {
                let help = match self.nearest(name, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("its fields are {}", words(known.iter().copied())),
                };
                (format!("`{reference}`: there is no field `{name}`"), help)
            }
            Lost::Single { kind } => (
                format!("`{reference}`: a value of the kind `{kind}` has no fields"),
                format!("write `{}` alone", reference.root),
            ),
            Lost::List => (
                format!("`{reference}`: a list has no fields of its own"),
                "go through its items: `<<#each …>>…<</each>>`".to_owned(),
            ),
        };
        self.report(
            Code::UnknownField,
            place,
            Part::Text(span),
            message,
            Some(help),
        );
    }
}
