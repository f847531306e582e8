//! A component of its own stack size.

/// The stack, in bytes. A fresh instance touches fewer pages than with the 1 MiB
/// that the compiler takes, and the deepest call here, a JSON document at
/// serde_json's limit of 128 levels, needs a small part of it; the test
/// `deep_answers` of `tests/e2e` reaches that depth.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
