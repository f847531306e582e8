//! Orders, their statuses, and parcels.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::account::{Account, flag, number, place};
use super::answer::refusal;
use super::request::{Request, bad_value};
use super::rules;
use super::settings::UnknownIds;
use crate::refusal::Refusal;

/// The most items of an answer.
/// api.base.com, getOrders; getOrderReturns.
pub(super) const PAGE: usize = 100;

/// The content of a success.
pub(super) type Content = Map<String, Value>;

/// The content of a success with one value.
pub(super) fn content_of(name: &str, value: Value) -> Content {
    Map::from_iter([(name.to_owned(), value)])
}

/// Parts of an order that are answered only on request, and the parameter that asks for
/// them. api.base.com, getOrders.
const EXTRAS: [(&str, &str); 3] = [
    ("custom_extra_fields", "include_custom_extra_fields"),
    ("commission", "include_commission_data"),
    ("connect_data", "include_connect_data"),
];

/// `getOrders`.
pub(super) fn list(account: &Account, request: &Request) -> Content {
    let by_number = request.int("order_id");
    let settings = &account.settings;
    let fits = |order: &&Value| {
        let email = request.text("filter_email").is_none_or(|wanted| {
            let own = order["email"].as_str().unwrap_or_default();
            own == wanted
                || !settings.email_filter_exact && own.to_lowercase() == wanted.to_lowercase()
        });
        let source = request
            .text("filter_order_source")
            .is_none_or(|wanted| order["order_source"] == wanted);
        let archived =
            number(&order["order_id"]).is_some_and(|order| account.archive.contains(&order));
        request.equals("order_id", order, "order_id")
            && request.equals("status_id", order, "order_status_id")
            && request.equals("filter_shop_order_id", order, "shop_order_id")
            && request.equals("filter_order_source_id", order, "order_source_id")
            && request.at_least("date_confirmed_from", order, "date_confirmed")
            && request.at_least("date_from", order, "date_add")
            && request.at_least("id_from", order, "order_id")
            && email
            && source
            // api.base.com, getOrders: confirmed ones, unless asked otherwise.
            && (flag(&order["confirmed"]) || request.flag("get_unconfirmed_orders"))
            && (!archived || settings.archive_is_listed || by_number.is_some())
    };
    let mut orders: Vec<&Value> = account.orders.iter().filter(fits).collect();
    // As the vendor's own examples page through orders: by confirmation with
    // `date_confirmed_from`, by number with `id_from` and else.
    let by_id = request.int("id_from").is_some();
    let key = if request.int("date_confirmed_from").is_some() && !by_id {
        "date_confirmed"
    } else {
        "order_id"
    };
    orders.sort_by_key(|order| (number(&order[key]), number(&order["order_id"])));
    let orders = orders.into_iter().take(PAGE);
    let shown = orders.map(|order| shown(order, request));
    content_of("orders", shown.collect())
}

/// An order or a return without the parts that were not asked for.
pub(super) fn shown(item: &Value, request: &Request) -> Value {
    let mut item = item.clone();
    let Some(members) = item.as_object_mut() else {
        return item;
    };
    for (part, asked) in EXTRAS {
        if !request.flag(asked) {
            members.remove(part);
        } else if part == "custom_extra_fields" {
            // PHP writes an empty object as an empty list.
            members.entry(part).or_insert_with(|| json!([]));
        }
    }
    item
}

/// `getOrdersByEmail`: numbers as texts, as its page shows them.
pub(super) fn by_email(account: &Account, request: &Request) -> Content {
    let wanted = request.text("email").unwrap_or_default().to_lowercase();
    let own = |order: &&Value| {
        let email = order["email"].as_str().unwrap_or_default();
        !email.is_empty() && email.to_lowercase() == wanted
    };
    let hits = account.orders.iter().filter(own).map(hit);
    content_of("orders", hits.map(Value::Object).collect())
}

