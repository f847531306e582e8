//! The limits of a call, each with its default, its reason and its setting.
//!
//! The limits of a single request belong to [`krabice_egress::Rules`].

use std::time::Duration;

use krabice_config::{count, size, time};

/// The interval at which a running plugin makes room for other calls. 5 ms is short beside
/// a customer's patience and long beside a call: most calls end before the first tick.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// The most core instances of one component. Python's have some twenty.
pub(crate) const CORE_INSTANCES: usize = 100;
/// The most linear memories of one component. QuickJS has two.
pub(crate) const MEMORIES: usize = 4;
/// The most tables of one component.
pub(crate) const TABLES: usize = 16;

krabice_config::settings! {
    /// The limits of a runtime. In a document each field is a setting of the same name in
    /// kebab-case; times are written as `30s` or `200ms`, sizes as `64KiB`.
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
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Limits {
        /// The most calls at once, of all plugins together. Each uses one slot of the pool of
        /// instances.
        ///
        /// Default: 256. More than the sessions that a small server has in a call
        /// at one moment; the pool then reserves 4 TiB of address space and no
        /// memory.
        pub concurrent_calls: u32 = count(256, 1, 4_096);

        /// The most calls at once of one plugin; never more than `concurrent-calls`.
        ///
        /// Default: 192, three quarters of all. When a back end hangs, the calls of its
        /// plugin wait and use up this limit, and the other plugins can still be called.
        pub calls_per_plugin: u32 = count(192, 1, 4_096);

        /// The longest wait of a call while one of the two limits above is reached; then the
        /// call fails as `overloaded`.
        ///
        /// Default: 2 s. A customer waits this long without thinking that the chat
        /// is broken; a longer queue only hides the overload.
        pub queue_wait: Duration = time("2s", "0s", "1m");

        /// The longest time of a call, from its start to its outcome, the wait for the back
        /// end included; then it fails as `timeout`.
        ///
        /// Default: 30 s. Longer than one slow request of a back end (20 s), and as
        /// long as a customer waits in a chat.
        pub call_timeout: Duration = time("30s", "10ms", "10m");

        /// The longest time that a call may compute; then it fails as `timeout`.
        /// It is measured in steps of at most 5 ms, after each of which other calls can run;
        /// the time that a busy machine adds to a step does not count. A call that computes
        /// longer than one step continues on threads of low priority.
        ///
        /// Default: 200 ms. A call of a Rust plugin computes less than 1 ms, of a
        /// Python one less than 10; 200 ms are enough for a back end's largest
        /// answer, and a hundred calls that loop at once end after 20 s of one core.
        pub cpu_time: Duration = time("200ms", "5ms", "1m");

        /// The most memory of a call, in bytes: all linear memories of the instance
        /// together. Beyond it the instance cannot grow, and the call fails as
        /// `resource-limit` when the plugin needs more.
        ///
        /// Default: 64 MiB. A Rust plugin uses about 1, a Python one about 30. The
        /// limit is a multiple of 64 KiB; other values are rounded down.
        pub memory_bytes: usize = size("64MiB", "64KiB", "4GiB");

        /// The most memory of all calls together, in bytes. Beyond it calls fail as
        /// `overloaded`.
        ///
        /// Default: 2 GiB: two thousand ordinary calls, or 32 that use all that they may,
        /// so that a faulty plugin does not use up the machine's memory.
        pub total_memory_bytes: usize = size("2GiB", "64KiB", "1024GiB");

        /// The most table elements of a call: all tables together.
        ///
        /// Default: 100,000. Compilers use one element for each function whose address is
        /// taken; Python's interpreter has some 20,000.
        pub table_elements: usize = count(100_000, 0, 10_000_000);

        /// The most handles of a call at once: streams, requests, header lists.
        ///
        /// Default: 1,000. A request takes about ten.
        pub handles: usize = count(1_000, 1, 1_000_000);

        /// The most bytes that a plugin may pass to the host in one call of a host function,
        /// or in its answer.
        ///
        /// Default: 8 MiB. The largest values are a file of 4 MiB, and a request's body and
        /// a JSON value of 1 MiB each.
        pub hostcall_bytes: usize = size("8MiB", "1KiB", "1GiB");

        /// The most bytes of a header list that the plugin builds or reads. Each header takes
        /// about 80 bytes more in the host's memory than in a request.
        ///
        /// Default: 128 KiB, room for a thousand short headers.
        pub header_bytes: usize = size("128KiB", "1KiB", "16MiB");

        /// The most bytes of stack.
        ///
        /// Default: 512 KiB. A recursive reader of deeply nested JSON takes about a
        /// tenth of it.
        pub stack_bytes: usize = size("512KiB", "64KiB", "8MiB");

        /// The most bytes of one text, as a parameter, a field or an item. A text may not
        /// have a NUL character either.
        ///
        /// Default: 64 KiB, far more than a customer reads in a chat.
        pub text_bytes: usize = size("64KiB", "1B", "16MiB");

        /// The most bytes of one list or record, as JSON.
        ///
        /// Default: 1 MiB, as the contract says.
        pub json_bytes: usize = size("1MiB", "1B", "64MiB");

        /// The most bytes of one file.
        ///
        /// Default: 4 MiB. A parcel label has 0.1, an invoice with pictures 1. A file that
        /// comes in Base64 within an answer of `response-bytes` is at most three quarters
        /// of that.
        pub file_bytes: usize = size("4MiB", "1B", "64MiB");

        /// The most requests that a call may send.
        ///
        /// Default: 50. The functions of a chat make one to five.
        pub requests: u32 = count(50, 0, 10_000);

        /// The most bytes of all bodies of a call, requests and answers together.
        ///
        /// Default: 32 MiB, eight of the largest answers. Bodies that a plugin does not read
        /// lie in the host's memory, which `memory-bytes` does not count.
        pub body_bytes: u64 = size("32MiB", "0B", "4GiB");

        /// The most choices that a live list may have.
        ///
        /// Default: 10,000. An author does not choose from more.
        pub choices: usize = count(10_000, 1, 1_000_000);

        /// The most bytes that a call may write to its log. The rest is dropped and counted.
        ///
        /// Default: 64 KiB, a thousand lines.
        pub log_bytes: usize = size("64KiB", "0B", "64MiB");

        /// The largest component file, in bytes.
        ///
        /// Default: 64 MiB. A Rust plugin has 0.3, one with Python inside has 20.
        pub component_bytes: u64 = size("64MiB", "1KiB", "1GiB");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_documents_its_default() {
        // An operator reads the comment and the reason; the snapshot is the real default.
        for key in <Limits as krabice_config::Table>::keys() {
            assert!(key.doc.contains(" Default: "), "{}", key.name);
        }
        insta::assert_debug_snapshot!(Limits::default());
    }
}
