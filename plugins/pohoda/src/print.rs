//! Printing: `load-invoice-pdf` and `email-invoice`. POHODA sends an e-mail only with a document that
//! it prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use krabice_plugin::{Answer, Failure, File, Outcome, Params, function, localised};

use crate::invoice::{self, Invoice};
use crate::number::OrderNumber;
use crate::order;
use crate::xml::{Element, Node, node, text};
use crate::{Unit, missing_setting, pack};

/// The beginning of every PDF (ISO 32000-1, section 7.5.2).
const PDF: &[u8] = b"%PDF";
/// The most characters of a subject, by POHODA's schemas.
const SUBJECT_MAX: usize = 255;

/// A request to print an invoice to a file.
///
/// The path is on POHODA's own machine. POHODA needs it, although nobody needs the file there.
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

/// Finds an order with its invoice; `None` on proof that one of them does not exist.
fn find(unit: &Unit, asked: &OrderNumber) -> Result<Option<(order::Order, Invoice)>, Failure> {
    // Checked before any request, because nothing can be printed without the setting.
    if unit.settings().invoice_report.is_none() {
        return Err(missing_setting("invoice-report"));
    }
    let Some(order) = order::find(unit, &asked.read()?)? else {
        return Ok(None);
    };
    let invoice = invoice::of_order(unit, &order)?;
    Ok(invoice.map(|invoice| (order, invoice)))
}

/// Invoice
///
/// As a PDF.
#[derive(Answer)]
pub(crate) struct InvoicePdf(File);

/// Load the invoice of an order as a PDF
///
/// True with the file; false when the order has no invoice, and when there is no such order. Verify
/// the order first where a customer is to get it.
#[function(reads, purposes(order_invoice), subject(order = order))]
pub(crate) fn load_invoice_pdf(
    unit: &Unit,
    asked: OrderNumber,
) -> Result<Outcome<InvoicePdf>, Failure> {
    let Some((_, invoice)) = find(unit, &asked)? else {
        return Ok(Outcome::False);
    };
    let data = node("prn:binaryData").holding([
        text("prn:responseXml", "true"),
        text("prn:removeFile", "true"),
    ]);
    let reply = pack::print(unit, printing(unit, &invoice, data)?)?;
    let content = file(&reply.content)?;
    let name = format!("{}.pdf", plain(&invoice.number));
    Ok(Outcome::True(InvoicePdf(File::new(
        name,
        "application/pdf",
        content,
    ))))
}

/// The PDF in an answer. Only its bytes prove it: for an unknown print form POHODA answers `ok`
/// without a PDF, and for a folder that it may not write to with an empty one.
fn file(printed: &Element) -> Result<Vec<u8>, Failure> {
    let none = |what: &str| Failure::unexpected_answer(format!("POST xml: {what}"));
    if printed.name() != "prn:printResponse" {
        return Err(none("the answer is not `prn:printResponse`"));
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
        .map_err(|_| none("the PDF is not Base64"))?;
    if content.starts_with(PDF) {
        Ok(content)
    } else {
        Err(none(
            "what POHODA printed is not a PDF: may it write to its folder?",
        ))
    }
}

#[derive(Params)]
pub(crate) struct InvoiceEmail {
    #[param(flatten)]
    order: OrderNumber,
    /// Subject
    ///
    /// Left out: "Invoice" with its number, in the session's language.
    subject: Option<String>,
    /// Text
    ///
    /// Plain text. Left out: a sentence, in the session's language.
    text: Option<String>,
}

/// E-mail the invoice of an order
///
/// True when POHODA took the invoice over for the first e-mail on the order; whether it arrives,
/// POHODA does not tell. False when the order has no invoice or no e-mail, and when there is no
/// such order. It goes to no other address.
#[function(
    // Each repetition sends another e-mail.
    writes,
    subject(order = order),
)]
pub(crate) fn email_invoice(unit: &Unit, asked: InvoiceEmail) -> Result<Outcome, Failure> {
    let subject = asked.subject.as_deref().map(str::trim).unwrap_or_default();
    if subject.chars().count() > SUBJECT_MAX {
        return Err(Failure::invalid_parameter(
            "subject",
            "is longer than 255 characters",
        ));
    }
    let Some((order, invoice)) = find(unit, &asked.order)? else {
        return Ok(Outcome::False);
    };
    let mut emails = order.emails().peekable();
    if emails.peek().is_none() {
        return Ok(Outcome::False);
    }
    let address = emails.find(|email| is_sendable(email.as_str()));
    let address = address.ok_or_else(|| {
        Failure::unexpected_answer("POHODA cannot send to the e-mail on the order")
    })?;
    let subject = if subject.is_empty() {
        let number = &invoice.number;
        localised!(unit.language(), "email.subject", "Invoice {number}")
    } else {
        subject.to_owned()
    };
    let body = asked.text.filter(|text| !text.trim().is_empty());
    let body = body
        .unwrap_or_else(|| localised!(unit.language(), "email.text", "The invoice is attached."));
    let mail = node("prn:sendMail").holding([
        node("prn:to").holding([text("prn:email", address)]),
        text("prn:subject", subject),
        text("prn:body", body),
    ]);
    let reply = pack::print(unit, printing(unit, &invoice, mail)?)?;
    if reply.content.name() == "prn:printResponse" {
        Ok(Outcome::True(()))
    } else {
        Err(Failure::unexpected_answer(
            "POST xml: the answer is not `prn:printResponse`",
        ))
    }
}

/// Whether POHODA accepts an e-mail address: its schema allows only ASCII.
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

#[cfg(test)]
mod tests {
    use super::is_sendable;

    #[test]
    fn an_address_is_sendable_by_pohodas_schema() {
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
