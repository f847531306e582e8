//! Loads plugins with Wasmtime, calls their functions and guards what they reach.
