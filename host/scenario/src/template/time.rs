//! The helpers that compute with moments. Days, weeks, months and years are those of the
//! calendar in the scenario's time zone: a day later is the same time of the next day, also
//! where clocks change. Hours and minutes pass everywhere alike.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use krabice_contract::Value;

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

const UNITS: [(&str, Unit); 12] = [
    ("minute", Unit::Minute),
    ("minutes", Unit::Minute),
    ("hour", Unit::Hour),
    ("hours", Unit::Hour),
    ("day", Unit::Day),
    ("days", Unit::Day),
    ("week", Unit::Week),
    ("weeks", Unit::Week),
    ("month", Unit::Month),
    ("months", Unit::Month),
    ("year", Unit::Year),
    ("years", Unit::Year),
];

impl Unit {
    /// The unit of this word: `day`, `days`.
    pub(super) fn named(word: &str) -> Option<Self> {
        let found = UNITS.iter().find(|(known, _)| *known == word);
        found.map(|(_, unit)| *unit)
    }

    /// The words of all units, in the plural.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        UNITS.iter().map(|(word, _)| *word).skip(1).step_by(2)
    }

    fn span(self, count: i64) -> Option<Span> {
        let none = Span::new();
        match self {
            Unit::Minute => none.try_minutes(count),
            Unit::Hour => none.try_hours(count),
            Unit::Day => none.try_days(count),
            Unit::Week => none.try_weeks(count),
            Unit::Month => none.try_months(count),
            Unit::Year => none.try_years(count),
        }
        .ok()
    }
}

/// Reads an amount such as `14 days`.
pub(super) fn amount(text: &str) -> Option<(i64, &str)> {
    let (count, unit) = text.trim().split_once(' ')?;
    let count = count.bytes().all(|b| b.is_ascii_digit()).then_some(count)?;
    Some((count.parse().ok()?, unit.trim()))
}

/// The moment that is a number of units later. None if there is no such moment.
pub(super) fn later(
    moment: Timestamp,
    count: i64,
    unit: Unit,
    time_zone: &TimeZone,
) -> Option<Timestamp> {
    let zoned = moment.to_zoned(time_zone.clone());
    let later = zoned.checked_add(unit.span(count)?).ok()?;
    Some(later.timestamp())
}

/// The number of midnights between two moments; negative if the second is the earlier one.
pub(super) fn days_between(moments: &[Zoned]) -> Option<Value> {
    let [from, to] = moments else { return None };
    let days = from.date().until(to.date()).ok()?.get_days();
    Some(Value::Integer(days.into()))
}

/// The number of the day of the week, from 1 for Monday.
pub(super) fn weekday(moments: &[Zoned]) -> Option<Value> {
    let day = moments.first()?.weekday().to_monday_one_offset();
    Some(Value::Integer(day.into()))
}

/// The first moment of the day.
pub(super) fn start_of_day(moments: &[Zoned]) -> Option<Value> {
    let start = moments.first()?.start_of_day().ok()?;
    Some(Value::Timestamp(start.timestamp()))
}
