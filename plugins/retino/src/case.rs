//! Cases of a customer: `find-case` and `load-customer-cases`.
//!
//! Neither verifies whose order it is: the e-mail is that of the case, and whoever opens a case may
//! give the number of somebody else's order.

use std::cmp::Ordering;

use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};

use crate::mapping::{SEARCH, Ticket};
use crate::names::{self, Names};
use crate::{Desk, api};

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    /// Order number
    ///
    /// The number of the order that the case is about, with its prefix. Capitals do not matter.
    order: String,
    /// E-mail
    ///
    /// The e-mail of the customer on the case. Capitals do not matter.
    #[param(personal)]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Case {
    /// Case ID
    ///
    /// What `change-case-state` takes.
    id: String,
    /// Case number
    ///
    /// The number that people see; empty without one.
    code: String,
    /// State
    ///
    /// Its name in the session's language; empty for a state that is no longer there.
    state: String,
    /// State ID
    ///
    /// The same in all languages; empty for a case without a state.
    state_id: String,
    /// Type
    ///
    /// Its name in the session's language, such as Claim; empty for a type that is no longer there.
    #[field(name = "type")]
    kind: String,
    /// Created
    created: Timestamp,
    /// Changed
    ///
    /// When the case last changed.
    updated: Timestamp,
}

/// Find a case
///
/// True with the claim or return of this order and this e-mail, open or closed, the newest of
/// several; false when there is none.
#[function(reads, subject(order = order))]
pub(crate) fn find_case(desk: &Desk, asked: OrderAndEmail) -> Result<Outcome<Case>, Failure> {
    let Some(newest) = asked.find(desk)?.some()?.into_iter().next() else {
        return Ok(Outcome::False);
    };
    let mut described = described(desk, &[newest])?;
    Ok(described.pop().map_or(Outcome::False, Outcome::True))
}

#[derive(Fields)]
pub(crate) struct Cases {
    /// Number of cases
    ///
    /// How many cases the list holds.
    count: usize,
    /// Cases
    ///
    /// The open cases, newest first.
    cases: Vec<Case>,
}

/// Load the customer's cases
///
/// True with the claims and returns of this order and this e-mail that have not been closed; false
/// when there is none.
#[function(reads, subject(order = order), listing(claim = cases, key = id))]
pub(crate) fn load_customer_cases(
    desk: &Desk,
    asked: OrderAndEmail,
) -> Result<Outcome<Cases>, Failure> {
    let found = asked.find(desk)?;
    let mut odd = found.odd.clone();
    let mut open = Vec::new();
    for ticket in found.all()? {
        match ticket.is_open() {
            Ok(true) => open.push(ticket),
            Ok(false) => {}
            Err(why) => odd = Some(why),
        }
    }
    if open.is_empty() {
        return odd.map_or(Ok(Outcome::False), Err);
    }
    let cases = described(desk, &open)?;
    Ok(Outcome::True(Cases {
        count: cases.len(),
        cases,
    }))
}

/// The most cases that are read one by one because the search does not show their order or customer.
/// Arbitrary, and more than one order has.
const DETAILS: usize = 10;

/// The cases of an order and a customer, newest first.
struct Found {
    tickets: Vec<Ticket>,
    /// Whether these are all.
    whole: bool,
    /// Why a case was left out that does not say whose it is, or when it was made.
    odd: Option<Failure>,
}

impl Found {
    /// The cases; no case is a failure, unless these are all.
    fn some(self) -> Result<Vec<Ticket>, Failure> {
        if self.tickets.is_empty() {
            self.all()
        } else {
            Ok(self.tickets)
        }
    }

    /// The cases; a failure, unless these are all.
    fn all(self) -> Result<Vec<Ticket>, Failure> {
        if self.whole {
            match self.odd {
                Some(why) if self.tickets.is_empty() => Err(why),
                Some(_) | None => Ok(self.tickets),
            }
        } else {
            Err(Failure::unexpected_answer(
                "GET tickets/search: the search finds more cases than are read",
            ))
        }
    }
}

