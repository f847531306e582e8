//! The meaning of a reference at a place, and whether it can be used there.

use std::cell::RefCell;
use std::ops::Range;

use krabice_contract::shape::{Parts, Shape};
use krabice_contract::{Kind, Value};

use super::Checker;
use super::facts::{FactSet, Origin, THE_LAST, parts};
use super::flow::{self, Rules};
use crate::diagnostic::Code;
use crate::draft::{Content, Draft, ExpectDraft, MaybeOperand};
use crate::read::words;
use crate::scenario::Operand;
use crate::source::{Part, Place};
use crate::template::{NOW, Reference, Segment};

/// A shape, or none if nothing is known of the value.
pub(super) type KnownShape<'c> = Option<&'c Shape>;

/// The shapes of the values that `set` boxes copy from other variables, by the number of
/// the box, as far as they were computed.
#[derive(Debug, Default)]
pub(super) struct Copies<'c>(RefCell<Vec<Option<Vec<KnownShape<'c>>>>>);

/// The meaning of a reference at a place.
#[derive(Debug, Default)]
pub(super) struct Meaning<'c> {
    /// The shapes that its value may have, one for each definition that may have set it.
    pub(super) shapes: Vec<KnownShape<'c>>,
    /// Whether some path leaves its variable unset.
    unset: bool,
    /// The boxes whose function may have answered false or failed.
    falsities: Vec<usize>,
    /// A part of it that may be absent: the manifest calls it optional and nothing tests
    /// for it.
    absent: Option<String>,
    invalid: Option<InvalidPath<'c>>,
}

impl Meaning<'_> {
    /// The kinds that it may have; none for a kind that is not known.
    pub(super) fn kinds(&self) -> Vec<Option<Kind>> {
        let mut kinds: Vec<_> = self
            .shapes
            .iter()
            .map(|shape| shape.map(|shape| shape.kind))
            .collect();
        kinds.dedup();
        kinds
    }

    /// The kind, if only one is possible.
    fn kind(&self) -> Option<Kind> {
        match self.kinds().as_slice() {
            [kind] => *kind,
            _ => None,
        }
    }
}

/// The reason why a path leads nowhere.
#[derive(Debug, Clone)]
pub(super) enum InvalidPath<'c> {
    /// The record has no field of this name, but those that are known.
    NoField { name: String, known: Vec<&'c str> },
    /// A single value has no fields.
    Single { kind: Kind },
    /// A list has items and no fields.
    List,
    /// Only a list has a last item.
    NoList { kind: Kind },
}

/// What the place of a reference needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its value.
    Value,
    /// Its value, or nothing, because the parameter or input is optional.
    MayBeLeftOut,
    /// Its value, or a default in its place.
    OrElse,
    /// A value to compare with. A comparison with something absent does not hold.
    Comparison,
    /// Its truth.
    Truth,
    /// Its presence.
    Presence,
    /// Its items.
    Items,
}

/// A reference as it is written in a text.
#[derive(Debug, Clone)]
pub(super) struct Occurrence<'w> {
    pub(super) text: &'w str,
    /// The place of the whole text.
    pub(super) place: Place,
    /// The bytes of the reference within the text.
    pub(super) span: Range<usize>,
}

impl Occurrence<'_> {
    fn part(&self) -> Part {
        Part::Text(self.span.clone())
    }
}

/// Finds the meaning of references.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver<'c> {
    pub(super) draft: &'c Draft,
    pub(super) rules: Rules<'c>,
    pub(super) flow: &'c flow::Flow,
    pub(super) copies: &'c Copies<'c>,
}

