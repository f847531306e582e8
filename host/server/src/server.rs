//! The server: puts its parts together, starts them and stops them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use krabice_edge::{Admission, ConnectionLimits};
use krabice_egress::Connections;
use krabice_runtime::Runtime;
use krabice_sessions::{CatalogueError, Clock, Observer, RunningService, ServiceBuilder, Signer};
use krabice_store::{Storage, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[cfg(unix)]
use crate::control;
use crate::live::{Live, LiveReader};
use crate::metrics::Metrics;
use crate::origin::Origins;
use crate::settings::Settings;
use crate::{admin, api};

/// The most connections of operators at once; their files are not shared with clients.
const ADMIN_CONNECTIONS: usize = 16;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The server cannot listen on an address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// There is no address to listen on.
    #[error("there is no address to listen on")]
    NoAddress,
    /// The folders cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Configures and starts a [`Server`].
pub struct ServerBuilder {
    sessions: ServiceBuilder,
    settings: Settings,
    live: Option<LiveReader>,
    listen: Vec<SocketAddr>,
    admin: Vec<SocketAddr>,
    control: Option<PathBuf>,
    demo: bool,
}

impl ServerBuilder {
    /// Reads connections and origins again, as often as the folders. Default: they stay as they are.
    #[must_use]
    pub fn live(mut self, reader: LiveReader) -> Self {
        self.live = Some(reader);
        self
    }

    /// The folders of plugins.
    #[must_use]
    pub fn plugins(mut self, folders: Vec<PathBuf>) -> Self {
        self.sessions = self.sessions.plugins(folders);
        self
    }

    /// The operator's connections. Default: none, and scenarios' connections are not checked.
    #[must_use]
    pub fn connections(mut self, connections: Option<Connections>) -> Self {
        self.sessions = self.sessions.connections(connections);
        self
    }

    /// The shops' servers that sign inputs. Default: none.
    #[must_use]
    pub fn signers(mut self, signers: Vec<Signer>) -> Self {
        self.sessions = self.sessions.signers(signers);
        self
    }

    /// The settings. Default: [`Settings::default`].
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The source of the current time. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.sessions = self.sessions.clock(clock);
        self
    }

    /// The addresses of the operator's listener, for health and metrics. Default: none.
    #[must_use]
    pub fn admin(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.admin = addresses.into_iter().collect();
        self
    }

    /// The control socket, for the operator's commands. Default: none, and none where the system has no Unix
    /// sockets.
    #[must_use]
    pub fn control(mut self, socket: Option<PathBuf>) -> Self {
        self.control = socket;
        self
    }

    /// Whether to serve the demo shop, which lists every published scenario. Default: no.
    #[must_use]
    pub fn demo(mut self, demo: bool) -> Self {
        self.demo = demo;
        self
    }

    /// Publishes the scenarios and plugins, starts to listen, and takes over the turns that an earlier
    /// server left unfinished.
    ///
    /// # Errors
    /// A folder cannot be read, a revision cannot be stored, or the server cannot listen on an
    /// address. An invalid file is not an error: it is refused, with the reason in the log.
    pub async fn start(self) -> Result<Server, StartError> {
        let metrics = Arc::new(Metrics::new());
        let observer: Arc<dyn Observer> = Arc::clone(&metrics) as _;
        let sites = self.settings.access.origins.clone();
        let origins = Arc::new(Origins::new(sites, Arc::clone(&metrics)));
        let live = Arc::new(Live::default());
        let mut sessions = self
            .sessions
            .settings(self.settings.sessions())
            .observer(observer);
        if let Some(reader) = self.live {
            sessions = sessions.connections_reader(Arc::clone(&live).reader(
                reader,
                Arc::clone(&origins),
                Arc::clone(&metrics),
            ));
        }
        let sessions = sessions.start().await?;
        let service = sessions.service();
        origins.warn_of_unknown(|scenario| {
            service.is_published(scenario) || service.is_suspended(scenario)
        });
        let (stop, stopped) = watch::channel(false);
        let limits = self.settings.limits.of_connections();
        let (public, address) = bind(&self.listen).await?;
        let behind_proxies = !self.settings.access.trusted_proxies.is_empty();
        let admission = Admission::new(&limits, behind_proxies);
        let router = api::router(
            Arc::clone(service),
            Arc::clone(&metrics),
            self.settings,
            origins,
            self.demo,
        );
        let mut listeners = Vec::new();
        let mut serve =
            |sockets: Vec<TcpListener>, router: axum::Router, admission: &Arc<Admission>| {
                for socket in sockets {
                    listeners.push(tokio::spawn(krabice_edge::serve(
                        socket,
                        router.clone(),
                        limits.clone(),
                        Arc::clone(admission),
                        stopped.clone(),
                    )));
                }
            };
        serve(public, router, &admission);
        let mut admin_address = None;
        if !self.admin.is_empty() {
            let (admin, address) = bind(&self.admin).await?;
            admin_address = Some(address);
            let router = admin::router(Arc::clone(service), metrics, live, admission);
            let few = ConnectionLimits {
                connections: limits.connections.min(ADMIN_CONNECTIONS),
                ..limits.clone()
            };
            serve(admin, router, &Admission::new(&few, false));
        }
        #[cfg(unix)]
        let control = self.control.and_then(|socket| {
            control::serve(&socket, Arc::clone(service), stopped.clone())
                .map_err(|error| {
                    tracing::warn!(
                        socket = %socket.display(), error = %error,
                        "cannot listen on the control socket: commands that act on the store have to wait until the server has stopped"
                    );
                })
                .ok()
        });
        Ok(Server {
            sessions,
            address,
            admin: admin_address,
            stop,
            listeners,
            #[cfg(unix)]
            control,
        })
    }
}

