//! Parcels of an order: `track-parcel`.

use krabice_plugin::json::Loose;
use krabice_plugin::{Failure, Fields, Outcome, Timestamp, Url, function};
use serde::Deserialize;

use crate::method::Shippings;
use crate::order::{Number, OrderNumber};
use crate::{Shop, api};

/// A parcel as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parcel {
    order_id: Loose<String>,
    shipping_id: Loose<String>,
    shipping_code: Loose<String>,
    sent: Loose<bool>,
    send_date: Loose<String>,
}

/// A parcel as a scenario gets it.
#[derive(Fields)]
pub(crate) struct ParcelDetail {
    /// Tracking number
    ///
    /// Empty while there is none.
    number: String,
    /// Carrier
    ///
    /// The way of shipping, as the shop names it.
    carrier: String,
    /// Tracking page
    ///
    /// Where the carrier tells where the parcel is, if the shop knows it.
    url: Option<Url>,
    /// Sent
    sent: bool,
    /// Sent on
    sent_at: Option<Timestamp>,
}

impl Parcel {
    pub(crate) fn detail(&self, shop: &Shop, shippings: &Shippings) -> ParcelDetail {
        let code = self.shipping_code.value();
        let sent_at = api::moment(shop, &self.send_date);
        ParcelDetail {
            number: code.map_or_else(String::new, |code| code.trim().to_owned()),
            carrier: shippings.name(shop, &self.shipping_id),
            url: code.and_then(|it| shippings.tracking(shop, &self.shipping_id, it.trim())),
            sent: self.sent.value().copied().unwrap_or(sent_at.is_some()),
            sent_at,
        }
    }
}

/// The parcels of an order. An empty list proves that the order has none, or that there is no such
/// order.
pub(crate) fn of_order(shop: &Shop, order: &Number) -> Result<Vec<Parcel>, Failure> {
    let pages = api::pages(shop, api::WHOLE_PAGES, || {
        shop.get("webapi/rest/parcels")
            .query("filters", order.filter())
    })?;
    let mut parcels = Vec::new();
    for parcel in pages.whole()? {
        let parcel: Parcel = parcel;
        if parcel
            .order_id
            .value()
            .is_some_and(|own| own == order.as_str())
        {
            parcels.push(parcel);
        }
    }
    Ok(parcels)
}

#[derive(Fields)]
pub(crate) struct TrackedParcels {
    /// Number of parcels
    ///
    /// How many parcels have a tracking number.
    count: usize,
    /// Parcels
    ///
    /// Those with a tracking number. An order may go in several parcels.
    parcels: Vec<ParcelDetail>,
}

/// Track the parcels
///
/// True with the parcels that have a tracking number; false when the order has none, or there is no
/// such order.
#[function(reads, subject(order = order))]
pub(crate) fn track_parcel(
    shop: &Shop,
    asked: OrderNumber,
) -> Result<Outcome<TrackedParcels>, Failure> {
    let Some(number) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut parcels = of_order(shop, &number)?;
    parcels.retain(|parcel| parcel.shipping_code.value().is_some());
    if parcels.is_empty() {
        return Ok(Outcome::False);
    }
    let shippings = Shippings::load(shop)?;
    let parcels = parcels
        .iter()
        .map(|parcel| parcel.detail(shop, &shippings))
        .collect::<Vec<_>>();
    Ok(Outcome::True(TrackedParcels {
        count: parcels.len(),
        parcels,
    }))
}
