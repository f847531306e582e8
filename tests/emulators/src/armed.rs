//! The active faults, and how many requests they have matched.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::fault::{FaultError, FaultRule};
use crate::locked;

/// A rule and the number of requests that it has matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmedFault {
    /// The rule.
    pub rule: FaultRule,
    /// How many matching requests it has seen.
    pub seen: u32,
}

impl ArmedFault {
    /// Counts a matching request and returns whether the rule acts on it.
    fn fires(&mut self) -> bool {
        self.seen = self.seen.saturating_add(1);
        let past = self.seen.saturating_sub(self.rule.nth);
        self.seen >= self.rule.nth && self.rule.times.is_none_or(|times| past < times)
    }
}

#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<ArmedFault>>);

impl Faults {
    pub(crate) fn add(&self, rules: impl IntoIterator<Item = FaultRule>) -> Result<(), FaultError> {
        let rules: Vec<_> = rules.into_iter().collect();
        rules.iter().try_for_each(FaultRule::check)?;
        locked(&self.0).extend(rules.into_iter().map(|rule| ArmedFault { rule, seen: 0 }));
        Ok(())
    }

    /// The rule that acts on this request.
    pub(crate) fn meet(&self, method: &str, path: &str) -> Option<FaultRule> {
        let mut armed = locked(&self.0);
        let mut matching = armed
            .iter_mut()
            .filter(|armed| armed.rule.fits(method, path));
        matching.find_map(|armed| armed.fires().then(|| armed.rule.clone()))
    }

    pub(crate) fn list(&self) -> Vec<ArmedFault> {
        locked(&self.0).clone()
    }

    pub(crate) fn clear(&self) {
        locked(&self.0).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Faults;
    use crate::fault::{Fault, FaultError, FaultRule};

    fn statuses(faults: &Faults, requests: &[(&str, &str)]) -> Vec<Option<u16>> {
        let met = requests
            .iter()
            .map(|(method, path)| faults.meet(method, path));
        met.map(|rule| {
            let Fault::Status { status, .. } = rule?.fault else {
                return None;
            };
            Some(status)
        })
        .collect()
    }

    #[test]
    fn rules_with_defaults_act_one_after_another() {
        let faults = Faults::default();
        faults
            .add([
                FaultRule::new(Fault::status(500)),
                FaultRule::new(Fault::status(503)),
            ])
            .unwrap();
        assert_eq!(
            statuses(&faults, &[("GET", "/a"); 3]),
            [Some(500), Some(503), None]
        );
    }

    #[test]
    fn a_rule_counts_only_matching_requests() {
        let faults = Faults::default();
        faults
            .add([FaultRule::new(Fault::status(500))
                .method("PUT")
                .path("/orders")
                .nth(2)
                .times(2)])
            .unwrap();
        let requests = [
            ("PUT", "/orders"),
            ("GET", "/orders"),
            ("PUT", "/orders/1"),
            ("PUT", "/x"),
            ("PUT", "/orders"),
            ("PUT", "/orders"),
        ];
        assert_eq!(
            statuses(&faults, &requests),
            [None, None, Some(500), None, Some(500), None]
        );
    }

    #[test]
    fn a_rule_without_a_limit_acts_on_every_request() {
        let faults = Faults::default();
        faults
            .add([FaultRule::new(Fault::status(500)).nth(2).always()])
            .unwrap();
        assert_eq!(
            statuses(&faults, &[("GET", "/"); 4]),
            [None, Some(500), Some(500), Some(500)]
        );
    }

    #[test]
    fn documented_defaults_hold() {
        let rule: FaultRule = serde_json::from_str("{}").unwrap();
        assert_eq!(rule, FaultRule::new(Fault::None));
        let drip: Fault = serde_json::from_str(r#"{"kind":"drip","interval_ms":5}"#).unwrap();
        assert_eq!(
            drip,
            Fault::Drip {
                interval_ms: 5,
                bytes: 1,
                head: false
            }
        );
        let redirect: Fault =
            serde_json::from_str(r#"{"kind":"redirect","location":"http://a.example/"}"#).unwrap();
        assert_eq!(
            redirect,
            Fault::Redirect {
                status: 302,
                location: "http://a.example/".to_owned()
            }
        );
    }

    #[test]
    fn impossible_faults_are_refused() {
        let faults = Faults::default();
        assert_eq!(
            faults.add([FaultRule::new(Fault::status(99))]),
            Err(FaultError::Status(99))
        );
        assert_eq!(
            faults.add([FaultRule::new(Fault::IdleClose).nth(0)]),
            Err(FaultError::Nth)
        );
        let lost = FaultRule {
            processed: Some(false),
            ..FaultRule::new(Fault::IdleClose)
        };
        assert_eq!(
            faults.add([lost]),
            Err(FaultError::NeedsAnswer("idle-close"))
        );
        assert!(faults.list().is_empty());
        assert!(
            serde_json::from_str::<FaultRule>(r#"{"fault":{"kind":"reset","bytes":1}}"#).is_err()
        );
    }
}
