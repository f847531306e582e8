//! The formats of the `date` helper.

use jiff::Zoned;
use krabice_contract::name::primary_language;

use super::language::SPACE;
use crate::understand::lexicon;

/// One part of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    MonthName,
    Month { padded: bool },
    Quarter,
    Day { padded: bool },
    DayOrdinal,
    Weekday,
    ShortWeekday,
    Hour { padded: bool },
    Minute { padded: bool },
    Second { padded: bool },
}

impl Part {
    /// Whether it is a part of the day's date, which no line break divides.
    fn is_of_date(self) -> bool {
        match self {
            Part::Year
            | Part::ShortYear
            | Part::MonthName
            | Part::Month { .. }
            | Part::Quarter
            | Part::Day { .. }
            | Part::DayOrdinal => true,
            Part::Weekday
            | Part::ShortWeekday
            | Part::Hour { .. }
            | Part::Minute { .. }
            | Part::Second { .. } => false,
        }
    }
}

/// The words of a format.
const PARTS: [(&str, Part); 17] = [
    ("YYYY", Part::Year),
    ("YY", Part::ShortYear),
    ("MMMM", Part::MonthName),
    ("MM", Part::Month { padded: true }),
    ("M", Part::Month { padded: false }),
    ("Q", Part::Quarter),
    ("DD", Part::Day { padded: true }),
    ("D", Part::Day { padded: false }),
    ("Do", Part::DayOrdinal),
    ("dddd", Part::Weekday),
    ("ddd", Part::ShortWeekday),
    ("HH", Part::Hour { padded: true }),
    ("H", Part::Hour { padded: false }),
    ("mm", Part::Minute { padded: true }),
    ("m", Part::Minute { padded: false }),
    ("ss", Part::Second { padded: true }),
    ("s", Part::Second { padded: false }),
];

/// A piece of a format.
#[derive(Debug, Clone, Copy)]
enum Piece<'f> {
    Part(Part),
    /// Text between parts.
    Text(&'f str),
    /// Text in square brackets.
    Quoted(&'f str),
    /// Letters that are no part: the same letter, several times.
    Unknown(&'f str),
}

impl Piece<'_> {
    fn is_of_date(&self) -> bool {
        matches!(self, Piece::Part(part) if part.is_of_date())
    }
}

/// The words of a format.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|(word, _)| *word)
}

/// Checks a format that an author wrote.
///
/// # Errors
/// The first letters that are neither a part nor in square brackets.
pub(super) fn check(format: &str) -> Result<(), &str> {
    match pieces(format).find(|piece| matches!(piece, Piece::Unknown(_))) {
        Some(Piece::Unknown(run)) => Err(run),
        _ => Ok(()),
    }
}

/// Divides a format. A part is the whole run of one letter: `MMM` is not `MM` and `M`. Only
/// `Do` has two letters.
fn pieces(format: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if first == '['
            && let Some(end) = rest.find(']')
        {
            let text = &rest[1..end];
            rest = &rest[end + 1..];
            return Some(Piece::Quoted(text));
        }
        let is_ordinal = rest.starts_with("Do") && !rest[2..].starts_with(char::is_alphabetic);
        let length = if is_ordinal {
            Some(2)
        } else if first.is_alphabetic() {
            rest.find(|c| c != first)
        } else {
            rest.find(|c: char| c.is_alphabetic() || c == '[')
                .map(|length| length.max(first.len_utf8()))
        };
        let (run, after) = rest.split_at(length.unwrap_or(rest.len()));
        rest = after;
        let part = PARTS.iter().find(|(word, _)| *word == run);
        Some(match part {
            Some((_, part)) => Piece::Part(*part),
            None if first.is_alphabetic() => Piece::Unknown(run),
            None => Piece::Text(run),
        })
    })
}

