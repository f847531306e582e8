//! Orders: their form in the API, how they are found, and what they cost.

use krabice_plugin::json::Loose;
use krabice_plugin::{Decimal, Email, Failure, Page, Pages, Params, Timestamp, Url};
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
    pub(crate) confirmed: Loose<bool>,
    pub(crate) user_login: Loose<String>,
    pub(crate) currency: Loose<String>,
    pub(crate) payment_method: Loose<String>,
    pub(crate) payment_method_cod: Loose<bool>,
    pub(crate) payment_done: Loose<Decimal>,
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
    pub(crate) pick_status: Loose<String>,
    pub(crate) pack_status: Loose<String>,
    pub(crate) products: Option<Vec<Line>>,
}

/// A line of an order.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) name: Loose<String>,
    pub(crate) attributes: Loose<String>,
    pub(crate) sku: Loose<String>,
    pub(crate) ean: Loose<String>,
    pub(crate) price_brutto: Loose<Decimal>,
    pub(crate) tax_rate: Loose<Decimal>,
    pub(crate) quantity: Loose<Decimal>,
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

    /// The e-mail on the order; `None` for an order without one.
    pub(crate) fn email(&self) -> Result<Option<&String>, Failure> {
        self.email.known("email")
    }

    /// Whether this e-mail is the one on the order.
    pub(crate) fn belongs_to(&self, email: &Email) -> Result<bool, Failure> {
        Ok(self.email()?.is_some_and(|own| email.is(own)))
    }

    /// The moment at which it was added.
    pub(crate) fn created(&self) -> Result<Timestamp, Failure> {
        moment(&self.date_add, "date_add")?
            .ok_or_else(|| Failure::unexpected_answer("`date_add` is empty in the answer"))
    }

    /// The lines of the order.
    pub(crate) fn lines(&self) -> Result<&[Line], Failure> {
        self.products
            .as_deref()
            .ok_or_else(|| Failure::unexpected_answer("the answer lacks `products`"))
    }

    /// The price of delivery.
    pub(crate) fn delivery_price(&self) -> Result<Decimal, Failure> {
        self.delivery_price.required("delivery_price").copied()
    }

    /// The total price, which the API does not give: the exact sum of all lines and the delivery.
    pub(crate) fn total(&self) -> Result<Decimal, Failure> {
        let mut total = self.delivery_price()?;
        for line in self.lines()? {
            let price = *line.price_brutto.required("price_brutto")?;
            let quantity = *line.quantity.required("quantity")?;
            total = price
                .checked_mul(quantity)
                .and_then(|price| total.checked_add(price))
                .ok_or_else(|| {
                    Failure::unexpected_answer("the total of the order has too many digits")
                })?;
        }
        Ok(total)
    }

    /// The paid amount.
    pub(crate) fn paid(&self) -> Result<Decimal, Failure> {
        self.payment_done.required("payment_done").copied()
    }

    /// Whether it is paid in full.
    pub(crate) fn is_paid(&self) -> Result<bool, Failure> {
        let paid = self.paid()?;
        let total = self.total()?;
        Ok(paid
            .checked_add(HUNDREDTH)
            .is_some_and(|paid| paid >= total))
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

/// Reads a moment: seconds since 1970 in UTC, or 0 for none.
pub(crate) fn moment(seconds: &Loose<i64>, name: &str) -> Result<Option<Timestamp>, Failure> {
    match seconds.known(name)? {
        None | Some(0) => Ok(None),
        Some(seconds) => Timestamp::from_unix(*seconds)
            .map(Some)
            .ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is not a moment"))),
    }
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
    orders: Vec<Order>,
}

/// The most orders of one answer.
pub(crate) const PAGE: usize = 100;

/// One answer of `getOrders`.
pub(crate) fn page(shop: &Shop, parameters: Json) -> Result<Vec<Order>, Failure> {
    api::read(shop, "getOrders", &parameters).map(|found: Orders| found.orders)
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
            last = last.max(id::number(order.id()?));
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

/// The e-mail for a search.
///
/// # Errors
/// The e-mail is too long for the search, so that finding nothing would prove nothing.
pub(crate) fn searchable(email: &Email) -> Result<&str, Failure> {
    let email = email.as_str().trim();
    if email.chars().count() > EMAIL {
        return Err(Failure::invalid_parameter(
            "email",
            "is longer than the 50 letters that Base can search by",
        ));
    }
    Ok(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: Json) -> Order {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn total(json: Json) -> Result<String, Failure> {
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
        assert_eq!(total(parts), Ok("65.375".to_owned()));
    }

    #[test]
    fn a_total_with_an_unknown_part_is_a_failure() {
        for parts in [
            json!({ "delivery_price": 1 }),
            json!({ "products": [] }),
            json!({ "delivery_price": 1, "products": [{ "price_brutto": 1 }] }),
            json!({ "delivery_price": 1, "products": [{ "quantity": 1 }] }),
            json!({ "delivery_price": "9999999999999999999999999999", "products": [
                { "price_brutto": "9999999999999999999999999999", "quantity": 9 },
            ] }),
        ] {
            let outcome = total(parts.clone());
            assert!(
                matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
                "{parts}: {outcome:?}"
            );
        }
    }

    #[test]
    fn a_hundredth_may_be_missing_and_no_more() {
        let paid = |done: &str| {
            let parts = json!({ "payment_done": done, "delivery_price": "254.90", "products": [] });
            order(parts).is_paid()
        };
        assert_eq!(paid("254.90"), Ok(true));
        assert_eq!(paid("254.89"), Ok(true));
        assert_eq!(paid("254.88"), Ok(false));
        assert_eq!(paid("300"), Ok(true));
        assert_eq!(paid("0"), Ok(false));
    }
}
