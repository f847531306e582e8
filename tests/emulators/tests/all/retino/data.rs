//! The demo data are consistent and have the cases that a plugin must handle.

use serde_json::Value;

use super::{Desk, state};

fn list<'a>(state: &'a Value, name: &str) -> &'a Vec<Value> {
    state[name].as_array().unwrap()
}

#[tokio::test]
async fn every_reference_has_its_target() {
    let desk = Desk::open().await;
    let all = desk.emulator().state();
    let ids = |name: &str| -> Vec<_> {
        list(&all, name)
            .iter()
            .map(|item| item["id"].clone())
            .collect()
    };
    let (states, types, users) = (ids("states"), ids("types"), ids("users"));
    let mut seen = Vec::new();
    for ticket in list(&all, "tickets") {
        let code = &ticket["code"];
        assert!(types.contains(&ticket["type"]), "{code}");
        assert!(
            ticket["owner"].is_null() || users.contains(&ticket["owner"]),
            "{code}"
        );
        // The state of one ticket was deleted since.
        let process = &all["processes"][ticket["type"].as_str().unwrap()];
        let removed = ticket["state"] == state(99);
        assert!(
            removed || process.as_array().unwrap().contains(&ticket["state"]),
            "{code}"
        );
        assert!(!seen.contains(&&ticket["id"]), "{code}");
        seen.push(&ticket["id"]);
        // The independent client reads these of every ticket.
        for key in ["bound_order", "products", "history_items"] {
            assert!(ticket.get(key).is_some(), "{code}");
        }
        for product in list(ticket, "products") {
            assert!(
                product["price"]["with_vat"].is_string() && product.get("manufacturer").is_some()
            );
        }
    }
    for (kind, process) in all["processes"].as_object().unwrap() {
        assert!(types.contains(&kind.as_str().into()));
        assert!(
            process
                .as_array()
                .unwrap()
                .iter()
                .all(|state| states.contains(state))
        );
    }
    for state in all["automations"].as_object().unwrap().keys() {
        assert!(states.contains(&state.as_str().into()));
    }
}

#[tokio::test]
async fn the_cases_that_a_plugin_must_handle_exist() {
    let desk = Desk::open().await;
    let all = desk.emulator().state();
    let of = |order: &str| -> Vec<&Value> {
        let tickets = list(&all, "tickets").iter();
        tickets
            .filter(|ticket| ticket["bound_order"]["code"] == order)
            .collect()
    };
    let email = |order: &str| &of(order)[0]["customer"]["email"];
    // The customer who has orders in several systems.
    assert_eq!(email("4821"), "anna.zielinska@example.net");
    // One of two closed; two of three open; the only one closed.
    let open = |order: &str| {
        of(order)
            .iter()
            .filter(|ticket| ticket["closed_at"].is_null())
            .count()
    };
    assert_eq!((of("O260160").len(), open("O260160")), (2, 1));
    assert_eq!((of("O260163").len(), open("O260163")), (3, 2));
    assert_eq!((of("O250988").len(), open("O250988")), (1, 0));
    // A number that contains another; no number; no e-mail; no customer; capitals.
    assert_eq!(of("O2601470").len(), 1);
    assert!(
        list(&all, "tickets")
            .iter()
            .any(|ticket| ticket["bound_order"].is_null())
    );
    assert!(email("O260171").is_null());
    assert!(of("O260175")[0]["customer"].is_null());
    assert_eq!(email("00012A7"), "Jan.Dvorak@Example.cz");
}
