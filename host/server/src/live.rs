//! What is read again while the server runs, without a restart: the connections with their secrets,
//! and the origins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use krabice_egress::Connections;
use krabice_sessions::ConnectionsReader;
use krabice_store::Chain;

use crate::metrics::Metrics;
use crate::origin::{AllowedSite, Origins};

/// What can change while the server runs.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// The operator's connections. `None` if there is no connections file.
    pub connections: Option<Connections>,
    /// The sites that may use a scenario, by the scenario's name.
    pub origins: BTreeMap<String, Vec<AllowedSite>>,
}

/// What was found when the files were read again.
#[derive(Debug)]
pub enum Reread {
    /// Nothing has changed since the last time.
    Unchanged,
    /// New settings, which hold from now on.
    Changed(Box<LiveSettings>),
    /// The new files are invalid, and the earlier settings stay. The error says all that is wrong.
    Invalid(Box<dyn std::error::Error + Send + Sync>),
}

/// Reads the files again.
pub type LiveReader = Box<dyn FnMut() -> Reread + Send>;

/// Whether the files that can change while the server runs are valid.
#[derive(Default)]
pub(crate) struct Live {
    is_invalid: AtomicBool,
}

impl Live {
    /// Whether the files changed and are invalid, so that earlier settings are in use.
    pub(crate) fn is_invalid(&self) -> bool {
        self.is_invalid.load(Ordering::Relaxed)
    }

    /// Reads the files again for the service, which takes the connections. The origins are replaced here.
    pub(crate) fn reader(
        self: Arc<Self>,
        mut reader: LiveReader,
        origins: Arc<Origins>,
        metrics: Arc<Metrics>,
    ) -> ConnectionsReader {
        Box::new(move || match reader() {
            Reread::Unchanged => None,
            Reread::Invalid(error) => {
                self.is_invalid.store(true, Ordering::Relaxed);
                metrics.configuration_reread(false);
                tracing::error!(error = %Chain(&*error), "the changed configuration is invalid; the earlier one stays in use");
                None
            }
            Reread::Changed(settings) => {
                self.is_invalid.store(false, Ordering::Relaxed);
                metrics.configuration_reread(true);
                origins.replace(settings.origins);
                tracing::info!("the connections and origins were read again");
                Some(settings.connections)
            }
        })
    }
}
