//! The state behind a back end: lists of items as its API shows them, and how
//! the control endpoint changes them.

use serde_json::{Map, Value, json};

use crate::back_end::StateError;

/// Lists of a state, each with the key that identifies an item in it.
pub(crate) type Keyed = &'static [(&'static str, &'static str)];

/// Reads an embedded file of demo data. Tests read every one of them.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> T {
    match serde_json::from_str(text) {
        Ok(data) => data,
        Err(error) => panic!("the embedded demo data do not fit: {error}"),
    }
}

/// The state with some places changed: lists by what identifies an item,
/// everything else by RFC 7396.
pub(crate) fn patched(mut state: Value, patch: Value, keyed: Keyed) -> Result<Value, StateError> {
    let Value::Object(patch) = patch else {
        return Err(StateError::NotAnObject);
    };
    for (name, patch) in patch {
        match keyed.iter().find(|(list, _)| *list == name) {
            Some((list, key)) => patch_list(&mut state[*list], patch, list, key)?,
            None => merge(&mut state[name.as_str()], patch),
        }
    }
    Ok(state)
}

/// Checks that every item of a list says what it is.
pub(crate) fn identified(state: &Value, keyed: Keyed) -> Result<(), StateError> {
    for (list, key) in keyed {
        let items = state[*list]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if items.iter().any(|item| item.get(key).is_none()) {
            return Err(StateError::NoIdentity { list, key });
        }
    }
    Ok(())
}

/// Changes, adds and removes items of a list.
fn patch_list(
    items: &mut Value,
    patch: Value,
    list: &'static str,
    key: &'static str,
) -> Result<(), StateError> {
    let (Value::Array(items), Value::Object(patch)) = (items, patch) else {
        return Err(StateError::NotKeyed { list, key });
    };
    for (name, change) in patch {
        // A status, a customer and a product are identified by a number.
        let identity = |item: &Value| {
            item[key] == name.as_str()
                || item[key].as_i64().is_some_and(|id| id.to_string() == name)
        };
        let place = items.iter().position(identity);
        match (place, change) {
            (Some(place), Value::Null) => drop(items.remove(place)),
            (None, Value::Null) => {}
            (Some(place), change) => set(&mut items[place], change),
            (None, change) => {
                // A number, unless the back end writes its numbers as texts.
                let text = items.first().is_some_and(|item| item[key].is_string());
                let number = !text && key.ends_with("id");
                let id = name.parse::<i64>().ok().filter(|_| number);
                let mut item =
                    json!({ key: id.map_or_else(|| Value::from(name.as_str()), Value::from) });
                set(&mut item, change);
                items.push(item);
            }
        }
    }
    Ok(())
}

/// Sets what is given, objects in depth; null is a value like any other.
pub(crate) fn set(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (key, change) in change {
                set(target.entry(key).or_insert(Value::Null), change);
            }
        }
        (target, change) => *target = change,
    }
}

/// Merges by RFC 7396: null removes a key.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, patch) in patch {
            if patch.is_null() {
                target.remove(&key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), patch);
            }
        }
    }
}
