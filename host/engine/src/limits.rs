//! The bounds of a session. A customer's conversation stays far below them; a
//! scenario that goes round in circles, or somebody who feeds a session without
//! end, meets them.

/// The most boxes between two waits for the customer. Scenarios that people
/// draw have tens of boxes; the check warns of loops that never wait.
pub const BOXES_PER_TURN: u32 = 200;

/// The most boxes, and inputs of the customer, in one session.
pub const BOXES_PER_SESSION: u32 = 10_000;

/// The deepest chain of jumps into scenarios that come back.
pub const JUMPS: usize = 16;

/// The most text that one turn shows, in bytes: more than anybody reads.
pub const SHOWN_BYTES: usize = 256 * 1024;

/// From how many characters on a hidden value is looked for in what is shown:
/// a shorter one occurs by chance.
pub const MASKED_CHARACTERS: usize = 6;

/// How many texts that an author revealed on purpose a session remembers.
pub const REVEALED: usize = 64;
