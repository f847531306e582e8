//! A component of its own stack size.

/// The stack, in bytes. A fresh instance touches fewer pages than with the 1 MiB
/// that the linker takes by itself. Documents are read without recursion and
/// written with as much as they are deep, which is less than twenty.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
