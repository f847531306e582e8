//! Printing: `load-invoice-pdf` and `email-invoice`. POHODA sends an e-mail only
//! together with a document that it prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krabice_plugin::{Answer, Failure, File, Outcome, Params, function};

use crate::invoice::{self, Invoice};
use crate::number::OrderNumber;
use crate::order;
use crate::xml::{Element, Node, node, text};
use crate::{Unit, missing_setting, pack};

/// What every PDF begins with (ISO 32000-1, section 7.5.2).
const PDF: &[u8] = b"%PDF";
/// The most characters of a subject, by POHODA's schemas.
const SUBJECT_MAX: usize = 255;

/// A request to print an invoice to a file.
///
/// The path is on POHODA's own machine and must be given though the file itself is
/// not wanted there.
fn printing(unit: &Unit, invoice: &Invoice, what: Node) -> Result<Node, Failure> {
    let settings = unit.settings();
    let report = settings
        .invoice_report
        .ok_or_else(|| missing_setting("invoice-report"))?;
    let folder = settings.pdf_folder.trim().trim_end_matches(['\\', '/']);
    let path = format!("{folder}\\{}.pdf", plain(&invoice.number));
    Ok(node("prn:print").with("version", "1.0").holding([
        node("prn:record")
            .with("agenda", "vydane_faktury")
            .holding([node("ftr:filter").holding([text("ftr:id", invoice.id)])]),
        node("prn:printerSettings").holding([
            node("prn:report").holding([text("prn:id", report)]),
            node("prn:pdf").holding([text("prn:fileName", path), what]),
        ]),
    ]))
}

/// A number as a part of a file's name.
fn plain(number: &str) -> String {
    number
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect()
}

/// The invoice of the order that somebody asks about.
fn wanted(unit: &Unit, asked: &OrderNumber) -> Result<Option<(order::Order, Invoice)>, Failure> {
    // Before any request: without the setting there is nothing to be done.
    if unit.settings().invoice_report.is_none() {
        return Err(missing_setting("invoice-report"));
    }
    let Some(order) = order::find(unit, &asked.read()?)? else {
        return Ok(None);
    };
    let invoice = invoice::of_order(unit, &order)?;
    Ok(invoice.map(|invoice| (order, invoice)))
}

#[derive(Answer)]
#[answer(
    label(en = "Invoice", cs = "Faktura", sk = "Faktúra"),
    help(en = "As a PDF.", cs = "V PDF.", sk = "V PDF.")
)]
pub(crate) struct Pdf(File);

#[function(
    reads,
    label(
        en = "Load the invoice of an order as a PDF",
        cs = "Načíst fakturu objednávky v PDF",
        sk = "Načítať faktúru objednávky v PDF"
    ),
    help(
        en = "True with the file; false when the order has no invoice, and when there is no such order. \
              Verify the order first where a customer is to get it.",
        cs = "Ano se souborem; ne, když objednávka fakturu nemá a když taková objednávka není. Než ji \
              dostane zákazník, objednávku ověřte.",
        sk = "Áno so súborom; nie, keď objednávka faktúru nemá a keď taká objednávka nie je. Než ju dostane \
              zákazník, objednávku overte."
    )
)]
pub(crate) fn load_invoice_pdf(unit: &Unit, asked: OrderNumber) -> Result<Outcome<Pdf>, Failure> {
    let Some((_, invoice)) = wanted(unit, &asked)? else {
        return Ok(Outcome::False);
    };
    let data = node("prn:binaryData").holding([
        text("prn:responseXml", "true"),
        text("prn:removeFile", "true"),
    ]);
    let reply = pack::ask_one(unit, printing(unit, &invoice, data)?)?;
    let content = file(&reply.content)?;
    let name = format!("{}.pdf", plain(&invoice.number));
    Ok(Outcome::True(Pdf(File::new(
        name,
        "application/pdf",
        content,
    ))))
}

/// The PDF in an answer. An unknown print form is answered `ok` without one, and a
/// folder without the right to write with an empty one, so that only the bytes prove
/// it.
fn file(printed: &Element) -> Result<Vec<u8>, Failure> {
    let none = |what: &str| Failure::unexpected_answer(format!("POST xml: {what}"));
    if printed.name() != "prn:printResponse" {
        return Err(none("the answer is no `prn:printResponse`"));
    }
    let path = [
        "rdc:printDetails",
        "rdc:attachments",
        "rdc:attachment",
        "rdc:data",
    ];
    let data = printed
        .text_at(&path)
        .ok_or_else(|| none("POHODA printed no PDF: is the print form's id right?"))?;
    let packed: Vec<u8> = data
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let content = STANDARD
        .decode(packed)
        .map_err(|_| none("the PDF is no base64"))?;
    if content.starts_with(PDF) {
        Ok(content)
    } else {
        Err(none(
            "what POHODA printed is no PDF: may it write to its folder?",
        ))
    }
}

