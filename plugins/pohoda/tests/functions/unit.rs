//! Requests and answers of an mServer, and the test of a connection.

use encoding_rs::WINDOWS_1250;
use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, Mock, get, post};
use krabice_pohoda::{Account, POHODA};

/// A host with a connection whose customers know POHODA's own numbers.
pub(crate) fn mock() -> Mock<Account> {
    Mock::of(&POHODA)
        .setting("ico", "12345678")
        .setting("invoice-report", 5)
}

/// Bytes as POHODA writes them.
pub(crate) fn windows_1250(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = WINDOWS_1250.encode(text);
    assert!(!unmappable, "a test that POHODA could not write: {text}");
    bytes.into_owned()
}

const NAMESPACE: &str = "http://www.stormware.cz/schema/version_2";

/// The files of the schemas by their prefixes, in the order in which they are declared.
const FILES: [(&str, &str); 7] = [
    ("dat", "data"),
    ("lst", "list"),
    ("ord", "order"),
    ("inv", "invoice"),
    ("ftr", "filter"),
    ("typ", "type"),
    ("prn", "print"),
];

/// A request with these items: an id, and the operation as it is written.
fn pack(id: &str, items: &[(&str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(id, operation)| {
            format!("<dat:dataPackItem version=\"2.0\" id=\"{id}\">{operation}</dat:dataPackItem>")
        })
        .collect();
    let namespaces: String = FILES
        .iter()
        .filter(|(prefix, _)| *prefix == "dat" || items.contains(&format!("<{prefix}:")))
        .map(|(prefix, file)| format!(" xmlns:{prefix}=\"{NAMESPACE}/{file}.xsd\""))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"Windows-1250\"?>\
         <dat:dataPack version=\"2.0\" id=\"{id}\" ico=\"12345678\" application=\"Krabice\" \
         note=\"Krabice\"{namespaces}>{items}</dat:dataPack>"
    )
}

/// The request with one operation that imports nothing.
pub(crate) fn asks(operation: &str) -> Expected {
    asks_for(&[operation])
}

/// The request with several.
pub(crate) fn asks_for(operations: &[&str]) -> Expected {
    sends(operations).reads()
}

/// The request that prints.
pub(crate) fn prints(operation: &str) -> Expected {
    sends(&[operation])
}

fn sends(operations: &[&str]) -> Expected {
    let ids: Vec<_> = (1..=operations.len()).map(|id| id.to_string()).collect();
    let items: Vec<_> = ids
        .iter()
        .map(String::as_str)
        .zip(operations.iter().copied())
        .collect();
    post("xml")
        .header("content-type", "text/xml")
        .header("stw-application", "Krabice")
        .body(&pack("key-of-the-call", &items))
}

/// The request that imports a document under two ids.
pub(crate) fn imports(pack_id: &str, id: &str, document: &str) -> Expected {
    post("xml")
        .header("content-type", "text/xml")
        .header("stw-check-duplicity", "true")
        .body(&pack(pack_id, &[(id, document)]))
}

/// An answer with the items as they are written.
pub(crate) fn response(items: &str) -> Vec<u8> {
    let all = FILES
        .iter()
        .chain(&[("rsp", "response"), ("rdc", "documentresponse")]);
    let namespaces: String = all
        .map(|(prefix, file)| format!(" xmlns:{prefix}=\"{NAMESPACE}/{file}.xsd\""))
        .collect();
    windows_1250(&format!(
        "<?xml version=\"1.0\" encoding=\"Windows-1250\"?>\
         <rsp:responsePack version=\"2.0\" id=\"key-of-the-call\" state=\"ok\" \
         programVersion=\"13901.5 SQL (1.3.2026)\" ico=\"12345678\"{namespaces}>{items}</rsp:responsePack>"
    ))
}

/// An item that was carried out.
pub(crate) fn done(id: &str, content: &str) -> String {
    format!(
        "<rsp:responsePackItem version=\"2.0\" id=\"{id}\" state=\"ok\">{content}</rsp:responsePackItem>"
    )
}

/// A list of orders or invoices.
pub(crate) fn list(name: &str, records: &str) -> String {
    format!(
        "<lst:{name} version=\"2.0\" dateTimeStamp=\"2026-03-14T11:59:30\" dateValidFrom=\"2026-03-14\" \
         state=\"ok\">{records}</lst:{name}>"
    )
}

/// An answer with orders.
pub(crate) fn orders(orders: &str) -> Vec<u8> {
    response(&done("1", &list("listOrder", orders)))
}

/// An answer with invoices.
pub(crate) fn invoices(invoices: &str) -> Vec<u8> {
    response(&done("1", &list("listInvoice", invoices)))
}

