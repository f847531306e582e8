//! Orders: their form in the API, how they are found, and what they cost.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Decimal, Email, Failure, Page, Pages, Params, Timestamp, Url, amount};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::{Shop, api, id};

/// An order as the API answers it. Numbers and flags come as such or as texts, so that every single
/// value is read loosely.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) order_id: Loose<String>,
    pub(crate) shop_order_id: Loose<String>,
    pub(crate) external_order_id: Loose<String>,
    pub(crate) order_source: Loose<String>,
    pub(crate) order_status_id: Loose<String>,
    pub(crate) date_add: Loose<i64>,
    pub(crate) date_confirmed: Loose<i64>,
    pub(crate) date_in_status: Loose<i64>,
    confirmed: Loose<bool>,
    pub(crate) user_login: Loose<String>,
    pub(crate) currency: Loose<String>,
    pub(crate) payment_method: Loose<String>,
    pub(crate) payment_method_cod: Loose<bool>,
    payment_done: Loose<Decimal>,
    pub(crate) user_comments: Loose<String>,
    pub(crate) admin_comments: Loose<String>,
    email: Loose<String>,
    pub(crate) phone: Loose<String>,
    pub(crate) delivery_method: Loose<String>,
    delivery_price: Loose<Decimal>,
    pub(crate) delivery_fullname: Loose<String>,
    pub(crate) delivery_company: Loose<String>,
    pub(crate) delivery_address: Loose<String>,
    pub(crate) delivery_postcode: Loose<String>,
    pub(crate) delivery_city: Loose<String>,
    pub(crate) delivery_state: Loose<String>,
    pub(crate) delivery_country: Loose<String>,
    pub(crate) delivery_country_code: Loose<String>,
    pub(crate) delivery_point_id: Loose<String>,
    pub(crate) delivery_point_name: Loose<String>,
    pub(crate) delivery_point_address: Loose<String>,
    pub(crate) delivery_point_postcode: Loose<String>,
    pub(crate) delivery_point_city: Loose<String>,
    pub(crate) invoice_fullname: Loose<String>,
    pub(crate) invoice_company: Loose<String>,
    pub(crate) invoice_nip: Loose<String>,
    pub(crate) invoice_address: Loose<String>,
    pub(crate) invoice_postcode: Loose<String>,
    pub(crate) invoice_city: Loose<String>,
    pub(crate) invoice_state: Loose<String>,
    pub(crate) invoice_country: Loose<String>,
    pub(crate) invoice_country_code: Loose<String>,
    pub(crate) want_invoice: Loose<bool>,
    pub(crate) extra_field_1: Loose<String>,
    pub(crate) extra_field_2: Loose<String>,
    pub(crate) order_page: Loose<String>,
    // Recorded answers and the vendor's table have `_state`, the vendor's sample has `_status`.
    pick_state: Loose<String>,
    pick_status: Loose<String>,
    pack_state: Loose<String>,
    pack_status: Loose<String>,
    products: Part<Vec<Part<Line>>>,
}

/// A line of an order.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) name: Loose<String>,
    pub(crate) attributes: Loose<String>,
    pub(crate) sku: Loose<String>,
    pub(crate) ean: Loose<String>,
    price_brutto: Loose<Decimal>,
    tax_rate: Loose<Decimal>,
    quantity: Loose<Decimal>,
}

impl Line {
    /// The price of one piece with VAT, without the noise of PHP's floating point numbers.
    pub(crate) fn price(&self, currency: &str) -> Option<Decimal> {
        Some(amount::exact(*self.price_brutto.value()?, currency))
    }

    pub(crate) fn quantity(&self) -> Option<Decimal> {
        self.quantity.value().copied().map(amount::exact_quantity)
    }

    /// The rate of VAT in per cent; `None` for the codes -1 (exempt), -0.02 (not subject) and -0.03
    /// (reverse charge), which stand in the place of a rate.
    pub(crate) fn vat(&self) -> Option<Decimal> {
        percent(&self.tax_rate)
    }
}

/// A rate of VAT; `None` for what is no rate.
fn percent(rate: &Loose<Decimal>) -> Option<Decimal> {
    let rate = amount::exact_quantity(*rate.value()?);
    (Decimal::ZERO..=Decimal::ONE_HUNDRED)
        .contains(&rate)
        .then_some(rate)
}

