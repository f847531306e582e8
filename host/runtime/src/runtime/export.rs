//! The exports of a plugin behind one trait, so that one function can call each of them.

use krabice_contract::raw;
use wasmtime::Store;

use crate::bindings::integration;
use crate::contract::{PluginPre, Reply};
use crate::state::CallState;

/// An export with its argument.
pub(super) trait Export: Send + 'static {
    /// What an export gives that does not fail.
    type Given: Send + 'static;

    /// Makes an instance and calls the export in it.
    fn call(
        self,
        plugin: &PluginPre,
        store: &mut Store<CallState>,
    ) -> impl Future<Output = Reply<Self::Given>> + Send;
}

/// `describe`.
pub(super) struct Describe;

impl Export for Describe {
    type Given = raw::Manifest;

    async fn call(self, plugin: &PluginPre, store: &mut Store<CallState>) -> Reply<Self::Given> {
        plugin.instantiate(store).await?.describe(store).await
    }
}

/// `run`.
pub(super) struct Run(pub(super) integration::Call);

impl Export for Run {
    type Given = raw::Outcome;

    async fn call(self, plugin: &PluginPre, store: &mut Store<CallState>) -> Reply<Self::Given> {
        plugin.run(store, self.0).await
    }
}

/// `choices`.
pub(super) struct Choices(pub(super) integration::ChoicesQuery);

impl Export for Choices {
    type Given = Vec<raw::Choice>;

    async fn call(self, plugin: &PluginPre, store: &mut Store<CallState>) -> Reply<Self::Given> {
        plugin
            .instantiate(store)
            .await?
            .choices(store, self.0)
            .await
    }
}

/// `probe`.
pub(super) struct Probe(pub(super) integration::Context);

impl Export for Probe {
    type Given = String;

    async fn call(self, plugin: &PluginPre, store: &mut Store<CallState>) -> Reply<Self::Given> {
        plugin.instantiate(store).await?.probe(store, self.0).await
    }
}
