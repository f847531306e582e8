//! Statuses of orders: `list-statuses`, `is-order-in-status`, and the choices of a status.

use krabice_plugin::json::{Keyed, Loose, Part};
use krabice_plugin::{Choice, Failure, Fields, LiveChoice, Outcome, Params, function, language};
use serde::Deserialize;

use crate::method::{FALLBACK, texts};
use crate::order::{Order, OrderNumber};
use crate::{Shop, api};

/// The meaning of a status for the shop.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum StatusType {
    /// New
    New,
    /// In progress
    InProgress,
    /// Done
    Done,
    /// Not completed (cancelled, rejected, returned)
    NotCompleted,
}

/// A status as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    status_id: Loose<String>,
    active: Loose<bool>,
    color: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<i64>,
    email_change: Loose<bool>,
    translations: Part<Keyed<Part<Translation>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Translation {
    name: Loose<String>,
}

impl Status {
    pub(crate) fn id(&self) -> Result<&String, Failure> {
        self.status_id.required("status_id")
    }

    fn names(&self) -> impl Iterator<Item = (&str, &String)> {
        let texts = texts(&self.translations);
        texts.filter_map(|(locale, text)| Some((locale, text.name.value()?)))
    }

    /// The name in the session's language; empty for a status without a name.
    fn name(&self, shop: &Shop) -> String {
        let name = language::pick(shop.language(), FALLBACK, self.names());
        name.cloned().unwrap_or_default()
    }

    fn kind(&self) -> Option<StatusType> {
        match self.kind.value()? {
            1 => Some(StatusType::New),
            2 => Some(StatusType::InProgress),
            3 => Some(StatusType::Done),
            4 => Some(StatusType::NotCompleted),
            _ => None,
        }
    }

    /// Whether `wanted` is its number or its name in any language.
    fn is(&self, wanted: &str) -> bool {
        self.status_id.value().is_some_and(|id| id == wanted)
            || self.names().any(|(_, name)| name.trim() == wanted)
    }
}

/// All statuses of the shop, also those that are no longer in use, which an old order may still have.
pub(crate) struct Statuses(Vec<Status>);

impl Statuses {
    pub(crate) fn load(shop: &Shop) -> Result<Self, Failure> {
        let statuses: Vec<Status> = api::all(shop, || shop.get("webapi/rest/statuses").reads())?;
        let any = !statuses.is_empty();
        // One without a number cannot be given to an order.
        let statuses: Vec<_> = statuses.into_iter().filter(|it| it.id().is_ok()).collect();
        if any && statuses.is_empty() {
            return Err(Failure::unexpected_answer("no status has a number"));
        }
        Ok(Self(statuses))
    }

    /// The status with this number, else the one with this name. `None` when there is no such status,
    /// or more than one of that name.
    pub(crate) fn find(&self, wanted: &str) -> Option<&Status> {
        let by_id = |status: &&Status| status.status_id.value().is_some_and(|id| id == wanted);
        let mut named = self.0.iter().filter(|status| status.is(wanted));
        self.0.iter().find(by_id).or_else(|| {
            let first = named.next()?;
            named.next().is_none().then_some(first)
        })
    }

    /// The status of an order.
    pub(crate) fn of_order(&self, shop: &Shop, order: &Order) -> Result<CurrentStatus, Failure> {
        let id = order.status_id.required("status_id")?;
        let status = self.0.iter().find(|it| it.status_id.value() == Some(id));
        Ok(CurrentStatus {
            status: status.map_or_else(String::new, |status| status.name(shop)),
            status_id: id.clone(),
            status_type: status.and_then(Status::kind),
        })
    }
}

/// The number of statuses of the shop.
pub(crate) fn count(shop: &Shop) -> Result<i64, Failure> {
    api::count(shop, shop.get("webapi/rest/statuses"))
}

/// The status of an order.
#[derive(Fields)]
pub(crate) struct CurrentStatus {
    /// Status
    ///
    /// The name of the status in the scenario's language, else in Polish; empty when the shop has
    /// none.
    pub(crate) status: String,
    /// Number of the status
    pub(crate) status_id: String,
    /// Type of the status
    pub(crate) status_type: Option<StatusType>,
}

#[derive(Fields)]
pub(crate) struct StatusList {
    /// Number of statuses
    ///
    /// How many statuses the list holds.
    count: usize,
    /// Statuses
    ///
    /// All statuses of the shop, those that are no longer used, too.
    statuses: Vec<StatusDetail>,
}

