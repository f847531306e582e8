//! Reading: lists, filters, pages, and the answers to unknown numbers.

use serde_json::{Value, json};

use crate::client::{Reply, Shop};

fn orders(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.numbers("orders", "order_number")
}

#[tokio::test]
async fn an_order_is_in_the_lists_envelope_by_number_in_path_or_filter() {
    let shop = Shop::open().await;
    let by_path = shop.get("/orders/O260147").await;
    assert_eq!(
        by_path.body,
        shop.get("/orders?order_numbers=O260147").await.body
    );
    assert_eq!(by_path.body, shop.get("/orders/O260147/").await.body);
    let mut envelope = by_path.json();
    let order = envelope["orders"][0].take();
    assert_eq!(
        envelope,
        json!({ "current_page": 1, "current_page_items": 1, "number_of_pages": 1, "number_of_items": 1, "orders": [null] })
    );
    assert_eq!(order["status"], "Odeslaná");
    assert_eq!(shop.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn answers_are_written_as_php_writes_them() {
    let shop = Shop::open().await;
    let reply = shop.get("/orders/O260152").await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let text = std::str::from_utf8(&reply.body).unwrap();
    for written in [
        r#""order_total":1230.5,"#,
        r#""price_with_vat":420,"#,
        r#""status":"P\u0159ijat\u00e1","#,
        r#""paid_date":null,"#,
        r#""creation_time":"2026-03-16T19:03:40+01:00","#,
        r#""country_id_invoice":"cz","#,
        r#""state_invoice":"","#,
        r#""phone":"+420 601222333","#,
        r#""admin_url":"https:\/\/kavarna.admin.example\/orders\/edit-order\/default\/152","#,
    ] {
        assert!(text.contains(written), "{written} is not in {text}");
    }
    let agreements =
        &shop.get("/orders/O260147").await.json()["orders"][0]["customer"]["agreements"];
    assert_eq!(agreements[0]["valid_to"], Value::Null);
    assert_eq!(agreements[1]["valid_to"]["timezone"], "Europe/Prague");
}

#[tokio::test]
async fn lists_have_pages_of_a_hundred() {
    let shop = Shop::open().await;
    let path = "/orders?email=nakup@bistro.example.cz&order_by=creation_time&order_dir=desc";
    let pages = [
        shop.get(path).await,
        shop.get(&format!("{path}&page=2")).await,
        shop.get(&format!("{path}&page=3")).await,
    ];
    let figures = pages.each_ref().map(|page| {
        let page = page.json();
        [
            "current_page",
            "current_page_items",
            "number_of_pages",
            "number_of_items",
        ]
        .map(|key| page[key].as_u64().unwrap())
    });
    assert_eq!(figures, [[1, 100, 2, 130], [2, 30, 2, 130], [3, 0, 2, 130]]);
    let numbers: Vec<_> = pages.iter().flat_map(orders).collect();
    let expected: Vec<_> = (1..=130)
        .rev()
        .map(|index| format!("V26{index:04}"))
        .collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn orders_are_filtered_as_documented() {
    let shop = Shop::open().await;
    for (query, expected) in [
        (
            "order_numbers=O260152;O260147;nic",
            &["O260147", "O260152"][..],
        ),
        ("order_numbers=00012A7", &["00012A7"]),
        ("order_numbers=12A7", &[]),
        (
            "email=petra.vlkova@example.cz",
            &["O250988", "O260147", "O260152"],
        ),
        ("email=PETRA.Vlkova@example.cz&paid_yn=0", &["O260152"]),
        ("email=jan.dvorak%40example.cz", &["O260160", "00012A7"]),
        ("phone=420601222333&paid_yn=1", &["O250988", "O260147"]),
        ("phone=%2B421905123456", &["O260170"]),
        ("status=Storno", &["O260163"]),
        ("status=", &["00012A7"]),
        ("status_id=55", &["O260171"]),
        ("status_ids=2;56", &["O260160", "O260163"]),
        ("language=sk", &["O260170"]),
        ("shipment_type=slovenskaPosta", &["O260170"]),
        ("payment_type=cashOnDelivery", &["O260152"]),
        (
            "creation_time_from=2026-04-10&creation_time_to=2026-04-10",
            &["O260175"],
        ),
        (
            "creation_time_from=2026-04-10T16:20:46%2B02:00",
            &["00012A7"],
        ),
        (
            "last_update_time_from=2026-04-11&order_by=last_update_time&order_dir=desc",
            &["00012A7", "O260175"],
        ),
        // An unescaped plus sign is a space.
        ("email=petra+vlkova@example.cz", &[]),
    ] {
        assert_eq!(
            orders(&shop.get(&format!("/orders?{query}")).await),
            expected,
            "{query}"
        );
    }
    assert_eq!(shop.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn a_setting_makes_the_email_filter_case_sensitive() {
    let shop = Shop::open().await;
    shop.emulator()
        .patch_state(json!({ "settings": { "email_filter_exact": true } }))
        .unwrap();
    assert_eq!(
        orders(&shop.get("/orders?email=jan.dvorak@example.cz").await),
        ["O260160"]
    );
}

#[tokio::test]
async fn an_unknown_number_is_an_empty_list_or_404() {
    let shop = Shop::open().await;
    let empty = json!({ "current_page": 1, "current_page_items": 0, "number_of_pages": 0, "number_of_items": 0, "orders": [] });
    for path in [
        "/orders/O999999",
        "/orders?order_numbers=O999999",
        "/orders/o260147",
        "/orders/O260147%20",
    ] {
        let reply = shop.get(path).await;
        assert_eq!((reply.status, reply.json()), (200, empty.clone()), "{path}");
    }
    assert_eq!(
        shop.get("/orders/O999999/history").await.json(),
        json!({ "number_of_items": 0, "history": [] })
    );
    assert_eq!(shop.get("/orders/O999999/pdf").await.status, 404);

    shop.emulator()
        .patch_state(json!({ "settings": { "not_found": "404" } }))
        .unwrap();
    for path in [
        "/orders/O999999",
        "/invoices/F999999",
        "/order-statuses/999",
        "/products/nic/simple",
        "/orders/O999999/history",
    ] {
        assert_eq!(shop.get(path).await.status, 404, "{path}");
    }
    assert_eq!(
        shop.get("/orders?order_numbers=O999999").await.json(),
        empty
    );
    // An unknown number is not a mistake of the client.
    assert_eq!(shop.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn order_statuses_have_every_language_and_no_pages() {
    let shop = Shop::open().await;
    let statuses = shop.get("/order-statuses").await.json();
    assert_eq!(
        statuses.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["order_statuses"]
    );
    let sent = shop.get("/order-statuses/5").await.json();
    assert_eq!(
        sent["order_statuses"][0]["descriptions"],
        json!([
            { "language_id": "cs", "name": "Odeslaná" },
            { "language_id": "sk", "name": "Odoslaná" },
            { "language_id": "en", "name": "Sent" },
        ])
    );
    assert_eq!(
        shop.get("/order-statuses?type=Custom")
            .await
            .numbers("order_statuses", "id"),
        ["55", "56"]
    );
}

#[tokio::test]
async fn the_filter_of_invoices_by_order_works_is_ignored_or_is_refused_by_setting() {
    let shop = Shop::open().await;
    let path = "/invoices?order_number=O260160";
    let set = |filter: &str| {
        shop.emulator()
            .patch_state(json!({ "settings": { "order_number_filter": filter } }))
            .unwrap();
    };
    assert_eq!(
        shop.get(path).await.numbers("invoices", "invoice_number"),
        ["F260095", "D260004"]
    );
    set("ignored");
    assert_eq!(shop.get(path).await.json()["number_of_items"], 5);
    assert_eq!(
        shop.get("/orders?order_number=O260160").await.json()["number_of_items"],
        139
    );
    assert_eq!(shop.broken(), Vec::<String>::new());
    set("refused");
    assert_eq!(shop.get(path).await.status, 400);
    assert_eq!(shop.broken(), ["unknown-parameter"]);
}

#[tokio::test]
async fn invoices_are_filtered_as_documented() {
    let shop = Shop::open().await;
    for (query, expected) in [
        (
            "invoice_numbers=F260091;U260012",
            &["F260091", "U260012"][..],
        ),
        ("type=creditNote", &["D260004"]),
        ("paid_yn=0", &["D260004"]),
        (
            "creation_time_from=2026-03-16&creation_time_to=2026-03-30",
            &["F260095", "D260004"],
        ),
    ] {
        assert_eq!(
            shop.get(&format!("/invoices?{query}"))
                .await
                .numbers("invoices", "invoice_number"),
            expected,
            "{query}"
        );
    }
    let note = &shop.get("/invoices/D260004").await.json()["invoices"][0];
    assert_eq!(
        (&note["related_invoice_number"], &note["total_with_vat"]),
        (&json!("F260095"), &json!(-2180))
    );
}

#[tokio::test]
async fn customers_are_filtered_as_documented() {
    let shop = Shop::open().await;
    for (query, expected) in [
        ("customer_id=42", &["42"][..]),
        ("ids=42;90", &["42", "90"]),
        ("email=Eva.Horakova@example.cz", &["63"]),
        ("active_yn=0", &["74"]),
        ("company_number=12345678", &["90"]),
        ("newsletter_accept=yes", &["42"]),
        ("language=en", &["71"]),
    ] {
        assert_eq!(
            shop.get(&format!("/customers?{query}"))
                .await
                .numbers("customers", "customer_id"),
            expected,
            "{query}"
        );
    }
    // An empty map is written as an empty list.
    assert_eq!(
        shop.get("/customers?customer_id=57").await.json()["customers"][0]["groups"],
        json!([])
    );
}

#[tokio::test]
async fn products_have_their_manufacturer_if_there_is_one() {
    let shop = Shop::open().await;
    let products = shop
        .get("/products/simple?product_ids=36;39;44;45")
        .await
        .json();
    let seen: Vec<_> = products["products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|product| {
            [
                &product["product_id"],
                &product["code"],
                &product["manufacturer"],
            ]
        })
        .collect();
    assert_eq!(
        json!(seen),
        json!([
            [36, "ZK-500", "Pražírna Dlouhá"],
            [44, null, "Mlýnky Orlice"],
            [45, "DR-01", null]
        ])
    );
    for (path, expected) in [
        ("/products/simple/?codes=ZK-500;KON-06", &["36", "41"][..]),
        ("/products/simple?variant_codes=HR-300-M", &["52"]),
        ("/products/ZK-500/simple", &["36"]),
        ("/products/simple?in_stock_yn=0&product_ids=36;44", &["44"]),
    ] {
        assert_eq!(
            shop.get(path).await.numbers("products", "product_id"),
            expected,
            "{path}"
        );
    }
    let bare = shop
        .get("/products/simple?product_id=52&variants_yn=0")
        .await
        .json();
    assert_eq!(bare["products"][0].get("variants"), None);
}

#[tokio::test]
async fn documents_are_pdf_files_and_need_the_login() {
    let shop = Shop::open().await;
    for path in ["/orders/O260147/pdf", "/invoices/F260091/pdf"] {
        let reply = shop.get(path).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("application/pdf")),
            "{path}"
        );
        assert!(reply.body.starts_with(b"%PDF-1.4\n") && reply.body.ends_with(b"%%EOF\n"));
        // The table of objects has the offset of each.
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        let third = text
            .lines()
            .find(|line| line.ends_with(" 00000 n "))
            .unwrap();
        let offset: usize = third.split(' ').next().unwrap().parse().unwrap();
        assert!(text[offset..].starts_with("1 0 obj"));
    }
}
