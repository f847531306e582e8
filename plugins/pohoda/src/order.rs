//! Received orders: their form in POHODA, and how they are found.

use krabice_plugin::compare::same_number;
use krabice_plugin::{Choice, Decimal, Email, Failure, Timestamp};

use crate::Unit;
use crate::amount::{self, Currency, Names, Total};
use crate::number::{Number, SHOP_NUMBER_COLUMN, Search};
use crate::pack;
use crate::xml::{Element, Node, node};

/// The state of an order. POHODA has no other states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum OrderState {
    /// Received
    Received,
    /// Partly transferred
    PartlyTransferred,
    /// Transferred
    Transferred,
    /// Executed
    Executed,
    /// Cancelled
    Cancelled,
}

impl OrderState {
    /// The value of the choice, which also goes into fingerprints.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OrderState::Received => "received",
            OrderState::PartlyTransferred => "partly-transferred",
            OrderState::Transferred => "transferred",
            OrderState::Executed => "executed",
            OrderState::Cancelled => "cancelled",
        }
    }
}

/// A document made from an order, or from which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) agenda: String,
    pub(crate) id: Option<String>,
    pub(crate) number: Option<String>,
}

/// An order as POHODA exports it. Only its id is always there.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: i64,
    element: Element,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) code: String,
    /// `None` where POHODA does not tell it.
    pub(crate) quantity: Option<Decimal>,
    pub(crate) delivered: Decimal,
    pub(crate) unit: String,
    /// With VAT.
    pub(crate) price: Option<Decimal>,
    /// The rate of VAT in percent.
    pub(crate) vat: Option<Decimal>,
}

const HEADER: &str = "ord:orderHeader";
const NAMES: Names = Names {
    home: "ord:homeCurrency",
    foreign: "ord:foreignCurrency",
};

