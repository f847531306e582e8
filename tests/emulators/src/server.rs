//! Accepts connections and serves HTTP/1.1 on them.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::emulation::Emulation;
use crate::wire::{Socket, Wire};

/// Accepts until it is dropped, which also drops every connection.
pub(crate) async fn accept(listener: TcpListener, emulation: Arc<Emulation>) -> Infallible {
    let mut connections = JoinSet::new();
    let mut accepted = 0;
    loop {
        // A failed accept is a client that left at once, or no free descriptor:
        // the next one may succeed, after others have run.
        match listener.accept().await {
            Ok((stream, peer)) => {
                accepted += 1;
                connections.spawn(converse(
                    stream,
                    Wire::new(accepted, peer),
                    Arc::clone(&emulation),
                ));
            }
            Err(_) => tokio::task::yield_now().await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, wire: Arc<Wire>, emulation: Arc<Emulation>) {
    let _counted = emulation.counting.connection();
    // Answers leave at once; without it a drip would wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&wire)));
    let service = service_fn({
        let wire = Arc::clone(&wire);
        move |request| Arc::clone(&emulation).serve(Arc::clone(&wire), request)
    });
    let mut connection = pin!(http1::Builder::new().serve_connection(socket, service));
    // An error is a client that left or a fault that cut the answer.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = wire.ended() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
