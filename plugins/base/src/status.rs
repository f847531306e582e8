//! Statuses of orders and of returns: `list-order-statuses`, `list-return-statuses` and
//! `is-order-in-status`.

use krabice_plugin::json::{Loose, Part};
use krabice_plugin::{Choice, Failure, Fields, Outcome, Params, Timestamp, function};
use serde::Deserialize;
use serde_json::json;

use crate::order::{OrderId, moment};
use crate::{Shop, api, id};

/// A status of orders or of returns, as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    id: Loose<String>,
    name: Loose<String>,
    name_for_customer: Loose<String>,
    color: Loose<String>,
    group_id: Loose<String>,
    is_primary: Loose<bool>,
}

/// The statuses of orders, or those of returns: the account's owner makes both.
#[derive(Debug)]
pub(crate) struct Statuses {
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct StatusList {
    statuses: Vec<Part<Status>>,
}

/// The status of an order or of a return.
#[derive(Fields)]
pub(crate) struct CurrentStatus {
    /// Status ID
    status_id: String,
    /// Status
    ///
    /// Its name in the account; empty for a status that the account no longer has.
    status: String,
    /// Status for customers
    ///
    /// The name that customers see; empty where there is none.
    status_for_customer: String,
}

impl Statuses {
    /// Loads the statuses of orders.
    pub(crate) fn of_orders(shop: &Shop) -> Result<Self, Failure> {
        Self::load(shop, "getOrderStatusList")
    }

    /// Loads the statuses of returns.
    pub(crate) fn of_returns(shop: &Shop) -> Result<Self, Failure> {
        Self::load(shop, "getOrderReturnStatusList")
    }

    /// Loads a list, without what has no ID.
    fn load(shop: &Shop, method: &'static str) -> Result<Self, Failure> {
        let found: StatusList = api::read(shop, method, &json!({}))?;
        let any = !found.statuses.is_empty();
        let statuses = found.statuses.into_iter().filter_map(Part::into_value);
        let statuses: Vec<_> = statuses.filter(|it| it.id.value().is_some()).collect();
        if statuses.is_empty() && any {
            let what = format!("POST connector.php ({method}): no status has an ID");
            return Err(Failure::unexpected_answer(what));
        }
        Ok(Self { statuses })
    }

    pub(crate) fn len(&self) -> usize {
        self.statuses.len()
    }

