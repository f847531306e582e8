//! Retino: claims and returns of a shop's customers.
//!
//! Retino calls them tickets; the scenarios and this plugin call them cases. Its
//! API finds them by a search in their texts, so a hit proves nothing: whether a
//! case is of this order and this customer is seen on the case itself, by exact
//! comparison.
//!
//! Not all of the API could be learnt from the vendor's public pages. What had to
//! be inferred stands in `mapping` and nowhere else: a correction there is a
//! correction of the plugin.
//!
//! Facts come from the vendor's help articles ("Tickets API", "Tracking API",
//! "Orders API", "Webhooks", "Ticket states and processes"; docs.retino.com) and
//! from what public clients of the API send and read.

mod api;
mod case;
mod mapping;
mod names;
mod state;

use krabice_plugin::{
    Authorisation, Context, Failure, Plugin, Secret, Settings, Url, export, functions,
};

use case::{find_case, load_customer_cases};
use state::change_case_state;

/// What a connection needs.
#[derive(Settings)]
pub struct Account {
    #[setting(
        address,
        label(en = "API address", cs = "Adresa API"),
        help(
            en = "The same for all accounts, so it rarely needs to be entered.",
            cs = "Je stejná pro všechny účty, málokdy ji je třeba zadat."
        ),
        default = "https://app.retino.com/api/v2"
    )]
    address: Url,
    #[setting(
        label(en = "API token", cs = "Token API"),
        help(
            en = "Shown in Retino under Settings > API. It belongs to one user in one account; \
                  renewing it ends the old one at once.",
            cs = "Je v Retinu v Nastavení > API. Patří jednomu uživateli v jednom účtu; jeho \
                  obnovení ten starý hned ukončí."
        )
    )]
    token: Secret,
}

/// An account in Retino.
type Desk = Context<Account>;

/// The plugin `retino`.
pub static RETINO: Plugin<Account> = Plugin::new(
    "retino",
    env!("CARGO_PKG_VERSION"),
    &[("en", "Retino"), ("cs", "Retino")],
)
.help(&[
    ("en", "Claims and returns of a shop's customers in Retino."),
    (
        "cs",
        "Reklamace a vrácení zboží zákazníků e-shopu v Retinu.",
    ),
])
// Help article "Tracking API": the sample, not the prose above it, which calls
// the header `Authentication`.
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

/// Proves address and token by the shortest list that there is.
fn probe(desk: &Desk) -> Result<String, Failure> {
    let Some(count) = api::count_of_states(desk)? else {
        return Ok(String::new());
    };
    Ok(if desk.language().starts_with("cs") {
        format!("počet stavů: {count}")
    } else {
        format!("number of states: {count}")
    })
}
