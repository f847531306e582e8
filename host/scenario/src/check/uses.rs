//! Checking the variables that templates use: the purpose of each use, and whether the value
//! may be visible there.

use std::borrow::Cow;

use krabice_contract::Kind;
use krabice_contract::shape::Parts;

use super::Checker;
use super::facts::FactSet;
use super::references::{Meaning, Need, Occurrence};
use crate::diagnostic::Code;
use crate::draft::{MaybeOperand, TextDraft};
use crate::read::words;
use crate::scenario::Operand;
use crate::source::{Part, Place, Placed};
use crate::template::{Guard, Position, Reference, Template, Use, argument_kinds, takes};
use crate::variable::is_hidden_name;

/// The audience of a template's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience<'n> {
    /// The customer.
    Customer,
    /// The customer, who is offered the file itself.
    CustomerFile,
    /// Everybody who can see this variable.
    Variable(&'n str),
    /// Nobody: only functions and tests use the value.
    Nobody,
}

impl<'c> Checker<'c, '_, '_> {
    /// Checks a text that the customer sees.
    pub(super) fn text(&mut self, text: &'c TextDraft, state: &FactSet) {
        for line in text.templates() {
            self.template(
                &line.value,
                line.place,
                state,
                Need::Value,
                Audience::Customer,
            );
        }
    }

    /// Checks a value that an author wrote.
    pub(super) fn operand(
        &mut self,
        operand: &'c Placed<Operand>,
        state: &FactSet,
        need: Need,
        audience: Audience<'_>,
    ) {
        if let Operand::Template(template) = &operand.value {
            self.template(template, operand.place, state, need, audience);
        }
    }

