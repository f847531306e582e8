//! Imports: orders are created or deleted, and invoices are created from orders.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use super::answer::{Outcome, detail, failed, produced, refused};
use super::records::{
    Address, ExtId, Import, Invoice, Item, ItemAmounts, Link, Liquidation, Order, Partner, Payment,
    Rate, Summary,
};
use super::rules;
use super::settings::OrderNumber;
use super::unit::{Unit, day, local_time};
use super::xml::Element;

/// The ids of an import.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) pack: &'a str,
    pub(super) item: &'a str,
    /// Whether they are compared with those of earlier imports.
    pub(super) checked: bool,
}

/// Rates of VAT in percent, by name: those of the Czech Republic of 2026.
const RATES: &[(&str, i64)] = &[("high", 21), ("low", 12), ("third", 0), ("none", 0)];
/// The `errno` of a value that POHODA changed. Source: a client.
const CHANGED: i64 = 603;
/// POHODA's note on an unknown stock.
const UNKNOWN_STOCK: &str = "Zásoba neexistuje, položka je textová.";

/// The outcome of an import whose ids were imported before.
fn known(unit: &Unit, ids: Ids<'_>) -> Option<Outcome> {
    let import = unit
        .imports
        .iter()
        .find(|it| ids.checked && it.pack == ids.pack && it.item == ids.item)?;
    let deleted = match import.agenda.as_str() {
        "prijate_objednavky" => unit.order(import.id).is_none(),
        _ => unit.invoices.iter().all(|it| it.id != import.id),
    };
    Some(Outcome::Duplicate(import.clone(), deleted))
}

fn remember(unit: &mut Unit, ids: Ids<'_>, agenda: &str, id: i64, number: &str, now: Timestamp) {
    unit.imports.push(Import {
        pack: ids.pack.to_owned(),
        item: ids.item.to_owned(),
        agenda: agenda.to_owned(),
        date: day(now),
        id,
        number: number.to_owned(),
    });
}

/// Creates or deletes an order.
pub(super) fn order(unit: &mut Unit, request: &Element, ids: Ids<'_>, now: Timestamp) -> Outcome {
    if let Some(delete) = request.at(&["ord:actionType", "ord:delete", "ftr:filter"]) {
        return delete_order(unit, delete);
    }
    if let Some(known) = known(unit, ids) {
        return known;
    }
    let missing = |path: &str| Outcome::Refused {
        rule: &rules::IMPORT,
        message: format!("an order cannot be created without `{path}`"),
        content: Some(failed(
            "ord:orderResponse",
            detail("error", 100, "Povinný údaj chybí.", path),
        )),
    };
    let Some(header) = request.child("ord:orderHeader") else {
        return missing("/ord:order/ord:orderHeader");
    };
    for required in ["ord:orderType", "ord:date", "ord:partnerIdentity"] {
        if header.child(required).is_none() {
            return missing(&format!("/ord:order/ord:orderHeader/{required}"));
        }
    }
    let (id, number) = unit.next_order();
    let mut order = created(header, id, &number, now);
    let mut warnings = Vec::new();
    let items = request.child("ord:orderDetail");
    for (index, element) in items.into_iter().flat_map(|it| &it.children).enumerate() {
        let Some((item, known)) = line(unit, element, id * 100 + index as i64) else {
            return too_large();
        };
        if !known {
            let path = "/ord:order/ord:orderDetail/ord:orderItem/ord:stockItem";
            warnings.push(detail("warning", CHANGED, UNKNOWN_STOCK, path));
        }
        order.items.push(item);
    }
    let Some(summary) = totals(&order.items) else {
        return too_large();
    };
    order.summary = Some(summary);
    unit.orders.push(order);
    remember(unit, ids, "prijate_objednavky", id, &number, now);
    Outcome::Done(produced("ord:orderResponse", id, &number, "add", warnings))
}

fn delete_order(unit: &mut Unit, filter: &Element) -> Outcome {
    let place = unit.orders.iter().position(|order| {
        filter.text_at(&["ftr:id"]) == Some(order.id.to_string().as_str())
            || filter
                .text_at(&["ftr:number"])
                .is_some_and(|it| order.number.as_deref() == Some(it))
    });
    match place {
        Some(place) => {
            let order = unit.orders.remove(place);
            let number = order.number.unwrap_or_default();
            Outcome::Done(produced(
                "ord:orderResponse",
                order.id,
                &number,
                "delete",
                Vec::new(),
            ))
        }
        None => refused(&rules::CLOSED, "there is no such order"),
    }
}