#[derive(Fields)]
struct StatusDetail {
    /// Number
    id: String,
    /// Name
    ///
    /// In the scenario's language, else in Polish.
    name: String,
    /// Type of the status
    #[field(name = "type")]
    kind: Option<StatusType>,
    /// Colour
    ///
    /// As the shop keeps it; empty without one.
    colour: String,
    /// In use
    ///
    /// Whether orders can be given this status.
    active: bool,
    /// E-mail on change
    ///
    /// Whether the shop is set to send the customer an e-mail when an order gets this status.
    email: bool,
}

/// List the statuses
///
/// True with all statuses of the shop, asked afresh each time; false when it has none.
#[function(reads)]
pub(crate) fn list_statuses(shop: &Shop) -> Result<Outcome<StatusList>, Failure> {
    let statuses = Statuses::load(shop)?.0;
    if statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let known = |status: &Status| {
        Ok::<_, Failure>(StatusDetail {
            id: status.id()?.clone(),
            name: status.name(shop),
            kind: status.kind(),
            colour: status.color.text(),
            active: status.active.value() != Some(&false),
            email: status.email_change.value().copied().unwrap_or_default(),
        })
    };
    Ok(Outcome::True(StatusList {
        count: statuses.len(),
        statuses: statuses.iter().map(known).collect::<Result<_, _>>()?,
    }))
}

#[derive(Params)]
pub(crate) struct OrderAndStatuses {
    #[param(flatten)]
    order: OrderNumber,
    /// Status
    ///
    /// A status of the shop, by its number or by its name.
    status: Option<LiveChoice>,
    /// Statuses
    ///
    /// Several statuses, by their numbers or names: any of them fits.
    statuses: Option<Vec<String>>,
    /// Type of the status
    ///
    /// Any status of this type fits.
    #[param(name = "type")]
    kind: Option<StatusType>,
}

/// Is the order in a status?
///
/// True with the order's status when it is the given one, one of several, or of the given type;
/// false when it is another, or there is no such order.
#[function(reads, choices(status = choices), subject(order = order))]
pub(crate) fn is_order_in_status(
    shop: &Shop,
    asked: OrderAndStatuses,
) -> Result<Outcome<CurrentStatus>, Failure> {
    let one = asked.status.iter().map(LiveChoice::as_str);
    let several = asked.statuses.iter().flatten().map(String::as_str);
    let wanted: Vec<&str> = one.chain(several).map(str::trim).collect();
    if asked.kind.is_none() && wanted.iter().all(|wanted| wanted.is_empty()) {
        let what = "give `status`, `statuses` or `type`";
        return Err(Failure::invalid_parameter("status", what));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    let id = order.status_id.required("status_id")?;
    let is_number = |wanted: &&str| wanted.bytes().all(|byte| byte.is_ascii_digit());
    let by_id = wanted.contains(&id.as_str());
    // Numbers need no list of statuses.
    if !by_id && asked.kind.is_none() && wanted.iter().all(is_number) {
        return Ok(Outcome::False);
    }
    let statuses = Statuses::load(shop)?;
    let status = statuses
        .0
        .iter()
        .find(|it| it.status_id.value() == Some(id));
    let fits = by_id
        || status.is_some_and(|status| {
            let of_type = asked.kind.is_some() && status.kind() == asked.kind;
            of_type || wanted.iter().any(|wanted| status.is(wanted))
        });
    if fits {
        return statuses.of_order(shop, &order).map(Outcome::True);
    }
    match status {
        Some(_) => Ok(Outcome::False),
        None => Err(Failure::unexpected_answer(
            "the order's status is not one of the shop's",
        )),
    }
}

/// The choices of a status: those in use, with their numbers as values, because names differ by
/// language.
pub(crate) fn choices(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    let choice = |status: &Status| {
        let id = status.id()?.clone();
        // The list is shown in a language, `pl`, not in a locale, `pl_PL`.
        let names = status.names();
        let names = names.map(|(locale, name)| (locale.split('_').next().unwrap_or(locale), name));
        let mut label = language::labels(names);
        if label.is_empty() {
            label.push(("en".to_owned(), format!("Status {id}")));
        }
        Ok(Choice::new(id, label))
    };
    let in_use = |status: &&Status| status.active.value() != Some(&false);
    let statuses = Statuses::load(shop)?.0;
    statuses.iter().filter(in_use).map(choice).collect()
}
