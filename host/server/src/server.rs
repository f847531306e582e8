//! The server: puts its parts together, starts them and stops them.

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
use crate::outlets::Outlets;
use crate::service::SessionService;
use crate::settings::Settings;
use crate::store::Storage;
use crate::turn_runner::Clock;
use crate::{admin, api, maintenance};

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
    runtime: Runtime,
    storage: Storage,
    scenarios: PathBuf,
    plugins: Vec<PathBuf>,
    connections: Option<Connections>,
    settings: Settings,
    clock: Clock,
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    demo: bool,
}

impl ServerBuilder {
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
        let store = self.storage.0;
        let catalogue = Catalogue::new(
            self.runtime,
            Outlets::new(self.connections),
            Arc::clone(&store),
            self.scenarios,
            self.plugins,
        );
        catalogue.reload().await?;
        let (service, closed) = SessionService::new(store, catalogue, self.settings, self.clock);
        let service = Arc::new(service);
        let (stop, stopped) = watch::channel(false);
        let limits = service.settings.limits.clone();
        let (public, address) = bind(self.listen).await?;
        let behind_proxies = !service.settings.trusted_proxies.is_empty();
        let admission = Admission::new(&limits, behind_proxies);
        let mut listeners = vec![tokio::spawn(listener::serve(
            public,
            api::router(Arc::clone(&service), self.demo),
            limits.clone(),
            Arc::clone(&admission),
            stopped.clone(),
        ))];
        let mut admin_address = None;
        if let Some(address) = self.admin {
            let (admin, address) = bind(address).await?;
            admin_address = Some(address);
            let router = admin::router(Arc::clone(&service), admission);
            let admission = Admission::new(&limits, false);
            listeners.push(tokio::spawn(listener::serve(
                admin, router, limits, admission, stopped,
            )));
        }
        let mut chores = JoinSet::new();
        chores.spawn(sweep_and_reload(Arc::clone(&service)));
        chores.spawn(recover_turns(Arc::clone(&service)));
        let leases = tokio::spawn(renew_leases_and_forward_updates(Arc::clone(&service)));
        Ok(Server {
            service,
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

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
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

async fn sweep_and_reload(service: Arc<SessionService>) {
    let mut sweep = interval(Duration::from_secs(
        service.settings.retention.sweep_seconds.max(1),
    ));
    let never = Duration::from_secs(u64::from(u32::MAX));
    let period = service.settings.reload_interval().unwrap_or(never);
    // The folders were read when the server started.
    let mut reload = interval_at(tokio::time::Instant::now() + period, period);
    // After the machine was suspended, one run is enough.
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reload.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweep.tick() => maintenance::sweep(&service).await,
            _ = reload.tick() => maintenance::reload(&service).await,
        }
    }
}

/// A running server. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    service: Arc<SessionService>,
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
    /// A builder of a server that publishes the scenarios of a folder.
    pub fn builder(
        runtime: Runtime,
        storage: Storage,
        scenarios: impl Into<PathBuf>,
        listen: SocketAddr,
    ) -> ServerBuilder {
        ServerBuilder {
            runtime,
            storage,
            scenarios: scenarios.into(),
            plugins: Vec::new(),
            connections: None,
            settings: Settings::default(),
            clock: Arc::new(Timestamp::now),
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

    /// The names of the published scenarios, sorted.
    #[must_use]
    pub fn scenarios(&self) -> Vec<String> {
        let mut names: Vec<_> = self.service.catalogue.current().keys().cloned().collect();
        names.sort();
        names
    }

    /// Reads the folders again, as the server does regularly by itself.
    pub async fn read_folders(&self) {
        maintenance::reload(&self.service).await;
    }

    /// Sweeps the store, as the server does regularly by itself.
    pub async fn sweep(&self) {
        maintenance::sweep(&self.service).await;
    }

    /// Accepts no more turns, waits for those under way, and closes all connections and the store.
    pub async fn stop(mut self) {
        self.service.begin_stop();
        self.chores.abort_all();
        let time = Duration::from_secs(self.service.settings.limits.stop_seconds);
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
