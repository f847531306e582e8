//! E-mail addresses, also out of sentences and in words.

use std::sync::LazyLock;

use email_address::{EmailAddress, Options};
use krabice_contract::Value;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::words::{Lexicon, all};
use super::{Reading, Understood};

/// What is understood of an answer that shall have an address.
pub(super) fn read(answer: &str, words: &'static Lexicon) -> Understood {
    let text: String = answer
        .chars()
        .map(|c| match c {
            '＠' => '@',
            '．' | '。' => '.',
            c if c.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    if text.contains("@@") {
        return Understood::Nothing;
    }
    let (mut found, sure) = if text.contains('@') {
        (written(&text), true)
    } else {
        match spoken(&text, words) {
            Some((address, sure)) => (vec![address], sure),
            None => (Vec::new(), true),
        }
    };
    if found.len() != 1 {
        return Understood::of(found.into_iter().map(Reading::text).collect());
    }
    let address = found.remove(0);
    if !sure {
        return Understood::Meant {
            reading: Reading::text(address),
            otherwise: None,
        };
    }
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let plain: String = local.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let nearest = nearest_domain(domain, words);
    if plain == local && nearest.is_none() {
        return Understood::Value(Value::Text(address));
    }
    let better = format!("{plain}@{}", nearest.unwrap_or(domain));
    // Where only the domain is in doubt, the question names only the domain.
    let label = match nearest {
        Some(nearest) if plain == local => nearest.to_owned(),
        _ => better.clone(),
    };
    Understood::Meant {
        reading: Reading {
            label,
            value: Value::Text(better),
        },
        otherwise: Some(Value::Text(address)),
    }
}

/// The addresses with an `@` in a text, each once.
fn written(text: &str) -> Vec<String> {
    static STRICT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"([^\s@<>()\[\]{},;:"„“”«»‚‘’']+)@([\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+|[\p{L}\p{M}\p{N}-]+(?:,[\p{L}\p{M}\p{N}-]+)+)"#,
        )
        .expect("the pattern is valid: each answer is searched by it")
    });
    static LOOSE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"([^\s@<>()\[\]{},;:"„“”«»‚‘’']+)\s*@\s*([\p{L}\p{M}\p{N}-]+(?:\s*[.,]\s*[\p{L}\p{M}\p{N}-]+)+)"#,
        )
        .expect("the pattern is valid: each answer is searched by it")
    });
    let mut found: Vec<String> = Vec::new();
    for pattern in [&*STRICT, &*LOOSE] {
        for parts in pattern.captures_iter(text) {
            let domain: String = parts[2].chars().filter(|c| *c != ' ').collect();
            // Behind the domain another sign shows that the address goes on.
            let end = parts.get(0).map_or(0, |whole| whole.end());
            if text[end..].starts_with('@') {
                continue;
            }
            let Some(address) = address(&parts[1], &domain.replace(',', ".")) else {
                continue;
            };
            let known = |known: &String| krabice_contract::compare::same_email(known, &address);
            if !found.iter().any(known) {
                found.push(address);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// A valid address: what stands before `@` as it was typed, the domain in lower case.
fn address(local: &str, domain: &str) -> Option<String> {
    let local = local.trim_matches(['.', '*', '`', '!', '?']);
    let domain = without_ending(domain).to_lowercase();
    let address = format!("{local}@{domain}");
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    EmailAddress::parse_with_options(&address, options).ok()?;
    Some(address)
}

/// A domain without a Hungarian ending behind its last part: `citromail.hu-ra`.
fn without_ending(domain: &str) -> &str {
    let Some((head, last)) = domain.rsplit_once('.') else {
        return domain;
    };
    match last.split_once('-') {
        Some((last, _)) if !last.is_empty() && !last.starts_with("xn") => {
            &domain[..head.len() + 1 + last.len()]
        }
        _ => domain,
    }
}

/// An address in words, such as `jana zavináč seznam tečka cz`, and whether it is surely one.
fn spoken(text: &str, words: &Lexicon) -> Option<(String, bool)> {
    let spaced: String = text
        .chars()
        .flat_map(|c| match c {
            '(' | '[' | '{' => vec![' ', '('],
            ')' | ']' | '}' => vec![')', ' '],
            other => vec![other],
        })
        .collect();
    let parts: Vec<Part<'_>> = spaced
        .split_whitespace()
        .map(|word| part(word, words))
        .collect();
    let at = parts
        .iter()
        .position(|part| matches!(part, Part::At { .. }))?;
    let Part::At { is_sure } = parts[at] else {
        return None;
    };
    let mut local = atom(parts.get(at.checked_sub(1)?)?)?.to_owned();
    let mut from = at - 1;
    while let Some(before) = from.checked_sub(2)
        && let (Part::Sign(sign), Some(word)) = (&parts[from - 1], atom(&parts[before]))
    {
        local = format!("{word}{sign}{local}");
        from = before;
    }
    let mut domain = atom(parts.get(at + 1)?)?.to_owned();
    let mut to = at + 2;
    let mut has_dot_word = false;
    while let (Some(Part::Sign(sign)), Some(word)) =
        (parts.get(to), parts.get(to + 1).and_then(atom))
    {
        domain = format!("{domain}{sign}{word}");
        has_dot_word |= *sign == '.';
        to += 2;
    }
    let domain = domain.trim_end_matches(['.', ',', '!', '?', ';', ')']);
    let address = address(&local, domain)?;
    Some((address, is_sure || has_dot_word))
}

/// A word of an address in words.
enum Part<'a> {
    /// The sign `@`; sure where no sentence has the word.
    At {
        is_sure: bool,
    },
    Sign(char),
    Word(&'a str),
}

fn part<'a>(word: &'a str, words: &Lexicon) -> Part<'a> {
    let bare = word.trim_matches(['(', ')']);
    let brackets = bare.len() < word.len();
    let any = |of: fn(&Lexicon) -> &super::words::Phrases| {
        of(words).has(bare) || brackets && all().any(|words| of(words).has(bare))
    };
    if any(|words| &words.at) {
        let is_sure = brackets || bare != "at";
        Part::At { is_sure }
    } else if any(|words| &words.dot) {
        Part::Sign('.')
    } else if words.dash.has(bare) {
        Part::Sign('-')
    } else if words.underscore.has(bare) {
        Part::Sign('_')
    } else {
        Part::Word(word)
    }
}

fn atom<'a>(part: &Part<'a>) -> Option<&'a str> {
    match part {
        Part::Word(word) => Some(word),
        Part::At { .. } | Part::Sign(_) => None,
    }
}

