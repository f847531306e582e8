//! Records as elements of an answer, and the filters that select them.

use super::query::{self, Column};
use super::records::{
    Address, Foreign, Invoice, Item, ItemAmounts, Link, Order, Partner, Rate, Round, Summary,
};
use super::xml::{Element, Tag, given, leaf, tag};

/// The parts of a record that a list request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// `list.xsd`, `restrictionDocParamType`.
    pub(super) documents: bool,
    pub(super) parameters: bool,
    /// The external system whose ids are exported.
    pub(super) system: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    pub(super) fn read(request: &'a Element) -> Self {
        let flag = |name: &str, default: bool| {
            request
                .text_at(&["lst:restrictionData", name])
                .map_or(default, |text| text == "true")
        };
        Self {
            documents: flag("lst:documents", true),
            parameters: flag("lst:parameters", true),
            system: request.attribute("extSystem"),
        }
    }
}

/// The values of a record that filters compare.
pub(super) struct Facts<'a> {
    pub(super) id: i64,
    pub(super) number: &'a str,
    pub(super) ext_id: Option<(&'a str, &'a str)>,
    pub(super) date: &'a str,
    pub(super) changed: &'a str,
    pub(super) column: &'a dyn Fn(Column) -> Option<String>,
}

/// Whether a record matches the filters of a request. That all conditions must hold is
/// an inference.
pub(super) fn fits(request: &Element, facts: &Facts<'_>) -> Result<bool, String> {
    if let Some(filter) = request.child("ftr:filter") {
        for condition in &filter.children {
            let text = condition.text.trim();
            let holds = match condition.name.as_str() {
                "ftr:id" => facts.id.to_string() == text,
                "ftr:extId" => {
                    let wanted = (
                        condition.text_at(&["typ:ids"]).unwrap_or_default(),
                        condition.text_at(&["typ:exSystemName"]).unwrap_or_default(),
                    );
                    facts.ext_id == Some(wanted)
                }
                "ftr:dateFrom" => facts.date >= text,
                "ftr:dateTill" => facts.date <= text,
                "ftr:selectedNumbers" => condition
                    .children
                    .iter()
                    .filter_map(|number| number.text_at(&["typ:numberRequested"]))
                    .any(|number| number == facts.number),
                _ => facts.changed >= text,
            };
            if !holds {
                return Ok(false);
            }
        }
    }
    match request.text_at(&["ftr:queryFilter", "ftr:filter"]) {
        Some(condition) => query::holds(condition, facts.column),
        None => Ok(true),
    }
}

/// An order in a list: its element is in `lst`, the rest in `ord` and `typ`.
pub(super) fn order(order: &Order, wanted: Wanted<'_>) -> Tag {
    let header = tag("ord:orderHeader").holding(order_header(order, wanted));
    let detail = tag("ord:orderDetail").holding(order.items.iter().map(|it| item(it, "ord")));
    let links = wanted
        .documents
        .then(|| links(&order.links, "ord"))
        .flatten();
    let summary = order.summary.as_ref().map(|it| summary(it, "ord"));
    tag("lst:order")
        .with("version", "2.0")
        .holding([header])
        .holding(detail.filled())
        .holding(summary)
        .holding(links)
}

