//! The two doors of the contract to the network. The shipped plugin uses `wasi:http`; built with
//! the SDK's other door, it has to behave the same.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::binary::{Krabice, workspace};

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
}

/// A folder that holds the Upgates plugin built for `egress.send`, under the name of the shipped
/// one.
fn send_plugins() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let built = workspace().join("target/guests/upgates-send.wasm");
        assert!(built.is_file(), "`{}` is not built: run `make guests` first", built.display());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins-send");
        std::fs::create_dir_all(&folder).unwrap();
        // By rename, for another test process may be reading it.
        let copy = folder.join(format!("upgates.{}", std::process::id()));
        std::fs::copy(built, &copy).unwrap();
        std::fs::rename(copy, folder.join("upgates.wasm")).unwrap();
        folder
    })
}
