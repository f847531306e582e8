//! Checking `call` boxes against the manifests and the connections of the host.

use krabice_contract::Kind;
use krabice_contract::manifest::{ChoicesSource, Function, Parameter};

use super::Checker;
use super::facts::FactSet;
use super::manifests::CalledFunction;
use super::references::Need;
use super::uses::Audience;
use crate::diagnostic::Code;
use crate::document::{Call, FunctionName, Node, Operand, Placed};
use crate::moment;
use crate::read::words;
use crate::source::{Part, Place};
use crate::variable::is_hidden_name;

impl<'c> Checker<'c, '_, '_> {
    /// Checks a `call` box that is entered with these facts.
    pub(super) fn call(
        &mut self,
        number: usize,
        of: &Placed<Node>,
        call: &'c Call,
        state: &FactSet,
    ) {
        let function = self.function(number, call);
        self.connection(number, call);
        let given = function.map(|function| self.parameters(call, function));
        for (index, (name, operand)) in call.params.iter().enumerate() {
            let parameter = given.as_ref().and_then(|given| given[index]);
            let need = match parameter {
                Some(parameter) if !parameter.required => Need::MayBeLeftOut,
                _ => Need::Value,
            };
            self.operand(operand, state, need, Audience::Nobody);
            if let (Some(parameter), Some(function)) = (parameter, function)
                && self.parameter_fits(operand, state, parameter.kind, name)
            {
                self.parameter_choice(operand, parameter, function);
            }
        }
        let personal = self.resolver.rules.calls.of_box(number);
        match personal.map_or_else(Vec::new, CalledFunction::personal)[..] {
            [] => {}
            [""] => self.visible_personal(of, "the function's answer is personal"),
            [one] => self.visible_personal(of, &format!("the field `{one}` is personal")),
            ref several => {
                let fields = words(several.iter().copied());
                self.visible_personal(of, &format!("the fields {fields} are personal"));
            }
        }
    }

