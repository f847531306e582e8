//! Connections: how many there may be, and how long each may take.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::Prefix;
use crate::patience::Patience;
use crate::settings::Limits;

/// The most headers of a request.
const HEADERS: usize = 64;

/// How long nothing is accepted after the system refused a connection: it has no more files.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// Whom a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Connections by prefix.
#[derive(Default)]
struct Crowd(Mutex<HashMap<Prefix, usize>>);

/// A place of a connection; dropping it frees the place.
struct Place {
    crowd: Arc<Crowd>,
    prefix: Prefix,
    open: Gauge,
}

impl Crowd {
    fn enter(self: &Arc<Self>, address: IpAddr, limits: &Limits, open: &Gauge) -> Option<Place> {
        let prefix = Prefix::of(address);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = usize::try_from(open.get()).unwrap_or(0);
        let own = crowd.entry(prefix).or_default();
        if all >= limits.connections || *own >= limits.connections_per_prefix {
            if *own == 0 {
                crowd.remove(&prefix);
            }
            return None;
        }
        *own += 1;
        open.inc();
        Some(Place {
            crowd: Arc::clone(self),
            prefix,
            open: open.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = crowd.get_mut(&self.prefix) {
            *own -= 1;
            if *own == 0 {
                crowd.remove(&self.prefix);
            }
        }
        self.open.dec();
    }
}

/// Serves connections until told to stop; then those that are idle are closed, and the others when
/// they have their answer. Whatever is left after the time for stopping is cut off.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    trusts_proxies: bool,
    open: Gauge,
    mut stop: watch::Receiver<bool>,
) {
    let crowd = Arc::new(Crowd::default());
    // A proxy brings everybody's connections.
    let limits = if trusts_proxies {
        Limits {
            connections_per_prefix: limits.connections,
            ..limits
        }
    } else {
        limits
    };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Who does not fit in is hung up on: an answer would cost what is scarce.
                if let Some(place) = crowd.enter(peer.ip(), &limits, &open) {
                    let served = connection(stream, peer, router.clone(), &limits, stop.clone());
                    connections.spawn(async move {
                        served.await;
                        drop(place);
                    });
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection was not accepted");
                tokio::time::sleep(OUT_OF_FILES).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let time = Duration::from_secs(limits.stop_seconds);
    if tokio::time::timeout(time, all).await.is_err() {
        tracing::warn!("connections were cut off");
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: &Limits,
    mut stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + use<> {
    // Answers are small; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Patience::new(
        stream,
        Duration::from_secs(limits.write_seconds),
    ));
    let router = router.layer(axum::Extension(Peer(peer.ip())));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_seconds))
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
            tracing::debug!(error = %error, "a connection ended early");
        }
    }
}
