//! Labels of parcels as files: `load-order-label` and `load-return-label`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krabice_plugin::json::Loose;
use krabice_plugin::{Answer, Failure, File, Outcome, Params, function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::api::{self, Reply};
use crate::order::OrderId;
use crate::parcel::{Parcel, newest_first, of_order};
use crate::returns::{self, ReturnId};
use crate::{Shop, id};

/// Label
///
/// As the courier gives it: a PDF, a picture, a page, or a file for label printers. It bears a name
/// and an address.
#[derive(Answer)]
// Not personal, because a scenario can only offer a file from a visible variable.
pub(crate) struct Label(File);

#[derive(Params)]
pub(crate) struct OrderAndParcel {
    #[param(flatten)]
    order: OrderId,
    /// Parcel ID in Base
    ///
    /// One parcel of the order. Left out: the newest one that goes to the customer.
    parcel: Option<String>,
}

/// Load the label of an order
///
/// True with the label as a file; false when the order has no such parcel, the courier gave no
/// label, or the connection does not show labels.
#[function(reads, purposes(order_label), subject(order = order))]
pub(crate) fn load_order_label(
    shop: &Shop,
    asked: OrderAndParcel,
) -> Result<Outcome<Label>, Failure> {
    if !shop.settings().show_labels {
        return Ok(Outcome::False);
    }
    let Some(order) = asked.order.read()? else {
        return Ok(Outcome::False);
    };
    let wanted = asked.parcel.as_deref();
    let wanted = wanted
        .map(|parcel| id::read("parcel", parcel))
        .transpose()?;
    let fits = |parcel: &Parcel| match wanted {
        None => !parcel.is_return(),
        Some(wanted) => wanted.is_some_and(|id| parcel.id() == Ok(id)),
    };
    match wanted {
        // A text that cannot be the number of a parcel.
        Some(None) => Ok(Outcome::False),
        _ => of_newest(shop, of_order(shop, order)?, fits),
    }
}

/// Load the label of a return
///
/// True with the label as a file; false when there is no such return, it has no parcel, the courier
/// gave no label, or the connection does not show labels.
#[function(reads, purposes(return_label), subject(claim = id))]
pub(crate) fn load_return_label(shop: &Shop, asked: ReturnId) -> Result<Outcome<Label>, Failure> {
    if !shop.settings().show_labels {
        return Ok(Outcome::False);
    }
    let Some(found) = asked.find(shop)? else {
        return Ok(Outcome::False);
    };
    // The API has no list of a return's parcels: the return names its parcel, else the parcel is
    // among those of the order.
    if let (Some(courier), Some(number)) = (
        found.delivery_package_module.value(),
        found.delivery_package_nr.value(),
    ) {
        let asked = json!({ "courier_code": courier, "package_number": number });
        return load(shop, &asked, number);
    }
    let Some(order) = returns::order_of(&found)? else {
        return Ok(Outcome::False);
    };
    of_newest(shop, of_order(shop, order)?, Parcel::is_return)
}

/// Loads the label of the newest parcel that fits and has a courier.
fn of_newest(
    shop: &Shop,
    parcels: Vec<Parcel>,
    fits: impl Fn(&Parcel) -> bool,
) -> Result<Outcome<Label>, Failure> {
    let parcels = newest_first(parcels)?;
    let newest = parcels
        .iter()
        .find(|parcel| fits(parcel) && parcel.courier_code.value().is_some());
    let Some(parcel) = newest else {
        return Ok(Outcome::False);
    };
    let id = parcel.id()?;
    let number = parcel.courier_package_nr.value().cloned();
    let asked = json!({ "courier_code": parcel.courier_code.text(), "package_id": id });
    load(shop, &asked, &number.unwrap_or_else(|| id.to_string()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LabelAnswer {
    extension: Loose<String>,
    label: Loose<String>,
}

/// Loads a label. A refusal means that there is none, unless it is about the token, the limit or the
/// form of the request.
fn load(shop: &Shop, asked: &Json, number: &str) -> Result<Outcome<Label>, Failure> {
    let loaded: LabelAnswer = match api::ask(shop, "getLabel", asked)? {
        Reply::Success(loaded) => loaded,
        Reply::Refused(refusal) if refusal.blames_the_request() => return Err(refusal.failure()),
        Reply::Refused(_) => return Ok(Outcome::False),
    };
    let Some(content) = loaded.label.known("label")? else {
        return Ok(Outcome::False);
    };
    let content = decoded(content)
        .ok_or_else(|| Failure::unexpected_answer("getLabel: the label is not Base64"))?;
    let extension = loaded.extension.required("extension")?.to_lowercase();
    let plain = extension.len() <= 8 && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain {
        return Err(Failure::unexpected_answer(
            "getLabel: `extension` is not as documented",
        ));
    }
    let name = format!("label-{}.{extension}", file_name(number));
    Ok(Outcome::True(Label(File::new(
        name,
        media_type(&extension),
        content,
    ))))
}

/// The media type of an extension. The languages of label printers have none of their own.
fn media_type(extension: &str) -> &'static str {
    match extension {
        "pdf" => "application/pdf",
        "html" => "text/html",
        "gif" => "image/gif",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// The bytes of a file in an answer; `None` for a text that is empty or not Base64.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    let content = STANDARD.decode(text).ok()?;
    (!content.is_empty()).then_some(content)
}

/// A number as a part of a file's name.
pub(crate) fn file_name(number: &str) -> String {
    let plain = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, '.' | '_') {
            letter
        } else {
            '-'
        }
    };
    number.trim().chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_extension_has_a_media_type() {
        for (extension, expected) in [
            ("pdf", "application/pdf"),
            ("html", "text/html"),
            ("gif", "image/gif"),
            ("png", "image/png"),
            ("epl", "application/octet-stream"),
            ("zpl", "application/octet-stream"),
            ("dpl", "application/octet-stream"),
        ] {
            assert_eq!(media_type(extension), expected, "{extension}");
        }
    }

    #[test]
    fn a_number_with_slashes_makes_one_name() {
        assert_eq!(file_name(" FV 12/2026 "), "FV-12-2026");
    }

    #[test]
    fn an_empty_text_or_one_that_is_not_base64_is_not_a_file() {
        assert_eq!(decoded("JVBE\nRg=="), Some(b"%PDF".to_vec()));
        for text in ["", " ", "%PDF", "JVBERg"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
