//! Requests to the API.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Failure, Page, Pages, Request, Response, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Shop, address};

/// The most items that the API gives in a page.
const LIMIT: u32 = 50;

/// The most pages of a list that has to be read to its end: a thousand statuses, methods of payment
/// or lines of an order. Arbitrary; no shop has as many.
pub(crate) const WHOLE_PAGES: u32 = 20;

/// Sends a request and reads the JSON of its answer.
pub(crate) fn read<T: DeserializeOwned>(shop: &Shop, request: Request<'_>) -> Result<T, Failure> {
    answer(shop, request)?.json()
}

/// Sends a request.
///
/// Besides the usual statuses the API has 402 for a shop that is not paid for and 409 for an object
/// that another administrator has opened. Both are temporary. The word in the body of 401 and 403
/// tells the operator which right is missing.
pub(crate) fn answer(shop: &Shop, request: Request<'_>) -> Result<Response, Failure> {
    address::origin(shop.settings().address.as_str())?;
    let response = request.allow(401).allow(402).allow(403).allow(409).send()?;
    let status = response.status();
    if !matches!(status, 401 | 402 | 403 | 409) {
        return Ok(response);
    }
    let (Failure::Unauthorised(detail) | Failure::UnexpectedAnswer(detail)) = response.failure()
    else {
        unreachable!("these statuses have these failures")
    };
    Err(match (status, known_word(&response)) {
        (402, _) => Failure::unavailable(format!("{detail}: the shop is blocked")),
        (409, _) => Failure::unavailable(format!(
            "{detail}: another administrator holds the order open"
        )),
        (_, Some(word)) => Failure::unauthorised(format!("{detail} `{word}`")),
        (_, None) => Failure::unauthorised(detail),
    })
}

/// Whether the API answered that there is no such object.
///
/// # Errors
/// See [`is_refused`].
pub(crate) fn is_absent(response: &Response) -> Result<bool, Failure> {
    is_refused(response, 404)
}

/// Whether the API refused the request with this status.
///
/// # Errors
/// The answer has this status but is not from the API: the address is wrong, or a proxy answered.
/// That proves nothing.
pub(crate) fn is_refused(response: &Response, status: u16) -> Result<bool, Failure> {
    if response.status() != status {
        return Ok(false);
    }
    match word(response) {
        Some(_) => Ok(true),
        None => Err(response.unexpected(&format!(
            "answered {status}, but the answer is not from the API"
        ))),
    }
}

/// The word in the body of a refusal.
fn word(response: &Response) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refusal {
        error: Loose<String>,
    }
    response.json::<Refusal>().ok()?.error.value().cloned()
}

/// The words of 401 and 403 that go into failures. Any other text could be a customer's.
const WORDS: [&str; 6] = [
    "auth_failure",
    "auth_ip_not_allowed",
    "auth_admin_access_denied",
    "auth_webapi_access_denied",
    "unauthorized_client",
    "insufficient_scope",
];

fn known_word(response: &Response) -> Option<&'static str> {
    let word = word(response)?;
    WORDS.into_iter().find(|known| *known == word)
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Envelope<T> {
    #[serde(default)]
    count: Loose<i64>,
    #[serde(default)]
    pages: Loose<i64>,
    list: Vec<Part<T>>,
}

/// Reads a list, at most `most` pages of it. What is no item becomes one that tells nothing.
pub(crate) fn pages<'a, T: DeserializeOwned + Default>(
    shop: &'a Shop,
    most: u32,
    request: impl Fn() -> Request<'a>,
) -> Result<Pages<T>, Failure> {
    Pages::read(most, |number| {
        let request = request().query("limit", LIMIT).query("page", number);
        let response = answer(shop, request)?;
        let envelope: Envelope<T> = response.json()?;
        let more = *envelope.pages.required("pages")? > i64::from(number);
        // After the last page, too, the API answers with an empty list.
        let has_items = more || (number == 1 && *envelope.count.required("count")? != 0);
        if envelope.list.is_empty() && has_items {
            return Err(response.unexpected("an empty page, though there are items"));
        }
        Ok(Page {
            items: envelope
                .list
                .into_iter()
                .map(|item| item.into_value().unwrap_or_default())
                .collect(),
            more,
        })
    })
}

/// Reads a list to its end, such as the statuses of a shop.
pub(crate) fn all<'a, T: DeserializeOwned + Default>(
    shop: &'a Shop,
    request: impl Fn() -> Request<'a>,
) -> Result<Vec<T>, Failure> {
    pages(shop, WHOLE_PAGES, request)?.whole()
}

/// The number of items of a list, by a request for one item.
pub(crate) fn count(shop: &Shop, request: Request<'_>) -> Result<i64, Failure> {
    #[derive(Deserialize)]
    struct Counted {
        #[serde(default)]
        count: Loose<i64>,
    }
    let counted: Counted = read(shop, request.query("limit", 1))?;
    counted.count.required("count").copied()
}

/// Rows of a list that fit the request.
pub(crate) struct Found<T> {
    pub(crate) rows: Vec<T>,
    /// Whether there may be more rows that fit.
    pub(crate) more: bool,
    /// Whether a row was left out because it does not say whether it fits.
    pub(crate) odd: bool,
}

/// Keeps the rows that fit. A server may ignore a filter that it does not know, and then the rows are
/// all rows of the shop.
///
/// # Errors
/// No row fits, and not all rows were read or one does not say whether it fits, which proves nothing.
pub(crate) fn fitting<T>(
    pages: Pages<T>,
    fits: impl Fn(&T) -> Result<bool, Failure>,
) -> Result<Found<T>, Failure> {
    let more = !pages.whole;
    let (mut rows, mut odd) = (Vec::new(), None);
    for row in pages.items {
        match fits(&row) {
            Ok(true) => rows.push(row),
            Ok(false) => {}
            Err(why) => odd = Some(why),
        }
    }
    if let (true, Some(why)) = (rows.is_empty(), &odd) {
        return Err(why.clone());
    }
    if rows.is_empty() && more {
        return Err(Failure::unexpected_answer(
            "the shop ignored the filter, and has more than is read",
        ));
    }
    let odd = odd.is_some();
    Ok(Found { rows, more, odd })
}

/// Reads a date of the API. It is in the shop's time zone, which is taken to be the scenario's.
/// `None` for no date and for the zero date.
pub(crate) fn moment(shop: &Shop, date: &Loose<String>) -> Option<Timestamp> {
    Timestamp::local(date.value()?, shop.time_zone())
}

/// Reads a date that must be in the answer.
pub(crate) fn required_moment(
    shop: &Shop,
    date: &Loose<String>,
    name: &str,
) -> Result<Timestamp, Failure> {
    date.required(name)?;
    moment(shop, date).ok_or_else(|| Failure::unexpected_answer(format!("`{name}` is not a date")))
}
