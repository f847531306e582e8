//! The faults that end a session.

/// The reason why a session ended with [`Reason::Fault`](crate::Reason::Fault), for the
/// operator. The customer gets a polite text.
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
    /// The host lets the session hold no more.
    #[error("the session holds as much as the host lets it")]
    SessionTooLarge,
    /// Jumps that return are nested too deep.
    #[error("more than {} nested jumps that return", crate::limits::JUMPS)]
    JumpsTooDeep,
    /// Too much text in one turn.
    #[error("more than {} bytes shown in one turn", crate::limits::SHOWN_BYTES)]
    ShownTooMuch,
    /// The session is in no scenario, which no session of the engine is.
    #[error("the session has no current scenario")]
    NoFrame,
    /// The library does not have the scenario, or no longer has it.
    #[error("there is no scenario `{0}`")]
    NoScenario(String),
    /// The scenario does not have the box, or no longer has it.
    #[error("the scenario `{scenario}` has no box `{id}`")]
    NoBox {
        /// The scenario.
        scenario: String,
        /// The box.
        id: String,
    },
}
