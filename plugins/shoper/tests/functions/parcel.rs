//! `track-parcel`.

use krabice_plugin::Failure;
use serde_json::json;

use crate::shop::{asks_of_order, list, lists_parcels, lists_shippings, mock, page, parcel};

const NUMBER: [(&str, &str); 1] = [("order", "7130")];

#[test]
fn parcels_with_a_number_are_given_with_their_links() {
    let shop = mock();
    shop.expect(lists_parcels()).expect(lists_shippings());
    assert_eq!(
        shop.run("track-parcel", NUMBER),
        Ok(json!({
            "count": 1,
            "parcels": [{
                "number": "63 A/1", "carrier": "Paczkomat", "sent": true,
                "url": "https://sledzenie.example/?numer=63%20A%2F1",
                "sent-at": "2026-02-12T16:00:00[Europe/Prague]",
            }],
        }))
    );
}

#[test]
fn a_parcel_without_a_carriers_page_has_no_link() {
    for shipping in [json!("5"), json!("99"), json!(null)] {
        let shop = mock();
        let mut parcel = parcel("1", "ODB-1", "0", json!(null));
        parcel["shipping_id"] = shipping.clone();
        shop.expect(asks_of_order("parcels").answers(200, list(&[parcel])))
            .expect(lists_shippings());
        let tracked = shop.run("track-parcel", NUMBER).unwrap();
        let name = if shipping == json!("5") {
            "Odbiór"
        } else {
            ""
        };
        assert_eq!(
            tracked["parcels"],
            json!([{ "number": "ODB-1", "carrier": name, "sent": false }])
        );
    }
}

#[test]
fn an_order_without_parcels_is_false_in_one_request() {
    let without_number = parcel("1", "", "0", json!(null));
    let mut foreign = parcel("2", "63 A/2", "1", json!(null));
    foreign["order_id"] = json!("7131");
    for parcels in [vec![], vec![without_number], vec![foreign]] {
        let shop = mock();
        shop.expect(asks_of_order("parcels").answers(200, list(&parcels)));
        assert_eq!(shop.run("track-parcel", NUMBER), Ok(json!(false)));
    }
    assert_eq!(
        mock().run("track-parcel", [("order", "no")]),
        Ok(json!(false))
    );
}

#[test]
fn a_shop_that_ignores_the_filter_proves_nothing() {
    let mut foreign = parcel("2", "63 A/2", "1", json!(null));
    foreign["order_id"] = json!("7131");
    let shop = mock();
    for number in 1..=20 {
        let asks = krabice_plugin::mock::get("webapi/rest/parcels")
            .query("filters", r#"{"order_id":7130}"#)
            .query("limit", 50)
            .query("page", number);
        shop.expect(asks.answers(200, page(&[foreign.clone()], number, 30)));
    }
    let outcome = shop.run("track-parcel", NUMBER);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
