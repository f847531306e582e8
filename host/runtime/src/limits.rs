//! Every limit of a call: its default, its reason and its setting.
//!
//! What a single request may be and take is not here but with the egress rules,
//! which know nothing of components.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The limits of a runtime. Each field is a setting of the same name, in
/// kebab-case, where a document holds them; times are written as `30s` or
/// `200ms`.
///
/// # Example
/// ```
/// # use std::time::Duration;
/// let limits = krabice_runtime::Limits {
///     call_timeout: Duration::from_secs(10),
///     ..Default::default()
/// };
/// assert_eq!(limits.memory_bytes, 64 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The most calls under way at once, of all plugins together. Each holds a
    /// place in the pool of instances.
    ///
    /// Default: 256. More than the sessions that a small server has in a call
    /// at one moment; the pool then reserves 4 TiB of address space and no
    /// memory.
    pub concurrent_calls: u32,

    /// The most calls under way at once of one plugin; never more than
    /// `concurrent-calls`.
    ///
    /// Default: 192, three quarters of all. A back end that hangs fills its
    /// plugin's places with calls that wait, and the other plugins still have
    /// theirs.
    pub calls_per_plugin: u32,

    /// The longest wait for such a place; then the call fails as `overloaded`.
    ///
    /// Default: 2 s. A customer waits this long without thinking that the chat
    /// is broken; a longer queue only hides the overload.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub queue_wait: Duration,

    /// The longest time of a call, from its start to its outcome, waiting for
    /// the back end included; then it fails as `timeout`.
    ///
    /// Default: 30 s. Longer than one slow request of a back end (20 s), and as
    /// long as anybody waits in a chat.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub call_timeout: Duration,

    /// The longest time that a call may compute; then it fails as `timeout`.
    /// It is measured in steps of at most 5 ms, after each of which the others
    /// have their turn; what a busy machine adds to a step does not count. After
    /// two steps the call waits for its turn with others that compute for long,
    /// on half of the processors.
    ///
    /// Default: 200 ms. A call of a Rust plugin computes less than 1 ms, of a
    /// Python one less than 10; 200 ms leave room for a back end's largest
    /// answer, and a hundred calls that loop at once are over after 20 s of
    /// one core.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub cpu_time: Duration,

    /// The most memory of a call, in bytes: all linear memories of the instance
    /// together. Beyond it the instance cannot grow, and the call fails as
    /// `resource-limit` when the plugin cannot do without.
    ///
    /// Default: 64 MiB. A Rust plugin uses about 1, a Python one about 30. It
    /// is a multiple of 64 KiB; anything else is rounded down.
    pub memory_bytes: usize,

    /// The most memory of all calls together, in bytes. Beyond it calls fail as
    /// `overloaded`.
    ///
    /// Default: 2 GiB: two thousand ordinary calls, or 32 that take all they
    /// may, so that a plugin gone mad does not take the machine with it.
    pub total_memory_bytes: usize,

    /// The most table elements of a call: all tables together.
    ///
    /// Default: 100,000. Compilers put one element there for each function
    /// whose address is taken; Python's interpreter has some 20,000.
    pub table_elements: usize,

    /// The most handles that a call may hold at once: streams, requests,
    /// header lists.
    ///
    /// Default: 1,000. A request takes about ten.
    pub handles: usize,

    /// The most bytes that a plugin may hand over in one call of the host, or
    /// in its answer.
    ///
    /// Default: 8 MiB. The largest things that may come are a file of 4 MiB, a
    /// request's body and a JSON value of 1 MiB each.
    pub hostcall_bytes: usize,

    /// The most bytes of a header list that the plugin builds or reads, as it
    /// lies in the host's memory: about 80 more for each header than on the
    /// wire.
    ///
    /// Default: 128 KiB, room for a thousand short headers.
    pub header_bytes: usize,

    /// The most bytes of stack.
    ///
    /// Default: 512 KiB. Recursive reading of deeply nested JSON takes about a
    /// tenth of it.
    pub stack_bytes: usize,

    /// The most bytes of one text, as a parameter, a field or an item. The text
    /// may hold no NUL character either.
    ///
    /// Default: 64 KiB, far more than anybody reads in a chat.
    pub text_bytes: usize,

    /// The most bytes of one list or record, as JSON.
    ///
    /// Default: 1 MiB, as the contract says.
    pub json_bytes: usize,

    /// The most bytes of one file.
    ///
    /// Default: 4 MiB. A parcel label has 0.1, an invoice with pictures 1; a file that
    /// comes in Base64 within an answer of `response-bytes` cannot be larger than
    /// three quarters of that.
    pub file_bytes: usize,

    /// The most requests that a call may send.
    ///
    /// Default: 50. The functions of a chat make one to five.
    pub requests: u32,

    /// The most bytes of all bodies of a call, requests and answers together.
    ///
    /// Default: 32 MiB, eight of the largest answers. What a plugin leaves
    /// unread lies in the host's memory, which `memory-bytes` does not count.
    pub body_bytes: u64,

    /// The most choices that a live list may have.
    ///
    /// Default: 10,000. Nobody picks from more.
    pub choices: usize,

    /// The most bytes that a call may write to its log; the rest is dropped
    /// and counted.
    ///
    /// Default: 64 KiB, a thousand lines.
    pub log_bytes: usize,

    /// The largest component file, in bytes.
    ///
    /// Default: 64 MiB. A Rust plugin has 0.3, one with Python inside has 20.
    pub component_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            concurrent_calls: 256,
            calls_per_plugin: 192,
            queue_wait: Duration::from_secs(2),
            call_timeout: Duration::from_secs(30),
            cpu_time: Duration::from_millis(200),
            memory_bytes: 64 * MIB,
            total_memory_bytes: 2048 * MIB,
            table_elements: 100_000,
            handles: 1_000,
            hostcall_bytes: 8 * MIB,
            header_bytes: 128 * KIB,
            stack_bytes: 512 * KIB,
            text_bytes: 64 * KIB,
            json_bytes: MIB,
            file_bytes: 4 * MIB,
            requests: 50,
            body_bytes: 32 * MIB as u64,
            choices: 10_000,
            log_bytes: 64 * KIB,
            component_bytes: 64 * MIB as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_document_gives_the_documented_defaults() {
        let limits: Limits = serde_json::from_str("{}").unwrap();
        assert_eq!(limits, Limits::default());
        insta::assert_json_snapshot!(limits);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused() {
        let error = serde_json::from_str::<Limits>(r#"{ "memory": 1 }"#).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `memory`"),
            "{error}"
        );
    }

    #[test]
    fn every_field_documents_its_default() {
        // The comment is what an operator reads; the snapshot above is what
        // happens. Each field's comment has to state a default.
        let source = include_str!("limits.rs");
        let fields = source.split("pub struct Limits {").nth(1).unwrap();
        let fields = fields.split("\n}\n").next().unwrap();
        for field in fields.split("\n\n") {
            assert!(field.contains("/// Default: "), "{field}");
        }
    }
}
