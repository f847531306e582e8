//! The rules that emulators enforce, and where the vendors document them.

use serde::Serialize;

/// One rule of an emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// A stable name in kebab case, as in violations.
    pub name: &'static str,
    /// What the emulator does.
    pub says: &'static str,
    /// The fact behind it: the vendor's page and section, or the reason why
    /// the emulator is stricter than the vendor.
    pub source: &'static str,
    /// Whether breaking it is a mistake of the client, which is then kept among
    /// the violations. If not, a correct client can get the answer, too.
    pub violation: bool,
}

/// A secret must be nowhere but in its header.
pub(crate) const CREDENTIAL_ELSEWHERE: Rule = Rule {
    name: "credential-elsewhere",
    says: "the secret is in the path, the query, the body or another header",
    source: "all back ends: a secret outside its header gets into logs; stricter than the vendors",
    violation: true,
};

/// Defines a back end's rules, each as a constant, and `ALL` of them in the order in
/// which they are checked. Each has a name, whether breaking it is the client's mistake,
/// what the emulator does, and the fact behind it.
macro_rules! rules {
    ($($name:ident = $kebab:literal, $violation:literal, $says:literal, $source:literal;)*) => {
        $(pub(super) const $name: $crate::Rule = $crate::Rule {
            name: $kebab, says: $says, source: $source, violation: $violation,
        };)*

        /// All rules, in the order in which they are checked.
        pub(super) const ALL: &[$crate::Rule] = &[$($name),*];
    };
}
pub(crate) use rules;
