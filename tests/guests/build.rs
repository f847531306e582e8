//! `KRABICE_GUEST_STACK` sets the stack size in bytes, so that the benches have a component with
//! the stack of the shipped plugins. Without it the linker's default stays, 1 MiB.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=KRABICE_GUEST_STACK");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family == "wasm"
        && let Ok(stack) = std::env::var("KRABICE_GUEST_STACK")
    {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={stack}");
    }
}
