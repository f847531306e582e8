//! A customer's orders: `list-customer-orders` and
//! `list-customer-orders-by-phone`.

use krabice_plugin::compare::same_phone;
use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Phone, function};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::archive::Rule;
use crate::order::{Order, find, searchable, with_email};
use crate::summary::{OrderSummary, Summariser};
use crate::{Shop, api, id};

#[derive(Params)]
pub(crate) struct ByEmail {
    /// E-mail
    ///
    /// Whoever types an e-mail need not own it: verify an order first.
    #[param(personal)]
    email: Email,
    /// Months back
    ///
    /// How far back orders are listed; 0 lists all.
    #[param(default = 3)]
    months: i64,
}

#[derive(Params)]
pub(crate) struct ByPhone {
    /// Phone
    ///
    /// With or without a prefix such as +48.
    #[param(personal)]
    phone: Phone,
}

#[derive(Fields)]
pub(crate) struct CustomerOrders {
    /// Number of orders
    count: usize,
    /// Orders
    orders: Vec<OrderSummary>,
    /// More exist
    ///
    /// The list is not whole: there are more orders than one call reads.
    more: bool,
}

/// The most answers of 100 orders that are read for a list. With [`SINGLES`] a call makes at most 25
/// requests, a quarter of the account's limit in a minute.
const PAGES: u32 = 3;

/// The most orders that are read one by one.
const SINGLES: usize = 20;

/// The most months back: a century. More can only be a mistake.
const MONTHS: i64 = 1200;

/// List the customer's orders
///
/// True with the orders that bear this e-mail, newest first; false when there is none. Archived
/// orders are marked by the connection's rule; whether Base gives orders that were moved to the
/// panel's archive is not documented.
#[function(
    reads,
    purposes(customer_orders_by_email),
    subject(customer = email),
    listing(order = orders, key = order_id)
)]
pub(crate) fn list_customer_orders(
    shop: &Shop,
    asked: ByEmail,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    searchable(&asked.email)?;
    let from = since(shop, asked.months)?;
    let mut filters = Map::new();
    if let Some(from) = from {
        filters.insert("date_from".to_owned(), json!(from));
    }
    let pages = with_email(shop, &asked.email, &filters, PAGES)?;
    let (mut orders, mut more) = (pages.items, !pages.whole);
    // A second search: it is not documented which of the two leaves out the archive, and the first
    // one gives the oldest orders when there are too many.
    let mut hits = Hits::default();
    for email in searchable(&asked.email)? {
        hits.search(shop, "getOrdersByEmail", &json!({ "email": email }))?;
    }
    hits.list
        .retain(|hit| from.is_none_or(|from| hit.added >= from) && !hit.is_among(&orders));
    more |= hits.list.len() > SINGLES || hits.odd.is_some();
    orders.extend(singles(shop, &hits.list)?);
    let (mut own, mut odd) = (Vec::new(), hits.odd);
    for order in orders {
        match order.belongs_to(&asked.email) {
            Ok(true) => own.push(order),
            Ok(false) => {}
            Err(why) => odd = Some(why),
        }
    }
    outcome(shop, rule, own, more, odd)
}

/// The orders with an e-mail that only the second search finds.
///
/// # Errors
/// There are more than are read, or a hit without a number, so that a missing order proves nothing.
pub(crate) fn unseen_with_email(
    shop: &Shop,
    email: &Email,
    seen: &[Order],
) -> Result<Vec<Order>, Failure> {
    let mut hits = Hits::default();
    for email in searchable(email)? {
        hits.search(shop, "getOrdersByEmail", &json!({ "email": email }))?;
    }
    hits.list.retain(|hit| !hit.is_among(seen));
    match hits.odd {
        Some(why) => Err(why),
        None if hits.list.len() > SINGLES => Err(Failure::unexpected_answer(
            "the search finds more orders than are read",
        )),
        None => singles(shop, &hits.list),
    }
}

/// The second from which orders are listed; `None` for all orders.
fn since(shop: &Shop, months: i64) -> Result<Option<i64>, Failure> {
    if months == 0 {
        return Ok(None);
    }
    let back = u32::try_from(months).ok().filter(|_| months <= MONTHS);
    let back = back.ok_or_else(|| {
        Failure::invalid_parameter("months", format!("is not between 0 and {MONTHS}"))
    })?;
    Ok(shop.now().back(back, 0).unix())
}

/// List the customer's orders by phone
///
/// True with the 20 newest orders that bear this phone number; false when there is none.
#[function(
    reads,
    purposes(customer_orders_by_phone),
    subject(customer = phone),
    listing(order = orders, key = order_id)
)]
pub(crate) fn list_customer_orders_by_phone(
    shop: &Shop,
    asked: ByPhone,
) -> Result<Outcome<CustomerOrders>, Failure> {
    let rule = Rule::of(shop.settings())?;
    let phone = asked.phone.as_str().trim();
    if !phone.contains(|letter: char| letter.is_ascii_digit()) {
        return Err(Failure::invalid_parameter("phone", "has no digit"));
    }
    let mut hits = Hits::default();
    for phone in spellings(phone, shop.language()) {
        hits.search(shop, "getOrdersByPhone", &json!({ "phone": phone }))?;
    }
    let more = hits.list.len() > SINGLES || hits.odd.is_some();
    let mut own = singles(shop, &hits.list)?;
    // It is not documented how the search compares, so a hit proves nothing.
    own.retain(|order| asked.phone.is(&order.phone.text()));
    outcome(shop, rule, own, more, hits.odd)
}

