//! The versions of the contract behind one form. A plugin of an older version is called
//! through its own bindings, and what it gives becomes what the newest version would give;
//! nothing else in the host knows that there are two.

use krabice_contract::{compare, raw};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, HasSelf, InstancePre, Linker};

use crate::bindings::{self, integration, values};
use crate::state::CallState;

mod newest {
    //! Conversion of what a plugin of the newest version gives.
    krabice_contract::raw_from_bindings!(values = crate::bindings::values);
    krabice_contract::raw_from_bindings!(manifest = crate::bindings::manifest, since 0.2);
}

mod v0_1 {
    //! Conversion of what a plugin of version 0.1 gives.
    use super::newest::{kind, value};
    krabice_contract::raw_from_bindings!(manifest = crate::bindings::v0_1::manifest, since 0.1);
}

/// The newest version of the contract.
pub const CONTRACT: &str = "0.2.0";

/// A version of the contract that this host supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 0.2.
    Newest,
    /// 0.1.
    V0_1,
}

impl Version {
    /// The versions, the newest first.
    pub(crate) const ALL: [Version; 2] = [Version::Newest, Version::V0_1];

    /// Whether a parameter may be a file.
    pub(crate) fn takes_files(self) -> bool {
        match self {
            Version::Newest => true,
            Version::V0_1 => false,
        }
    }

    /// The last version of the contract that plugins of this one are made for.
    pub(crate) fn number(self) -> &'static str {
        match self {
            Version::Newest => CONTRACT,
            Version::V0_1 => "0.1.0",
        }
    }

    /// The version that supports a plugin which was made for `found`.
    pub(crate) fn of(found: &str) -> Option<Version> {
        let found = semver::Version::parse(found).ok()?;
        Version::ALL.into_iter().find(|version| {
            let ours = semver::Version::parse(version.number()).expect("our versions are valid");
            // Before 1.0 a minor version may break what the one before promised.
            found.major == ours.major && found.minor == ours.minor && found.patch <= ours.patch
        })
    }
}

/// A plugin that is ready to be instantiated.
#[derive(Clone)]
pub(crate) struct PluginPre {
    pre: Pre,
    /// The export that calls need. The bindings look up and check all four exports in each instance; that
    /// is done once, when `describe` is called.
    run: ComponentExportIndex,
}

#[derive(Clone)]
enum Pre {
    Newest(bindings::PluginPre<CallState>),
    V0_1(bindings::v0_1::PluginPre<CallState>),
}

impl PluginPre {
    /// # Errors
    /// The component has other types than the version.
    pub(crate) fn new(
        pre: InstancePre<CallState>,
        version: Version,
    ) -> wasmtime::Result<PluginPre> {
        let component = pre.component();
        let interface = format!("krabice:boxes/integration@{}", version.number());
        let found = component.get_export_index(None, &interface);
        let run = found.and_then(|found| component.get_export_index(Some(&found), "run"));
        let pre = match version {
            Version::Newest => bindings::PluginPre::new(pre).map(Pre::Newest),
            Version::V0_1 => bindings::v0_1::PluginPre::new(pre).map(Pre::V0_1),
        }?;
        let run =
            run.ok_or_else(|| wasmtime::Error::msg(format!("no export `{interface}` with `run`")))?;
        Ok(PluginPre { pre, run })
    }

    /// Makes an instance, and checks the types of all its exports.
    pub(crate) async fn instantiate(
        &self,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Instance> {
        match &self.pre {
            Pre::Newest(pre) => pre.instantiate_async(store).await.map(Instance::Newest),
            Pre::V0_1(pre) => pre.instantiate_async(store).await.map(Instance::V0_1),
        }
    }

    /// Makes an instance and calls `run`, whose type alone is checked.
    pub(crate) async fn run(
        &self,
        store: &mut Store<CallState>,
        call: integration::Call,
    ) -> Reply<raw::Outcome> {
        type Given = (Result<values::Outcome, values::Failure>,);
        let (outcome,) = match &self.pre {
            Pre::Newest(pre) => {
                let instance = pre.instance_pre().instantiate_async(&mut *store).await?;
                let run = instance
                    .get_typed_func::<(&integration::Call,), Given>(&mut *store, &self.run)?;
                run.call_async(store, (&call,)).await?
            }
            Pre::V0_1(pre) => {
                let instance = pre.instance_pre().instantiate_async(&mut *store).await?;
                let run = instance.get_typed_func::<(&bindings::v0_1::integration::Call,), Given>(
                    &mut *store,
                    &self.run,
                )?;
                run.call_async(store, (&older_call(call),)).await?
            }
        };
        Ok(outcome.map(newest::outcome))
    }
}

/// Adds the interfaces that plugins of every version import.
pub(crate) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::Plugin::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    bindings::v0_1::Plugin::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// The reply of an export: what it gives, or the plugin's failure.
pub(crate) type Reply<T> = wasmtime::Result<Result<T, values::Failure>>;

/// An instance of a plugin.
pub(crate) enum Instance {
    Newest(bindings::Plugin),
    V0_1(bindings::v0_1::Plugin),
}

impl Instance {
    pub(crate) async fn describe(&self, store: &mut Store<CallState>) -> Reply<raw::Manifest> {
        Ok(Ok(match self {
            Instance::Newest(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                newest::manifest(plugin.call_describe(store).await?)
            }
            Instance::V0_1(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                v0_1::manifest(plugin.call_describe(store).await?)
            }
        }))
    }

