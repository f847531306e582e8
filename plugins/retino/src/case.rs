//! Cases of a customer: `find-case` and `load-customer-cases`.

use std::cmp::Ordering;

use krabice_plugin::{Email, Failure, Fields, Outcome, Params, Timestamp, function};

use crate::mapping::{SEARCH, Ticket};
use crate::names::{self, Names};
use crate::{Desk, api};

#[derive(Params)]
pub(crate) struct OrderAndEmail {
    #[param(
        label(en = "Order number", cs = "Číslo objednávky"),
        help(
            en = "The number of the order that the case is about, with its prefix and capitals.",
            cs = "Číslo objednávky, které se případ týká, s předponou a velkými písmeny."
        )
    )]
    order: String,
    #[param(
        label(en = "E-mail", cs = "E-mail"),
        help(
            en = "The e-mail of the customer on the case. Capitals do not matter.",
            cs = "E-mail zákazníka na případu. Na velikosti písmen nezáleží."
        ),
        personal
    )]
    email: Email,
}

#[derive(Fields)]
pub(crate) struct Case {
    #[field(
        label(en = "Case ID", cs = "ID případu"),
        help(
            en = "What `change-case-state` takes.",
            cs = "Zadává se do `change-case-state`."
        )
    )]
    id: String,
    #[field(
        label(en = "Case number", cs = "Číslo případu"),
        help(
            en = "The number that people see; empty without one.",
            cs = "Číslo, které vidí lidé; prázdné, když není."
        )
    )]
    code: String,
    #[field(
        label(en = "State", cs = "Stav"),
        help(
            en = "Its name in the session's language; empty for a state that is no longer there.",
            cs = "Jeho název v jazyce rozhovoru; prázdný pro stav, který už neexistuje."
        )
    )]
    state: String,
    #[field(
        label(en = "State ID", cs = "ID stavu"),
        help(
            en = "The same in all languages; empty for a case without a state.",
            cs = "Ve všech jazycích stejné; prázdné pro případ bez stavu."
        )
    )]
    state_id: String,
    #[field(
        name = "type",
        label(en = "Type", cs = "Typ"),
        help(
            en = "Its name in the session's language, such as Claim; empty for a type that is no \
                  longer there.",
            cs = "Jeho název v jazyce rozhovoru, například Reklamace; prázdný pro typ, který už \
                  neexistuje."
        )
    )]
    kind: String,
    #[field(label(en = "Created", cs = "Vytvořeno"))]
    created: Timestamp,
    #[field(
        label(en = "Changed", cs = "Změněno"),
        help(
            en = "When the case last changed.",
            cs = "Kdy se případ naposledy změnil."
        )
    )]
    updated: Timestamp,
}

#[function(
    reads,
    label(en = "Find a case", cs = "Najít případ"),
    help(
        en = "True with the claim or return of this order and this e-mail, open or closed, the newest \
              of several; false when there is none.",
        cs = "Ano s reklamací či vrácením k této objednávce a tomuto e-mailu, otevřeným i uzavřeným, \
              z více s nejnovějším; ne, když žádné není."
    )
)]
pub(crate) fn find_case(desk: &Desk, asked: OrderAndEmail) -> Result<Outcome<Case>, Failure> {
    let Some(newest) = asked.find(desk)?.known_to_be_some()?.into_iter().next() else {
        return Ok(Outcome::False);
    };
    let mut described = described(desk, &[newest])?;
    Ok(described.pop().map_or(Outcome::False, Outcome::True))
}

#[derive(Fields)]
pub(crate) struct Cases {
    #[field(
        label(en = "Number of cases", cs = "Počet případů"),
        help(
            en = "How many cases the list holds.",
            cs = "Kolik případů seznam obsahuje."
        )
    )]
    count: i64,
    #[field(
        label(en = "Cases", cs = "Případy"),
        help(
            en = "The open cases, newest first.",
            cs = "Otevřené případy, od nejnovějšího."
        )
    )]
    cases: Vec<Case>,
}