fn order_header(order: &Order, wanted: Wanted<'_>) -> Vec<Tag> {
    let own = order.ext_id.as_ref();
    let ext_id = own.filter(|own| wanted.system == Some(own.system.as_str()));
    let ext_id = ext_id.map(|own| {
        tag("ord:extId").holding([
            leaf("typ:ids", &own.ids),
            leaf("typ:exSystemName", &own.system),
        ])
    });
    let payment = order.payment.as_ref().map(|payment| {
        tag("ord:paymentType")
            .holding(given("typ:ids", payment.ids.as_ref()))
            .holding(given("typ:paymentType", payment.kind.as_ref()))
    });
    let carrier = order.carrier.as_ref();
    let carrier = carrier.map(|ids| tag("ord:carrier").holding([leaf("typ:ids", ids)]));
    let parameters = wanted.parameters && !order.parameters.is_empty();
    let parameters = parameters.then(|| {
        tag("ord:parameters").holding(order.parameters.iter().map(|it| {
            let kind = format!("typ:{}", it.kind);
            let value = if it.kind == "listValueRef" {
                tag(kind).holding([leaf("typ:ids", &it.value)])
            } else {
                leaf(kind, &it.value)
            };
            tag("typ:parameter").holding([leaf("typ:name", &it.name), value])
        }))
    });
    let storno = order.cancelled.as_ref();
    let parts = [
        Some(leaf("ord:id", order.id)),
        ext_id,
        Some(leaf("ord:orderType", "receivedOrder")),
        storno.map(|_| leaf("ord:storno", "cancelledDocument")),
        number(order.number.as_ref(), "ord"),
        given("ord:numberOrder", order.number_order.as_ref()),
        given("ord:date", order.date.as_ref()),
        given("ord:text", order.text.as_ref()),
        order.partner.as_ref().map(|it| partner(it, "ord")),
        payment,
        Some(leaf("ord:isExecuted", order.executed)),
        Some(leaf("ord:isDelivered", order.delivered)),
        Some(leaf("ord:isReserved", order.reserved)),
        given("ord:dateCancellation", storno),
        given("ord:note", order.note.as_ref()),
        carrier,
        given("ord:intNote", order.int_note.as_ref()),
        parameters,
    ];
    parts.into_iter().flatten().collect()
}

/// An invoice in a list.
pub(super) fn invoice(invoice: &Invoice, wanted: Wanted<'_>) -> Tag {
    // An export of 2025 (PHP-Pohoda-Connector): zero is left out, so that a settled invoice has a date
    // alone.
    let amount = |name: &str, amount: Option<&String>| {
        given(name, amount.filter(|it| it.parse::<f64>() != Ok(0.0)))
    };
    let liquidation = invoice.liquidation.as_ref().map(|it| {
        tag("inv:liquidation")
            .holding(given("typ:date", it.date.as_ref()))
            .holding(amount("typ:amountHome", it.home.as_ref()))
            .holding(amount("typ:amountForeign", it.foreign.as_ref()))
    });
    let header = [
        Some(leaf("inv:id", invoice.id)),
        Some(leaf("inv:invoiceType", "issuedInvoice")),
        given("inv:storno", invoice.storno.as_ref()),
        number(invoice.number.as_ref(), "inv"),
        given("inv:symVar", invoice.symbol.as_ref()),
        given("inv:date", invoice.date.as_ref()),
        given("inv:dateDue", invoice.due.as_ref()),
        given("inv:text", invoice.text.as_ref()),
        invoice.partner.as_ref().map(|it| partner(it, "inv")),
        given("inv:numberOrder", invoice.number_order.as_ref()),
        liquidation,
    ];
    let detail = tag("inv:invoiceDetail").holding(invoice.items.iter().map(|it| item(it, "inv")));
    tag("lst:invoice")
        .with("version", "2.0")
        .holding([tag("inv:invoiceHeader").holding(header.into_iter().flatten())])
        .holding(detail.filled())
        .holding(invoice.summary.as_ref().map(|it| summary(it, "inv")))
        .holding(
            wanted
                .documents
                .then(|| links(&invoice.links, "inv"))
                .flatten(),
        )
}

fn number(number: Option<&String>, prefix: &str) -> Option<Tag> {
    let requested = leaf("typ:numberRequested", number?);
    Some(tag(format!("{prefix}:number")).holding([requested]))
}

fn partner(partner: &Partner, prefix: &str) -> Tag {
    tag(format!("{prefix}:partnerIdentity"))
        .holding(partner.id.map(|id| leaf("typ:id", id)))
        .holding([address(&partner.address, "typ:address")])
        .holding(
            partner
                .ship_to
                .iter()
                .map(|it| address(it, "typ:shipToAddress")),
        )
}

fn address(address: &Address, name: &str) -> Tag {
    let parts = [
        ("typ:company", &address.company),
        ("typ:name", &address.name),
        ("typ:city", &address.city),
        ("typ:street", &address.street),
        ("typ:zip", &address.zip),
        ("typ:phone", &address.phone),
        ("typ:mobilPhone", &address.mobile),
        ("typ:email", &address.email),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| given(name, value.as_ref()));
    tag(name).holding(parts)
}