    /// Calls `run` in an instance that is used again.
    #[cfg(feature = "bench")]
    pub(crate) async fn run(
        &self,
        store: &mut Store<CallState>,
        call: integration::Call,
    ) -> Reply<raw::Outcome> {
        let outcome = match self {
            Instance::Newest(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                plugin.call_run(store, &call).await?
            }
            Instance::V0_1(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                plugin.call_run(store, &older_call(call)).await?
            }
        };
        Ok(outcome.map(newest::outcome))
    }

    pub(crate) async fn choices(
        &self,
        store: &mut Store<CallState>,
        query: integration::ChoicesQuery,
    ) -> Reply<Vec<raw::Choice>> {
        Ok(match self {
            Instance::Newest(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                plugin
                    .call_choices(store, &query)
                    .await?
                    .map(newest::choices)
            }
            Instance::V0_1(plugin) => {
                let query = bindings::v0_1::integration::ChoicesQuery {
                    function: query.function,
                    parameter: query.parameter,
                    context: older_context(query.context),
                };
                let plugin = plugin.krabice_boxes_integration();
                plugin.call_choices(store, &query).await?.map(v0_1::choices)
            }
        })
    }

    pub(crate) async fn probe(
        &self,
        store: &mut Store<CallState>,
        context: integration::Context,
    ) -> Reply<String> {
        match self {
            Instance::Newest(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                plugin.call_probe(store, &context).await
            }
            Instance::V0_1(plugin) => {
                let plugin = plugin.krabice_boxes_integration();
                plugin.call_probe(store, &older_context(context)).await
            }
        }
    }
}

fn older_call(call: integration::Call) -> bindings::v0_1::integration::Call {
    bindings::v0_1::integration::Call {
        function: call.function,
        parameters: call.parameters,
        key: call.key,
        context: older_context(call.context),
    }
}

fn older_context(context: integration::Context) -> bindings::v0_1::integration::Context {
    bindings::v0_1::integration::Context {
        settings: context.settings,
        language: context.language,
        time_zone: context.time_zone,
        now: context.now,
    }
}

/// Makes named values for a plugin.
pub(crate) fn named_values(
    given: impl IntoIterator<Item = raw::NamedValue>,
) -> Vec<values::NamedValue> {
    newest::to_named_values(given)
}

// --- what plugins import

impl bindings::egress::Host for CallState {
    async fn send(
        &mut self,
        request: bindings::egress::Request,
    ) -> Result<bindings::egress::Response, values::Failure> {
        self.outbound_http.send(request).await
    }
}

impl bindings::v0_1::egress::Host for CallState {
    async fn send(
        &mut self,
        request: bindings::v0_1::egress::Request,
    ) -> Result<bindings::v0_1::egress::Response, values::Failure> {
        use bindings::egress::{Body, Request};
        use bindings::v0_1::egress::{Body as OlderBody, Response};
        let request = Request {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body.map(|body| match body {
                OlderBody::Text(text) => Body::Text(text),
                OlderBody::Bytes(bytes) => Body::Bytes(bytes),
            }),
            // Version 0.1 cannot say it.
            reads: false,
        };
        let response = self.outbound_http.send(request).await?;
        Ok(Response {
            status: response.status,
            headers: response.headers,
            body: match response.body {
                Body::Text(text) => OlderBody::Text(text),
                Body::Bytes(bytes) => OlderBody::Bytes(bytes),
            },
        })
    }
}

impl bindings::compare::Host for CallState {
    fn same_phone(&mut self, one: String, other: String) -> bool {
        compare::same_phone(&one, &other, &self.language)
    }

    fn same_email(&mut self, one: String, other: String) -> bool {
        compare::same_email(&one, &other)
    }

    fn same_number(&mut self, one: String, other: String) -> bool {
        compare::same_number(&one, &other)
    }
}

// These interfaces have only types.
impl values::Host for CallState {}
impl bindings::manifest::Host for CallState {}
impl bindings::v0_1::manifest::Host for CallState {}
