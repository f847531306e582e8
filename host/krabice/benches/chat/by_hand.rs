//! The same turn written by hand: a route that asks the back end and tells the order's status, with
//! nothing stored, isolated or limited. What is measured beside it is the price of all that.
//!
//! It runs in a process of its own, which is this benchmark started once more.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// The argument that starts this program as the reference, followed by the back end's address.
const ARGUMENT: &str = "--by-hand";

type BackEnd = (Client<HttpConnector, Empty<Bytes>>, String);

/// The running reference; dropping it kills it.
pub(crate) struct ByHand {
    child: Child,
    pub(crate) url: String,
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ByHand {
    pub(crate) fn start(back_end: &str) -> ByHand {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([ARGUMENT, back_end])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_owned();
        ByHand { child, url }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// Serves until killed, if the program was started as the reference. Returns whether it was.
pub(crate) fn serve() -> bool {
    let mut arguments = std::env::args().skip_while(|argument| argument != ARGUMENT);
    let (Some(_), Some(back_end)) = (arguments.next(), arguments.next()) else {
        return false;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let state: BackEnd = (Client::builder(TokioExecutor::new()).build_http(), back_end);
        let router = Router::new()
            .route("/status", post(status))
            .with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "http://{}/status", listener.local_addr().unwrap()).unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    true
}

async fn status(State((http, back_end)): State<BackEnd>, Json(asked): Json<Value>) -> Json<Value> {
    let url = format!("{back_end}/order").parse().unwrap();
    let answer = http.get(url).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let order: Value = serde_json::from_slice(&body).unwrap();
    let (number, status) = (asked["order"].as_str().unwrap(), &order["status"]);
    let text = format!("Order {number}: {}.", status.as_str().unwrap());
    Json(json!({ "events": [{ "n": 1, "kind": "end", "text": text }] }))
}

/// The processor time that a process has used, in steps of 10 ms.
pub(crate) fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program, in brackets, may hold spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    Duration::from_millis(
        10 * ticks
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum::<u64>(),
    )
}
