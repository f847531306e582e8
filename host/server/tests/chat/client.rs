//! An HTTP client that keeps every byte that the server sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    /// All bytes that the server has sent.
    pub(crate) received: Arc<Mutex<Vec<u8>>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.head,
            String::from_utf8_lossy(&self.body)
        );
        self.json()
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let document = self.json();
        assert_eq!(document["code"], code);
        assert_eq!(document["status"], status);
        assert_eq!(
            self.header("content-type").unwrap(),
            "application/problem+json"
        );
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }
}

/// A session with its token.
#[derive(Clone)]
pub(crate) struct Chat {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) token: String,
    /// The response to the request that started the session.
    pub(crate) started: Value,
}

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Client {
        Client {
            address,
            received: Arc::default(),
        }
    }

    pub(crate) fn moved(&self, address: SocketAddr) -> Client {
        Client {
            address,
            ..self.clone()
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the server closes the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        // A server may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        self.received.lock().unwrap().extend(&answer);
        answer
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        if !body.is_empty() {
            request.push_str("content-type: application/json\r\n");
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        read(&self.raw(request.as_bytes()).await)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn try_start(&self, body: &Value) -> Answer {
        self.send("POST", "/api/v1/sessions", &[], Some(body)).await
    }

    pub(crate) async fn start(&self, scenario: &str, language: &str) -> Chat {
        let started = self
            .try_start(&json!({"scenario": scenario, "language": language}))
            .await;
        assert_eq!(
            started.status,
            201,
            "{}",
            String::from_utf8_lossy(&started.body)
        );
        let started = started.json();
        Chat {
            client: self.clone(),
            id: started["session"].as_str().unwrap().to_owned(),
            token: started["token"].as_str().unwrap().to_owned(),
            started,
        }
    }
}

impl Chat {
    pub(crate) async fn send(&self, method: &str, rest: &str, body: Option<&Value>) -> Answer {
        let path = format!("/api/v1/sessions/{}{rest}", self.id);
        let bearer = format!("Bearer {}", self.token);
        self.client
            .send(method, &path, &[("authorization", &bearer)], body)
            .await
    }

    pub(crate) async fn say(&self, id: &str, text: &str) -> Answer {
        self.send("POST", "/answers", Some(&json!({"id": id, "text": text})))
            .await
    }

    pub(crate) async fn press(&self, id: &str, button: &str) -> Answer {
        self.send(
            "POST",
            "/answers",
            Some(&json!({"id": id, "press": button})),
        )
        .await
    }

    pub(crate) async fn whole(&self) -> Value {
        self.send("GET", "", None).await.ok()
    }

    /// Opens the event stream.
    pub(crate) async fn follow(&self, after: Option<u64>) -> Stream {
        let mut stream = self.client.connect().await;
        let after = after
            .map(|after| format!("last-event-id: {after}\r\n"))
            .unwrap_or_default();
        let request = format!(
            "GET /api/v1/sessions/{}/events HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {}\r\n{after}\r\n",
            self.id, self.client.address, self.token
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Stream {
            stream,
            received: Arc::clone(&self.client.received),
            text: String::new(),
            taken: 0,
        }
    }
}

/// An event stream.
pub(crate) struct Stream {
    stream: TcpStream,
    received: Arc<Mutex<Vec<u8>>>,
    pub(crate) text: String,
    taken: usize,
}

impl Stream {
    /// The name and data of the next event. Returns `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.text[self.taken..].find("\n\n") {
                let event = self.text[self.taken..self.taken + end].to_owned();
                self.taken += end + 2;
                // Lines of the response's head and of chunks come between events.
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return Some((name.to_owned(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let mut bytes = [0; 4096];
            let count = self
                .stream
                .read(&mut bytes)
                .await
                .ok()
                .filter(|count| *count > 0)?;
            self.received.lock().unwrap().extend(&bytes[..count]);
            self.text
                .push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    /// The events up to and including the next one with a name.
    pub(crate) async fn until(&mut self, name: &str) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let found = event.0 == name;
            events.push(event);
            if found {
                break;
            }
        }
        events
    }
}

/// Parses a response that ended with its connection.
pub(crate) fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = bytes[end + 4..].to_vec();
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        body = unchunked(&body);
    }
    Answer { status, head, body }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
        if size == 0 {
            break;
        }
    }
    body
}

/// The events of a response, each as `kind: text`.
pub(crate) fn transcript(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| {
            format!(
                "{}: {}",
                event["kind"].as_str().unwrap(),
                event["text"].as_str().unwrap_or_default()
            )
        })
        .collect()
}
