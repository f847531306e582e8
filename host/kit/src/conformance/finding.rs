//! Findings of the check: a stable code, a place, and what to do.

use krabice_scenario::Severity;
use serde::Serialize;

/// The code of a finding: stable, and explained in `docs/plugin-check.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
pub struct Code {
    word: &'static str,
    severity: Severity,
    help: &'static str,
}

impl From<Code> for &'static str {
    fn from(code: Code) -> &'static str {
        code.word
    }
}

macro_rules! codes {
    ($($name:ident, $severity:ident, $word:literal, $help:literal;)*) => {
        impl Code {
            $(pub(crate) const $name: Code = Code {
                word: $word,
                severity: Severity::$severity,
                help: $help,
            };)*

            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
        }
    };
}

codes! {
    NOT_LOADED, Error, "conformance::not-loaded",
        "build the component for the contract of this host; `wit/` holds it";
    IMPORT, Error, "conformance::import",
        "remove the library that brings this import, or the part of the language's library that needs it";
    MANIFEST, Error, "conformance::manifest",
        "change what `describe` answers; `docs/contract.md` says what each part may hold";
    CHANGING_MANIFEST, Error, "conformance::changing-manifest",
        "let `describe` answer from constants: the host asks once and keeps the answer";
    LANGUAGE, Warning, "conformance::language",
        "give every text in every language of the plugin's label";
    HELP, Warning, "conformance::help",
        "say in `help` what the function does, when it is true and when it is false";
    PERSONAL, Warning, "conformance::personal",
        "mark it as personal, so that traces hide it and the check of scenarios warns of showing it";
    HOST, Warning, "conformance::host",
        "name single hosts, with `https`: a customer's data can go to every host that is named";
    CONTRACT_BROKEN, Error, "conformance::contract-broken",
        "answer as the manifest says, or change the manifest";
    TRAP, Error, "conformance::trap",
        "answer with a failure instead: catch every exception of the language in `run`";
    TIMEOUT, Error, "conformance::timeout",
        "do not wait or compute without a bound; the host has the time-outs of requests";
    RESOURCE_LIMIT, Error, "conformance::resource-limit",
        "keep less in memory; read long lists page by page";
    FORBIDDEN, Error, "conformance::forbidden",
        "ask only below the connection's address or hosts of the manifest, without headers that belong to the host";
    UNESCAPED, Error, "conformance::unescaped",
        "use a library to encode what becomes a part of a path, a query, a form, JSON or XML";
    FALSE_ANSWER, Error, "conformance::false-answer",
        "fail instead: *false* and *true* are only for what the back end said";
    OTHER_FAILURE, Warning, "conformance::other-failure",
        "fail as the table in `wit/README.md` says: scenarios and operators rely on it";
    UNKNOWN_PARAMETER, Error, "conformance::unknown-parameter",
        "name a parameter of the function in `invalid-parameter`";
    REPEATS_PARAMETER, Warning, "conformance::repeats-parameter",
        "leave values out of a failure's detail, which goes into logs and traces";
    ABANDONED_REQUEST, Error, "conformance::abandoned-request",
        "wait for every request: the host gives up those that are under way at the end";
    WRITES, Error, "conformance::writes",
        "say `writes` or `writes-idempotently` in the manifest: the host repeats what only reads";
    LOG_FLOOD, Warning, "conformance::log-flood",
        "write less to the log: the host drops what goes beyond `log-bytes`";
    MEMORY, Warning, "conformance::memory",
        "keep less in memory: a longer answer of the back end would exceed the limit";
    HOST_GUARD, Error, "conformance::host-guard",
        "this is a defect of the host, not of the plugin: please report it";
}

impl Code {
    /// The code as it is written, such as `conformance::trap`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.word
    }

    /// The severity: a plugin with an error is refused.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.severity
    }

    /// What to do.
    #[must_use]
    pub fn help(self) -> &'static str {
        self.help
    }
}

/// A problem of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The severity: a plugin with an error is refused.
    pub severity: Severity,
    /// The rule that is broken.
    pub code: Code,
    /// The place: a function, `probe`, or a path in the manifest.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// The calls that showed the problem; empty when the manifest alone shows it.
    pub when: Vec<String>,
    /// What to do.
    pub help: &'static str,
}

/// The findings of one run, each once.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a problem that the file or the manifest shows.
    pub(crate) fn add(&mut self, code: Code, at: impl Into<String>, message: impl Into<String>) {
        self.add_to(code, at.into(), message.into());
    }

    /// Adds a problem that a call shows. The same problem in another call adds a `when` to the
    /// finding; another message is another finding.
    pub(crate) fn add_when(
        &mut self,
        code: Code,
        at: impl Into<String>,
        message: impl Into<String>,
        when: &str,
    ) {
        let finding = self.add_to(code, at.into(), message.into());
        if !finding.when.iter().any(|known| known == when) {
            finding.when.push(when.to_owned());
        }
    }

    fn add_to(&mut self, code: Code, at: String, message: String) -> &mut Finding {
        let known = self
            .0
            .iter()
            .position(|known| known.code == code && known.at == at && known.message == message);
        let place = known.unwrap_or_else(|| {
            self.0.push(Finding {
                severity: code.severity,
                code,
                at,
                message,
                when: Vec::new(),
                help: code.help,
            });
            self.0.len() - 1
        });
        &mut self.0[place]
    }

    pub(crate) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_problem_is_one_finding_and_another_message_another() {
        let mut findings = Findings::default();
        for (message, when) in [
            ("`first` is read as a path", "`first` leads upwards"),
            ("`second` is read as a path", "`second` leads upwards"),
            ("`first` is read as a path", "`first` leads upwards again"),
            ("`first` is read as a path", "`first` leads upwards"),
        ] {
            findings.add_when(Code::UNESCAPED, "find", message, when);
        }
        findings.add(Code::HELP, "find", "no help");
        let told: Vec<_> = findings
            .into_vec()
            .into_iter()
            .map(|finding| (finding.message, finding.when))
            .collect();
        let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                (
                    "`first` is read as a path".to_owned(),
                    owned(&["`first` leads upwards", "`first` leads upwards again"])
                ),
                (
                    "`second` is read as a path".to_owned(),
                    owned(&["`second` leads upwards"])
                ),
                ("no help".to_owned(), Vec::new()),
            ]
        );
    }
}
