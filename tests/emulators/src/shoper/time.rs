//! Dates as the API reads and writes them: the shop's, without an offset.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{self, TimeZone};

/// `locale_timezone` of the recorded shops. The bundled database has it;
/// without it the shop keeps winter time.
static WARSAW: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZone::get("Europe/Warsaw").unwrap_or_else(|_| TimeZone::fixed(tz::offset(1)))
});

const FORM: &str = "%Y-%m-%d %H:%M:%S";

/// `2026-10-03 14:22:07`. Recorded.
pub(super) fn written(at: Timestamp) -> String {
    at.to_zoned(WARSAW.clone()).strftime(FORM).to_string()
}

/// Whether a text is a date as the API takes it.
pub(super) fn is_local(text: &str) -> bool {
    DateTime::strptime(FORM, text).is_ok() || Date::strptime("%Y-%m-%d", text).is_ok()
}
