//! `call` boxes against the manifests and the connections of the host.

use super::Checker;
use super::facts::State;
use super::references::Need;
use super::uses::Seen;
use crate::diagnostic::Code;
use crate::draft::{BoxDraft, CallDraft, Content, ExpectDraft, Operand, OperandDraft};
use crate::manifest::{ChoicesSource, Function, Parameter};
use crate::read::words;
use crate::source::{At, Part, Place};
use crate::variable::is_hidden_name;
use crate::{Kind, Value, moment};

impl<'c> Checker<'c, '_, '_> {
    /// A `call` box, where these facts hold at its entry.
    pub(super) fn call(
        &mut self,
        number: usize,
        of: &'c BoxDraft,
        call: &'c CallDraft,
        state: &State,
    ) {
        let function = self.function(number, call);
        self.connection(number, call);
        let given = function.map(|function| self.parameters(call, function));
        for (index, (name, (place, operand))) in call.params.iter().enumerate() {
            let parameter = given.as_ref().and_then(|given| given[index]);
            let need = match parameter {
                Some(parameter) if !parameter.required => Need::MayBeLeftOut,
                _ => Need::Value,
            };
            let Some(operand_at) = operand else { continue };
            self.operand(operand_at, state, need, Seen::ByNobody);
            if let (Some(parameter), Some(function)) = (parameter, function) {
                let fits = self.parameter_fits(operand, state, *place, parameter.kind, name);
                if fits {
                    self.parameter_choice(operand_at, parameter, function);
                }
            }
        }
        self.visible_personal(number, of);
    }

