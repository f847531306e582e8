//! The items that the macros use. They are not part of the interface.

pub use crate::answer::without_files as parts_without_files;
pub use crate::answer::{
    Give, Part, answer_fields, answer_value, field, give, items_of, object, part_of,
    true_with_fields, true_with_value,
};
use crate::contract::{self, Kind, Texts, texts};
pub use crate::marks::{Description, Listing, Marks, Subject};
pub use crate::params::{
    Member, Take, check_sources, made, member, name_of, parameter, record, setting, value,
    without_files,
};
pub use crate::plugin::{
    HasSettings, Source, answer, call, members, parameters, parts, value_kind,
};
use crate::typed::Kinded;

/// The form in which values are read.
pub type Given = crate::typed::Given;
/// The form in which values are written.
pub type Written = crate::typed::Written;

/// One fixed choice.
#[must_use]
pub fn choice(value: &str, label: Texts) -> contract::Choice {
    contract::Choice {
        value: value.to_owned(),
        label: texts(label),
    }
}

/// The value of a choice; `None` for what is not a text.
#[must_use]
pub fn choice_value(given: &Given) -> Option<&str> {
    match given {
        Given::Json(json) => json.as_str(),
        Given::File(_) => None,
    }
}

/// The one of `languages` for a session: its own, else its own without the region, else English.
/// They are sorted, so that a language with a region comes after the same one without.
#[must_use]
pub fn nearest(language: &str, languages: &[&'static str]) -> &'static str {
    let fits = |known: &&&str| {
        let region = language.strip_prefix(**known);
        region.is_some_and(|region| region.is_empty() || region.starts_with('-'))
    };
    languages.iter().rev().find(fits).copied().unwrap_or("en")
}

/// Refuses an address that is not a `Url`, while it is compiled.
#[must_use]
pub const fn address<T: Kinded>(name: &'static str) -> &'static str {
    assert!(
        matches!(T::KIND, Kind::Url) && !T::OPTIONAL,
        "the address of the back end is a setting of type `Url`"
    );
    name
}
