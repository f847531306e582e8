//! Parcels: their form in the API, and `load-parcels`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::language::pick;
use krabice_plugin::{Choice, Failure, Fields, Kinded, Outcome, Timestamp, Url, function};
use serde::Deserialize;
use serde_json::json;

use crate::order::{OrderId, moment};
use crate::{Shop, api, id};

/// A parcel of an order, as the API answers it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Parcel {
    pub(crate) package_id: Loose<String>,
    pub(crate) courier_package_nr: Loose<String>,
    pub(crate) courier_code: Loose<String>,
    courier_other_name: Loose<String>,
    tracking_status_date: Loose<i64>,
    tracking_status: Loose<i64>,
    package_type: Loose<i64>,
    tracking_url: Loose<String>,
    is_return: Loose<bool>,
}

#[derive(Deserialize)]
struct Packages {
    packages: Vec<Part<Parcel>>,
}

/// The state of a parcel, in the order of the API's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum ParcelState {
    /// unknown
    Unknown,
    /// label made
    LabelMade,
    /// shipped
    Shipped,
    /// not delivered
    NotDelivered,
    /// out for delivery
    OutForDelivery,
    /// delivered
    Delivered,
    /// on its way back
    Returning,
    /// notice left
    NoticeLeft,
    /// waiting at the pick-up point
    Waiting,
    /// lost
    Lost,
    /// cancelled
    Cancelled,
    /// on the way
    OnTheWay,
    /// exception
    Exception,
    /// handed over abroad
    Abroad,
}

impl ParcelState {
    /// The state with this number; `Unknown` for a number that is not documented.
    fn of(number: i64) -> Self {
        match number {
            1 => Self::LabelMade,
            2 => Self::Shipped,
            3 => Self::NotDelivered,
            4 => Self::OutForDelivery,
            5 => Self::Delivered,
            6 => Self::Returning,
            7 => Self::NoticeLeft,
            8 => Self::Waiting,
            9 => Self::Lost,
            10 => Self::Cancelled,
            11 => Self::OnTheWay,
            12 => Self::Exception,
            13 => Self::Abroad,
            _ => Self::Unknown,
        }
    }

    /// The label of the state in a language, else in English.
    fn words(self, language: &str) -> String {
        let choice = Self::choices().swap_remove(self as usize);
        let label = choice.label.iter().map(|it| (&it.language, &it.text));
        pick(language, "en", label).cloned().unwrap_or_default()
    }
}

impl Parcel {
    /// Whether it goes back to the shop. Type 1 is a return, 3 one sent at a point.
    pub(crate) fn is_return(&self) -> bool {
        self.is_return.value() == Some(&true) || matches!(self.package_type.value(), Some(1 | 3))
    }

    /// Its number in Base; a newer parcel has a higher one.
    pub(crate) fn id(&self) -> Result<i64, Failure> {
        id::number(self.package_id.required("package_id")?)
            .ok_or_else(|| Failure::unexpected_answer("`package_id` is not a number"))
    }

    /// The parcel as a scenario gets it.
    pub(crate) fn detail(&self, language: &str) -> Result<ParcelDetail, Failure> {
        let state = self.tracking_status.value().copied();
        let state = ParcelState::of(state.unwrap_or_default());
        Ok(ParcelDetail {
            parcel_id: self.package_id.required("package_id")?.clone(),
            courier: self.courier_code.text(),
            courier_name: self.courier_other_name.text(),
            number: self.courier_package_nr.text(),
            url: Url::parse(self.tracking_url.text()),
            state,
            state_words: state.words(language),
            since: moment(&self.tracking_status_date),
        })
    }
}

/// A parcel as a scenario gets it.
#[derive(Fields)]
pub(crate) struct ParcelDetail {
    /// Parcel ID in Base
    parcel_id: String,
    /// Courier
    ///
    /// Its code in Base, such as dpd.
    courier: String,
    /// Name of the courier
    ///
    /// For a courier that Base does not know; else empty.
    courier_name: String,
    /// Parcel number
    number: String,
    /// Link to tracking
    url: Option<Url>,
    /// State
    state: ParcelState,
    /// State in words
    ///
    /// In the session's language, or in English.
    state_words: String,
    /// In the state since
    since: Option<Timestamp>,
}

/// All parcels of an order, also those that go back.
pub(crate) fn of_order(shop: &Shop, order: i64) -> Result<Vec<Parcel>, Failure> {
    let asked = json!({ "order_id": order });
    let found: Packages = api::read(shop, "getOrderPackages", &asked)?;
    let parcels = found.packages.into_iter().map(Part::into_value);
    Ok(parcels.map(Option::unwrap_or_default).collect())
}

#[derive(Fields)]
pub(crate) struct Parcels {
    /// Number of parcels
    count: usize,
    /// Parcels
    ///
    /// Newest first, without those that go back to the shop and those without a number.
    parcels: Vec<ParcelDetail>,
}

/// Load the parcels of an order
///
/// True with the parcels that go to the customer and have a number; false when there is none.
#[function(reads, subject(order = order))]
pub(crate) fn load_parcels(shop: &Shop, asked: OrderId) -> Result<Outcome<Parcels>, Failure> {
    let Some(order) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut parcels = of_order(shop, order)?;
    parcels.retain(|parcel| !parcel.is_return() && parcel.courier_package_nr.value().is_some());
    if parcels.is_empty() {
        return Ok(Outcome::False);
    }
    let parcels = newest_first(parcels)?;
    let details = parcels.iter().map(|it| it.detail(shop.language()));
    let parcels = details.collect::<Result<Vec<_>, _>>()?;
    Ok(Outcome::True(Parcels {
        count: parcels.len(),
        parcels,
    }))
}

/// Sorts parcels by their numbers in Base, newest first, without those that have none.
///
/// # Errors
/// None of them has a number.
pub(crate) fn newest_first(parcels: Vec<Parcel>) -> Result<Vec<Parcel>, Failure> {
    let (mut numbered, mut odd) = (Vec::new(), None);
    for parcel in parcels {
        match parcel.id() {
            Ok(id) => numbered.push((id, parcel)),
            Err(why) => odd = Some(why),
        }
    }
    if let (true, Some(why)) = (numbered.is_empty(), odd) {
        return Err(why);
    }
    numbered.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    Ok(numbered.into_iter().map(|(_, parcel)| parcel).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_number_is_a_state_of_its_own() {
        let words: Vec<_> = (0..=13)
            .map(|number| ParcelState::of(number).words("en"))
            .collect();
        let distinct: std::collections::HashSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), 14, "{words:?}");
        assert_eq!(words[4], "out for delivery");
        assert_eq!(words[13], "handed over abroad");
        assert_eq!(ParcelState::of(14), ParcelState::Unknown);
        assert_eq!(ParcelState::of(-1), ParcelState::Unknown);
    }

    #[test]
    fn a_state_is_written_in_the_sessions_language() {
        assert_eq!(ParcelState::Delivered.words("pl"), "doręczono");
        assert_eq!(ParcelState::Delivered.words("pt-br"), "entregue");
        assert_eq!(ParcelState::Delivered.words("de"), "delivered");
    }
}
