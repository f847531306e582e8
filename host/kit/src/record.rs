//! Takes exchanges down as they happen.

use std::sync::{Arc, Mutex, PoisonError};

use krabice_egress::{Seen, Witness};

use crate::exchange::{self, Answered, Asked, BACK_END, Body, Exchange};

/// Headers that change with every answer and that no plugin reads, besides those
/// that the host keeps to itself.
const FLEETING: [&str; 4] = ["date", "server", "vary", "content-encoding"];

/// Takes down what a plugin asks and is answered: give it to
/// [`NetworkBuilder::witness`](krabice_egress::NetworkBuilder::witness). It is
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
    pub(crate) fn take(&self, address: &str) -> Result<Vec<Exchange>, ElsewhereError> {
        let taken = std::mem::take(&mut *self.lock());
        let base = address.trim_end_matches('/');
        let origin = url::Url::parse(address)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default();
        let replaced = |text: &str| {
            let text = exchange::with_address(text, base, BACK_END);
            match origin.is_empty() {
                true => text,
                false => exchange::with_address(&text, &origin, BACK_END),
            }
        };
        taken
            .into_iter()
            .map(|Taken { url, mut exchange }| {
                let Some(path) = url.strip_prefix(base) else {
                    let place = url.split('?').next().unwrap_or_default();
                    return Err(ElsewhereError(place.to_owned()));
                };
                exchange.request.path = path.trim_start_matches('/').to_owned();
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

impl Witness for Recorder {
    fn saw(&self, seen: Seen<'_>) {
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
