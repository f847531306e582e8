//! The settings that a state without any takes.

use krabice_emulators::Emulators;
use serde_json::json;

#[tokio::test]
async fn documented_defaults_hold() {
    let emulators = Emulators::start(Default::default()).await.unwrap();
    for (emulator, defaults) in [
        (
            emulators.upgates(),
            json!({
                "login": "12345678", "key": "demo-key-of-the-upgates-emulator", "active": true, "rights": {},
                "tariff": "verified-add-on", "packages": 0, "parallel": 3, "not_found": "empty-list",
                "order_number_filter": "invoices", "email_filter_exact": false, "moved": null,
            }),
        ),
        (
            emulators.retino(),
            json!({
                "token": "demo-token-of-the-retino-emulator", "extension": true, "requests_per_minute": null,
                "page_size": 10, "page_size_max": 100, "email_at": "customer.email", "customer_in_lists": true,
                "references": "id", "foreign_states": false,
            }),
        ),
        (
            emulators.shoper(),
            json!({
                "login": "krabice", "password": "demo-password-of-the-shoper-emulator", "login_refused": null,
                "token_life": 2_592_000, "rights": {}, "bucket": { "size": 10, "drain": 2 }, "blocked": false,
                "locked": false, "held_orders": [], "ignores_filters": false, "email_filter_exact": false,
                "ignores_updates": false, "update_answer": "one", "not_found_word": "invalid_request",
            }),
        ),
        (
            emulators.base(),
            json!({
                "token": "1234-56789-DEMOTOKENOFTHEBASEEMULATOR", "account_blocked": false,
                "requests_per_minute": 100, "block_minutes": 5, "unknown_ids": "refused",
                "changes_get_lost": false, "scalars": "as-recorded", "email_filter_exact": true,
                "archive_is_listed": true, "content_type": "text/html; charset=UTF-8",
            }),
        ),
        (
            emulators.pohoda(),
            json!({
                "user": "krabice", "password": "demo-password-of-the-pohoda-emulator", "ico": "12345678",
                "company": "Kavárna s.r.o.", "year": "2026", "may_open": true, "may_import": true,
                "reports": [5], "folder": "C:\\Windows\\Temp", "links_invoices": true,
                "invoice_bears": "number", "transfer_executes": true, "transfer_is_a_change": true,
                "compresses": true,
            }),
        ),
    ] {
        emulator.replace_state(json!({ "settings": {} })).unwrap();
        assert_eq!(emulator.state()["settings"], defaults);
    }
}
