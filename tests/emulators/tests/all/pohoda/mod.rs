//! The emulator of POHODA's mServer.

mod behaviour;
mod client;
mod refusals;
