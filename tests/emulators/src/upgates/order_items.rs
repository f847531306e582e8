//! Items of an order in `PUT /orders`: products, shipment and payment.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::answer::message;
use super::body::{Kind, Shape};
use super::shop::Shop;

/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek, `products`.
pub(super) const PRODUCT: Shape = &[
    ("uuid", Kind::Text),
    ("code", Kind::Text),
    ("code_supplier", Kind::Text),
    ("ean", Kind::Text),
    ("title", Kind::Text),
    ("quantity", Kind::Number),
    ("unit", Kind::Text),
    ("price_per_unit", Kind::Number),
    ("vat", Kind::Number),
    ("buy_price", Kind::NotEmulated),
    ("recycling_fee", Kind::NotEmulated),
    ("weight", Kind::Int),
    ("invoice_info", Kind::Text),
    ("parameters", Kind::NotEmulated),
];

/// Upgates API v2, blueprint: Objednávky, Aktualizace objednávek, `shipment` and
/// `payment`.
pub(super) const SERVICE: Shape = &[
    ("code", Kind::Text),
    ("name", Kind::Text),
    ("price", Kind::Number),
    ("vat", Kind::Number),
    ("affiliate_id", Kind::Text),
    ("affiliate_name", Kind::Text),
];

/// The path of the first required key that an item of the request lacks.
pub(super) fn missing(item: &Value) -> Option<String> {
    let products = item["products"].as_array().into_iter().flatten();
    for (index, product) in products.enumerate() {
        if product.get("price_per_unit").is_none() {
            return Some(format!("products[{index}].price_per_unit"));
        }
    }
    for service in ["shipment", "payment"] {
        for key in ["name", "price", "vat"] {
            if item
                .get(service)
                .is_some_and(|service| service.get(key).is_none())
            {
                return Some(format!("{service}.{key}"));
            }
        }
    }
    None
}

/// Changes all items that the request names, or none, and updates the order's total.
pub(super) fn apply(
    shop: &Shop,
    order: &mut Value,
    item: &Map<String, Value>,
    delete_missing: bool,
) -> Result<(), Value> {
    let keys = ["products", "shipment", "payment"];
    if keys.iter().all(|key| item.get(*key).is_none()) {
        return Ok(());
    }
    let with_vat = order["prices_with_vat_yn"] == true;
    if let Some(wanted) = item.get("products").and_then(Value::as_array) {
        let mut lines = order["products"].as_array().cloned().unwrap_or_default();
        let mut sent = Vec::new();
        for wanted in wanted {
            let line = match wanted["uuid"].as_str() {
                Some(uuid) => {
                    let place = lines.iter().position(|line| line["uuid"] == uuid);
                    let Some(place) = place else {
                        let text = format!("Produkt {uuid} na objednávce není.");
                        return Err(message(Some("order"), Some("products"), &text));
                    };
                    &mut lines[place]
                }
                None => {
                    lines.push(new_line(shop, wanted, lines.len()));
                    let last = lines.len() - 1;
                    &mut lines[last]
                }
            };
            for (key, value) in wanted.as_object().into_iter().flatten() {
                line[key] = value.clone();
            }
            price(line, with_vat);
            sent.push(line["uuid"].clone());
        }
        if delete_missing {
            lines.retain(|line| sent.contains(&line["uuid"]));
        }
        order["products"] = lines.into();
    }
    for service in ["shipment", "payment"] {
        for (key, value) in item
            .get(service)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            order[service][key] = value.clone();
        }
        set_twins(&mut order[service], "price", with_vat);
    }
    total(order);
    Ok(())
}

/// A new line of the order. If its code is that of a product of the shop, it refers to it.
fn new_line(shop: &Shop, wanted: &Value, index: usize) -> Value {
    let product = shop.products.iter().find(|product| {
        wanted["code"]
            .as_str()
            .is_some_and(|code| product["code"] == code)
    });
    json!({
        "product_id": product.map_or(Value::Null, |product| product["product_id"].clone()),
        "option_set_id": null, "type": "product", "parent_uuid": null,
        "uuid": format!("00000000-0000-4000-a000-{index:012}"),
        "code": null, "title": null, "unit": "ks", "quantity": 1, "vat": 0,
    })
}

/// Sets the prices of a line that follow from its unit price.
fn price(line: &mut Value, with_vat: bool) {
    let sum = exact(&line["price_per_unit"]) * exact(&line["quantity"]);
    line["price"] = number(cents(sum));
    set_twins(line, "price_per_unit", with_vat);
    set_twins(line, "price", with_vat);
}

/// Sets a price with and without VAT.
fn set_twins(of: &mut Value, key: &str, with_vat: bool) {
    let price = exact(&of[key]);
    let factor = Decimal::ONE + exact(&of["vat"]) / Decimal::ONE_HUNDRED;
    let (with, without) = if with_vat {
        (price, price / factor)
    } else {
        (price * factor, price)
    };
    of[format!("{key}_with_vat")] = number(cents(with));
    of[format!("{key}_without_vat")] = number(cents(without));
}

/// Sets the total, which is always with VAT. That it is no longer rounded is an inference.
fn total(order: &mut Value) {
    let lines = order["products"].as_array().into_iter().flatten();
    let sum: Decimal = lines.map(|line| exact(&line["price_with_vat"])).sum();
    let services = ["shipment", "payment"].map(|service| exact(&order[service]["price_with_vat"]));
    let sum = services.into_iter().fold(sum, |sum, price| sum + price);
    order["order_total_before_round"] = number(sum);
    order["order_total_rest"] = 0.into();
    order["order_total"] = number(sum);
}

fn cents(price: Decimal) -> Decimal {
    price.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The number as it is written, in quotes or not; 0 if there is none.
fn exact(value: &Value) -> Decimal {
    let text = value.to_string();
    text.trim_matches('"').parse().unwrap_or_default()
}

fn number(decimal: Decimal) -> Value {
    serde_json::from_str(&decimal.normalize().to_string()).expect("a decimal is a JSON number")
}
