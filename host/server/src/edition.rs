//! Editions: a scenario as it stood at one moment, with all that it jumps to and all plugins that
//! it calls. A session stays on the edition that it began with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use krabice_engine::{CallRequest, Library};
use krabice_runtime::Plugin;
use krabice_scenario::manifest::Effect;
use krabice_scenario::scenario::{Expect, Jump, Operand, ScenarioBox};
use krabice_scenario::{Kind, Scenario, Value, Variable};
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};
use crate::view::ScenarioFacts;

/// See the module.
pub(crate) struct Edition {
    /// Tells editions apart: of the scenarios' texts and the plugins' components.
    pub(crate) digest: String,
    /// The name of the scenario that sessions start with.
    pub(crate) scenario: String,
    pub(crate) library: Library,
    plugins: HashMap<String, Arc<Plugin>>,
    /// The parameters that customers chose, by scenario and box.
    chosen: HashMap<(String, String), Vec<String>>,
}

impl Edition {
    /// An edition of checked scenarios, the first one's first, each with its text; and the plugins
    /// that they call.
    pub(crate) fn new(
        scenarios: Vec<(Arc<Scenario>, &str)>,
        plugins: impl IntoIterator<Item = Arc<Plugin>>,
    ) -> Option<Edition> {
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
        let digest = hex(&hash.finalize());
        let chosen = chosen(&first, scenarios.iter().map(|(scenario, _)| &**scenario));
        let mut library = Library::new();
        for plugin in plugins.values() {
            library.learn(plugin.manifest());
        }
        for (scenario, _) in scenarios {
            library.insert(scenario);
        }
        Some(Edition {
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

    /// What a call does to its back end. Of a function that nobody knows, the worst.
    pub(crate) fn effect(&self, request: &CallRequest) -> Effect {
        self.plugins
            .get(&request.plugin)
            .and_then(|plugin| plugin.manifest().functions.get(&request.function))
            .map_or(Effect::Writes, |function| function.effect)
    }

    /// The values of a call that the customer chose: what they answered, and what was computed from
    /// it. A call that has any is an attempt to look something up.
    pub(crate) fn chosen<'a>(
        &'a self,
        request: &'a CallRequest,
    ) -> impl Iterator<Item = (&'a str, &'a Variable)> {
        let names = self
            .chosen
            .get(&(request.scenario.clone(), request.box_id.clone()));
        names.into_iter().flatten().filter_map(|name| {
            let value = request.parameters.get(name)?;
            Some((name.as_str(), value))
        })
    }

    /// The scenario that sessions start with.
    pub(crate) fn start(&self) -> Option<&Scenario> {
        self.library.get(&self.scenario)
    }

    /// What anybody may know of it.
    pub(crate) fn facts(&self, language: &str) -> ScenarioFacts {
        ScenarioFacts {
            name: self.scenario.clone(),
            title: self.title(language),
            languages: self
                .start()
                .map(|scenario| scenario.languages.clone())
                .unwrap_or_default(),
        }
    }

    /// What the scenario is called, else its name.
    pub(crate) fn title(&self, language: &str) -> String {
        self.start()
            .and_then(|scenario| scenario.title.as_ref()?.in_language(language)?.as_text())
            .unwrap_or(&self.scenario)
            .to_owned()
    }
}

impl std::fmt::Debug for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edition")
            .field("scenario", &self.scenario)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// Bytes as lower case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The declared inputs, by their kinds. A file cannot be given.
pub(crate) fn inputs(
    scenario: &Scenario,
    given: serde_json::Map<String, serde_json::Value>,
) -> Result<IndexMap<String, Value>, Problem> {
    let mut inputs = IndexMap::new();
    for (name, value) in given {
        let kind = *scenario.inputs.get(&name).ok_or(Code::BadRequest)?;
        let text = match (kind, value) {
            (Kind::List | Kind::Record, value) => value.to_string(),
            (_, serde_json::Value::String(text)) => text,
            (_, value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => {
                value.to_string()
            }
            _ => return Err(Code::BadRequest.into()),
        };
        let value = Value::parse(kind, &text).map_err(|_| Code::BadRequest)?;
        inputs.insert(name, value);
    }
    Ok(inputs)
}

/// The scenarios that a scenario jumps to.
pub(crate) fn jumps(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.boxes.values().filter_map(|each| match each {
        ScenarioBox::Jump(Jump::Scenario { scenario, .. }) => Some(scenario.as_str()),
        _ => None,
    })
}

/// The plugins that a scenario calls, each with its connection.
pub(crate) fn calls(scenario: &Scenario) -> impl Iterator<Item = (&str, Option<&str>)> {
    scenario.boxes.values().filter_map(|each| match each {
        ScenarioBox::Call {
            plugin, connection, ..
        } => Some((plugin.as_str(), connection.as_deref())),
        _ => None,
    })
}

/// Follows what customers write, from box to box and into other scenarios, until nothing is added.
fn chosen<'a>(
    first: &str,
    scenarios: impl Iterator<Item = &'a Scenario>,
) -> HashMap<(String, String), Vec<String>> {
    let scenarios: Vec<_> = scenarios.collect();
    let mut written: HashSet<(&str, &str)> = HashSet::new();
    for scenario in &scenarios {
        for each in scenario.boxes.values() {
            match each {
                // Of a few choices none is a guess.
                ScenarioBox::Answer { save, expect, .. }
                    if !matches!(expect, Expect::Choice(_)) =>
                {
                    written.insert((&scenario.name, save));
                }
                _ => {}
            }
        }
        // Whoever starts a session gives its inputs.
        if scenario.name == first {
            written.extend(
                scenario
                    .inputs
                    .keys()
                    .map(|name| (scenario.name.as_str(), name.as_str())),
            );
        }
    }
    loop {
        let before = written.len();
        for scenario in &scenarios {
            for each in scenario.boxes.values() {
                match each {
                    ScenarioBox::Set { save, value, .. }
                        if is_written(value, &scenario.name, &written) =>
                    {
                        written.insert((&scenario.name, save));
                    }
                    ScenarioBox::Jump(Jump::Scenario {
                        scenario: to,
                        inputs,
                        ..
                    }) => {
                        for (name, value) in inputs {
                            if is_written(value, &scenario.name, &written) {
                                written.insert((to, name));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        if written.len() == before {
            break;
        }
    }
    let mut chosen = HashMap::new();
    for scenario in scenarios {
        for (id, each) in &scenario.boxes {
            if let ScenarioBox::Call { params, .. } = each {
                let names: Vec<String> = params
                    .iter()
                    .filter(|(_, value)| is_written(value, &scenario.name, &written))
                    .map(|(name, _)| name.clone())
                    .collect();
                if !names.is_empty() {
                    chosen.insert((scenario.name.clone(), id.clone()), names);
                }
            }
        }
    }
    chosen
}

fn is_written(value: &Operand, scenario: &str, written: &HashSet<(&str, &str)>) -> bool {
    match value {
        Operand::Constant(_) => false,
        Operand::Template(template) => template
            .uses()
            .iter()
            .any(|each| written.contains(&(scenario, each.reference.root.as_str()))),
    }
}
