//! The host's checks of manifests, parameters and outcomes, done by the host's own code.

use krabice_contract::value::Sizes;
use krabice_contract::{FunctionShape, TimeZone, check_function, raw};

use crate::contract::{Function, Manifest, NamedValue, Outcome};

#[allow(dead_code, reason = "a test needs some of the conversions")]
mod convert {
    //! The contract's types as `krabice-contract` has them.
    krabice_contract::raw_from_bindings!(values = crate::bindings::krabice::boxes::values);
    krabice_contract::raw_from_bindings!(
        manifest = crate::bindings::krabice::boxes::manifest,
        since 0.2
    );
}

/// The faults by which a manifest breaks the contract, as the host reports them; empty for a
/// valid manifest.
#[must_use]
pub fn check_manifest(manifest: &Manifest) -> Vec<String> {
    let raw = convert::manifest(manifest.clone());
    let checked = krabice_contract::check_manifest(raw, Sizes::DEFAULT);
    let problems = checked.err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

/// The fault by which an outcome breaks the manifest, as the host reports it; empty for a valid
/// outcome.
#[must_use]
pub fn check_outcome(function: &Function, outcome: &Outcome) -> Vec<String> {
    let read = shape(function).read(convert::outcome(outcome.clone()), Sizes::DEFAULT);
    read.err().into_iter().collect()
}

/// The parameters of a call as the host gives them to the plugin: checked, with defaults filled in.
pub(super) fn parameters(
    function: &Function,
    given: Vec<NamedValue>,
    time_zone: &str,
) -> Vec<NamedValue> {
    let shape = shape(function);
    let read = |NamedValue { name, value }: NamedValue| {
        let Some(slot) = shape.parameters.get(&name) else {
            panic!("`{}` has no parameter `{name}`", function.name);
        };
        match slot
            .shape
            .read(convert::value(value), &name, Sizes::DEFAULT)
        {
            Ok(value) => (name, value),
            Err(fault) => panic!("the test gives what the host would not let through: {fault}"),
        }
    };
    let given = given.into_iter().map(read).collect();
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    match shape.write(&given, |_| false, Sizes::DEFAULT, &zone) {
        Ok((ready, _)) => convert::to_named_values(ready),
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            let faults = faults.join("; ");
            panic!("the test gives what the host would not let through: {faults}")
        }
    }
}

fn shape(function: &Function) -> FunctionShape {
    let raw: raw::Function = convert::function(function.clone());
    match check_function(raw, Sizes::DEFAULT) {
        Ok(function) => FunctionShape::of(&function),
        Err(problems) => panic!("the manifest breaks the contract: {problems:#?}"),
    }
}