fn created(header: &Element, id: i64, number: &str, now: Timestamp) -> Order {
    let text = |path: &[&str]| header.text_at(path).map(str::to_owned);
    let ext_id = header.child("ord:extId").map(|ext_id| ExtId {
        ids: ext_id.text_at(&["typ:ids"]).unwrap_or_default().to_owned(),
        system: ext_id
            .text_at(&["typ:exSystemName"])
            .unwrap_or_default()
            .to_owned(),
    });
    let address = |name: &str| text(&["ord:partnerIdentity", "typ:address", name]);
    let payment = header.child("ord:paymentType").map(|_| Payment {
        ids: text(&["ord:paymentType", "typ:ids"]),
        kind: text(&["ord:paymentType", "typ:paymentType"]),
    });
    Order {
        id,
        number: Some(number.to_owned()),
        number_order: text(&["ord:numberOrder"]),
        ext_id,
        date: text(&["ord:date"]),
        text: text(&["ord:text"]),
        partner: Some(Partner {
            id: None,
            address: Address {
                company: address("typ:company"),
                name: address("typ:name"),
                city: address("typ:city"),
                street: address("typ:street"),
                zip: address("typ:zip"),
                phone: address("typ:phone"),
                mobile: address("typ:mobilPhone"),
                email: address("typ:email"),
            },
            ship_to: Vec::new(),
        }),
        payment,
        executed: header.text_at(&["ord:isExecuted"]) == Some("true"),
        carrier: text(&["ord:carrier", "typ:ids"]),
        note: text(&["ord:note"]),
        int_note: text(&["ord:intNote"]),
        changed: local_time(now),
        ..Order::default()
    }
}

/// The refusal of an amount that no accounting holds: the schema has no limit, the sum has.
fn too_large() -> Outcome {
    let path = "/ord:order/ord:orderDetail/ord:orderItem/ord:homeCurrency";
    Outcome::Refused {
        rule: &rules::IMPORT,
        message: "an amount is too large".to_owned(),
        content: Some(failed(
            "ord:orderResponse",
            detail("error", 100, "Částka je příliš velká.", path),
        )),
    }
}

/// A line, and whether its stock is known, which means that another order has it. `None` for an amount
/// that is too large.
fn line(unit: &Unit, element: &Element, id: i64) -> Option<(Item, bool)> {
    let text = |path: &[&str]| element.text_at(path).map(str::to_owned);
    let number = |path: &[&str]| {
        let text = element.text_at(path).unwrap_or("0");
        text.parse::<Decimal>().unwrap_or_default()
    };
    let code = text(&["ord:stockItem", "typ:stockItem", "typ:ids"]);
    let stock = unit.orders.iter().flat_map(|order| &order.items);
    let known = code.is_none() || stock.into_iter().any(|item| item.code == code);
    let rate = text(&["ord:rateVAT"]).unwrap_or_else(|| "none".to_owned());
    let percent = RATES
        .iter()
        .find(|(name, _)| *name == rate)
        .map_or(0, |(_, it)| *it);
    let with_vat = element.text_at(&["ord:payVAT"]) == Some("true");
    let quantity = number(&["ord:quantity"]);
    let unit_price = number(&["ord:homeCurrency", "typ:unitPrice"]);
    let factor = Decimal::ONE + Decimal::new(percent, 2);
    let round = |it: Decimal| it.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let product = round(unit_price.checked_mul(quantity)?);
    let (base, sum) = if with_vat {
        (round(product.checked_div(factor)?), product)
    } else {
        (product, round(product.checked_mul(factor)?))
    };
    let item = Item {
        id,
        text: text(&["ord:text"]),
        quantity: Some(quantity.to_string()),
        delivered: Some("0.0".to_owned()),
        unit: text(&["ord:unit"]),
        pay_vat: with_vat,
        rate: Some(rate),
        percent: Some(percent.to_string()),
        amounts: Some(ItemAmounts {
            unit_price: Some(unit_price.to_string()),
            price: Some(base.to_string()),
            price_vat: Some(sum.checked_sub(base)?.to_string()),
            price_sum: Some(sum.to_string()),
        }),
        foreign: None,
        code: code.filter(|_| known),
    };
    Some((item, known))
}

