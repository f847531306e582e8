//! A back end on loopback that records its requests.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use tokio::sync::Barrier;

/// A small order, as shop systems send them.
const ORDER: &str = r#"{"order_number":"OBJ-1","status":"paid","total":"1230.50","currency":"CZK","customer":{"email":"jana@example.com","phone":"+420 777 123 456"},"items":[{"code":"A-1","name":"Hrnek"},{"code":"B-2","name":"Talíř"}]}"#;

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

pub(crate) struct Seen {
    requests: Mutex<Vec<ReceivedRequest>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    /// The notes, by order.
    notes: Mutex<HashMap<String, String>>,
    /// Two readers of notes.
    readers: Barrier,
}

/// Waits for another reader, but not for long: two calls that run side by side both read
/// before one of them writes.
async fn read_note(State(seen): State<Arc<Seen>>, Path(order): Path<String>) -> String {
    let _ = tokio::time::timeout(Duration::from_millis(300), seen.readers.wait()).await;
    let notes = seen.notes.lock().unwrap();
    notes.get(&order).cloned().unwrap_or_default()
}

async fn write_note(State(seen): State<Arc<Seen>>, Path(order): Path<String>, note: String) {
    seen.notes.lock().unwrap().insert(order, note);
}

/// A running back end. It ends with its Tokio runtime.
pub(crate) struct BackEnd {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

impl BackEnd {
    pub(crate) async fn start() -> BackEnd {
        let seen = Arc::new(Seen {
            requests: Mutex::default(),
            under_way: AtomicUsize::default(),
            most_under_way: AtomicUsize::default(),
            notes: Mutex::default(),
            readers: Barrier::new(2),
        });
        let router = Router::new()
            .route(
                "/base/order",
                get(|| async { ([(header::CONTENT_TYPE, "application/json")], ORDER) }),
            )
            .route("/base/echo", any(echo))
            .route("/base/missing", get(|| async { StatusCode::NOT_FOUND }))
            .route("/base/binary", get(|| async { vec![0xff_u8, 0xfe, 0x00] }))
            .route(
                "/base/sink",
                post(|body: Bytes| async move { body.len().to_string() }),
            )
            .route("/base/huge", get(|| async { vec![b'x'; 8 << 20] }))
            .route("/base/slow", get(slow))
            .route("/base/stall", get(std::future::pending::<()>))
            .route(
                "/base/to-metadata",
                get(|| async { to("http://169.254.169.254/latest/meta-data/") }),
            )
            .route(
                "/base/to-elsewhere",
                get(|| async { to("https://elsewhere.example.net/collect") }),
            )
            .route("/base/to-order", get(|| async { to("order") }))
            .route("/base/notes/{order}", get(read_note).put(write_note))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&seen),
                note,
            ))
            .with_state(Arc::clone(&seen));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        BackEnd { address, seen }
    }

    /// The note of an order.
    pub(crate) fn note(&self, order: &str) -> String {
        let notes = self.seen.notes.lock().unwrap();
        notes.get(order).cloned().unwrap_or_default()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The most requests at once.
    pub(crate) fn most_under_way(&self) -> usize {
        self.seen.most_under_way.load(Ordering::Relaxed)
    }
}

async fn note(
    State(seen): State<Arc<Seen>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let path = request.uri().path().to_owned();
    seen.requests.lock().unwrap().push(ReceivedRequest {
        path,
        headers: request.headers().clone(),
    });
    let now = seen.under_way.fetch_add(1, Ordering::Relaxed) + 1;
    seen.most_under_way.fetch_max(now, Ordering::Relaxed);
    let response = next.run(request).await;
    seen.under_way.fetch_sub(1, Ordering::Relaxed);
    response
}

/// Answers with the request: a line for each header, and the body.
async fn echo(headers: HeaderMap, body: Bytes) -> String {
    let headers = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or("?")))
        .collect::<String>();
    format!("{headers}\n{}", String::from_utf8_lossy(&body))
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(20)).await;
    "at last"
}

fn to(location: &'static str) -> impl IntoResponse {
    (StatusCode::FOUND, [(header::LOCATION, location)])
}
