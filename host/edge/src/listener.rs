//! Accepts connections: how many are open at once, and how long each may take.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use krabice_sessions::AddressPrefix;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::locked::locked;
use crate::write_timeout::WriteTimeout;

/// The most headers of a request.
const HEADERS: usize = 64;

/// The pause after `accept` failed, usually because the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most that connections may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address prefix.
    pub per_prefix: usize,
    /// How long a client may take to send a request's header.
    pub header_time: Duration,
    /// Bytes of a request's header; at least 8 KiB.
    pub header_bytes: usize,
    /// How long a client may read nothing of a response.
    pub write_time: Duration,
    /// How long connections get to end when the listener stops.
    pub stop_time: Duration,
}

/// The address at the other end of a request's connection: the client's, or a proxy's.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Admission control: counts the open connections and refuses those over the limits.
pub struct Admission {
    most: usize,
    most_per_prefix: usize,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    all: usize,
    by_prefix: HashMap<AddressPrefix, usize>,
}

/// The permit of one open connection. Dropping it returns the permit.
struct ConnectionPermit {
    admission: Arc<Admission>,
    prefix: AddressPrefix,
}

impl Admission {
    /// Behind proxies there is no limit by address prefix: every connection comes from a proxy.
    #[must_use]
    pub fn new(limits: &ConnectionLimits, behind_proxies: bool) -> Arc<Admission> {
        let most_per_prefix = if behind_proxies {
            limits.connections
        } else {
            limits.per_prefix
        };
        Arc::new(Admission {
            most: limits.connections,
            most_per_prefix,
            open: Mutex::default(),
        })
    }

    /// The number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        locked(&self.open).all
    }

    /// Returns `None` if a limit is reached.
    fn admit(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let prefix = AddressPrefix::of(address);
        let mut open = locked(&self.open);
        let own = open.by_prefix.get(&prefix).copied().unwrap_or(0);
        if open.all >= self.most || own >= self.most_per_prefix {
            return None;
        }
        open.all += 1;
        open.by_prefix.insert(prefix, own + 1);
        Some(ConnectionPermit {
            admission: Arc::clone(self),
            prefix,
        })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = locked(&self.admission.open);
        open.all -= 1;
        if let Some(own) = open.by_prefix.get_mut(&self.prefix) {
            *own -= 1;
            if *own == 0 {
                open.by_prefix.remove(&self.prefix);
            }
        }
    }
}

/// Serves connections until told to stop. Then idle connections are closed, busy ones after their
/// response, and all others when the time limit for stopping has passed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    admission: Arc<Admission>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Over the limit, the connection is closed: a response would cost what is scarce.
                if let Some(permit) = admission.admit(peer.ip()) {
                    let served = connection(stream, peer, router.clone(), &limits, stop.clone());
                    connections.spawn(async move {
                        served.await;
                        drop(permit);
                    });
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let time = limits.stop_time;
    if tokio::time::timeout(time, all).await.is_err() {
        tracing::warn!(
            "the time limit for stopping has passed: closing connections before their response"
        );
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: &ConnectionLimits,
    mut stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + use<> {
    // Responses are small: waiting to fill a packet only delays them. A refusal does no harm.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(WriteTimeout::new(stream, limits.write_time));
    let router = router.layer(axum::Extension(Peer(peer.ip())));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes.max(8 * 1024))
        .max_headers(HEADERS)
        .serve_connection(io, TowerToHyperService::new(router));
    async move {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = async { drop(stop.wait_for(|stop| *stop).await) } => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended with an error");
        }
    }
}
