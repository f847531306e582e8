//! The accounting unit behind a connection: its test.

use krabice_plugin::Failure;

use crate::{Unit, answer};

/// Proves address, login and right to the unit by one request, which tells the
/// unit only to those who may see it.
pub(crate) fn probe(unit: &Unit) -> Result<String, Failure> {
    let response = unit.get("status?companyDetail").send()?;
    let status = answer::document(&response)?;
    let known = status.name() == "mServer" && status.text_at(&["status"]).is_some();
    let detail = status.child("companyDetail").filter(|_| known);
    let Some(detail) = detail else {
        return Err(response.unexpected("the answer is no status of an mServer with its unit"));
    };
    let told = ["company", "year", "databaseName"];
    let mut parts: Vec<_> = told
        .iter()
        .filter_map(|name| detail.text_at(&[name]))
        .collect();
    parts.extend(status.text_at(&["status"]));
    Ok(parts.join(", "))
}
