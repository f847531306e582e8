//! What a test proves about the references in it.

use crate::template::helper::Helper;
use crate::template::program::{Expression, Path};
use crate::template::reference::{Guard, GuardTest};

/// What is known of references where a test holds, or where it does not.
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
        Expression::Present(inner) => match &**inner {
            Expression::Path(path) => guard(path, GuardTest::Present),
            _ => Vec::new(),
        },
        Expression::Not(inner) => facts(inner, !holds),
        Expression::Call { helper, arguments } => match (helper, holds) {
            (Helper::Not, _) => facts(&arguments[0], !holds),
            (Helper::And, true) | (Helper::Or, false) => arguments
                .iter()
                .flat_map(|argument| facts(argument, holds))
                .collect(),
            // Nothing compares with something absent.
            (
                Helper::Equal | Helper::Greater | Helper::AtLeast | Helper::Less | Helper::AtMost,
                true,
            )
            | (Helper::NotEqual, false) => arguments
                .iter()
                .filter_map(|argument| match argument {
                    Expression::Path(path) => Some(Guard {
                        reference: path.reference.clone(),
                        test: GuardTest::Present,
                        holds: true,
                    }),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        },
        Expression::Literal(_) | Expression::Place { .. } => Vec::new(),
    }
}
