//! The formats of the `date` helper.

use jiff::Zoned;
use krabice_contract::name::primary_language;

/// One part of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month { padded: bool },
    Quarter,
    Day { padded: bool },
    Hour { padded: bool },
    Minute { padded: bool },
    Second { padded: bool },
}

/// The words of a format.
const PARTS: [(&str, Part); 13] = [
    ("YYYY", Part::Year),
    ("YY", Part::ShortYear),
    ("MM", Part::Month { padded: true }),
    ("M", Part::Month { padded: false }),
    ("Q", Part::Quarter),
    ("DD", Part::Day { padded: true }),
    ("D", Part::Day { padded: false }),
    ("HH", Part::Hour { padded: true }),
    ("H", Part::Hour { padded: false }),
    ("mm", Part::Minute { padded: true }),
    ("m", Part::Minute { padded: false }),
    ("ss", Part::Second { padded: true }),
    ("s", Part::Second { padded: false }),
];

/// A piece of a format.
enum Piece<'f> {
    Part(Part),
    Text(&'f str),
    /// Letters that are no part: the same letter, several times.
    Unknown(&'f str),
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

/// Divides a format. A part is the whole run of one letter: `MMMM` is not twice `MM`.
fn pieces(format: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if first == '['
            && let Some(end) = rest.find(']')
        {
            let text = &rest[1..end];
            rest = &rest[end + 1..];
            return Some(Piece::Text(text));
        }
        let length = if first.is_alphabetic() {
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
pub(super) fn write(moment: &Zoned, format: &str, out: &mut String) {
    for piece in pieces(format) {
        match piece {
            Piece::Part(part) => write_part(moment, part, out),
            Piece::Text(text) | Piece::Unknown(text) => out.push_str(text),
        }
    }
}

fn write_part(moment: &Zoned, part: Part, out: &mut String) {
    let (number, width) = match part {
        Part::Year => (i64::from(moment.year()), 4),
        Part::ShortYear => (i64::from(moment.year()).rem_euclid(100), 2),
        Part::Month { padded } => (i64::from(moment.month()), 1 + usize::from(padded)),
        Part::Quarter => ((i64::from(moment.month()) + 2) / 3, 1),
        Part::Day { padded } => (i64::from(moment.day()), 1 + usize::from(padded)),
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
        "pl" | "de" => "DD.MM.YYYY",
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
            ("[D. MMMM]", None),
            ("", None),
            ("D. MMMM YYYY", Some("MMMM")),
            ("H hod.", Some("h")),
            ("m min.", Some("i")),
            ("yyyy-MM-dd", Some("yyyy")),
            ("Do", Some("o")),
            ("dddd D.", Some("dddd")),
            ("D. žluť", Some("ž")),
            ("D [open", Some("o")),
        ] {
            assert_eq!(check(format).err(), unknown, "{format}");
        }
    }
}