impl OrderAndEmail {
    /// Searches for the order number and keeps the cases of this order and this customer. The search
    /// looks into all texts of a case, so most hits may be about other orders.
    fn find(&self, desk: &Desk) -> Result<Found, Failure> {
        let number = self.order.trim();
        if number.is_empty() {
            return Err(Failure::invalid_parameter("order", "is empty"));
        }
        let hits = api::list(|| desk.get("tickets/search").query(SEARCH, number))?;
        let mut found = Found {
            tickets: Vec::new(),
            whole: hits.whole,
            odd: None,
        };
        let mut seen = Vec::new();
        let mut details = 0;
        for hit in hits.items {
            let read = Ticket::read(hit).and_then(|ticket| Ok((ticket.id()?, ticket)));
            let (id, mut ticket) = match read {
                Ok(read) => read,
                Err(why) => {
                    found.odd = Some(why);
                    continue;
                }
            };
            // A case that changed between two requests may be on two pages.
            if seen.contains(&id) {
                continue;
            }
            let mut fits = self.fits(&ticket);
            if fits.is_none() {
                if details == DETAILS {
                    found.whole = false;
                    continue;
                }
                details += 1;
                let response = desk.get("tickets/{id}").segment("id", &id).send()?;
                ticket = Ticket::read(response.json()?)?;
                if ticket.id()? != id {
                    return Err(response.unexpected("the answer is another case"));
                }
                fits = self.fits(&ticket);
            }
            seen.push(id);
            match fits.map(|fits| (fits, ticket.created())) {
                Some((true, Ok(_))) => found.tickets.push(ticket),
                Some((true, Err(why))) => found.odd = Some(why),
                Some((false, _)) => {}
                None => {
                    found.odd = Some(Failure::unexpected_answer(
                        "GET tickets/{id}: the answer does not tell the order or the customer of a case",
                    ));
                }
            }
        }
        newest_first(&mut found.tickets)?;
        Ok(found)
    }

    /// Whether a case is about this order and from this customer; `None` if it does not say.
    fn fits(&self, ticket: &Ticket) -> Option<bool> {
        let order = ticket.is_of_order(self.order.trim());
        if order == Some(false) {
            return order;
        }
        match (order, ticket.is_of_customer(&self.email)) {
            (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

/// Sorts by the moment of creation, then by ID, so that the same cases always give the same answer.
fn newest_first(tickets: &mut Vec<Ticket>) -> Result<(), Failure> {
    let mut dated = Vec::with_capacity(tickets.len());
    for ticket in tickets.drain(..) {
        dated.push((ticket.created()?.unix(), ticket.id()?, ticket));
    }
    dated.sort_by(|(one, one_id, _), (other, other_id, _)| {
        let newer: Ordering = other.cmp(one);
        newer.then_with(|| one_id.cmp(other_id))
    });
    tickets.extend(dated.into_iter().map(|(_, _, ticket)| ticket));
    Ok(())
}

/// The cases as a scenario gets them. All tickets are read before the names of states and types are
/// loaded.
fn described(desk: &Desk, tickets: &[Ticket]) -> Result<Vec<Case>, Failure> {
    let read = |ticket: &Ticket| {
        let (state, kind) = (ticket.state(), ticket.kind());
        let case = Case {
            id: ticket.id()?,
            code: ticket.code(),
            state: String::new(),
            state_id: state.as_ref().map_or_else(String::new, |it| it.id.clone()),
            kind: String::new(),
            created: ticket.created()?,
            updated: ticket.updated()?,
        };
        Ok((case, state, kind))
    };
    let unnamed = tickets
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut states = Names::new(desk, names::states);
    let mut types = Names::new(desk, names::types);
    let mut cases = Vec::with_capacity(unnamed.len());
    for (case, state, kind) in unnamed {
        cases.push(Case {
            state: states.of(state.as_ref())?,
            kind: types.of(kind.as_ref())?,
            ..case
        });
    }
    Ok(cases)
}
