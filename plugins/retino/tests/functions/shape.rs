//! Answers as the API's public traces show them: a ticket with all of its known
//! fields, and code lists. Names, ids and texts are invented.

use serde_json::json;

use crate::desk::{asks_for_list, asks_for_page, mock};

fn ticket() -> serde_json::Value {
    json!({
        "count": 1, "current_page": 1, "total_pages": 1, "results": [{
            "id": "c4f1e7d0-6a05-4e0b-8f1c-3d7a7b2f1b22",
            "company": "2a1a3d6d-2222-4b33-9c44-555566668888",
            "code": "20260044",
            "state": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0003",
            "type": "6d0d7e21-3333-4d44-8e55-666677779999",
            "owner": "3b2b4e7e-4444-4c55-9d66-777788880000",
            "created_at": "2026-04-02T07:15:30.120Z",
            "updated_at": "2026-04-05T13:40:02.003Z",
            "closed_at": null,
            "customer": { "name": "Tomáš Říha", "email": "tomas.riha@example.cz", "phone": "+420603444555" },
            "bound_order": {
                "id": "4c3c5f8f-5555-4d66-8e77-888899991111",
                "code": "O260201", "remote_id": "201", "order_date": "2026-03-28", "currency": "CZK"
            },
            "products": [{
                "id": "5d4d6a9a-6666-4e77-9f88-999900002222",
                "bound_order_item": "6e5e7b0b-7777-4f88-8a99-000011113333",
                "name": "Vařič na kávu", "manufacturer": "Horal", "price": { "with_vat": 890 }
            }],
            "history_items": [
                { "id": "7f6f8c1c-8888-4a99-9b00-111122224444", "history_item_type": "internal_note",
                  "history_item_data": { "text": "Chybí víčko" } },
                { "id": "8a7a9d2d-9999-4b00-8c11-222233335555", "history_item_type": "state_changed",
                  "history_item_data": {} }
            ]
        }]
    })
}

#[test]
fn a_whole_ticket_is_read_without_the_parts_that_are_not_needed() {
    let desk = mock().language("cs");
    desk.expect(asks_for_page("O260201", 1).answers(200, ticket()));
    desk.expect(asks_for_list("states").answers(
        200,
        json!({ "count": 2, "current_page": 1, "total_pages": 1, "results": [
            { "id": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0001", "name": { "cs": "Nový případ", "en": "New ticket" } },
            { "id": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0003", "name": { "cs": "Čeká na posouzení", "en": "To be judged" } }
        ] }),
    ));
    desk.expect(asks_for_list("types").answers(
        200,
        json!({ "count": 1, "current_page": 1, "total_pages": 1, "results": [
            { "id": "6d0d7e21-3333-4d44-8e55-666677779999", "name": { "cs": "Reklamace", "en": "Claim" } }
        ] }),
    ));
    assert_eq!(
        desk.run(
            "find-case",
            [("order", "O260201"), ("email", "tomas.riha@example.cz")]
        ),
        Ok(json!({
            "id": "c4f1e7d0-6a05-4e0b-8f1c-3d7a7b2f1b22",
            "code": "20260044",
            "state": "Čeká na posouzení",
            "state-id": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0003",
            "type": "Reklamace",
            "created": "2026-04-02T07:15:30.120Z",
            "updated": "2026-04-05T13:40:02.003Z",
        })),
    );
}

#[test]
fn code_lists_are_paged_and_never_bare() {
    let desk = mock();
    let bare =
        json!([{ "id": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0001", "name": { "cs": "Nový případ" } }]);
    desk.expect(asks_for_list("states").answers(200, bare));
    assert!(desk.choices("change-case-state", "state").is_err());

    desk.expect(asks_for_list("states").answers(
        200,
        json!({ "current_page": 1, "total_pages": 1, "results": [
            { "id": "1c7a8a66-9e2f-4a1b-8d4a-6b2a7b1a0001", "name": { "cs": "Nový případ", "en": "New ticket" } }
        ] }),
    ));
    assert_eq!(desk.choices("change-case-state", "state").unwrap().len(), 1);
}
