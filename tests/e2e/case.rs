//! The format of a case: the contents of `case.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::shop::{Seen, ShopSetup};

/// One case.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Case {
    Run(Box<RunCase>),
    Commands(CommandsCase),
}

/// A scenario, run once for its transcript and once for its events and trace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RunCase {
    /// What the case shows, in one sentence.
    #[expect(dead_code, reason = "for the reader of the case")]
    about: String,
    /// A scenario of `scenarios/` by its name, or a file of the case's folder.
    pub(crate) scenario: String,
    pub(crate) language: Option<String>,
    pub(crate) answers: Vec<String>,
    /// Inputs.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) shop: ShopSetup,
    /// More values that no output may contain. Answers with an `@` need not be named.
    #[serde(default)]
    pub(crate) hidden: Vec<String>,
    /// The features of HTTP for which the case runs through both interfaces.
    #[serde(default)]
    pub(crate) both_interfaces: Vec<String>,
    #[serde(default)]
    pub(crate) expect: Expect,
}

/// Commands, each with a shop of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CommandsCase {
    /// What the case shows, in one sentence.
    #[expect(dead_code, reason = "for the reader of the case")]
    about: String,
    pub(crate) commands: Vec<CommandCase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CommandCase {
    /// What this command shows.
    pub(crate) about: String,
    /// The arguments after `krabice`.
    pub(crate) arguments: Vec<String>,
    #[serde(default)]
    pub(crate) shop: ShopSetup,
    /// The features of HTTP for which the command runs through both interfaces.
    #[serde(default)]
    pub(crate) both_interfaces: Vec<String>,
    #[serde(default)]
    pub(crate) expect: Expect,
}

/// What must hold in addition to the snapshots.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Expect {
    /// The exit code.
    exit: i32,
    /// How many requests reached the back ends; absent: any number.
    requests: Option<usize>,
    /// How many orders, returns, tickets and invoices changed.
    changes: usize,
    /// How many e-mails the back ends sent.
    emails: usize,
}

impl Case {
    /// Whether all of it is about Upgates, whose plugin alone is built for both interfaces: the
    /// other plugins have their interfaces from the same SDK.
    pub(crate) fn is_of_upgates(&self) -> bool {
        match self {
            Case::Run(case) => case.shop.back_end() == "upgates",
            Case::Commands(case) => case
                .commands
                .iter()
                .all(|command| command.shop.back_end() == "upgates"),
        }
    }
}

impl Expect {
    pub(crate) fn assert(&self, exit: i32, seen: &Seen, context: &str) {
        let expected = Seen {
            requests: self.requests.unwrap_or(seen.requests),
            changes: self.changes,
            emails: self.emails,
            sms: 0,
            violations: Vec::new(),
        };
        assert_eq!(*seen, expected, "what happened in the shop: {context}");
        assert_eq!(exit, self.exit, "exit code: {context}");
    }
}
