//! The second layer: from a name to a socket at a checked address.
//!
//! Resolving, checking and connecting happen in one place and in this order, so
//! a name that changes its address in between changes nothing. An address
//! written as a literal passes the same check; `HttpConnector` would not ask the
//! resolver about one.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::client::Resumption;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tower_service::Service;

use crate::origin::{Origin, Scheme};
use crate::policy::Policy;
use crate::{Cause, EgressError, Refusal, Resolver};

/// A connected socket, encrypted or not.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// TLS sessions kept for resumption, per connection: a back end has few hosts.
const TLS_SESSIONS: usize = 16;

/// Opens sockets for one outlet.
pub(crate) struct Connector {
    tcp: CheckedTcp,
    tls: Arc<Tls>,
    /// Made on the first encrypted connection. Of this outlet alone: a session
    /// resumed for another connection would tell a server that they are one.
    own_tls: OnceCell<Arc<ClientConfig>>,
}

impl Connector {
    pub(crate) fn new(
        policy: Arc<Policy>,
        resolver: Arc<dyn Resolver>,
        tls: Arc<Tls>,
        connect_timeout: Duration,
    ) -> Self {
        Connector {
            tcp: CheckedTcp {
                policy,
                resolver,
                origin: None,
                connect_timeout,
            },
            tls,
            own_tls: OnceCell::new(),
        }
    }

    /// Opens a socket. Nothing of a request is sent.
    pub(crate) async fn connect(&self, origin: &Origin) -> Result<Stream, EgressError> {
        let uri = Uri::try_from(format!(
            "{}://{}:{}/",
            origin.scheme.word(),
            origin.host,
            origin.port
        ))
        .map_err(|error| unavailable(origin, "cannot be asked", error))?;
        let mut tcp = CheckedTcp {
            origin: Some(Arc::new(origin.clone())),
            ..self.tcp.clone()
        };
        let connected = match origin.scheme {
            Scheme::Http => tcp.call(uri).await.map(MaybeHttpsStream::Http),
            Scheme::Https => {
                let config = self.own_tls.get_or_try_init(|| self.tls.config()).await?;
                let mut https = HttpsConnector::from((tcp, Arc::clone(config)));
                https.enforce_https();
                https.call(uri).await
            }
        };
        connected.map_err(|error| match error.downcast::<ConnectError>() {
            Ok(error) => match *error {
                ConnectError::Refused(refusal) => refusal.into(),
                ConnectError::Unresolved(error) => unavailable(origin, "cannot be resolved", error),
                ConnectError::Unreachable(error) => unavailable(origin, "cannot be reached", error),
            },
            Err(error) => unavailable(
                origin,
                "does not answer as a TLS server that can be trusted",
                error,
            ),
        })
    }
}

fn unavailable(origin: &Origin, what: &str, error: impl Into<BoxError>) -> EgressError {
    EgressError::Unavailable {
        detail: format!("`{origin}` {what}"),
        source: Some(Cause::new(error)),
    }
}

/// TLS as the whole process uses it.
pub(crate) struct Tls {
    /// The system's roots; read on first use, for that takes milliseconds.
    config: OnceCell<ClientConfig>,
}

impl Tls {
    /// TLS with the system's roots, or by a configuration of the caller's.
    pub(crate) fn new(config: Option<ClientConfig>) -> Self {
        Tls {
            config: OnceCell::new_with(config),
        }
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, EgressError> {
        let shared = self.config.get_or_try_init(|| async {
            tokio::task::spawn_blocking(system_roots)
                .await
                .map_err(io::Error::other)?
                .map_err(io::Error::other)
        });
        let mut own = shared
            .await
            .map_err(|error| EgressError::Unavailable {
                detail:
                    "the system's certificates cannot be read, so no `https` address can be asked"
                        .to_owned(),
                source: Some(Cause::new(error)),
            })?
            .clone();
        own.resumption = Resumption::in_memory_sessions(TLS_SESSIONS);
        Ok(Arc::new(own))
    }
}

fn system_roots() -> Result<ClientConfig, rustls::Error> {
    Ok(
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .try_with_platform_verifier()?
            .with_no_client_auth(),
    )
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("{0}")]
    Refused(Refusal),
    #[error("the name service has no answer")]
    Unresolved(#[source] io::Error),
    #[error("no connection")]
    Unreachable(#[source] BoxError),
}

/// Connects to addresses that the policy admits for the origin.
#[derive(Clone)]
struct CheckedTcp {
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolver>,
    origin: Option<Arc<Origin>>,
    connect_timeout: Duration,
}

impl CheckedTcp {
    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let origin = self
            .origin
            .ok_or_else(|| ConnectError::Unreachable("no origin".into()))?;
        let addresses = match origin.literal() {
            Some(address) => vec![address],
            None => self
                .resolver
                .resolve(&origin.host.to_string())
                .await
                .map_err(ConnectError::Unresolved)?,
        };
        let checked = admitted(&self.policy, &origin, addresses)?;
        // From here on nothing resolves: the connector gets the checked
        // addresses as the answer, and tries them side by side (RFC 8305).
        let mut tcp = HttpConnector::new_with_resolver(Checked(checked));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared out over the addresses of a name, so that a dead one among them
        // does not eat the time of the living.
        tcp.set_connect_timeout(Some(self.connect_timeout));
        let stream = tcp
            .call(uri)
            .await
            .map_err(|error| ConnectError::Unreachable(error.into()))?;
        // The socket's own word, should anything above have been fooled.
        let peer = stream
            .inner()
            .peer_addr()
            .map_err(|error| ConnectError::Unreachable(error.into()))?;
        self.policy
            .admit(&origin, peer.ip())
            .map_err(ConnectError::Refused)?;
        Ok(stream)
    }
}

impl Service<Uri> for CheckedTcp {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<Result<TokioIo<TcpStream>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.clone().connect(uri);
        Box::pin(async move { connecting.await.map_err(BoxError::from) })
    }
}

/// The addresses that may be connected to; a refusal when there is none.
fn admitted(
    policy: &Policy,
    origin: &Origin,
    addresses: Vec<IpAddr>,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let mut refusal = None;
    let mut checked = Vec::with_capacity(addresses.len());
    for address in addresses {
        match policy.admit(origin, address) {
            Ok(()) => checked.push(SocketAddr::new(address, 0)),
            Err(refused) => refusal = Some(refused),
        }
    }
    match (checked.is_empty(), refusal) {
        (true, Some(refusal)) => Err(ConnectError::Refused(refusal)),
        (true, None) => Err(ConnectError::Unresolved(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        ))),
        (false, None) => Ok(checked),
        (false, Some(refusal)) => {
            tracing::warn!(host = %origin.host, rule = refusal.rule.code(), "a name has addresses that are not used");
            Ok(checked)
        }
    }
}

/// Answers every question of the connector with the checked addresses.
#[derive(Clone)]
struct Checked(Vec<SocketAddr>);

impl Service<Name> for Checked {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        std::future::ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}
