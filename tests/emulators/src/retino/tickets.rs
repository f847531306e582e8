//! Reading tickets: the list, the search, and a single ticket.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::account::Account;
use super::answer::bad_field;
use super::query::{Kind, Known, Query};
use super::rules;
use super::settings::{EmailAt, References};
use crate::refusal::Refusal;

/// Tickets API: filtering by moments of creation, change and closing. Public
/// client: `updated_at_from`; the others are named after it.
const FILTERS: Known = &[
    ("created_at_from", Kind::Moment),
    ("created_at_to", Kind::Moment),
    ("updated_at_from", Kind::Moment),
    ("updated_at_to", Kind::Moment),
    ("closed_at_from", Kind::Moment),
    ("closed_at_to", Kind::Moment),
];

/// Tracking API: the name in the sister search.
const SEARCH: Known = &[("search", Kind::Text)];

/// `GET /tickets`.
pub(super) fn list(account: &Account, raw: Option<&str>) -> Result<Value, Refusal> {
    let query = Query::of_list(raw, FILTERS)?;
    let within = |ticket: &Value, key: &str| {
        let moment = ticket[key].as_str().and_then(|text| text.parse().ok());
        let from = query.moment(&format!("{key}_from"));
        let to = query.moment(&format!("{key}_to"));
        let holds = |moment: Timestamp| {
            from.is_none_or(|from| moment >= from) && to.is_none_or(|to| moment <= to)
        };
        moment.map_or(from.is_none() && to.is_none(), holds)
    };
    let fits = |ticket: &&Value| {
        ["created_at", "updated_at", "closed_at"]
            .iter()
            .all(|key| within(ticket, key))
    };
    page(account, &query, account.tickets.iter().filter(fits))
}

/// `GET /tickets/search`.
pub(super) fn search(account: &Account, raw: Option<&str>) -> Result<Value, Refusal> {
    let query = Query::of_list(raw, SEARCH)?;
    let Some(wanted) = query.text("search") else {
        let text = "This parameter is required.";
        return Err(bad_field(&rules::PARAMETER_VALUE, "search", text));
    };
    let wanted = wanted.trim().to_lowercase();
    let fits = |ticket: &&Value| searched(ticket).any(|text| text.to_lowercase().contains(&wanted));
    page(account, &query, account.tickets.iter().filter(fits))
}

/// The texts that are searched: the numbers, the customer, the products and the notes.
/// Tickets API: by content; which content is inferred from what the application finds.
fn searched(ticket: &Value) -> impl Iterator<Item = &str> {
    let places = [
        "/code",
        "/bound_order/code",
        "/bound_order/remote_id",
        "/customer/name",
        "/customer/email",
        "/customer/phone",
    ];
    let items = |list: &'static str, place: &'static str| {
        let items = ticket[list].as_array().map(Vec::as_slice);
        let items = items.unwrap_or_default().iter();
        items.filter_map(move |item| item.pointer(place))
    };
    places
        .into_iter()
        .filter_map(|place| ticket.pointer(place))
        .chain(items("products", "/name"))
        .chain(items("history_items", "/history_item_data/text"))
        .filter_map(Value::as_str)
}

fn page<'a>(
    account: &Account,
    query: &Query,
    tickets: impl Iterator<Item = &'a Value>,
) -> Result<Value, Refusal> {
    let tickets: Vec<Value> = tickets
        .map(|ticket| shown(account, ticket, account.settings.customer_in_lists))
        .collect();
    query.page(&tickets, &account.settings)
}

/// A ticket in the form that the settings ask for.
pub(super) fn shown(account: &Account, ticket: &Value, customer: bool) -> Value {
    let mut shown = ticket.clone();
    let Value::Object(fields) = &mut shown else {
        return shown;
    };
    if customer {
        move_email(fields, account.settings.email_at);
    } else {
        fields.remove("customer");
    }
    if account.settings.references == References::Object {
        for (key, list) in [("state", &account.states), ("type", &account.types)] {
            let item = list
                .iter()
                .find(|item| Some(&item["id"]) == fields.get(key));
            if let Some(item) = item {
                fields.insert(key.to_owned(), item.clone());
            }
        }
    }
    shown
}

/// Moves the e-mail of the customer to the place of the setting.
fn move_email(fields: &mut Map<String, Value>, at: EmailAt) {
    if at == EmailAt::Customer {
        return;
    }
    let customer = fields.get_mut("customer").and_then(Value::as_object_mut);
    let Some(email) = customer.and_then(|customer| customer.shift_remove("email")) else {
        return;
    };
    let order = fields.get_mut("bound_order");
    let order = order.and_then(Value::as_object_mut);
    match (at, order) {
        (EmailAt::OrderCustomer, Some(order)) => {
            let customer = Map::from_iter([("email".to_owned(), email)]);
            order.insert("customer".to_owned(), Value::Object(customer));
        }
        (EmailAt::Order, Some(order)) => drop(order.insert("customer_email".to_owned(), email)),
        (EmailAt::Ticket, _) => drop(fields.insert("customer_email".to_owned(), email)),
        (EmailAt::Plain, _) => drop(fields.insert("email".to_owned(), email)),
        (EmailAt::Customer | EmailAt::Nowhere, _) | (_, None) => {}
    }
}
