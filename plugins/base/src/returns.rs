//! Returns: their form in the API, and `list-returns`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{
    Choice, Decimal, Failure, Fields, Outcome, Page, Pages, Params, Timestamp, amount, function,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::order::{OrderId, PAGE, moment};
use crate::status::{CurrentStatus, Statuses};
use crate::{Shop, api, id};

/// A return, as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Return {
    return_id: Loose<String>,
    order_id: Loose<String>,
    reference_number: Loose<String>,
    pub(crate) status_id: Loose<String>,
    date_add: Loose<i64>,
    date_in_status: Loose<i64>,
    currency: Loose<String>,
    refunded: Loose<Decimal>,
    fulfillment_status: Loose<i64>,
    pub(crate) delivery_package_module: Loose<String>,
    pub(crate) delivery_package_nr: Loose<String>,
    products: Part<Vec<Part<Product>>>,
}

/// A line of a return. Its key is left out: sources disagree about it, and nothing needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product {
    name: Loose<String>,
    sku: Loose<String>,
    attributes: Loose<String>,
    price_brutto: Loose<Decimal>,
    quantity: Loose<Decimal>,
    return_reason_id: Loose<String>,
}

#[derive(Deserialize)]
struct ReturnsAnswer {
    returns: Vec<Part<Return>>,
}

/// One answer of `getOrderReturns`.
fn page(shop: &Shop, asked: &Json) -> Result<Vec<Return>, Failure> {
    let found: ReturnsAnswer = api::read(shop, "getOrderReturns", asked)?;
    let returns = found.returns.into_iter().map(Part::into_value);
    Ok(returns.map(Option::unwrap_or_default).collect())
}

/// The order that a return belongs to; `None` for a return without one.
pub(crate) fn order_of(found: &Return) -> Result<Option<i64>, Failure> {
    Ok(id::optional(&found.order_id).and_then(|order| id::number(&order)))
}

/// Finds a return; `None` on proof that there is none.
pub(crate) fn find(shop: &Shop, id: i64) -> Result<Option<Return>, Failure> {
    let found = page(shop, &json!({ "return_id": id }))?;
    if found.is_empty() {
        return Ok(None);
    }
    let id = id.to_string();
    let own = found
        .into_iter()
        .find(|found| found.return_id.value() == Some(&id));
    own.map(Some).ok_or_else(|| {
        Failure::unexpected_answer("getOrderReturns: other returns than the one asked for")
    })
}

/// A return by the number that Base gives it.
#[derive(Params)]
pub(crate) struct ReturnId {
    /// Return ID in Base
    ///
    /// As List the returns of an order gives it.
    #[param(name = "return")]
    id: String,
}

impl ReturnId {
    pub(crate) fn read(&self) -> Result<Option<i64>, Failure> {
        id::read("return", &self.id)
    }

    /// Finds the return; `None` on proof that there is none.
    pub(crate) fn find(&self, shop: &Shop) -> Result<Option<Return>, Failure> {
        self.read()?.map_or(Ok(None), |id| find(shop, id))
    }
}

/// The progress of a return, whatever the name of its status.
#[derive(Debug, Clone, Copy, Choice)]
pub(crate) enum ReturnProgress {
    /// active
    Active,
    /// accepted
    Accepted,
    /// done
    Done,
    /// cancelled
    Cancelled,
}

impl ReturnProgress {
    fn of(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Active),
            5 => Some(Self::Accepted),
            1 => Some(Self::Done),
            2 => Some(Self::Cancelled),
            _ => None,
        }
    }
}

#[derive(Fields)]
pub(crate) struct Returns {
    /// Number of returns
    count: usize,
    /// Returns
    returns: Vec<ReturnDetail>,
}

#[derive(Fields)]
pub(crate) struct ReturnDetail {
    /// Return ID in Base
    return_id: String,
    /// Reference number
    ///
    /// Such as RMA/17; empty where there is none.
    reference: String,
    /// Created
    created: Option<Timestamp>,
    #[field(flatten)]
    status: CurrentStatus,
    /// In the status since
    since: Option<Timestamp>,
    /// Progress
    ///
    /// How far the return is, whatever its status is called; absent where Base says something new.
    progress: Option<ReturnProgress>,
    /// Refunded
    refunded: Option<Decimal>,
    /// Currency
    currency: String,
    /// Products
    products: Vec<ReturnedProduct>,
}

#[derive(Fields)]
pub(crate) struct ReturnedProduct {
    /// Name
    name: String,
    /// Attributes
    ///
    /// Such as Colour: green; empty where there are none.
    attributes: String,
    /// SKU
    sku: String,
    /// Quantity
    quantity: Option<Decimal>,
    /// Price
    ///
    /// Of one piece, with VAT.
    price: Option<Decimal>,
    /// Reason
    ///
    /// Its name in the account; empty where none is given.
    reason: String,
}