fn item(item: &Item, prefix: &str) -> Tag {
    let name = |local: &str| format!("{prefix}:{local}");
    let rate = item.rate.as_ref().map(|rate| {
        let rate = leaf(name("rateVAT"), rate);
        match &item.percent {
            Some(percent) => rate.with("value", percent),
            None => rate,
        }
    });
    let stock = item.code.as_ref().map(|code| {
        let stock = tag("typ:stockItem").holding([leaf("typ:ids", code)]);
        tag(name("stockItem")).holding([stock])
    });
    // Only orders have the delivered quantity.
    let delivered = item.delivered.as_ref().filter(|_| prefix == "ord");
    let parts = [
        Some(leaf(name("id"), item.id)),
        given(name("text"), item.text.as_ref()),
        given(name("quantity"), item.quantity.as_ref()),
        given(name("delivered"), delivered),
        given(name("unit"), item.unit.as_ref()),
        Some(leaf(name("coefficient"), "1.0")),
        Some(leaf(name("payVAT"), item.pay_vat)),
        rate,
        Some(leaf(name("discountPercentage"), "0.0")),
        item.amounts
            .as_ref()
            .map(|it| amounts(it, name("homeCurrency"))),
        item.foreign
            .as_ref()
            .map(|it| amounts(it, name("foreignCurrency"))),
        given(name("code"), item.code.as_ref()),
        stock,
    ];
    let element = if prefix == "ord" {
        "orderItem"
    } else {
        "invoiceItem"
    };
    tag(name(element)).holding(parts.into_iter().flatten())
}

fn amounts(amounts: &ItemAmounts, name: String) -> Tag {
    let parts = [
        ("typ:unitPrice", &amounts.unit_price),
        ("typ:price", &amounts.price),
        ("typ:priceVAT", &amounts.price_vat),
        ("typ:priceSum", &amounts.price_sum),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| given(name, value.as_ref()));
    tag(name).holding(parts)
}

fn summary(summary: &Summary, prefix: &str) -> Tag {
    let rates = [
        ("Low", &summary.low),
        ("High", &summary.high),
        ("3", &summary.third),
    ];
    let home = tag(format!("{prefix}:homeCurrency"))
        .holding(given("typ:priceNone", summary.none.as_ref()))
        .holding(rates.into_iter().flat_map(|(name, it)| rate(it, name)))
        .holding(summary.round.as_ref().map(round));
    let foreign = summary.foreign.as_ref().map(|it| foreign(it, prefix));
    let kind = if prefix == "ord" {
        "orderSummary"
    } else {
        "invoiceSummary"
    };
    tag(format!("{prefix}:{kind}"))
        .holding([leaf(format!("{prefix}:roundingDocument"), "none")])
        .holding(home.filled())
        .holding(foreign)
}

fn rate(rate: &Rate, name: &str) -> Vec<Tag> {
    let parts = [
        given(format!("typ:price{name}"), rate.base.as_ref()),
        given(format!("typ:price{name}VAT"), rate.vat.as_ref()),
        given(format!("typ:price{name}Sum"), rate.sum.as_ref()),
    ];
    parts.into_iter().flatten().collect()
}

fn round(round: &Round) -> Tag {
    tag("typ:round").holding(match round {
        Round::Plain(sum) => vec![leaf("typ:priceRound", sum)],
        Round::WithVat { rate, sum, vat } => vec![
            leaf("typ:rateVATround", rate),
            leaf("typ:priceRoundSum", sum),
            leaf("typ:priceRoundSumVAT", vat),
        ],
    })
}

fn foreign(foreign: &Foreign, prefix: &str) -> Tag {
    tag(format!("{prefix}:foreignCurrency"))
        .holding([tag("typ:currency").holding([leaf("typ:ids", &foreign.currency)])])
        .holding(given("typ:rate", foreign.rate.as_ref()))
        .holding(given("typ:amount", foreign.amount.as_ref()))
        .holding(given("typ:priceSum", foreign.price_sum.as_ref()))
}

fn links(links: &[Link], prefix: &str) -> Option<Tag> {
    let link = |link: &Link| {
        let document = tag("typ:sourceDocument")
            .holding(link.id.map(|id| leaf("typ:id", id)))
            .holding(given("typ:number", link.number.as_ref()));
        tag("typ:link").holding([leaf("typ:sourceAgenda", &link.agenda), document])
    };
    tag(format!("{prefix}:linkedDocuments"))
        .holding(links.iter().map(link))
        .filled()
}