/// `getOrdersByPhone`. Which spellings of a number it finds is not documented; here those
/// with the same digits.
pub(super) fn by_phone(account: &Account, request: &Request) -> Content {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let wanted = digits(request.text("phone").unwrap_or_default());
    let own = |order: &&Value| {
        let phone = digits(order["phone"].as_str().unwrap_or_default());
        !phone.is_empty() && phone == wanted
    };
    let hits = account.orders.iter().filter(own).map(|order| {
        let mut hit = hit(order);
        for key in ["delivery_fullname", "delivery_company"] {
            hit.insert(key.to_owned(), order[key].clone());
        }
        Value::Object(hit)
    });
    content_of("orders", hits.collect())
}

fn hit(order: &Value) -> Map<String, Value> {
    let keys = ["order_id", "order_status_id", "date_in_status", "date_add"];
    let text = |key: &str| number(&order[key]).map_or(Value::Null, |it| it.to_string().into());
    keys.map(|key| (key.to_owned(), text(key)))
        .into_iter()
        .collect()
}

/// The answer of a writing method to an unknown id.
pub(super) fn unknown(
    account: &Account,
    code: &'static str,
    what: &str,
) -> Result<Content, Refusal> {
    match account.settings.unknown_ids {
        UnknownIds::Ignored => Ok(Map::new()),
        UnknownIds::Refused => Err(refusal(&rules::UNKNOWN_ORDER, code, what)),
    }
}

/// `setOrderStatus`.
pub(super) fn set_status(
    account: &mut Account,
    request: &Request,
    now: Timestamp,
) -> Result<Content, Refusal> {
    let id = |name| request.int(name).unwrap_or_default();
    let status = id("status_id");
    if place(&account.order_statuses, "id", status).is_none() {
        return unknown(account, "ERROR_STATUS_NOT_FOUND", "Unknown status");
    }
    let Some(at) = place(&account.orders, "order_id", id("order_id")) else {
        return unknown(account, "ERROR_ORDER_NOT_FOUND", "Unknown order");
    };
    if !account.settings.changes_get_lost {
        account.orders[at]["order_status_id"] = status.into();
        account.orders[at]["date_in_status"] = now.as_second().into();
    }
    Ok(Map::new())
}

/// `setOrderFields`: only the given fields change, and a text is replaced as a whole.
pub(super) fn set_fields(account: &mut Account, request: &Request) -> Result<Content, Refusal> {
    let id = request.int("order_id").unwrap_or_default();
    let Some(at) = place(&account.orders, "order_id", id) else {
        return unknown(account, "ERROR_ORDER_NOT_FOUND", "Unknown order");
    };
    for (name, value) in &request.parameters {
        if name != "order_id" {
            account.orders[at][name] = value.clone();
        }
    }
    Ok(Map::new())
}

/// `getOrderPackages`.
pub(super) fn packages(account: &Account, request: &Request) -> Content {
    let own = |parcel: &&Value| number(&parcel["order_id"]) == request.int("order_id");
    let packages = account.packages.iter().filter(own).map(|parcel| {
        let mut parcel = parcel.clone();
        if let Some(members) = parcel.as_object_mut() {
            members.remove("order_id");
        }
        parcel
    });
    content_of("packages", packages.collect())
}

/// The parcel of `getLabel`, by its number in Base or by the courier's number.
pub(super) fn parcel(account: &Account, request: &Request) -> Result<Option<i64>, Refusal> {
    let by_id = request.int("package_id");
    let by_number = request.text("package_number");
    if by_id.is_some() == by_number.is_some() {
        let message = "either `package_id` or `package_number` is required";
        return Err(bad_value(message.to_owned()));
    }
    let meant = |parcel: &&Value| {
        parcel["courier_code"] == request.text("courier_code").unwrap_or_default()
            && by_id.is_none_or(|id| number(&parcel["package_id"]) == Some(id))
            && by_number.is_none_or(|number| parcel["courier_package_nr"] == number)
    };
    let found = account.packages.iter().find(meant);
    Ok(found.and_then(|parcel| number(&parcel["package_id"])))
}
