//! `POST /xml`: a pack of operations, each answered separately.

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;

use super::answer::{Outcome, RefusedPack, bad_request, duplicity, item, pack, refused};
use super::export::{Facts, Wanted, fits};
use super::import::{self, Ids};
use super::query::Column;
use super::shape::{Misfit, Type, check, check_attributes};
use super::unit::{Unit, day, local_time};
use super::xml::{Element, Tag, tag};
use super::{Broken, export, print, rules, schema, wire};
use crate::back_end::Call;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// Processes a pack.
pub(super) fn transfer(
    unit: &mut Unit,
    call: &Call,
    broken: &mut Broken,
) -> Result<Response<Bytes>, Refusal> {
    let announced = call.header("content-type").unwrap_or_default();
    let message = format!("the body is announced as `{announced}` instead of `text/xml`");
    match announced.split(';').next().map(str::trim) {
        Some("text/xml") => {}
        // Not as documented, but the real server was recorded to answer.
        Some("application/xml") => broken.push((&rules::CONTENT_TYPE, message)),
        Some(_) | None => return Err(bad_request(&rules::CONTENT_TYPE, message)),
    }
    let checked = match call.header("stw-check-duplicity") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let message = format!("`STW-Check-Duplicity: {other}`");
            return Err(bad_request(&rules::HEADER, message));
        }
    };
    let body = wire::body(call)?;
    let settings = unit.settings.clone();
    if Element::is_utf8(&body) {
        let message = "the prolog declares UTF-8 instead of Windows-1250";
        broken.push((&rules::ENCODING, message.to_owned()));
    }
    let document = match carry_out(unit, &body, checked, call.at, broken) {
        Ok(document) => document,
        Err(refused) => {
            broken.push((refused.rule, refused.message));
            pack(&refused.id, "error", &settings.ico).with("note", refused.note)
        }
    };
    if checked && broken.is_empty() && !imports(&body) {
        let message = "`STW-Check-Duplicity` where nothing is imported";
        broken.push((&rules::HEADER, message.to_owned()));
    }
    Ok(wire::answer(call, &settings, document))
}

fn imports(body: &[u8]) -> bool {
    Element::read(body).is_ok_and(|pack| {
        let mut operations = pack.children.iter().flat_map(|item| &item.children);
        operations.any(|it| matches!(it.name.as_str(), "ord:order" | "inv:invoice"))
    })
}

fn carry_out(
    unit: &mut Unit,
    body: &[u8],
    checked: bool,
    now: Timestamp,
    broken: &mut Broken,
) -> Result<Tag, RefusedPack> {
    let refuse = |rule: &'static Rule, id: &str, note: &str, message: String| RefusedPack {
        rule,
        id: id.to_owned(),
        note: note.to_owned(),
        message,
    };
    let request = Element::read(body).map_err(|what| {
        let rule = if what.contains("Windows-1250") || what.contains("UTF-8") {
            &rules::ENCODING
        } else {
            &rules::XML
        };
        refuse(rule, "", "Dokument XML nelze načíst.", what)
    })?;
    if !unit.settings.may_import {
        let note = "Uživatel nemá oprávnění pro import XML.";
        return Err(refuse(&rules::NO_IMPORT, "", note, note.to_owned()));
    }
    let id = request.attribute("id").unwrap_or_default().to_owned();
    let envelope = |what: String| {
        let note = "Dokument neodpovídá XML schématu.";
        refuse(&rules::ENVELOPE, &id, note, what)
    };
    if request.name != "dat:dataPack" {
        return Err(envelope(format!(
            "`{}` instead of `dat:dataPack`",
            request.name
        )));
    }
    check_attributes(&request, &schema::PACK, "/dat:dataPack")
        .map_err(|misfit| envelope(explained(misfit).1))?;
    let foreign = request
        .children
        .iter()
        .find(|it| it.name != "dat:dataPackItem");
    if let Some(foreign) = foreign {
        return Err(envelope(format!("`{}` in the pack", foreign.name)));
    }
    if request.children.is_empty() {
        return Err(envelope("a pack without items".to_owned()));
    }
    if request.attribute("ico") != Some(&unit.settings.ico) {
        let note = "IČO neodpovídá účetní jednotce.";
        return Err(refuse(&rules::ICO, &id, note, note.to_owned()));
    }
    let mut answers = Vec::new();
    for operation in &request.children {
        let item_id = operation.attribute("id").unwrap_or_default();
        let ids = Ids {
            pack: &id,
            item: item_id,
            checked,
        };
        let outcome = carry_out_one(unit, operation, ids, now);
        answers.push(answer(outcome, item_id, broken));
    }
    let stamp = local_time(now);
    Ok(pack(&id, "ok", &unit.settings.ico)
        .with("dateTimeStamp", stamp)
        .holding(answers))
}

fn explained(misfit: Misfit) -> (&'static Rule, String) {
    match misfit {
        Misfit::Shape(what) => (&rules::SCHEMA, what),
        Misfit::NotEmulated(what) => (&rules::NOT_EMULATED, what),
    }
}

