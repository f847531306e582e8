//! What a Rust author writes a Krabice plugin against.
