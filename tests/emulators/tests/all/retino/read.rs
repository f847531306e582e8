//! Lists, the search and single tickets.

use serde_json::{Value, json};

use super::{CASE, Desk, state};

#[tokio::test]
async fn a_list_has_an_envelope_and_its_pages() {
    let desk = Desk::open().await;
    let first = desk.get("/states").await.json();
    assert_eq!(first["results"].as_array().unwrap().len(), 10);
    let places = ["count", "current_page", "total_pages"].map(|key| first[key].as_u64().unwrap());
    assert_eq!(places, [11, 1, 2]);
    let second = desk.get("/states?page=2").await.json();
    assert_eq!(
        (&second["current_page"], &second["results"][0]["name"]),
        (&json!(2), &json!({ "cs": "V servisu" }))
    );
    let whole = desk.get("/states?page=1&page_size=100").await.json();
    assert_eq!(
        (&whole["total_pages"], &whole["count"]),
        (&json!(1), &json!(11))
    );
    assert_eq!(
        whole["results"][0],
        json!({ "id": state(1), "name": { "cs": "Nový případ", "en": "New case", "pl": "Nowe zgłoszenie" } })
    );
    // A larger page size is reduced to the maximum.
    desk.set(json!({ "page_size_max": 4 }));
    assert_eq!(
        desk.get("/states?page_size=100").await.json()["total_pages"],
        json!(3)
    );
    assert!(desk.broken().is_empty());
}

#[tokio::test]
async fn a_page_after_the_last_is_not_found() {
    let desk = Desk::open().await;
    let refused = desk.get("/states?page=3").await;
    assert_eq!(
        (refused.status, refused.json()),
        (404, json!({ "detail": "Invalid page." }))
    );
    // An empty list also has one page.
    let empty = desk.get("/tickets/search?search=nothing").await;
    assert_eq!(
        empty.json(),
        json!({ "count": 0, "current_page": 1, "total_pages": 1, "results": [] })
    );
    assert_eq!(desk.broken(), ["page"]);
}

#[tokio::test]
async fn all_code_lists_are_served() {
    let desk = Desk::open().await;
    for (path, count) in [
        ("/states", 11),
        ("/types", 3),
        ("/tags", 1),
        ("/users", 1),
        ("/custom-fields", 1),
        ("/product-custom-fields", 1),
        ("/refund-accounts", 1),
    ] {
        assert_eq!(desk.get(path).await.json()["count"], json!(count), "{path}");
    }
}

#[tokio::test]
async fn the_search_finds_all_texts() {
    let desk = Desk::open().await;
    // The order's own case, one of a longer number, one that mentions it, one without an order.
    assert_eq!(
        desk.codes("/tickets/search?search=O260147").await,
        ["20260031", "20260032", "20260033", "20260034"]
    );
    assert_eq!(
        desk.codes("/tickets/search?search=o2601470").await,
        ["20260032"]
    );
    assert_eq!(
        desk.codes("/tickets/search?search=Anna.Zielinska%40EXAMPLE.net")
            .await,
        ["20260045"]
    );
    assert_eq!(
        desk.codes("/tickets/search?search=20260036").await,
        ["20260036"]
    );
    assert_eq!(
        desk.codes("/tickets/search?search=fili%C5%BCanka").await,
        ["20260045"]
    );
    assert!(
        desk.codes("/tickets/search?search=O26014X")
            .await
            .is_empty()
    );
    // More hits than a page of 100, with the order's own ticket on the second page.
    let first = desk
        .get("/tickets/search?search=V260001&page_size=100")
        .await
        .json();
    assert_eq!(
        (&first["count"], &first["total_pages"]),
        (&json!(121), &json!(2))
    );
    let second = desk
        .codes("/tickets/search?search=V260001&page_size=100&page=2")
        .await;
    assert_eq!(second.last().map(String::as_str), Some("20260046"));
}

#[tokio::test]
async fn the_list_is_filtered_by_moments() {
    let desk = Desk::open().await;
    let codes = async |query: &str| desk.codes(&format!("/tickets?page_size=100&{query}")).await;
    assert_eq!(codes("created_at_from=2026-05-02T08%3A00%3A00.000000Z&created_at_to=2026-05-05T10:00:00%2B02:00").await,
        ["20260041", "20260042"]);
    assert_eq!(
        codes("updated_at_from=2026-10-01T00:00:00Z").await,
        ["20260045"]
    );
    assert_eq!(
        codes("closed_at_from=2026-03-01T00:00:00Z").await,
        ["20260022", "20260041"]
    );
    assert_eq!(
        codes("closed_at_to=2026-01-04T07:00:00Z&created_at_from=2025-12-01T00:00:00Z").await,
        ["20250988"]
    );
    assert_eq!(desk.get("/tickets").await.json()["count"], json!(136));
}

#[tokio::test]
async fn a_single_ticket_is_complete() {
    let desk = Desk::open().await;
    let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
    assert_eq!(ticket, desk.ticket(CASE));
    assert_eq!(ticket["bound_order"]["code"], json!("O260147"));
    let refused = desk.get(&format!("/tickets/{}", state(1))).await;
    assert_eq!(
        (refused.status, refused.json()),
        (404, json!({ "detail": "Not found." }))
    );
    assert_eq!(
        desk.get("/tickets/20260031").await.status,
        404,
        "the number is no id"
    );
    assert!(desk.broken().is_empty());
}

#[tokio::test]
async fn the_email_is_at_the_place_of_the_setting() {
    let email = json!("petra.vlkova@example.cz");
    for (at, pointer) in [
        ("customer.email", "/customer/email"),
        ("customer_email", "/customer_email"),
        ("bound_order.customer.email", "/bound_order/customer/email"),
        ("bound_order.customer_email", "/bound_order/customer_email"),
        ("email", "/email"),
    ] {
        let desk = Desk::with(json!({ "email_at": at })).await;
        let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
        assert_eq!(ticket.pointer(pointer), Some(&email), "{at}");
        assert_eq!(
            ticket.to_string().matches("petra.vlkova").count(),
            1,
            "{at}"
        );
        let hits = desk.get("/tickets/search?search=20260031").await.json();
        assert_eq!(hits["results"][0].pointer(pointer), Some(&email), "{at}");
    }
    let desk = Desk::with(json!({ "email_at": "nowhere" })).await;
    let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
    assert!(!ticket.to_string().contains("petra.vlkova"), "{ticket}");
}

#[tokio::test]
async fn a_setting_hides_the_customer_in_lists_but_not_in_the_ticket() {
    let desk = Desk::with(json!({ "customer_in_lists": false })).await;
    for path in [
        "/tickets?page_size=100&page=2",
        "/tickets/search?search=O260147",
    ] {
        let list = desk.get(path).await.json();
        for ticket in list["results"].as_array().unwrap() {
            assert_eq!(ticket.get("customer"), None, "{path}");
            assert!(ticket.get("bound_order").is_some(), "{path}");
        }
    }
    let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
    assert_eq!(
        ticket["customer"]["email"],
        json!("petra.vlkova@example.cz")
    );
}

#[tokio::test]
async fn a_setting_makes_state_and_type_objects() {
    let desk = Desk::with(json!({ "references": "object" })).await;
    let ticket = desk.get(&format!("/tickets/{CASE}")).await.json();
    assert_eq!(ticket["state"]["id"], json!(state(4)));
    assert_eq!(ticket["type"]["name"]["en"], json!("Claim"));
    // A deleted state has only its id.
    let hits = desk.get("/tickets/search?search=20250988").await.json();
    assert_eq!(hits["results"][0]["state"], Value::from(state(99)));
}
