//! Requests through the contract's own `egress.send`. Its failures are those of a function
//! already, so they are handed on as they are.

use super::{Incoming, Outgoing, Transport};
use crate::bindings::krabice::boxes::egress::{self, Body};
use crate::contract::Failure;

pub(crate) struct EgressSend;

impl Transport for EgressSend {
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
            reads: request.reads,
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
