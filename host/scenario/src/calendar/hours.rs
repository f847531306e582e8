//! The hours of one day.

use jiff::civil::Time;

/// The minutes of a day.
const DAY: u16 = 24 * 60;

/// The word of a day without hours.
const CLOSED: &str = "closed";

/// The hours of one day: parts of it, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours(Vec<(u16, u16)>);

/// Hours that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// A part is no time and time.
    #[error("`{0}` is not two times such as `9:00-17:00`")]
    Form(String),
    /// A part ends before it begins.
    #[error("`{0}` ends before it begins; hours past midnight belong to the next day")]
    Backwards(String),
    /// A part begins before the one before it ends.
    #[error("`{0}` begins before the hours in front of it end")]
    Overlap(String),
}

impl Hours {
    /// No hours.
    pub const CLOSED: Hours = Hours(Vec::new());

    /// Reads `9:00-12:00, 13:00-17:00`, or `closed`. A day ends at `24:00`.
    ///
    /// # Errors
    /// The first part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        if text.trim() == CLOSED {
            return Ok(Hours::CLOSED);
        }
        let mut hours = Hours::CLOSED;
        for part in text.split(',') {
            let part = part.trim();
            let form = || HoursError::Form(part.to_owned());
            let (from, to) = part.split_once(['-', '–']).ok_or_else(form)?;
            let from = minute(from).ok_or_else(form)?;
            let to = minute(to).ok_or_else(form)?;
            if from >= to {
                return Err(HoursError::Backwards(part.to_owned()));
            }
            if hours.0.last().is_some_and(|(_, end)| *end > from) {
                return Err(HoursError::Overlap(part.to_owned()));
            }
            hours.0.push((from, to));
        }
        Ok(hours)
    }

    /// Whether the day has no hours.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a reading of the clock is within them. The end of a part is not.
    pub(super) fn have(&self, time: Time) -> bool {
        let minute =
            u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        self.0
            .iter()
            .any(|(from, to)| (*from..*to).contains(&minute))
    }

    /// Where its parts begin.
    pub(super) fn starts(&self) -> impl Iterator<Item = Time> {
        let minutes = self.0.iter().map(|(from, _)| *from);
        minutes.filter_map(|minute| {
            let hour = i8::try_from(minute / 60).ok()?;
            Time::new(hour, i8::try_from(minute % 60).ok()?, 0, 0).ok()
        })
    }
}

/// The minute of the day that is written as `9:05`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minute = (minute < 60).then_some(hour * 60 + minute)?;
    (minute <= DAY).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, expected) in [
            ("9:00-17:00", Ok(vec![(540, 1020)])),
            (
                "09:00–12:00,13:30 - 24:00",
                Ok(vec![(540, 720), (810, 1440)]),
            ),
            ("0:00-12:00, 12:00-24:00", Ok(vec![(0, 720), (720, 1440)])),
            (" closed ", Ok(vec![])),
            ("9-17", Err(HoursError::Form("9-17".to_owned()))),
            ("9:00", Err(HoursError::Form("9:00".to_owned()))),
            ("", Err(HoursError::Form(String::new()))),
            ("9:00-17:00,", Err(HoursError::Form(String::new()))),
            ("9:60-17:00", Err(HoursError::Form("9:60-17:00".to_owned()))),
            ("9:00-24:01", Err(HoursError::Form("9:00-24:01".to_owned()))),
            (
                "+9:00-17:00",
                Err(HoursError::Form("+9:00-17:00".to_owned())),
            ),
            (
                "22:00-2:00",
                Err(HoursError::Backwards("22:00-2:00".to_owned())),
            ),
            (
                "9:00-9:00",
                Err(HoursError::Backwards("9:00-9:00".to_owned())),
            ),
            (
                "9:00-12:00, 11:59-17:00",
                Err(HoursError::Overlap("11:59-17:00".to_owned())),
            ),
        ] {
            assert_eq!(Hours::parse(text).map(|hours| hours.0), expected, "{text}");
        }
    }
}
