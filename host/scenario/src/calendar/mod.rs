//! Calendars: when somebody is there. Hours of each day of the week, days that differ, and
//! the public holidays of a country.
//!
//! Hours are readings of the clock in a time zone. Where clocks change, an hour that comes
//! twice counts twice, and one that is skipped does not count.

mod holidays;
mod hours;

use indexmap::IndexMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

pub use holidays::Country;
pub use hours::{Hours, HoursError};

/// The most days that are looked through for one on which somebody is there.
const DAYS: i64 = 800;

/// The most working days that are counted at once.
const WORKING_DAYS: i64 = 10_000;

/// When somebody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Where its hours are read; in the scenario's time zone if it has none of its own.
    pub time_zone: Option<TimeZone>,
    /// The hours of each day of the week, Monday first.
    pub weekly: [Hours; 7],
    /// The days that differ. They go before holidays.
    pub days: IndexMap<DayOf, Hours>,
    /// The country on whose public holidays nobody is there.
    pub holidays: Option<Country>,
}

/// A day that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOf {
    /// One day.
    Once(Date),
    /// A month and a day of every year.
    EveryYear(i8, i8),
}

impl DayOf {
    /// Reads `2026-12-24`, or `12-24` for every year.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, count: usize| {
            (part.len() == count && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<i16>().ok())?
        };
        let parts: Vec<&str> = text.split('-').collect();
        let (year, month, day) = match parts[..] {
            [year, month, day] => (Some(digits(year, 4)?), month, day),
            [month, day] => (None, month, day),
            _ => return None,
        };
        let month = i8::try_from(digits(month, 2)?).ok()?;
        let day = i8::try_from(digits(day, 2)?).ok()?;
        match year {
            Some(year) => Date::new(year, month, day).ok().map(DayOf::Once),
            // 29 February is a day of some years.
            None => Date::new(2000, month, day)
                .ok()
                .map(|_| DayOf::EveryYear(month, day)),
        }
    }
}

impl Calendar {
    /// The hours of a day.
    #[must_use]
    pub fn hours_on(&self, day: Date) -> &Hours {
        const CLOSED: &Hours = &Hours::CLOSED;
        let differs = [DayOf::Once(day), DayOf::EveryYear(day.month(), day.day())];
        if let Some(hours) = differs.iter().find_map(|of| self.days.get(of)) {
            return hours;
        }
        if self.holidays.is_some_and(|country| country.is_holiday(day)) {
            return CLOSED;
        }
        let weekday = day.weekday().to_monday_zero_offset();
        self.weekly
            .get(usize::from(weekday.unsigned_abs()))
            .unwrap_or(CLOSED)
    }

    /// Whether it ever has hours: by its week or on a day that differs.
    #[must_use]
    pub fn is_ever_open(&self) -> bool {
        let mut all = self.weekly.iter().chain(self.days.values());
        all.any(|hours| !hours.is_closed())
    }

    /// Whether a moment is within its hours. `time_zone` is the scenario's.
    #[must_use]
    pub fn is_within(&self, moment: Timestamp, time_zone: &TimeZone) -> bool {
        self.has(&self.zoned(moment, time_zone))
    }

    fn has(&self, moment: &Zoned) -> bool {
        self.hours_on(moment.date()).have(moment.time())
    }

    fn zoned(&self, moment: Timestamp, time_zone: &TimeZone) -> Zoned {
        let zone = self.time_zone.as_ref().unwrap_or(time_zone);
        moment.to_zoned(zone.clone())
    }

    /// The first moment from this one on that is within its hours: the moment itself if it is.
    /// None if there is none within two years.
    #[must_use]
    pub fn next_opening(&self, moment: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        let from = self.zoned(moment, time_zone);
        if self.has(&from) {
            return Some(moment);
        }
        let zone = from.time_zone();
        let first = from.date();
        for ahead in 0..DAYS {
            let day = first.checked_add(ahead.days()).ok()?;
            let hours = self.hours_on(day);
            if hours.is_closed() {
                continue;
            }
            let starts = hours.starts().flat_map(|start| {
                let reading = zone.to_ambiguous_timestamp(day.to_datetime(start));
                // Where clocks go back, they show the start twice.
                [reading.clone().earlier().ok(), reading.later().ok()]
            });
            // Where clocks change, they may come into the hours past their start.
            let changes = changes_on(day, zone);
            let opening = starts
                .flatten()
                .chain(changes)
                .filter(|start| *start > moment && self.has(&start.to_zoned(zone.clone())))
                .min();
            if opening.is_some() {
                return opening;
            }
        }
        None
    }

    /// The moment that is some days with hours later, or earlier, at the same time of the day.
    /// None if there is none.
    #[must_use]
    pub fn working_days_later(
        &self,
        moment: Timestamp,
        count: i64,
        time_zone: &TimeZone,
    ) -> Option<Timestamp> {
        let from = self.zoned(moment, time_zone);
        let step = count.signum().days();
        let mut left = count.checked_abs().filter(|count| *count <= WORKING_DAYS)?;
        let (mut day, mut closed) = (from.date(), 0);
        while left > 0 {
            day = day.checked_add(step).ok()?;
            if self.hours_on(day).is_closed() {
                closed += 1;
                if closed > DAYS {
                    return None;
                }
            } else {
                closed = 0;
                left -= 1;
            }
        }
        let later = day
            .to_datetime(from.time())
            .to_zoned(from.time_zone().clone());
        Some(later.ok()?.timestamp())
    }
}

/// The moments of a day at which clocks change.
fn changes_on(day: Date, zone: &TimeZone) -> Vec<Timestamp> {
    let Ok(start) = day.to_zoned(zone.clone()) else {
        return Vec::new();
    };
    // A change at midnight belongs to the day.
    let before = start.timestamp().checked_sub(1.second());
    let Ok(before) = before else {
        return Vec::new();
    };
    let changes = zone.following(before).map(|change| change.timestamp());
    changes
        .take_while(|change| change.to_zoned(zone.clone()).date() <= day)
        .collect()
}
