//! The contract has two interfaces to the network, `wasi:http` and `egress.send`, which must behave the
//! same. The shipped plugins use `wasi:http`; that of Upgates is also built with the SDK's other
//! interface.
//!
//! Both interfaces end in one function of the host, so a case runs through both only if the interface can
//! make a difference: once for each [feature](FEATURES) of HTTP and of the contract, and once for
//! each function. Everything else (scenario, engine, manifest) is the same for both interfaces and runs
//! through the default one alone. `KRABICE_ALL_INTERFACES=1` runs every case of Upgates through both.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::binary::{plugins, workspace};
use crate::filters;

/// The values of a case's key `both-interfaces`. A test requires a case for each.
pub(crate) const FEATURES: [&str; 19] = [
    "broken-connection",
    "choices",
    "compression",
    "credential-masked",
    "function",
    "outcome-unknown",
    "paging",
    "probe",
    "query",
    "rate-limited",
    "redirect",
    "retry",
    "several-requests",
    "size-limit",
    "time-limit",
    "unauthorised",
    "unavailable",
    "unexpected-answer",
    "write",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpInterface {
    /// `wasi:http`, through waki.
    WasiHttp,
    /// `egress.send`.
    Send,
}

impl HttpInterface {
    /// Whether a case or a command with these features runs through this interface.
    pub(crate) fn takes(self, both_interfaces: &[String]) -> bool {
        self == HttpInterface::WasiHttp
            || !both_interfaces.is_empty()
            || std::env::var_os("KRABICE_ALL_INTERFACES").is_some_and(|value| value == "1")
    }

    /// The component of a shipped plugin that uses this interface.
    pub(crate) fn component(self, plugin: &str) -> PathBuf {
        let shipped = plugins().join(format!("{plugin}.wasm"));
        if self == HttpInterface::WasiHttp || plugin != "upgates" {
            return shipped;
        }
        let built = workspace().join("target/guests/upgates-send.wasm");
        assert!(
            built.is_file(),
            "`{}` is not built: run `make guests` first",
            built.display()
        );
        built
    }

    /// Compares a text with the snapshot of that name. The snapshots are those of `wasi:http`; the
    /// texts of the other interface may differ in the details of failures alone.
    #[track_caller]
    pub(crate) fn assert_snapshot(self, folder: &Path, name: &str, text: &str) {
        let text = filters::filtered(text);
        if self == HttpInterface::WasiHttp {
            filters::settings(folder).bind(|| assert_snapshot!(name.to_owned(), text));
            return;
        }
        let recorded = recorded(folder, name);
        let text = filters::without_details(text.trim_end());
        let differs = recorded
            .lines()
            .zip(text.lines())
            .find(|(recorded, found)| recorded != found);
        assert!(
            recorded == text,
            "`{name}.snap` of `{}` differs through `egress.send`, first in {differs:#?}",
            folder.display()
        );
    }

    /// Compares one command of several with the snapshot of all of them.
    #[track_caller]
    pub(crate) fn assert_recorded(self, folder: &Path, name: &str, command: &str) {
        let text = filters::without_details(filters::filtered(command).trim_end());
        assert!(
            recorded(folder, name).contains(&text),
            "`{name}.snap` of `{}` differs through `{self:?}`:\n{text}",
            folder.display()
        );
    }
}

/// A snapshot without its head and without the details of failures.
fn recorded(folder: &Path, name: &str) -> String {
    let snapshot = std::fs::read_to_string(folder.join(format!("{name}.snap"))).unwrap();
    let (_, text) = snapshot.split_once("\n---\n").unwrap();
    filters::without_details(text.trim_end())
}
