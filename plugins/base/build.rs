//! A component of its own stack size.

/// The stack, in bytes. A fresh instance touches fewer pages than with the 1 MiB
/// that the linker takes by itself. Nothing here goes deep: serde_json skips what
/// the plugin does not read without recursion, and its own types are four deep.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
