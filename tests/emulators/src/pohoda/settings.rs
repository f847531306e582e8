//! What a test may change about the accounting unit and its mServer.

use serde::{Deserialize, Serialize};

/// The emulated unit's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The user of POHODA.
    pub(super) user: String,
    /// The user's password.
    pub(super) password: String,
    /// The unit's company number.
    pub(super) ico: String,
    /// The unit's company.
    pub(super) company: String,
    /// The accounting year.
    pub(super) year: String,
    /// Whether the user may open the unit; if not, 403.
    pub(super) may_open: bool,
    /// Whether the user may import XML; if not, packs are refused as a whole.
    pub(super) may_import: bool,
    /// The ids of the print forms that there are.
    pub(super) reports: Vec<i64>,
    /// The folder that POHODA may write to.
    pub(super) folder: String,
    /// Whether an invoice made of an order is among the order's links.
    pub(super) links_invoices: bool,
    /// Which number of the order such an invoice bears: neither is documented.
    pub(super) invoice_bears: Bears,
    /// Whether the transfer to an invoice ticks the order as executed.
    pub(super) transfer_executes: bool,
    /// Whether it moves the order's time of the last change.
    pub(super) transfer_is_a_change: bool,
    /// Whether answers are compressed where the client asks for it.
    pub(super) compresses: bool,
}

/// A number of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Bears {
    /// The order's own.
    Number,
    /// The customer's.
    NumberOrder,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user: "krabice".to_owned(),
            password: "demo-password-of-the-pohoda-emulator".to_owned(),
            ico: "12345678".to_owned(),
            company: "Kavárna s.r.o.".to_owned(),
            year: "2026".to_owned(),
            may_open: true,
            may_import: true,
            reports: vec![5],
            folder: "C:\\Windows\\Temp".to_owned(),
            links_invoices: true,
            invoice_bears: Bears::Number,
            transfer_executes: true,
            transfer_is_a_change: true,
            compresses: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;

    #[test]
    fn documented_defaults_hold() {
        let settings: Settings = serde_json::from_value(json!({})).unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(
            serde_json::to_value(settings).unwrap(),
            json!({
                "user": "krabice", "password": "demo-password-of-the-pohoda-emulator", "ico": "12345678",
                "company": "Kavárna s.r.o.", "year": "2026", "may_open": true, "may_import": true,
                "reports": [5], "folder": "C:\\Windows\\Temp", "links_invoices": true,
                "invoice_bears": "number", "transfer_executes": true, "transfer_is_a_change": true,
                "compresses": true,
            })
        );
    }
}
