//! The limits of a scenario's size. Real scenarios have tens of boxes; the limits protect
//! a host that checks strangers' scenarios from work without end.

/// The most bytes of a scenario file: 1 MiB.
pub const FILE_BYTES: usize = 1024 * 1024;

/// The deepest nesting of objects and lists. A condition of ten levels is about 25 deep.
pub const DEPTH: usize = 64;

/// The most boxes.
pub const BOXES: usize = 2_000;

/// The most bytes of one text, template or name: 16 KiB.
pub const TEXT_BYTES: usize = 16 * 1024;

/// The most files that one `message` box may offer.
pub const FILES: usize = 10;

/// The most attempts that an `answer` box may allow.
pub const ATTEMPTS: u32 = 20;

/// The most bytes of a compiled regular expression: 1 MiB, a tenth of the default of the
/// `regex` crate.
pub const PATTERN_BYTES: usize = 1024 * 1024;
