//! Numbers of orders, and by which of them orders are known.

use krabice_plugin::{Choice, Failure, Params};

use crate::xml::{Node, node, text};
use crate::{Account, Unit};

/// The most characters of a number: what POHODA's schemas allow.
const NUMBER_MAX: usize = 32;
/// Where POHODA keeps the number of the customer's order (`ord:numberOrder`).
pub(crate) const SHOP_NUMBER_COLUMN: &str = "OBJ.PDoklad";

/// Which number customers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum NumberKind {
    #[choice(label(
        en = "POHODA's own number",
        cs = "Číslo dokladu v POHODĚ",
        sk = "Číslo dokladu v POHODE"
    ))]
    Pohoda,
    #[choice(label(
        en = "The shop's number",
        cs = "Číslo z e-shopu",
        sk = "Číslo z e-shopu"
    ))]
    Shop,
    #[choice(label(
        en = "An id given at the import",
        cs = "Externí ID zadané při importu",
        sk = "Externé ID zadané pri importe"
    ))]
    External,
}

/// The number of an order that somebody asks about.
///
/// It holds nothing but ASCII letters, digits, `/`, `_` and `-`: one kind of
/// number goes into a condition in SQL, and nothing of what a customer types may
/// mean anything there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(String);

impl Number {
    /// A number, if these characters can be one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        let fits = (1..=NUMBER_MAX).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A condition in SQL that a column holds this number.
    fn condition(&self, column: &str) -> String {
        format!("({column} = '{}')", self.0)
    }
}

/// A condition that one of these numbers stands in a column.
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
    #[param(
        label(en = "Order number", cs = "Číslo objednávky", sk = "Číslo objednávky"),
        help(
            en = "The number that customers know, by the connection's setting: letters without \
                  accents, digits, /, _ and -, at most 32.",
            cs = "Číslo, které zákazníci znají, podle nastavení připojení: písmena bez diakritiky, \
                  číslice, /, _ a -, nejvýš 32.",
            sk = "Číslo, ktoré zákazníci poznajú, podľa nastavenia pripojenia: písmená bez \
                  diakritiky, číslice, /, _ a -, najviac 32."
        )
    )]
    order: String,
}

impl OrderNumber {
    /// Reads what a customer gave; white space around it does not count.
    ///
    /// Other characters are a failure, not *false*: POHODA allows them in numbers,
    /// so that nothing proves that there is no such order.
    pub(crate) fn read(&self) -> Result<Number, Failure> {
        read(&self.order)
    }
}

/// Reads the parameter `order`.
pub(crate) fn read(given: &str) -> Result<Number, Failure> {
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

/// How orders are looked for on a connection.
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
            Self::Pohoda => node("ftr:filter").holding([node("ftr:selectedNumbers")
                .holding([node("ftr:number").holding([text("typ:numberRequested", &number.0)])])]),
            Self::Shop { column } => any_of(std::slice::from_ref(number), column),
            Self::External { system } => {
                node("ftr:filter").holding([external_id("ftr:extId", &number.0, system)])
            }
        }
    }

    /// The external system whose ids the answer shall tell.
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

/// A column of the table of orders. The operator's word goes into SQL, too, and
/// must not be more than a name there.
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
            "the connection's setting is no column of the table OBJ, such as `OBJ.PDoklad`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_into_sql_but_the_whitelist() {
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
