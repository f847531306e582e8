//! Read-only lists: order statuses, invoices, customers, products, and the API's
//! own status.

use serde_json::{Value, json};

use super::page::page;
use super::query::{Kind, Known, Query};
use super::settings::{OrderNumberFilter, Right, Service, Settings};
use super::shop::Shop;
use super::time;
use crate::refusal::Refusal;

/// Upgates API v2, blueprint: Stavy objednávky, Seznam stavů.
const STATUS_TYPES: &[&str] = &[
    "Received",
    "Canceled",
    "Sent",
    "PaymentSuccessful",
    "PaymentFailed",
    "PaymentCanceled",
    "PaymentInProcess",
    "Unresolved",
    "Custom",
    "HomecreditProcessing",
    "HomecreditRejected",
    "HomecreditApproved",
    "HomecreditReadyToShip",
    "HomecreditSent",
    "HomecreditDelivered",
    "HomecreditPaid",
    "HomecreditCanceled",
];

/// `GET /status`, allowed to every API user.
/// Upgates API v2, blueprint: Stav API.
pub(super) fn status(settings: &Settings, base: &str, raw: Option<&str>) -> Result<Value, Refusal> {
    Query::read(raw, &[], &[])?;
    let service = |service: Service| {
        let privilege = match settings.right(service) {
            Right::Deny => "deny",
            Right::Readonly => "readonly",
            Right::All => "all",
        };
        let path = service.path();
        json!({ "service": path, "url": format!("{base}/{path}"), "privilege": privilege })
    };
    let services: Vec<Value> = Service::ALL.into_iter().map(service).collect();
    Ok(json!({ "services": services, "documentation_link": "https://docs.upgates.com/" }))
}

/// `GET /order-statuses` and `GET /order-statuses/{id}`: without pages.
/// Upgates API v2, blueprint: Stavy objednávky, Seznam stavů.
pub(super) fn order_statuses(
    shop: &Shop,
    id: Option<&str>,
    raw: Option<&str>,
) -> Result<Value, Refusal> {
    let query = Query::read(raw, &[("type", Kind::OneOf(STATUS_TYPES))], &[])?;
    let number = id.map(|id| id.parse::<i64>().ok());
    let fits = |status: &&Value| {
        number.is_none_or(|number| number.is_some() && number == status["id"].as_i64())
            && query
                .text("type")
                .is_none_or(|wanted| status["type"] == wanted)
    };
    let statuses: Vec<&Value> = shop.order_statuses.iter().filter(fits).collect();
    Ok(json!({ "order_statuses": statuses }))
}

/// Upgates API v2, blueprint: Faktury, Seznam faktur (`creation_time_to`
/// since 2025-09).
const INVOICE_PARAMETERS: Known = &[
    ("invoice_numbers", Kind::List),
    ("creation_time_from", Kind::Date),
    ("creation_time_to", Kind::Date),
    ("last_update_time_from", Kind::Date),
    ("page", Kind::Page),
    ("paid_yn", Kind::Bool),
    ("type", Kind::OneOf(&["invoice", "creditNote", "receipt"])),
];

/// The parameters of invoices with the filter that clients of 2026 use.
const INVOICE_PARAMETERS_NEWER: Known = &[
    ("invoice_numbers", Kind::List),
    ("creation_time_from", Kind::Date),
    ("creation_time_to", Kind::Date),
    ("last_update_time_from", Kind::Date),
    ("page", Kind::Page),
    ("paid_yn", Kind::Bool),
    ("type", Kind::OneOf(&["invoice", "creditNote", "receipt"])),
    ("order_number", Kind::Text),
];

/// `GET /invoices` and `GET /invoices/{invoice_number}`.
pub(super) fn invoices(
    shop: &Shop,
    number: Option<&str>,
    raw: Option<&str>,
) -> Result<Value, Refusal> {
    let query = match shop.settings.order_number_filter {
        OrderNumberFilter::Invoices => Query::read(raw, INVOICE_PARAMETERS_NEWER, &[])?,
        OrderNumberFilter::Ignored => Query::read(raw, INVOICE_PARAMETERS, &["order_number"])?,
        OrderNumberFilter::Refused => Query::read(raw, INVOICE_PARAMETERS, &[])?,
    };
    let fits = |invoice: &&Value| {
        // Invoices do not show when they changed: the time of creation stands for it.
        number.is_none_or(|number| invoice["invoice_number"] == number)
            && listed(&query, "invoice_numbers", &invoice["invoice_number"])
            && since(&query, "creation_time_from", &invoice["creation_time"])
            && until(&query, "creation_time_to", &invoice["creation_time"])
            && since(&query, "last_update_time_from", &invoice["creation_time"])
            && flagged(&query, "paid_yn", &invoice["paid_yn"])
            && same(&query, "type", &invoice["type"])
            && same(&query, "order_number", &invoice["order_number"])
    };
    let invoices: Vec<&Value> = shop.invoices.iter().filter(fits).collect();
    Ok(page("invoices", &invoices, query.page()))
}

/// Upgates API v2, blueprint: Zákazníci, Seznam zákazníků.
const CUSTOMER_PARAMETERS: Known = &[
    ("creation_time_from", Kind::Date),
    ("last_update_time_from", Kind::Date),
    ("code", Kind::Text),
    ("customer_id", Kind::Int),
    ("ids", Kind::List),
    ("active_yn", Kind::Bool),
    ("blocked_yn", Kind::Bool),
    ("language", Kind::Text),
    ("pricelist", Kind::Text),
    ("email", Kind::Text),
    ("phone", Kind::Text),
    ("company_name", Kind::Text),
    ("company_number", Kind::Text),
    ("company_vat_number", Kind::Text),
    ("page", Kind::Page),
    (
        "newsletter_accept",
        Kind::OneOf(&["notset", "no", "yes", "excluded"]),
    ),
];