    /// The function that is called, or plainly meant.
    fn function(&mut self, number: usize, call: &CallDraft) -> Option<&'c Function> {
        let At {
            value: (plugin, name),
            place,
        } = call.function.as_ref()?;
        let manifests = self.world.manifests.as_ref()?;
        let called = self.reading.rules.calls.of_box(number);
        let meant = called.map(|called| called.manifest.name.as_str());
        if meant != Some(plugin) {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}/{name}`?"),
                None if manifests.is_empty() => {
                    "the host has no plugins at all; tell it where they are".to_owned()
                }
                None => format!("the host has {}", words(manifests.keys().copied())),
            };
            let message = format!("there is no plugin `{plugin}`");
            self.report(
                Code::UnknownPlugin,
                *place,
                Part::Value,
                message,
                Some(help),
            );
            return called?.function;
        }
        let called = called?;
        if called
            .function
            .is_none_or(|function| function.name != *name)
        {
            let help = match called.function {
                Some(meant) => format!("did you mean `{plugin}/{}`?", meant.name),
                None => {
                    let known = called.manifest.functions.keys().map(String::as_str);
                    format!("it has {}", words(known))
                }
            };
            let message = format!("the plugin `{plugin}` has no function `{name}`");
            self.report(
                Code::UnknownFunction,
                *place,
                Part::Value,
                message,
                Some(help),
            );
        }
        called.function
    }

    fn connection(&mut self, number: usize, call: &CallDraft) {
        let Some(At {
            value: (plugin, _),
            place,
        }) = &call.function
        else {
            return;
        };
        let manifest = self
            .reading
            .rules
            .calls
            .of_box(number)
            .map(|called| called.manifest);
        let plugin = manifest.map_or(plugin.as_str(), |manifest| manifest.name.as_str());
        let needs_one = manifest.map(|manifest| !manifest.settings.is_empty());
        if let (Some(false), Some(given)) = (needs_one, &call.connection) {
            let message = format!("the plugin `{plugin}` needs no connection");
            let help = "take it out".to_owned();
            self.report(
                Code::WrongConnection,
                given.place,
                Part::Key,
                message,
                Some(help),
            );
            return;
        }
        let Some(connections) = &self.world.connections else {
            return;
        };
        let of_plugin: Vec<&str> = connections
            .iter()
            .filter(|(_, of)| **of == plugin)
            .map(|(name, _)| *name)
            .collect();
        match &call.connection {
            Some(given) => match connections.get(given.value.as_str()) {
                Some(of) if *of == plugin => {}
                Some(of) => {
                    let message = format!(
                        "`{}` is a connection of the plugin `{of}`, not of `{plugin}`",
                        given.value
                    );
                    let help = match of_plugin.as_slice() {
                        [] => format!("add a connection of `{plugin}` to the host"),
                        names => format!("use {}", words(names.iter().copied())),
                    };
                    self.report(
                        Code::WrongConnection,
                        given.place,
                        Part::Value,
                        message,
                        Some(help),
                    );
                }
                None => {
                    let help = match self.nearest(&given.value, of_plugin.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if of_plugin.is_empty() => {
                            format!("add a connection of `{plugin}` to the host")
                        }
                        None => format!("use {}", words(of_plugin.iter().copied())),
                    };
                    let message = format!("the host has no connection `{}`", given.value);
                    self.report(
                        Code::UnknownConnection,
                        given.place,
                        Part::Value,
                        message,
                        Some(help),
                    );
                }
            },
            None if of_plugin.len() > 1 => {
                let message = format!("the host has {} connections of `{plugin}`", of_plugin.len());
                let help = format!(
                    "add `\"connection\"`: one of {}",
                    words(of_plugin.iter().copied())
                );
                self.report(
                    Code::AmbiguousConnection,
                    *place,
                    Part::Value,
                    message,
                    Some(help),
                );
            }
            None if of_plugin.is_empty() && needs_one == Some(true) => {
                let message = format!("the host has no connection of the plugin `{plugin}`");
                let help = "add one to the host's connections".to_owned();
                self.report(
                    Code::WrongConnection,
                    *place,
                    Part::Value,
                    message,
                    Some(help),
                );
            }
            None => {}
        }
    }

    /// Unknown and missing parameters. For each that is given, the one that it
    /// is, or plainly should be.
    fn parameters(
        &mut self,
        call: &CallDraft,
        function: &'c Function,
    ) -> Vec<Option<&'c Parameter>> {
        let known = || {
            function
                .parameters
                .iter()
                .filter(|parameter| !parameter.name.contains('.'))
        };
        let by_name = |name: &str| known().find(|parameter| parameter.name == name);
        let mut found: Vec<Option<&Parameter>> = Vec::new();
        let mut claimed: Vec<&str> = call.params.keys().map(String::as_str).collect();
        for (name, (place, _)) in &call.params {
            let exact = by_name(name);
            found.push(exact.or_else(|| {
                let open = known()
                    .map(|parameter| parameter.name.as_str())
                    .filter(|name| !claimed.contains(name));
                let meant = self.nearest(name, open);
                let help = match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => match words(known().map(|parameter| parameter.name.as_str())) {
                        names if names.is_empty() => "it has no parameters".to_owned(),
                        names => format!("it has {names}"),
                    },
                };
                let message = format!("the function `{}` has no parameter `{name}`", function.name);
                self.report(
                    Code::UnknownParameter,
                    *place,
                    Part::Key,
                    message,
                    Some(help),
                );
                claimed.extend(meant);
                meant.and_then(by_name)
            }));
        }
        let is_given = |name: &str| found.iter().flatten().any(|found| found.name == name);
        let missing = known().filter(|parameter| parameter.required && !is_given(&parameter.name));
        let missing: Vec<_> = missing.collect();
        // A call without any parameters lacks them by one slip.
        let together = if call.params.is_empty() {
            missing.len().max(1)
        } else {
            1
        };
        for parameters in missing.chunks(together) {
            let Some(at) = &call.function else { continue };
            let names = words(parameters.iter().map(|parameter| parameter.name.as_str()));
            let noun = if parameters.len() == 1 {
                "parameter"
            } else {
                "parameters"
            };
            let kinds = parameters
                .iter()
                .map(|parameter| format!("`\"{}\"` ({})", parameter.name, parameter.kind));
            let help = format!("add {} to `params`", kinds.collect::<Vec<_>>().join(", "));
            let message = format!("the call lacks the {noun} {names}");
            self.report(
                Code::MissingParameter,
                at.place,
                Part::Value,
                message,
                Some(help),
            );
        }
        found
    }

    /// Whether a value fits a parameter's kind; a date that is written out
    /// becomes a moment.
    fn parameter_fits(
        &mut self,
        operand: &Operand,
        state: &State,
        place: Place,
        asked: Kind,
        name: &str,
    ) -> bool {
        let literal = operand.as_ref().and_then(|at| at.value.literal());
        let what = format!("the parameter `{name}`");
        match (literal, asked) {
            (Some(text), Kind::Timestamp)
                if self
                    .draft
                    .time_zone
                    .as_ref()
                    .is_none_or(|zone| moment::read(text, zone).is_some()) =>
            {
                true
            }
            (Some(text), Kind::Email) if !text.contains('@') => {
                self.report(
                    Code::WrongKind,
                    place,
                    Part::Value,
                    format!("{what} takes an e-mail address, and `{text}` is none"),
                    None,
                );
                false
            }
            (Some(text), Kind::Url)
                if !text.starts_with("http://") && !text.starts_with("https://") =>
            {
                let help = "write the whole address, such as `https://example.cz/`".to_owned();
                self.report(
                    Code::WrongKind,
                    place,
                    Part::Value,
                    format!("{what} takes an address, and `{text}` is none"),
                    Some(help),
                );
                false
            }
            _ => self.fits(
                operand,
                state,
                place,
                |given| asked.accepts(given),
                asked,
                &what,
            ),
        }
    }

    /// Whether a value is of a kind that is taken where `asked` is asked for.
    pub(super) fn fits(
        &mut self,
        operand: &Operand,
        state: &State,
        place: Place,
        takes: impl Fn(Kind) -> bool,
        asked: Kind,
        what: &str,
    ) -> bool {
        let Some(at) = operand else { return false };
        let kinds = self.reading.kinds(operand, state);
        let Some(misfit) = kinds.into_iter().flatten().find(|given| !takes(*given)) else {
            return true;
        };
        let literal = at.value.literal();
        let message =
            format!("{what} is of the kind `{asked}`, and this is of the kind `{misfit}`");
        let help = match (literal, asked) {
            (Some(text), Kind::Integer | Kind::Decimal) if text.trim().parse::<f64>().is_ok() => {
                Some("write the number without quotes".to_owned())
            }
            (Some("true" | "false"), Kind::Boolean) => Some("write it without quotes".to_owned()),
            (Some(_), Kind::Timestamp) => Some("write a date as `2026-03-14`".to_owned()),
            (None, asked)
                if asked.is_textual() && matches!(at.value, OperandDraft::Constant(_)) =>
            {
                Some("write a text, in quotes".to_owned())
            }
            _ => None,
        };
        self.report(Code::WrongKind, place, Part::Value, message, help);
        false
    }

    fn parameter_choice(
        &mut self,
        operand: &At<OperandDraft>,
        parameter: &Parameter,
        function: &Function,
    ) {
        let (Some(literal), ChoicesSource::Fixed(choices)) =
            (operand.value.literal(), &parameter.choices)
        else {
            return;
        };
        let known = || choices.iter().map(|choice| choice.value.as_str());
        if known().any(|known| known == literal) {
            return;
        }
        let help = match self.nearest(literal, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use one of {}", words(known())),
        };
        let message = format!(
            "`{literal}` is no choice of the parameter `{}` of `{}`",
            parameter.name, function.name
        );
        self.report(
            Code::UnknownChoice,
            operand.place,
            Part::Value,
            message,
            Some(help),
        );
    }

    /// Personal data in a visible variable: what a function answers with, once
    /// for the box; what a customer types as an e-mail address or a telephone
    /// number. What is then copied from there is not reported again.
    pub(super) fn visible_personal(&mut self, number: usize, of: &BoxDraft) {
        let Some(save) = of.save.as_ref().filter(|save| !is_hidden_name(&save.value)) else {
            return;
        };
        let what = match &of.content {
            Content::Call(_) => {
                let Some(called) = self.reading.rules.calls.of_box(number) else {
                    return;
                };
                match called.personal().as_slice() {
                    [] => return,
                    [""] => "what the function answers with is personal".to_owned(),
                    [one] => format!("the field `{one}` is personal"),
                    several => {
                        format!("the fields {} are personal", words(several.iter().copied()))
                    }
                }
            }
            Content::Answer {
                expect: Some(ExpectDraft::Email),
                ..
            } => "an e-mail address is personal".to_owned(),
            Content::Answer {
                expect: Some(ExpectDraft::Phone),
                ..
            } => "a telephone number is personal".to_owned(),
            _ => return,
        };
        let message = format!("`{}` is a visible variable, and {what}", save.value);
        let help = format!(
            "save to `${0}`, and write `<<reveal …>>` or `<<mask …>>` where the customer may see a part of it",
            save.value
        );
        let part = if save.place == of.place {
            Part::Key
        } else {
            Part::Value
        };
        self.report(Code::VisiblePersonal, save.place, part, message, Some(help));
    }
}

/// The value that a literal date stands for where a moment is asked for.
pub(super) fn as_moment(text: &str, zone: &jiff::tz::TimeZone) -> Option<Value> {
    moment::read(text, zone).map(Value::Timestamp)
}
