//! The public holidays of countries, by rules. `make test-clients` compares them with the
//! Python package `holidays`.
//!
//! Only days by law in the whole country are here: no days of regions, no days that a
//! government gives from year to year.

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A country whose public holidays are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Country {
    /// Austria.
    At,
    /// Brazil.
    Br,
    /// Czechia.
    Cz,
    /// Germany.
    De,
    /// Hungary.
    Hu,
    /// Poland.
    Pl,
    /// Portugal.
    Pt,
    /// Romania.
    Ro,
    /// Slovakia.
    Sk,
}

/// A holiday of every year, or of some years.
struct Rule {
    day: Day,
    /// The first and the last year; all years without any.
    years: &'static [(i16, i16)],
}

#[derive(Clone, Copy)]
enum Day {
    /// A month and a day.
    Fixed(i8, i8),
    /// Days after Easter Sunday.
    Easter(i8),
    /// Days after Easter Sunday of the Orthodox churches.
    OrthodoxEaster(i8),
}

/// The last year of a rule without an end.
const ON: i16 = i16::MAX;

const fn on(month: i8, day: i8) -> Rule {
    always(Day::Fixed(month, day))
}

const fn easter(days: i8) -> Rule {
    always(Day::Easter(days))
}

const fn orthodox_easter(days: i8) -> Rule {
    always(Day::OrthodoxEaster(days))
}

const fn always(day: Day) -> Rule {
    Rule { day, years: &[] }
}

impl Rule {
    const fn during(self, years: &'static [(i16, i16)]) -> Rule {
        Rule {
            day: self.day,
            years,
        }
    }

    fn falls_on(&self, day: Date) -> bool {
        let year = day.year();
        let counts = self.years.is_empty()
            || self
                .years
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&year));
        counts && self.day.in_year(year) == Some(day)
    }
}

impl Day {
    fn in_year(self, year: i16) -> Option<Date> {
        let after = |easter: Date, days: i8| easter.checked_add(i64::from(days).days()).ok();
        match self {
            Day::Fixed(month, day) => Date::new(year, month, day).ok(),
            Day::Easter(days) => after(easter_sunday(year)?, days),
            Day::OrthodoxEaster(days) => after(orthodox_easter_sunday(year)?, days),
        }
    }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
fn easter_sunday(year: i16) -> Option<Date> {
    let year32 = i32::from(year);
    let (a, b, c) = (year32 % 19, year32 / 100, year32 % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let days = h + l - 7 * m;
    let start = Date::new(year, 3, 22).ok()?;
    start.checked_add(days.days()).ok()
}

/// Easter Sunday of the Julian calendar (Meeus), as a day of the Gregorian one.
fn orthodox_easter_sunday(year: i16) -> Option<Date> {
    let year32 = i32::from(year);
    let d = (19 * (year32 % 19) + 15) % 30;
    let e = (2 * (year32 % 4) + 4 * (year32 % 7) - d + 34) % 7;
    // 22 March is the earliest day in the Julian calendar, which is behind by this many days.
    let behind = year32 / 100 - year32 / 400 - 2;
    let start = Date::new(year, 3, 22).ok()?;
    start.checked_add((d + e + behind).days()).ok()
}

const AUSTRIA: &[Rule] = &[
    on(1, 1),
    on(1, 6),
    easter(1),
    on(5, 1),
    easter(39),
    easter(50),
    easter(60),
    on(8, 15),
    on(10, 26),
    on(11, 1),
    on(12, 8),
    on(12, 25),
    on(12, 26),
];

const BRAZIL: &[Rule] = &[
    on(1, 1),
    easter(-2),
    on(4, 21),
    on(5, 1),
    on(9, 7),
    on(10, 12),
    on(11, 2),
    on(11, 15),
    on(11, 20).during(&[(2024, ON)]),
    on(12, 25),
];

const CZECHIA: &[Rule] = &[
    on(1, 1),
    easter(-2).during(&[(2016, ON)]),
    easter(1),
    on(5, 1),
    on(5, 8),
    on(7, 5),
    on(7, 6),
    on(9, 28),
    on(10, 28),
    on(11, 17),
    on(12, 24),
    on(12, 25),
    on(12, 26),
];

const GERMANY: &[Rule] = &[
    on(1, 1),
    easter(-2),
    easter(1),
    on(5, 1),
    easter(39),
    easter(50),
    on(10, 3),
    on(10, 31).during(&[(2017, 2017)]),
    on(12, 25),
    on(12, 26),
];

const HUNGARY: &[Rule] = &[
    on(1, 1),
    on(3, 15),
    easter(-2).during(&[(2017, ON)]),
    easter(0),
    easter(1),
    on(5, 1),
    easter(49),
    easter(50),
    on(8, 20),
    on(10, 23),
    on(11, 1),
    on(12, 25),
    on(12, 26),
];

const POLAND: &[Rule] = &[
    on(1, 1),
    on(1, 6).during(&[(2011, ON)]),
    easter(0),
    easter(1),
    on(5, 1),
    on(5, 3),
    easter(49),
    easter(60),
    on(8, 15),
    on(11, 1),
    on(11, 11),
    on(11, 12).during(&[(2018, 2018)]),
    on(12, 24).during(&[(2025, ON)]),
    on(12, 25),
    on(12, 26),
];

const PORTUGAL: &[Rule] = &[
    on(1, 1),
    easter(-2),
    easter(0),
    on(4, 25),
    on(5, 1),
    // Four holidays were suspended for three years.
    easter(60).during(&[(0, 2012), (2016, ON)]),
    on(6, 10),
    on(8, 15),
    on(10, 5).during(&[(0, 2012), (2016, ON)]),
    on(11, 1).during(&[(0, 2012), (2016, ON)]),
    on(12, 1).during(&[(0, 2012), (2016, ON)]),
    on(12, 8),
    on(12, 25),
];

const ROMANIA: &[Rule] = &[
    on(1, 1),
    on(1, 2),
    on(1, 6).during(&[(2024, ON)]),
    on(1, 7).during(&[(2024, ON)]),
    on(1, 24).during(&[(2017, ON)]),
    orthodox_easter(-2).during(&[(2018, ON)]),
    orthodox_easter(0),
    orthodox_easter(1),
    on(5, 1),
    on(6, 1).during(&[(2017, ON)]),
    orthodox_easter(49).during(&[(2009, ON)]),
    orthodox_easter(50).during(&[(2009, ON)]),
    on(8, 15).during(&[(2009, ON)]),
    on(11, 30).during(&[(2012, ON)]),
    on(12, 1),
    on(12, 25),
    on(12, 26),
];

const SLOVAKIA: &[Rule] = &[
    on(1, 1),
    on(1, 6),
    easter(-2),
    easter(1),
    on(5, 1),
    on(5, 8).during(&[(0, 2025), (2027, ON)]),
    on(7, 5),
    on(8, 29),
    on(9, 1).during(&[(0, 2023)]),
    on(9, 15).during(&[(0, 2025), (2027, ON)]),
    on(10, 30).during(&[(2018, 2018)]),
    on(11, 1),
    on(11, 17).during(&[(2001, 2024)]),
    on(12, 24),
    on(12, 25),
    on(12, 26),
];

impl Country {
    /// Every country, by its code.
    pub const ALL: [Country; 9] = [
        Country::At,
        Country::Br,
        Country::Cz,
        Country::De,
        Country::Hu,
        Country::Pl,
        Country::Pt,
        Country::Ro,
        Country::Sk,
    ];

    /// The country's code: `CZ`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Country::At => "AT",
            Country::Br => "BR",
            Country::Cz => "CZ",
            Country::De => "DE",
            Country::Hu => "HU",
            Country::Pl => "PL",
            Country::Pt => "PT",
            Country::Ro => "RO",
            Country::Sk => "SK",
        }
    }

