//! Dates as the API reads and writes them.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::clock;

/// The shop's time zone.
static PRAGUE: LazyLock<TimeZone> = LazyLock::new(|| clock::zone("Europe/Prague"));

/// The moment in the shop's time zone.
pub(super) fn local(at: Timestamp) -> Zoned {
    at.to_zoned(PRAGUE.clone())
}

/// `2026-03-14T09:26:53+01:00`: with an offset, without a fraction.
/// Recorded answer of 2024, `creation_time`.
pub(super) fn written(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The first and the last moment that a date of a client can mean.
/// Upgates API v2, blueprint: Datové typy (ISO 8601); Postman collection
/// (`2025-1-1`).
pub(super) fn read(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some((moment, moment));
    }
    let moment = |civil: DateTime| {
        civil
            .to_zoned(PRAGUE.clone())
            .map(|zoned| zoned.timestamp())
            .ok()
    };
    if let Ok(date) = Date::strptime("%Y-%m-%d", text) {
        return Some((
            moment(date.at(0, 0, 0, 0))?,
            moment(date.to_datetime(Time::MAX))?,
        ));
    }
    let civil = text.parse::<DateTime>().ok()?;
    let moment = moment(civil)?;
    Some((moment, moment))
}

#[cfg(test)]
mod tests {
    use super::{read, written};

    #[test]
    fn dates_are_read_in_every_documented_form() {
        let first = |text| read(text).map(|(first, _)| written(first));
        for text in [
            "2025-01-01",
            "2025-1-1",
            "2025-01-01T00:00:00",
            "2025-01-01T00:00:00+01:00",
            "2024-12-31T23:00:00Z",
        ] {
            assert_eq!(
                first(text).as_deref(),
                Some("2025-01-01T00:00:00+01:00"),
                "{text}"
            );
        }
        assert_eq!(
            first("2026-06-01T12:00:00").as_deref(),
            Some("2026-06-01T12:00:00+02:00")
        );
        for text in ["yesterday", "1.1.2025", "2025-13-01", ""] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_plain_date_is_the_whole_day() {
        let (first, last) = read("2025-01-01").unwrap();
        assert_eq!(
            (written(first), written(last)),
            (
                "2025-01-01T00:00:00+01:00".into(),
                "2025-01-01T23:59:59+01:00".into()
            )
        );
    }
}