impl Order {
    fn of(element: Element) -> Result<Self, Failure> {
        let id = element.text_at(&[HEADER, "ord:id"]);
        let id = id
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| Failure::unexpected_answer("POST xml: an order without `ord:id`"))?;
        Ok(Self { id, element })
    }

    /// A text of the header; `None` for an empty or missing one.
    pub(crate) fn header(&self, path: &[&str]) -> Option<&str> {
        self.element.child(HEADER)?.text_at(path)
    }

    /// POHODA's own number.
    pub(crate) fn number(&self) -> Result<&str, Failure> {
        self.header(&["ord:number", "typ:numberRequested"])
            .ok_or_else(|| Failure::unexpected_answer("POST xml: an order without its number"))
    }

    /// The shop's number; empty for an order without one.
    pub(crate) fn shop_number(&self) -> &str {
        self.header(&["ord:numberOrder"]).unwrap_or_default()
    }

    /// A flag of the header. By the schema a missing flag is *false*.
    fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.header(&[name]) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure::unexpected_answer(format!(
                "POST xml: `{name}` is neither `true` nor `false`"
            ))),
        }
    }

    /// The state of the order: the first of the states that fits.
    pub(crate) fn state(&self) -> Result<OrderState, Failure> {
        let storno = self.header(&["ord:storno"]);
        if storno == Some("cancelledDocument") || self.header(&["ord:dateCancellation"]).is_some() {
            return Ok(OrderState::Cancelled);
        }
        if storno.is_some() {
            return Err(Failure::unexpected_answer(
                "POST xml: `ord:storno` is not as documented",
            ));
        }
        if self.flag("ord:isExecuted")? {
            return Ok(OrderState::Executed);
        }
        if self.flag("ord:isDelivered")? {
            return Ok(OrderState::Transferred);
        }
        let started = self.lines()?.iter().any(|line| !line.delivered.is_zero());
        Ok(if started {
            OrderState::PartlyTransferred
        } else {
            OrderState::Received
        })
    }

    /// A date of the header, by the clock of the machine that POHODA runs on.
    pub(crate) fn date(&self, unit: &Unit, name: &str) -> Option<Timestamp> {
        Timestamp::local(self.header(&[name])?, unit.time_zone())
    }

    /// The total with VAT; `None` for an order without amounts, or with one that is no number.
    pub(crate) fn total(&self, unit: &Unit) -> Option<Total> {
        let summary = self.element.child("ord:orderSummary");
        amount::total(summary, NAMES, unit.settings().currency.trim()).ok()?
    }

    /// The lines, without the one that rounds.
    pub(crate) fn lines(&self) -> Result<Vec<Line>, Failure> {
        let summary = self.element.child("ord:orderSummary");
        let foreign = summary.is_some_and(|summary| summary.child(NAMES.foreign).is_some());
        let currency = if foreign {
            Currency::Foreign
        } else {
            Currency::Home
        };
        let detail = self.element.child("ord:orderDetail");
        detail
            .into_iter()
            .flat_map(|detail| detail.all("ord:orderItem"))
            .map(|item| line(item, currency))
            .collect()
    }

    /// The parameters that the unit's users have added to orders, by their names in the database.
    pub(crate) fn parameters(&self) -> Vec<(&str, &str)> {
        let parameters = self.element.at(&[HEADER, "ord:parameters"]);
        parameters
            .into_iter()
            .flat_map(|parameters| parameters.all("typ:parameter"))
            .filter_map(|parameter| Some((parameter.text_at(&["typ:name"])?, value_of(parameter)?)))
            .collect()
    }

    /// The documents that the order is linked to.
    pub(crate) fn links(&self) -> Vec<Link> {
        links(self.element.child("ord:linkedDocuments"))
    }

    /// A text of the customer's address; empty for a missing one.
    pub(crate) fn address(&self, name: &str) -> &str {
        self.header(&["ord:partnerIdentity", "typ:address", name])
            .unwrap_or_default()
    }

    /// The texts in the place of e-mails: those of the customer's address and of the addresses of
    /// delivery.
    fn email_fields(&self) -> impl Iterator<Item = &str> {
        let partner = self.element.at(&[HEADER, "ord:partnerIdentity"]);
        let addresses = partner.into_iter().flat_map(|partner| {
            partner
                .all("typ:address")
                .chain(partner.all("typ:shipToAddress"))
        });
        addresses.filter_map(|address| address.text_at(&["typ:email"]))
    }

    /// The e-mails on the order. A field may hold several, a name, or something else.
    pub(crate) fn emails(&self) -> impl Iterator<Item = Email> {
        let between = |letter: char| ",;<>".contains(letter) || letter.is_whitespace();
        self.email_fields()
            .flat_map(move |field| field.split(between))
            .filter_map(Email::parse)
    }

    /// Whether this e-mail is one of those on the order.
    pub(crate) fn belongs_to(&self, email: &Email) -> bool {
        self.email_fields().any(|field| email.is_in(field))
    }

    /// Whether the order has a number, of the kind that customers know.
    fn has_number(&self, number: &Number, search: &Search<'_>) -> Result<bool, Failure> {
        let numbers = self.known_numbers(search)?;
        let spellings = number.spellings();
        Ok(numbers
            .iter()
            .any(|own| spellings.iter().any(|number| same_number(own, number))))
    }

    /// The number that customers know, as the order has it; `None` for an order without one.
    pub(crate) fn known_number(&self, search: &Search<'_>) -> Result<Option<String>, Failure> {
        let numbers = self.known_numbers(search)?;
        Ok(numbers.first().map(|number| (*number).to_owned()))
    }

    /// The numbers of the kind that customers know.
    fn known_numbers(&self, search: &Search<'_>) -> Result<Vec<&str>, Failure> {
        let shop_number = Some(self.shop_number()).filter(|number| !number.is_empty());
        Ok(match search {
            Search::Pohoda => vec![self.number()?],
            Search::Shop { column } if *column == SHOP_NUMBER_COLUMN => {
                shop_number.into_iter().collect()
            }
            Search::Shop { column } => {
                let name = column.trim_start_matches("OBJ.");
                let parameters = self.parameters().into_iter();
                let own = parameters.filter(|(other, _)| *other == name);
                own.map(|(_, value)| value).chain(shop_number).collect()
            }
            Search::External { system } => {
                let id = self.header(&["ord:extId", "typ:ids"]);
                let of = self.header(&["ord:extId", "typ:exSystemName"]);
                id.filter(|_| of == Some(*system)).into_iter().collect()
            }
        })
    }
}

/// The value of a parameter of any type.
fn value_of(parameter: &Element) -> Option<&str> {
    let name = |element: &&Element| !matches!(element.name(), "typ:name" | "typ:list");
    let value = parameter.children().iter().find(name)?;
    value.text().or_else(|| value.text_at(&["typ:ids"]))
}

/// The documents that a document is linked to.
pub(crate) fn links(linked: Option<&Element>) -> Vec<Link> {
    let links = linked.into_iter().flat_map(|linked| linked.all("typ:link"));
    links
        .map(|link| Link {
            agenda: link
                .text_at(&["typ:sourceAgenda"])
                .unwrap_or_default()
                .to_owned(),
            id: link
                .text_at(&["typ:sourceDocument", "typ:id"])
                .map(str::to_owned),
            number: link
                .text_at(&["typ:sourceDocument", "typ:number"])
                .map(str::to_owned),
        })
        .collect()
}

