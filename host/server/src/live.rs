//! What is read again while the server runs, without a restart: the connections with their secrets,
//! and the origins.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use krabice_egress::Connections;

use crate::error_chain::Chain;
use crate::origin::Origins;
use crate::service::SessionService;
use crate::sync::locked;

/// What can change while the server runs.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// The operator's connections. `None` if there is no connections file.
    pub connections: Option<Connections>,
    /// The sites that may use a scenario, by the scenario's name.
    pub origins: BTreeMap<String, Vec<String>>,
}

/// What was found when the files were read again.
#[derive(Debug)]
pub enum Reread {
    /// Nothing has changed since the last time.
    Unchanged,
    /// New settings, which hold from now on.
    Changed(LiveSettings),
    /// The new files are invalid, and the earlier settings stay. The error says all that is wrong.
    Invalid(Box<dyn std::error::Error + Send + Sync>),
}

/// Reads the files again.
pub type LiveReader = Box<dyn FnMut() -> Reread + Send>;

/// The live settings of a server.
pub(crate) struct Live {
    pub(crate) origins: Arc<Origins>,
    state: Mutex<LiveState>,
}

struct LiveState {
    reader: Option<LiveReader>,
    is_invalid: bool,
}

impl Live {
    pub(crate) fn new(origins: Arc<Origins>, reader: Option<LiveReader>) -> Live {
        let is_invalid = false;
        Live {
            origins,
            state: Mutex::new(LiveState { reader, is_invalid }),
        }
    }

    /// Whether the files changed and are invalid, so that earlier settings are in use.
    pub(crate) fn is_invalid(&self) -> bool {
        locked(&self.state).is_invalid
    }

    /// Reads the files again. Calls that begin later use the new settings.
    pub(crate) async fn reload(&self, service: &SessionService) {
        let changed = {
            let mut state = locked(&self.state);
            let Some(reader) = &mut state.reader else {
                return;
            };
            match reader() {
                Reread::Unchanged => return,
                Reread::Invalid(error) => {
                    state.is_invalid = true;
                    service.metrics.configuration_reread(false);
                    tracing::error!(error = %Chain(&*error), "the changed configuration is invalid; the earlier one stays in use");
                    return;
                }
                Reread::Changed(settings) => {
                    state.is_invalid = false;
                    settings
                }
            }
        };
        service.metrics.configuration_reread(true);
        self.origins.replace(&changed.origins);
        service.catalogue.use_connections(changed.connections).await;
        tracing::info!("the connections and origins were read again");
    }
}
