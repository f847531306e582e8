//! What a back end's module has to bring, and the lock and the state that all of them share.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::locked;
use crate::log::Credential;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::state::{self, Keyed, StateError};

/// One vendor's API: how it judges and answers a request over its data. Sockets, log, counters,
/// faults, the control endpoint and the lock are shared.
///
/// Answers come at once; only faults wait.
pub(crate) trait Api: Send + Sync + 'static {
    /// The settings and the data, as the control endpoint shows them.
    type Data: Serialize + DeserializeOwned + Send;
    /// What the API counts and hands out, such as requests and tokens. A reset empties it.
    type Access: Default + Send;

    /// The path below which the API lives, without a slash at its end.
    const BASE_PATH: &'static str = "";
    /// The headers that carry a credential, in lower case. The log shows
    /// `right` or `wrong` in place of their value.
    const CREDENTIAL_HEADERS: &'static [&'static str] = &["authorization"];
    /// The rules the API enforces.
    const RULES: &'static [Rule];
    /// The lists of the data.
    const KEYED: Keyed;

    /// The demo data.
    fn demo(&self) -> Self::Data;

    /// The connection that a host needs, for the back end at `address`.
    fn connection(&self, data: &Self::Data, address: &str) -> Connection;

    /// Judges the credential of a request, without counting anything.
    fn judge(&self, data: &Self::Data, access: &Self::Access, call: &Call) -> Credential;

    /// Whether a request waits until all earlier ones that do so are answered,
    /// for back ends that take one request at a time.
    fn waits_its_turn(&self, _call: &Call) -> bool {
        false
    }

    /// Answers a request.
    fn answer(&self, data: &mut Self::Data, access: &mut Self::Access, call: &Call) -> Answer;
}

/// A back end as the shared part sees it, whatever its [`Api`].
pub(crate) trait BackEnd: Send + Sync + 'static {
    fn base_path(&self) -> &'static str;
    fn credential_headers(&self) -> &'static [&'static str];
    fn rules(&self) -> &'static [Rule];
    fn connection(&self, address: &str) -> Connection;
    fn judge(&self, call: &Call) -> Credential;
    fn waits_its_turn(&self, call: &Call) -> bool;
    fn answer(&self, call: &Call) -> Answer;

    /// The state, as the control endpoint shows it.
    fn state(&self) -> Value;

    /// Replaces the state; absent keys take their defaults (empty lists).
    fn replace_state(&self, state: Value) -> Result<(), StateError>;

    /// Changes parts of the state.
    fn patch_state(&self, patch: Value) -> Result<(), StateError>;

    /// Returns to the demo data and forgets counted requests and logins.
    fn reset(&self);
}

/// An API and its data behind a lock.
pub(crate) struct Locked<A: Api> {
    api: A,
    inner: Mutex<(A::Data, A::Access)>,
}

impl<A: Api> Locked<A> {
    pub(crate) fn new(api: A) -> Self {
        let inner = Mutex::new((api.demo(), A::Access::default()));
        Self { api, inner }
    }
}

impl<A: Api> BackEnd for Locked<A> {
    fn base_path(&self) -> &'static str {
        A::BASE_PATH
    }

    fn credential_headers(&self) -> &'static [&'static str] {
        A::CREDENTIAL_HEADERS
    }

    fn rules(&self) -> &'static [Rule] {
        A::RULES
    }

    fn connection(&self, address: &str) -> Connection {
        self.api.connection(&locked(&self.inner).0, address)
    }

    fn judge(&self, call: &Call) -> Credential {
        let (data, access) = &*locked(&self.inner);
        self.api.judge(data, access, call)
    }

    fn waits_its_turn(&self, call: &Call) -> bool {
        self.api.waits_its_turn(call)
    }

    fn answer(&self, call: &Call) -> Answer {
        let (data, access) = &mut *locked(&self.inner);
        self.api.answer(data, access, call)
    }

    fn state(&self) -> Value {
        state::shown(&locked(&self.inner).0)
    }

    fn replace_state(&self, state: Value) -> Result<(), StateError> {
        locked(&self.inner).0 = state::read(state, A::KEYED)?;
        Ok(())
    }

    fn patch_state(&self, patch: Value) -> Result<(), StateError> {
        let (data, _) = &mut *locked(&self.inner);
        *data = state::read(
            state::patched(state::shown(data), patch, A::KEYED)?,
            A::KEYED,
        )?;
        Ok(())
    }

    fn reset(&self) {
        *locked(&self.inner) = (self.api.demo(), A::Access::default());
    }
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
    /// The same request with another method.
    pub(crate) fn with_method(&self, method: Method) -> Self {
        Self {
            method,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            peer: self.peer,
            at: self.at,
        }
    }

    /// A header's value, if it is present and readable as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What a back end answers.
pub(crate) struct Answer {
    pub(crate) response: Response<Bytes>,
    /// The rules that the request broke, each with what exactly was wrong.
    pub(crate) broken: Vec<(&'static Rule, String)>,
    /// Dropped when the answer has been sent, such as a place among the requests at once.
    pub(crate) slot: Option<Box<dyn Any + Send>>,
}

impl From<Result<Response<Bytes>, Refusal>> for Answer {
    fn from(result: Result<Response<Bytes>, Refusal>) -> Self {
        let (response, broken) = match result {
            Ok(response) => (response, Vec::new()),
            Err(refusal) => (*refusal.response, vec![(refusal.rule, refusal.message)]),
        };
        Self {
            response,
            broken,
            slot: None,
        }
    }
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
