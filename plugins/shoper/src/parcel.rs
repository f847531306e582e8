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

/// A parcel as a scenario shows it.
#[derive(Fields)]
pub(crate) struct Shown {
    #[field(
        label(en = "Tracking number", cs = "Číslo zásilky", pl = "Numer przesyłki"),
        help(
            en = "Empty while there is none.",
            cs = "Prázdné, dokud žádné není.",
            pl = "Pusty, dopóki go nie ma."
        )
    )]
    number: String,
    #[field(
        label(en = "Carrier", cs = "Dopravce", pl = "Przewoźnik"),
        help(
            en = "The way of shipping, as the shop names it.",
            cs = "Způsob dopravy, jak ho pojmenoval obchod.",
            pl = "Sposób dostawy, jak nazywa go sklep."
        )
    )]
    carrier: String,
    #[field(
        label(
            en = "Tracking page",
            cs = "Sledování zásilky",
            pl = "Śledzenie przesyłki"
        ),
        help(
            en = "Where the carrier tells where the parcel is, if the shop knows it.",
            cs = "Kde dopravce sděluje, kde zásilka je, pokud to obchod ví.",
            pl = "Gdzie przewoźnik podaje, gdzie jest przesyłka, jeśli sklep to wie."
        )
    )]
    url: Option<Url>,
    #[field(label(en = "Sent", cs = "Odesláno", pl = "Wysłano"))]
    sent: bool,
    #[field(label(en = "Sent on", cs = "Odesláno dne", pl = "Data wysłania"))]
    sent_at: Option<Timestamp>,
}

impl Parcel {
    pub(crate) fn shown(&self, shop: &Shop, shippings: &Shippings) -> Result<Shown, Failure> {
        let code = self.shipping_code.value();
        Ok(Shown {
            number: code.map_or_else(String::new, |code| code.trim().to_owned()),
            carrier: shippings.name(shop, &self.shipping_id),
            url: code.and_then(|it| shippings.tracking(shop, &self.shipping_id, it.trim())),
            sent: *self.sent.required("sent")?,
            sent_at: api::moment(shop, &self.send_date),
        })
    }
}

/// The parcels of an order. None are proof that it has none, or that there is no
/// such order.
pub(crate) fn of(shop: &Shop, order: &Number) -> Result<Vec<Parcel>, Failure> {
    let pages = api::pages(shop, api::WHOLE, || {
        shop.get("webapi/rest/parcels")
            .query("filters", order.filter())
    })?;
    let mut parcels = Vec::new();
    for parcel in pages.whole()? {
        let parcel: Parcel = parcel;
        if parcel.order_id.required("order_id")? == order.as_str() {
            parcels.push(parcel);
        }
    }
    Ok(parcels)
}

#[derive(Fields)]
pub(crate) struct Tracked {
    #[field(
        label(
            en = "Number of parcels",
            cs = "Počet zásilek",
            pl = "Liczba przesyłek"
        ),
        help(
            en = "How many parcels have a tracking number.",
            cs = "Kolik zásilek má číslo.",
            pl = "Ile przesyłek ma numer."
        )
    )]
    count: i64,
    #[field(
        label(en = "Parcels", cs = "Zásilky", pl = "Przesyłki"),
        help(
            en = "Those with a tracking number. An order may go in several parcels.",
            cs = "Ty, které mají číslo. Objednávka může jít ve více zásilkách.",
            pl = "Te, które mają numer. Zamówienie może iść w kilku przesyłkach."
        )
    )]
    parcels: Vec<Shown>,
}

#[function(
    reads,
    label(
        en = "Track the parcels",
        cs = "Sledovat zásilky",
        pl = "Śledź przesyłki"
    ),
    help(
        en = "True with the parcels that have a tracking number; false when the order has none, or \
              there is no such order.",
        cs = "Ano se zásilkami, které mají číslo; ne, když objednávka žádnou takovou nemá nebo taková \
              objednávka není.",
        pl = "Tak z przesyłkami, które mają numer; nie, gdy zamówienie nie ma takiej lub nie ma \
              takiego zamówienia."
    )
)]
pub(crate) fn track_parcel(shop: &Shop, asked: OrderNumber) -> Result<Outcome<Tracked>, Failure> {
    let Some(number) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut parcels = of(shop, &number)?;
    parcels.retain(|parcel| parcel.shipping_code.value().is_some());
    if parcels.is_empty() {
        return Ok(Outcome::False);
    }
    let shippings = Shippings::ask(shop)?;
    let parcels = parcels
        .iter()
        .map(|parcel| parcel.shown(shop, &shippings))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Outcome::True(Tracked {
        count: i64::try_from(parcels.len()).unwrap_or(i64::MAX),
        parcels,
    }))
}
