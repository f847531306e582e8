//! The running service: puts its parts together, starts them and stops them.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use krabice_egress::Connections;
use krabice_runtime::Runtime;
use krabice_store::{Chain, Storage};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::maintenance;
use crate::observer::{NoObserver, Observer};
use crate::outlets::Outlets;
use crate::revisions::catalogue::{Catalogue, CatalogueError, ConnectionsReader};
use crate::service::SessionService;
use crate::settings::SessionSettings;
use crate::signed::Signer;
use crate::turn_runner::Clock;

/// Configures and starts a [`RunningService`].
pub struct ServiceBuilder {
    runtime: Runtime,
    storage: Storage,
    scenarios: PathBuf,
    plugins: Vec<PathBuf>,
    connections: Option<Connections>,
    connections_reader: Option<ConnectionsReader>,
    settings: SessionSettings,
    clock: Clock,
    observer: Arc<dyn Observer>,
    signers: Vec<Signer>,
}

impl ServiceBuilder {
    /// The folders of plugins. Default: none.
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

    /// Reads the connections again, as often as the folders. Default: they stay as they are.
    #[must_use]
    pub fn connections_reader(mut self, reader: ConnectionsReader) -> Self {
        self.connections_reader = Some(reader);
        self
    }

    /// The settings. Default: [`SessionSettings::default`].
    #[must_use]
    pub fn settings(mut self, settings: SessionSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The source of the current time. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The shops' servers that sign inputs. Default: none, and every token is refused.
    #[must_use]
    pub fn signers(mut self, signers: Vec<Signer>) -> Self {
        self.signers = signers;
        self
    }

    /// Who counts what happens. Default: nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Publishes the scenarios and plugins, and takes over the turns that an earlier server left
    /// unfinished.
    ///
    /// # Errors
    /// A folder cannot be read, or a revision cannot be stored. An invalid file is not an error: it is
    /// refused, with the reason in the log.
    pub async fn start(self) -> Result<RunningService, CatalogueError> {
        let store = self.storage.sessions();
        let catalogue = Catalogue::new(
            self.runtime,
            Outlets::new(self.connections, self.settings.network.clone()),
            self.connections_reader,
            Arc::clone(&store),
            self.scenarios,
            self.plugins,
        );
        catalogue.reload().await?;
        let (service, closed) = SessionService::new(
            store,
            catalogue,
            self.settings,
            self.signers,
            self.clock,
            self.observer,
        );
        let service = Arc::new(service);
        service.report_nothing_starts();
        service.measure().await;
        let mut chores = JoinSet::new();
        chores.spawn(maintenance::sweep_and_reload(Arc::clone(&service)));
        chores.spawn(maintenance::keep_recovering_turns(Arc::clone(&service)));
        chores.spawn(maintenance::keep_measuring(Arc::clone(&service)));
        let renewing = maintenance::renew_leases_and_forward_updates(Arc::clone(&service));
        Ok(RunningService {
            leases: tokio::spawn(renewing),
            service,
            chores,
            closed,
        })
    }
}

/// A service of sessions with all that it does by itself. Dropping it leaves sessions as they are;
/// [`RunningService::stop`] ends it in order.
pub struct RunningService {
    service: Arc<SessionService>,
    /// Sweeping, reloading, measuring, and taking over turns.
    chores: JoinSet<()>,
    /// Renewing leases, and passing on updates from other servers.
    leases: JoinHandle<()>,
    /// Ends when the store is closed.
    closed: oneshot::Receiver<()>,
}

impl RunningService {
    /// A builder of a service that publishes the scenarios of a folder.
    pub fn builder(
        runtime: Runtime,
        storage: Storage,
        scenarios: impl Into<PathBuf>,
    ) -> ServiceBuilder {
        ServiceBuilder {
            runtime,
            storage,
            scenarios: scenarios.into(),
            plugins: Vec::new(),
            connections: None,
            connections_reader: None,
            settings: SessionSettings::default(),
            signers: Vec::new(),
            clock: Arc::new(Timestamp::now),
            observer: Arc::new(NoObserver),
        }
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &Arc<SessionService> {
        &self.service
    }

    /// Reads the folders again, as the service does regularly by itself.
    pub async fn read_folders(&self) {
        maintenance::reload(&self.service).await;
    }

    /// Sweeps the store, as the service does regularly by itself.
    pub async fn sweep(&self) {
        maintenance::sweep(&self.service).await;
    }

    /// Accepts no more turns, and waits for those under way for as long as the settings say.
    pub async fn finish_turns(&mut self) {
        self.service.begin_stop();
        self.chores.abort_all();
        let time = self.service.settings.turns.stop;
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
    }

    /// Finishes the turns under way, and closes the store.
    pub async fn stop(mut self) {
        self.finish_turns().await;
        self.close().await;
    }

    /// Ends all tasks and closes the store. Call [`RunningService::finish_turns`] before.
    pub async fn close(mut self) {
        self.leases.abort();
        self.chores.shutdown().await;
        // An error means that it was aborted, and so has ended.
        let _ = self.leases.await;
        let time = self.service.settings.turns.stop;
        drop(self.service);
        if tokio::time::timeout(time, self.closed).await.is_err() {
            tracing::warn!("the store is still in use and could not be closed");
        }
    }
}