/// Writes a moment in a format. Text that is not a part of a format is written as it is,
/// and so is text in square brackets, without the brackets: `D. M. [Day]`.
///
/// `unbroken`: the spaces within a day's date become such at which no line breaks.
pub(super) fn write(
    moment: &Zoned,
    format: &str,
    language: &str,
    unbroken: bool,
    out: &mut String,
) {
    let pieces: Vec<Piece<'_>> = pieces(format).collect();
    let has_day = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Part(Part::Day { .. } | Part::DayOrdinal)));
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Part(part) => write_part(moment, *part, language, has_day, out),
            Piece::Text(text) => {
                let around = [at.checked_sub(1), Some(at + 1)];
                let within = around.into_iter().all(|beside| {
                    beside
                        .and_then(|beside| pieces.get(beside))
                        .is_some_and(Piece::is_of_date)
                });
                if unbroken && within {
                    out.extend(text.chars().map(|c| if c == ' ' { SPACE } else { c }));
                } else {
                    out.push_str(text);
                }
            }
            Piece::Quoted(text) | Piece::Unknown(text) => out.push_str(text),
        }
    }
}

fn write_part(moment: &Zoned, part: Part, language: &str, has_day: bool, out: &mut String) {
    let weekday = moment.weekday().to_monday_one_offset();
    let (number, width) = match part {
        Part::Year => (i64::from(moment.year()), 4),
        Part::ShortYear => (i64::from(moment.year()).rem_euclid(100), 2),
        Part::MonthName => {
            out.push_str(&lexicon(language).month(moment.month(), has_day));
            return;
        }
        Part::Month { padded } => (i64::from(moment.month()), 1 + usize::from(padded)),
        Part::Quarter => ((i64::from(moment.month()) + 2) / 3, 1),
        Part::Day { padded } => (i64::from(moment.day()), 1 + usize::from(padded)),
        Part::DayOrdinal => {
            let day = moment.day();
            out.push_str(&format!("{day}{}", lexicon(language).ordinal(day)));
            return;
        }
        Part::Weekday => {
            out.push_str(&lexicon(language).weekday(weekday));
            return;
        }
        Part::ShortWeekday => {
            out.push_str(lexicon(language).short_weekday(weekday));
            return;
        }
        Part::Hour { padded } => (i64::from(moment.hour()), 1 + usize::from(padded)),
        Part::Minute { padded } => (i64::from(moment.minute()), 1 + usize::from(padded)),
        Part::Second { padded } => (i64::from(moment.second()), 1 + usize::from(padded)),
    };
    out.push_str(&format!("{number:0width$}"));
}

