//! Numbers of orders, and how orders are found by them.

use krabice_plugin::{Choice, Failure, Params};

use crate::xml::{Node, node, text};
use crate::{Account, Unit};

/// The most characters of a number, by POHODA's schemas.
const NUMBER_MAX: usize = 32;
/// The column with the number of the customer's order (`ord:numberOrder`).
pub(crate) const SHOP_NUMBER_COLUMN: &str = "OBJ.PDoklad";

/// The kind of number that customers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum NumberKind {
    /// POHODA's own number
    Pohoda,
    /// The shop's number
    Shop,
    /// An id given at the import
    External,
}

/// The number of an order.
///
/// It holds only ASCII letters, digits, `/`, `_` and `-`. One kind of number goes into a condition in
/// SQL, where a customer's text must not have any other meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(String, Option<String>);

impl Number {
    /// Reads a number; `None` for a text with other characters or of another length.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        let fits = (1..=NUMBER_MAX).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned(), None))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The spellings by which the order is looked for in one request: as it was typed, in capitals, and
    /// with a dash where a space was typed. POHODA compares exactly.
    pub(crate) fn spellings(&self) -> Vec<String> {
        let typed = self.0.clone();
        let dashed = self.1.clone();
        let mut spellings = vec![typed.clone()];
        for other in [typed.to_uppercase()].into_iter().chain(dashed) {
            if !spellings.contains(&other) {
                spellings.push(other);
            }
        }
        spellings
    }

    /// Reads a number as people type it: with spaces, other dashes, a `#` or a word before it, a full
    /// stop behind it.
    fn typed(text: &str) -> Option<Self> {
        let dash = |letter: char| match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        };
        let unseen = |letter: &char| {
            !matches!(
                letter,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
            )
        };
        let text: String = text.chars().map(dash).filter(unseen).collect();
        let word = |part: &&str| {
            let digit = part.contains(|letter: char| letter.is_ascii_digit());
            !part.is_empty() && (digit || !part.ends_with(['.', ':']))
        };
        let around = |letter: char| !letter.is_alphanumeric();
        let parts: Vec<_> = text
            .split_whitespace()
            .filter(word)
            .map(|part| part.trim_matches(around))
            .filter(|part| !part.is_empty())
            .collect();
        let number = Self::of(&parts.concat())?;
        let dashed = Some(parts.join("-").to_uppercase()).filter(|_| parts.len() > 1);
        Some(Self(number.0, dashed))
    }

    /// The condition in SQL that a column holds this number.
    fn condition(&self, column: &str) -> String {
        format!("({column} = '{}')", self.0)
    }
}

/// The condition that a column holds one of these numbers.
pub(crate) fn any_of(numbers: &[Number], column: &str) -> Node {
    let conditions: Vec<_> = numbers
        .iter()
        .map(|number| number.condition(column))
        .collect();
    query(conditions.join(" OR "))
}

fn query(condition: String) -> Node {
    node("ftr:queryFilter").holding([
        text("ftr:filter", condition),
        text("ftr:textName", "Krabice"),
    ])
}

#[derive(Params)]
pub(crate) struct OrderNumber {
    /// Order number
    ///
    /// The number that customers know, by the connection's setting: letters without accents,
    /// digits, /, _ and -, at most 32. Capitals and spaces do not matter.
    order: String,
}

impl OrderNumber {
    /// Reads what a customer gave, without white space around it.
    ///
    /// Other characters are a failure, not *false*: POHODA allows them in numbers, so that they do
    /// not prove that there is no such order.
    pub(crate) fn read(&self) -> Result<Number, Failure> {
        read(&self.order)
    }
}

/// Reads the parameter `order`, as people type it.
pub(crate) fn read(given: &str) -> Result<Number, Failure> {
    match Number::typed(given) {
        Some(number) if Number::of(given.trim()).is_none() => Ok(number),
        Some(_) | None => exactly(given),
    }
}

/// Reads the parameter `order` for an order that gets this very number.
pub(crate) fn exactly(given: &str) -> Result<Number, Failure> {
    let given = given.trim();
    if given.is_empty() {
        return Err(Failure::invalid_parameter("order", "is empty"));
    }
    Number::of(given).ok_or_else(|| {
        Failure::invalid_parameter(
            "order",
            "holds other characters than letters, digits, `/`, `_` and `-`, or more than 32",
        )
    })
}

