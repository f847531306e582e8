//! Answers in the very shapes that real shops gave, read whole: numbers as texts,
//! letters escaped, empty objects as lists, undocumented keys.

use krabice_plugin::mock::get;
use serde_json::json;

use crate::shop::{asks_list, asks_of_order, list, lists_currencies, lists_shippings, mock};

/// As shops of version 5.26 answer it: both addresses are one, no `status`, and a
/// guest has a `user_id`, too.
const ORDER: &str = r#"{
 "order_id":"7130","user_id":"52","date":"2026-02-10 08:30:15","status_date":"2026-02-12 16:00:00",
 "confirm_date":null,"delivery_date":"2026-02-16","status_id":"7","sum":"149.50","payment_id":"3","user_order":"0",
 "shipping_id":"2","shipping_cost":"9.50","email":"karol.lis@example.com","delivery_code":"","code":"00ff",
 "confirm":"1","notes":"Prosz\u0119 dzwoni\u0107","notes_priv":"","notes_pub":"","currency_id":"1","currency_rate":"1",
 "paid":"149.50","ip_address":"203.0.113.9","discount_client":"0","discount_group":"0","discount_levels":"0",
 "discount_code":"0","code_id":null,"lang_id":"1","origin":"0","parent_order_id":null,"registered":"0",
 "delivery_email":null,"promo_code":"","additional_fields":[],"properties":[],"tags":[],
 "order_url":"https:\/\/sklep.example\/pl\/panel\/order\/7130","payment_url":"","is_cash_on_delivery":false,
 "is_paid":true,"is_overpayment":false,"is_underpayment":false,"total_parcels":0,"total_products":1,"children":[],
 "loyalty_cost":0,"loyalty_score":0,"vat_eu":false,"shipping_tax_name":"23%","shipping_tax_value":"23",
 "shipping_tax_id":"1","shipping_additional_fields":{"note":null},
 "delivery_address":{"address_id":"9","order_id":"7130","type":"1","firstname":"Karol","lastname":"Lis","company":"",
  "pesel":"","city":"Gda\u0144sk","postcode":"80-001","street1":"D\u0142uga 1","street2":"","state":"",
  "country":"Polska","phone":"503000111","country_code":"PL","tax_identification_number":""},
 "billing_address":{"address_id":"9","order_id":"7130","type":"1","firstname":"Karol","lastname":"Lis"}
}"#;

/// As shops answer the lines of an order: flags as numbers, lists that are empty.
const LINES: &str = r#"{"count":"1","pages":1,"page":1,"list":[
 {"id":"15","order_id":"7130","product_id":"41","stock_id":"70","price":"140.00","discount_perc":"0.0000","quantity":"1",
  "delivery_time":"1","delivery_time_hours":"24","name":"Wazon ro\u015blinny","code":"WAZ-1","pkwiu":"","tax":"23%",
  "tax_value":"23","unit":"szt.","unit_fp":"0","option":"","weight":"0.4","type":"0","loyalty":null,"is_digital":0,
  "text_options":[],"file_options":[],"warehouse_code":"","ean":"","images":null}]}"#;

/// As a new shop has them: eleven of them, the tenth number left out.
const STATUSES: &str = r#"{"count":"3","pages":1,"page":1,"list":[
 {"status_id":"1","active":"1","default":"1","color":"","type":"1","email_change":"0","order":"1","translations":
  {"pl_PL":{"trans_id":"1","status_id":"1","name":"z\u0142o\u017cone","lang_id":"1","message":"","message_html":""}}},
 {"status_id":"7","active":"1","default":"0","color":"","type":"3","email_change":"1","order":"7","translations":
  {"pl_PL":{"trans_id":"7","status_id":"7","name":"wys\u0142ane","lang_id":"1","message":"<b>Wys\u0142ane</b>"}}},
 {"status_id":"11","active":"1","default":"0","color":"","type":"4","email_change":"0","order":"11"}]}"#;

/// As shops answer the ways of payment: large, with HTML.
const PAYMENTS: &str = r#"{"count":"1","pages":1,"page":1,"list":[
 {"payment_id":"3","name":"payu","order":"1","install":"1","visible":"1","currencies":["1"],"notify":"<p>\u0141<\/p>",
  "translations":{"pl_PL":{"trans_id":"1","payment_id":"3","title":"P\u0142atno\u015b\u0107 online","lang_id":"1"}}}]}"#;

#[test]
fn a_recorded_order_is_read_whole() {
    let shop = mock().language("pl");
    shop.expect(get("webapi/rest/orders/7130").reads().answers(200, ORDER))
        .expect(asks_of_order("order-products").answers(200, LINES))
        .expect(asks_list("statuses", 1).answers(200, STATUSES))
        .expect(asks_list("payments", 1).answers(200, PAYMENTS))
        .expect(lists_shippings())
        .expect(lists_currencies());
    let loaded = shop.run("load-order", [("order", "7130")]).unwrap();
    assert_eq!(loaded["status"], "wysłane");
    assert_eq!(loaded["payment"], "Płatność online");
    assert_eq!(loaded["note"], "Proszę dzwonić");
    assert_eq!(loaded["topay"], "0.00");
    assert_eq!(loaded["delivery"]["street"], "Długa 1");
    assert_eq!(loaded["items"][0]["name"], "Wazon roślinny");
    assert_eq!(loaded["parcels"], json!([]));
    assert_eq!(loaded.get("payment-url"), None);
    assert_eq!(loaded["url"], "https://sklep.example/pl/panel/order/7130");
}

#[test]
fn recorded_statuses_are_read_with_what_is_missing() {
    let shop = mock().language("cs");
    shop.expect(asks_list("statuses", 1).answers(200, STATUSES));
    let listed = shop.run::<&str>("list-statuses", []).unwrap();
    let statuses = listed["statuses"].as_array().unwrap();
    let names: Vec<_> = statuses.iter().map(|status| &status["name"]).collect();
    assert_eq!(names, ["złożone", "wysłane", ""]);
    assert_eq!(statuses[2]["type"], "not-completed");
}

#[test]
fn a_count_may_be_a_number_and_an_empty_list_has_no_pages() {
    let shop = mock();
    let empty = r#"{"count":0,"pages":0,"page":1,"list":[]}"#;
    shop.expect(asks_of_order("parcels").answers(200, empty));
    assert_eq!(
        shop.run("track-parcel", [("order", "7130")]),
        Ok(json!(false))
    );
    assert_eq!(list(&[])["count"], "0", "as a text, as recorded");
}

#[test]
fn a_customer_who_never_came_back_has_the_zero_date() {
    let shop = mock();
    let users = r#"{"count":"1","pages":1,"page":1,"list":[
     {"user_id":"52","login":"karol.lis@example.com","date_add":"0000-00-00 00:00:00","lastvisit":"0000-00-00 00:00:00",
      "firstname":"Karol","lastname":"Lis","email":"karol.lis@example.com","discount":"0.00","newsletter":"0","active":"1",
      "registered":"0","lang_id":"1","group_id":null,"groups":[],"tags":[],"additional_fields":[],"comment":"",
      "origin":"0","verify_email":"0"}]}"#;
    let asks = get("webapi/rest/users")
        .query("filters", r#"{"email":"karol.lis@example.com"}"#)
        .query("limit", 50)
        .query("page", 1);
    shop.expect(asks.answers(200, users));
    let found = shop
        .run("find-customer", [("email", "karol.lis@example.com")])
        .unwrap();
    assert_eq!(found.get("since"), None);
    assert_eq!(found["registered"], false);
}
