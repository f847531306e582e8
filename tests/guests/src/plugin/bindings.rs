//! The contract's bindings, as generated.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

use super::Hostile;

wit_bindgen::generate!({ path: "../../wit", world: "plugin" });

pub(super) use self::exports::krabice::boxes::integration;
pub(super) use self::krabice::boxes;

export!(Hostile with_types_in self);
