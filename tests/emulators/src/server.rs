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

/// Accepts connections until it is dropped, which also drops all connections.
pub(crate) async fn accept(listener: TcpListener, emulation: Arc<Emulation>) -> Infallible {
    let mut connections = JoinSet::new();
    let mut accepted = 0;
    loop {
        // Accepting fails if the client left at once or no descriptor is free. The next
        // attempt may succeed after other tasks have run.
        match listener.accept().await {
            Ok((stream, peer)) => {
                accepted += 1;
                connections.spawn(serve_connection(
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

async fn serve_connection(stream: TcpStream, wire: Arc<Wire>, emulation: Arc<Emulation>) {
    let _counted = emulation.counting.connection();
    // Answers are sent at once; otherwise a drip would wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&wire)));
    let service = service_fn({
        let wire = Arc::clone(&wire);
        move |request| Arc::clone(&emulation).serve(Arc::clone(&wire), request)
    });
    // Names of headers have capitals, as the real servers write them: a client may mind it.
    let mut builder = http1::Builder::new();
    builder.title_case_headers(true);
    let mut connection = pin!(builder.serve_connection(socket, service));
    // An error is a client that left or a fault that cut the answer.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = wire.closing() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
