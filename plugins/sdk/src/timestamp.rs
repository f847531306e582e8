//! Moments.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime};

use crate::contract::{Failure, Kind};
use crate::typed::{Given, Input, Kinded, Output, Written};

/// A moment, in one of the contract's forms: RFC 3339 with an offset, or a local time with its time
/// zone in brackets, which the host turns into a moment.
///
/// Parameters and [`Context::now`](crate::Context::now) have the offset of the scenario's time zone
/// at that moment, so that [`Timestamp::clock`] is the local time there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(String);

const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const MINUTES: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]");

impl Timestamp {
    /// Reads a moment with an offset; `None` for any other text.
    ///
    /// ```
    /// use krabice_plugin::Timestamp;
    ///
    /// assert!(Timestamp::parse("2026-03-14T09:26:53+01:00").is_some());
    /// for text in ["", "2026-03-14", "2026-03-14T09:26:53", "yesterday"] {
    ///     assert_eq!(Timestamp::parse(text), None);
    /// }
    /// ```
    #[must_use]
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let read = moment(&text)?;
        // The reader also takes small letters and other separators, which the contract does not have.
        if text.as_bytes().get(10) == Some(&b'T') && !text.contains(['t', 'z']) {
            Some(Self(text))
        } else {
            read.format(&Rfc3339).ok().map(Self)
        }
    }

    /// Reads a local time in a time zone, for back ends that give no offset. The time zone is an
    /// IANA name, such as that of [`Context::time_zone`](crate::Context::time_zone). `None` for a
    /// text that is not a date, with or without a time, and for the zeros that databases write for
    /// no date.
    ///
    /// ```
    /// use krabice_plugin::Timestamp;
    ///
    /// let sent = Timestamp::local("2026-10-03 14:22:07", "Europe/Warsaw").unwrap();
    /// assert_eq!(sent.as_str(), "2026-10-03T14:22:07[Europe/Warsaw]");
    /// let day = Timestamp::local("2026-10-03", "Europe/Warsaw").unwrap();
    /// assert_eq!(day.as_str(), "2026-10-03T00:00:00[Europe/Warsaw]");
    /// for none in ["", "0000-00-00 00:00:00", "3. 10. 2026", "2026-02-30"] {
    ///     assert_eq!(Timestamp::local(none, "Europe/Warsaw"), None);
    /// }
    /// ```
    #[must_use]
    pub fn local(text: &str, time_zone: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
        // A customer does not need fractions of a second.
        let whole = time.split_once('.').map_or(time, |(whole, _)| whole);
        let text = format!("{date} {whole}");
        let read = PrimitiveDateTime::parse(&text, SECONDS)
            .or_else(|_| PrimitiveDateTime::parse(&text, MINUTES))
            .ok()
            .filter(|read| read.year() > 0)?;
        let read = read.format(SECONDS).ok()?.replace(' ', "T");
        Some(Self(format!("{read}[{time_zone}]")))
    }

    /// The moment that many seconds after the start of 1970 in UTC; `None` outside the years 1 to
    /// 9999.
    ///
    /// ```
    /// use krabice_plugin::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_unix(1_791_018_641).unwrap().as_str(), "2026-10-03T09:10:41Z");
    /// ```
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .filter(|moment| moment.year() > 0)?
            .format(&Rfc3339)
            .ok()
            .map(Self)
    }

    /// A moment from the host, which is not checked again.
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }

    /// The text, in one of the contract's forms.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whole seconds since 1970 in UTC; `None` for a local time, whose offset only the host knows.
    #[must_use]
    pub fn unix(&self) -> Option<i64> {
        moment(&self.0).map(OffsetDateTime::unix_timestamp)
    }

    /// The local time at the moment's own offset: `2026-10-03 14:22:07`.
    ///
    /// ```
    /// use krabice_plugin::Timestamp;
    ///
    /// let now = Timestamp::parse("2026-10-03T14:22:07.5+02:00").unwrap();
    /// assert_eq!(now.clock(), "2026-10-03 14:22:07");
    /// ```
    #[must_use]
    pub fn clock(&self) -> String {
        let text = self.0.split('[').next().unwrap_or_default();
        let mut clock = text.get(..19).unwrap_or(text).to_owned();
        if clock.len() == 19 {
            clock.replace_range(10..11, " ");
        }
        clock
    }

    /// The moment that many months and days earlier by the calendar, at the same offset. A day that
    /// the month does not have becomes its last day. A local time stays as it is.
    ///
    /// ```
    /// use krabice_plugin::Timestamp;
    ///
    /// let now = Timestamp::parse("2026-08-31T10:00:00+02:00").unwrap();
    /// assert_eq!(now.back(6, 0).as_str(), "2026-02-28T10:00:00+02:00");
    /// assert_eq!(now.back(0, 31).as_str(), "2026-07-31T10:00:00+02:00");
    /// ```
    #[must_use]
    pub fn back(&self, months: u32, days: u32) -> Self {
        let earlier = || {
            let moment = moment(&self.0)?;
            let date = months_back(moment.date(), months)?;
            let date = date.checked_sub(Duration::days(days.into()))?;
            moment.replace_date(date).format(&Rfc3339).ok()
        };
        earlier().map_or_else(|| self.clone(), Self)
    }
}

fn months_back(date: Date, months: u32) -> Option<Date> {
    let month = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1;
    let month = month - i64::from(months);
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(month.rem_euclid(12) + 1).ok()?).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

/// Reads a moment in RFC 3339.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The seconds since 1970 of a moment in RFC 3339.
pub(crate) fn second(text: &str) -> Option<i64> {
    moment(text).map(OffsetDateTime::unix_timestamp)
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Timestamp> for String {
    fn from(value: Timestamp) -> Self {
        value.0
    }
}

impl Kinded for Timestamp {
    const KIND: Kind = Kind::Timestamp;
}

impl Input for Timestamp {
    fn read(given: Given, path: &str) -> Result<Self, Failure> {
        String::read(given, path).map(Self)
    }
}

impl Output for Timestamp {
    fn write(self) -> Option<Written> {
        Some(self.0.into())
    }
}
