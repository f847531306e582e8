//! Printing invoices: a file in the answer, an e-mail, or both.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::answer::{Outcome, refused};
use super::records::Sent;
use super::rules;
use super::unit::{Unit, local_time};
use super::xml::{Element, leaf, tag};
use crate::pdf;

/// Prints one invoice.
pub(super) fn print(unit: &mut Unit, request: &Element, now: Timestamp) -> Outcome {
    let record = request.child("prn:record");
    if record.and_then(|record| record.attribute("agenda")) != Some("vydane_faktury") {
        return refused(&rules::NOT_EMULATED, "only invoices are printed");
    }
    let id = record.and_then(|record| record.text_at(&["ftr:filter", "ftr:id"]));
    let invoice = unit
        .invoices
        .iter()
        .find(|invoice| id == Some(invoice.id.to_string().as_str()));
    let Some(invoice) = invoice else {
        return refused(&rules::CLOSED, "there is no such invoice");
    };
    let settings = request.child("prn:printerSettings");
    let Some(file) = settings.and_then(|it| it.child("prn:pdf")) else {
        return refused(&rules::NOT_EMULATED, "nothing is printed but PDF files");
    };
    let report = settings
        .and_then(|it| it.text_at(&["prn:report", "prn:id"]))
        .unwrap_or_default();
    let known = unit
        .settings
        .reports
        .iter()
        .any(|it| it.to_string() == report);
    let printed = tag("prn:printResponse")
        .with("version", "1.0")
        .with("state", "ok");
    if !known {
        return Outcome::Done(printed);
    }
    let path = file.text_at(&["prn:fileName"]).unwrap_or_default();
    let (folder, name) = path.rsplit_once('\\').unwrap_or(("", path));
    let name = name.to_owned();
    let title = format!("Faktura {}", invoice.number.as_deref().unwrap_or_default());
    let content = if folder.eq_ignore_ascii_case(&unit.settings.folder) {
        STANDARD.encode(pdf::page(&title))
    } else {
        String::new()
    };
    let own = invoice
        .partner
        .as_ref()
        .and_then(|it| it.address.email.clone());
    if let Some(mail) = file.child("prn:sendMail") {
        let addresses = mail.child("prn:to").into_iter().flat_map(|to| &to.children);
        let to = addresses.map(|address| match address.text.as_str() {
            "<EmailDokladu>" | "<EmailDokladu2>" => own.clone().unwrap_or_default(),
            address => address.to_owned(),
        });
        let text = |name: &str| mail.text_at(&[name]).unwrap_or_default().to_owned();
        unit.emails.push(Sent {
            to: to.collect(),
            subject: text("prn:subject"),
            body: text("prn:body"),
            attachment: name.clone(),
            at: local_time(now),
        });
    }
    if file.child("prn:binaryData").is_none() {
        return Outcome::Done(printed);
    }
    let data = leaf("rdc:data", content)
        .with("fileName", name)
        .with("code", "base64");
    let attachment = tag("rdc:attachment").holding([leaf("rdc:idReport", report), data]);
    let details = tag("rdc:attachments").holding([attachment]);
    Outcome::Done(printed.holding([tag("rdc:printDetails").holding([details])]))
}
