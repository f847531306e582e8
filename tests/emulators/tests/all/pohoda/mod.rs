//! POHODA's mServer from outside: what it lets through and what it refuses.

mod behaviour;
mod client;
mod refusals;