fn line(item: &Element, currency: Currency) -> Result<Line, Failure> {
    let text = |name: &str| item.text_at(&[name]).unwrap_or_default().to_owned();
    let amounts = match currency {
        Currency::Home => item.child("ord:homeCurrency"),
        Currency::Foreign => item.child("ord:foreignCurrency"),
    };
    let rate = item.child("ord:rateVAT");
    let percent = rate.and_then(|rate| rate.attribute("value"));
    Ok(Line {
        name: text("ord:text"),
        code: text("ord:code"),
        // `2.0` pieces are 2 pieces.
        quantity: amount::number(item, "ord:quantity")?.map(|it| it.normalize()),
        delivered: amount::number(item, "ord:delivered")?
            .unwrap_or_default()
            .normalize(),
        unit: text("ord:unit"),
        price: amount::line(amounts)?,
        vat: match rate.and_then(Element::text) {
            Some("none") => Some(Decimal::ZERO),
            _ => percent
                .and_then(|percent| Decimal::from_str_exact(percent).ok())
                .filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate)),
        },
    })
}

/// A request for received orders.
pub(crate) fn question(system: Option<&str>, inside: impl IntoIterator<Item = Node>) -> Node {
    let request = node("lst:listOrderRequest")
        .with("version", "2.0")
        .with("orderVersion", "2.0")
        .with("orderType", "receivedOrder");
    let request = match system {
        Some(system) => request.with("extSystem", system),
        None => request,
    };
    request.holding(inside)
}

/// A list of received orders.
pub(crate) struct List {
    /// Those that have an id.
    pub(crate) orders: Vec<Order>,
    /// How many POHODA listed.
    pub(crate) listed: usize,
    /// Why one of them was left out.
    pub(crate) odd: Option<Failure>,
    /// The moment at which POHODA made the list.
    pub(crate) stamp: Option<String>,
}

/// Lists received orders.
pub(crate) fn list(unit: &Unit, question: Node) -> Result<List, Failure> {
    let reply = pack::ask_one(unit, question)?;
    let stamp = reply.content.attribute("dateTimeStamp").map(str::to_owned);
    let elements = reply.list("lst:listOrder", "lst:order")?;
    let mut list = List {
        orders: Vec::new(),
        listed: elements.len(),
        odd: None,
        stamp,
    };
    for element in elements {
        match Order::of(element) {
            Ok(order) => list.orders.push(order),
            Err(why) => list.odd = Some(why),
        }
    }
    Ok(list)
}

/// The result of a search by number.
pub(crate) enum Found {
    Nothing,
    One(Box<Order>),
    /// Several orders have the number, which is possible with numbers of a shop.
    Several,
}

/// Searches for an order by its number, with one request. The orders that are found are compared
/// again: an mServer that ignored the condition would answer with others.
pub(crate) fn search(unit: &Unit, number: &Number) -> Result<Found, Failure> {
    let search = Search::of(unit)?;
    let asked = node("lst:requestOrder").holding([search.filter(number)]);
    let list = list(unit, question(search.system(), [asked]))?;
    let (mut own, mut odd) = (Vec::new(), list.odd);
    for order in list.orders {
        match order.has_number(number, &search) {
            Ok(true) => own.push(order),
            Ok(false) => {}
            Err(why) => odd = Some(why),
        }
    }
    if let (true, Some(why)) = (own.is_empty(), odd) {
        return Err(why);
    }
    // The spelling that was typed decides between several orders.
    let exact = |order: &Order| {
        let numbers = order.known_numbers(&search);
        numbers.is_ok_and(|numbers| numbers.contains(&number.as_str()))
    };
    if own.len() > 1 && own.iter().filter(|order| exact(order)).count() == 1 {
        own.retain(exact);
    }
    match own.len() {
        0 | 1 => Ok(own
            .pop()
            .map_or(Found::Nothing, |order| Found::One(Box::new(order)))),
        _ => Ok(Found::Several),
    }
}

/// Finds the order of this number; `None` on proof that there is none.
pub(crate) fn find(unit: &Unit, number: &Number) -> Result<Option<Order>, Failure> {
    match search(unit, number)? {
        Found::Nothing => Ok(None),
        Found::One(order) => Ok(Some(*order)),
        Found::Several => Err(Failure::unexpected_answer(
            "POST xml: several orders have this number",
        )),
    }
}
