//! The `krabice` command.
fn main() {}
