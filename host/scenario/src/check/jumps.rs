//! Checking `jump` boxes to other scenarios.

use super::Checker;
use super::facts::FactSet;
use super::references::Need;
use super::uses::Audience;
use super::world::Surface;
use crate::diagnostic::Code;
use crate::document::{InputFrom, Jump, Node, Placed};
use crate::read::words;
use crate::source::Part;

impl<'c> Checker<'c, '_, '_> {
    /// The surface of another scenario, or of this one.
    pub(super) fn surface(&self, name: &str) -> Option<&Surface> {
        match self.document.name.known() {
            Some(own) if own == name => Some(self.own),
            Some(_) | None => self.world.scenarios.as_ref()?.get(name).copied(),
        }
    }

    /// Reports required inputs that a channel of the scenario cannot give, and a scenario that
    /// nothing can start.
    pub(super) fn starts(&mut self) {
        let document = self.document;
        for channel in &document.channels {
            for (name, input) in document.inputs.iter().filter(|(_, input)| input.required) {
                if channel.gives(*input.from) {
                    continue;
                }
                let (word, from) = (channel.value.word(), input.from.word());
                let message = format!(
                    "no session can start in the channel `{word}`: the input `{name}` is required and comes from `{from}`"
                );
                let givers = InputFrom::ALL.iter().copied();
                let givers = givers.filter(|from| channel.value.gives(*from));
                let help = format!(
                    "take `{word}` out of `channels`, or `required` out of the input; the channel gives inputs from {}",
                    words(givers.map(InputFrom::word))
                );
                self.report(
                    Code::InputNotGiven,
                    input.place,
                    Part::Key,
                    message,
                    Some(help),
                );
            }
        }
        let (Some(name), Some(scenarios)) = (document.name.known(), &self.world.scenarios) else {
            return;
        };
        let starts = !document.channels.is_empty() || document.is_macro;
        if !starts
            && !scenarios
                .values()
                .any(|other| other.jumps_to.contains(name))
        {
            let message = format!("nothing can start the scenario `{name}`");
            let help = "add `\"channels\": [\"chat\"]` if any visitor of the page may start it, or make another scenario `jump` to it";
            self.report(
                Code::NotStarted,
                document.name.place,
                Part::Value,
                message,
                Some(help.to_owned()),
            );
        }
    }

    /// Checks a `jump` box to another scenario that is entered with these facts.
    pub(super) fn jump(&mut self, of: &'c Placed<Node>, jump: &'c Jump, state: &FactSet) {
        let (scenario, inputs) = (of.jumps_to(), &jump.inputs);
        let surface = scenario.and_then(|scenario| self.surface(&scenario.value).cloned());
        if let (Some(scenario), None, Some(known)) = (scenario, &surface, &self.world.scenarios) {
            let help = match self.nearest(&scenario.value, known.keys().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "give the host a scenario of this name".to_owned(),
            };
            let message = format!("there is no scenario `{}`", scenario.value);
            self.report(
                Code::UnknownScenario,
                scenario.place,
                Part::Value,
                message,
                Some(help),
            );
        }
        for (name, operand) in inputs {
            self.operand(operand, state, Need::MayBeLeftOut, Audience::Variable(name));
            let Some(surface) = &surface else { continue };
            let Some(kind) = surface.inputs.get(name) else {
                let known = || surface.inputs.keys().map(String::as_str);
                let help = match self.nearest(name, known()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if surface.inputs.is_empty() => "it has no inputs".to_owned(),
                    None => format!("it has {}", words(known())),
                };
                let message = format!("the scenario `{}` has no input `{name}`", surface.name);
                self.report(
                    Code::UnknownInput,
                    operand.place,
                    Part::Key,
                    message,
                    Some(help),
                );
                continue;
            };
            let takes = |given| kind.includes(given);
            self.fits(operand, state, takes, *kind, &format!("the input `{name}`"));
        }
        if let (Some(scenario), Some(surface)) = (scenario, &surface) {
            for name in &surface.requires {
                if !inputs.contains_key(name) {
                    let message = format!(
                        "the jump lacks the input `{name}`, which `{}` requires",
                        surface.name
                    );
                    let help = Some(format!("add `\"{name}\"` to `inputs`"));
                    self.report(
                        Code::MissingInput,
                        scenario.place,
                        Part::Value,
                        message,
                        help,
                    );
                }
            }
        }
        if let Some(scenario) = scenario
            && let Some(way) = self.endless_way(of, &scenario.value)
        {
            let message =
                format!("the scenarios jump to each other and never wait for the customer: {way}");
            let help = "put a box that waits (`answer` or `buttons`) before one of the jumps";
            let help = Some(help.to_owned());
            self.report(
                Code::EndlessLoop,
                scenario.place,
                Part::Value,
                message,
                help,
            );
            return;
        }
        if let (Some(scenario), Some(_)) = (scenario, &jump.next)
            && let Some(way) = self.way_back(&scenario.value)
        {
            let message = format!("the scenarios jump to each other and return: {way}");
            let help = "leave out `next` in one of the jumps, so that it does not wait for the other's end".to_owned();
            self.report(
                Code::JumpRecursion,
                scenario.place,
                Part::Value,
                message,
                Some(help),
            );
        }
    }

