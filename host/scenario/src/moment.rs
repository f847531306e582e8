//! Moments written as text: ISO 8601 in its common forms, in a time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Parses a moment: `2026-03-14T09:26:53+01:00`, `2026-03-14 09:26:53` or `2026-03-14`.
/// A date and a time without an offset belong to the time zone; a date alone is the start
/// of its day there. Any other form is refused, because it would be ambiguous.
pub(crate) fn parse(text: &str, time_zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    // Most texts cannot be a date: refuse them at once.
    let start = text.as_bytes();
    if start.len() < 10 || start.len() > 64 || !start[0].is_ascii_digit() || start[4] != b'-' {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if start.len() == 10 {
        let date: Date = text.parse().ok()?;
        return day_start(date, time_zone);
    }
    let moment: DateTime = text.parse().ok()?;
    zoned(moment, time_zone).map(|zoned| zoned.timestamp())
}

/// The first moment of a day in a time zone.
pub(crate) fn day_start(date: Date, time_zone: &TimeZone) -> Option<Timestamp> {
    let zoned = zoned(date.to_datetime(jiff::civil::Time::midnight()), time_zone)?;
    Some(zoned.start_of_day().unwrap_or(zoned).timestamp())
}

/// A clock's reading in a time zone as a moment. In the hour that a change of clocks skips
/// or repeats, RFC 5545 decides.
fn zoned(moment: DateTime, time_zone: &TimeZone) -> Option<Zoned> {
    moment.to_zoned(time_zone.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms_are_parsed_and_no_others() {
        let prague = TimeZone::get("Europe/Prague").unwrap();
        for (text, moment) in [
            ("2026-03-14T09:26:53+01:00", Some("2026-03-14T08:26:53Z")),
            ("2026-03-14T09:26:53Z", Some("2026-03-14T09:26:53Z")),
            ("2026-03-14T09:26:53", Some("2026-03-14T08:26:53Z")),
            ("2026-03-14 09:26:53", Some("2026-03-14T08:26:53Z")),
            ("2026-07-14", Some("2026-07-13T22:00:00Z")),
            (" 2026-07-14 ", Some("2026-07-13T22:00:00Z")),
            ("14. 7. 2026", None),
            ("2026-13-14", None),
            ("2026", None),
            ("", None),
            ("2026-03-14 tomorrow", None),
            ("áááá-áááá", None),
        ] {
            assert_eq!(
                parse(text, &prague).map(|t| t.to_string()).as_deref(),
                moment,
                "{text:?}"
            );
        }
    }
}
