//! The results of tests that a branch may rely on.

use crate::template::helper::Helper;
use crate::template::program::{Expression, Path};
use crate::template::reference::{Guard, GuardTest};

/// A test of a path whose result is known.
pub(super) fn guard(path: &Path, test: GuardTest, holds: bool) -> Guard {
    Guard {
        reference: path.reference.clone(),
        alternatives: path.alternatives.clone(),
        test,
        holds,
    }
}

/// The tests of references whose results follow if a test holds, or if it does not.
pub(super) fn facts(test: &Expression, holds: bool) -> Vec<Guard> {
    match test {
        Expression::Path(path) | Expression::Lookup { of: path, .. } => {
            vec![guard(path, GuardTest::True, holds)]
        }
        Expression::Present(inner) => inner.as_path().map_or_else(Vec::new, |path| {
            vec![guard(path, GuardTest::Present, holds)]
        }),
        Expression::Not(inner) => facts(inner, !holds),
        Expression::Call { helper, arguments } => match (helper, holds) {
            (Helper::Not, _) => facts(&arguments[0], !holds),
            (Helper::And, true) | (Helper::Or, false) => arguments
                .iter()
                .flat_map(|argument| facts(argument, holds))
                .collect(),
            // A comparison with something absent never holds.
            (
                Helper::Equal | Helper::Greater | Helper::AtLeast | Helper::Less | Helper::AtMost,
                true,
            )
            | (Helper::NotEqual, false) => arguments
                .iter()
                .filter_map(Expression::as_path)
                .map(|path| guard(path, GuardTest::Present, true))
                .collect(),
            _ => Vec::new(),
        },
        Expression::Literal(_) | Expression::Items { .. } | Expression::LoopVariable { .. } => {
            Vec::new()
        }
    }
}
