//! Dates.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use krabice_contract::Value;
use krabice_contract::name::primary_language;

use super::fold::fold;
use super::words::Lexicon;
use super::{Reading, Understood};

/// What was understood of an answer that shall be a date.
pub(super) enum Dated {
    /// The date.
    One(Date),
    /// What may be meant.
    Perhaps(Vec<Date>),
    Nothing,
}

impl Dated {
    /// The dates as values, named in a language.
    pub(super) fn understood(
        self,
        words: &Lexicon,
        start: impl Fn(Date) -> Option<Value>,
    ) -> Understood {
        let reading = |date: Date| {
            let label = spelled(date, words);
            start(date).map(|value| Reading { label, value })
        };
        let readings = match self {
            Dated::One(date) => return start(date).map_or(Understood::Nothing, Understood::Value),
            Dated::Nothing => return Understood::Nothing,
            Dated::Perhaps(dates) => dates.into_iter().filter_map(reading).collect::<Vec<_>>(),
        };
        match <[Reading; 1]>::try_from(readings) {
            Ok([reading]) => Understood::Meant {
                reading,
                otherwise: None,
            },
            Err(readings) => Understood::of(readings),
        }
    }
}

/// A date as people of a language write it, with the month in words.
pub(super) fn spelled(date: Date, words: &Lexicon) -> String {
    let month = words.month(date.month(), true);
    let form = words.words.date_form;
    form.replace("{d}", &date.day().to_string())
        .replace("{m}", &month)
        .replace("{M}", &month)
        .replace("{y}", &date.year().to_string())
}

/// Reads a date; `today` is the day of the session.
pub(super) fn read(answer: &str, language: &str, words: &Lexicon, today: Date) -> Dated {
    // No date with its words around it is longer.
    if answer.chars().count() > 120 {
        return Dated::Nothing;
    }
    let tokens = tokens(answer);
    let tokens = bare(&tokens, words);
    if let Some(date) = relative(tokens, words, today) {
        return Dated::One(date);
    }
    calendar(tokens, language, words, today)
}

/// A part of a date.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number {
        digits: String,
        /// Whether `.`, `/` or `-` stands right behind it.
        marked: bool,
    },
    Word(String),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            Token::Number { .. } => None,
        }
    }
}

/// The numbers and words of an answer. What makes a number an ordinal (`4th`, `1.º`, `14-én`)
/// is dropped.
fn tokens(answer: &str) -> Vec<Token> {
    let answer: String = answer
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            'º' | 'ª' | '°' => '.',
            other => other,
        })
        .collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = answer.as_str();
    let mut glued = false;
    while let Some(c) = rest.chars().next() {
        let length = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        if c.is_ascii_digit() {
            let (digits, after) = rest.split_at(length(|c| c.is_ascii_digit()));
            let marked = after.trim_start().starts_with(['.', '/', '-']);
            tokens.push(Token::Number {
                digits: digits.to_owned(),
                marked,
            });
            rest = after;
            glued = true;
        } else if c.is_alphabetic() {
            let is_word = |c: char| {
                c.is_alphabetic()
                    || unicode_normalization::char::is_combining_mark(c)
                    || matches!(c, '\'' | '’')
            };
            let mut end = length(is_word);
            // "segunda-feira" is one word.
            if rest[end..].starts_with("-feira") {
                end += "-feira".len();
            }
            let (word, after) = rest.split_at(end);
            let word = word.to_lowercase();
            if !(glued && ORDINALS.contains(&fold(&word).as_str())) {
                tokens.push(Token::Word(word));
            }
            rest = after;
            glued = false;
        } else {
            glued = glued && matches!(c, '-' | '.');
            rest = &rest[c.len_utf8()..];
        }
    }
    tokens
}

/// The endings that make a number an ordinal.
const ORDINALS: [&str; 16] = [
    "st", "nd", "rd", "th", "go", "ego", "en", "an", "jen", "jan", "e", "i", "je", "o", "a", "te",
];

/// The tokens without the polite and other words that mean nothing at both ends.
fn bare<'a>(mut tokens: &'a [Token], words: &Lexicon) -> &'a [Token] {
    let is_empty = |part: &[Token]| {
        phrase(part).is_some_and(|phrase| {
            words.fillers.has(&phrase)
                || words.thanks.has(&phrase)
                || words.around_dates.has(&phrase)
        })
    };
    'ends: loop {
        for length in 1..=4.min(tokens.len()) {
            if is_empty(&tokens[..length]) && tokens.len() > length {
                tokens = &tokens[length..];
                continue 'ends;
            }
            if is_empty(&tokens[tokens.len() - length..]) && tokens.len() > length {
                tokens = &tokens[..tokens.len() - length];
                continue 'ends;
            }
        }
        return tokens;
    }
}

