//! The two doors of the contract to the network. The shipped plugin uses `wasi:http`; built with
//! the SDK's other door, it has to behave the same.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use insta::assert_snapshot;

use crate::binary::{Krabice, plugins, workspace};
use crate::filters;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Door {
    /// `wasi:http`, through waki.
    WasiHttp,
    /// `egress.send`.
    Send,
}

impl Door {
    /// Gives a run the plugins that use this door.
    pub(crate) fn apply(self, krabice: Krabice) -> Krabice {
        match self {
            Door::WasiHttp => krabice,
            Door::Send => krabice.env("KRABICE_PLUGINS", send_plugins()),
        }
    }

    /// Compares a text with the snapshot of that name. The snapshots are those of `wasi:http`; the
    /// other door has to give the same but for the words of failures.
    #[track_caller]
    pub(crate) fn assert_snapshot(self, folder: &Path, name: &str, text: &str) {
        let text = filters::filtered(text);
        match self {
            Door::WasiHttp => {
                filters::settings(folder).bind(|| assert_snapshot!(name.to_owned(), text));
            }
            Door::Send => {
                let snapshot = folder.join(format!("{name}.snap"));
                let expected = std::fs::read_to_string(&snapshot).unwrap();
                let expected = expected.splitn(3, "---\n").nth(2).unwrap();
                let expected = filters::without_details(expected.trim_end());
                let text = filters::without_details(text.trim_end());
                let differs = expected
                    .lines()
                    .zip(text.lines())
                    .find(|(left, right)| left != right);
                assert!(
                    expected == text,
                    "`{}` is another through `egress.send`, first in {differs:#?}",
                    snapshot.display()
                );
            }
        }
    }
}

/// A folder of plugins in which that of Upgates is built for `egress.send`.
fn send_plugins() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let built = workspace().join("target/guests/upgates-send.wasm");
        assert!(
            built.is_file(),
            "`{}` is not built: run `make guests` first",
            built.display()
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins-send");
        std::fs::create_dir_all(&folder).unwrap();
        for shipped in std::fs::read_dir(plugins()).unwrap() {
            let shipped = shipped.unwrap();
            let from = match shipped.file_name().to_str() {
                Some("upgates.wasm") => built.clone(),
                _ => shipped.path(),
            };
            // By rename, for another test process may be reading it.
            let copy = folder.join(format!("copy.{}", std::process::id()));
            std::fs::copy(from, &copy).unwrap();
            std::fs::rename(copy, folder.join(shipped.file_name())).unwrap();
        }
        folder
    })
}
