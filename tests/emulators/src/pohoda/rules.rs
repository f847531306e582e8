//! The rules of the POHODA emulator. Sources name STORMWARE's pages and the files
//! of its published schemas (68 files, April 2025), else what public clients do.

use crate::rule::rules;

rules! {
    UNKNOWN_PATH = "unknown-path", true,
        "404 for any path but `/xml`, `/status` and `/documents/…`",
        "clients that repeat the vendor's explanations of HTTP codes (three of them): typically `/xml` is missing";
    METHOD = "method", true,
        "405 for any method but POST at `/xml`, and GET or POST elsewhere",
        "POHODA mServer, Pro vývojáře: only POST carries XML; the code 405 from clients";
    ONE_AT_A_TIME = "one-at-a-time", false,
        "requests to `/xml` are processed one after the other; others wait",
        "POHODA mServer, Pro vývojáře";
    NO_LOGIN = "no-login", true,
        "401 without `STW-Authorization`; only `/status` without `?companyDetail` needs none",
        "POHODA mServer, Pro vývojáře; eight clients";
    WRONG_LOGIN = "wrong-login", false,
        "401 for another user or password, or a scheme other than Basic",
        "POHODA mServer, Pro vývojáře: Basic is the only scheme";
    NO_UNIT = "no-unit", false,
        "403 by a setting: the user may not open the accounting unit",
        "clients that repeat the vendor's explanations of HTTP codes (three of them)";
    UNKNOWN_PARAMETER = "unknown-parameter", true,
        "400 for a query other than `?companyDetail` at `/status`",
        "stricter than the vendor, who may ignore it";
    NOT_EMULATED = "not-emulated", true,
        "501, or an item with `state=\"error\"`, for a part of POHODA that is not emulated, because no function of the product needs it",
        "the emulator's own";
    CONTENT_TYPE = "content-type", true,
        "400 for a body that is announced neither as `text/xml` nor as `application/xml`; the second is answered, and noted",
        "POHODA mServer, Pro vývojáře; two clients send `application/xml`";
    CONTENT_ENCODING = "content-encoding", true,
        "400 for a body compressed otherwise than by gzip or deflate, or not as announced",
        "POHODA mServer, Pro vývojáře: gzip and deflate, for requests and answers";
    ENCODING = "encoding", true,
        "a pack with `state=\"error\"` for a body that declares neither Windows-1250 nor UTF-8 or is not encoded in it; UTF-8 is answered, and noted",
        "Základní struktura XML dokumentu; answers to a client that sends UTF-8 were recorded (PHP-Pohoda-Connector)";
    XML = "xml", true,
        "a pack with `state=\"error\"` and an empty id for a body that is not XML",
        "the shape of a refused pack: a recorded answer of 2023 (PHP-Pohoda-Connector); that it is this one is an inference";
    HEADER = "header", true,
        "400 for an `STW-Check-Duplicity` that is neither `true` nor `false`; one in a request without an import is answered, and noted",
        "five clients; refusing other values is stricter than the vendor";
    NO_IMPORT = "no-import", false,
        "a pack with `state=\"error\"`, an empty id and no items by a setting: the user may not import XML",
        "a recorded answer of 2023 (PHP-Pohoda-Connector); Podrobnosti zpracování, 555";
    ENVELOPE = "envelope", true,
        "a pack with `state=\"error\"` for a `dat:dataPack` that the schema refuses",
        "data.xsd, dataPackType; Základní struktura XML dokumentu: the envelope is checked first";
    ICO = "ico", false,
        "a pack with `state=\"error\"` for another company number than the unit's",
        "Základní struktura XML dokumentu: `ico` must equal that of the unit";
    SCHEMA = "schema", true,
        "an item with `state=\"error\"` for an operation that the schemas refuse: an update of an order, an unknown element, a wrong order, a value of another type or too long",
        "data.xsd, list.xsd, filter.xsd, order.xsd, invoice.xsd, print.xsd, type.xsd; then each item is checked";
    QUERY = "query", true,
        "an item with `state=\"error\"` for an SQL condition that is more than comparisons of a known column with a text of `[0-9A-Za-z/_-]`, 1 to 32 of them, joined by `OR`",
        "Filtrování dat z programu POHODA pro XML export; the columns from clients' code; allowing nothing else is stricter than the vendor, because it is SQL";
    DUPLICITY = "duplicity", false,
        "an item with `state=\"error\"` and `rsp:recordDuplicity` for an import whose two ids were imported before, with `STW-Check-Duplicity: true`; without the record's id if it was deleted since",
        "response.xsd, errorDetailType and its annotation; that the state is `error` is an inference";
    IMPORT = "import", true,
        "an answer with `state=\"error\"` and a detail for an order without type, date or address, or an invoice without an order",
        "order.xsd: required for creating; the answer's shape from documentresponse.xsd";
    CLOSED = "closed", false,
        "an answer with `state=\"error\"` and a detail for an invoice of an order that is executed, cancelled or unknown",
        "an inference from how POHODA transfers orders";
    REPORT = "report", false,
        "a print with `state=\"ok\"` and no file for an unknown print form; an empty file for a folder to which POHODA may not write",
        "traps that four clients describe";
}
