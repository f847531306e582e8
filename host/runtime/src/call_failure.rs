//! Classification of calls that ended without an answer.

use krabice_contract::{Failure, FailureClass};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::FieldMapError;

use crate::limits::Limits;
use crate::meter::DeniedResource;

/// The end of a call without an answer.
pub(crate) enum CallFailure {
    /// The deadline passed.
    Late,
    /// The instance stopped.
    Stopped(wasmtime::Error),
    /// The host itself panicked. One call fails; the process goes on.
    Panicked,
}

/// The failure of a call that may have changed something at the back end: a request of it was
/// sent, and its answer did not come whole. A *true* or *false* that the function says
/// afterwards stands, for it has looked; a failure says nothing of what was done.
pub(crate) fn outcome_unknown(failure: Failure) -> Failure {
    Failure::new(
        FailureClass::OutcomeUnknown,
        format!(
            "{failure}; a request that may write was sent and its answer was lost: check in the back end whether it was done"
        ),
    )
}

/// Classifies a call without an answer. `denied` is the last resource that the call was
/// denied, `last_lines` are the last lines that it wrote.
pub(crate) fn classify(
    failure: CallFailure,
    denied: Option<DeniedResource>,
    last_lines: &[String],
    limits: &Limits,
) -> Failure {
    match failure {
        CallFailure::Late => Failure::new(
            FailureClass::Timeout,
            format!(
                "the call took longer than {:?} (`call-timeout`)",
                limits.call_timeout
            ),
        ),
        CallFailure::Panicked => Failure::new(
            FailureClass::Trap,
            "the host panicked during the call; this is a fault of the host",
        ),
        CallFailure::Stopped(error) => stopped(&error, denied, last_lines, limits),
    }
}

fn stopped(
    error: &wasmtime::Error,
    denied: Option<DeniedResource>,
    last_lines: &[String],
    limits: &Limits,
) -> Failure {
    use FailureClass::{Overloaded, ResourceLimit, Timeout};
    // Only the epoch callback interrupts, and only because of the computing time.
    if let Some(Trap::Interrupt) = error.downcast_ref() {
        let detail = format!(
            "the call computed longer than {:?} (`cpu-time`)",
            limits.cpu_time
        );
        return Failure::new(Timeout, detail);
    }
    // A plugin that gets no memory traps by itself, so the denial comes before the trap.
    match denied {
        Some(DeniedResource::Memory) => {
            let detail = format!(
                "the call wanted more than {} bytes of memory (`memory-bytes`)",
                limits.memory_bytes
            );
            return Failure::new(ResourceLimit, detail);
        }
        Some(DeniedResource::Tables) => {
            let detail = format!(
                "the call wanted more than {} table elements (`table-elements`)",
                limits.table_elements
            );
            return Failure::new(ResourceLimit, detail);
        }
        Some(DeniedResource::TotalMemory) => {
            let detail = format!(
                "all calls together wanted more than {} bytes of memory (`total-memory-bytes`)",
                limits.total_memory_bytes
            );
            return Failure::new(Overloaded, detail);
        }
        None => {}
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::new(
            Overloaded,
            format!("the pool has no room for the instance: {error}"),
        );
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Failure::new(ResourceLimit, handles(limits));
    }
    if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) =
        error.downcast_ref()
    {
        let detail = format!(
            "a header list grew beyond {} bytes (`header-bytes`)",
            limits.header_bytes
        );
        return Failure::new(ResourceLimit, detail);
    }
    // These errors of Wasmtime have no type of their own. A test for each one fails when
    // its text changes.
    let words = format!("{error:#}");
    if words.contains("store handle limit exceeded") {
        return Failure::new(ResourceLimit, handles(limits));
    }
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        let detail = format!(
            "the plugin passed more than {} bytes to the host at once (`hostcall-bytes`)",
            limits.hostcall_bytes
        );
        return Failure::new(ResourceLimit, detail);
    }
    // Wasmtime finds an export of another type only after the start of the instance.
    if let Some((_, types)) = words.split_once("failed to convert function to given type: ") {
        return Failure::new(FailureClass::Misconfigured, types);
    }
    let mut detail = match (
        error.downcast_ref::<Trap>(),
        error.downcast_ref::<I32Exit>(),
    ) {
        (Some(trap), _) => trap.to_string(),
        (_, Some(I32Exit(code))) => format!("the plugin exited with the code {code}"),
        _ => words,
    };
    if !last_lines.is_empty() {
        detail.push_str("; its last log lines: ");
        detail.push_str(&last_lines.join(" | "));
    }
    Failure::new(FailureClass::Trap, detail)
}

fn handles(limits: &Limits) -> String {
    format!(
        "the call wanted more than {} handles at once (`handles`)",
        limits.handles
    )
}