    /// Checks the files that a box offers: each must be a reference to a file that is
    /// certainly present.
    pub(super) fn files(&mut self, files: &'c [MaybeOperand], state: &FactSet) {
        for operand in files {
            let Some(at) = operand else { continue };
            self.operand(at, state, Need::Value, Audience::CustomerFile);
            let message = match &at.value {
                Operand::Constant(_) => {
                    "this is not a reference, and a file comes from a function".to_owned()
                }
                Operand::Template(_) => {
                    let kinds = self.resolver.kinds(operand, state);
                    match kinds.into_iter().flatten().find(|kind| *kind != Kind::File) {
                        Some(kind) => format!("this is of the kind `{kind}`, not a file"),
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
        state: &FactSet,
        need: Need,
        audience: Audience<'_>,
    ) {
        // A template that is one reference gives its value, not a text made from it.
        let keeps_kind = template.as_reference().is_some() && audience != Audience::Customer;
        for used in template.uses() {
            let written = Occurrence {
                text: &template.source()[used.span.clone()],
                place,
                span: used.span.clone(),
            };
            self.secrecy(used, &written, audience);
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
                let guards = self.guards_meant(&used.guards, state);
                guarded = self.resolver.rules.guarded(&guards, state);
                &guarded
            };
            let meant = (self.resolver).meant(&used.reference, &used.alternatives, state);
            if let Some(meaning) = self.reference(meant, &written, state, need)
                && !keeps_kind
            {
                self.kind_of_use(used, meant, &meaning, place);
            }
        }
        if audience == Audience::Customer {
            self.booleans(template, place, state);
        }
    }

    /// The tests around a use, of what is meant in sections.
    fn guards_meant<'g>(&self, guards: &'g [Guard], state: &FactSet) -> Cow<'g, [Guard]> {
        if guards.iter().all(|guard| guard.alternatives.is_empty()) {
            return Cow::Borrowed(guards);
        }
        let meant = guards.iter().map(|guard| Guard {
            reference: (self.resolver)
                .meant(&guard.reference, &guard.alternatives, state)
                .clone(),
            ..guard.clone()
        });
        Cow::Owned(meant.collect())
    }

    /// Warns of booleans in a text for the customer.
    fn booleans(&mut self, template: &Template, place: Place, state: &FactSet) {
        let resolver = self.resolver;
        let shown = template.shown_booleans(|reference| {
            let kinds = resolver.meaning(reference, state)?.kinds();
            <[Option<Kind>; 1]>::try_from(kinds).ok()?[0]
        });
        for span in shown {
            let written = &template.source()[span.clone()];
            let message =
                format!("`{written}` shows the customer `true` or `false`, in every language");
            let help = "say it in words: `<<#if …>>…<<else>>…<</if>>`";
            self.report(
                Code::BooleanShown,
                place,
                Part::Text(span),
                message,
                Some(help.to_owned()),
            );
        }
    }

    /// Reports a hidden value that would become visible without `mask` or `reveal`.
    fn secrecy(&mut self, used: &Use, written: &Occurrence<'_>, audience: Audience<'_>) {
        let Occurrence { text, place, span } = written;
        let facts = self.resolver.rules.facts;
        let hidden = used
            .references()
            .find(|of| is_hidden_name(&of.root) && facts.variable(&of.root).is_some());
        let Some(reference) = hidden.filter(|_| used.flows()) else {
            return;
        };
        let (place, part) = (*place, Part::Text(span.clone()));
        match audience {
            Audience::Customer => {
                let message =
                    format!("`{reference}` is hidden, and the customer would see it here");
                let help = format!(
                    "write `<<mask {text}>>`, or `<<reveal {text}>>` to show it on purpose"
                );
                self.report(Code::HiddenShown, place, part, message, Some(help));
            }
            Audience::CustomerFile => {
                let message =
                    format!("`{reference}` is hidden, and the customer would be given it here");
                let help = format!("write `<<reveal {text}>>` to offer it on purpose");
                self.report(Code::HiddenShown, place, part, message, Some(help));
            }
            Audience::Variable(variable) if !is_hidden_name(variable) => {
                let message =
                    format!("`{reference}` is hidden, and the variable `{variable}` is not");
                let help = format!(
                    "call the variable `${variable}`, or write `<<mask {text}>>`, or `<<reveal {text}>>` \
                     to make it visible on purpose"
                );
                self.report(Code::HiddenCopied, place, part, message, Some(help));
            }
            Audience::Variable(_) | Audience::Nobody => {}
        }
    }

    /// Checks that the place of a use can have the kind of the value.
    fn kind_of_use(
        &mut self,
        used: &Use,
        reference: &Reference,
        meaning: &Meaning<'_>,
        place: Place,
    ) {
        let part = || Part::Text(used.span.clone());
        let helper = used.taken_by.map_or("#each", |(helper, _)| helper);
        for kind in meaning.kinds().into_iter().flatten() {
            let whole = matches!(kind, Kind::List | Kind::Record);
            match (&used.position, used.taken_by) {
                (Position::Iterated, _) => {
                    if !whole {
                        let message = format!(
                            "`{reference}` is of the kind `{kind}`, but `{helper}` needs a list or a record"
                        );
                        self.report(Code::WrongKind, place, part(), message, None);
                    }
                }
                (Position::Shown, None)
                | (Position::Argument { .. }, Some(("default" | "or" | "and", _)))
                    if whole =>
                {
                    let message =
                        format!("`{reference}` is a {kind}, and a text cannot show a whole {kind}");
                    let fields = fields_of(meaning, reference);
                    let help = if kind == Kind::List {
                        format!("go through its items: `<<#each {reference}>>…<</each>>`")
                    } else if fields.is_empty() {
                        "name one of its fields".to_owned()
                    } else {
                        format!("name one of its fields: {fields}")
                    };
                    self.report(Code::NotText, place, part(), message, Some(help));
                }
                (_, Some((helper, index))) => {
                    let Some(allowed) = argument_kinds(helper, index) else {
                        continue;
                    };
                    if !takes(allowed, kind) {
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
            Parts::Single | Parts::Items(_) | Parts::Any => None,
        });
    let fields: Vec<_> = fields
        .flatten()
        .map(|field| format!("{reference}.{field}"))
        .collect();
    words(fields.iter().map(String::as_str))
}