/// Words as one phrase; `None` if a number is among them.
fn phrase(tokens: &[Token]) -> Option<String> {
    let words: Option<Vec<&str>> = tokens.iter().map(Token::word).collect();
    words
        .filter(|words| !words.is_empty())
        .map(|words| words.join(" "))
}

/// Days such as yesterday, or two days ago.
fn relative(tokens: &[Token], words: &Lexicon, today: Date) -> Option<Date> {
    if let Some(phrase) = phrase(tokens) {
        let day = (-2_i64..)
            .zip(&words.days)
            .find(|(_, day)| day.has(&phrase));
        if let Some((days, _)) = day {
            return today.checked_add(days.days()).ok();
        }
    }
    let (before, rest) = match tokens {
        [Token::Word(before), rest @ ..] if words.ago_before.has(before) => (true, rest),
        rest => (false, rest),
    };
    let (count, after) = rest.split_first()?;
    let count: i64 = match count {
        Token::Number { digits, .. } => digits.parse().ok().filter(|count| *count <= 3_660)?,
        Token::Word(word) => {
            (1..)
                .zip(&words.counts)
                .find(|(_, count)| count.has(word))?
                .0
        }
    };
    let after = phrase(after)?;
    // "2 dias" alone is no day that has passed; "2 dias atrás" and "há 2 dias" are.
    let says = before || words.words.ago_before.is_empty() || after.contains(' ');
    (says && words.ago_after.has(&after)).then(|| today.checked_sub(count.days()).ok())?
}

/// The order of day, month and year.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
    YearFirst,
    /// As in English, where it depends on the country.
    Unknown,
}

fn order(language: &str) -> Order {
    let language = language.to_ascii_lowercase();
    match (language.as_str(), primary_language(&language)) {
        ("en-us", _) => Order::MonthFirst,
        ("en-gb" | "en-ie" | "en-au" | "en-nz" | "en-in" | "en-za", _) => Order::DayFirst,
        (_, "en") => Order::Unknown,
        (_, "hu") => Order::YearFirst,
        _ => Order::DayFirst,
    }
}

/// A date of the calendar.
fn calendar(tokens: &[Token], language: &str, words: &Lexicon, today: Date) -> Dated {
    let mut numbers: Vec<(&str, bool)> = Vec::new();
    // The months, and the number of numbers before them.
    let mut months: Vec<(Vec<i8>, usize)> = Vec::new();
    let mut weekday = None;
    for (i, token) in tokens.iter().enumerate() {
        let word = match token {
            Token::Number { digits, marked } => {
                numbers.push((digits, *marked));
                continue;
            }
            Token::Word(word) => word,
        };
        let beside = |offset: usize| matches!(tokens.get(offset), Some(Token::Number { .. }));
        let between = i > 0 && beside(i - 1) && beside(i + 1);
        let by_number = beside(i + 1) || i > 0 && beside(i - 1);
        let month = month(word, words).or_else(|| {
            roman(word, language)
                .filter(|_| between)
                .map(|month| vec![month])
        });
        let day = (0..)
            .zip(&words.weekdays)
            .find(|(_, day)| day.has(word))
            .map(|(day, _)| day);
        match (month, day) {
            (Some(found), None) => months.push((found, numbers.len())),
            (Some(found), Some(_)) if by_number => months.push((found, numbers.len())),
            (_, Some(found)) if weekday.is_none() => weekday = Some(found),
            (Some(_), Some(_)) => return Dated::Nothing,
            _ if is_first(word) => numbers.push(("1", false)),
            _ if words.around_dates.has(word) => {}
            _ => return Dated::Nothing,
        }
    }
    let weekday = weekday.and_then(|day: i8| Weekday::from_monday_zero_offset(day).ok());
    if numbers.is_empty() && months.is_empty() {
        return match weekday {
            Some(weekday) => last_weekday(today, weekday),
            None => Dated::Nothing,
        };
    }
    let dates = match (&months[..], &numbers[..]) {
        ([(months, before)], numbers) => named(months, *before, numbers, today),
        ([], numbers) => numeric(numbers, order(language), today),
        _ => Vec::new(),
    };
    match (&dates[..], weekday) {
        ([], _) => Dated::Nothing,
        ([date], Some(weekday)) if date.weekday() != weekday => Dated::Perhaps(dates),
        ([date], _) => Dated::One(*date),
        (several, Some(weekday)) => {
            let fits = several
                .iter()
                .copied()
                .filter(|date| date.weekday() == weekday);
            match fits.collect::<Vec<_>>()[..] {
                [date] => Dated::One(date),
                _ => Dated::Perhaps(dates),
            }
        }
        (_, None) => Dated::Perhaps(dates),
    }
}

