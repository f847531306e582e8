//! Dates as the API reads and writes them: in the shop's time zone, without an offset.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::clock;

const FORM: &str = "%Y-%m-%d %H:%M:%S";

/// A moment as `2026-10-03 14:22:07`, in the `locale_timezone` of the recorded shops.
/// Recorded.
pub(super) fn written(at: Timestamp) -> String {
    let warsaw = clock::zone("Europe/Warsaw");
    at.to_zoned(warsaw).strftime(FORM).to_string()
}

/// Whether a text is a date as the API takes it.
pub(super) fn is_local(text: &str) -> bool {
    DateTime::strptime(FORM, text).is_ok() || Date::strptime("%Y-%m-%d", text).is_ok()
}
