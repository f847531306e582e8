//! The versions of the contract behind one form. A plugin of an older version is called
//! through its own bindings, and what it gives becomes what the newest version would give;
//! nothing else in the host knows that there are two.

use krabice_contract::manifest::Choice;
use krabice_contract::raw;
use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

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
