//! Configuration as data: a table of settings is a struct declared by [`settings!`], which gives each
//! field its documentation, default, range and reader at one place. [`Document`] fills such tables from
//! a TOML file, the environment and options, and reports all mistakes in one run. [`page()`] writes the
//! documentation.
//!
//! # Example
//! ```
//! use krabice_config::{Document, Table, count, settings, time};
//! use std::time::Duration;
//!
//! settings! {
//!     /// The limits of a kitchen.
//!     #[derive(Debug, PartialEq)]
//!     pub struct Kitchen {
//!         /// Cooks at once.
//!         pub cooks: u32 = count(2, 1, 8);
//!         /// The longest wait of a guest.
//!         pub longest_wait: Duration = time("30m", "1m", "2h");
//!     }
//! }
//!
//! let mut kitchen = Kitchen::default();
//! let mut document = Document::new("kitchen.toml", "[kitchen]\nlongest-wait = \"1h\"\n");
//! document.read("kitchen", &mut kitchen);
//! assert_eq!(document.finish(&[]), []);
//! assert_eq!(kitchen, Kitchen { cooks: 2, longest_wait: Duration::from_secs(3600) });
//! ```

mod document;
mod page;
mod spec;
mod units;

pub use document::{Document, Problem, Renamed};
pub use page::page;
pub use spec::{
    Given, Key, Number, Quantity, Spec, Table, Wrong, WrongPart, count, list, lists, optional,
    size, time,
};
pub use units::{duration_text, parse_duration, parse_size, size_text};

/// Declares a table of settings: a struct with a `Default`, and its [`Table`]. A field is a key of the
/// same name in kebab case; its documentation is what the page and an operator read.
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[doc = $doc:literal])* $field_vis:vis $field:ident: $type:ty = $spec:expr;)*
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[doc = $doc])* $field_vis $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $crate::Spec::<$type>::default(&$spec),)* }
            }
        }

        impl $crate::Table for $name {
            fn keys() -> Vec<$crate::Key<Self>> {
                vec![$($crate::Key::new(
                    stringify!($field),
                    concat!($($doc, "\n"),*),
                    $spec,
                    |table: &mut Self| &mut table.$field,
                )),*]
            }
        }
    };
}
