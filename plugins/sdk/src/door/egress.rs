//! The contract's own door, `egress.send`. Its failures are already those of a
//! function, so they pass unseen.

use super::{Door, Incoming, Outgoing};
use crate::Failure;
use crate::bindings::krabice::boxes::egress::{self, Body};

pub(crate) struct Egress;

impl Door for Egress {
    fn send(&self, request: Outgoing) -> Result<Incoming, Failure> {
        let body = request.body.map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Bytes(error.into_bytes()),
        });
        let response = egress::send(&egress::Request {
            method: request.method.to_owned(),
            url: request.target,
            headers: request.headers,
            body,
        })?;
        Ok(Incoming {
            status: response.status,
            headers: response.headers,
            body: match response.body {
                Body::Text(text) => text.into_bytes(),
                Body::Bytes(bytes) => bytes,
            },
        })
    }
}
