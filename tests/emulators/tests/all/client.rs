//! A plain client, and an Upgates emulator to call.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use krabice_emulators::{Emulator, Emulators, Options};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A time limit for everything, so that a broken emulator fails a test.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The numbers of the listed items, such as orders.
    pub(crate) fn numbers(&self, list: &str, key: &str) -> Vec<String> {
        let list = self.json()[list].as_array().unwrap().clone();
        list.iter()
            .map(|item| {
                item[key]
                    .as_str()
                    .map_or_else(|| item[key].to_string(), str::to_owned)
            })
            .collect()
    }
}

pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn http_client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
    let answering = async {
        let (head, body) = client.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    };
    tokio::time::timeout(BOUND, answering).await?
}

/// An Upgates emulator and a client with the right login.
pub(crate) struct Shop {
    pub(crate) emulators: Emulators,
    pub(crate) client: HttpClient,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(Options::default()).await
    }

    pub(crate) async fn open_with(options: Options) -> Self {
        Self {
            emulators: Emulators::start(options).await.unwrap(),
            client: http_client(),
        }
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulators.upgates()
    }

    /// The right `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        let connection = self.emulator().connection();
        let login = format!(
            "{}:{}",
            connection.setting("login").unwrap(),
            connection.setting("key").unwrap()
        );
        format!("Basic {}", STANDARD.encode(login))
    }

    /// A request with the right login; the path is below the base path.
    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.emulator().address()));
        builder.header("authorization", self.authorization())
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Reply {
        send(&self.client, request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(
            self.request(Method::GET, path)
                .body(Full::default())
                .unwrap(),
        )
        .await
    }

    /// A GET that may fail.
    pub(crate) async fn try_get(&self, path: &str) -> Result<Reply, String> {
        let request = self
            .request(Method::GET, path)
            .body(Full::default())
            .unwrap();
        send(&self.client, request)
            .await
            .map_err(|error| error.to_string())
    }

    pub(crate) async fn write(&self, method: Method, path: &str, body: impl Into<String>) -> Reply {
        let request = self
            .request(method, path)
            .header("content-type", "application/json");
        self.send(request.body(Full::from(body.into())).unwrap())
            .await
    }

    pub(crate) async fn put(&self, body: Value) -> Reply {
        self.write(Method::PUT, "/orders", body.to_string()).await
    }

    /// The names of the broken rules.
    pub(crate) fn broken(&self) -> Vec<String> {
        self.emulator()
            .violations()
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    /// Sends a GET over a socket of its own.
    pub(crate) async fn socket(&self, path: &str) -> TcpStream {
        let address = self
            .emulator()
            .address()
            .trim_start_matches("http://")
            .to_owned();
        let (host, base) = address.split_once('/').unwrap();
        let mut socket = TcpStream::connect(host).await.unwrap();
        let authorization = self.authorization();
        let request = format!(
            "GET /{base}{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// Everything that is received until the connection ends.
pub(crate) async fn read_to_end(socket: &mut TcpStream) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let reading = async {
        let mut piece = [0; 4096];
        loop {
            match socket.read(&mut piece).await {
                Ok(0) => return End::Closed,
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                    return End::Reset;
                }
                Err(error) => panic!("unexpected end: {error}"),
            }
        }
    };
    let end = tokio::time::timeout(BOUND, reading)
        .await
        .expect("the connection ends");
    (bytes, end)
}

/// Yields until the condition holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, waiting)
        .await
        .expect("the condition comes to hold");
}
