//! What the shared part asks of one back end.

use std::any::Any;
use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use jiff::Timestamp;
use serde_json::Value;

use crate::log::Credential;
use crate::rule::Rule;

/// One emulated back end: how it judges and answers a request, and the state
/// behind it. Everything else (sockets, log, counters, faults, the control
/// endpoint) is shared.
///
/// Answers come at once: waiting belongs to faults.
pub(crate) trait BackEnd: Send + Sync + 'static {
    /// The path below which the API lives, without a slash at its end.
    fn base_path(&self) -> &'static str;

    /// The connection that a host needs, for the back end at `address`.
    fn connection(&self, address: &str) -> Connection;

    /// The headers that carry a credential, in lower case. The log shows
    /// whether the credential was right in place of their value.
    fn credential_headers(&self) -> &'static [&'static str];

    /// The rules the back end insists on.
    fn rules(&self) -> &'static [Rule];

    /// Judges the credential of a request, without counting anything.
    fn judge(&self, call: &Call) -> Credential;

    /// Whether a request waits until all others before it that do so are answered,
    /// for back ends that take one after the other.
    fn waits_its_turn(&self, _call: &Call) -> bool {
        false
    }

    /// Answers a request.
    fn answer(&self, call: &Call) -> Answer;

    /// The state, as the control endpoint shows it.
    fn state(&self) -> Value;

    /// Replaces the state; absent keys take their defaults (empty lists).
    fn replace_state(&self, state: Value) -> Result<(), StateError>;

    /// Changes the state in places.
    fn patch_state(&self, patch: Value) -> Result<(), StateError>;

    /// Returns to the demo data and forgets counted requests and logins.
    fn reset(&self);
}

/// One request, read to its end.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query as it was sent, without the question mark.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
    /// When it arrived, by the emulator's clock.
    pub(crate) at: Timestamp,
}

impl Call {
    /// A header's value where it is there and readable as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What a back end answers.
pub(crate) struct Answer {
    pub(crate) response: Response<Bytes>,
    /// The rules that the request broke, each with what exactly was wrong.
    pub(crate) broken: Vec<(&'static Rule, String)>,
    /// What is given back when the answer has left: a place among the
    /// requests at once.
    pub(crate) slot: Option<Box<dyn Any + Send>>,
}

/// A connection that reaches an emulator, as the host's configuration holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The connection's name in the demo configuration: `shop`.
    pub name: &'static str,
    /// The plugin it belongs to: `upgates`.
    pub plugin: &'static str,
    /// The settings by name, in the order in which people write them.
    pub settings: Vec<(&'static str, Setting)>,
}

/// One setting of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Written into the configuration as it is.
    Text(String),
    /// Written into the configuration as `true` or `false`.
    Flag(bool),
    /// Written into the configuration as a whole number.
    Integer(i64),
    /// Written into a file of its own, which the configuration names.
    Secret(String),
}

impl Connection {
    /// The text of a setting, secret or not.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let (_, setting) = self.settings.iter().find(|(key, _)| *key == name)?;
        match setting {
            Setting::Text(value) | Setting::Secret(value) => Some(value),
            Setting::Flag(true) => Some("true"),
            Setting::Flag(false) => Some("false"),
            Setting::Integer(_) => None,
        }
    }

    /// The secrets alone.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.settings
            .iter()
            .filter_map(|(_, setting)| match setting {
                Setting::Secret(value) => Some(value.as_str()),
                Setting::Text(_) | Setting::Flag(_) | Setting::Integer(_) => None,
            })
    }
}

/// A state that an emulator cannot hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A key is unknown or a value has another type. The text names it.
    #[error("the state does not fit: {0}")]
    Shape(#[from] serde_json::Error),
    /// A patch of a list is not an object keyed by what identifies its items.
    #[error("`{list}` is patched by an object keyed by `{key}`: {{\"{list}\": {{\"…\": {{…}}}}}}")]
    NotKeyed {
        /// The list.
        list: &'static str,
        /// What identifies its items.
        key: &'static str,
    },
    /// An item of a list is not an object that says what it is.
    #[error("every item of `{list}` is an object with `{key}`")]
    NoIdentity {
        /// The list.
        list: &'static str,
        /// What identifies its items.
        key: &'static str,
    },
    /// The document is not a JSON object.
    #[error("the state is a JSON object")]
    NotAnObject,
}
