//! Records exchanges as they happen.

use std::sync::{Arc, Mutex};

use krabice_egress::{Prepared, RequestObserver, Response};

use crate::exchange::{self, Address, Body, RecordedExchange, RecordedRequest, RecordedResponse};
use crate::locked;

/// Headers that change with every answer and that no plugin reads. Those that the host keeps from
/// plugins are not among the observed ones.
const VOLATILE_HEADERS: [&str; 4] = ["date", "server", "vary", "content-encoding"];

/// Records the requests of a plugin and their answers. It is an observer for
/// [`NetworkBuilder::observer`](krabice_egress::NetworkBuilder::observer), to which the network shows
/// neither credentials nor logins.
#[derive(Default)]
pub struct Recorder {
    /// Each exchange with the address of its request; its path is empty yet.
    seen: Mutex<Vec<(String, RecordedExchange)>>,
}

/// A request that went to another place than the connection's address.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "a request went to `{0}`, and only requests to the connection's address can be played again"
)]
pub struct OtherHostError(String);

impl Recorder {
    /// An empty recorder.
    #[must_use]
    pub fn new() -> Arc<Recorder> {
        Arc::default()
    }

    /// Takes the exchanges since the last time, with paths below the address and a placeholder in
    /// place of the address.
    ///
    /// # Errors
    /// A request went to another place.
    pub(crate) fn take(&self, address: &Address) -> Result<Vec<RecordedExchange>, OtherHostError> {
        let seen = std::mem::take(&mut *locked(&self.seen));
        let replaced = |text: &str| address.hidden_in(text);
        seen.into_iter()
            .map(|(url, mut exchange)| {
                let Some(path) = address.below(&url) else {
                    let place = url.split('?').next().unwrap_or_default();
                    return Err(OtherHostError(place.to_owned()));
                };
                exchange.request.path = replaced(path);
                let headers = [
                    &mut exchange.request.headers,
                    &mut exchange.response.headers,
                ];
                for value in headers.into_iter().flat_map(|all| all.values_mut()) {
                    *value = replaced(value);
                }
                for body in [&mut exchange.request.body, &mut exchange.response.body] {
                    Body::change_text(body, replaced);
                }
                Ok(exchange)
            })
            .collect()
    }
}

impl RequestObserver for Recorder {
    fn exchanged(&self, request: &Prepared, answer: Response) {
        let exchange = RecordedExchange {
            request: RecordedRequest {
                method: request.method().to_string(),
                path: String::new(),
                headers: exchange::headers(request.headers(), |name| {
                    matches!(name, "user-agent" | "accept-encoding" | "content-length")
                }),
                body: request.body().and_then(|bytes| Body::of(bytes)),
            },
            response: RecordedResponse {
                status: answer.status.as_u16(),
                headers: exchange::headers(&answer.headers, |name| {
                    VOLATILE_HEADERS.contains(&name)
                }),
                body: Body::of(&answer.body),
            },
        };
        locked(&self.seen).push((request.url(), exchange));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(url: &str, body: &str) -> (String, RecordedExchange) {
        let exchange = RecordedExchange {
            request: RecordedRequest {
                method: "GET".to_owned(),
                path: String::new(),
                headers: [("referer".to_owned(), url.to_owned())].into(),
                body: None,
            },
            response: RecordedResponse {
                status: 200,
                headers: Default::default(),
                body: Body::of(body.as_bytes()),
            },
        };
        (url.to_owned(), exchange)
    }

    #[test]
    fn a_recording_has_a_placeholder_for_the_address() {
        let recorder = Recorder::new();
        locked(&recorder.seen).push(seen(
            "https://shop.example/api/orders?page=2",
            r#"{"next":"https:\/\/shop.example\/api\/orders?page=3","image":"https://Shop.Example/a.png","other":"https://shop.example.net/x"}"#,
        ));
        let address = Address::new("https://Shop.Example:443/api/");
        let exchanges = recorder.take(&address).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&exchanges).unwrap(), @r#"
        [
          {
            "request": {
              "method": "GET",
              "path": "orders?page=2",
              "headers": {
                "referer": "http://back-end.example/orders?page=2"
              }
            },
            "response": {
              "status": 200,
              "body": {
                "json": {
                  "next": "http:\/\/back-end.example\/orders?page=3",
                  "image": "http://back-end.example/a.png",
                  "other": "https://shop.example.net/x"
                }
              }
            }
          }
        ]
        "#);
        assert!(recorder.take(&address).unwrap().is_empty());
    }

    #[test]
    fn a_request_to_another_host_cannot_be_played_again() {
        let recorder = Recorder::new();
        locked(&recorder.seen).push(seen("https://shop.example.net/x?secret=1", ""));
        let error = recorder.take(&Address::new("https://shop.example"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`https://shop.example.net/x`"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
