//! The contract's bindings, as generated from `wit/`: the newest version, and below
//! `v0_1` the one before it, from its frozen folder.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: { "krabice:boxes/egress.send": async },
    exports: { default: async },
});

pub use self::exports::krabice::boxes::integration;
pub use self::krabice::boxes::{compare, egress, manifest, values};

/// Version 0.1. Its interface `values` has the same types.
pub mod v0_1 {
    wasmtime::component::bindgen!({
        path: "../../wit/published/0.1.0",
        world: "plugin",
        imports: { "krabice:boxes/egress.send": async },
        exports: { default: async },
        with: { "krabice:boxes/values@0.1.0": crate::bindings::values },
    });

    pub use self::exports::krabice::boxes::integration;
    pub use self::krabice::boxes::{egress, manifest};
}
