//! The emulators seen from outside, by a plain HTTP client or a bare socket.

mod binary;
mod client;
mod connections;
mod control;
mod demo;
mod faults;
mod limits;
mod lists;
mod login;
mod readme;
mod strictness;
mod update;
