//! The Shoper emulator.

mod access;
mod client;
mod demo;
mod lists;
mod update;