impl<'c> Resolver<'c> {
    /// The meaning of a reference where these facts hold; none if its variable does not
    /// exist.
    pub(super) fn meaning(self, reference: &Reference, state: &FactSet) -> Option<Meaning<'c>> {
        let facts = self.rules.facts;
        let Some(variable) = facts.variable(&reference.root) else {
            return (reference.root == NOW).then(|| self.now(reference));
        };
        let possible = facts.variable_state(variable, state);
        let mut meaning = Meaning {
            unset: possible.unset,
            ..Meaning::default()
        };
        // If the variable can have no value here, its values elsewhere still tell a wrong
        // field from a right one.
        let elsewhere = possible.values.is_empty();
        let values = if elsewhere {
            facts.definitions_of(variable)
        } else {
            &possible.values
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
                    Err(invalid) => meaning.invalid = meaning.invalid.or(Some(invalid)),
                }
            }
        }
        if elsewhere && !possible.unset && possible.falsities.is_empty() {
            // The branch is never taken.
            meaning.absent = None;
        }
        for definition in possible.falsities {
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

    /// The meaning of a reference to the time of the turn, which every place has.
    fn now(self, reference: &Reference) -> Meaning<'c> {
        let mut meaning = Meaning::default();
        match follow(
            Some(self.rules.calls.kind(Kind::Timestamp)),
            &reference.path,
        ) {
            Ok((shape, _)) => meaning.shapes.push(shape),
            Err(invalid) => meaning.invalid = Some(invalid),
        }
        meaning
    }

    /// The reference that is meant: the first whose sections have values with parts.
    pub(super) fn meant<'r>(
        self,
        reference: &'r Reference,
        alternatives: &'r [Reference],
        state: &FactSet,
    ) -> &'r Reference {
        let mut all = std::iter::once(reference).chain(alternatives);
        all.find(|of| alternatives.is_empty() || self.has_parts(of, state))
            .unwrap_or(reference)
    }

    /// Whether every section in the way of a reference may have a value with parts.
    fn has_parts(self, reference: &Reference, state: &FactSet) -> bool {
        let path = &reference.path;
        let mut sections = (1..path.len()).filter(|at| path[at - 1] == Segment::Section);
        sections.all(|at| {
            let subject = Reference {
                root: reference.root.clone(),
                path: path[..at - 1].to_vec(),
            };
            let kinds = self.meaning(&subject, state).map(|meaning| meaning.kinds());
            let whole = |kind: &Option<Kind>| {
                kind.is_none_or(|kind| matches!(kind, Kind::List | Kind::Record))
            };
            kinds.is_none_or(|kinds| kinds.is_empty() || kinds.iter().any(whole))
        })
    }

    /// The shapes that the value of a definition may have.
    fn shapes(self, definition: usize) -> Vec<KnownShape<'c>> {
        let calls = self.rules.calls;
        let kind = |kind| vec![Some(calls.kind(kind))];
        let number = match self.rules.facts.definitions[definition].origin {
            Origin::Input(number) => {
                return vec![self.draft.inputs[number].kind.map(|kind| calls.kind(kind))];
            }
            Origin::Box(number) => number,
        };
        match &self.draft.boxes[number].content {
            Content::Buttons { .. } => kind(Kind::Choice),
            Content::Answer { expect, .. } => match expect {
                Some(ExpectDraft::Text | ExpectDraft::OrderNumber(_) | ExpectDraft::Pattern(_)) => {
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
            Content::Message { .. }
            | Content::Condition { .. }
            | Content::JumpToBox
            | Content::JumpToScenario { .. }
            | Content::Handover { .. }
            | Content::End { .. }
            | Content::Unreadable => vec![None],
        }
    }

    /// The shapes that a `set` box gives its variable.
    fn copied(self, number: usize, value: &MaybeOperand) -> Vec<KnownShape<'c>> {
        let calls = self.rules.calls;
        if let Some(known) = self.copies.0.borrow_mut().get(number).cloned().flatten() {
            return known;
        }
        self.remember(number, Vec::new()); // Boxes that copy in a cycle add no shape.
        let anything = self.rules.facts.anything();
        let shapes = match flow::reference(value) {
            None => match calls.constant(number) {
                Some(shape) => vec![Some(shape)],
                None => vec![self.kind(value, &anything).map(|kind| calls.kind(kind))],
            },
            Some(reference) => {
                let state = self.flow[number].as_ref().unwrap_or(&anything);
                self.meaning(reference, state)
                    .map_or_else(|| vec![None], |meaning| meaning.shapes)
            }
        };
        self.remember(number, shapes.clone());
        shapes
    }

    fn remember(self, number: usize, shapes: Vec<KnownShape<'c>>) {
        let mut copies = self.copies.0.borrow_mut();
        if copies.len() <= number {
            copies.resize(self.draft.boxes.len(), None);
        }
        copies[number] = Some(shapes);
    }

    /// The kind of a value that an author wrote, if only one is possible.
    pub(super) fn kind(self, operand: &MaybeOperand, state: &FactSet) -> Option<Kind> {
        match &operand.as_ref()?.value {
            Operand::Constant(value) => Some(Value::kind(value)),
            Operand::Template(template) => template.kind(|reference| {
                self.meaning(reference, state)
                    .and_then(|meaning| meaning.kind())
            }),
        }
    }

    /// The kinds that a value may have; none for a kind that is not known.
    pub(super) fn kinds(self, operand: &MaybeOperand, state: &FactSet) -> Vec<Option<Kind>> {
        match flow::reference(operand) {
            Some(reference) => self
                .meaning(reference, state)
                .map_or_else(Vec::new, |meaning| meaning.kinds()),
            None => vec![self.kind(operand, state)],
        }
    }
}

