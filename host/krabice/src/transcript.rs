//! The conversation as text for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use krabice_engine::{Offer, Show};

use crate::answers::PROMPT;
use crate::output::size;
use crate::terminal::sanitized;

const CUSTOMER: Style = AnsiColor::Cyan.on_default();
const ASIDE: Style = Style::new().dimmed();

/// Writes what the customer is shown.
pub(crate) fn write(out: &mut dyn Write, show: &Show) -> io::Result<()> {
    match show {
        Show::Message { text } => writeln!(out, "{}", sanitized(text)),
        Show::File(file) => writeln!(
            out,
            "{ASIDE}[file: {}, {}, {}]{ASIDE:#}",
            sanitized(&file.name),
            sanitized(&file.media_type),
            size(file.size)
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
            writeln!(out, "{}", sanitized(text))?;
            write_offers(out, offers)
        }
        Show::Handover { text } => {
            if let Some(text) = text {
                writeln!(out, "{}", sanitized(text))?;
            }
            writeln!(out, "{ASIDE}[a person takes over]{ASIDE:#}")
        }
        Show::End { text } => match text {
            Some(text) => writeln!(out, "{}", sanitized(text)),
            None => Ok(()),
        },
    }
}

fn write_offers(out: &mut dyn Write, offers: &[Offer]) -> io::Result<()> {
    for (number, offer) in (1..).zip(offers) {
        writeln!(out, "  {number}. {}", sanitized(&offer.label))?;
    }
    Ok(())
}

/// Writes the customer's answer. A hidden answer has been masked before.
pub(crate) fn write_answer(out: &mut dyn Write, answer: &str) -> io::Result<()> {
    writeln!(out, "{CUSTOMER}{PROMPT}{}{CUSTOMER:#}", sanitized(answer))
}
