//! The state behind a back end: lists of items as its API shows them, and how the control endpoint
//! changes them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Lists of a state, each with the key that identifies an item in it.
pub(crate) type Keyed = &'static [(&'static str, &'static str)];

/// A state that an emulator cannot hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A key is unknown or a value has another type. The text names it.
    #[error("the state does not fit: {0}")]
    Shape(#[from] serde_json::Error),
    /// A patch of a list is not an object keyed by what identifies its items.
    #[error("`{list}` is patched by an object keyed by `{key}`: {{\"{list}\": {{\"…\": {{…}}}}}}")]
    NotKeyed {
        /// The list.
        list: &'static str,
        /// The key that identifies its items.
        key: &'static str,
    },
    /// An item of a list is not an object with the key that identifies it.
    #[error("every item of `{list}` is an object with `{key}`")]
    NoIdentity {
        /// The list.
        list: &'static str,
        /// The key that identifies its items.
        key: &'static str,
    },
    /// The document is not a JSON object.
    #[error("the state is a JSON object")]
    NotAnObject,
}

/// Reads an embedded file of demo data. Tests read every one of them.
pub(crate) fn parsed<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("the embedded demo data fit")
}

/// The state as JSON.
pub(crate) fn shown(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("the keys of the data are texts")
}

/// Reads a state. Every item of a list must have the key that identifies it.
pub(crate) fn read<D: DeserializeOwned>(state: Value, keyed: Keyed) -> Result<D, StateError> {
    for (list, key) in keyed {
        let items = state[*list]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if items.iter().any(|item| item.get(key).is_none()) {
            return Err(StateError::NoIdentity { list, key });
        }
    }
    Ok(serde_json::from_value(state)?)
}

/// The state with some parts changed: lists by the key that identifies an item, everything else by
/// RFC 7396.
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

/// Sets the given values, objects recursively; null is a value like any other.
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
