//! The results of tests that a branch may rely on.

use crate::template::helper::Helper;
use crate::template::program::{Expression, Path};
use crate::template::reference::{Guard, GuardTest};

/// The tests of references whose results follow if a test holds, or if it does not.
pub(super) fn facts(test: &Expression, holds: bool) -> Vec<Guard> {
    let guard = |path: &Path, test| {
        vec![Guard {
            reference: path.reference.clone(),
            test,
            holds,
        }]
    };
    match test {
        Expression::Path(path) => guard(path, GuardTest::True),
        Expression::Present(inner) => inner
            .as_path()
            .map_or_else(Vec::new, |path| guard(path, GuardTest::Present)),
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
                .map(|path| Guard {
                    reference: path.reference.clone(),
                    test: GuardTest::Present,
                    holds: true,
                })
                .collect(),
            _ => Vec::new(),
        },
        Expression::Literal(_) | Expression::LoopVariable { .. } => Vec::new(),
    }
}