/// Listens on all addresses of one name, and gives the first of them. With port 0 all get the port
/// that the system chose for the first. A machine may lack a family of addresses that its names have,
/// so one that it does not have is left out; a port that is taken is an error.
async fn bind(addresses: &[SocketAddr]) -> Result<(Vec<TcpListener>, SocketAddr), StartError> {
    let mut listeners = Vec::new();
    let mut first: Option<SocketAddr> = None;
    let mut left_out = None;
    for &address in addresses {
        let mut address = address;
        if let Some(first) = first
            && address.port() == 0
        {
            address.set_port(first.port());
        }
        let bound = match TcpListener::bind(address).await {
            Ok(listener) => listener.local_addr().map(|own| (listener, own)),
            Err(error) => Err(error),
        };
        match bound {
            Ok((listener, own)) => {
                first = first.or(Some(own));
                listeners.push(listener);
            }
            Err(source) => {
                let is_taken = matches!(
                    source.kind(),
                    ErrorKind::AddrInUse | ErrorKind::PermissionDenied
                );
                let error = StartError::Listen { address, source };
                if is_taken {
                    return Err(error);
                }
                left_out = Some(error);
            }
        }
    }
    match (first, left_out) {
        (Some(first), _) => Ok((listeners, first)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(StartError::NoAddress),
    }
}

/// A running server. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    sessions: RunningService,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    #[cfg(unix)]
    control: Option<control::Control>,
}

impl Server {
    /// A builder of a server that publishes the scenarios of a folder and listens on the addresses of
    /// one name.
    pub fn builder(
        runtime: Runtime,
        storage: Storage,
        scenarios: impl Into<PathBuf>,
        listen: impl IntoIterator<Item = SocketAddr>,
    ) -> ServerBuilder {
        ServerBuilder {
            sessions: RunningService::builder(runtime, storage, scenarios),
            settings: Settings::default(),
            live: None,
            listen: listen.into_iter().collect(),
            admin: Vec::new(),
            control: None,
            demo: false,
        }
    }

    /// The address of the API.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of health and metrics, if the server has an operator's listener.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// The names of the published scenarios that visitors may start, sorted.
    #[must_use]
    pub fn scenarios(&self) -> Vec<String> {
        self.sessions.service().published()
    }

    /// The names of the other published scenarios, sorted.
    #[must_use]
    pub fn not_for_visitors(&self) -> Vec<String> {
        self.sessions.service().not_for_visitors()
    }

    /// The names of the scenarios that cannot be started because a file is refused, and whose sessions go on,
    /// sorted.
    #[must_use]
    pub fn suspended(&self) -> Vec<String> {
        self.sessions.service().suspended()
    }

    /// Reads the folders again, as the server does regularly by itself.
    pub async fn read_folders(&self) {
        self.sessions.read_folders().await;
    }

    /// Sweeps the store, as the server does regularly by itself.
    pub async fn sweep(&self) {
        self.sessions.sweep().await;
    }

    /// Waits until the store is lost for good, because a file of it was deleted or replaced. The server
    /// then refuses everything, and has to end.
    pub async fn store_lost(&self) -> StoreError {
        self.sessions.service().store_lost().await
    }

    /// Accepts no more turns, waits for those under way, and closes all connections and the store.
    pub async fn stop(mut self) {
        self.sessions.finish_turns().await;
        // The listeners stop last, so that clients get a `Retry-After` until then.
        self.stop.send_replace(true);
        for listener in self.listeners {
            // An error means that the task panicked, and so has ended, too.
            let _ = listener.await;
        }
        #[cfg(unix)]
        if let Some(control) = self.control {
            control.ended().await;
        }
        self.sessions.close().await;
    }
}
