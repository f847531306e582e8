//! What ends a session that cannot go on.

/// Why a session ended with [`Reason::Fault`](crate::Reason::Fault). For the
/// operator; the customer gets a polite text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Too many boxes without waiting for the customer.
    #[error(
        "more than {} boxes without waiting for the customer",
        crate::limits::BOXES_PER_TURN
    )]
    TurnTooLong,
    /// Too many boxes in all.
    #[error("more than {} boxes in one session", crate::limits::BOXES_PER_SESSION)]
    SessionTooLong,
    /// Jumps into scenarios that jump into scenarios.
    #[error(
        "more than {} jumps that come back, one in another",
        crate::limits::JUMPS
    )]
    JumpsTooDeep,
    /// Too much text in one turn.
    #[error("more than {} bytes shown in one turn", crate::limits::SHOWN_BYTES)]
    ShownTooMuch,
    /// The library does not have the scenario (any more).
    #[error("there is no scenario `{0}`")]
    NoScenario(String),
    /// The scenario does not have the box (any more).
    #[error("the scenario `{scenario}` has no box `{id}`")]
    NoBox {
        /// The scenario.
        scenario: String,
        /// The box.
        id: String,
    },
}