    fn rules(self) -> &'static [Rule] {
        match self {
            Country::At => AUSTRIA,
            Country::Br => BRAZIL,
            Country::Cz => CZECHIA,
            Country::De => GERMANY,
            Country::Hu => HUNGARY,
            Country::Pl => POLAND,
            Country::Pt => PORTUGAL,
            Country::Ro => ROMANIA,
            Country::Sk => SLOVAKIA,
        }
    }

    /// Whether a day is a public holiday in the whole country.
    #[must_use]
    pub fn is_holiday(self, day: Date) -> bool {
        self.rules().iter().any(|rule| rule.falls_on(day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_is_where_churches_have_it() {
        for (year, western, orthodox) in [
            (2000, date(2000, 4, 23), date(2000, 4, 30)),
            (2008, date(2008, 3, 23), date(2008, 4, 27)),
            (2011, date(2011, 4, 24), date(2011, 4, 24)),
            (2019, date(2019, 4, 21), date(2019, 4, 28)),
            (2026, date(2026, 4, 5), date(2026, 4, 12)),
            (2038, date(2038, 4, 25), date(2038, 4, 25)),
            (2049, date(2049, 4, 18), date(2049, 4, 25)),
            (2100, date(2100, 3, 28), date(2100, 5, 2)),
        ] {
            assert_eq!(easter_sunday(year), Some(western), "{year}");
            assert_eq!(orthodox_easter_sunday(year), Some(orthodox), "{year}");
        }
    }

    #[test]
    fn a_country_is_written_by_its_code() {
        for country in Country::ALL {
            let code = serde_json::to_value(country).unwrap();
            assert_eq!(code, country.code());
        }
    }

    #[test]
    fn the_last_day_that_can_be_written_is_no_trouble() {
        for country in Country::ALL {
            for day in [Date::MIN, Date::MAX, date(0, 1, 1), date(-1, 12, 31)] {
                let _ = country.is_holiday(day);
            }
        }
    }
}