    /// The way from a jump through other scenarios back to the same jump, on which nothing
    /// waits for the customer.
    fn endless_way(&self, of: &Placed<Node>, to: &str) -> Option<String> {
        let own = self.document.name.known()?.as_str();
        let boxes = self.document.boxes.values();
        let mut jumps = boxes.filter(|each| each.jumps_to().is_some());
        let origin = jumps.position(|each| std::ptr::eq(each, of))?;
        let starts = |name: &str, way: &[String]| {
            let way: Vec<String> = way.iter().cloned().chain([name.to_owned()]).collect();
            let jumps = self
                .surface(name)
                .map_or(&[][..], |surface| surface.jumps.as_slice());
            let first = jumps.iter().enumerate().filter(|(_, jump)| jump.from_start);
            let states = first.map(|(number, _)| (name.to_owned(), number, way.clone()));
            states.collect::<Vec<_>>()
        };
        let mut seen: Vec<(String, usize)> = Vec::new();
        let mut ahead = starts(to, &[own.to_owned()]);
        while let Some((name, number, way)) = ahead.pop() {
            let known = seen
                .iter()
                .any(|(scenario, jump)| *scenario == name && *jump == number);
            if known {
                continue;
            }
            let surface = self.surface(&name)?;
            let jump = &surface.jumps[number];
            if name == own && number == origin {
                let names: Vec<_> = way.iter().map(|name| format!("`{name}`")).collect();
                return Some(names.join(" → "));
            }
            seen.push((name.clone(), number));
            ahead.extend(starts(&jump.scenario, &way));
            let passes = self.surface(&jump.scenario);
            if passes.is_some_and(|other| other.passes_without_waiting) {
                let after = jump.after.iter();
                ahead.extend(after.map(|next| (name.clone(), *next, way.clone())));
            }
        }
        None
    }

    /// The way from another scenario back to this one, through jumps that return.
    fn way_back(&self, from: &str) -> Option<String> {
        let own = self.document.name.known()?.as_str();
        let mut seen = vec![from.to_owned()];
        let mut ways = vec![vec![own.to_owned(), from.to_owned()]];
        while let Some(way) = ways.pop() {
            let last = way.last()?;
            if last == own {
                let names: Vec<_> = way.iter().map(|name| format!("`{name}`")).collect();
                return Some(names.join(" → "));
            }
            for next in self
                .surface(last)
                .map(|surface| surface.returns_from.as_slice())
                .unwrap_or_default()
            {
                if next == own || !seen.contains(next) {
                    seen.push(next.clone());
                    ways.push(way.iter().chain([next]).cloned().collect());
                }
            }
        }
        None
    }
}