/// How orders are searched by number on a connection.
pub(crate) enum Search<'a> {
    Pohoda,
    Shop { column: &'a str },
    External { system: &'a str },
}

impl<'a> Search<'a> {
    pub(crate) fn of(unit: &'a Unit) -> Result<Self, Failure> {
        let settings: &Account = unit.settings();
        Ok(match settings.order_number {
            NumberKind::Pohoda => Self::Pohoda,
            NumberKind::Shop => Self::Shop {
                column: column(&settings.shop_number_column)?,
            },
            NumberKind::External => Self::External {
                system: settings.external_system()?,
            },
        })
    }

    /// The condition by which an order of this number is found.
    pub(crate) fn filter(&self, number: &Number) -> Node {
        match self {
            Self::Pohoda => {
                let numbers = number.spellings().into_iter().map(|spelling| {
                    node("ftr:number").holding([text("typ:numberRequested", spelling)])
                });
                node("ftr:filter").holding([node("ftr:selectedNumbers").holding(numbers)])
            }
            Self::Shop { column } => {
                let spellings = number.spellings();
                let spellings: Vec<_> = spellings.iter().filter_map(|it| Number::of(it)).collect();
                any_of(&spellings, column)
            }
            Self::External { system } => {
                node("ftr:filter").holding([external_id("ftr:extId", &number.0, system)])
            }
        }
    }

    /// The external system whose ids the answer has to contain.
    pub(crate) fn system(&self) -> Option<&'a str> {
        match self {
            Self::External { system } => Some(system),
            Self::Pohoda | Self::Shop { .. } => None,
        }
    }
}

/// The id of a record in another system.
pub(crate) fn external_id(name: &'static str, id: &str, system: &str) -> Node {
    node(name).holding([text("typ:ids", id), text("typ:exSystemName", system)])
}

/// Checks a column of the table of orders. The setting goes into SQL, too, and must not be more than
/// a name there.
fn column(name: &str) -> Result<&str, Failure> {
    let name = name.trim();
    let known = name.strip_prefix("OBJ.").is_some_and(|column| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (1..=64).contains(&column.len()) && column.bytes().all(allowed)
    });
    if known {
        Ok(name)
    } else {
        Err(Failure::invalid_parameter(
            "shop-number-column",
            "the connection's setting is not a column of the table OBJ, such as `OBJ.PDoklad`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allowed_characters_get_into_sql() {
        for number in ["26OP00042", "ES-5501", "a/b_c-D", &"9".repeat(32)] {
            assert_eq!(Number::of(number).unwrap().as_str(), number);
        }
        for number in [
            "",
            "' OR 1=1 --",
            "26'",
            "a b",
            "a;b",
            "a.b",
            "č1",
            "a\"",
            "a\\",
            "a%",
            "(1)",
            "a\n",
            &"9".repeat(33),
        ] {
            assert_eq!(Number::of(number), None, "{number}");
        }
        assert_eq!(
            Number::of("ES-1").unwrap().condition("OBJ.PDoklad"),
            "(OBJ.PDoklad = 'ES-1')"
        );
    }

    #[test]
    fn a_number_is_read_as_people_type_it() {
        for (typed, spellings) in [
            ("ES-5501", vec!["ES-5501"]),
            ("es-5501", vec!["es-5501", "ES-5501"]),
            ("ES 5501", vec!["ES5501", "ES-5501"]),
            ("ES-5501.", vec!["ES-5501"]),
            ("č. ES-5501", vec!["ES-5501"]),
            ("#ES\u{2011}5501", vec!["ES-5501"]),
            ("\u{201e}26OP00042\u{201c},", vec!["26OP00042"]),
            (" 26 OP 00042", vec!["26OP00042", "26-OP-00042"]),
        ] {
            assert_eq!(read(typed).unwrap().spellings(), spellings, "{typed}");
        }
        for other in [
            "",
            " ",
            "26'1",
            "' OR 1=1 --",
            "ES.5501",
            "č1",
            &"9".repeat(33),
        ] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_column_is_one_of_orders() {
        for name in ["OBJ.PDoklad", " OBJ.VPrEshop_1 "] {
            assert_eq!(column(name), Ok(name.trim()));
        }
        for name in [
            "",
            "PDoklad",
            "FA.Cislo",
            "OBJ.",
            "OBJ.a = 1 OR OBJ.b",
            "OBJ.a'",
            "obj.PDoklad",
        ] {
            assert!(column(name).is_err(), "{name}");
        }
    }
}
