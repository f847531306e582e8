//! The server: puts its parts together, starts them and stops them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use krabice_edge::Admission;
use krabice_egress::Connections;
use krabice_runtime::Runtime;
use krabice_sessions::{CatalogueError, Clock, Observer, RunningService, ServiceBuilder, Signer};
use krabice_store::Storage;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::{admin, api};

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
    /// The folders cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Configures and starts a [`Server`].
pub struct ServerBuilder {
    sessions: ServiceBuilder,
    settings: Settings,
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    demo: bool,
}

impl ServerBuilder {
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

    /// The address of the operator's listener, for health and metrics. Default: none.
    #[must_use]
    pub fn admin(mut self, address: Option<SocketAddr>) -> Self {
        self.admin = address;
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
        let sessions = self
            .sessions
            .settings(self.settings.sessions())
            .observer(observer)
            .start()
            .await?;
        let service = sessions.service();
        let (stop, stopped) = watch::channel(false);
        let limits = self.settings.limits.of_connections();
        let (public, address) = bind(self.listen).await?;
        let behind_proxies = !self.settings.trusted_proxies.is_empty();
        let admission = Admission::new(&limits, behind_proxies);
        let router = api::router(
            Arc::clone(service),
            Arc::clone(&metrics),
            self.settings,
            self.demo,
        );
        let mut listeners = vec![tokio::spawn(krabice_edge::serve(
            public,
            router,
            limits.clone(),
            Arc::clone(&admission),
            stopped.clone(),
        ))];
        let mut admin_address = None;
        if let Some(address) = self.admin {
            let (admin, address) = bind(address).await?;
            admin_address = Some(address);
            let router = admin::router(Arc::clone(service), metrics, admission);
            let admission = Admission::new(&limits, false);
            listeners.push(tokio::spawn(krabice_edge::serve(
                admin, router, limits, admission, stopped,
            )));
        }
        Ok(Server {
            sessions,
            address,
            admin: admin_address,
            stop,
            listeners,
        })
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// A running server. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    sessions: RunningService,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl Server {
    /// A builder of a server that publishes the scenarios of a folder.
    pub fn builder(
        runtime: Runtime,
        storage: Storage,
        scenarios: impl Into<PathBuf>,
        listen: SocketAddr,
    ) -> ServerBuilder {
        ServerBuilder {
            sessions: RunningService::builder(runtime, storage, scenarios),
            settings: Settings::default(),
            listen,
            admin: None,
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

    /// Reads the folders again, as the server does regularly by itself.
    pub async fn read_folders(&self) {
        self.sessions.read_folders().await;
    }

    /// Sweeps the store, as the server does regularly by itself.
    pub async fn sweep(&self) {
        self.sessions.sweep().await;
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
        self.sessions.close().await;
    }
}
