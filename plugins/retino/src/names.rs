//! The names of states and types, in the session's language.

use krabice_plugin::{Failure, Request, language};
use serde_json::Value;

use crate::mapping::{self, Reference};
use crate::{Desk, api};

/// The language of names for a session's language without names.
const FALLBACK: &str = "en";

/// A state or a type.
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) names: Vec<(String, String)>,
}

impl Named {
    fn read(item: &Value) -> Result<Self, Failure> {
        Ok(Self {
            id: mapping::id(item)?,
            names: mapping::names(item),
        })
    }
}

/// All states of the account.
pub(crate) fn states(desk: &Desk) -> Result<Vec<Named>, Failure> {
    all(|| desk.get("states"))
}

/// All types of the account.
pub(crate) fn types(desk: &Desk) -> Result<Vec<Named>, Failure> {
    all(|| desk.get("types"))
}

fn all<'a>(request: impl Fn() -> Request<'a>) -> Result<Vec<Named>, Failure> {
    let items = api::list(request)?.whole()?;
    // One without an ID is left out: nothing can refer to it.
    let named: Vec<_> = items
        .iter()
        .filter_map(|item| Named::read(item).ok())
        .collect();
    if named.is_empty() && !items.is_empty() {
        return Err(Failure::unexpected_answer(
            "no item of the list has an `id`",
        ));
    }
    Ok(named)
}

/// Finds the names of states or of types. The list of them is loaded once, when the first case does
/// not have the name itself.
pub(crate) struct Names<'a> {
    desk: &'a Desk,
    load: fn(&Desk) -> Result<Vec<Named>, Failure>,
    loaded: Option<Vec<Named>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(desk: &'a Desk, load: fn(&Desk) -> Result<Vec<Named>, Failure>) -> Self {
        Self {
            desk,
            load,
            loaded: None,
        }
    }

    /// The name; empty for no reference, and for a state or a type that is no longer in the account.
    pub(crate) fn of(&mut self, reference: Option<&Reference>) -> Result<String, Failure> {
        let Some(reference) = reference else {
            return Ok(String::new());
        };
        if !reference.names.is_empty() {
            return Ok(self.pick(&reference.names));
        }
        let loaded = match self.loaded.take() {
            Some(loaded) => loaded,
            None => (self.load)(self.desk)?,
        };
        let named = loaded.iter().find(|named| named.id == reference.id);
        let name = named.map_or_else(String::new, |named| self.pick(&named.names));
        self.loaded = Some(loaded);
        Ok(name)
    }

    fn pick(&self, names: &[(String, String)]) -> String {
        let names = names.iter().map(|(language, name)| (language, name));
        language::pick(self.desk.language(), FALLBACK, names)
            .cloned()
            .unwrap_or_default()
    }
}
