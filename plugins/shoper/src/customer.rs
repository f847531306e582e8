//! Customers: `list-customer-orders` and `find-customer`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};
use serde::Deserialize;
use serde_json::json;

use crate::list::{self, Ordered};
use crate::order::Order;
use crate::{Shop, api};

/// How far back orders may be listed, in months.
const MONTHS: i64 = 6;

#[derive(Params)]
pub(crate) struct Since {
    #[param(flatten)]
    customer: Customer,
    #[param(
        label(en = "Months", cs = "Měsíce", pl = "Miesiące"),
        help(
            en = "How many months back, from 1 to 6.",
            cs = "Kolik měsíců zpět, od 1 do 6.",
            pl = "Ile miesięcy wstecz, od 1 do 6."
        ),
        default = MONTHS
    )]
    months: i64,
}

#[derive(Params)]
pub(crate) struct Customer {
    #[param(
        label(en = "E-mail", cs = "E-mail", pl = "E-mail"),
        help(
            en = "The customer's e-mail. Whether capitals matter depends on the shop.",
            cs = "E-mail zákazníka. Zda záleží na velikosti písmen, záleží na obchodu.",
            pl = "E-mail klienta. Czy wielkość liter ma znaczenie, zależy od sklepu."
        ),
        personal
    )]
    email: Email,
}

impl Customer {
    /// The e-mail as it is asked for. Whether the API tells capitals from small
    /// letters is not documented, and most addresses have none.
    fn asked(&self) -> Result<String, Failure> {
        let email = self.email.as_str().trim().to_lowercase();
        if email.is_empty() {
            return Err(Failure::invalid_parameter("email", "is empty"));
        }
        Ok(email)
    }
}

#[derive(Fields)]
pub(crate) struct Orders {
    #[field(
        label(
            en = "Number of orders",
            cs = "Počet objednávek",
            pl = "Liczba zamówień"
        ),
        help(
            en = "How many orders the list holds.",
            cs = "Kolik objednávek seznam obsahuje.",
            pl = "Ile zamówień zawiera lista."
        )
    )]
    count: i64,
    #[field(
        label(en = "There are more", cs = "Jsou další", pl = "Są kolejne"),
        help(
            en = "Whether there may be more orders than the list holds: it ends after the 250 newest.",
            cs = "Zda může být objednávek víc, než seznam obsahuje: končí po 250 nejnovějších.",
            pl = "Czy zamówień może być więcej, niż zawiera lista: kończy się na 250 najnowszych."
        )
    )]
    more: bool,
    #[field(label(
        en = "Number of the newest order",
        cs = "Číslo nejnovější objednávky",
        pl = "Numer najnowszego zamówienia"
    ))]
    newest: String,
    #[field(
        label(en = "Orders", cs = "Objednávky", pl = "Zamówienia"),
        help(
            en = "The orders with this e-mail, newest first.",
            cs = "Objednávky s tímto e-mailem, od nejnovější.",
            pl = "Zamówienia z tym e-mailem, od najnowszego."
        )
    )]
    orders: Vec<Ordered>,
}

