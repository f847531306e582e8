//! Answers of the API, in the shape in which they are known.

use krabice_plugin::mock::{Expected, Mock, get};
use krabice_retino::{Account, RETINO};
use serde_json::{Value as Json, json};

pub(crate) const CASE: &str = "5b0a7c1e-8f7d-4f43-9a0a-2f1f3a6c0147";
pub(crate) const RECEIVED: &str = "3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0002";
pub(crate) const CLAIM: &str = "8d1b2c3a-7e6f-4a5b-9c8d-0e1f2a3b0001";

/// A host with a connection to an account.
pub(crate) fn mock() -> Mock<Account> {
    Mock::of(&RETINO)
}

/// A case with all that lists tell of it.
pub(crate) fn ticket() -> Json {
    json!({
        "id": CASE,
        "company": "0d9e8f7a-6b5c-4d3e-8f2a-1b0c9d8e7f6a",
        "code": "20260147",
        "state": RECEIVED,
        "type": CLAIM,
        "owner": null,
        "created_at": "2026-04-02T08:20:00.120Z",
        "updated_at": "2026-04-05T13:40:02Z",
        "closed_at": null,
        "customer": { "name": "Petra Vlková", "email": "petra.vlkova@example.cz", "phone": "+420601222333" },
        "bound_order": {
            "id": "7a1d5f02-3c4b-4e5f-8a6b-9c0d1e2f3a4b",
            "code": "O260147",
            "remote_id": "147",
            "order_date": "2026-03-14",
            "currency": "CZK"
        },
        "products": [{ "id": "f0e1d2c3-b4a5-4968-8776-655443322110", "bound_order_item": null, "name": "Hrnek",
                       "manufacturer": "Keramika Bechyně", "price": { "with_vat": "249.00" } }],
        "history_items": []
    })
}

/// The same case with things changed or added, by their JSON Pointers.
pub(crate) fn ticket_with(changes: &[(&str, Json)]) -> Json {
    let mut ticket = ticket();
    for (pointer, value) in changes {
        let (part, key) = pointer.rsplit_once('/').unwrap();
        let part = ticket.pointer_mut(part).and_then(Json::as_object_mut);
        part.expect("a part of the case")
            .insert(key.to_owned(), value.clone());
    }
    ticket
}

/// The same case without one key.
pub(crate) fn without(mut ticket: Json, part: &str, key: &str) -> Json {
    let part = ticket.pointer_mut(part).and_then(Json::as_object_mut);
    part.expect("a part of the case")
        .remove(key)
        .expect("a key of the case");
    ticket
}

/// A page of a list, which is all of it.
pub(crate) fn list(items: &[Json]) -> Json {
    page(items, 1, 1)
}

/// A page of a list.
pub(crate) fn page(items: &[Json], current: u32, total: u32) -> Json {
    json!({ "count": items.len(), "current_page": current, "total_pages": total, "results": items })
}

/// The request for a page of the search.
pub(crate) fn asks_for_page(number: &str, page: u32) -> Expected {
    get("tickets/search")
        .query("search", number)
        .query("page", page)
        .query("page_size", 100)
}

/// The search, answered with these cases.
pub(crate) fn finds(tickets: &[Json]) -> Expected {
    asks_for_page("O260147", 1).answers(200, list(tickets))
}

/// The request for a code list.
pub(crate) fn asks_for_list(path: &str) -> Expected {
    get(path).query("page", 1).query("page_size", 100)
}

/// The states of the account.
pub(crate) fn states() -> Expected {
    asks_for_list("states").answers(
        200,
        list(&[
            json!({ "id": "3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0001", "name": { "cs": "Nový případ", "en": "New case" } }),
            json!({ "id": RECEIVED, "name": { "cs": "Zboží přijato", "en": "Goods received" } }),
            json!({ "id": "3f0c9d52-51a4-4f9a-8a70-6f2d1c4b0003", "name": { "cs": "Vyřízeno" } }),
        ]),
    )
}

/// The types of the account.
pub(crate) fn types() -> Expected {
    asks_for_list("types").answers(
        200,
        list(&[
            json!({ "id": "8d1b2c3a-7e6f-4a5b-9c8d-0e1f2a3b0002", "name": { "cs": "Vrácení", "en": "Return" } }),
            json!({ "id": CLAIM, "name": { "cs": "Reklamace", "en": "Claim" } }),
        ]),
    )
}

/// The parameters that a scenario gives.
pub(crate) fn asked(email: &'static str) -> [(&'static str, &'static str); 2] {
    [("order", "O260147"), ("email", email)]
}

/// The customer's own.
pub(crate) fn petra() -> [(&'static str, &'static str); 2] {
    asked("petra.vlkova@example.cz")
}
