//! The names of ways of payment, ways of shipping and currencies, which an order has as numbers.

use krabice_plugin::json::{Keyed, Loose, Part};
use krabice_plugin::{Failure, Url, language};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::{Shop, api};

/// The language that every shop of the vendor has.
pub(crate) const FALLBACK: &str = "pl";

/// The number in a reference; `None` for `null`, `""` and `0`, which the API writes for no reference.
fn number(id: &Loose<String>) -> Option<&String> {
    id.value().filter(|id| *id != "0")
}

/// The texts of an item by their locales.
pub(crate) fn texts<T>(translations: &Part<Keyed<Part<T>>>) -> impl Iterator<Item = (&str, &T)> {
    let texts = translations.value().into_iter().flat_map(Keyed::iter);
    texts.filter_map(|(locale, text)| Some((locale, text.value()?)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payment {
    payment_id: Loose<String>,
    translations: Part<Keyed<Part<Title>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Title {
    title: Loose<String>,
}

/// The name of a way of payment in the session's language; empty for an order without one, and for a
/// way of payment that the shop no longer has.
pub(crate) fn payment(shop: &Shop, id: &Loose<String>) -> Result<String, Failure> {
    let Some(id) = number(id) else {
        return Ok(String::new());
    };
    let payments: Vec<Payment> = api::all(shop, || shop.get("webapi/rest/payments"))?;
    let payment = payments
        .iter()
        .find(|payment| payment.payment_id.value() == Some(id));
    let titles = payment.into_iter().flat_map(|it| texts(&it.translations));
    let titles = titles.filter_map(|(locale, it)| Some((locale, it.title.value()?)));
    let title = language::pick(shop.language(), FALLBACK, titles);
    Ok(title.cloned().unwrap_or_default())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Currency {
    currency_id: Loose<String>,
    name: Loose<String>,
}

/// The currencies of the shop.
pub(crate) struct Currencies(Vec<Currency>);

impl Currencies {
    pub(crate) fn load(shop: &Shop) -> Result<Self, Failure> {
        api::all(shop, || shop.get("webapi/rest/currencies")).map(Self)
    }

    /// The code of a currency; empty for one that the shop no longer has: an order keeps the number of
    /// its currency.
    pub(crate) fn code(&self, id: &Loose<String>) -> String {
        let own = |it: &&Currency| id.value().is_some() && it.currency_id.value() == id.value();
        self.0
            .iter()
            .find(own)
            .map(|it| it.name.text())
            .unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shipping {
    shipping_id: Loose<String>,
    name: Loose<String>,
    url: Loose<String>,
    translations: Part<Keyed<Part<ShippingText>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShippingText {
    name: Loose<String>,
    url: Loose<String>,
}

/// The ways of shipping of the shop.
pub(crate) struct Shippings(Vec<Shipping>);

impl Shippings {
    pub(crate) fn load(shop: &Shop) -> Result<Self, Failure> {
        api::all(shop, || shop.get("webapi/rest/shippings")).map(Self)
    }

    /// The ways of shipping for an order, without a request for an order that has neither a way of
    /// shipping nor parcels.
    pub(crate) fn of(shop: &Shop, id: &Loose<String>, parcels: bool) -> Result<Self, Failure> {
        if number(id).is_none() && !parcels {
            return Ok(Self(Vec::new()));
        }
        Self::load(shop)
    }

    fn find(&self, id: &Loose<String>) -> Option<&Shipping> {
        let id = number(id)?;
        self.0.iter().find(|it| it.shipping_id.value() == Some(id))
    }

    /// The name of a way of shipping in the session's language; empty without one.
    pub(crate) fn name(&self, shop: &Shop, id: &Loose<String>) -> String {
        let Some(shipping) = self.find(id) else {
            return String::new();
        };
        let names = texts(&shipping.translations);
        let names = names.filter_map(|(locale, it)| Some((locale, it.name.value()?)));
        let name = language::pick(shop.language(), FALLBACK, names);
        name.cloned().unwrap_or_else(|| shipping.name.text())
    }

    /// The carrier's page about a parcel, in the session's language.
    pub(crate) fn tracking(&self, shop: &Shop, id: &Loose<String>, code: &str) -> Option<Url> {
        let shipping = self.find(id)?;
        let urls = texts(&shipping.translations);
        let urls = urls.filter_map(|(locale, it)| Some((locale, it.url.value()?)));
        let url = language::pick(shop.language(), FALLBACK, urls);
        let url = url.or_else(|| shipping.url.value())?;
        let code = utf8_percent_encode(code, NON_ALPHANUMERIC).to_string();
        Url::parse(url.replace("{tracking_number}", &code))
    }
}
