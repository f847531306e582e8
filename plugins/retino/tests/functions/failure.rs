//! Every fault at every request of every function is a failure, never "no such case".

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, Fault, Script, each_fault, get, http_faults, patch};
use serde_json::json;

use crate::desk::{CASE, RECEIVED, finds, mock, states, ticket, types, without};

const PETRA: [(&str, &str); 2] = [("order", "O260147"), ("email", "petra.vlkova@example.cz")];

fn read_one_by_one() -> Vec<Expected> {
    let detail = get(&format!("tickets/{CASE}")).answers(200, ticket());
    vec![
        finds(&[without(ticket(), "", "customer")]),
        detail,
        states(),
        types(),
    ]
}

fn scripts() -> [Script; 3] {
    [
        Script::new("find-case", PETRA, read_one_by_one),
        Script::new("load-customer-cases", PETRA, read_one_by_one),
        Script::new(
            "change-case-state",
            [("case", CASE), ("state", RECEIVED)],
            || {
                let change = patch(&format!("tickets/{CASE}")).json(json!({ "state": RECEIVED }));
                let states = get("states").query("page", 1).query("page_size", 1).reads();
                vec![change.answers(404, ""), states]
            },
        ),
    ]
}

/// The faults that are answers of the change of a state.
const ANSWERS: [&str; 3] = ["wrong address", "an empty object", "bad request"];

fn faults() -> Vec<Fault> {
    let unexpected = || Failure::unexpected_answer("");
    let mut faults = http_faults();
    faults.extend([
        Fault::new("bad request", unexpected(), |it| it.answers(400, "{}")),
        Fault::new("an empty object", unexpected(), |it| it.answers(200, "{}")),
        Fault::new("cut off", unexpected(), |it| {
            it.answers(200, r#"{"results":[{"id"#)
        }),
    ]);
    faults
}

#[test]
fn a_fault_is_a_failure_of_its_kind_and_never_false() {
    each_fault(mock, &scripts(), &faults(), |injection| {
        let changes = injection.script.function == "change-case-state" && injection.request == 0;
        if !(changes && ANSWERS.contains(&injection.fault.name)) {
            injection.assert_fails();
        }
    });
}