#[function(
    reads,
    label(en = "Load the customer's cases", cs = "Načíst případy zákazníka"),
    help(
        en = "True with the claims and returns of this order and this e-mail that have not been \
              closed; false when there is none.",
        cs = "Ano s reklamacemi a vráceními k této objednávce a tomuto e-mailu, která nejsou uzavřená; \
              ne, když žádné není."
    )
)]
pub(crate) fn load_customer_cases(
    desk: &Desk,
    asked: OrderAndEmail,
) -> Result<Outcome<Cases>, Failure> {
    let mut open = Vec::new();
    for ticket in asked.find(desk)?.known_to_be_all()? {
        if ticket.is_open()? {
            open.push(ticket);
        }
    }
    if open.is_empty() {
        return Ok(Outcome::False);
    }
    let cases = described(desk, &open)?;
    let count = i64::try_from(cases.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Cases { count, cases }))
}

/// The most cases that are read one by one, where the search does not show whose
/// they are. Arbitrary, and beyond what one order has.
const DETAILS: usize = 10;

/// The cases of an order and a customer, newest first.
struct Found {
    tickets: Vec<Ticket>,
    /// Whether there can be no others.
    whole: bool,
}

impl Found {
    /// The cases, where "none" is proven or there are some.
    fn known_to_be_some(self) -> Result<Vec<Ticket>, Failure> {
        if self.tickets.is_empty() {
            self.known_to_be_all()
        } else {
            Ok(self.tickets)
        }
    }

    /// The cases, where these are proven to be all.
    fn known_to_be_all(self) -> Result<Vec<Ticket>, Failure> {
        if self.whole {
            Ok(self.tickets)
        } else {
            Err(Failure::unexpected_answer(
                "GET tickets/search: more cases are like this one than are looked at",
            ))
        }
    }
}

impl OrderAndEmail {
    /// Searches for the order number and keeps what is of this order and this
    /// customer. The search looks into all texts of a case, so most hits may be
    /// of others.
    fn find(&self, desk: &Desk) -> Result<Found, Failure> {
        let number = self.order.trim();
        if number.is_empty() {
            return Err(Failure::invalid_parameter("order", "is empty"));
        }
        let hits = api::list(|| desk.get("tickets/search").query(SEARCH, number))?;
        let mut found = Found {
            tickets: Vec::new(),
            whole: hits.whole,
        };
        let mut seen = Vec::new();
        let mut details = 0;
        for hit in hits.items {
            let mut ticket = Ticket::read(hit)?;
            let id = ticket.id()?;
            // A case that was changed meanwhile may stand on two pages.
            if seen.contains(&id) {
                continue;
            }
            let mut fits = self.fits(&ticket)?;
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
                fits = self.fits(&ticket)?;
            }
            seen.push(id);
            match fits {
                Some(true) => found.tickets.push(ticket),
                Some(false) => {}
                None => {
                    return Err(Failure::unexpected_answer(
                        "GET tickets/{id}: the answer does not tell the order or the customer of a case",
                    ));
                }
            }
        }
        newest_first(&mut found.tickets)?;
        Ok(found)
    }

    /// Whether a case is of this order and this customer; `None` where it does
    /// not say.
    fn fits(&self, ticket: &Ticket) -> Result<Option<bool>, Failure> {
        let order = ticket.is_of_order(self.order.trim())?;
        if order == Some(false) {
            return Ok(order);
        }
        let customer = ticket.is_of_customer(&self.email)?;
        Ok(match (order, customer) {
            (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        })
    }
}

/// Sorts by the moment of creation; by id where it is the same, so that the same
/// cases always give the same answer.
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

/// What a scenario gets to know of cases. All that they tell themselves is read
/// before the names are asked for.
fn described(desk: &Desk, tickets: &[Ticket]) -> Result<Vec<Case>, Failure> {
    let told = |ticket: &Ticket| {
        let (state, kind) = (ticket.state()?, ticket.kind()?);
        let case = Case {
            id: ticket.id()?,
            code: ticket.code()?,
            state: String::new(),
            state_id: state.as_ref().map_or_else(String::new, |it| it.id.clone()),
            kind: String::new(),
            created: ticket.created()?,
            updated: ticket.updated()?,
        };
        Ok((case, state, kind))
    };
    let told = tickets
        .iter()
        .map(told)
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut states = Names::new(desk, names::states);
    let mut types = Names::new(desk, names::types);
    let mut cases = Vec::with_capacity(told.len());
    for (case, state, kind) in told {
        cases.push(Case {
            state: states.of(state.as_ref())?,
            kind: types.of(kind.as_ref())?,
            ..case
        });
    }
    Ok(cases)
}
