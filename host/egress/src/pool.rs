//! Connections kept alive between calls.
//!
//! The pool stands directly on hyper's connections, not on `hyper-util`'s
//! client. A request holds its permit before it asks for a socket, so the
//! permits are the queue, and a socket is opened only when none is idle: never
//! more sockets than requests at once. `hyper-util`'s client opens one beside
//! each wait and keeps both. The two-step sending also tells exactly whether a
//! request was written at all, which is what decides about repeating a write.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use tokio::time::Instant;

use crate::connector::Stream;
use crate::origin::Origin;
use crate::{Cause, EgressError, Rules};

/// Other hosts than the connection's own that sockets are kept for. A plugin
/// with a suffix in its manifest could otherwise fill the memory with hosts.
const ROUTES: usize = 64;

/// The idle sockets to one origin. The newest is used first, so that those that
/// are not needed grow old and go.
#[derive(Default)]
pub(crate) struct Route {
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    socket: Socket,
    since: Instant,
}

/// A connection that can carry a request.
pub(crate) struct Socket {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    /// Whether it has carried one before.
    pub(crate) used: bool,
}

/// The sockets of one outlet.
pub(crate) struct Pool {
    own: Arc<Route>,
    others: Mutex<HashMap<Origin, Arc<Route>>>,
    keep: usize,
    keep_for: Duration,
    builder: Builder,
    opened: AtomicU64,
    reaping: Mutex<bool>,
}

impl Pool {
    pub(crate) fn new(rules: &Rules) -> Arc<Self> {
        let mut builder = Builder::new();
        builder.max_header_size(rules.response_header_bytes);
        if rules.response_headers != Rules::default().response_headers {
            // Another number than hyper's own costs an allocation per answer.
            builder.max_headers(rules.response_headers);
        }
        Arc::new(Pool {
            own: Arc::default(),
            others: Mutex::default(),
            keep: rules.idle_connections,
            keep_for: rules.idle_timeout,
            builder,
            opened: AtomicU64::new(0),
            reaping: Mutex::new(false),
        })
    }

    /// The sockets to the connection's own origin.
    pub(crate) fn own(&self) -> Arc<Route> {
        Arc::clone(&self.own)
    }

    /// The sockets to another origin.
    pub(crate) fn other(&self, origin: &Origin) -> Arc<Route> {
        let mut others = lock(&self.others);
        if let Some(route) = others.get(origin) {
            return Arc::clone(route);
        }
        if others.len() >= ROUTES {
            others.retain(|_, route| Arc::strong_count(route) > 1 || !lock(&route.idle).is_empty());
        }
        let route = Arc::<Route>::default();
        if others.len() < ROUTES {
            others.insert(origin.clone(), Arc::clone(&route));
        }
        route
    }

    /// Takes an idle socket that has rested for no longer than `rested`.
    pub(crate) fn take(&self, route: &Route, rested: Duration) -> Option<Socket> {
        let mut idle = lock(&route.idle);
        while let Some(newest) = idle.pop() {
            if newest.since.elapsed() > rested.min(self.keep_for) {
                // Older ones are below: none of them will do, but others may
                // still want them.
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
    pub(crate) fn put(self: &Arc<Self>, route: &Route, mut socket: Socket) {
        if self.keep_for.is_zero() || socket.sender.is_closed() {
            return;
        }
        socket.used = true;
        let mut idle = lock(&route.idle);
        if idle.len() < self.keep {
            idle.push(Idle {
                socket,
                since: Instant::now(),
            });
            drop(idle);
            self.reap();
        }
    }

    /// Makes a socket of a stream. Its task ends when the socket is dropped or
    /// the other side closes.
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
        // Its errors reach whoever sends; what comes later concerns nobody.
        tokio::spawn(async move { drop(connection.await) });
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Socket {
            sender,
            used: false,
        })
    }

    /// Sockets opened since the start.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Sockets that wait for a request.
    pub(crate) fn idle(&self) -> usize {
        let others: usize = lock(&self.others)
            .values()
            .map(|route| lock(&route.idle).len())
            .sum();
        others + lock(&self.own.idle).len()
    }

    /// Starts the task that drops old sockets, unless it runs. It ends when
    /// none is left, or the outlet is gone.
    fn reap(self: &Arc<Self>) {
        let mut reaping = lock(&self.reaping);
        if std::mem::replace(&mut *reaping, true) {
            return;
        }
        let pool = Arc::downgrade(self);
        let keep_for = self.keep_for;
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(keep_for).await;
                if !Pool::drop_old(&pool) {
                    return;
                }
            }
        });
    }

    /// Drops old and closed sockets; whether any is left.
    fn drop_old(pool: &Weak<Pool>) -> bool {
        let Some(pool) = pool.upgrade() else {
            return false;
        };
        let drop_from = |route: &Route| {
            let mut idle = lock(&route.idle);
            idle.retain(|idle| {
                idle.since.elapsed() < pool.keep_for && !idle.socket.sender.is_closed()
            });
            !idle.is_empty()
        };
        // Held to the end, so that a socket put back meanwhile starts a new task.
        let mut reaping = lock(&pool.reaping);
        let mut left = drop_from(&pool.own);
        lock(&pool.others).retain(|_, route| {
            let some = drop_from(route);
            left |= some;
            some || Arc::strong_count(route) > 1
        });
        *reaping = left;
        left
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Scheme;

    #[test]
    fn hosts_that_are_asked_once_do_not_fill_the_memory() {
        let pool = Pool::new(&Rules::default());
        let origin = |at: u16| Origin {
            scheme: Scheme::Https,
            host: url::Host::Domain(format!("h{at}.cdn.example.com")),
            port: 443,
        };
        let held = pool.other(&origin(0));
        for at in 0..1000 {
            pool.other(&origin(at));
        }
        assert!(lock(&pool.others).len() <= ROUTES);
        assert!(
            Arc::ptr_eq(&held, &pool.other(&origin(0))),
            "one in use stays"
        );
    }
}
