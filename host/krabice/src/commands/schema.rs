//! `krabice schema`

use std::io::Write;

use crate::cli::SchemaArguments;
use crate::error::{CliError, Verdict};

pub(crate) fn schema(_: &SchemaArguments) -> Result<Verdict, CliError> {
    let schema = krabice_scenario::json_schema();
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &schema).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Verdict::Fine)
}