/// The amount that may be missing from an order that is paid in full.
const HUNDREDTH: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

impl Order {
    pub(crate) fn id(&self) -> Result<&String, Failure> {
        self.order_id.required("order_id")
    }

    /// The number in the shop, if there is one.
    pub(crate) fn shop_order(&self) -> Option<String> {
        id::optional(&self.shop_order_id)
    }

    /// The number in the marketplace, if there is one.
    pub(crate) fn external_order(&self) -> Option<String> {
        id::optional(&self.external_order_id)
    }

    /// What stands in the place of the e-mail; `None` for an order without one. Marketplaces and staff
    /// may write anything there.
    fn email_field(&self) -> Result<Option<&String>, Failure> {
        self.email.known("email")
    }

    /// The e-mail on the order, if what stands there is one.
    pub(crate) fn email(&self) -> Option<Email> {
        Email::parse(self.email.value()?)
    }

    /// Whether this e-mail is the one on the order.
    pub(crate) fn belongs_to(&self, email: &Email) -> Result<bool, Failure> {
        Ok(self.email_field()?.is_some_and(|own| email.is_in(own)))
    }

    /// The moment at which it was added.
    pub(crate) fn created(&self) -> Result<Timestamp, Failure> {
        self.date_add.required("date_add")?;
        moment(&self.date_add)
            .ok_or_else(|| Failure::unexpected_answer("`date_add` is not a moment"))
    }

    /// Whether it is confirmed. The vendor's own sample has no flag: a confirmed order has a date.
    pub(crate) fn is_confirmed(&self) -> bool {
        let flag = self.confirmed.value().copied();
        flag.unwrap_or_else(|| moment(&self.date_confirmed).is_some())
    }

    /// How far it is picked; empty where Base does not tell.
    pub(crate) fn picked(&self) -> String {
        either(&self.pick_state, &self.pick_status)
    }

    /// How far it is packed; empty where Base does not tell.
    pub(crate) fn packed(&self) -> String {
        either(&self.pack_state, &self.pack_status)
    }

    /// The lines of the order; `None` where Base does not tell them, or not one of them.
    fn all_lines(&self) -> Option<Vec<&Line>> {
        self.products.value()?.iter().map(Part::value).collect()
    }

    /// The lines of the order that Base tells.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        let lines = self.products.value().into_iter().flatten();
        lines.filter_map(Part::value)
    }

    fn amount(&self, amount: &Loose<Decimal>) -> Option<Decimal> {
        Some(amount::exact(*amount.value()?, &self.currency.text()))
    }

    /// The price of delivery, which an unfinished order does not have yet.
    pub(crate) fn delivery_price(&self) -> Option<Decimal> {
        self.amount(&self.delivery_price)
    }

    /// The total price, which the API does not give: the exact sum of all lines and the delivery.
    /// `None` where a part of it is not known.
    pub(crate) fn total(&self) -> Option<Decimal> {
        let currency = self.currency.text();
        let mut total = self.delivery_price()?;
        for line in self.all_lines()? {
            let price = line.price(&currency)?.checked_mul(line.quantity()?)?;
            total = total.checked_add(price)?;
        }
        Some(total)
    }

    /// The paid amount.
    pub(crate) fn paid(&self) -> Option<Decimal> {
        self.amount(&self.payment_done)
    }

    /// Whether it is paid in full; `None` where the total or the paid amount is not known.
    pub(crate) fn is_paid(&self) -> Option<bool> {
        let (paid, total) = (self.paid()?, self.total()?);
        Some(paid.checked_add(HUNDREDTH)? >= total)
    }

    /// Its page in the panel, for the staff. The API does not give it; the form of the link comes
    /// from programs that make such links.
    pub(crate) fn panel_link(&self, shop: &Shop) -> Result<Url, Failure> {
        let panel = shop.settings().panel_address.as_str().trim_end_matches('/');
        let link = format!("{panel}/orders.php#order:{}", self.id()?);
        Url::parse(link)
            .ok_or_else(|| Failure::invalid_parameter("panel-address", "is not an address"))
    }
}

/// The first of two places that has a text.
fn either(one: &Loose<String>, other: &Loose<String>) -> String {
    one.value().or(other.value()).cloned().unwrap_or_default()
}

