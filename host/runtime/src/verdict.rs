//! What a call that did not answer has failed of.

use krabice_scenario::{Failure, FailureClass};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::FieldMapError;

use crate::Limits;
use crate::meter::Denied;

/// How a call came to its end without an answer.
pub(crate) enum Broken {
    /// The deadline passed.
    Late,
    /// The instance stopped.
    Stopped(wasmtime::Error),
    /// The host itself panicked. One call fails; the process goes on.
    Panicked,
}

/// The failure. `denied` is what the call was last refused, `last` are the last
/// lines that it wrote.
pub(crate) fn failure(
    broken: Broken,
    denied: Option<Denied>,
    last: &[String],
    limits: &Limits,
) -> Failure {
    match broken {
        Broken::Late => Failure::new(
            FailureClass::Timeout,
            format!(
                "the call took longer than {:?} (`call-timeout`)",
                limits.call_timeout
            ),
        ),
        Broken::Panicked => Failure::new(
            FailureClass::Trap,
            "the host panicked in the call; this is a fault of the host",
        ),
        Broken::Stopped(error) => stopped(&error, denied, last, limits),
    }
}

fn stopped(
    error: &wasmtime::Error,
    denied: Option<Denied>,
    last: &[String],
    limits: &Limits,
) -> Failure {
    use FailureClass::{Overloaded, ResourceLimit, Timeout};
    // Only the epoch callback interrupts, and only for this reason.
    if let Some(Trap::Interrupt) = error.downcast_ref() {
        let detail = format!(
            "the call computed longer than {:?} (`cpu-time`)",
            limits.cpu_time
        );
        return Failure::new(Timeout, detail);
    }
    // A plugin that gets no memory ends in a trap of its own making.
    match denied {
        Some(Denied::Memory) => {
            let detail = format!(
                "the call wanted more than {} bytes of memory (`memory-bytes`)",
                limits.memory_bytes
            );
            return Failure::new(ResourceLimit, detail);
        }
        Some(Denied::Tables) => {
            let detail = format!(
                "the call wanted more than {} table elements (`table-elements`)",
                limits.table_elements
            );
            return Failure::new(ResourceLimit, detail);
        }
        Some(Denied::TotalMemory) => {
            let detail = format!(
                "all calls together have {} bytes of memory (`total-memory-bytes`)",
                limits.total_memory_bytes
            );
            return Failure::new(Overloaded, detail);
        }
        None => {}
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::new(
            Overloaded,
            format!("there is no place for the instance: {error}"),
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
    // Some errors of Wasmtime have no type of their own; a test for each notices
    // when the words change.
    let words = format!("{error:#}");
    if words.contains("store handle limit exceeded") {
        return Failure::new(ResourceLimit, handles(limits));
    }
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        let detail = format!(
            "the plugin handed over more than {} bytes at once (`hostcall-bytes`)",
            limits.hostcall_bytes
        );
        return Failure::new(ResourceLimit, detail);
    }
    // An export of another type is found when it is looked up, which is after
    // the start of the instance.
    if let Some((_, types)) = words.split_once("failed to convert function to given type: ") {
        return Failure::new(FailureClass::Misconfigured, types);
    }
    let mut detail = match (
        error.downcast_ref::<Trap>(),
        error.downcast_ref::<I32Exit>(),
    ) {
        (Some(trap), _) => trap.to_string(),
        (_, Some(I32Exit(code))) => format!("the plugin ended itself with the code {code}"),
        _ => words,
    };
    if !last.is_empty() {
        detail.push_str("; its last words: ");
        detail.push_str(&last.join(" | "));
    }
    Failure::new(FailureClass::Trap, detail)
}

fn handles(limits: &Limits) -> String {
    format!(
        "the call wanted more than {} handles at once (`handles`)",
        limits.handles
    )
}