/// The summary of the lines; `None` for a sum that is too large.
pub(super) fn totals(items: &[Item]) -> Option<Summary> {
    let sum = |rate: &str, of: fn(&ItemAmounts) -> &Option<String>| -> Option<String> {
        items
            .iter()
            .filter(|item| item.rate.as_deref() == Some(rate))
            .filter_map(|item| {
                of(item.amounts.as_ref()?)
                    .as_deref()?
                    .parse::<Decimal>()
                    .ok()
            })
            .try_fold(Decimal::ZERO, Decimal::checked_add)
            .map(|sum| sum.to_string())
    };
    let rate = |name: &str| {
        Some(Rate {
            base: Some(sum(name, |it| &it.price)?),
            vat: Some(sum(name, |it| &it.price_vat)?),
            sum: Some(sum(name, |it| &it.price_sum)?),
        })
    };
    Some(Summary {
        none: Some(sum("none", |it| &it.price_sum)?),
        low: rate("low")?,
        high: rate("high")?,
        third: rate("third")?,
        round: None,
        foreign: None,
    })
}

/// Creates an invoice from a whole order.
#[expect(
    clippy::too_many_lines,
    reason = "one refusal after the other, in the order of the real service"
)]
pub(super) fn invoice(unit: &mut Unit, request: &Element, ids: Ids<'_>, now: Timestamp) -> Outcome {
    if let Some(known) = known(unit, ids) {
        return known;
    }
    let refuse = |rule, note: &str, path: &str| Outcome::Refused {
        rule,
        message: format!("{note} {path}"),
        content: Some(failed(
            "inv:invoiceResponse",
            detail("error", 100, note, path),
        )),
    };
    let source = request.at(&["inv:links", "typ:link", "typ:sourceDocument"]);
    let Some(source) = source else {
        return refuse(
            &rules::IMPORT,
            "Faktura bez objednávky se neemuluje.",
            "/inv:invoice/inv:links",
        );
    };
    let place = unit.orders.iter().position(|order| {
        source.text_at(&["typ:id"]) == Some(order.id.to_string().as_str())
            || source
                .text_at(&["typ:number"])
                .is_some_and(|it| order.number.as_deref() == Some(it))
    });
    let open = place.filter(|place| {
        let order = &unit.orders[*place];
        !order.executed && order.cancelled.is_none()
    });
    let Some(place) = open else {
        let path = "/inv:invoice/inv:links/typ:link/typ:sourceDocument";
        return refuse(&rules::CLOSED, "Zdrojový doklad nelze přenést.", path);
    };
    let (id, number) = unit.next_invoice();
    let settings = unit.settings.clone();
    let order = &mut unit.orders[place];
    let header = |name: &str| {
        request
            .text_at(&["inv:invoiceHeader", name])
            .map(str::to_owned)
    };
    let date = header("inv:date").unwrap_or_else(|| day(now));
    let left = order.summary.as_ref().map(|summary| {
        let sums = [
            &summary.none,
            &summary.low.sum,
            &summary.high.sum,
            &summary.third.sum,
        ];
        let sums = sums.into_iter().flatten();
        let mut sums = sums.filter_map(|sum| sum.parse::<Decimal>().ok());
        sums.try_fold(Decimal::ZERO, Decimal::checked_add)
            .unwrap_or(Decimal::MAX)
    });
    let own = Link {
        agenda: "receivedOrder".to_owned(),
        id: Some(order.id),
        number: order.number.clone(),
    };
    let invoice = Invoice {
        id,
        number: Some(number.clone()),
        symbol: Some(number.clone()),
        due: header("inv:dateDue").or_else(|| Some(date.clone())),
        date: Some(date),
        text: header("inv:text").or_else(|| order.text.clone()),
        partner: order.partner.clone(),
        number_order: match settings.invoice_bears {
            OrderNumber::Number => order.number.clone(),
            OrderNumber::NumberOrder => order.number_order.clone(),
        },
        storno: None,
        liquidation: left.map(|left| Liquidation {
            home: Some(left.to_string()),
            ..Liquidation::default()
        }),
        items: order.items.clone(),
        summary: order.summary.clone(),
        links: vec![own],
        changed: local_time(now),
    };
    if settings.links_invoices {
        order.links.push(Link {
            agenda: "issuedInvoice".to_owned(),
            id: Some(id),
            number: Some(number.clone()),
        });
    }
    order.delivered = true;
    order.executed = settings.transfer_executes;
    for item in &mut order.items {
        item.delivered = item.quantity.clone();
    }
    if settings.transfer_is_a_change {
        order.changed = local_time(now);
    }
    unit.invoices.push(invoice);
    remember(unit, ids, "vydane_faktury", id, &number, now);
    Outcome::Done(produced(
        "inv:invoiceResponse",
        id,
        &number,
        "add",
        Vec::new(),
    ))
}
