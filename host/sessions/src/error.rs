//! Why the service of sessions refuses what it is asked.

use std::time::Duration;

use krabice_store::{NoRandomness, StoreError};

/// Why the service refuses what it is asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    /// There is no such session, scenario or file, or the token does not open the session.
    #[error("not found")]
    NotFound,
    /// The inputs do not fit the scenario.
    #[error("the inputs do not fit the scenario")]
    BadInputs,
    /// The token with signed inputs is not valid; the log says why.
    #[error("the token with signed inputs is not valid")]
    TokenRefused,
    /// The client, session or scenario has reached a limit per minute.
    #[error("too many requests")]
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
    /// The store has no room for new sessions.
    #[error("the store has no room for new sessions")]
    NoRoom,
    /// The session has as many listeners as it may have.
    #[error("the session has too many listeners")]
    TooManyListeners,
    /// Another turn of the session is under way.
    #[error("another turn of the session is under way")]
    TurnUnderWay,
    /// The session has newer events than the one that the answer is to.
    #[error("the session has newer events")]
    Behind,
    /// The session has another message with the same id.
    #[error("the session has another message with this id")]
    IdempotencyConflict,
    /// The session does not wait for an answer.
    #[error("the session does not wait for an answer")]
    NotWaiting,
    /// The service accepts no more turns, because it stops.
    #[error("the service stops")]
    Stopping,
    /// As many turns are under way as may be.
    #[error("too many turns are under way")]
    Overloaded,
    /// The session's revision cannot be used; the log says why.
    #[error("the session's revision cannot be used")]
    NoRevision,
    /// The turn ended with a bug of the host.
    #[error("the turn was interrupted")]
    Interrupted,
    /// The system's random number generator failed.
    #[error(transparent)]
    NoRandomness(NoRandomness),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> SessionError {
        match error {
            StoreError::Conflict => SessionError::TurnUnderWay,
            StoreError::Unavailable(_)
            | StoreError::Unreadable { .. }
            | StoreError::UnknownRevision => SessionError::Store(error),
        }
    }
}
