//! The exports of a plugin behind one trait, so that one function can call each of them.

use wasmtime::Store;

use crate::bindings::{integration, manifest, values};
use crate::state::CallState;

/// An export with its argument.
pub(super) trait Export: Send + 'static {
    /// The reply of an export that does not fail.
    type Reply: Send + 'static;

    fn call(
        self,
        plugin: &integration::Guest,
        store: &mut Store<CallState>,
    ) -> impl Future<Output = wasmtime::Result<Result<Self::Reply, values::Failure>>> + Send;
}

/// `describe`.
pub(super) struct Describe;

impl Export for Describe {
    type Reply = manifest::Manifest;

    async fn call(
        self,
        plugin: &integration::Guest,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<Self::Reply, values::Failure>> {
        plugin.call_describe(store).await.map(Ok)
    }
}

/// `run`.
pub(super) struct Run(pub(super) integration::Call);

impl Export for Run {
    type Reply = values::Outcome;

    async fn call(
        self,
        plugin: &integration::Guest,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<Self::Reply, values::Failure>> {
        plugin.call_run(store, &self.0).await
    }
}

/// `choices`.
pub(super) struct Choices(pub(super) integration::ChoicesQuery);

impl Export for Choices {
    type Reply = Vec<manifest::Choice>;

    async fn call(
        self,
        plugin: &integration::Guest,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<Self::Reply, values::Failure>> {
        plugin.call_choices(store, &self.0).await
    }
}

/// `probe`.
pub(super) struct Probe(pub(super) integration::Context);

impl Export for Probe {
    type Reply = String;

    async fn call(
        self,
        plugin: &integration::Guest,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<Self::Reply, values::Failure>> {
        plugin.call_probe(store, &self.0).await
    }
}
