//! Revisions: a scenario with all scenarios that it jumps to and all plugins that it calls, as they
//! were at one moment. A session stays on the revision that it began with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_contract::manifest::{Effect, Purpose};
use krabice_contract::{Kind, Value, hex};
use krabice_engine::{CallRequest, Library};
use krabice_runtime::Plugin;
use krabice_scenario::Scenario;
use krabice_scenario::scenario::{Expect, InputFrom, Jump, Operand, ScenarioBox, Test};
use sha2::{Digest, Sha256};

use crate::attempts::{GuessedValue, Proof};
use crate::error::SessionError;
use crate::view::ScenarioFacts;

/// A scenario with everything that it needs to run.
pub(crate) struct Revision {
    /// Identifies the revision: the digest of the scenarios' texts and the plugins' components.
    pub(crate) digest: String,
    /// The name of the scenario that sessions start with.
    pub(crate) scenario: String,
    pub(crate) library: Library,
    plugins: HashMap<String, Arc<Plugin>>,
    /// The names of the parameters whose values customers choose, by scenario and box. A `condition` box
    /// that compares such a value is in it without names.
    chosen: HashMap<(String, String), Vec<String>>,
}

/// What a customer guesses by a call.
pub(crate) struct CallGuess {
    pub(crate) values: Vec<GuessedValue>,
    /// Whether *false* says nothing but that the values do not belong to the address among them.
    pub(crate) is_about_addresses: bool,
    /// What *true* proves.
    pub(crate) proof: Option<Proof>,
}

impl Revision {
    /// Makes a revision of checked scenarios with their texts. Sessions start with the first one;
    /// `None` if there is none.
    pub(crate) fn new(
        scenarios: Vec<(Arc<Scenario>, &str)>,
        plugins: impl IntoIterator<Item = Arc<Plugin>>,
    ) -> Option<Revision> {
        let first = scenarios.first()?.0.name.clone();
        let plugins: BTreeMap<_, _> = plugins
            .into_iter()
            .map(|plugin| (plugin.name().to_owned(), plugin))
            .collect();
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(&first);
        let mut texts: Vec<_> = scenarios.iter().map(|(_, text)| *text).collect();
        texts.sort_unstable();
        texts.into_iter().for_each(&mut part);
        plugins.values().for_each(|plugin| part(plugin.digest()));
        let digest = hex(hash.finalize());
        let chosen = chosen_parameters(&first, scenarios.iter().map(|(scenario, _)| &**scenario));
        let mut library = Library::new();
        for plugin in plugins.values() {
            library.learn(plugin.manifest());
        }
        for (scenario, _) in scenarios {
            library.insert(scenario);
        }
        Some(Revision {
            digest,
            scenario: first,
            library,
            plugins: plugins.into_iter().collect(),
            chosen,
        })
    }

    pub(crate) fn plugin(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.plugins.get(name)
    }

    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.plugins.values()
    }

    /// The effect of a call on its back end. An unknown function counts as one that writes.
    pub(crate) fn effect(&self, request: &CallRequest) -> Effect {
        self.plugins
            .get(&request.plugin)
            .and_then(|plugin| plugin.manifest().functions.get(&request.function))
            .map_or(Effect::Writes, |function| function.effect)
    }

    /// What a customer guesses by a call: the parameters that come from their answers. `None` for a call
    /// that has none.
    pub(crate) fn guess(&self, request: &CallRequest) -> Option<CallGuess> {
        let names = self.chosen(&request.scenario, &request.box_id)?;
        let function = self.plugins.get(&request.plugin);
        let function =
            function.and_then(|plugin| plugin.manifest().functions.get(&request.function));
        let subject = function.and_then(|function| function.subject.as_ref());
        let kind = |name: &str| {
            let mut parameters = function?.own_parameters();
            Some(parameters.find(|parameter| parameter.name == name)?.kind)
        };
        let mut values = Vec::new();
        for name in names {
            let Some(given) = request.parameters.get(name) else {
                continue;
            };
            let mut value = GuessedValue::of(&given.value, kind(name), &request.language);
            let is_subject = subject.is_some_and(|subject| subject.parameter == *name);
            value.is_counted = is_subject || value.is_address;
            values.push(value);
        }
        if values.iter().all(|value| !value.is_counted) {
            values.iter_mut().for_each(|value| value.is_counted = true);
        }
        let verifies = function.is_some_and(|function| function.serves(Purpose::VerifiesIdentity));
        let reads = function.is_some_and(|function| function.effect == Effect::Reads);
        (!values.is_empty()).then(|| CallGuess {
            is_about_addresses: verifies || values.iter().all(|value| value.is_address),
            proof: match (verifies, reads) {
                (true, _) => Some(Proof::Identity),
                (false, true) => Some(Proof::Values),
                (false, false) => None,
            },
            values,
        })
    }

    /// Whether a customer chooses what some `condition` box compares.
    pub(crate) fn compares(&self) -> bool {
        self.chosen.values().any(Vec::is_empty)
    }

    /// Whether a customer chooses what a `condition` box compares.
    pub(crate) fn guesses_at(&self, scenario: &str, box_id: &str) -> bool {
        self.chosen(scenario, box_id).is_some()
    }

    fn chosen(&self, scenario: &str, box_id: &str) -> Option<&Vec<String>> {
        self.chosen.get(&(scenario.to_owned(), box_id.to_owned()))
    }

    /// The scenario that sessions start with.
    pub(crate) fn start(&self) -> &Scenario {
        self.library
            .get(&self.scenario)
            .expect("`new` puts the first scenario into the library")
    }

    /// The public facts of the scenario.
    pub(crate) fn facts(&self, language: &str) -> ScenarioFacts {
        ScenarioFacts {
            name: self.scenario.clone(),
            title: self.title(language),
            languages: self.start().languages.clone(),
        }
    }

    /// The scenario's title in a language, or its name if it has no title.
    pub(crate) fn title(&self, language: &str) -> String {
        let title = self.start().title.as_ref();
        title
            .and_then(|title| title.in_language(language)?.as_text())
            .unwrap_or(&self.scenario)
            .to_owned()
    }
}

