//! Pages of lists.

use serde_json::{Map, Value};

/// Upgates API v2, blueprint: Objednávky, Faktury, Zákazníci (100 to a page).
const PAGE: usize = 100;

/// The envelope with the items of one page under `key`. A page after the last
/// one has no items. That an empty list has no pages is an inference.
/// Upgates API v2, blueprint: Stránkování.
pub(super) fn page(key: &str, items: &[&Value], page: usize) -> Value {
    let on_page: Vec<Value> = items
        .iter()
        .skip(PAGE.saturating_mul(page - 1))
        .take(PAGE)
        .map(|item| (*item).clone())
        .collect();
    let mut envelope = Map::new();
    envelope.insert("current_page".to_owned(), page.into());
    envelope.insert("current_page_items".to_owned(), on_page.len().into());
    envelope.insert(
        "number_of_pages".to_owned(),
        items.len().div_ceil(PAGE).into(),
    );
    envelope.insert("number_of_items".to_owned(), items.len().into());
    envelope.insert(key.to_owned(), Value::Array(on_page));
    Value::Object(envelope)
}