#[function(
    reads,
    label(
        en = "List the customer's orders",
        cs = "Vypsat objednávky zákazníka",
        pl = "Wypisz zamówienia klienta"
    ),
    help(
        en = "True with the orders with this e-mail of up to six months; false when there is none. \
              Show them only to a customer who has proven to be theirs.",
        cs = "Ano s objednávkami s tímto e-mailem až za šest měsíců; ne, když žádná není. Ukazujte je \
              jen zákazníkovi, který prokázal, že jsou jeho.",
        pl = "Tak z zamówieniami z tym e-mailem do sześciu miesięcy wstecz; nie, gdy nie ma żadnego. \
              Pokazuj je tylko klientowi, który udowodnił, że są jego."
    )
)]
pub(crate) fn list_customer_orders(shop: &Shop, asked: Since) -> Result<Outcome<Orders>, Failure> {
    let months = u32::try_from(asked.months).ok();
    let Some(months) = months.filter(|_| (1..=MONTHS).contains(&asked.months)) else {
        return Err(Failure::invalid_parameter("months", "is from 1 to 6"));
    };
    let since = shop.now().back(months, 0).clock();
    let filters = json!({ "email": asked.customer.asked()?, "date": { ">=": since } });
    let pages = api::pages(shop, list::PAGES, || {
        shop.get("webapi/rest/orders")
            .query("filters", &filters)
            .query("order", "date desc")
    })?;
    let found = api::kept(pages, |order: &Order| {
        // Dates of one form sort as moments do.
        let recent = order.date.required("date")? >= &since;
        Ok(recent && order.belongs_to(&asked.customer.email)?)
    })?;
    let mut orders = found.rows;
    list::distinct(&mut orders);
    let Some(newest) = orders.first() else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Orders {
        count: i64::try_from(orders.len()).unwrap_or(i64::MAX),
        more: found.more,
        newest: newest.number()?.clone(),
        orders: list::shown(shop, &orders)?,
    }))
}

/// A customer as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    user_id: Loose<String>,
    email: Loose<String>,
    firstname: Loose<String>,
    lastname: Loose<String>,
    registered: Loose<bool>,
    active: Loose<bool>,
    date_add: Loose<String>,
}

#[derive(Fields)]
pub(crate) struct Known {
    #[field(label(
        en = "Number of the customer",
        cs = "Číslo zákazníka",
        pl = "Numer klienta"
    ))]
    id: String,
    #[field(label(en = "First name", cs = "Jméno", pl = "Imię"), personal)]
    firstname: String,
    #[field(label(en = "Surname", cs = "Příjmení", pl = "Nazwisko"), personal)]
    lastname: String,
    #[field(
        label(en = "Registered", cs = "Registrovaný", pl = "Zarejestrowany"),
        help(
            en = "No for a customer who ordered as a guest.",
            cs = "Ne u zákazníka, který objednal jako host.",
            pl = "Nie, jeśli klient zamawiał jako gość."
        )
    )]
    registered: bool,
    #[field(label(en = "Active", cs = "Aktivní", pl = "Aktywny"))]
    active: bool,
    #[field(label(en = "Customer since", cs = "Zákazníkem od", pl = "Klient od"))]
    since: Option<Timestamp>,
}

/// The most pages of customers that are read: one e-mail is one customer, or a
/// few guests.
const CUSTOMER_PAGES: u32 = 2;

#[function(
    reads,
    label(en = "Find a customer", cs = "Najít zákazníka", pl = "Znajdź klienta"),
    help(
        en = "True with the customer who has this e-mail, a registered one before a guest; false when \
              there is none.",
        cs = "Ano se zákazníkem, který má tento e-mail, registrovaný má přednost před hostem; ne, \
              když žádný není.",
        pl = "Tak z klientem, który ma ten e-mail, zarejestrowany przed gościem; nie, gdy nie ma \
              żadnego."
    )
)]
pub(crate) fn find_customer(shop: &Shop, asked: Customer) -> Result<Outcome<Known>, Failure> {
    let filters = json!({ "email": asked.asked()? });
    let pages = api::pages(shop, CUSTOMER_PAGES, || {
        shop.get("webapi/rest/users").query("filters", &filters)
    })?;
    let found = api::kept(pages, |user: &User| {
        let own = user.email.known("email")?;
        Ok(own.is_some_and(|own| asked.email.is(own)))
    })?;
    let registered = |user: &&User| user.registered.value() == Some(&true);
    let users = found.rows;
    let Some(user) = users.iter().find(registered).or_else(|| users.first()) else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Known {
        id: user.user_id.required("user_id")?.clone(),
        firstname: user.firstname.text(),
        lastname: user.lastname.text(),
        registered: *user.registered.required("registered")?,
        active: *user.active.required("active")?,
        since: api::moment(shop, &user.date_add),
    }))
}
