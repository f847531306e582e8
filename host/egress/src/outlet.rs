//! The one function through which every outbound request goes.

use http::HeaderName;
use indexmap::IndexMap;
use krabice_scenario::Value;

use crate::{CallScope, EgressError, Request, Response};

/// The way out for one plugin and one of its connections.
pub struct Outlet {
    settings: IndexMap<String, Value>,
}

impl Outlet {
    pub(crate) fn new() -> Self {
        Outlet {
            settings: IndexMap::new(),
        }
    }

    /// Sends a request under all the rules and waits for the whole answer.
    /// Dropping the future closes the connection that it was using.
    ///
    /// # Errors
    /// See [`EgressError`]. A refusal is also noted in the scope.
    pub async fn send(&self, scope: &CallScope, request: Request) -> Result<Response, EgressError> {
        let _ = request;
        scope.take_request()?;
        Err(EgressError::Unavailable {
            detail: "no connection".to_owned(),
            source: None,
        })
    }

    /// The connection's settings that are not secret, with defaults filled in:
    /// what a call's context carries.
    #[must_use]
    pub fn public_settings(&self) -> &IndexMap<String, Value> {
        &self.settings
    }

    /// Whether a plugin may not set this header itself: it belongs to the
    /// transport or carries a credential.
    #[must_use]
    pub fn refuses_header(&self, name: &HeaderName) -> bool {
        name == http::header::AUTHORIZATION
    }
}
