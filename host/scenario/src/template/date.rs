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

/// The words of a format, longer ones before their beginnings.
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

/// Writes a moment in a format. Text that is not a word of a format is written as it is,
/// and so is text in square brackets, without the brackets: `D. M. [Day]`.
pub(super) fn write(moment: &Zoned, format: &str, out: &mut String) {
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first == '['
            && let Some(end) = rest.find(']')
        {
            out.push_str(&rest[1..end]);
            rest = &rest[end + 1..];
        } else if let Some((word, part)) = PARTS.iter().find(|(word, _)| rest.starts_with(word)) {
            write_part(moment, *part, out);
            rest = &rest[word.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
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