/// The most spellings of a phone number that are searched by.
const SPELLINGS: usize = 3;

/// The spellings of a phone number: as it was given, without the country code, and with it. It is not
/// documented which of them the search takes for the same.
fn spellings(given: &str, language: &str) -> Vec<String> {
    let digits: String = given.chars().filter(char::is_ascii_digit).collect();
    let international = given.starts_with('+') || digits.starts_with("00");
    let whole = digits.strip_prefix("00").unwrap_or(&digits);
    let mut spellings = vec![given.to_owned()];
    if international {
        // The host knows the countries: what is the same number without its first digits is the
        // number at home.
        let at_home = (1..=3).filter_map(|code| whole.get(code..));
        let at_home =
            at_home.filter(|rest| !rest.is_empty() && same_phone(&format!("+{whole}"), rest));
        spellings.extend(at_home.map(str::to_owned).take(1));
        spellings.push(format!("+{whole}"));
    } else {
        spellings.push(digits.clone());
        if let Some(code) = code_of(language) {
            let abroad = format!("+{code}{}", digits.trim_start_matches('0'));
            spellings.extend(same_phone(given, &abroad).then_some(abroad));
        }
    }
    let mut distinct: Vec<String> = Vec::new();
    for spelling in spellings {
        if !distinct.contains(&spelling) && distinct.len() < SPELLINGS {
            distinct.push(spelling);
        }
    }
    distinct
}

/// The country code of the customers of a language.
fn code_of(language: &str) -> Option<&'static str> {
    Some(match language.get(..2)? {
        "pl" => "48",
        "cs" => "420",
        "sk" => "421",
        "de" => "49",
        "hu" => "36",
        "ro" => "40",
        "pt" if language.eq_ignore_ascii_case("pt-br") => "55",
        "pt" => "351",
        _ => return None,
    })
}

/// The answer of a search, which gives only IDs and dates.
#[derive(Deserialize)]
struct SearchAnswer {
    orders: Vec<Part<Found>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    order_id: Loose<String>,
    date_add: Loose<i64>,
}

/// An order that a search found.
struct Hit {
    id: i64,
    added: i64,
}

impl Hit {
    fn read(found: &Found) -> Result<Self, Failure> {
        let id = id::number(found.order_id.required("order_id")?)
            .ok_or_else(|| Failure::unexpected_answer("`order_id` is not a number"))?;
        let added = *found.date_add.required("date_add")?;
        Ok(Self { id, added })
    }

    fn is_among(&self, orders: &[Order]) -> bool {
        let id = self.id.to_string();
        orders
            .iter()
            .any(|order| order.order_id.value() == Some(&id))
    }
}

/// What searches found, newest first.
#[derive(Default)]
struct Hits {
    list: Vec<Hit>,
    /// Why a hit was left out.
    odd: Option<Failure>,
}

impl Hits {
    /// Adds what one more search finds.
    fn search(
        &mut self,
        shop: &Shop,
        method: &'static str,
        parameters: &Json,
    ) -> Result<(), Failure> {
        let found: SearchAnswer = api::read(shop, method, parameters)?;
        let (listed, mut readable) = (found.orders.len(), 0);
        for found in found.orders {
            match Hit::read(&found.into_value().unwrap_or_default()) {
                Ok(hit) => {
                    readable += 1;
                    if !self.list.iter().any(|known| known.id == hit.id) {
                        self.list.push(hit);
                    }
                }
                Err(why) => self.odd = Some(why),
            }
        }
        // A list of which nothing can be read is no list.
        if let (Some(why), 0, 1..) = (&self.odd, readable, listed) {
            return Err(why.clone());
        }
        self.list
            .sort_by_key(|hit| std::cmp::Reverse((hit.added, hit.id)));
        Ok(())
    }
}

/// Loads the orders of the newest hits, with one request each.
fn singles(shop: &Shop, hits: &[Hit]) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::new();
    for hit in hits.iter().take(SINGLES) {
        orders.extend(find(shop, hit.id)?);
    }
    Ok(orders)
}

/// The list, without the orders that are odd. *False* needs the proof that none was left out.
fn outcome(
    shop: &Shop,
    rule: Rule,
    orders: Vec<Order>,
    more: bool,
    odd: Option<Failure>,
) -> Result<Outcome<CustomerOrders>, Failure> {
    if orders.is_empty() {
        return match (odd, more) {
            (Some(why), _) => Err(why),
            (None, true) => Err(Failure::unexpected_answer(
                "the search found more orders than are read, and none of those that were is the \
                 customer's",
            )),
            (None, false) => Ok(Outcome::False),
        };
    }
    let listed = Summariser::load(shop, rule)?.newest_first(orders);
    let orders = listed.orders;
    match listed.odd {
        Some(why) if orders.is_empty() => Err(why),
        left_out => Ok(Outcome::True(CustomerOrders {
            count: orders.len(),
            orders,
            more: more || odd.is_some() || left_out.is_some(),
        })),
    }
}