/// `GET /customers`.
pub(super) fn customers(shop: &Shop, raw: Option<&str>) -> Result<Value, Refusal> {
    let query = Query::read(raw, CUSTOMER_PARAMETERS, &[])?;
    let fits = |customer: &&Value| {
        let (login, company) = (&customer["login"], &customer["company"]);
        let email = |wanted: &str| {
            let email = login["email"].as_str().unwrap_or_default();
            if shop.settings.email_filter_exact {
                email == wanted
            } else {
                email.to_lowercase() == wanted.to_lowercase()
            }
        };
        since(&query, "creation_time_from", &customer["creation_time"])
            && since(
                &query,
                "last_update_time_from",
                &customer["last_update_time"],
            )
            && same(&query, "code", &customer["code"])
            && query
                .int("customer_id")
                .is_none_or(|id| customer["customer_id"].as_i64() == Some(id))
            && listed(&query, "ids", &customer["customer_id"])
            && flagged(&query, "active_yn", &login["active_yn"])
            && flagged(&query, "blocked_yn", &login["blocked_yn"])
            && same(&query, "language", &customer["language"])
            && same(&query, "pricelist", &customer["pricelist"])
            && query.text("email").is_none_or(email)
            && same(&query, "phone", &customer["communication"]["phone"])
            && same(&query, "company_name", &company["name"])
            && same(&query, "company_number", &company["company_number"])
            && same(&query, "company_vat_number", &company["vat_number"])
            && same(&query, "newsletter_accept", &customer["newsletter_accept"])
    };
    let customers: Vec<&Value> = shop.customers.iter().filter(fits).collect();
    Ok(page("customers", &customers, query.page()))
}

/// Upgates API v2, blueprint: Produkty, Seznam produktů - zjednodušený
/// (`variants_yn` since 2025-09).
const PRODUCT_PARAMETERS: Known = &[
    ("codes", Kind::List),
    ("product_id", Kind::Int),
    ("product_ids", Kind::List),
    ("variant_codes", Kind::List),
    ("last_update_time_from", Kind::Date),
    ("active_yn", Kind::Bool),
    ("archived_yn", Kind::Bool),
    ("can_add_to_basket_yn", Kind::Bool),
    ("exclude_from_search_yn", Kind::Bool),
    ("in_stock_yn", Kind::Bool),
    ("variants_yn", Kind::Bool),
    ("page", Kind::Page),
];

/// `GET /products/simple` and `GET /products/{code}/simple`.
pub(super) fn products(
    shop: &Shop,
    code: Option<&str>,
    raw: Option<&str>,
) -> Result<Value, Refusal> {
    let query = Query::read(raw, PRODUCT_PARAMETERS, &[])?;
    let has_variant = |product: &Value, wanted: &[&str]| {
        let variants = product["variants"].as_array();
        let wanted = |variant: &Value| {
            variant["code"]
                .as_str()
                .is_some_and(|code| wanted.contains(&code))
        };
        variants.is_some_and(|variants| variants.iter().any(wanted))
    };
    let fits = |product: &&Value| {
        let in_stock = product["availability_type"] == "InStock";
        code.is_none_or(|code| product["code"] == code)
            && listed(&query, "codes", &product["code"])
            && query
                .int("product_id")
                .is_none_or(|id| product["product_id"].as_i64() == Some(id))
            && listed(&query, "product_ids", &product["product_id"])
            && query
                .list("variant_codes")
                .is_none_or(|wanted| has_variant(product, &wanted))
            && since(
                &query,
                "last_update_time_from",
                &product["last_update_time"],
            )
            && flagged(&query, "active_yn", &product["active_yn"])
            && flagged(&query, "archived_yn", &product["archived_yn"])
            && flagged(
                &query,
                "can_add_to_basket_yn",
                &product["can_add_to_basket_yn"],
            )
            && flagged(
                &query,
                "exclude_from_search_yn",
                &product["exclude_from_search_yn"],
            )
            && query
                .flag("in_stock_yn")
                .is_none_or(|wanted| wanted == in_stock)
    };
    let products: Vec<&Value> = shop.products.iter().filter(fits).collect();
    let mut answer = page("products", &products, query.page());
    if query.flag("variants_yn") == Some(false) {
        for product in answer["products"].as_array_mut().into_iter().flatten() {
            product
                .as_object_mut()
                .map(|product| product.shift_remove("variants"));
        }
    }
    Ok(answer)
}

fn same(query: &Query, name: &str, value: &Value) -> bool {
    query.text(name).is_none_or(|wanted| value == wanted)
}

fn flagged(query: &Query, name: &str, value: &Value) -> bool {
    query.flag(name).is_none_or(|wanted| *value == wanted)
}

/// Whether a list parameter contains a text or a number; true if it was not given.
fn listed(query: &Query, name: &str, value: &Value) -> bool {
    let Some(wanted) = query.list(name) else {
        return true;
    };
    let value = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    wanted.contains(&value.as_str())
}

fn since(query: &Query, name: &str, value: &Value) -> bool {
    let at = value.as_str().and_then(time::read).map(|(first, _)| first);
    query
        .from(name)
        .is_none_or(|from| at.is_some_and(|at| at >= from))
}

fn until(query: &Query, name: &str, value: &Value) -> bool {
    let at = value.as_str().and_then(time::read).map(|(first, _)| first);
    query
        .until(name)
        .is_none_or(|to| at.is_some_and(|at| at <= to))
}