/// Converts inputs to their declared kinds. Refuses those that are undeclared or come from somewhere
/// else, other kinds and files.
pub(crate) fn inputs(
    scenario: &Scenario,
    from: InputFrom,
    given: serde_json::Map<String, serde_json::Value>,
) -> Result<IndexMap<String, Value>, SessionError> {
    let mut inputs = IndexMap::new();
    for (name, value) in given {
        let input = scenario.inputs.get(&name);
        let input = input.filter(|input| input.from == from);
        let kind = input.ok_or(SessionError::BadInputs)?.kind;
        let text = match (kind, value) {
            (Kind::List | Kind::Record, value) => value.to_string(),
            (_, serde_json::Value::String(text)) => text,
            (_, value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => {
                value.to_string()
            }
            _ => return Err(SessionError::BadInputs),
        };
        let value = Value::parse(kind, &text).map_err(|_| SessionError::BadInputs)?;
        inputs.insert(name, value);
    }
    Ok(inputs)
}

/// The scenarios that a scenario jumps to.
pub(crate) fn jumps(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.boxes.values().filter_map(|each| {
        if let ScenarioBox::Jump(Jump::Scenario { scenario, .. }) = each {
            Some(scenario.as_str())
        } else {
            None
        }
    })
}

/// The plugins that a scenario calls, each with the connection that the box names.
pub(crate) fn calls(scenario: &Scenario) -> impl Iterator<Item = (&str, Option<&str>)> {
    scenario.boxes.values().filter_map(|each| {
        if let ScenarioBox::Call {
            plugin, connection, ..
        } = each
        {
            Some((plugin.as_str(), connection.as_deref()))
        } else {
            None
        }
    })
}

/// Variables whose values customers choose, as scenario and name.
type Chosen<'a> = HashSet<(&'a str, &'a str)>;

/// Finds the parameters whose values customers choose, by scenario and box: follows the values from
/// variable to variable and into other scenarios.
fn chosen_parameters<'a>(
    first: &str,
    scenarios: impl Iterator<Item = &'a Scenario>,
) -> HashMap<(String, String), Vec<String>> {
    let scenarios: Vec<_> = scenarios.collect();
    let mut chosen = given_by_customers(first, &scenarios);
    loop {
        let before = chosen.len();
        for scenario in &scenarios {
            for each in scenario.boxes.values() {
                if let ScenarioBox::Set { save, value, .. } = each
                    && is_chosen(value, &scenario.name, &chosen)
                {
                    chosen.insert((&scenario.name, save));
                }
                if let ScenarioBox::Jump(Jump::Scenario {
                    scenario: to,
                    inputs,
                    ..
                }) = each
                {
                    for (name, value) in inputs {
                        if is_chosen(value, &scenario.name, &chosen) {
                            chosen.insert((to, name));
                        }
                    }
                }
            }
        }
        if chosen.len() == before {
            break;
        }
    }
    let mut parameters = HashMap::new();
    for scenario in scenarios {
        for (id, each) in &scenario.boxes {
            if let ScenarioBox::Condition { test, .. } = each
                && compares_chosen(test, &scenario.name, &chosen)
            {
                parameters.insert((scenario.name.clone(), id.clone()), Vec::new());
            }
            if let ScenarioBox::Call { params, .. } = each {
                let names: Vec<String> = params
                    .iter()
                    .filter(|(_, value)| is_chosen(value, &scenario.name, &chosen))
                    .map(|(name, _)| name.clone())
                    .collect();
                if !names.is_empty() {
                    parameters.insert((scenario.name.clone(), id.clone()), names);
                }
            }
        }
    }
    parameters
}

/// The variables that customers set themselves: answers, and the inputs of the first scenario but
/// those that the shop has signed.
fn given_by_customers<'a>(first: &str, scenarios: &[&'a Scenario]) -> Chosen<'a> {
    let mut chosen = Chosen::new();
    for scenario in scenarios {
        for each in scenario.boxes.values() {
            // One of a few choices is not a guess.
            if let ScenarioBox::Answer { save, expect, .. } = each
                && !matches!(expect, Expect::Choice(_))
            {
                chosen.insert((&scenario.name, save));
            }
        }
        if scenario.name == first {
            let inputs = scenario.inputs.iter();
            let inputs = inputs.filter(|(_, input)| input.from != InputFrom::Signed);
            chosen.extend(inputs.map(|(name, _)| (scenario.name.as_str(), name.as_str())));
        }
    }
    chosen
}

fn compares_chosen(test: &Test, scenario: &str, chosen: &Chosen<'_>) -> bool {
    match test {
        Test::All(tests) | Test::Any(tests) => tests
            .iter()
            .any(|test| compares_chosen(test, scenario, chosen)),
        Test::Not(test) => compares_chosen(test, scenario, chosen),
        Test::Compare(comparison) => [&comparison.value]
            .into_iter()
            .chain(comparison.is.operands())
            .any(|value| is_chosen(value, scenario, chosen)),
    }
}

fn is_chosen(value: &Operand, scenario: &str, chosen: &Chosen<'_>) -> bool {
    match value {
        Operand::Constant(_) => false,
        Operand::Template(template) => template
            .uses()
            .iter()
            .any(|each| chosen.contains(&(scenario, each.reference.root.as_str()))),
    }
}
