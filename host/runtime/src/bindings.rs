//! The contract's bindings, as generated from `wit/`.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: { "krabice:boxes/egress.send": async },
    exports: { default: async },
});

pub use self::exports::krabice::boxes::integration;
pub use self::krabice::boxes::{egress, manifest, values};
