//! The host's state of one instance. It lives as long as one call.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::limits::Limits;
use crate::log::{PluginLog, Stream};
use crate::meter::ResourceMeter;
use crate::outbound_http::OutboundHttp;

/// The most random bytes that a plugin may get at once. Keys and seeds take some tens;
/// the buffer is in the host's memory.
const RANDOM_BYTES: u64 = 64 * 1024;

/// The state of a store.
pub(crate) struct CallState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    pub(crate) outbound_http: OutboundHttp,
    pub(crate) meter: ResourceMeter,
    /// The session's language, for comparisons.
    pub(crate) language: String,
}

impl CallState {
    pub(crate) fn new(
        limits: &Limits,
        outbound_http: OutboundHttp,
        meter: ResourceMeter,
        language: String,
        log: &PluginLog,
    ) -> CallState {
        // A fresh builder allows nothing: no directory, no environment, no argument, no
        // socket, no name service, no standard input. Only the output goes out, to the log.
        let wasi = WasiCtxBuilder::new()
            .stdout(log.stream(Stream::Out))
            .stderr(log.stream(Stream::Err))
            .max_random_size(RANDOM_BYTES)
            .build();
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits.header_bytes);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        CallState {
            wasi,
            http,
            table,
            outbound_http,
            meter,
            language,
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outbound_http,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
