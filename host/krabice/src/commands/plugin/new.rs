//! `krabice plugin new`

use crate::cli::plugin::NewArguments;
use crate::refusal::{Refusal, Verdict};

pub(crate) fn new(arguments: &NewArguments) -> Result<Verdict, Refusal> {
    Err(Refusal::usage(format!(
        "`{}` cannot be made yet",
        arguments.name
    )))
}