/// Reads a moment: seconds since 1970 in UTC. `None` for 0, which is none, and for what is no moment.
pub(crate) fn moment(seconds: &Loose<i64>) -> Option<Timestamp> {
    let seconds = *seconds.value()?;
    Timestamp::from_unix(seconds).filter(|_| seconds != 0)
}

/// An order by its number in Base.
#[derive(Params)]
pub(crate) struct OrderId {
    /// Order ID in Base
    ///
    /// The number that Base itself gives to an order, such as the one that Verify an order answers.
    order: String,
}

impl OrderId {
    /// The number; `None` for a text that cannot be the number of an order.
    pub(crate) fn read(&self) -> Result<Option<i64>, Failure> {
        id::read("order", &self.order)
    }

    /// Finds the order; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Order>, Failure> {
        self.read()?.map_or(Ok(None), |id| find(shop, id))
    }
}

#[derive(Deserialize)]
struct Orders {
    orders: Vec<Part<Order>>,
}

/// The most orders of one answer.
pub(crate) const PAGE: usize = 100;

/// One answer of `getOrders`. What is no order becomes one that tells nothing.
///
/// # Errors
/// No item is an order with a number: the answer proves nothing.
pub(crate) fn page(shop: &Shop, parameters: Json) -> Result<Vec<Order>, Failure> {
    let found: Orders = api::read(shop, "getOrders", &parameters)?;
    let orders = found.orders.into_iter().map(Part::into_value);
    let orders: Vec<Order> = orders.map(Option::unwrap_or_default).collect();
    match orders.first() {
        Some(first) if orders.iter().all(|order| order.id().is_err()) => first.id().map(drop)?,
        Some(_) | None => {}
    }
    Ok(orders)
}

/// Finds an order by its number in Base; `None` on proof that there is none.
pub(crate) fn find(shop: &Shop, id: i64) -> Result<Option<Order>, Failure> {
    let asked = json!({ "order_id": id, "get_unconfirmed_orders": true });
    let found = page(shop, asked)?;
    if found.is_empty() {
        return Ok(None);
    }
    let id = id.to_string();
    let own = found
        .into_iter()
        .find(|order| order.order_id.value() == Some(&id));
    own.map(Some)
        .ok_or_else(|| Failure::unexpected_answer("getOrders: other orders than the one asked for"))
}

/// Finds all orders that fit the filters, also unconfirmed ones, in answers of 100. Each begins with
/// the number after the highest one so far.
pub(crate) fn find_all(
    shop: &Shop,
    filters: Map<String, Json>,
    most: u32,
) -> Result<Pages<Order>, Failure> {
    let mut from = None;
    Pages::read(most, |_| {
        let mut asked = filters.clone();
        asked.insert("get_unconfirmed_orders".to_owned(), true.into());
        if let Some(from) = from {
            asked.insert("id_from".to_owned(), Json::from(from));
        }
        let items = page(shop, asked.into())?;
        let mut last = None;
        for order in &items {
            last = last.max(order.order_id.value().and_then(|id| id::number(id)));
        }
        let more = items.len() >= PAGE;
        if more {
            let last = last.filter(|last| from.is_none_or(|from| *last >= from));
            let Some(last) = last else {
                return Err(Failure::unexpected_answer(
                    "getOrders: the next page does not continue the list",
                ));
            };
            from = Some(last + 1);
        }
        Ok(Page { items, more })
    })
}

/// The longest e-mail that orders can be searched by, in characters.
const EMAIL: usize = 50;

/// The spellings of an e-mail for a search: in small letters, and as it was typed. Whether the search
/// minds capitals is not documented.
///
/// # Errors
/// The e-mail is too long for the search, so that finding nothing would prove nothing.
pub(crate) fn searchable(email: &Email) -> Result<Vec<String>, Failure> {
    let typed = email.as_str().trim();
    if typed.chars().count() > EMAIL {
        return Err(Failure::invalid_parameter(
            "email",
            "is longer than the 50 letters that Base can search by",
        ));
    }
    let mut spellings = vec![typed.to_lowercase(), typed.to_owned()];
    spellings.dedup();
    Ok(spellings)
}

