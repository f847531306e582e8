//! Choices and buttons in the customer's own words.

use super::fold::fold;
use super::yes_no::{core, yes_no};
use crate::document::Text;
use crate::template::Scope;

/// A choice or a button that is offered.
#[derive(Debug, Clone)]
pub struct Offered<'a> {
    /// The value of the choice, or the id of the button.
    pub id: &'a str,
    /// The label as it is shown.
    pub label: String,
    /// Other words that mean it.
    pub keywords: Vec<String>,
}

impl<'a> Offered<'a> {
    /// What a choice or a button is called in a session.
    #[must_use]
    pub fn of(
        id: &'a str,
        label: &Text,
        keywords: Option<&Text>,
        scope: &Scope<'_>,
    ) -> Offered<'a> {
        let shown = |text: &Text| {
            let text = text.in_language(scope.language);
            text.map(|text| text.show(scope).text).unwrap_or_default()
        };
        let keywords = keywords.map(shown).unwrap_or_default();
        Offered {
            id,
            label: shown(label),
            keywords: keywords
                .split(',')
                .map(fold)
                .filter(|word| !word.is_empty())
                .collect(),
        }
    }

    /// Whether a folded text is the id, the label or a keyword.
    fn is_called(&self, folded: &str) -> bool {
        !folded.is_empty() && (fold(self.id) == folded || fold(&self.label) == folded)
            || self.keywords.iter().any(|word| word == folded)
    }
}

/// The place, from 0, of what was chosen in words. The first of these that fits one offer
/// alone decides: its id, label or keyword; yes or no, where the offers mean these; the
/// number of its place, where no offer is itself such a number; the beginning of its label;
/// a typing error in its label.
#[must_use]
pub fn chosen(answer: &str, offers: &[Offered<'_>], language: &str) -> Option<usize> {
    let typed = fold(answer);
    let core = fold(&core(answer, language));
    let forms = [typed.as_str(), core.as_str()];
    for form in forms {
        if let Some(index) = offers.iter().position(|offer| offer.is_called(form)) {
            return Some(index);
        }
    }
    if let Some(index) = by_yes_no(answer, offers, language) {
        return Some(index);
    }
    if let Some(place) = place(&typed) {
        let is_number = |offer: &Offered<'_>| {
            [self::place(offer.id), self::place(&fold(&offer.label))]
                .into_iter()
                .flatten()
                .any(|number| number < offers.len())
        };
        return (place < offers.len() && !offers.iter().any(is_number)).then_some(place);
    }
    forms
        .iter()
        .find_map(|form| by_beginning(form, offers).or_else(|| by_typing_error(form, offers)))
}

/// The place, from 0, that a number such as `2`, `2.` or `2)` names.
fn place(folded: &str) -> Option<usize> {
    let digits = folded.trim().trim_end_matches(['.', ')']);
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<usize>().ok()?.checked_sub(1)
}

/// The one of two offers that a yes or a no means.
fn by_yes_no(answer: &str, offers: &[Offered<'_>], language: &str) -> Option<usize> {
    let [one, other] = offers else { return None };
    let side = |offer: &Offered<'_>| {
        // "Ano, chci" and "Ne, děkuji" are a yes and a no, too.
        let first = offer
            .label
            .split([',', '.', '!'])
            .next()
            .unwrap_or_default();
        yes_no(&offer.label, language)
            .or_else(|| yes_no(first, language))
            .or(match offer.id {
                "yes" | "true" => Some(true),
                "no" | "false" => Some(false),
                _ => None,
            })
    };
    let said = yes_no(answer, language)?;
    match (side(one)?, side(other)?) {
        (true, false) => Some(usize::from(!said)),
        (false, true) => Some(usize::from(said)),
        (true, true) | (false, false) => None,
    }
}

fn only(mut found: impl Iterator<Item = usize>) -> Option<usize> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn by_beginning(typed: &str, offers: &[Offered<'_>]) -> Option<usize> {
    if typed.chars().count() < 2 {
        return None;
    }
    let begins = |(_, offer): &(usize, &Offered<'_>)| fold(&offer.label).starts_with(typed);
    only(
        offers
            .iter()
            .enumerate()
            .filter(begins)
            .map(|(index, _)| index),
    )
}

/// One slip from 5 letters on, two from 8 on; never a text with digits.
fn by_typing_error(typed: &str, offers: &[Offered<'_>]) -> Option<usize> {
    let most = match typed.chars().count() {
        0..5 => return None,
        5..8 => 1,
        8..=60 => 2,
        _ => return None,
    };
    if typed.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let near = |(_, offer): &(usize, &Offered<'_>)| {
        let names = std::iter::once(fold(&offer.label)).chain(offer.keywords.iter().cloned());
        names
            .filter(|name| name.chars().count() >= 5)
            .any(|name| strsim::osa_distance(&name, typed) <= most)
    };
    only(
        offers
            .iter()
            .enumerate()
            .filter(near)
            .map(|(index, _)| index),
    )
}
