//! Simulated customers: their sessions, and the load that they put on the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::scene::Server;

/// How many sessions are started at once.
const STARTING: usize = 64;

type Http = Client<HttpConnector, Full<Bytes>>;

/// Customers of one scenario, each with a session that waits for an answer.
pub(crate) struct Customers {
    http: Http,
    sessions: Arc<Vec<Session>>,
}

struct Session {
    url: String,
    token: String,
    messages: AtomicUsize,
}

impl Customers {
    pub(crate) async fn start(server: &Server, scenario: &str, count: usize) -> Customers {
        let http: Http = Client::builder(TokioExecutor::new()).build_http();
        let starts = (0..count).map(|_| {
            let url = format!("{}/api/v1/sessions", server.address);
            let http = &http;
            async move {
                let body = json!({ "scenario": scenario });
                let (status, body) = ask(http, Method::POST, &url, "", Some(&body))
                    .await
                    .unwrap();
                assert_eq!(
                    status,
                    StatusCode::CREATED,
                    "{}",
                    String::from_utf8_lossy(&body)
                );
                let started: Value = serde_json::from_slice(&body).unwrap();
                Session {
                    url: format!("{url}/{}", started["session"].as_str().unwrap()),
                    token: started["token"].as_str().unwrap().to_owned(),
                    messages: AtomicUsize::new(0),
                }
            }
        });
        let sessions = stream::iter(starts)
            .buffer_unordered(STARTING)
            .collect()
            .await;
        Customers {
            http: http.clone(),
            sessions: Arc::new(sessions),
        }
    }

    /// The address and token of one session.
    pub(crate) fn one(&self) -> (String, String) {
        (self.sessions[0].url.clone(), self.sessions[0].token.clone())
    }

    /// Sends each answer as soon as the one before is processed.
    pub(crate) async fn as_fast_as_possible(&self, at_once: usize, time: Duration) -> Times {
        let began = Instant::now();
        let mut customers = JoinSet::new();
        for customer in 0..at_once {
            let (http, sessions) = (self.http.clone(), Arc::clone(&self.sessions));
            customers.spawn(async move {
                let own = sessions.iter().skip(customer).step_by(at_once);
                let (mut took, mut errors) = (Vec::new(), Vec::new());
                for session in own.cycle() {
                    let due = Instant::now();
                    if due.duration_since(began) >= time {
                        break;
                    }
                    match session.turn(&http).await {
                        Ok(()) => took.push(due.elapsed()),
                        Err(error) => errors.push(error),
                    }
                }
                (took, errors)
            });
        }
        let (took, errors) = customers
            .join_all()
            .await
            .into_iter()
            .unzip::<_, _, Vec<_>, Vec<_>>();
        Times::of(took.concat(), errors.concat(), began.elapsed())
    }

    /// Starts so many turns per second, whether those before have ended or not.
    pub(crate) async fn paced(&self, per_second: u32, time: Duration) -> Times {
        let began = tokio::time::Instant::now();
        let count = (f64::from(per_second) * time.as_secs_f64()) as u32;
        let mut turns = JoinSet::new();
        for turn in 0..count {
            let due = began + time.mul_f64(f64::from(turn) / f64::from(count));
            tokio::time::sleep_until(due).await;
            let (http, sessions) = (self.http.clone(), Arc::clone(&self.sessions));
            turns.spawn(async move {
                let session = &sessions[turn as usize % sessions.len()];
                session.turn(&http).await.map(|()| due.elapsed())
            });
        }
        let (mut took, mut errors) = (Vec::new(), Vec::new());
        for turn in turns.join_all().await {
            match turn {
                Ok(time) => took.push(time),
                Err(error) => errors.push(error),
            }
        }
        Times::of(took, errors, began.elapsed())
    }

    /// As [`Customers::as_fast_as_possible`], until the future is dropped.
    pub(crate) async fn without_end(self, at_once: usize) {
        self.as_fast_as_possible(at_once, Duration::MAX).await;
    }

    /// Opens the event stream of every session and keeps it.
    pub(crate) async fn streams(&self) -> Vec<impl Sized> {
        let open = self.sessions.iter().map(async |session| {
            let request = Request::get(format!("{}/events", session.url))
                .header(header::AUTHORIZATION, format!("Bearer {}", session.token))
                .header(header::ACCEPT, "text/event-stream")
                .body(Full::default())
                .unwrap();
            let mut answer = self.http.request(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            // The first frame is what the session has shown so far. Nothing comes after it.
            answer.body_mut().frame().await.unwrap().unwrap();
            answer
        });
        stream::iter(open)
            .buffer_unordered(STARTING)
            .collect()
            .await
    }
}

/// Sends the same request from so many customers, each as soon as the one before is answered.
pub(crate) async fn repeat(url: &str, body: &Value, at_once: usize, time: Duration) -> Times {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let began = Instant::now();
    let mut customers = JoinSet::new();
    for _ in 0..at_once {
        let (http, url, body) = (http.clone(), url.to_owned(), body.clone());
        customers.spawn(async move {
            let (mut took, mut errors) = (Vec::new(), Vec::new());
            while began.elapsed() < time {
                let due = Instant::now();
                match ask(&http, Method::POST, &url, "", Some(&body)).await {
                    Ok((status, _)) if status.is_success() => took.push(due.elapsed()),
                    Ok((status, body)) => {
                        errors.push(format!("{status}: {}", String::from_utf8_lossy(&body)));
                    }
                    Err(error) => errors.push(error),
                }
            }
            (took, errors)
        });
    }
    let ended = customers.join_all().await.into_iter();
    let (took, errors) = ended.unzip::<_, _, Vec<_>, Vec<_>>();
    Times::of(took.concat(), errors.concat(), began.elapsed())
}

impl Session {
    async fn turn(&self, http: &Http) -> Result<(), String> {
        let message = self.messages.fetch_add(1, Ordering::Relaxed).to_string();
        let body = json!({ "id": message, "text": "one" });
        let url = format!("{}/answers", self.url);
        let (status, body) = ask(http, Method::POST, &url, &self.token, Some(&body)).await?;
        if status == StatusCode::OK {
            Ok(())
        } else {
            Err(format!("{status}: {}", String::from_utf8_lossy(&body)))
        }
    }
}

async fn ask(
    http: &Http,
    method: Method,
    url: &str,
    token: &str,
    body: Option<&Value>,
) -> Result<(StatusCode, Bytes), String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(body))
        .unwrap();
    let answer = http
        .request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok((status, body.to_bytes()))
}

/// The times of turns.
pub(crate) struct Times {
    sorted: Vec<Duration>,
    errors: Vec<String>,
    all: Duration,
}

impl Times {
    pub(crate) fn of(mut times: Vec<Duration>, errors: Vec<String>, all: Duration) -> Times {
        times.sort_unstable();
        if let Some(first) = errors.first() {
            println!("{} errors, the first: {first}", errors.len());
        }
        Times {
            sorted: times,
            errors,
            all,
        }
    }

    /// The time within which this share of the turns ended.
    pub(crate) fn at(&self, share: f64) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.sorted.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.sorted.len() as f64 / self.all.as_secs_f64()
    }

    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }

    pub(crate) fn error_count(&self) -> usize {
        self.errors.len()
    }
}
