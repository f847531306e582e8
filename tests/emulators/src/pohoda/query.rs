//! SQL conditions, as far as a careful client needs them.

/// A column that conditions may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    OrderId,
    OrderNumber,
    /// The number of the order in the shop.
    ShopNumber,
    InvoiceId,
    InvoiceNumber,
    /// The number of the order on an invoice.
    OrderOfInvoice,
}

/// Names from clients' code: the vendor's pages do not have them.
const COLUMNS: &[(&str, Column)] = &[
    ("OBJ.ID", Column::OrderId),
    ("OBJ.Cislo", Column::OrderNumber),
    ("OBJ.PDoklad", Column::ShopNumber),
    ("FA.ID", Column::InvoiceId),
    ("FA.Cislo", Column::InvoiceNumber),
    ("FA.CisloObj", Column::OrderOfInvoice),
];

/// The most characters of a value.
const VALUE_MAX: usize = 32;

/// Whether a condition holds for a record whose columns are given. A condition is
/// comparisons `(COLUMN = 'value')` joined by `OR`. A column that the record does not
/// have is an error, as in a database.
pub(super) fn holds(
    condition: &str,
    column: &dyn Fn(Column) -> Option<String>,
) -> Result<bool, String> {
    let mut any = false;
    for comparison in condition.split(" OR ") {
        let (name, value) = comparison
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix("')"))
            .and_then(|rest| rest.split_once(" = '"))
            .ok_or_else(|| format!("not a comparison: {comparison}"))?;
        let (_, known) = COLUMNS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| format!("no such column: {name}"))?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
        if !(1..=VALUE_MAX).contains(&value.len()) || !value.bytes().all(allowed) {
            return Err(format!("not on the whitelist: {value}"));
        }
        let own = column(*known).ok_or_else(|| format!("not of this agenda: {name}"))?;
        // POHODA's databases compare without case.
        any |= own.eq_ignore_ascii_case(value);
    }
    Ok(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_order(condition: &str) -> Result<bool, String> {
        holds(condition, &|column| match column {
            Column::OrderId => Some("812".to_owned()),
            Column::OrderNumber => Some("26OP00042".to_owned()),
            Column::ShopNumber => Some("ES-5501".to_owned()),
            Column::InvoiceId | Column::InvoiceNumber | Column::OrderOfInvoice => None,
        })
    }

    #[test]
    fn comparisons_are_joined_by_or() {
        assert_eq!(of_order("(OBJ.PDoklad = 'ES-5501')"), Ok(true));
        assert_eq!(of_order("(OBJ.PDoklad = 'es-5501')"), Ok(true));
        assert_eq!(
            of_order("(OBJ.PDoklad = 'x') OR (OBJ.ID = '812')"),
            Ok(true)
        );
        assert_eq!(of_order("(OBJ.PDoklad = 'x') OR (OBJ.ID = '1')"), Ok(false));
    }

    #[test]
    fn anything_else_is_refused() {
        for condition in [
            "",
            "1 = 1",
            "(OBJ.PDoklad = '')",
            "(OBJ.PDoklad = 'a b')",
            "(OBJ.PDoklad = 'a' OR '1' = '1')",
            "(OBJ.Firma = 'a')",
            "(FA.Cislo = 'a')",
            "OBJ.PDoklad = 'a'",
            "(OBJ.PDoklad = 'a') AND (OBJ.ID = '1')",
        ] {
            assert!(of_order(condition).is_err(), "{condition}");
        }
    }
}