/// Finds the orders with an e-mail, also unconfirmed ones, by all its spellings.
pub(crate) fn with_email(
    shop: &Shop,
    email: &Email,
    filters: &Map<String, Json>,
    most: u32,
) -> Result<Pages<Order>, Failure> {
    let mut found = Pages {
        items: Vec::new(),
        read: 0,
        whole: true,
    };
    for spelling in searchable(email)? {
        let mut asked = Map::from_iter([("filter_email".to_owned(), spelling.into())]);
        asked.extend(filters.clone());
        let pages = find_all(shop, asked, most)?;
        found.read += pages.read;
        found.whole &= pages.whole;
        for order in pages.items {
            let known = |other: &Order| other.order_id.value() == order.order_id.value();
            if order.order_id.value().is_none() || !found.items.iter().any(known) {
                found.items.push(order);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: Json) -> Order {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn total(json: Json) -> Option<String> {
        order(json).total().map(|total| total.to_string())
    }

    #[test]
    fn a_total_is_exact_whatever_form_its_parts_have() {
        let lines = json!([
            { "price_brutto": "0.10", "quantity": 3 },
            { "price_brutto": 0.2, "quantity": "1" },
            { "price_brutto": 19.99, "quantity": "2.5" },
        ]);
        let parts = json!({ "delivery_price": "14.90", "products": lines });
        assert_eq!(total(parts), Some("65.375".to_owned()));
    }

    #[test]
    fn an_amount_has_no_binary_noise() {
        let lines = json!([{ "price_brutto": 19.989999771118164, "quantity": 2 }]);
        let parts = json!({ "delivery_price": 9.989999771118164, "payment_done": 49.970001220703125,
            "currency": "PLN", "products": lines });
        assert_eq!(total(parts.clone()), Some("49.97".to_owned()));
        assert_eq!(order(parts.clone()).paid().unwrap().to_string(), "49.97");
        assert_eq!(order(parts).is_paid(), Some(true));
    }

    #[test]
    fn a_total_with_an_unknown_part_is_not_known() {
        for parts in [
            json!({ "delivery_price": 1 }),
            json!({ "products": [] }),
            json!({ "delivery_price": null, "products": [] }),
            json!({ "delivery_price": "", "products": [] }),
            json!({ "delivery_price": "?", "products": [] }),
            json!({ "delivery_price": 1, "products": "" }),
            json!({ "delivery_price": 1, "products": [null] }),
            json!({ "delivery_price": 1, "products": [{ "price_brutto": 1 }] }),
            json!({ "delivery_price": 1, "products": [{ "quantity": 1 }] }),
            json!({ "delivery_price": "9999999999999999999999999999", "products": [
                { "price_brutto": "9999999999999999999999999999", "quantity": 9 },
            ] }),
        ] {
            assert_eq!(total(parts.clone()), None, "{parts}");
        }
    }

    #[test]
    fn a_code_of_vat_is_no_rate() {
        let vat = |rate: Json| {
            order(json!({ "products": [{ "tax_rate": rate }] }))
                .lines()
                .next()?
                .vat()
        };
        for code in [
            json!(-1),
            json!(-0.02),
            json!("-0.03"),
            json!(101),
            json!("zw"),
            json!(""),
        ] {
            assert_eq!(vat(code.clone()), None, "{code}");
        }
        assert_eq!(vat(json!(23)), Some(Decimal::from(23)));
        assert_eq!(vat(json!("0")), Some(Decimal::ZERO));
    }

    #[test]
    fn an_order_without_the_flag_is_confirmed_by_its_date() {
        assert!(order(json!({ "date_confirmed": 1790951130 })).is_confirmed());
        assert!(!order(json!({ "date_confirmed": 0 })).is_confirmed());
        assert!(!order(json!({ "confirmed": "0", "date_confirmed": 1 })).is_confirmed());
    }

    #[test]
    fn states_of_picking_are_read_in_both_spellings() {
        let both = order(json!({ "pick_state": 1, "pick_status": "2", "pack_status": "3" }));
        assert_eq!(
            (both.picked(), both.packed()),
            ("1".to_owned(), "3".to_owned())
        );
    }

    #[test]
    fn a_hundredth_may_be_missing_and_no_more() {
        let paid = |done: &str| {
            let parts = json!({ "payment_done": done, "delivery_price": "254.90", "products": [] });
            order(parts).is_paid()
        };
        assert_eq!(paid("254.90"), Some(true));
        assert_eq!(paid("254.89"), Some(true));
        assert_eq!(paid("254.88"), Some(false));
        assert_eq!(paid("300"), Some(true));
        assert_eq!(paid("0"), Some(false));
        assert_eq!(paid(""), None);
    }
}
