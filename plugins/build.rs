//! The build script of the plugins: a component with a small stack, built again when a file is
//! added to `locales/`.

/// The stack, in bytes. A fresh instance touches fewer pages than with the 1 MiB that the linker
/// takes by default. serde_json skips what a plugin does not read without recursion, types of the
/// plugins are four deep, and a `serde_json::Value` is at most 128 deep.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
