//! The test of a connection to an accounting unit.

use krabice_plugin::Failure;

use crate::{Unit, answer};

/// Proves address, login and the right to the unit by one request, which is answered with the unit
/// only to a user with that right.
pub(crate) fn probe(unit: &Unit) -> Result<String, Failure> {
    let response = unit.get("status?companyDetail").send()?;
    let status = answer::document(&response)?;
    let known = status.name() == "mServer" && status.text_at(&["status"]).is_some();
    let detail = status.child("companyDetail").filter(|_| known);
    let Some(detail) = detail else {
        return Err(response.unexpected("the answer is not the status of an mServer with its unit"));
    };
    let shown = ["company", "year", "databaseName"];
    let mut parts: Vec<_> = shown
        .iter()
        .filter_map(|name| detail.text_at(&[name]))
        .collect();
    parts.extend(status.text_at(&["status"]));
    Ok(parts.join(", "))
}
