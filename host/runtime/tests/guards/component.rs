//! Handmade components that no compiler would make.

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// The unusual part of the component's module. All of its exports trap.
pub(crate) enum Body<'a> {
    /// Its start function, in the text format. It is called `$evil`.
    Start(&'a str),
    /// The limits of its memory.
    Memory(&'a str),
    /// Another field of it.
    Field(&'a str),
}

/// A component of the contract's world.
pub(crate) fn component(body: &Body<'_>) -> Vec<u8> {
    let (resolve, world) = contract(|wit| wit);
    let text = wasmprinter::print_bytes(dummy_module(
        &resolve,
        world,
        ManglingAndAbi::Legacy(LiftLowerAbi::Sync),
    ))
    .unwrap();
    encode(&resolve, world, &broken(&text, body))
}

/// A component of another version of the contract, or of another contract.
pub(crate) fn of_another_contract(change: impl Fn(String) -> String) -> Vec<u8> {
    let (resolve, world) = contract(change);
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    let text = wasmprinter::print_bytes(module).unwrap();
    encode(&resolve, world, &text)
}

/// The text of the module with its fault.
fn broken(text: &str, body: &Body<'_>) -> String {
    let end = text.trim_end().strip_suffix(')').unwrap();
    match body {
        Body::Start(code) => format!("{end} (func $evil {code}) (start $evil))"),
        Body::Field(field) => format!("{end} {field})"),
        Body::Memory(limits) => {
            assert!(text.contains("(memory (;0;) 0)"), "{text}");
            text.replace("(memory (;0;) 0)", &format!("(memory (;0;) {limits})"))
        }
    }
}

fn encode(resolve: &Resolve, world: wit_parser::WorldId, text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    // Some of these are invalid on purpose, and the runtime must refuse them.
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(false)
        .encode()
        .unwrap()
}

/// The contract's world, with its files changed.
fn contract(change: impl Fn(String) -> String) -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
    let text = ["values", "manifest", "egress", "compare", "plugin"]
        .map(|name| std::fs::read_to_string(format!("{directory}/{name}.wit")).unwrap())
        .concat();
    // One file must have only one line with the package.
    let line = "package krabice:boxes@0.2.0;\n";
    let text = format!("{line}{}", text.replace(line, ""));
    let package = resolve.push_str("contract.wit", &change(text)).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    (resolve, world)
}