#[derive(Params)]
pub(crate) struct Mail {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "Subject", cs = "Předmět", sk = "Predmet"),
        help(
            en = "Left out: \"Invoice\" with its number, in the session's language.",
            cs = "Když chybí: „Faktura“ a její číslo, v jazyce rozhovoru.",
            sk = "Keď chýba: „Faktúra“ a jej číslo, v jazyku rozhovoru."
        )
    )]
    subject: Option<String>,
    #[param(
        label(en = "Text", cs = "Text", sk = "Text"),
        help(
            en = "Plain text. Left out: a sentence, in the session's language.",
            cs = "Prostý text. Když chybí: jedna věta, v jazyce rozhovoru.",
            sk = "Obyčajný text. Keď chýba: jedna veta, v jazyku rozhovoru."
        )
    )]
    text: Option<String>,
}

#[function(
    // Each repetition sends another e-mail.
    writes,
    label(
        en = "E-mail the invoice of an order",
        cs = "Poslat fakturu objednávky e-mailem",
        sk = "Poslať faktúru objednávky e-mailom"
    ),
    help(
        en = "True when POHODA took the invoice over for the first e-mail on the order; whether it arrives, \
              POHODA does not tell. False when the order has no invoice or no e-mail, and when there is no \
              such order. It goes to no other address.",
        cs = "Ano, když POHODA převzala fakturu pro první e-mail na objednávce; zda dorazí, POHODA \
              nesděluje. Ne, když objednávka nemá fakturu nebo e-mail a když taková objednávka není. Na \
              jinou adresu se neposílá.",
        sk = "Áno, keď POHODA prevzala faktúru pre prvý e-mail na objednávke; či dorazí, POHODA neoznamuje. \
              Nie, keď objednávka nemá faktúru alebo e-mail a keď taká objednávka nie je. Na inú adresu sa \
              neposiela."
    )
)]
pub(crate) fn email_invoice(unit: &Unit, asked: Mail) -> Result<Outcome, Failure> {
    let subject = asked.subject.as_deref().map(str::trim).unwrap_or_default();
    if subject.chars().count() > SUBJECT_MAX {
        return Err(Failure::invalid_parameter(
            "subject",
            "is longer than 255 characters",
        ));
    }
    let Some((order, invoice)) = wanted(unit, &asked.order)? else {
        return Ok(Outcome::False);
    };
    let Some(address) = order.emails().find(|email| email.contains('@')) else {
        return Ok(Outcome::False);
    };
    if !is_sendable(address) {
        return Err(Failure::unexpected_answer(
            "POHODA cannot send to the e-mail on the order",
        ));
    }
    let (own_subject, own_text) = words(unit, &invoice.number);
    let subject = if subject.is_empty() {
        &own_subject
    } else {
        subject
    };
    let body = asked.text.as_deref().filter(|text| !text.trim().is_empty());
    let mail = node("prn:sendMail").holding([
        node("prn:to").holding([text("prn:email", address)]),
        text("prn:subject", subject),
        text("prn:body", body.unwrap_or(own_text)),
    ]);
    let reply = pack::ask_one(unit, printing(unit, &invoice, mail)?)?;
    if reply.content.name() == "prn:printResponse" {
        Ok(Outcome::True(()))
    } else {
        Err(Failure::unexpected_answer(
            "POST xml: the answer is no `prn:printResponse`",
        ))
    }
}

/// Whether POHODA takes an address: its schema knows ASCII alone.
fn is_sendable(address: &str) -> bool {
    let allowed = |byte: u8, more: &[u8]| byte.is_ascii_alphanumeric() || more.contains(&byte);
    address.split_once('@').is_some_and(|(name, host)| {
        let end = host.rsplit('.').next().unwrap_or_default();
        !name.is_empty()
            && name.bytes().all(|byte| allowed(byte, b"._%+-"))
            && host.bytes().all(|byte| allowed(byte, b".-"))
            && end.len() >= 2
            && end.len() + 1 < host.len()
            && end.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// A subject and a text.
fn words(unit: &Unit, number: &str) -> (String, &'static str) {
    match unit.language().split('-').next() {
        Some("cs") => (format!("Faktura {number}"), "Fakturu posíláme v příloze."),
        Some("sk") => (format!("Faktúra {number}"), "Faktúru posielame v prílohe."),
        _ => (format!("Invoice {number}"), "The invoice is attached."),
    }
}

#[cfg(test)]
mod tests {
    use super::is_sendable;

    #[test]
    fn an_address_is_sendable_as_pohodas_schema_has_it() {
        for address in ["jana@example.com", "a.b+c%d_e-f@x-y.example.cz"] {
            assert!(is_sendable(address), "{address}");
        }
        for address in [
            "",
            "@example.com",
            "jana",
            "jana@example",
            "jana@.com",
            "jana@example.c",
            "jana@exa mple.com",
            "žana@example.com",
            "jana@example.c0m",
            "<EmailDokladu>",
            "[:name:]",
        ] {
            assert!(!is_sendable(address), "{address}");
        }
    }
}
