//! The session state machine: (session, input) -> (session, what to show).
