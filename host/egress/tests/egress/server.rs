//! A back end on loopback that misbehaves on demand. It writes HTTP/1.1 by hand, because no
//! library sends a false length or resets a connection.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// An action of the server after it has read a request.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Does nothing for a while.
    Wait(Duration),
    /// Does nothing more and keeps the connection open.
    Hang,
    /// Closes the connection properly.
    Close,
    /// Resets the connection.
    Reset,
    /// Waits for a notification of the test.
    Await(Arc<Notify>),
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The number of the request at this server, from 0.
    pub(crate) nth: usize,
}

impl ReceivedRequest {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    open: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    requests: Mutex<Vec<ReceivedRequest>>,
    closed: Notify,
}

/// A running server. It ends with its Tokio runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

type Script = Arc<dyn Fn(&ReceivedRequest) -> Vec<Action> + Send + Sync>;

impl Server {
    /// Starts a server that answers by a script.
    pub(crate) async fn start(
        script: impl Fn(&ReceivedRequest) -> Vec<Action> + Send + Sync + 'static,
    ) -> Server {
        Server::listen(None, Arc::new(script)).await
    }

    /// Starts a server with TLS that answers by a script.
    pub(crate) async fn start_tls(
        tls: TlsAcceptor,
        script: impl Fn(&ReceivedRequest) -> Vec<Action> + Send + Sync + 'static,
    ) -> Server {
        Server::listen(Some(tls), Arc::new(script)).await
    }

    /// Starts a server that always gives the same answer.
    pub(crate) async fn answering(answer: Vec<u8>) -> Server {
        Server::start(move |_| vec![Action::Send(answer.clone())]).await
    }

    /// Starts a server on a listener of the test's own.
    pub(crate) fn on(
        listener: TcpListener,
        script: impl Fn(&ReceivedRequest) -> Vec<Action> + Send + Sync + 'static,
    ) -> Server {
        Server::run(listener, None, Arc::new(script))
    }

    async fn listen(tls: Option<TlsAcceptor>, script: Script) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Server::run(listener, tls, script)
    }

    fn run(listener: TcpListener, tls: Option<TlsAcceptor>, script: Script) -> Server {
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let server = Server {
            address,
            seen: Arc::clone(&seen),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                seen.open.fetch_add(1, Ordering::SeqCst);
                let (seen, script, tls) = (Arc::clone(&seen), Arc::clone(&script), tls.clone());
                tokio::spawn(async move {
                    stream.set_nodelay(true).unwrap();
                    match tls {
                        None => serve(stream, &seen, &script).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &seen, &script).await;
                            }
                        }
                    }
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                    seen.closed.notify_waiters();
                });
            }
        });
        server
    }

    /// The number of connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_under_way(&self) -> usize {
        self.seen.most_under_way.load(Ordering::SeqCst)
    }

    /// The requests read so far.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The methods and targets of the requests read so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|asked| format!("{} {}", asked.method, asked.target))
            .collect()
    }

    /// Waits until every connection is closed.
    pub(crate) async fn all_closed(&self) {
        loop {
            let closed = self.seen.closed.notified();
            if self.seen.open.load(Ordering::SeqCst) == 0 {
                return;
            }
            tokio::time::timeout(Duration::from_secs(10), closed)
                .await
                .expect("a connection stays open");
        }
    }
}

/// A stream that can be reset.
trait ServerStream: AsyncRead + AsyncWrite + Unpin {
    fn reset(&self);
}

impl ServerStream for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl ServerStream for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.set_zero_linger().unwrap();
    }
}

async fn serve(mut stream: impl ServerStream, seen: &Seen, script: &Script) {
    let mut read = Vec::new();
    while let Some(mut asked) = next(&mut stream, &mut read).await {
        let under_way = seen.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        {
            let mut requests = seen.requests.lock().unwrap();
            asked.nth = requests.len();
            requests.push(asked.clone());
        }
        let over = play(&mut stream, script(&asked)).await;
        seen.under_way.fetch_sub(1, Ordering::SeqCst);
        if over {
            return;
        }
    }
}

/// Does the actions. Returns whether the connection has ended.
async fn play(stream: &mut impl ServerStream, actions: Vec<Action>) -> bool {
    for action in actions {
        match action {
            Action::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return true;
                }
            }
            Action::Wait(time) => tokio::time::sleep(time).await,
            Action::Await(word) => word.notified().await,
            Action::Hang => {
                // Until the client closes the connection.
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return true;
            }
            Action::Close => {
                let _ = stream.shutdown().await;
                return true;
            }
            Action::Reset => {
                stream.reset();
                return true;
            }
        }
    }
    false
}

async fn next(stream: &mut impl ServerStream, read: &mut Vec<u8>) -> Option<ReceivedRequest> {
    let head_end = loop {
        if let Some(at) = find(read, b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(read[..head_end].to_vec()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while read.len() < head_end + length {
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
    let body = read[head_end..head_end + length].to_vec();
    read.drain(..head_end + length);
    Some(ReceivedRequest {
        method,
        target,
        headers,
        body,
        nth: 0,
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// An answer with a length.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// `200 OK` with a body.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK", &[], body)
}