/// The format of a language if the author gives none.
pub(super) fn usual_format(language: &str) -> &'static str {
    match primary_language(language) {
        "cs" | "sk" => "D. M. YYYY",
        "pl" | "de" | "ro" => "DD.MM.YYYY",
        "hu" => "YYYY. MM. DD.",
        "pt" => "DD/MM/YYYY",
        // In English the order of day and month depends on the reader.
        _ => "YYYY-MM-DD",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_no_part_are_found() {
        for (format, unknown) in [
            ("D. M. YYYY", None),
            ("DD.MM.YY HH:mm:ss, Q. [Quarter]", None),
            ("YYYYMMDD", None),
            ("[D. MMM] D. MMMM YYYY", None),
            ("dddd, ddd Do MMMM", None),
            ("", None),
            ("D. MMM YYYY", Some("MMM")),
            ("H hod.", Some("h")),
            ("m min.", Some("i")),
            ("yyyy-MM-dd", Some("yyyy")),
            ("D o", Some("o")),
            ("Doo", Some("oo")),
            ("Mo", Some("o")),
            ("dd D.", Some("dd")),
            ("D. žluť", Some("ž")),
            ("D [open", Some("o")),
        ] {
            assert_eq!(check(format).err(), unknown, "{format}");
        }
    }

    /// The names as the languages write them beside a day and without one.
    #[test]
    fn months_and_days_of_the_week_have_names_in_nine_languages() {
        let moment: Zoned = "2026-09-22T09:05[Europe/Prague]".parse().unwrap();
        let first: Zoned = "2026-03-01T09:05[Europe/Prague]".parse().unwrap();
        for (language, format, expected) in [
            ("cs", "dddd D. MMMM YYYY", "úterý 22.~září~2026"),
            ("cs", "MMMM YYYY, ddd", "září~2026, út"),
            ("sk", "dddd D. MMMM YYYY", "utorok 22.~septembra~2026"),
            ("sk", "MMMM YYYY, ddd", "september~2026, ut"),
            ("pl", "dddd, D MMMM YYYY", "wtorek, 22~września~2026"),
            ("pl", "MMMM YYYY, ddd", "wrzesień~2026, wt."),
            ("en", "dddd, MMMM Do YYYY", "Tuesday, September~22nd~2026"),
            ("en", "MMMM YYYY, ddd", "September~2026, Tue"),
            ("pt", "dddd, D [de] MMMM", "terça-feira, 22 de setembro"),
            ("pt-br", "ddd, Do MMMM", "ter., 22º~setembro"),
            ("de", "dddd, D. MMMM YYYY", "Dienstag, 22.~September~2026"),
            ("de", "Do MMMM, ddd", "22.~September, Di"),
            ("hu", "YYYY. MMMM D., dddd", "2026.~szeptember~22., kedd"),
            ("hu", "ddd", "K"),
            ("ro", "dddd, D MMMM YYYY", "marți, 22~septembrie~2026"),
            ("ro", "Do MMMM, ddd", "22~septembrie, mar."),
            ("cs-CZ", "Do MMMM, H:mm", "22.~září, 9:05"),
            // A language without names has the English ones.
            ("fi", "D MMMM", "22~September"),
        ] {
            let mut written = String::new();
            write(&moment, format, language, true, &mut written);
            assert_eq!(written.replace(SPACE, "~"), expected, "{language}");
        }
        for (language, expected) in [
            ("cs", "1.~března | březen"),
            ("sk", "1.~marca | marec"),
            ("pl", "1.~marca | marzec"),
            ("en", "1st~March | March"),
            ("pt", "1º~março | março"),
            ("de", "1.~März | März"),
            ("hu", "1.~március | március"),
            ("ro", "1~martie | martie"),
        ] {
            let (mut beside, mut alone) = (String::new(), String::new());
            write(&first, "Do MMMM", language, true, &mut beside);
            write(&first, "MMMM", language, true, &mut alone);
            assert_eq!(format!("{beside} | {alone}").replace(SPACE, "~"), expected);
        }
    }

    #[test]
    fn every_month_and_day_has_a_name_and_every_day_its_ordinal() {
        for language in ["cs", "sk", "pl", "en", "pt", "pt-br", "de", "hu", "ro"] {
            let words = lexicon(language);
            let months = |beside| (1..=12).map(move |month| words.month(month, beside));
            let days = (1..=7).map(|day| words.weekday(day));
            let short = (1..=7).map(|day| words.short_weekday(day).to_owned());
            let mut names: Vec<String> = days.chain(short).collect();
            names.extend(months(true));
            assert!(names.iter().all(|name| !name.is_empty()), "{language}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), 26, "{language}: {names:?}");
            assert!(months(false).all(|name| name.chars().count() > 2));
        }
        let ends = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map(|day| lexicon("en").ordinal(day));
        let expected = [
            "st", "nd", "rd", "th", "th", "th", "th", "st", "nd", "rd", "st",
        ];
        assert_eq!(ends, expected);
    }

    #[test]
    fn only_the_spaces_within_a_date_keep_a_line_together() {
        let moment: Zoned = "2026-03-14T09:05[Europe/Prague]".parse().unwrap();
        for (format, expected) in [
            ("D. M. YYYY H:mm", "14.~3.~2026 9:05"),
            ("ddd D. M.", "so 14.~3."),
            ("D. M. [v] H:mm", "14.~3. v 9:05"),
            (" D. ", " 14. "),
            ("Q. [čtvrtletí] YYYY", "1. čtvrtletí 2026"),
        ] {
            let mut written = String::new();
            write(&moment, format, "cs", true, &mut written);
            assert_eq!(written.replace(SPACE, "~"), expected);
            written.clear();
            write(&moment, format, "cs", false, &mut written);
            assert_eq!(written, expected.replace('~', " "));
        }
    }
}
