//! What the derives write. No part of the interface.

pub use crate::answer::{
    Give, answer_fields, answer_value, field, give, object, true_with_fields, true_with_value,
};
use crate::contract::{self, texts};
pub use crate::name::{check_sources, name_of};
pub use crate::params::{Member, Take, made, member, parameter, record, setting, value};
pub use crate::plugin::{Source, Surroundings, answer, call, members, parameters};
use crate::{Kind, Texts, typed::Kinded};

/// The form in which values are read.
pub type Json = crate::typed::Json;
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

/// The value of a choice, if it has the form of one.
#[must_use]
pub fn choice_value(json: &Json) -> Option<&str> {
    json.as_str()
}

/// Refuses an address that is no `Url`, while it is compiled.
#[must_use]
pub const fn address<T: Kinded>(name: &'static str) -> &'static str {
    assert!(
        matches!(T::KIND, Kind::Url) && !T::OPTIONAL,
        "the address of the back end is a setting of type `Url`"
    );
    name
}
