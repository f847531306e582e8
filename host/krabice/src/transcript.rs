//! What a customer sees, as text for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use krabice_engine::{Offer, Show};

use crate::answers::PROMPT;
use crate::folder;
use crate::terminal::safe;

const CUSTOMER: Style = AnsiColor::Cyan.on_default();
const ASIDE: Style = Style::new().dimmed();

/// Writes something shown to the customer.
pub(crate) fn write(out: &mut dyn Write, show: &Show) -> io::Result<()> {
    match show {
        Show::Message { text } => writeln!(out, "{}", safe(text)),
        Show::File(file) => writeln!(
            out,
            "{ASIDE}[file: {}, {}, {}]{ASIDE:#}",
            safe(&file.name),
            safe(&file.media_type),
            folder::size(file.size)
        ),
        Show::Ask {
            text,
            choices: offers,
            ..
        }
        | Show::Buttons {
            text,
            buttons: offers,
            ..
        } => {
            writeln!(out, "{}", safe(text))?;
            write_offers(out, offers)
        }
        Show::Handover { text } => {
            if let Some(text) = text {
                writeln!(out, "{}", safe(text))?;
            }
            writeln!(out, "{ASIDE}[a person goes on]{ASIDE:#}")
        }
        Show::End { text } => match text {
            Some(text) => writeln!(out, "{}", safe(text)),
            None => Ok(()),
        },
    }
}

fn write_offers(out: &mut dyn Write, offers: &[Offer]) -> io::Result<()> {
    for (number, offer) in (1..).zip(offers) {
        writeln!(out, "  {number}. {}", safe(&offer.label))?;
    }
    Ok(())
}

/// Writes what the customer said, as it may be kept.
pub(crate) fn write_said(out: &mut dyn Write, said: &str) -> io::Result<()> {
    writeln!(out, "{CUSTOMER}{PROMPT}{}{CUSTOMER:#}", safe(said))
}
