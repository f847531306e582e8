//! Which orders count as archived. The API does not mark them, so the account's owner sets a rule.

use krabice_plugin::{Failure, Timestamp};

use crate::order::Order;
use crate::{Account, id};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// The owner's rule: a list of statuses, or an age in the present status, or both.
pub(crate) struct Rule {
    statuses: Vec<String>,
    days: Option<i64>,
}

impl Rule {
    /// The rule of a connection.
    ///
    /// # Errors
    /// A setting is not a list of status numbers, or not a number of days.
    pub(crate) fn of(account: &Account) -> Result<Self, Failure> {
        let text = account.archive_statuses.as_deref().unwrap_or_default();
        let parts = text.split([',', ';', ' ']).map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| id::number(part).is_none()) {
            return Err(Failure::invalid_parameter(
                "archive-statuses",
                "is not a list of status numbers",
            ));
        }
        if account.archive_days.is_some_and(|days| days < 1) {
            return Err(Failure::invalid_parameter(
                "archive-days",
                "is less than one day",
            ));
        }
        Ok(Self {
            statuses: parts.into_iter().map(str::to_owned).collect(),
            days: account.archive_days,
        })
    }

    /// The statuses of the rule.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = &str> {
        self.statuses.iter().map(String::as_str)
    }

    /// Whether an order counts as archived; `None` without a rule.
    pub(crate) fn applies(&self, order: &Order, now: &Timestamp) -> Result<Option<bool>, Failure> {
        if self.statuses.is_empty() && self.days.is_none() {
            return Ok(None);
        }
        let status = order.order_status_id.required("order_status_id")?;
        if self.statuses.contains(status) {
            return Ok(Some(true));
        }
        let Some(days) = self.days else {
            return Ok(Some(false));
        };
        let Some(since) = order.date_in_status.value().copied() else {
            return Ok(None);
        };
        let age = now.unix().map(|now| now.saturating_sub(since));
        Ok(Some(age.is_some_and(|age| age > days.saturating_mul(DAY))))
    }
}