/// The most answers of 100 returns that are read for an order, which has a few.
const PAGES: u32 = 3;

/// List the returns of an order
///
/// True with the returns of the order, newest first; false when there is none.
#[function(
    reads,
    subject(order = order),
    listing(claim = returns, key = return_id)
)]
pub(crate) fn list_returns(shop: &Shop, asked: OrderId) -> Result<Outcome<Returns>, Failure> {
    let Some(order) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut found = of_order(shop, order)?;
    if found.is_empty() {
        return Ok(Outcome::False);
    }
    found.sort_by_key(|found| {
        let id = found.return_id.value().and_then(|id| id::number(id));
        std::cmp::Reverse((found.date_add.value().copied(), id))
    });
    let statuses = Statuses::of_returns(shop)?;
    let reasons = Reasons::load(shop, &found)?;
    let (mut returns, mut odd) = (Vec::new(), None);
    for found in &found {
        match detail(found, &statuses, &reasons) {
            Ok(detail) => returns.push(detail),
            Err(why) => odd = Some(why),
        }
    }
    if let (true, Some(why)) = (returns.is_empty(), odd) {
        return Err(why);
    }
    Ok(Outcome::True(Returns {
        count: returns.len(),
        returns,
    }))
}

fn of_order(shop: &Shop, order: i64) -> Result<Vec<Return>, Failure> {
    let mut from = None;
    let found = Pages::read(PAGES, |_| {
        let mut asked = json!({ "order_id": order });
        if let Some(from) = from {
            asked["id_from"] = Json::from(from);
        }
        let items = page(shop, &asked)?;
        for found in &items {
            if order_of(found)?.is_some_and(|own| own != order) {
                return Err(Failure::unexpected_answer(
                    "getOrderReturns: a return of another order",
                ));
            }
            let id = found.return_id.value().and_then(|id| id::number(id));
            from = from.max(id.map(|id| id + 1));
        }
        let more = items.len() >= PAGE;
        Ok(Page { items, more })
    })?;
    found.whole()
}

fn detail(found: &Return, statuses: &Statuses, reasons: &Reasons) -> Result<ReturnDetail, Failure> {
    order_of(found)?.ok_or_else(|| Failure::unexpected_answer("a return without its order"))?;
    let currency = found.currency.text();
    let money = |sum: &Loose<Decimal>| Some(amount::exact(*sum.value()?, &currency));
    let product = |product: &Product| ReturnedProduct {
        name: product.name.text(),
        attributes: product.attributes.text(),
        sku: product.sku.text(),
        quantity: product
            .quantity
            .value()
            .copied()
            .map(amount::exact_quantity),
        price: money(&product.price_brutto),
        reason: reasons.name(&product.return_reason_id),
    };
    let progress = found.fulfillment_status.value();
    Ok(ReturnDetail {
        return_id: found.return_id.required("return_id")?.clone(),
        reference: found.reference_number.text(),
        created: moment(&found.date_add),
        status: statuses.current(found.status_id.required("status_id")?),
        since: moment(&found.date_in_status),
        progress: progress.copied().and_then(ReturnProgress::of),
        refunded: money(&found.refunded),
        products: found.products().map(product).collect(),
        currency,
    })
}

impl Return {
    fn products(&self) -> impl Iterator<Item = &Product> {
        let products = self.products.value().into_iter().flatten();
        products.filter_map(Part::value)
    }
}

/// The reasons that the account's owner made.
#[derive(Deserialize)]
struct Reasons {
    return_reasons: Vec<Part<Reason>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    return_reason_id: Loose<String>,
    name: Loose<String>,
}

impl Reasons {
    /// Loads the reasons, unless no product has one.
    fn load(shop: &Shop, returns: &[Return]) -> Result<Self, Failure> {
        let mut products = returns.iter().flat_map(Return::products);
        if products.any(|product| id::optional(&product.return_reason_id).is_some()) {
            api::read(shop, "getOrderReturnReasonsList", &json!({}))
        } else {
            Ok(Self {
                return_reasons: Vec::new(),
            })
        }
    }

    fn name(&self, id: &Loose<String>) -> String {
        let own = |reason: &&Reason| {
            id.value().is_some() && reason.return_reason_id.value() == id.value()
        };
        let mut reasons = self.return_reasons.iter().filter_map(Part::value);
        let reason = reasons.find(own);
        reason.map(|it| it.name.text()).unwrap_or_default()
    }
}
