//! The bounds of a session. A customer's conversation stays far below them. They stop a
//! scenario that loops, and somebody who sends inputs to a session without end.

/// The most boxes between two waits for the customer. Real scenarios have tens of boxes; the
/// check reports loops that never wait.
pub const BOXES_PER_TURN: u32 = 200;

/// The most boxes, and inputs of the customer, in one session.
pub const BOXES_PER_SESSION: u32 = 10_000;

/// The deepest nesting of jumps that return.
pub const JUMPS: usize = 16;

/// The most text that one turn shows, in bytes: more than any customer reads.
pub const SHOWN_BYTES: usize = 256 * 1024;

/// The most texts that a session remembers because the author revealed them on purpose.
pub(crate) const REVEALED: usize = 64;
