//! `GET /orders` and `GET /orders/{order_number}`.

use serde_json::Value;

use super::page::page;
use super::query::{Kind, Known, Query};
use super::settings::OrderNumberFilter;
use super::shop::Shop;
use super::time;
use crate::refusal::Refusal;

/// Upgates API v2, blueprint: Objednávky, Seznam objednávek.
const PARAMETERS: Known = &[
    ("order_numbers", Kind::List),
    ("creation_time_from", Kind::Date),
    ("creation_time_to", Kind::Date),
    ("last_update_time_from", Kind::Date),
    ("paid_yn", Kind::Bool),
    ("status", Kind::AnyText),
    ("status_id", Kind::Int),
    ("status_ids", Kind::List),
    ("language", Kind::Text),
    ("email", Kind::Text),
    ("phone", Kind::Phone),
    ("external_order_number", Kind::Text),
    ("payment_type", Kind::OneOf(PAYMENT_TYPES)),
    ("shipment_type", Kind::OneOf(SHIPMENT_TYPES)),
    ("page", Kind::Page),
    (
        "order_by",
        Kind::OneOf(&["creation_time", "last_update_time"]),
    ),
    ("order_dir", Kind::OneOf(&["asc", "desc"])),
];

const PAYMENT_TYPES: &[&str] = &[
    "cash",
    "cashOnDelivery",
    "command",
    "moneybookers",
    "paypal",
    "stripe",
    "payu",
    "homecredit",
    "tatrapay",
    "tatracardpay",
    "comgate",
    "gopay",
    "fio",
    "gpwebpay",
    "cofidis",
    "essox",
    "twisto",
    "cashOnCashRegister",
    "cardOnCashRegister",
    "thepay",
    "custom",
];

const SHIPMENT_TYPES: &[&str] = &[
    "ceskaPosta",
    "slovenskaPosta",
    "ulozenka",
    "zasilkovna",
    "dpd",
    "ppl",
    "gls",
    "custom",
];

/// The list of orders, or with a number a list of that one order.
pub(super) fn list(shop: &Shop, number: Option<&str>, raw: Option<&str>) -> Result<Value, Refusal> {
    let ignored: &[&str] = match shop.settings.order_number_filter {
        OrderNumberFilter::Ignored => &["order_number"],
        OrderNumberFilter::Invoices | OrderNumberFilter::Refused => &[],
    };
    let query = Query::read(raw, PARAMETERS, ignored)?;
    let mut orders: Vec<&Value> = shop
        .orders
        .iter()
        .filter(|order| fits(order, number, &query, shop))
        .collect();
    // The defaults of `order_by` and `order_dir` are not documented; the oldest
    // come first, as in the recorded answer.
    let by = query.text("order_by").unwrap_or("creation_time");
    orders.sort_by_key(|order| order[by].as_str().and_then(time::read));
    if query.text("order_dir") == Some("desc") {
        orders.reverse();
    }
    Ok(page("orders", &orders, query.page()))
}

fn fits(order: &Value, number: Option<&str>, query: &Query, shop: &Shop) -> bool {
    let customer = &order["customer"];
    let same =
        |value: &Value, name: &str| query.text(name).is_none_or(|wanted| text(value) == wanted);
    let moment = |key: &str| {
        order[key]
            .as_str()
            .and_then(time::read)
            .map(|(first, _)| first)
    };
    let since = |key: &str, name: &str| {
        query
            .from(name)
            .is_none_or(|from| moment(key).is_some_and(|at| at >= from))
    };
    let until = |key: &str, name: &str| {
        query
            .until(name)
            .is_none_or(|to| moment(key).is_some_and(|at| at <= to))
    };
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let email = |wanted: &str| {
        let email = text(&customer["email"]);
        // Whether case matters is not documented; a setting decides.
        if shop.settings.email_filter_exact {
            email == wanted
        } else {
            email.to_lowercase() == wanted.to_lowercase()
        }
    };

    number.is_none_or(|number| order["order_number"] == number)
        && query.list("order_numbers").is_none_or(|numbers| numbers.contains(&text(&order["order_number"])))
        && since("creation_time", "creation_time_from")
        && until("creation_time", "creation_time_to")
        && since("last_update_time", "last_update_time_from")
        // `1` is documented as "paid"; that `0` is "unpaid" is an inference.
        && query.flag("paid_yn").is_none_or(|paid| paid != text(&order["paid_date"]).is_empty())
        // An empty status finds the orders without one.
        && same(&order["status"], "status")
        && query.int("status_id").is_none_or(|id| order["status_id"].as_i64() == Some(id))
        && query.list("status_ids").is_none_or(|ids| ids.contains(&order["status_id"].to_string().as_str()))
        && same(&order["language_id"], "language")
        && query.text("email").is_none_or(email)
        && query.text("phone").is_none_or(|phone| digits(phone) == digits(text(&customer["phone"])))
        && same(&order["external_order_number"], "external_order_number")
        && same(&order["payment"]["type"], "payment_type")
        && same(&order["shipment"]["type"], "shipment_type")
}

/// A text; empty if it is absent.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
