//! What an emulator insists on, and where the vendor says so.

use serde::Serialize;

/// One thing that an emulator checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// A stable name in kebab case, as it stands in violations and refusals.
    pub name: &'static str,
    /// What the emulator does.
    pub says: &'static str,
    /// The fact behind it: the vendor's page and section, or the reason why
    /// the emulator is stricter than the vendor.
    pub source: &'static str,
    /// Whether breaking it is a fault of the client, which is then kept among
    /// the violations. The others are answers that a good client also gets.
    pub violation: bool,
}

/// A credential stands in its header and nowhere else.
pub(crate) const CREDENTIAL_ELSEWHERE: Rule = Rule {
    name: "credential-elsewhere",
    says: "the secret stands in the path, the query, the body or another header",
    source: "all back ends: a secret outside its header ends in logs; stricter than the vendors",
    violation: true,
};

/// Defines a back end's rules, each as a constant, and `ALL` of them in the
/// order in which a request meets them: name, whether breaking it is the
/// client's fault, what the emulator does, the fact behind it.
macro_rules! rules {
    ($($name:ident = $kebab:literal, $violation:literal, $says:literal, $source:literal;)*) => {
        $(pub(super) const $name: $crate::Rule = $crate::Rule {
            name: $kebab, says: $says, source: $source, violation: $violation,
        };)*

        /// Every rule, in the order in which a request meets them.
        pub(super) const ALL: &[$crate::Rule] = &[$($name),*];
    };
}
pub(crate) use rules;
