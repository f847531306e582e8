//! The server: puts its parts together, starts them and stops them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use krabice_egress::Connections;
use krabice_runtime::Runtime;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Interval, MissedTickBehavior, interval, interval_at};

use crate::catalogue::{Catalogue, CatalogueError};
use crate::error_chain::Chain;
use crate::listener::{self, Admission};
use crate::live::{Live, LiveReader};
use crate::origin::Origins;
use crate::outlets::Outlets;
use crate::service::SessionService;
use crate::settings::{Limits, Settings};
use crate::store::Storage;
use crate::turn_runner::Clock;
use crate::{admin, api, maintenance};

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
    runtime: Runtime,
    storage: Storage,
    scenarios: PathBuf,
    plugins: Vec<PathBuf>,
    connections: Option<Connections>,
    settings: Settings,
    clock: Clock,
    live: Option<LiveReader>,
    listen: Vec<SocketAddr>,
    admin: Vec<SocketAddr>,
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
        self.plugins = folders;
        self
    }

    /// The operator's connections. Default: none, and scenarios' connections are not checked.
    #[must_use]
    pub fn connections(mut self, connections: Option<Connections>) -> Self {
        self.connections = connections;
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
        self.clock = clock;
        self
    }

    /// The addresses of the operator's listener, for health and metrics. Default: none.
    #[must_use]
    pub fn admin(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.admin = addresses.into_iter().collect();
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
        let store = self.storage.0;
        let catalogue = Catalogue::new(
            self.runtime,
            Outlets::new(self.connections, self.settings.network.clone()),
            Arc::clone(&store),
            self.scenarios,
            self.plugins,
        );
        catalogue.reload().await?;
        let (service, closed) = SessionService::new(store, catalogue, self.settings, self.clock);
        let service = Arc::new(service);
        let (stop, stopped) = watch::channel(false);
        let limits = service.settings.limits.clone();
        let origins = Arc::new(Origins::new(&service.settings.access.origins));
        let live = Arc::new(Live::new(Arc::clone(&origins), self.live));
        let (public, address) = bind(&self.listen).await?;
        let behind_proxies = !service.settings.access.trusted_proxies.is_empty();
        let admission = Admission::new(&limits, behind_proxies);
        let router = api::router(Arc::clone(&service), origins, self.demo);
        let mut listeners = Vec::new();
        let mut serve = |sockets: Vec<TcpListener>, router: axum::Router, admission: &Arc<Admission>| {
            for socket in sockets {
                listeners.push(tokio::spawn(listener::serve(
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
            let router = admin::router(Arc::clone(&service), Arc::clone(&live), admission);
            let few = Limits {
                connections: limits.connections.min(ADMIN_CONNECTIONS),
                ..limits.clone()
            };
            serve(admin, router, &Admission::new(&few, false));
        }
        let mut chores = JoinSet::new();
        chores.spawn(sweep_and_reload(Arc::clone(&service), Arc::clone(&live)));
        chores.spawn(recover_turns(Arc::clone(&service)));
        let leases = tokio::spawn(renew_leases_and_forward_updates(Arc::clone(&service)));
        Ok(Server {
            service,
            live,
            address,
            admin: admin_address,
            stop,
            listeners,
            chores,
            leases,
            closed,
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

/// Ticks three times within a lease, so that one delayed renewal does not end it.
fn lease_ticks(service: &SessionService) -> Interval {
    let mut ticks = interval(service.turns.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Takes over interrupted turns, at once and then at every tick.
async fn recover_turns(service: Arc<SessionService>) {
    let mut ticks = lease_ticks(&service);
    loop {
        ticks.tick().await;
        maintenance::recover_turns(&service).await;
    }
}

async fn renew_leases_and_forward_updates(service: Arc<SessionService>) {
    let mut ticks = lease_ticks(&service);
    let renew = async {
        loop {
            ticks.tick().await;
            maintenance::renew_leases(&service).await;
        }
    };
    let forward = async {
        loop {
            maintenance::forward_update(&service).await;
        }
    };
    tokio::join!(renew, forward);
}

async fn sweep_and_reload(service: Arc<SessionService>, live: Arc<Live>) {
    let mut sweep = interval(service.settings.retention.sweep_interval);
    let never = Duration::from_secs(u64::from(u32::MAX));
    let period = match service.settings.access.reload_interval {
        Duration::ZERO => never,
        period => period,
    };
    // The folders were read when the server started.
    let mut reload = interval_at(tokio::time::Instant::now() + period, period);
    // After the machine was suspended, one run is enough.
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reload.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweep.tick() => maintenance::sweep(&service).await,
            _ = reload.tick() => reload_all(&service, &live).await,
        }
    }
}

async fn reload_all(service: &SessionService, live: &Live) {
    // The connections first: the scenarios are checked against them.
    live.reload(service).await;
    maintenance::reload(service).await;
}

/// A running server. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    service: Arc<SessionService>,
    live: Arc<Live>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    /// Sweeping, reloading, and taking over turns.
    chores: JoinSet<()>,
    /// Renewing leases, and passing on updates from other servers.
    leases: JoinHandle<()>,
    /// Ends when the store is closed.
    closed: oneshot::Receiver<()>,
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
            runtime,
            storage,
            scenarios: scenarios.into(),
            plugins: Vec::new(),
            connections: None,
            settings: Settings::default(),
            clock: Arc::new(Timestamp::now),
            live: None,
            listen: listen.into_iter().collect(),
            admin: Vec::new(),
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

    /// The names of the published scenarios, sorted.
    #[must_use]
    pub fn scenarios(&self) -> Vec<String> {
        let mut names: Vec<_> = self.service.catalogue.current().keys().cloned().collect();
        names.sort();
        names
    }

    /// Reads the folders again, as the server does regularly by itself.
    pub async fn read_folders(&self) {
        reload_all(&self.service, &self.live).await;
    }

    /// Sweeps the store, as the server does regularly by itself.
    pub async fn sweep(&self) {
        maintenance::sweep(&self.service).await;
    }

    /// Accepts no more turns, waits for those under way, and closes all connections and the store.
    pub async fn stop(mut self) {
        self.service.begin_stop();
        self.chores.abort_all();
        let time = self.service.settings.limits.stop_timeout;
        if tokio::time::timeout(time, self.service.turns_finished())
            .await
            .is_err()
        {
            tracing::warn!(
                "the time limit for stopping has passed: unfinished turns are left to the next server"
            );
        }
        self.leases.abort();
        if let Err(error) = self.service.store.withdraw_offers().await {
            tracing::warn!(error = %Chain(&error), "cannot tell the other servers that this one stops");
        }
        // The listeners stop last, so that clients get a `Retry-After` until then.
        self.stop.send_replace(true);
        for listener in self.listeners {
            // An error means that the task panicked, and so has ended, too.
            let _ = listener.await;
        }
        // Both were aborted above; this waits until they have ended.
        self.chores.shutdown().await;
        let _ = self.leases.await;
        drop(self.service);
        if tokio::time::timeout(time, self.closed).await.is_err() {
            tracing::warn!("the store is still in use and could not be closed");
        }
    }
}
