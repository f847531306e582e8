//! Connections kept alive between calls.
//!
//! The pool uses hyper's connections directly and not the client of `hyper-util`. A
//! request has its permit before it asks for a socket, so the permits are the queue,
//! and a socket is opened only when none is idle: there are never more sockets than
//! requests at once. The client of `hyper-util` opens another socket while it waits
//! for an idle one and keeps both. Hyper's `try_send_request` also tells exactly
//! whether a request was written, which decides whether a write may be repeated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use tokio::time::Instant;

use crate::connector::Stream;
use crate::error::{Cause, EgressError};
use crate::locked::locked;
use crate::origin::Origin;
use crate::rules::Rules;

/// The most other hosts, beside the connection's own, for which sockets are kept. A
/// plugin with a suffix in its manifest could otherwise fill the memory with hosts.
const OTHER_HOSTS: usize = 64;

/// The idle sockets to one origin. The newest is used first, so that those that
/// are not needed grow old and are closed.
#[derive(Default)]
pub(crate) struct IdleSockets(Mutex<Vec<IdleSocket>>);

struct IdleSocket {
    socket: Socket,
    since: Instant,
}

/// A connection that can carry a request.
pub(crate) struct Socket {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    /// Whether it has carried a request before.
    pub(crate) used: bool,
}

/// The sockets of one outlet.
pub(crate) struct ConnectionPool {
    own: Arc<IdleSockets>,
    others: Mutex<HashMap<Origin, Arc<IdleSockets>>>,
    keep: usize,
    keep_for: Duration,
    builder: Builder,
    opened: AtomicU64,
    /// Whether the task that closes old sockets runs.
    cleaning: Mutex<bool>,
}

impl ConnectionPool {
    pub(crate) fn new(rules: &Rules) -> Arc<Self> {
        let mut builder = Builder::new();
        builder.max_header_size(rules.response_header_bytes);
        if rules.response_headers != Rules::default().response_headers {
            // A number other than hyper's default costs an allocation per answer.
            builder.max_headers(rules.response_headers);
        }
        Arc::new(ConnectionPool {
            own: Arc::default(),
            others: Mutex::default(),
            keep: rules.idle_connections,
            keep_for: rules.idle_timeout,
            builder,
            opened: AtomicU64::new(0),
            cleaning: Mutex::new(false),
        })
    }

    /// The idle sockets to the connection's own origin.
    pub(crate) fn own(&self) -> Arc<IdleSockets> {
        Arc::clone(&self.own)
    }

    /// The idle sockets to another origin.
    pub(crate) fn other(&self, origin: &Origin) -> Arc<IdleSockets> {
        let mut others = locked(&self.others);
        if let Some(sockets) = others.get(origin) {
            return Arc::clone(sockets);
        }
        if others.len() >= OTHER_HOSTS {
            others.retain(|_, sockets| {
                Arc::strong_count(sockets) > 1 || !locked(&sockets.0).is_empty()
            });
        }
        let sockets = Arc::<IdleSockets>::default();
        if others.len() < OTHER_HOSTS {
            others.insert(origin.clone(), Arc::clone(&sockets));
        }
        sockets
    }

    /// Takes an idle socket that has been idle for at most `longest`.
    pub(crate) fn take(&self, sockets: &IdleSockets, longest: Duration) -> Option<Socket> {
        let mut idle = locked(&sockets.0);
        while let Some(newest) = idle.pop() {
            if newest.since.elapsed() > longest.min(self.keep_for) {
                // The others are older still. A request with a longer limit may use them.
                if newest.since.elapsed() <= self.keep_for {
                    idle.push(newest);
                } else {
                    idle.clear();
                }
                return None;
            }
            if !newest.socket.sender.is_closed() {
                return Some(newest.socket);
            }
        }
        None
    }

    /// Puts a socket back after an answer was read to its end.
    pub(crate) fn put(self: &Arc<Self>, sockets: &IdleSockets, mut socket: Socket) {
        if self.keep_for.is_zero() || socket.sender.is_closed() {
            return;
        }
        socket.used = true;
        let mut idle = locked(&sockets.0);
        if idle.len() < self.keep {
            idle.push(IdleSocket {
                socket,
                since: Instant::now(),
            });
            drop(idle);
            self.start_cleaning();
        }
    }

    /// Makes a socket of a stream. Its task ends when the socket is dropped or the
    /// back end closes the connection.
    pub(crate) async fn open(
        &self,
        origin: &Origin,
        stream: Stream,
    ) -> Result<Socket, EgressError> {
        let (sender, connection) =
            self.builder
                .handshake(stream)
                .await
                .map_err(|error| EgressError::Unavailable {
                    detail: format!("`{origin}` closed the connection"),
                    source: Some(Cause::new(error)),
                })?;
        // Its errors reach the sender of a request; later ones matter to nobody.
        tokio::spawn(async move { drop(connection.await) });
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Socket {
            sender,
            used: false,
        })
    }

    /// The number of sockets opened since the start.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// The number of idle sockets.
    pub(crate) fn idle(&self) -> usize {
        let others: usize = locked(&self.others)
            .values()
            .map(|sockets| locked(&sockets.0).len())
            .sum();
        others + locked(&self.own.0).len()
    }

    /// Starts the task that closes old sockets, unless it runs. It ends when no socket
    /// is left or the outlet is dropped.
    fn start_cleaning(self: &Arc<Self>) {
        let mut cleaning = locked(&self.cleaning);
        if std::mem::replace(&mut *cleaning, true) {
            return;
        }
        let pool = Arc::downgrade(self);
        let keep_for = self.keep_for;
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(keep_for).await;
                if !ConnectionPool::close_old(&pool) {
                    return;
                }
            }
        });
    }

    /// Drops old and closed sockets. Returns whether any is left.
    fn close_old(pool: &Weak<ConnectionPool>) -> bool {
        let Some(pool) = pool.upgrade() else {
            return false;
        };
        let drop_from = |sockets: &IdleSockets| {
            let mut idle = locked(&sockets.0);
            idle.retain(|idle| {
                idle.since.elapsed() < pool.keep_for && !idle.socket.sender.is_closed()
            });
            !idle.is_empty()
        };
        // Held to the end, so that a socket that is put back meanwhile starts a new task.
        let mut cleaning = locked(&pool.cleaning);
        let mut left = drop_from(&pool.own);
        locked(&pool.others).retain(|_, sockets| {
            let some = drop_from(sockets);
            left |= some;
            some || Arc::strong_count(sockets) > 1
        });
        *cleaning = left;
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Scheme;

    #[test]
    fn hosts_that_are_used_once_do_not_fill_the_memory() {
        let pool = ConnectionPool::new(&Rules::default());
        let origin = |at: u16| Origin {
            scheme: Scheme::Https,
            host: url::Host::Domain(format!("h{at}.cdn.example.com")),
            port: 443,
        };
        let held = pool.other(&origin(0));
        for at in 0..1000 {
            pool.other(&origin(at));
        }
        assert!(locked(&pool.others).len() <= OTHER_HOSTS);
        assert!(
            Arc::ptr_eq(&held, &pool.other(&origin(0))),
            "one in use stays"
        );
    }
}
