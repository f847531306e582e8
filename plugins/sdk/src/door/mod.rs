//! The ways out of a plugin.
//!
//! Both lead to the same place in the host, under the same rules. Which one the
//! client takes is the cargo feature `send`; nothing else of a plugin changes.

#[cfg(all(target_family = "wasm", feature = "send"))]
mod egress;
#[cfg(all(target_family = "wasm", not(feature = "send")))]
mod wasi_http;

use crate::Failure;

/// A request as it leaves.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method, in upper case.
    pub method: &'static str,
    /// A path below the connection's address with its query, or an absolute
    /// address.
    pub target: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// An answer as it comes in.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Sends requests.
#[doc(hidden)]
pub trait Door {
    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// Where no whole answer came.
    fn send(&self, request: Outgoing) -> Result<Incoming, Failure>;
}

/// The door of a component.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[must_use]
pub fn open() -> std::rc::Rc<dyn Door> {
    #[cfg(feature = "send")]
    return std::rc::Rc::new(egress::Egress);
    #[cfg(not(feature = "send"))]
    return std::rc::Rc::new(wasi_http::WasiHttp);
}
