//! The server: its parts put together, started and stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use krabice_egress::Connections;
use krabice_runtime::Runtime;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::accounts::Accounts;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::desk::{Clock, Closed, Desk};
use crate::settings::Settings;
use crate::store::Storage;
use crate::{admin, api, listener, retention};

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The folders cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Makes a [`Server`].
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

    /// The operator's connections. Default: none, and their names are not checked.
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

    /// What the time is. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where to listen for health and numbers. Default: nowhere.
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

    /// Reads the scenarios and plugins, takes over the turns that a former server left, and listens.
    ///
    /// # Errors
    /// A folder cannot be read, or an address not listened on. What is wrong with a file stands in
    /// the log.
    pub async fn start(self) -> Result<Server, StartError> {
        let store = self.storage.0;
        let catalogue = Catalogue::new(
            self.runtime,
            Accounts::new(self.connections),
            Arc::clone(&store),
            self.scenarios,
            self.plugins,
        );
        catalogue.read().await?;
        let (desk, closed) = Desk::new(store, catalogue, self.settings, self.clock);
        let desk = Arc::new(desk);
        let (stop, stopped) = watch::channel(false);
        let limits = desk.settings.limits.clone();
        let (public, address) = bind(self.listen).await?;
        let proxies = !desk.settings.trusted_proxies.is_empty();
        let open = desk.metrics.connections.clone();
        let router = api::router(Arc::clone(&desk), self.demo);
        let mut tasks = vec![tokio::spawn(listener::serve(
            public,
            router,
            limits.clone(),
            proxies,
            open,
            stopped.clone(),
        ))];
        let mut admin_address = None;
        if let Some(address) = self.admin {
            let (admin, address) = bind(address).await?;
            admin_address = Some(address);
            let router = admin::router(Arc::clone(&desk));
            let open = prometheus_client::metrics::gauge::Gauge::default();
            tasks.push(tokio::spawn(listener::serve(
                admin, router, limits, false, open, stopped,
            )));
        }
        let mut chores = JoinSet::new();
        chores.spawn(sweep_and_read(Arc::clone(&desk)));
        chores.spawn(take_over(Arc::clone(&desk)));
        let leases = tokio::spawn(hold_and_hear(Arc::clone(&desk)));
        Ok(Server {
            desk,
            address,
            admin: admin_address,
            stop,
            tasks,
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

/// How often something is done within a lease, so that it does not end by one delay.
fn often(desk: &Desk) -> tokio::time::Interval {
    let mut often = tokio::time::interval(desk.lease() / 3);
    often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    often
}

/// Takes over the turns that nobody works on, at once and again and again.
async fn take_over(desk: Arc<Desk>) {
    let mut often = often(&desk);
    loop {
        often.tick().await;
        retention::recover(&desk).await;
    }
}

/// Holds the turns of this process, and hears of those of others.
async fn hold_and_hear(desk: Arc<Desk>) {
    let mut often = often(&desk);
    let renew = async {
        loop {
            often.tick().await;
            retention::renew(&desk).await;
        }
    };
    let hear = async {
        loop {
            retention::hear(&desk).await;
        }
    };
    tokio::join!(renew, hear);
}

async fn sweep_and_read(desk: Arc<Desk>) {
    let sweep = std::time::Duration::from_secs(desk.settings.retention.sweep_seconds.max(1));
    let mut sweep = tokio::time::interval(sweep);
    let never = std::time::Duration::from_secs(u64::from(u32::MAX));
    // They were read when the server started.
    let period = desk.settings.reload().unwrap_or(never);
    let mut read = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    // After a pause of the machine once is enough.
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    read.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = sweep.tick() => retention::sweep(&desk).await,
            _ = read.tick() => retention::read(&desk).await,
        }
    }
}

/// A running server. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    desk: Arc<Desk>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    chores: JoinSet<()>,
    leases: JoinHandle<()>,
    closed: Closed,
}

impl Server {
    /// Starts to make a server of the scenarios in a folder.
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

    /// Where the API is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and numbers are.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// The names of the published scenarios, sorted.
    #[must_use]
    pub fn scenarios(&self) -> Vec<String> {
        let mut names: Vec<_> = self.desk.catalogue.current().keys().cloned().collect();
        names.sort();
        names
    }

    /// Reads the folders again, as the server does by itself from time to time.
    pub async fn read_folders(&self) {
        retention::read(&self.desk).await;
    }

    /// Sweeps, as the server does by itself from time to time.
    pub async fn sweep(&self) {
        retention::sweep(&self.desk).await;
    }

    /// Takes no more turns, waits for those under way, then closes what is open, the store last:
    /// after that another server may have it.
    pub async fn stop(mut self) {
        self.desk.stop_taking();
        self.chores.abort_all();
        let time = std::time::Duration::from_secs(self.desk.settings.limits.stop_seconds);
        if tokio::time::timeout(time, self.desk.finished())
            .await
            .is_err()
        {
            tracing::warn!("turns were cut off; the next server takes them over");
        }
        self.leases.abort();
        if let Err(error) = self.desk.store.leave().await {
            tracing::warn!(error = %error, "the other servers were not told");
        }
        // Only now: whoever comes in between is told to come back.
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has ended, too.
            let _ = task.await;
        }
        // They were told to end above; now they have.
        self.chores.shutdown().await;
        let _ = self.leases.await;
        drop(self.desk);
        if tokio::time::timeout(time, self.closed.wait())
            .await
            .is_err()
        {
            tracing::warn!("the store is still in use");
        }
    }
}
