//! The settings by which a test changes the accounting unit and its mServer.

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
    /// The name of the unit's company.
    pub(super) company: String,
    /// The accounting year.
    pub(super) year: String,
    /// Whether the user may open the unit. If not, 403.
    pub(super) may_open: bool,
    /// Whether the user may import XML. If not, packs are refused as a whole.
    pub(super) may_import: bool,
    /// The ids of the existing print forms.
    pub(super) reports: Vec<i64>,
    /// The only folder to which POHODA may write.
    pub(super) folder: String,
    /// Whether an invoice created from an order is among the order's links.
    pub(super) links_invoices: bool,
    /// The number of the order that such an invoice has, which is not documented.
    pub(super) invoice_bears: OrderNumber,
    /// Whether such an invoice marks the order as executed.
    pub(super) transfer_executes: bool,
    /// Whether such an invoice updates the time of the order's last change.
    pub(super) transfer_is_a_change: bool,
    /// Whether answers are compressed if the client asks for it.
    pub(super) compresses: bool,
}

/// A number of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OrderNumber {
    /// The order's own number.
    Number,
    /// The number of the order in the shop.
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
            invoice_bears: OrderNumber::Number,
            transfer_executes: true,
            transfer_is_a_change: true,
            compresses: true,
        }
    }
}
