//! Addresses of an order.

use krabice_plugin::Fields;
use krabice_plugin::json::Loose;

use crate::order::Order;

/// An address.
#[derive(Fields)]
pub(crate) struct Address {
    #[field(
        label(en = "Name", cs = "Jméno", pl = "Imię i nazwisko", pt = "Nome"),
        personal
    )]
    name: String,
    #[field(
        label(en = "Company", cs = "Firma", pl = "Firma", pt = "Empresa"),
        personal
    )]
    company: String,
    #[field(label(en = "Street", cs = "Ulice", pl = "Ulica", pt = "Rua"), personal)]
    street: String,
    #[field(
        label(en = "Postcode", cs = "PSČ", pl = "Kod pocztowy", pt = "Código postal"),
        personal
    )]
    postcode: String,
    #[field(
        label(en = "City", cs = "Město", pl = "Miasto", pt = "Cidade"),
        personal
    )]
    city: String,
    #[field(
        label(en = "State", cs = "Kraj", pl = "Województwo", pt = "Distrito"),
        personal
    )]
    state: String,
    #[field(label(en = "Country", cs = "Země", pl = "Kraj", pt = "País"), personal)]
    country: String,
    #[field(
        label(
            en = "Country code",
            cs = "Kód země",
            pl = "Kod kraju",
            pt = "Código do país"
        ),
        personal
    )]
    country_code: String,
}

/// A place where parcels are picked up.
#[derive(Fields)]
pub(crate) struct Point {
    #[field(label(en = "ID", cs = "ID", pl = "ID", pt = "ID"), personal)]
    id: String,
    #[field(label(en = "Name", cs = "Název", pl = "Nazwa", pt = "Nome"), personal)]
    name: String,
    #[field(label(en = "Street", cs = "Ulice", pl = "Ulica", pt = "Rua"), personal)]
    street: String,
    #[field(
        label(en = "Postcode", cs = "PSČ", pl = "Kod pocztowy", pt = "Código postal"),
        personal
    )]
    postcode: String,
    #[field(
        label(en = "City", cs = "Město", pl = "Miasto", pt = "Cidade"),
        personal
    )]
    city: String,
}

impl Address {
    /// Where it goes.
    pub(crate) fn of_delivery(order: &Order) -> Self {
        Self {
            name: order.delivery_fullname.text(),
            company: order.delivery_company.text(),
            street: order.delivery_address.text(),
            postcode: order.delivery_postcode.text(),
            city: order.delivery_city.text(),
            state: order.delivery_state.text(),
            country: order.delivery_country.text(),
            country_code: order.delivery_country_code.text(),
        }
    }

    /// Who pays.
    pub(crate) fn of_billing(order: &Order) -> Self {
        Self {
            name: order.invoice_fullname.text(),
            company: order.invoice_company.text(),
            street: order.invoice_address.text(),
            postcode: order.invoice_postcode.text(),
            city: order.invoice_city.text(),
            state: order.invoice_state.text(),
            country: order.invoice_country.text(),
            country_code: order.invoice_country_code.text(),
        }
    }
}

impl Point {
    /// The point; `None` where the order goes to an address.
    pub(crate) fn of(order: &Order) -> Option<Self> {
        let any = |text: &Loose<String>| text.value().is_some();
        (any(&order.delivery_point_id) || any(&order.delivery_point_name)).then(|| Self {
            id: order.delivery_point_id.text(),
            name: order.delivery_point_name.text(),
            street: order.delivery_point_address.text(),
            postcode: order.delivery_point_postcode.text(),
            city: order.delivery_point_city.text(),
        })
    }
}
