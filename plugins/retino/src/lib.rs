//! Retino: claims and returns of a shop's customers.
//!
//! Retino calls them tickets; the scenarios and this plugin call them cases. The API finds them by a
//! search in their texts, so a hit proves nothing: the order and the customer of a case are compared
//! exactly with those on the case itself.
//!
//! The vendor's public pages do not document the whole API. All that had to be inferred is in
//! `mapping`, so that a correction there corrects the plugin.
//!
//! Facts come from the vendor's help articles ("Tickets API", "Tracking API", "Orders API",
//! "Webhooks", "Ticket states and processes"; docs.retino.com) and from the requests and answers of
//! public clients of the API.

mod api;
mod case;
mod mapping;
mod names;
mod state;

use krabice_plugin::{
    Authorisation, Context, Failure, Plugin, Secret, Settings, Url, export, functions, localised,
    texts,
};

use case::{find_case, load_customer_cases};
use state::change_case_state;

/// The settings of a connection.
#[derive(Settings)]
pub struct Account {
    /// API address
    ///
    /// The same for all accounts, so it rarely needs to be entered.
    #[setting(address, default = "https://app.retino.com/api/v2")]
    address: Url,
    /// API token
    ///
    /// Shown in Retino under Settings > API. It belongs to one user in one account; renewing it
    /// ends the old one at once.
    token: Secret,
}

/// An account in Retino.
type Desk = Context<Account>;

/// The plugin `retino`.
pub static RETINO: Plugin<Account> = Plugin::new(
    "retino",
    env!("CARGO_PKG_VERSION"),
    texts!("plugin.label", "Retino"),
)
.help(texts!(
    "plugin.help",
    "Claims and returns of a shop's customers in Retino."
))
// From the sample in the help article "Tracking API". The prose above the sample calls the header
// `Authentication`.
.authorisation(Authorisation::Header {
    name: "Authorization",
    prefix: "Token ",
    setting: "token",
})
.functions(functions![
    find_case,
    change_case_state,
    load_customer_cases,
])
.probe(probe);

export!(RETINO);

/// Proves address and token by the shortest list of the API.
fn probe(desk: &Desk) -> Result<String, Failure> {
    let Some(count) = api::count_of_states(desk)? else {
        return Ok(String::new());
    };
    Ok(localised!(
        desk.language(),
        "probe.states",
        "number of states: {count}"
    ))
}