fn answer(outcome: Outcome, id: &str, broken: &mut Broken) -> Tag {
    match outcome {
        Outcome::Done(content) => item(id, "ok").holding([content]),
        Outcome::Duplicate(import, deleted) => {
            let message = format!("imported before: {} {}", import.pack, import.item);
            broken.push((&rules::DUPLICITY, message));
            item(id, "error")
                .with("note", "Dávka již byla importována.")
                .holding([duplicity(&import, deleted)])
        }
        Outcome::Refused {
            rule,
            message,
            content,
        } => {
            broken.push((rule, message));
            // The state of the document itself is one level lower.
            match content {
                Some(content) => item(id, "ok").holding([content]),
                None => item(id, "error").with("note", "Položku dávky nelze zpracovat."),
            }
        }
    }
}

fn carry_out_one(unit: &mut Unit, item: &Element, ids: Ids<'_>, now: Timestamp) -> Outcome {
    if let Err(misfit) = check(item, Type::Group(&schema::ITEM), "/dat:dataPack") {
        let (rule, what) = explained(misfit);
        return refused(rule, what);
    }
    let Some(operation) = item.children.first() else {
        return refused(&rules::SCHEMA, "an item without an operation");
    };
    match operation.name.as_str() {
        "lst:listOrderRequest" => list_orders(unit, operation, now),
        "lst:listInvoiceRequest" => list_invoices(unit, operation, now),
        "ord:order" => import::order(unit, operation, ids, now),
        "inv:invoice" => import::invoice(unit, operation, ids, now),
        _ => print::print(unit, operation, now),
    }
}

/// A list of records by id, of at most as many as the request asks for.
fn list<T>(
    name: &str,
    request: &Element,
    records: Vec<(i64, &T)>,
    now: Timestamp,
    show: impl Fn(&T) -> Tag,
) -> Outcome {
    let limit = |name: &str| {
        let text = request.text_at(&["lst:limit", name])?;
        text.parse::<i64>().ok()
    };
    let from = limit("ftr:idFrom").unwrap_or(i64::MIN);
    let count = limit("ftr:count").unwrap_or(i64::MAX);
    let mut records: Vec<_> = records.into_iter().filter(|(id, _)| *id >= from).collect();
    records.sort_by_key(|(id, _)| *id);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let shown = records
        .into_iter()
        .take(count)
        .map(|(_, record)| show(record));
    Outcome::Done(
        tag(name)
            .with("version", "2.0")
            .with("dateTimeStamp", local_time(now))
            .with("dateValidFrom", day(now))
            .with("state", "ok")
            .holding(shown),
    )
}

fn list_orders(unit: &Unit, request: &Element, now: Timestamp) -> Outcome {
    let Some(filters) = request.child("lst:requestOrder") else {
        return refused(&rules::SCHEMA, "no `lst:requestOrder`");
    };
    let wanted = Wanted::read(request);
    // The demo has no orders that the unit itself issued.
    let received = request.attribute("orderType") == Some("receivedOrder");
    let mut found = Vec::new();
    for order in unit.orders.iter().filter(|_| received) {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let ext_id = order.ext_id.as_ref();
        let facts = Facts {
            id: order.id,
            number: order.number.as_deref().unwrap_or_default(),
            ext_id: ext_id.map(|it| (it.ids.as_str(), it.system.as_str())),
            date: order.date.as_deref().unwrap_or_default(),
            changed: &order.changed,
            column: &|column| match column {
                Column::OrderId => Some(order.id.to_string()),
                Column::OrderNumber => Some(text(&order.number)),
                Column::ShopNumber => Some(text(&order.number_order)),
                Column::InvoiceId | Column::InvoiceNumber | Column::OrderOfInvoice => None,
            },
        };
        match fits(filters, &facts) {
            Ok(true) => found.push((order.id, order)),
            Ok(false) => {}
            Err(what) => return refused(&rules::QUERY, what),
        }
    }
    list("lst:listOrder", request, found, now, |order| {
        export::order(order, wanted)
    })
}

fn list_invoices(unit: &Unit, request: &Element, now: Timestamp) -> Outcome {
    let Some(filters) = request.child("lst:requestInvoice") else {
        return refused(&rules::SCHEMA, "no `lst:requestInvoice`");
    };
    let wanted = Wanted::read(request);
    let issued = request.attribute("invoiceType") == Some("issuedInvoice");
    let mut found = Vec::new();
    for invoice in unit.invoices.iter().filter(|_| issued) {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let facts = Facts {
            id: invoice.id,
            number: invoice.number.as_deref().unwrap_or_default(),
            ext_id: None,
            date: invoice.date.as_deref().unwrap_or_default(),
            changed: &invoice.changed,
            column: &|column| match column {
                Column::InvoiceId => Some(invoice.id.to_string()),
                Column::InvoiceNumber => Some(text(&invoice.number)),
                Column::OrderOfInvoice => Some(text(&invoice.number_order)),
                Column::OrderId | Column::OrderNumber | Column::ShopNumber => None,
            },
        };
        match fits(filters, &facts) {
            Ok(true) => found.push((invoice.id, invoice)),
            Ok(false) => {}
            Err(what) => return refused(&rules::QUERY, what),
        }
    }
    list("lst:listInvoice", request, found, now, |invoice| {
        export::invoice(invoice, wanted)
    })
}
