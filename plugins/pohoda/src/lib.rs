//! POHODA: received orders and issued invoices of one accounting unit, by the XML of its mServer.
//!
//! The API reads and creates; it cannot edit an order, mark it as executed or cancel it. The README
//! says what the functions do instead. *False* needs proof: an empty list, another e-mail, another
//! state.
//!
//! Facts come from STORMWARE's pages for developers ("POHODA mServer", "Základní struktura XML
//! dokumentu", "Podrobnosti zpracování"), from its published schemas (state of April 2025), and from
//! public clients where both are silent.

mod amount;
mod answer;
mod cancel;
mod changes;
mod create;
mod detail;
mod invoice;
mod issue;
mod number;
mod order;
mod pack;
mod print;
mod unit;
mod windows_1250;
mod xml;

use krabice_plugin::{
    Authorisation, Context, Failure, Limits, Plugin, Secret, Settings, Url, export, functions,
    texts,
};

use cancel::may_order_be_cancelled;
use changes::list_orders_changed_since;
use create::create_order;
use detail::{is_order_in_state, load_order, load_order_parameter, verify_order};
use invoice::load_invoice;
use issue::issue_invoice;
use number::NumberKind;
use print::{email_invoice, load_invoice_pdf};

/// The settings of a connection.
#[derive(Settings)]
#[allow(
    rustdoc::bare_urls,
    reason = "the doc comments are texts for operators"
)]
pub struct Account {
    /// Address of the mServer
    ///
    /// Computer and port of the mServer, without a path, such as http://192.168.1.10:444
    #[setting(address)]
    address: Url,
    /// User
    ///
    /// A user of POHODA, not of Windows, with letters without accents. Make one for Krabice alone,
    /// with the rights to XML and to received orders and issued invoices.
    user: String,
    /// Password
    ///
    /// The password of the same user, with letters without accents.
    password: Secret,
    /// Company number
    ///
    /// The IČO of the accounting unit that the mServer serves.
    ico: String,
    /// Home currency
    ///
    /// The code of the unit's currency, CZK or EUR: POHODA does not tell it.
    #[setting(default = "CZK")]
    currency: String,
    /// Which number customers know
    ///
    /// By which number functions look for an order.
    #[setting(default = "pohoda")]
    order_number: NumberKind,
    /// External system
    ///
    /// The name under which orders were imported with an external id. Needed where customers know
    /// that id; where it is given, created orders get one.
    external_system: Option<String>,
    /// Column of the shop's number
    ///
    /// Where received orders hold the shop's number in the database, such as OBJ.PDoklad. POHODA
    /// can filter by it in SQL alone.
    #[setting(default = "OBJ.PDoklad")]
    shop_number_column: String,
    /// Print form of invoices
    ///
    /// The id of the print form, from its properties in POHODA. Needed for the PDF of an invoice
    /// and for sending it.
    invoice_report: Option<i64>,
    /// Folder for PDF files
    ///
    /// A folder of the computer that POHODA runs on, where its user may write. POHODA makes each
    /// PDF there and removes it again.
    #[setting(default = "C:\\Windows\\Temp")]
    pdf_folder: String,
    /// Issue invoices
    ///
    /// Whether scenarios may issue invoices, which are tax documents and move stock.
    #[setting(default = "false")]
    issue_invoices: bool,
}

impl Account {
    /// The external system.
    ///
    /// # Errors
    /// The connection has none.
    fn external_system(&self) -> Result<&str, Failure> {
        let system = self.external_system.as_deref().map(str::trim);
        system
            .filter(|system| !system.is_empty())
            .ok_or_else(|| missing_setting("external-system"))
    }
}

/// The failure for a missing setting that only some functions need.
fn missing_setting(name: &str) -> Failure {
    Failure::invalid_parameter(name, "is not among the connection's settings")
}

/// An accounting unit of POHODA.
type Unit = Context<Account>;

/// The plugin `pohoda`.
pub static POHODA: Plugin<Account> = Plugin::new(
    "pohoda",
    env!("CARGO_PKG_VERSION"),
    texts!("plugin.label", "POHODA"),
)
.help(texts!(
    "plugin.help",
    "Received orders and issued invoices of an accounting unit of POHODA."
))
.authorisation(Authorisation::Basic {
    header: "STW-Authorization",
    username: "user",
    password: "password",
})
// POHODA works on one request after the other: more at once would only wait there.
.limits(Limits {
    requests_at_once: Some(1),
    ..Limits::NONE
})
.functions(functions![
    verify_order,
    load_order,
    is_order_in_state,
    load_order_parameter,
    list_orders_changed_since,
    load_invoice,
    load_invoice_pdf,
    email_invoice,
    create_order,
    issue_invoice,
    may_order_be_cancelled,
])
.feeds(&[changes::ORDERS])
.probe(unit::probe);

export!(POHODA);
