//! The words of each language, as people type them.

mod cs;
mod de;
mod en;
mod hu;
mod pl;
mod pt;
mod ro;
mod sk;

use std::collections::HashSet;
use std::sync::LazyLock;

use krabice_contract::name::primary_language;

use super::fold::{fold, with_marks};

/// The words of a language. Where nothing else is said, a text has several words or phrases
/// apart by commas; each stands for its forms without marks too.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    /// What is neither yes nor no although it has words of them.
    pub(super) unclear: &'static str,
    /// Polite words around an answer.
    pub(super) fillers: &'static str,
    pub(super) thanks: &'static str,
    /// Words for an order; `*` at the end stands for any ending.
    pub(super) order: &'static str,
    /// Words for things that have other numbers: invoices, parcels, customers, ….
    pub(super) other: &'static str,
    /// Words for "number".
    pub(super) number: &'static str,
    /// Words that may stand between one of the above and the number.
    pub(super) between: &'static str,
    /// The sign `@` in words.
    pub(super) at: &'static str,
    pub(super) dot: &'static str,
    pub(super) dash: &'static str,
    pub(super) underscore: &'static str,
    /// Common domains of e-mail addresses.
    pub(super) domains: &'static str,
    /// Misspelt domains: `wrong wrong > right`, apart by semicolons.
    pub(super) misspelt: &'static str,
    /// The twelve months. The first word of each stands beside a day.
    pub(super) months: [&'static str; 12],
    /// Whether the second word of a month is its name where it stands beside no day.
    pub(super) months_have_cases: bool,
    /// A date with its day `{d}`, its month `{m}`, or `{M}` with a capital letter, and its year `{y}`.
    pub(super) date_form: &'static str,
    /// Words that may be two months, each with the numbers of both.
    pub(super) two_months: &'static [(&'static str, [i8; 2])],
    /// The seven days of the week, Monday first. The first word of each is its name.
    pub(super) weekdays: [&'static str; 7],
    /// Their short names in a text.
    pub(super) short_weekdays: [&'static str; 7],
    /// What follows the number of a day in a month.
    pub(super) ordinal: fn(i8) -> &'static str,
    /// From the day before yesterday to the day after tomorrow.
    pub(super) days: [&'static str; 5],
    /// Words before a number of days that have passed.
    pub(super) ago_before: &'static str,
    /// Words for days after that number, with what says that they have passed.
    pub(super) ago_after: &'static str,
    /// Words around a date that mean nothing for it.
    pub(super) around_dates: &'static str,
    /// The numbers from one to ten.
    pub(super) counts: [&'static str; 10],
    /// Units that may stand behind a number.
    pub(super) units: &'static str,
    /// Words for a thousand.
    pub(super) thousand: &'static str,
    /// What one comma with three digits behind it is.
    pub(super) comma: Mark,
    /// What one point with three digits behind it is.
    pub(super) point: Mark,
}

/// The meaning of a mark in a number with three digits behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It stands between groups of digits.
    Groups,
    /// It stands before the fraction.
    Fraction,
    /// It may be either.
    Either,
}

/// The words of a language in the form in which they are compared.
pub(crate) struct Lexicon {
    pub(super) words: Words,
    pub(super) yes: Phrases,
    pub(super) no: Phrases,
    pub(super) unclear: Phrases,
    pub(super) fillers: Phrases,
    pub(super) thanks: Phrases,
    pub(super) order: Stems,
    pub(super) other: Stems,
    pub(super) number: Phrases,
    pub(super) between: Phrases,
    pub(super) at: Phrases,
    pub(super) dot: Phrases,
    pub(super) dash: Phrases,
    pub(super) underscore: Phrases,
    pub(super) months: [Phrases; 12],
    pub(super) weekdays: [Phrases; 7],
    pub(super) days: [Phrases; 5],
    pub(super) ago_before: Phrases,
    pub(super) ago_after: Phrases,
    pub(super) around_dates: Phrases,
    pub(super) counts: [Phrases; 10],
    pub(super) units: Phrases,
    pub(super) thousand: Phrases,
}

/// Words and phrases.
pub(super) struct Phrases {
    folded: HashSet<String>,
    /// Words of one letter, with their marks.
    letters: HashSet<String>,
    /// The number of words in the longest one.
    pub(super) longest: usize,
}

/// Words, some of them beginnings.
pub(super) struct Stems {
    whole: Phrases,
    beginnings: Vec<String>,
}

impl Phrases {
    pub(super) fn of(list: &str) -> Phrases {
        let mut phrases = Phrases {
            folded: HashSet::new(),
            letters: HashSet::new(),
            longest: 1,
        };
        for phrase in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let folded = fold(phrase);
            phrases.longest = phrases.longest.max(folded.split(' ').count());
            if folded.chars().count() == 1 && folded.chars().all(char::is_alphabetic) {
                phrases.letters.insert(with_marks(phrase));
            } else {
                phrases.folded.insert(folded);
            }
        }
        phrases
    }

    /// Whether a text, as it was typed, is one of them.
    pub(super) fn has(&self, typed: &str) -> bool {
        let folded = fold(typed);
        if folded.chars().count() == 1 && folded.chars().all(char::is_alphabetic) {
            self.letters.contains(&with_marks(typed))
        } else {
            self.folded.contains(&folded)
        }
    }
}

impl Stems {
    fn of(list: &str) -> Stems {
        let (beginnings, whole): (Vec<&str>, Vec<&str>) = list
            .split(',')
            .partition(|word| word.trim_end().ends_with('*'));
        Stems {
            whole: Phrases::of(&whole.join(",")),
            beginnings: beginnings
                .iter()
                .map(|word| fold(word.trim_end().trim_end_matches('*')))
                .collect(),
        }
    }

    /// Whether a word, as it was typed, is one of them.
    pub(super) fn has(&self, typed: &str) -> bool {
        let folded = fold(typed);
        self.whole.has(typed) || self.beginnings.iter().any(|stem| folded.starts_with(stem))
    }
}

impl Lexicon {
    /// The name of a month from 1, as it stands in a text: beside a day, or without one.
    pub(crate) fn month(&self, month: i8, beside_day: bool) -> String {
        let which = usize::from(self.words.months_have_cases && !beside_day);
        self.name(self.words.months[index(month)], which)
    }

    /// The name of a day of the week, from 1 for Monday.
    pub(crate) fn weekday(&self, day: i8) -> String {
        self.name(self.words.weekdays[index(day)], 0)
    }

    /// The short name of a day of the week, from 1 for Monday.
    pub(crate) fn short_weekday(&self, day: i8) -> &'static str {
        self.words.short_weekdays[index(day)]
    }

    /// What follows the number of a day in a month: `.`, `th`.
    pub(crate) fn ordinal(&self, day: i8) -> &'static str {
        (self.words.ordinal)(day)
    }

    /// One of several words, with a capital letter where the language writes names so.
    fn name(&self, words: &'static str, which: usize) -> String {
        let mut words = words.split(',').map(str::trim);
        let word = words.nth(which).unwrap_or_default();
        if !self.words.date_form.contains("{M}") {
            return word.to_owned();
        }
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect()
    }

    /// The words of a language, with the English ones that people write in every language.
    fn of(words: Words) -> Lexicon {
        let with = |own: &str, common: &str| Phrases::of(&format!("{own}, {common}"));
        Lexicon {
            words,
            yes: with(words.yes, "yes, yeah, yep, ok, okay, oki, 👍"),
            no: with(words.no, "nope, 👎"),
            unclear: Phrases::of(words.unclear),
            fillers: with(words.fillers, "please, pls"),
            thanks: with(words.thanks, "thanks, thank you, thx"),
            order: Stems::of(&format!("{}, order, order number", words.order)),
            other: Stems::of(&format!(
                "{}, tracking*, iban, awb, awb-ul, invoice*",
                words.other
            )),
            number: with(words.number, "nr, no, #, id"),
            between: Phrases::of(words.between),
            at: Phrases::of(words.at),
            dot: Phrases::of(words.dot),
            dash: Phrases::of(words.dash),
            underscore: Phrases::of(words.underscore),
            months: words.months.map(Phrases::of),
            weekdays: words.weekdays.map(Phrases::of),
            days: words.days.map(Phrases::of),
            ago_before: Phrases::of(words.ago_before),
            ago_after: Phrases::of(words.ago_after),
            around_dates: Phrases::of(words.around_dates),
            counts: words.counts.map(Phrases::of),
            units: with(words.units, "x, kg, g, l, ml, m, cm, mm"),
            thousand: Phrases::of(words.thousand),
        }
    }
}