/// The question for an order by POHODA's own number.
pub(crate) fn by_number(number: &str) -> String {
    by(&format!(
        "<ftr:filter><ftr:selectedNumbers><ftr:number><typ:numberRequested>{number}</typ:numberRequested>\
         </ftr:number></ftr:selectedNumbers></ftr:filter>"
    ))
}

/// The question for orders by a condition.
pub(crate) fn by(condition: &str) -> String {
    format!(
        "<lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\">\
         <lst:requestOrder>{condition}</lst:requestOrder></lst:listOrderRequest>"
    )
}

/// The question for an invoice by its id.
pub(crate) fn invoice_by_id(id: i64) -> String {
    invoices_by(&format!("<ftr:filter><ftr:id>{id}</ftr:id></ftr:filter>"))
}

/// The question for invoices by a condition.
pub(crate) fn invoices_by(condition: &str) -> String {
    format!(
        "<lst:listInvoiceRequest version=\"2.0\" invoiceVersion=\"2.0\" invoiceType=\"issuedInvoice\">\
         <lst:requestInvoice>{condition}</lst:requestInvoice></lst:listInvoiceRequest>"
    )
}

/// An order, in the shape that POHODA exports: executed, with an invoice.
pub(crate) const ORDER: &str = "\
<lst:order version=\"2.0\"><ord:orderHeader>\
<ord:id>812</ord:id>\
<ord:orderType>receivedOrder</ord:orderType>\
<ord:number><typ:id>31</typ:id><typ:ids>26OP</typ:ids><typ:numberRequested>26OP00042</typ:numberRequested></ord:number>\
<ord:numberOrder>ES-5501</ord:numberOrder>\
<ord:date>2026-02-27</ord:date><ord:dateFrom>2026-02-27</ord:dateFrom><ord:dateTo>2026-03-06</ord:dateTo>\
<ord:text>Objednávka z e-shopu</ord:text>\
<ord:partnerIdentity><typ:id>77</typ:id><typ:address>\
<typ:company>Beta s.r.o.</typ:company><typ:name>Jana Ukázková</typ:name><typ:city>Brno</typ:city>\
<typ:street>Příkladná 5</typ:street><typ:zip>602 00</typ:zip><typ:phone>+420 600 000 001</typ:phone>\
<typ:mobilPhone>+420 600 000 002</typ:mobilPhone><typ:email>jana@example.com</typ:email>\
</typ:address></ord:partnerIdentity>\
<ord:paymentType><typ:id>1</typ:id><typ:ids>Dobírkou</typ:ids><typ:paymentType>delivery</typ:paymentType></ord:paymentType>\
<ord:isExecuted>true</ord:isExecuted><ord:isDelivered>true</ord:isDelivered><ord:isReserved>false</ord:isReserved>\
<ord:carrier><typ:ids>PPL</typ:ids></ord:carrier><ord:intNote>zkontrolováno</ord:intNote>\
<ord:parameters><typ:parameter><typ:name>VPrTracking</typ:name><typ:textValue>CZ000111222</typ:textValue></typ:parameter>\
<typ:parameter><typ:name>VPrSklad</typ:name><typ:listValueRef><typ:ids>BRNO</typ:ids></typ:listValueRef></typ:parameter>\
<typ:parameter><typ:name>VPrPrazdny</typ:name><typ:textValue></typ:textValue></typ:parameter></ord:parameters>\
</ord:orderHeader><ord:orderDetail><ord:orderItem>\
<ord:id>2201</ord:id><ord:text>Lampa stolní</ord:text>\
<ord:quantity>2.0</ord:quantity><ord:delivered>2.0</ord:delivered><ord:unit>ks</ord:unit><ord:coefficient>1.0</ord:coefficient>\
<ord:payVAT>false</ord:payVAT><ord:rateVAT value=\"21\">high</ord:rateVAT><ord:discountPercentage>0.0</ord:discountPercentage>\
<ord:homeCurrency><typ:unitPrice>500</typ:unitPrice><typ:price>1000</typ:price><typ:priceVAT>210</typ:priceVAT>\
<typ:priceSum>1210</typ:priceSum></ord:homeCurrency><ord:code>LAMP-01</ord:code>\
<ord:stockItem><typ:store><typ:id>1</typ:id><typ:ids>HLAVNI</typ:ids></typ:store><typ:stockItem><typ:id>55</typ:id>\
<typ:ids>LAMP-01</typ:ids></typ:stockItem></ord:stockItem>\
</ord:orderItem></ord:orderDetail><ord:orderSummary><ord:roundingDocument>none</ord:roundingDocument>\
<ord:homeCurrency><typ:priceNone>0</typ:priceNone>\
<typ:priceLow>0</typ:priceLow><typ:priceLowVAT>0</typ:priceLowVAT><typ:priceLowSum>0</typ:priceLowSum>\
<typ:priceHigh>1000</typ:priceHigh><typ:priceHighVAT>210</typ:priceHighVAT><typ:priceHighSum>1210</typ:priceHighSum>\
<typ:round><typ:priceRound>0</typ:priceRound></typ:round></ord:homeCurrency></ord:orderSummary>\
<ord:linkedDocuments><typ:link><typ:sourceAgenda>issuedInvoice</typ:sourceAgenda><typ:sourceDocument>\
<typ:id>940</typ:id><typ:number>260100077</typ:number></typ:sourceDocument></typ:link></ord:linkedDocuments></lst:order>";

