//! Code that the server's tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod postgres;
pub(crate) mod store;