/// The common domain that a domain is probably a slip for. Never for one that is itself
/// common anywhere.
fn nearest_domain(domain: &str, words: &'static Lexicon) -> Option<&'static str> {
    fn domains(words: &Lexicon) -> impl Iterator<Item = &'static str> {
        words.words.domains.split(',').map(str::trim)
    }
    let misspelt = |words: &Lexicon| {
        words.words.misspelt.split(';').find_map(|row| {
            let (wrong, right) = row.split_once('>')?;
            wrong
                .split_whitespace()
                .any(|wrong| wrong == domain)
                .then_some(right.trim())
        })
    };
    let english = super::words::lexicon("en");
    let is_known = |words: &Lexicon| domains(words).any(|known| known == domain);
    if all().any(is_known) {
        return None;
    }
    let own = misspelt(words).or_else(|| misspelt(english));
    own.or_else(|| all().find_map(misspelt)).or_else(|| {
        let name = |domain: &str| domain.split('.').next().unwrap_or_default().to_owned();
        let near = |known: &&str| {
            name(known).chars().count() >= 5
                && name(known) != name(domain)
                && strsim::osa_distance(known, domain) == 1
        };
        let mut lists = std::iter::once(words)
            .chain(std::iter::once(english))
            .chain(all());
        lists.find_map(|words| domains(words).find(near))
    })
}