/// A cancelled order without amounts, in the shape that POHODA exports.
pub(crate) const CANCELLED: &str = "\
<lst:order version=\"2.0\"><ord:orderHeader>\
<ord:id>815</ord:id><ord:orderType>receivedOrder</ord:orderType><ord:storno>cancelledDocument</ord:storno>\
<ord:number><typ:numberRequested>26OP00045</typ:numberRequested></ord:number>\
<ord:date>2026-02-28</ord:date><ord:isExecuted>false</ord:isExecuted><ord:dateCancellation>2026-03-01</ord:dateCancellation>\
</ord:orderHeader></lst:order>";

/// The order, received and not yet begun.
pub(crate) fn received() -> String {
    ORDER
        .replace("<ord:isExecuted>true", "<ord:isExecuted>false")
        .replace("<ord:isDelivered>true", "<ord:isDelivered>false")
        .replace("<ord:delivered>2.0", "<ord:delivered>0.0")
}

/// The order's invoice.
pub(crate) const INVOICE: &str = "\
<lst:invoice version=\"2.0\"><inv:invoiceHeader>\
<inv:id>940</inv:id><inv:invoiceType>issuedInvoice</inv:invoiceType>\
<inv:number><typ:numberRequested>260100077</typ:numberRequested></inv:number><inv:symVar>260100077</inv:symVar>\
<inv:date>2026-03-02</inv:date><inv:dateDue>2026-03-16</inv:dateDue><inv:numberOrder>26OP00042</inv:numberOrder>\
<inv:liquidation><typ:amountHome>1210</typ:amountHome></inv:liquidation></inv:invoiceHeader>\
<inv:invoiceSummary><inv:homeCurrency><typ:priceNone>0</typ:priceNone><typ:priceHighSum>1210</typ:priceHighSum>\
</inv:homeCurrency></inv:invoiceSummary>\
<inv:linkedDocuments><typ:link><typ:sourceAgenda>receivedOrder</typ:sourceAgenda><typ:sourceDocument>\
<typ:id>812</typ:id><typ:number>26OP00042</typ:number></typ:sourceDocument></typ:link></inv:linkedDocuments></lst:invoice>";

/// The request for the order, answered with it.
pub(crate) fn finds(order: &str) -> Expected {
    asks(&by_number("26OP00042")).answers(200, orders(order))
}

/// The request for the order's invoice, answered with it.
pub(crate) fn finds_invoice() -> Expected {
    asks(&invoice_by_id(940)).answers(200, invoices(INVOICE))
}

const STATUS: &str = "<?xml version=\"1.0\" encoding=\"Windows-1250\"?>\n<mServer>\n\
<message>Response from POHODA mServer</message>\n<name>krabice</name><server>http://ERP-PC:8081</server>\n\
<status>idle</status><processing>0</processing>\n\
<companyDetail><company>Žár s.r.o.</company><databaseName>StwPh_12345678_2026</databaseName><year>2026</year></companyDetail>\n\
</mServer>";

#[test]
fn a_good_connection_shows_its_unit() {
    let unit = mock();
    unit.expect(get("status?companyDetail").answers(200, windows_1250(STATUS)));
    assert_eq!(
        unit.probe(),
        Ok("Žár s.r.o., 2026, StwPh_12345678_2026, idle".to_owned())
    );
}

#[test]
fn an_mserver_that_shows_no_unit_proves_nothing() {
    let without = STATUS.replace("companyDetail", "other");
    let alien = STATUS.replace("mServer>", "server>");
    for body in [without.as_str(), &alien, "<html></html>", "", "{}"] {
        let unit = mock();
        unit.expect(get("status?companyDetail").answers(200, windows_1250(body)));
        let outcome = unit.probe();
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
}

#[test]
fn a_login_or_a_unit_that_is_refused_is_unauthorised() {
    for status in [401, 403] {
        let unit = mock();
        unit.expect(get("status?companyDetail").answers(status, ""));
        let failure = unit.probe().unwrap_err();
        let detail = format!("GET status?companyDetail answered {status}");
        assert_eq!(failure, Failure::unauthorised(detail));
    }
}