/// The last such day that is not in the future: the question about it has it as its answer.
fn last_weekday(today: Date, weekday: Weekday) -> Dated {
    let days = (0..7_i64).filter_map(|days| today.checked_sub(days.days()).ok());
    let last = days.into_iter().find(|day| day.weekday() == weekday);
    Dated::Perhaps(last.into_iter().collect())
}

/// The months that a word may be.
fn month(word: &str, words: &Lexicon) -> Option<Vec<i8>> {
    let two = words
        .words
        .two_months
        .iter()
        .find(|(known, _)| fold(known) == fold(word));
    if let Some((_, months)) = two {
        return Some(months.to_vec());
    }
    let found = (1..).zip(&words.months).find(|(_, month)| month.has(word));
    found.map(|(month, _)| vec![month])
}

/// A month in Roman numerals, where people write them.
fn roman(word: &str, language: &str) -> Option<i8> {
    if !matches!(primary_language(language), "cs" | "sk" | "pl" | "hu" | "ro") {
        return None;
    }
    let numerals = [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii",
    ];
    (1..)
        .zip(numerals)
        .find(|(_, numeral)| *numeral == word)
        .map(|(month, _)| month)
}

/// Whether a word is "the first".
fn is_first(word: &str) -> bool {
    matches!(
        &*fold(word),
        "primeiro"
            | "intai"
            | "elsejen"
            | "elseje"
            | "prvniho"
            | "prveho"
            | "pierwszego"
            | "ersten"
            | "first"
    )
}

/// The dates of a day and a month in words.
fn named(months: &[i8], before: usize, numbers: &[(&str, bool)], today: Date) -> Vec<Date> {
    let (day, year) = match numbers {
        [(day, _)] if day.len() <= 2 => (*day, None),
        [(year, _), (day, _)] if year.len() == 4 && day.len() <= 2 => (*day, Some(*year)),
        [(day, _), (year, _)]
            if day.len() <= 2 && (year.len() == 4 || year.len() == 2 && before <= 1) =>
        {
            (*day, Some(*year))
        }
        _ => return Vec::new(),
    };
    let dates = months
        .iter()
        .filter_map(|month| date(year, &month.to_string(), day, today));
    dates.collect()
}

/// The dates of numbers alone.
fn numeric(numbers: &[(&str, bool)], order: Order, today: Date) -> Vec<Date> {
    let is_day = |digits: &str| digits.len() <= 2;
    let both = |year: Option<&str>, one: &str, other: &str| {
        // One part over 12 decides, where it is not certain which comes first.
        let day_first = date(year, other, one, today);
        let month_first = date(year, one, other, today);
        match order {
            Order::DayFirst => day_first.into_iter().collect(),
            Order::MonthFirst => month_first.or(day_first).into_iter().collect(),
            Order::YearFirst if year.is_some() => day_first.into_iter().collect(),
            Order::YearFirst => month_first.into_iter().collect(),
            Order::Unknown => {
                let mut dates: Vec<Date> = day_first.into_iter().chain(month_first).collect();
                dates.dedup();
                dates
            }
        }
    };
    match numbers {
        [(compact, _)] if compact.len() == 8 => {
            date(Some(&compact[..4]), &compact[4..6], &compact[6..], today)
                .into_iter()
                .collect()
        }
        [(year, _), (month, _), (day, _)] if year.len() == 4 && is_day(month) && is_day(day) => {
            date(Some(year), month, day, today).into_iter().collect()
        }
        [(year, _), (month, _), (day, _)]
            if order == Order::YearFirst && year.len() == 2 && is_day(month) && is_day(day) =>
        {
            date(Some(year), month, day, today).into_iter().collect()
        }
        [(one, _), (other, _), (year, _)]
            if is_day(one) && is_day(other) && matches!(year.len(), 2 | 4) =>
        {
            both(Some(year), one, other)
        }
        [(one, true), (other, _)] if is_day(one) && is_day(other) => both(None, one, other),
        _ => Vec::new(),
    }
}

/// A date; without a year the last such day that is not in the future.
fn date(year: Option<&str>, month: &str, day: &str, today: Date) -> Option<Date> {
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    match year {
        Some(year) if year.len() == 2 => {
            Date::new(2000 + year.parse::<i16>().ok()?, month, day).ok()
        }
        Some(year) => Date::new(year.parse().ok()?, month, day).ok(),
        // Eight years have a 29 February among them.
        None => (0..=8)
            .filter_map(|back| Date::new(today.year() - back, month, day).ok())
            .find(|date| *date <= today),
    }
}