/// The place of a month or of a day of the week that is counted from 1.
fn index(number: i8) -> usize {
    usize::from(number.unsigned_abs()).saturating_sub(1)
}

/// The words of all languages, the one of the widest use first.
static LEXICONS: LazyLock<Vec<(&str, Lexicon)>> = LazyLock::new(|| {
    [
        ("en", en::WORDS),
        ("cs", cs::WORDS),
        ("sk", sk::WORDS),
        ("pl", pl::WORDS),
        ("pt", pt::PORTUGAL),
        ("pt-br", pt::BRAZIL),
        ("de", de::WORDS),
        ("hu", hu::WORDS),
        ("ro", ro::WORDS),
    ]
    .map(|(language, words)| (language, Lexicon::of(words)))
    .into()
});

/// The words of a language; the English ones for a language that is not known.
pub(crate) fn lexicon(language: &str) -> &'static Lexicon {
    let language = language.to_ascii_lowercase();
    let of = |tag: &str| LEXICONS.iter().find(|(known, _)| *known == tag);
    let found = of(&language).or_else(|| of(primary_language(&language)));
    &found.unwrap_or(&LEXICONS[0]).1
}

/// The words of all languages.
pub(super) fn all() -> impl Iterator<Item = &'static Lexicon> {
    LEXICONS.iter().map(|(_, lexicon)| lexicon)
}
