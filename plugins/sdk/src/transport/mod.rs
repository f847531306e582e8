//! How requests leave a plugin.
//!
//! Both ways end in the same place of the host, under the same rules. The cargo feature `send`
//! chooses; nothing else of a plugin changes. Only `egress.send` can say that a request reads, so
//! such a request always goes there.

#[cfg(target_family = "wasm")]
mod egress_send;
#[cfg(all(target_family = "wasm", not(feature = "send")))]
mod wasi_http;

use crate::contract::Failure;

/// A request as it leaves.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method, in upper case.
    pub method: &'static str,
    /// A path below the connection's address with its query, or an absolute address.
    pub target: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Whether it says that it changes nothing at the back end.
    pub reads: bool,
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
pub trait Transport {
    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// No whole answer came.
    fn send(&self, request: Outgoing) -> Result<Incoming, Failure>;
}

/// The transport of a component.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[must_use]
pub fn of_component() -> std::rc::Rc<dyn Transport> {
    #[cfg(feature = "send")]
    return std::rc::Rc::new(egress_send::EgressSend);
    #[cfg(not(feature = "send"))]
    return std::rc::Rc::new(wasi_http::WasiHttp);
}
