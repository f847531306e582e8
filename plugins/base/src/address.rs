//! Addresses of an order.

use krabice_plugin::Fields;
use krabice_plugin::json::Loose;

use crate::order::Order;

/// An address of an order.
#[derive(Fields)]
pub(crate) struct Address {
    /// Name
    #[field(personal)]
    name: String,
    /// Company
    #[field(personal)]
    company: String,
    /// Street
    #[field(personal)]
    street: String,
    /// Postcode
    #[field(personal)]
    postcode: String,
    /// City
    #[field(personal)]
    city: String,
    /// State
    #[field(personal)]
    state: String,
    /// Country
    #[field(personal)]
    country: String,
    /// Country code
    #[field(personal)]
    country_code: String,
}

/// A pick-up point.
#[derive(Fields)]
pub(crate) struct PickupPoint {
    /// ID
    #[field(personal)]
    id: String,
    /// Name
    #[field(personal)]
    name: String,
    /// Street
    #[field(personal)]
    street: String,
    /// Postcode
    #[field(personal)]
    postcode: String,
    /// City
    #[field(personal)]
    city: String,
}

impl Address {
    /// The address of delivery.
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

    /// The address of the payer.
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

impl PickupPoint {
    /// The pick-up point; `None` for an order that goes to an address.
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
