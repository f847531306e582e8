//! Takes exchanges down as they happen.

use std::sync::{Arc, Mutex, PoisonError};

use krabice_egress::{ObservedExchange, RequestObserver};

use crate::exchange::{self, Address, Answered, Asked, Body, Exchange};

/// Headers that change with every answer and that no plugin reads, besides those
/// that the host keeps to itself.
const FLEETING: [&str; 4] = ["date", "server", "vary", "content-encoding"];

/// Takes down what a plugin asks and is answered: give it to
/// [`NetworkBuilder::observer`](krabice_egress::NetworkBuilder::observer). It is
/// shown neither credentials nor logins.
#[derive(Default)]
pub struct Recorder {
    taken: Mutex<Vec<Taken>>,
}

struct Taken {
    url: String,
    exchange: Exchange,
}

/// An exchange with another place than the connection's address.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a request went to `{0}`, and only those to the connection's address can be played again")]
pub struct ElsewhereError(String);

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new() -> Arc<Recorder> {
        Arc::default()
    }

    /// What was taken down since the last time, with paths below the address and a
    /// placeholder wherever the address stands.
    ///
    /// # Errors
    /// Something went to another place.
    pub(crate) fn take(&self, address: &Address) -> Result<Vec<Exchange>, ElsewhereError> {
        let taken = std::mem::take(&mut *self.lock());
        let replaced = |text: &str| address.hidden_in(text);
        taken
            .into_iter()
            .map(|Taken { url, mut exchange }| {
                let Some(path) = address.below(&url) else {
                    let place = url.split('?').next().unwrap_or_default();
                    return Err(ElsewhereError(place.to_owned()));
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
                    let text = match body {
                        Some(Body::Json(raw)) => Some(replaced(raw.get())),
                        Some(Body::Text(text)) => Some(replaced(text)),
                        _ => None,
                    };
                    if let Some(text) = text {
                        *body = Body::of(text.as_bytes());
                    }
                }
                Ok(exchange)
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestObserver for Recorder {
    fn exchanged(&self, seen: ObservedExchange<'_>) {
        let exchange = Exchange {
            request: Asked {
                method: seen.method.to_string(),
                path: String::new(),
                headers: exchange::headers(seen.request_headers, |name| {
                    matches!(name, "user-agent" | "accept-encoding" | "content-length")
                }),
                body: seen.request_body.and_then(|bytes| Body::of(bytes)),
            },
            response: Answered {
                status: seen.status.as_u16(),
                headers: exchange::headers(&seen.response_headers, |name| FLEETING.contains(&name)),
                body: Body::of(&seen.response_body),
            },
        };
        let url = seen.url;
        self.lock().push(Taken { url, exchange });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(url: &str, body: &str) -> Taken {
        Taken {
            url: url.to_owned(),
            exchange: Exchange {
                request: Asked {
                    method: "GET".to_owned(),
                    path: String::new(),
                    headers: [("referer".to_owned(), url.to_owned())].into(),
                    body: None,
                },
                response: Answered {
                    status: 200,
                    headers: Default::default(),
                    body: Body::of(body.as_bytes()),
                },
            },
        }
    }

    #[test]
    fn what_was_taken_down_speaks_of_no_real_address() {
        let recorder = Recorder::new();
        recorder.lock().push(taken(
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
        recorder
            .lock()
            .push(taken("https://shop.example.net/x?secret=1", ""));
        let error = recorder.take(&Address::new("https://shop.example"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`https://shop.example.net/x`"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