    /// The function that is called, or the one that a typo means.
    fn function(&mut self, number: usize, call: &Call) -> Option<&'c Function> {
        let FunctionName {
            plugin,
            function: name,
        } = call.function.known()?;
        let place = call.function.place;
        let manifests = self.world.manifests.as_ref()?;
        let called = self.resolver.rules.calls.of_box(number);
        let meant = called.map(|called| called.manifest.name.as_str());
        if meant != Some(plugin) {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}/{name}`?"),
                None if manifests.is_empty() => {
                    "the host has no plugins; check the folder that it loads them from".to_owned()
                }
                None => format!("the host has {}", words(manifests.keys().copied())),
            };
            let message = format!("there is no plugin `{plugin}`");
            self.report(Code::UnknownPlugin, place, Part::Value, message, Some(help));
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
                place,
                Part::Value,
                message,
                Some(help),
            );
        }
        called.function
    }

    fn connection(&mut self, number: usize, call: &Call) {
        let Some(function) = call.function.known() else {
            return;
        };
        let place = call.function.place;
        let called = self.resolver.rules.calls.of_box(number);
        let manifest = called.map(|called| called.manifest);
        let plugin = manifest.map_or(&*function.plugin, |manifest| &*manifest.name);
        let needs_one = manifest.map(|manifest| !manifest.settings.is_empty());
        let given = call.connection.as_ref();
        if let (Some(false), Some(given)) = (needs_one, given) {
            let message = format!("the plugin `{plugin}` needs no connection");
            let help = Some("take it out".to_owned());
            self.report(Code::WrongConnection, given.place, Part::Key, message, help);
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
        if let Some(given) = given {
            let is_of = connections.get(given.value.as_str());
            self.given_connection(given, is_of, plugin, &of_plugin);
        } else if of_plugin.len() > 1 {
            let message = format!("the host has {} connections of `{plugin}`", of_plugin.len());
            let help = format!("add `\"connection\"`: one of {}", words(of_plugin));
            self.report(
                Code::AmbiguousConnection,
                place,
                Part::Value,
                message,
                Some(help),
            );
        } else if of_plugin.is_empty() && needs_one == Some(true) {
            let message = format!("the host has no connection of the plugin `{plugin}`");
            let help = "add one to the host's connections".to_owned();
            self.report(
                Code::WrongConnection,
                place,
                Part::Value,
                message,
                Some(help),
            );
        }
    }

    /// Checks a connection that the call names: the plugin that it is of, and the host's
    /// connections of the plugin that is called.
    fn given_connection(
        &mut self,
        given: &Placed<String>,
        is_of: Option<&&str>,
        plugin: &str,
        of_plugin: &[&str],
    ) {
        if given.known().is_none() || is_of.is_some_and(|of| *of == plugin) {
            return;
        }
        let meant = match is_of {
            Some(_) => None,
            None => self.nearest(&given.value, of_plugin.iter().copied()),
        };
        let help = match (meant, of_plugin) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, []) => format!("add a connection of `{plugin}` to the host"),
            (None, names) => format!("use {}", words(names.iter().copied())),
        };
        let given_name = &given.value;
        let (code, message) = match is_of {
            Some(of) => (
                Code::WrongConnection,
                format!("`{given_name}` is a connection of the plugin `{of}`, not of `{plugin}`"),
            ),
            None => (
                Code::UnknownConnection,
                format!("the host has no connection `{given_name}`"),
            ),
        };
        self.report(code, given.place, Part::Value, message, Some(help));
    }

    /// Reports unknown and missing parameters. Returns for each given one the function's
    /// parameter that it is, or that a typo means.
    fn parameters(&mut self, call: &Call, function: &'c Function) -> Vec<Option<&'c Parameter>> {
        let known = || {
            function
                .parameters
                .iter()
                .filter(|parameter| !parameter.name.contains('.'))
        };
        let by_name = |name: &str| known().find(|parameter| parameter.name == name);
        let mut found: Vec<Option<&Parameter>> = Vec::new();
        let mut claimed: Vec<&str> = call.params.keys().map(String::as_str).collect();
        for (name, value) in &call.params {
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
                    value.place,
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
        // If a call has no parameters at all, that is one finding.
        let together = if call.params.is_empty() {
            missing.len().max(1)
        } else {
            1
        };
        for parameters in missing.chunks(together) {
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
                call.function.place,
                Part::Value,
                message,
                Some(help),
            );
        }
        found
    }

    /// Whether a value fits a parameter's kind; a date that is written out fits as a moment.
    fn parameter_fits(
        &mut self,
        operand: &Placed<Operand>,
        state: &FactSet,
        asked: Kind,
        name: &str,
    ) -> bool {
        let place = operand.place;
        let literal = operand.literal();
        let what = format!("the parameter `{name}`");
        match (literal, asked) {
            (Some(text), Kind::Timestamp)
                if self
                    .document
                    .time_zone
                    .known()
                    .is_none_or(|zone| moment::parse(text, zone).is_some()) =>
            {
                true
            }
            (Some(text), Kind::Email) if !text.contains('@') => {
                self.report(
                    Code::WrongKind,
                    place,
                    Part::Value,
                    format!("{what} takes an e-mail address, and `{text}` is not one"),
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
                    format!("{what} takes an address, and `{text}` is not one"),
                    Some(help),
                );
                false
            }
            _ => self.fits(operand, state, |given| asked.accepts(given), asked, &what),
        }
    }

    /// Whether a value has a kind that a place of the kind `asked` takes.
    pub(super) fn fits(
        &mut self,
        operand: &Placed<Operand>,
        state: &FactSet,
        takes: impl Fn(Kind) -> bool,
        asked: Kind,
        what: &str,
    ) -> bool {
        let Some(value) = operand.known() else {
            return false;
        };
        let kinds = self.resolver.kinds(operand, state);
        let Some(misfit) = kinds.into_iter().flatten().find(|given| !takes(*given)) else {
            return true;
        };
        let literal = value.literal();
        let message =
            format!("{what} must be of the kind `{asked}`, but this is of the kind `{misfit}`");
        let help = match (literal, asked) {
            (Some(text), Kind::Integer | Kind::Decimal) if text.trim().parse::<f64>().is_ok() => {
                Some("write the number without quotes".to_owned())
            }
            (Some("true" | "false"), Kind::Boolean) => Some("write it without quotes".to_owned()),
            (Some(_), Kind::Timestamp) => Some("write a date as `2026-03-14`".to_owned()),
            (None, asked) if asked.is_textual() && matches!(value, Operand::Constant(_)) => {
                Some("write a text, in quotes".to_owned())
            }
            _ => None,
        };
        self.report(Code::WrongKind, operand.place, Part::Value, message, help);
        false
    }

    fn parameter_choice(
        &mut self,
        operand: &Placed<Operand>,
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
            "`{literal}` is not a choice of the parameter `{}` of `{}`",
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

    /// Reports personal data in a visible variable: once for a function's answer, and for
    /// an e-mail address or a telephone number that a customer types. Copies of it are not
    /// reported again.
    pub(super) fn visible_personal(&mut self, of: &Placed<Node>, what: &str) {
        let Some(save) = of.save().filter(|save| !is_hidden_name(save)) else {
            return;
        };
        let message = format!("`{}` is a visible variable, and {what}", save.value);
        let help = format!(
            "save to `${0}`, and write `<<reveal …>>` or `<<mask …>>` where the customer may see a part of it",
            save.value
        );
        let (place, part) = variable_place(of);
        self.report(Code::VisiblePersonal, place, part, message, Some(help));
    }
}

/// Where the name of a box's variable is written: in `save`, else as the box's id.
pub(super) fn variable_place(of: &Placed<Node>) -> (Place, Part) {
    match of.save() {
        Some(save) if save.place != of.place => (save.place, Part::Value),
        Some(_) | None => (of.place, Part::Key),
    }
}
