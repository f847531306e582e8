//! The context of a call: the connection's settings, the session's language, the moment, and the
//! way to the back end.

use std::rc::Rc;

use crate::contract::{self, Failure};
use crate::params::{Settings, by_name};
use crate::request::Request;
use crate::timestamp::Timestamp;
use crate::transport::Transport;

/// The context of a call, with the settings of the connection as `S`.
///
/// A plugin usually gives it the name of what its connections lead to:
///
/// ```
/// # use krabice_plugin::{Context, Settings, Url};
/// # #[derive(Settings)]
/// # struct Account { #[doc = "Address"] #[setting(address)] address: Url }
/// type Shop = Context<Account>;
/// ```
pub struct Context<S = ()> {
    settings: S,
    language: String,
    time_zone: String,
    now: Timestamp,
    key: String,
    transport: Rc<dyn Transport>,
}

impl<S: Settings> Context<S> {
    pub(crate) fn new(
        context: contract::Context,
        key: String,
        transport: Rc<dyn Transport>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            settings: S::take(&mut by_name(context.settings))?,
            language: context.language,
            time_zone: context.time_zone,
            now: Timestamp::trusted(context.now),
            key,
            transport,
        })
    }
}

impl<S> Context<S> {
    /// The connection's settings.
    #[must_use]
    pub fn settings(&self) -> &S {
        &self.settings
    }

    /// The session's language: a BCP 47 tag in lower case, such as `cs`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The scenario's time zone: an IANA name, such as `Europe/Prague`.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// The moment of the call in that time zone. Use it instead of a clock, so
    /// that a test can say what time it is.
    #[must_use]
    pub fn now(&self) -> &Timestamp {
        &self.now
    }

    /// A key that is the same when the same call is repeated, for back ends with idempotency keys.
    /// Empty outside a call: in choices and in the probe.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A request that reads. In a function that writes, say so by [`Request::reads`]. See
    /// [`Context::request`].
    pub fn get(&self, path: &'static str) -> Request<'_> {
        self.request("GET", path)
    }

    /// A request that adds something. See [`Context::request`].
    pub fn post(&self, path: &'static str) -> Request<'_> {
        self.request("POST", path)
    }

    /// A request that writes. See [`Context::request`].
    pub fn put(&self, path: &'static str) -> Request<'_> {
        self.request("PUT", path)
    }

    /// A request that changes a part. See [`Context::request`].
    pub fn patch(&self, path: &'static str) -> Request<'_> {
        self.request("PATCH", path)
    }

    /// A request that removes. See [`Context::request`].
    pub fn delete(&self, path: &'static str) -> Request<'_> {
        self.request("DELETE", path)
    }

    /// A request with a method in upper case, to a path below the connection's
    /// address such as `orders`, or to an absolute address on one of the
    /// manifest's hosts.
    ///
    /// The path is a literal. Variable parts are given by [`Request::segment`] and
    /// [`Request::query`], so that a customer's value is always percent-encoded and never part of a
    /// failure's detail.
    pub fn request(&self, method: &'static str, path: &'static str) -> Request<'_> {
        Request::new(&*self.transport, &self.now, method, path)
    }
}
