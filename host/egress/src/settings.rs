//! A connection's settings, checked against its plugin's manifest.

use std::collections::HashMap;

use indexmap::IndexMap;
use krabice_contract::Value;
use secrecy::SecretString;

use crate::base_url::BaseUrl;

/// The settings of a connection as its plugin's manifest has them.
#[derive(Debug, Default)]
pub(crate) struct CheckedSettings {
    /// The settings that are not secret, for the context of calls.
    pub(crate) public: IndexMap<String, Value>,
    /// The texts of all settings, secret or not, for the credential.
    pub(crate) texts: HashMap<String, SecretString>,
    /// The connection's address.
    pub(crate) base: Option<BaseUrl>,
}

impl CheckedSettings {
    pub(crate) fn text(&self, setting: &str) -> Option<SecretString> {
        self.texts.get(setting).cloned()
    }

    /// Whether a setting has a value that the plugin does not receive.
    pub(crate) fn is_secret(&self, setting: &str) -> bool {
        self.texts.contains_key(setting) && !self.public.contains_key(setting)
    }
}
