//! A proxy in front of the database that loses responses.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The proxy.
pub(crate) struct Proxy {
    port: u16,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    /// The bytes that mark the request whose response is lost. They are used once.
    needle: Mutex<Option<Vec<u8>>>,
    lost: AtomicUsize,
}

impl Proxy {
    pub(crate) async fn to(database: u16) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Plan::default());
        let accepting = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&accepting);
                tokio::spawn(async move {
                    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, database)).await;
                    // Either end may close the connection.
                    let _ = carry(client, server.unwrap(), &plan).await;
                });
            }
        });
        Proxy { port, plan }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The database executes the statement that contains these words, and then the connection breaks before
    /// the response arrives.
    pub(crate) fn lose_the_answer_to(&self, words: &str) {
        *self.plan.needle.lock().unwrap() = Some(words.as_bytes().to_vec());
    }

    pub(crate) fn lost(&self) -> usize {
        self.plan.lost.load(Ordering::SeqCst)
    }
}

async fn carry(client: TcpStream, server: TcpStream, plan: &Plan) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let losing = AtomicBool::new(false);
    let there = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from_client.read(&mut bytes).await?;
            if count == 0 {
                return std::io::Result::Ok(());
            }
            let found = plan.needle.lock().unwrap().take_if(|needle| {
                bytes[..count]
                    .windows(needle.len())
                    .any(|window| window == needle.as_slice())
            });
            if found.is_some() {
                losing.store(true, Ordering::SeqCst);
            }
            to_server.write_all(&bytes[..count]).await?;
        }
    };
    let back = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from_server.read(&mut bytes).await?;
            if losing.load(Ordering::SeqCst) {
                plan.lost.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
            if count == 0 {
                return Ok(());
            }
            to_client.write_all(&bytes[..count]).await?;
        }
    };
    tokio::select! {
        ended = there => ended,
        ended = back => ended,
    }
}