/// Follows a path through a shape. Returns the shape at its end, and the numbers of the
/// optional steps in the path.
pub(super) fn follow<'c>(
    shape: KnownShape<'c>,
    path: &[Segment],
) -> Result<(KnownShape<'c>, Vec<usize>), InvalidPath<'c>> {
    let (mut shape, mut optional, mut depth) = (shape, Vec::new(), 0);
    for (at, segment) in path.iter().enumerate() {
        let Some(known) = shape else {
            return Ok((None, optional));
        };
        let name = match segment {
            Segment::Field(name) => name.clone(),
            Segment::Index(index) => index.to_string(),
            Segment::Last => {
                optional.push(depth);
                depth += 1;
                shape = match &known.parts {
                    Parts::Items(items) => Some(&**items),
                    Parts::Any if known.kind == Kind::List => None,
                    Parts::Fields(_) | Parts::Single | Parts::Any => {
                        return Err(InvalidPath::NoList { kind: known.kind });
                    }
                };
                continue;
            }
            Segment::Item | Segment::Lookup(_) => {
                if matches!(segment, Segment::Lookup(_)) {
                    optional.push(depth);
                    depth += 1;
                }
                shape = match &known.parts {
                    Parts::Items(items) => Some(&**items),
                    Parts::Fields(fields) => {
                        // What follows must be in every field.
                        let rest = &path[at + 1..];
                        let mut found = Vec::new();
                        for part in fields.values() {
                            let (shape, more) = follow(Some(&part.shape), rest)?;
                            optional.extend(more.into_iter().map(|more| depth + more));
                            if !found.contains(&shape) {
                                found.push(shape);
                            }
                        }
                        let only = <[KnownShape<'_>; 1]>::try_from(found);
                        return Ok((only.ok().and_then(|[shape]| shape), optional));
                    }
                    // A loop over something that has no items is reported at the loop.
                    Parts::Single | Parts::Any => return Ok((None, optional)),
                };
                continue;
            }
            Segment::Section => {
                if let Parts::Items(items) = &known.parts {
                    shape = Some(&**items);
                } else if known.kind == Kind::List {
                    return Ok((None, optional));
                }
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
                    return Err(InvalidPath::NoField {
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
            (Parts::Items(_) | Parts::Any, _) => return Err(InvalidPath::List),
            (Parts::Single, _) => return Err(InvalidPath::Single { kind: known.kind }),
        };
        depth += 1;
    }
    Ok((shape, optional))
}

impl<'c> Checker<'c, '_, '_> {
    /// Reports the problem of a reference whose place has this need. Returns its meaning if
    /// there is none.
    pub(super) fn reference(
        &mut self,
        reference: &Reference,
        written: &Occurrence<'_>,
        state: &FactSet,
        need: Need,
    ) -> Option<Meaning<'c>> {
        let facts = self.resolver.rules.facts;
        let Some(meaning) = self.resolver.meaning(reference, state) else {
            self.unknown_variable(&reference.root, written);
            return None;
        };
        if let Some(invalid) = &meaning.invalid {
            self.unknown_field(reference, invalid, written);
            return None;
        }
        let whole = reference.path.is_empty();
        // For these kinds, "is it true" is not the question "does it exist".
        let decides = meaning
            .kinds()
            .iter()
            .flatten()
            .any(|kind| *kind == Kind::Boolean || kind.is_numeric());
        let variable = facts.variable(&reference.root);
        let is_input = variable.is_some_and(|variable| facts.is_input(variable));
        let (may_be_unset, may_be_false, may_be_absent) = match need {
            Need::Value => (false, false, false),
            Need::MayBeLeftOut => (is_input, false, true),
            Need::OrElse => (true, !whole, true),
            Need::Comparison | Need::Items => (false, false, true),
            Need::Truth => (whole || !decides, whole || !decides, true),
            Need::Presence => (true, true, true),
        };
        if !meaning.falsities.is_empty() && !may_be_false {
            self.maybe_false(reference, &meaning, written);
            return None;
        }
        if meaning.unset && !may_be_unset {
            self.maybe_unset(reference, is_input, written);
            return None;
        }
        if let (Some(part), false) = (&meaning.absent, may_be_absent) {
            self.maybe_absent(reference, part, written);
            return None;
        }
        Some(meaning)
    }

    fn maybe_false(
        &mut self,
        reference: &Reference,
        meaning: &Meaning<'_>,
        written: &Occurrence<'_>,
    ) {
        let boxes = self.draft.boxes.keys();
        let names = meaning.falsities.iter().map(|number| &*boxes[*number]);
        let message = format!(
            "{} may be false here: {} may have answered false or failed",
            subject(reference),
            words(names)
        );
        let help = format!(
            "lead here from the `true` exit alone, or test it first: `<<#if {}>>…<</if>>`, or a `condition` box",
            reference.root
        );
        self.report(
            Code::MaybeFalse,
            written.place,
            written.part(),
            message,
            Some(help),
        );
    }

    fn maybe_unset(&mut self, reference: &Reference, is_input: bool, written: &Occurrence<'_>) {
        let root = &reference.root;
        let (why, or) = if is_input {
            (
                "it is an input that a session may start without",
                format!("give a default: `<<default {root} \"…\">>`"),
            )
        } else {
            (
                "some path leads here without setting it",
                "set it on every path".to_owned(),
            )
        };
        let message = format!("{} may be unset here: {why}", subject(reference));
        let help = format!(
            "test it first with `<<#if {root}>>…<</if>>` or a `condition` box and `exists`; or {or}"
        );
        self.report(
            Code::MaybeUnset,
            written.place,
            written.part(),
            message,
            Some(help),
        );
    }

    fn maybe_absent(&mut self, reference: &Reference, part: &str, written: &Occurrence<'_>) {
        let is_item = part
            .rsplit('.')
            .next()
            .is_some_and(|last| last == THE_LAST || last.bytes().all(|b| b.is_ascii_digit()));
        let what = if is_item {
            "a list may have no such item"
        } else {
            "the field is optional and may be absent"
        };
        let of_part = format!("{}.{part}", reference.root);
        // Inside `#each`, a test must use the name as it is written.
        let (message, name) = if parts(reference).last().is_some_and(|last| last == part) {
            (format!("`{reference}`: {what}"), written.text.to_owned())
        } else {
            (format!("`{reference}`: `{of_part}`: {what}"), of_part)
        };
        let help = format!(
            "test it first with `<<#if {name}>>…<</if>>` or a `condition` box and `exists`; or give a default: `<<default {name} \"…\">>`"
        );
        self.report(
            Code::MaybeAbsent,
            written.place,
            written.part(),
            message,
            Some(help),
        );
    }

    fn unknown_variable(&mut self, name: &str, written: &Occurrence<'_>) {
        let known = self.resolver.rules.facts.names().chain([NOW]);
        let help = match self.nearest(name, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if self.draft.boxes.contains_key(name) => {
                format!("the box `{name}` does not save to a variable of its name")
            }
            None => "save to it in a box, or declare it in `inputs`".to_owned(),
        };
        let message = format!("nothing sets a variable `{name}`");
        self.report(
            Code::UnknownVariable,
            written.place,
            written.part(),
            message,
            Some(help),
        );
    }

    fn unknown_field(
        &mut self,
        reference: &Reference,
        invalid: &InvalidPath<'_>,
        written: &Occurrence<'_>,
    ) {
        let (message, help) = match invalid {
            InvalidPath::NoField { name, known } => {
                let help = match self.nearest(name, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("its fields are {}", words(known.iter().copied())),
                };
                (format!("`{reference}`: there is no field `{name}`"), help)
            }
            InvalidPath::Single { kind } => (
                format!("`{reference}`: a value of the kind `{kind}` has no fields"),
                format!("write `{}` alone", reference.root),
            ),
            InvalidPath::NoList { kind } => (
                format!("`{reference}`: a value of the kind `{kind}` has no last item"),
                "name a list".to_owned(),
            ),
            InvalidPath::List => (
                format!("`{reference}`: a list has no fields of its own"),
                "go through its items: `<<#each …>>…<</each>>`".to_owned(),
            ),
        };
        self.report(
            Code::UnknownField,
            written.place,
            written.part(),
            message,
            Some(help),
        );
    }
}

/// A reference at the beginning of a sentence about its variable.
fn subject(reference: &Reference) -> String {
    let root = &reference.root;
    if reference.path.is_empty() {
        format!("`{root}`")
    } else {
        format!("`{reference}`: `{root}`")
    }
}
