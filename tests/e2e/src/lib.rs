//! End-to-end tests: data folders, real components, real HTTP on loopback.
