//! Connections to checked addresses: the second layer of the policy.
//!
//! A host name may resolve to a public address when it is checked and to a private
//! one when it is used. So resolving, checking and connecting happen here, in this
//! order and on one list of addresses. An IP address written in a URL passes the same
//! check; `HttpConnector` would not ask its resolver about one.

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

use crate::error::{Cause, EgressError, Refusal};
use crate::origin::{Origin, Scheme};
use crate::policy::Policy;
use crate::resolver::Resolver;

/// A connected socket, encrypted or not.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The TLS sessions kept for resumption, per connection: a back end has few hosts.
const TLS_SESSIONS: usize = 16;

/// Opens sockets for one outlet.
pub(crate) struct Connector {
    tcp: CheckedTcp,
    tls: Arc<Tls>,
    /// The TLS configuration of this outlet alone, made on the first encrypted
    /// connection: a session that another connection resumes would show the server
    /// that both are one customer.
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

    /// Opens a socket without sending anything of a request.
    pub(crate) async fn connect(&self, origin: &Origin) -> Result<Stream, EgressError> {
        let uri = Uri::try_from(format!(
            "{}://{}:{}/",
            origin.scheme.as_str(),
            origin.host,
            origin.port
        ))
        .map_err(|error| {
            unavailable(origin, "is not an address that a request can go to", error)
        })?;
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
            Err(error) => unavailable(origin, "does not answer as a trusted TLS server", error),
        })
    }
}

fn unavailable(origin: &Origin, what: &str, error: impl Into<BoxError>) -> EgressError {
    EgressError::Unavailable {
        detail: format!("`{origin}` {what}"),
        source: Some(Cause::new(error)),
    }
}

/// The TLS configuration of the whole process.
pub(crate) struct Tls {
    /// With the system's certificates, which are read on first use: that takes milliseconds.
    config: OnceCell<ClientConfig>,
}

impl Tls {
    /// Uses a configuration of the caller's, or the system's certificates.
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
                    "the system's certificates cannot be read, so no request can go to an `https` address"
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

/// The reason why no socket was opened.
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
        // Nothing resolves from here on: the connector gets the checked addresses
        // as the answer of its resolver and tries them side by side (RFC 8305).
        let mut tcp = HttpConnector::new_with_resolver(CheckedAddresses(checked));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // `HttpConnector` divides this time among the addresses, so that an address
        // that does not answer leaves time for the others.
        tcp.set_connect_timeout(Some(self.connect_timeout));
        let stream = tcp
            .call(uri)
            .await
            .map_err(|error| ConnectError::Unreachable(error.into()))?;
        // Defence in depth: the address that the socket itself reports.
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

/// The addresses that the policy admits.
///
/// # Errors
/// The refusal of an address, when none is admitted.
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
            tracing::warn!(host = %origin.host, rule = refusal.rule.code(), "some addresses of a host are forbidden and are not used");
            Ok(checked)
        }
    }
}

/// A resolver that answers with the checked addresses.
#[derive(Clone)]
struct CheckedAddresses(Vec<SocketAddr>);

impl Service<Name> for CheckedAddresses {
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