    fn get(&self, id: &str) -> Option<&Status> {
        let is = |status: &&Status| status.id.value().is_some_and(|own| own == id);
        self.statuses.iter().find(is)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// The name of a status; empty for one that the account no longer has.
    pub(crate) fn name(&self, id: &str) -> String {
        self.get(id).map(|it| it.name.text()).unwrap_or_default()
    }

    /// The status of this ID, with its names.
    pub(crate) fn current(&self, id: &str) -> CurrentStatus {
        let status = self.get(id);
        let name_for_customer = status.map(|it| it.name_for_customer.text());
        CurrentStatus {
            status_id: id.to_owned(),
            status: self.name(id),
            status_for_customer: name_for_customer.unwrap_or_default(),
        }
    }

    /// The ID of the status with this ID or this exact name; `None` for a status that the account
    /// does not have.
    pub(crate) fn find_id(&self, wanted: &str) -> Result<Option<String>, Failure> {
        let wanted = wanted.trim();
        if wanted.is_empty() {
            return Err(Failure::invalid_parameter("status", "is empty"));
        }
        if self.has(wanted) {
            return Ok(Some(wanted.to_owned()));
        }
        let statuses = self.statuses.iter();
        let mut named = statuses.filter(|status| status.name.text().trim() == wanted);
        let (first, second) = (named.next(), named.next());
        if second.is_some() {
            return Err(Failure::invalid_parameter(
                "status",
                "is the name of more than one status",
            ));
        }
        first
            .map(|status| status.id.required("id").cloned())
            .transpose()
    }

    /// The statuses as choices with IDs as values. The account has one name for each, which is shown
    /// in every language.
    pub(crate) fn choices(&self) -> Result<Vec<Choice>, Failure> {
        let choice = |status: &Status| {
            let id = status.id.required("id")?;
            let name = status.name.value().cloned();
            let name = name.unwrap_or_else(|| format!("Status {id}"));
            Ok(Choice::new(id, [("en", name)]))
        };
        self.statuses.iter().map(choice).collect()
    }
}

/// What every list of statuses has of one.
#[derive(Fields)]
pub(crate) struct NamedStatus {
    /// ID
    id: String,
    /// Name
    name: String,
    /// Name for customers
    ///
    /// Empty where there is none.
    name_for_customer: String,
}

impl NamedStatus {
    fn of(status: &Status) -> Result<Self, Failure> {
        Ok(Self {
            id: status.id.required("id")?.clone(),
            name: status.name.text(),
            name_for_customer: status.name_for_customer.text(),
        })
    }
}

#[derive(Fields)]
pub(crate) struct OrderStatuses {
    /// Number of statuses
    count: usize,
    /// Statuses
    statuses: Vec<OrderStatus>,
}

#[derive(Fields)]
pub(crate) struct OrderStatus {
    #[field(flatten)]
    named: NamedStatus,
    /// Colour
    ///
    /// Such as #2E7D32; empty where there is none.
    colour: String,
}

/// List the statuses of orders
///
/// True with the statuses that the account's owner made; false when there are none.
#[function(reads)]
pub(crate) fn list_order_statuses(shop: &Shop) -> Result<Outcome<OrderStatuses>, Failure> {
    let found = Statuses::of_orders(shop)?;
    if found.statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let listed = |status: &Status| {
        Ok(OrderStatus {
            named: NamedStatus::of(status)?,
            colour: status.color.text(),
        })
    };
    Ok(Outcome::True(OrderStatuses {
        count: found.len(),
        statuses: found
            .statuses
            .iter()
            .map(listed)
            .collect::<Result<_, Failure>>()?,
    }))
}

#[derive(Fields)]
pub(crate) struct ReturnStatuses {
    /// Number of statuses
    count: usize,
    /// Statuses
    statuses: Vec<ReturnStatus>,
}

#[derive(Fields)]
pub(crate) struct ReturnStatus {
    #[field(flatten)]
    named: NamedStatus,
    /// Group ID
    group: Option<String>,
    /// Primary
    ///
    /// Absent where Base does not tell.
    primary: Option<bool>,
}

/// List the statuses of returns
///
/// True with the statuses that the account's owner made; they are others than those of orders.
/// False when there are none.
#[function(reads)]
pub(crate) fn list_return_statuses(shop: &Shop) -> Result<Outcome<ReturnStatuses>, Failure> {
    let found = Statuses::of_returns(shop)?;
    if found.statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let listed = |status: &Status| {
        Ok(ReturnStatus {
            named: NamedStatus::of(status)?,
            group: status.group_id.value().cloned(),
            primary: status.is_primary.value().copied(),
        })
    };
    Ok(Outcome::True(ReturnStatuses {
        count: found.len(),
        statuses: found
            .statuses
            .iter()
            .map(listed)
            .collect::<Result<_, Failure>>()?,
    }))
}

#[derive(Params)]
pub(crate) struct OrderAndStatuses {
    #[param(flatten)]
    order: OrderId,
    /// Statuses
    ///
    /// Numbers of statuses, as List the statuses of orders gives them.
    statuses: Vec<String>,
}

#[derive(Fields)]
pub(crate) struct StatusAndTime {
    /// Status ID
    status_id: String,
    /// In the status since
    since: Option<Timestamp>,
}

/// Is an order in a status
///
/// True when the order is in one of the statuses, with that one; false when it is in another, or
/// there is no such order.
#[function(reads, subject(order = order))]
pub(crate) fn is_order_in_status(
    shop: &Shop,
    asked: OrderAndStatuses,
) -> Result<Outcome<StatusAndTime>, Failure> {
    let wanted: Vec<_> = asked.statuses.iter().map(|id| id.trim()).collect();
    if wanted.is_empty() || wanted.iter().any(|status| id::number(status).is_none()) {
        return Err(Failure::invalid_parameter(
            "statuses",
            "is not a list of status numbers",
        ));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    let status = order.order_status_id.required("order_status_id")?;
    if !wanted.contains(&status.as_str()) {
        return Ok(Outcome::False);
    }
    Ok(Outcome::True(StatusAndTime {
        status_id: status.clone(),
        since: moment(&order.date_in_status),
    }))
}
