//! Observation of requests, for recorders of tests. An observer gets what the plugin
//! wrote and what the plugin receives, never what the host added.

use crate::message::Response;
use crate::prepared::Prepared;

/// Gets every request of a plugin that was answered, repetitions and redirects
/// included, in the order in which they ended. The host's own logins are left out.
///
/// The plugin waits meanwhile, so an implementation should return at once.
pub trait RequestObserver: Send + Sync + 'static {
    /// Receives a request and its answer, in which every form of the credential is
    /// masked.
    fn exchanged(&self, request: &Prepared, answer: Response);

    /// Receives a request that passed the rules, before its host is resolved. The
    /// request may never get an answer.
    fn sending(&self, _: &Prepared) {}
}
