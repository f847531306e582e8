//! Invoices and prints, as in STORMWARE's schemas of April 2025.

use super::schema::PARTNER;
use super::shape::Order::{All, Sequence};
use super::shape::Type::{Boolean, Date, Email, Filled, Group as G, Id, NotEmulated, OneOf, Text};
use super::shape::{Group, optional, repeated, required};

const VERSION_2: &[&str] = &["2.0"];

/// `invoice.xsd`, `invoiceType`: the links come first.
pub(super) const INVOICE: Group = Group {
    order: Sequence,
    attributes: &[("version", true, OneOf(VERSION_2))],
    parts: &[
        optional("inv:links", G(&LINKS)),
        optional("inv:cancelDocument", NotEmulated),
        optional("inv:correctiveDocument", NotEmulated),
        optional("inv:invoiceHeader", G(&INVOICE_HEADER)),
        optional("inv:invoiceDetail", NotEmulated),
        optional("inv:invoiceSummary", NotEmulated),
        optional("inv:attachments", NotEmulated),
        optional("inv:EET", NotEmulated),
        optional("inv:print", NotEmulated),
    ],
};

/// `type.xsd`, `linksType`.
const LINKS: Group = Group {
    order: Sequence,
    attributes: &[],
    parts: &[repeated("typ:link", G(&LINK))],
};

const LINK: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("typ:sourceAgenda", OneOf(&["receivedOrder"])),
        required("typ:sourceDocument", G(&SOURCE)),
        optional("typ:settingsSourceDocument", NotEmulated),
    ],
};

const SOURCE: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("typ:id", Id),
        optional("typ:extId", NotEmulated),
        optional("typ:number", Text(32)),
    ],
};

/// `invoice.xsd`, `invoiceHeaderType`, without the elements that are only exported.
const INVOICE_HEADER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("inv:invoiceType", OneOf(&["issuedInvoice"])),
        optional("inv:date", Date),
        optional("inv:dateTax", Date),
        optional("inv:dateDue", Date),
        optional("inv:text", Text(240)),
        // The partner of the order is taken.
        optional("inv:partnerIdentity", G(&PARTNER)),
        optional("inv:note", Text(0)),
        optional("inv:intNote", Text(0)),
        optional("inv:extId", NotEmulated),
        optional("inv:number", NotEmulated),
        optional("inv:symVar", NotEmulated),
        optional("inv:originalDocument", NotEmulated),
        optional("inv:originalDocumentNumber", NotEmulated),
        optional("inv:symPar", NotEmulated),
        optional("inv:dateAccounting", NotEmulated),
        optional("inv:dateKHDPH", NotEmulated),
        optional("inv:dateOrderOfPayment", NotEmulated),
        optional("inv:dateApplicationVAT", NotEmulated),
        optional("inv:dateDelivery", NotEmulated),
        optional("inv:accounting", NotEmulated),
        optional("inv:classificationVAT", NotEmulated),
        optional("inv:classificationKVDPH", NotEmulated),
        optional("inv:numberKHDPH", NotEmulated),
        optional("inv:myIdentity", NotEmulated),
        optional("inv:order", NotEmulated),
        optional("inv:numberOrder", NotEmulated),
        optional("inv:dateOrder", NotEmulated),
        optional("inv:quote", NotEmulated),
        optional("inv:paymentType", NotEmulated),
        optional("inv:priceLevel", NotEmulated),
        optional("inv:account", NotEmulated),
        optional("inv:symConst", NotEmulated),
        optional("inv:symSpec", NotEmulated),
        optional("inv:paymentAccount", NotEmulated),
        optional("inv:paymentTerminal", NotEmulated),
        optional("inv:centre", NotEmulated),
        optional("inv:activity", NotEmulated),
        optional("inv:contract", NotEmulated),
        optional("inv:regVATinEU", NotEmulated),
        optional("inv:MOSS", NotEmulated),
        optional("inv:evidentiaryResourcesMOSS", NotEmulated),
        optional("inv:accountingPeriodMOSS", NotEmulated),
        optional("inv:carrier", NotEmulated),
        optional("inv:labels", NotEmulated),
        optional("inv:parameters", NotEmulated),
    ],
};

/// `print.xsd`, `printType`: version 1.0.
pub(super) const PRINT: Group = Group {
    order: Sequence,
    attributes: &[("version", true, OneOf(&["1.0"]))],
    parts: &[
        required("prn:record", G(&RECORD)),
        required("prn:printerSettings", G(&PRINTER)),
    ],
};

/// `filter.xsd`, `recordPrintType`.
const RECORD: Group = Group {
    order: All,
    attributes: &[(
        "agenda",
        true,
        OneOf(&["vydane_faktury", "prijate_objednavky"]),
    )],
    parts: &[
        optional("ftr:filter", G(&ID_FILTER)),
        optional("ftr:queryFilter", NotEmulated),
        optional("ftr:userFilterName", NotEmulated),
    ],
};

const ID_FILTER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[optional("ftr:id", Id)],
};

const PRINTER: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("prn:report", G(&REPORT)),
        optional("prn:printer", NotEmulated),
        optional("prn:pdf", G(&PDF)),
        optional("prn:parameters", NotEmulated),
    ],
};

const REPORT: Group = Group {
    order: All,
    attributes: &[],
    parts: &[required("prn:id", Id)],
};

/// `print.xsd`, `PDFType`.
const PDF: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("prn:fileName", Filled(0)),
        optional("prn:sendMail", G(&MAIL)),
        optional("prn:binaryData", G(&BINARY)),
        optional("prn:isdoc", NotEmulated),
    ],
};

/// `print.xsd`, `sendMailType`.
const MAIL: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        optional("prn:to", G(&EMAILS)),
        optional("prn:cc", NotEmulated),
        optional("prn:bcc", NotEmulated),
        optional("prn:subject", Text(255)),
        optional("prn:body", Text(0)),
        optional("prn:attachments", NotEmulated),
        optional("prn:priority", OneOf(&["normal", "low", "high"])),
        optional("prn:returnReceipt", Boolean),
        optional("prn:disposNotif", Boolean),
    ],
};

const EMAILS: Group = Group {
    order: Sequence,
    attributes: &[],
    parts: &[repeated("prn:email", Email)],
};

const BINARY: Group = Group {
    order: All,
    attributes: &[],
    parts: &[
        required("prn:responseXml", OneOf(&["true"])),
        optional("prn:removeFile", Boolean),
    ],
};
