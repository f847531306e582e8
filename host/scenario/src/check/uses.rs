//! Templates at their places: every variable that they use, what it is used
//! for, and whether it may be seen.

use super::Checker;
use super::facts::State;
use super::references::{Meaning, Need, Written};
use crate::Kind;
use crate::diagnostic::Code;
use crate::draft::{Operand, OperandDraft, TextDraft};
use crate::read::words;
use crate::shape::Parts;
use crate::source::{At, Part, Place};
use crate::template::{Position, Reference, Template, Use, argument_kinds};
use crate::variable::is_hidden_name;

/// Who sees what a template comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen<'n> {
    /// The customer.
    ByCustomer,
    /// The customer, who is offered the file itself.
    AsFile,
    /// Whoever sees this variable.
    As(&'n str),
    /// Functions and tests alone.
    ByNobody,
}

impl<'c> Checker<'c, '_, '_> {
    /// A text that the customer sees.
    pub(super) fn text(&mut self, text: &'c TextDraft, state: &State) {
        for line in text.templates() {
            self.template(
                &line.value,
                line.place,
                state,
                Need::Value,
                Seen::ByCustomer,
            );
        }
    }

    /// A value that an author wrote.
    pub(super) fn operand(
        &mut self,
        operand: &'c At<OperandDraft>,
        state: &State,
        need: Need,
        seen: Seen<'_>,
    ) {
        if let OperandDraft::Template(template) = &operand.value {
            self.template(template, operand.place, state, need, seen);
        }
    }

    /// The files that a box offers: each a reference to one that is certain to be there.
    pub(super) fn files(&mut self, files: &'c [Operand], state: &State) {
        for operand in files {
            let Some(at) = operand else { continue };
            self.operand(at, state, Need::Value, Seen::AsFile);
            let message = match &at.value {
                OperandDraft::Constant(_) => {
                    "this is no reference, and a file comes from a function".to_owned()
                }
                OperandDraft::Template(_) => {
                    let kinds = self.reading.kinds(operand, state);
                    match kinds.into_iter().flatten().find(|kind| *kind != Kind::File) {
                        Some(kind) => format!("this is of the kind `{kind}`, and no file"),
                        None => continue,
                    }
                }
            };
            let help = "write a reference to a value of the kind `file`, such as `<<invoice>>`";
            self.report(
                Code::WrongKind,
                at.place,
                Part::Value,
                message,
                Some(help.to_owned()),
            );
        }
    }

    fn template(
        &mut self,
        template: &'c Template,
        place: Place,
        state: &State,
        need: Need,
        seen: Seen<'_>,
    ) {
        // A value of its own kind, instead of a text that is made of it.
        let keeps_kind = template.as_reference().is_some() && seen != Seen::ByCustomer;
        for used in template.uses() {
            let written = Written {
                text: &template.source()[used.span.clone()],
                place,
                span: used.span.clone(),
            };
            self.secrecy(used, &written, seen);
            let need = match used.position {
                Position::Shown if template.as_reference().is_some() => need,
                Position::Shown | Position::Argument { .. } if used.defaulted => Need::OrElse,
                Position::Shown | Position::Argument { .. } => Need::Value,
                Position::Tested => Need::Truth,
                Position::Iterated => Need::Items,
            };
            let guarded;
            let state = if used.guards.is_empty() {
                state
            } else {
                guarded = self.reading.rules.guarded(&used.guards, state);
                &guarded
            };
            if let Some(meaning) = self.reference(&used.reference, written, state, need)
                && !keeps_kind
            {
                self.kind_of_use(used, &meaning, place);
            }
        }
    }

    /// A hidden value must not be seen, unless its author says so.
    fn secrecy(&mut self, used: &Use, written: &Written<'_>, seen: Seen<'_>) {
        let Written { text, place, span } = written;
        let name = &used.reference.root;
        let known = self.reading.rules.facts.variable(name).is_some();
        if !known || !is_hidden_name(name) || !used.flows() {
            return;
        }
        let reference = &used.reference;
        let (place, part) = (*place, Part::Text(span.clone()));
        match seen {
            Seen::ByCustomer => {
                let message =
                    format!("`{reference}` is hidden, and the customer would see it here");
                let help = format!(
                    "write `<<mask {text}>>`, or `<<reveal {text}>>` to show it on purpose"
                );
                self.report(Code::HiddenShown, place, part, message, Some(help));
            }
            Seen::AsFile => {
                let message =
                    format!("`{reference}` is hidden, and the customer would be given it here");
                let help = format!("write `<<reveal {text}>>` to offer it on purpose");
                self.report(Code::HiddenShown, place, part, message, Some(help));
            }
            Seen::As(variable) if !is_hidden_name(variable) => {
                let message =
                    format!("`{reference}` is hidden, and the variable `{variable}` is not");
                let help = format!(
                    "call the variable `${variable}`, or write `<<mask {text}>>`, or `<<reveal {text}>>` \
                     to make it visible on purpose"
                );
                self.report(Code::HiddenCopied, place, part, message, Some(help));
            }
            Seen::As(_) | Seen::ByNobody => {}
        }
    }

    /// Whether a value is of a kind that its place can do something with.
    fn kind_of_use(&mut self, used: &Use, meaning: &Meaning<'_>, place: Place) {
        let reference = &used.reference;
        let part = || Part::Text(used.span.clone());
        for kind in meaning.kinds().into_iter().flatten() {
            let whole = matches!(kind, Kind::List | Kind::Record);
            match (&used.position, used.taken_by) {
                (Position::Iterated, _) if kind != Kind::List => {
                    let message = format!(
                        "`{reference}` is of the kind `{kind}`, and `#each` goes through a list"
                    );
                    self.report(Code::WrongKind, place, part(), message, None);
                }
                (Position::Shown, None) | (Position::Argument { .. }, Some(("default", 0)))
                    if whole =>
                {
                    let message =
                        format!("`{reference}` is a {kind}, and a text cannot show it whole");
                    let help = match kind {
                        Kind::List => {
                            format!("go through its items: `<<#each {reference}>>…<</each>>`")
                        }
                        _ => match fields_of(meaning, reference) {
                            fields if fields.is_empty() => "name one of its fields".to_owned(),
                            fields => format!("name one of its fields: {fields}"),
                        },
                    };
                    self.report(Code::NotText, place, part(), message, Some(help));
                }
                (_, Some((helper, index))) => {
                    let Some(allowed) = argument_kinds(helper, index) else {
                        continue;
                    };
                    let fits = allowed.contains(&kind)
                        || kind.is_textual() && allowed.contains(&Kind::Text);
                    if !fits {
                        let message = format!(
                            "`{reference}` is of the kind `{kind}`, and `{helper}` cannot take it"
                        );
                        let help =
                            format!("it takes {}", words(allowed.iter().map(|kind| kind.word())));
                        self.report(Code::WrongKind, place, part(), message, Some(help));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Some fields of a record, for a sentence.
fn fields_of(meaning: &Meaning<'_>, reference: &Reference) -> String {
    let fields = meaning
        .shapes
        .iter()
        .flatten()
        .filter_map(|shape| match &shape.parts {
            Parts::Fields(fields) => Some(fields.keys().take(5)),
            _ => None,
        });
    let fields: Vec<_> = fields
        .flatten()
        .map(|field| format!("{reference}.{field}"))
        .collect();
    words(fields.iter().map(String::as_str))
}
