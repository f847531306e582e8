//! A client of the mServer, and requests to send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use encoding_rs::WINDOWS_1250;
use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{BackEndName, Clock, Emulator, Emulators, Options};
use serde_json::Value;

use crate::client::{HttpClient, Reply, http_client, send};

pub(crate) struct Unit {
    emulators: Emulators,
    client: HttpClient,
}

impl Unit {
    pub(crate) async fn open() -> Self {
        let clock = Clock::frozen("2026-05-01T10:00:00Z".parse().unwrap());
        let options = Options {
            only: vec![BackEndName::Pohoda],
            clock,
            ..Options::default()
        };
        Self {
            emulators: Emulators::start(options).await.unwrap(),
            client: http_client(),
        }
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulators.pohoda()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let connection = self.emulator().connection();
        let (user, password) = (connection.setting("user"), connection.setting("password"));
        let login = format!("{}:{}", user.unwrap(), password.unwrap());
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.emulator().address()))
            .header(
                "stw-authorization",
                format!("Basic {}", STANDARD.encode(login)),
            )
    }

    pub(crate) async fn send(
        &self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> Reply {
        let request = request.body(Full::new(body.into())).unwrap();
        send(&self.client, request).await.unwrap()
    }

    /// Posts a document.
    pub(crate) async fn post(&self, document: &str) -> Reply {
        let request = self
            .request(Method::POST, "/xml")
            .header("content-type", "text/xml");
        self.send(request, windows_1250(document)).await
    }

    /// Posts a pack with one operation.
    pub(crate) async fn ask(&self, operation: &str) -> String {
        text(&self.post(&pack(operation)).await.body)
    }

    /// Imports under two ids.
    pub(crate) async fn import(&self, id: &str, item: &str, operation: &str) -> String {
        let document = pack(operation)
            .replace("id=\"p\"", &format!("id=\"{id}\""))
            .replace("id=\"1\"", &format!("id=\"{item}\""));
        let request = self
            .request(Method::POST, "/xml")
            .header("content-type", "text/xml");
        let request = request.header("stw-check-duplicity", "true");
        text(&self.send(request, windows_1250(&document)).await.body)
    }

    pub(crate) fn broken(&self) -> Vec<String> {
        let violations = self.emulator().violations();
        violations
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    pub(crate) fn patch(&self, patch: Value) {
        self.emulator().patch_state(patch).unwrap();
    }
}

pub(crate) fn windows_1250(text: &str) -> Vec<u8> {
    WINDOWS_1250.encode(text).0.into_owned()
}

pub(crate) fn text(body: &[u8]) -> String {
    WINDOWS_1250
        .decode_without_bom_handling(body)
        .0
        .into_owned()
}

pub(crate) const NAMESPACES: [(&str, &str); 8] = [
    ("dat", "data"),
    ("lst", "list"),
    ("ord", "order"),
    ("inv", "invoice"),
    ("ftr", "filter"),
    ("typ", "type"),
    ("prn", "print"),
    ("vyd", "vydejka"),
];

pub(crate) fn pack(operation: &str) -> String {
    let namespaces: String = NAMESPACES
        .iter()
        .map(|(prefix, file)| {
            format!(" xmlns:{prefix}=\"http://www.stormware.cz/schema/version_2/{file}.xsd\"")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"Windows-1250\"?><dat:dataPack version=\"2.0\" id=\"p\" ico=\"12345678\" \
         application=\"test\" note=\"test\"{namespaces}><dat:dataPackItem version=\"2.0\" id=\"1\">{operation}\
         </dat:dataPackItem></dat:dataPack>"
    )
}

pub(crate) fn orders(inside: &str) -> String {
    format!(
        "<lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\">{inside}</lst:listOrderRequest>"
    )
}

pub(crate) fn by_filter(filter: &str) -> String {
    orders(&format!(
        "<lst:requestOrder><ftr:filter>{filter}</ftr:filter></lst:requestOrder>"
    ))
}

pub(crate) fn by_query(condition: &str) -> String {
    orders(&format!(
        "<lst:requestOrder><ftr:queryFilter><ftr:filter>{condition}</ftr:filter></ftr:queryFilter></lst:requestOrder>"
    ))
}

/// The ids of the orders in an answer.
pub(crate) fn ids(answer: &str) -> Vec<&str> {
    let orders = answer.split("<lst:order ").skip(1);
    orders
        .map(|order| {
            order
                .split("<ord:id>")
                .nth(1)
                .unwrap()
                .split('<')
                .next()
                .unwrap()
        })
        .collect()
}

/// An order that can be created.
pub(crate) const NEW: &str = "<ord:order version=\"2.0\"><ord:orderHeader><ord:orderType>receivedOrder</ord:orderType>\
<ord:numberOrder>N-1</ord:numberOrder><ord:date>2026-05-01</ord:date><ord:partnerIdentity><typ:address><typ:name>Žofie</typ:name>\
</typ:address></ord:partnerIdentity></ord:orderHeader><ord:orderDetail><ord:orderItem><ord:text>Lampa</ord:text>\
<ord:quantity>2</ord:quantity><ord:payVAT>false</ord:payVAT><ord:rateVAT>high</ord:rateVAT><ord:homeCurrency><typ:unitPrice>10.05</typ:unitPrice>\
</ord:homeCurrency></ord:orderItem></ord:orderDetail></ord:order>";

pub(crate) const INVOICE: &str = "<inv:invoice version=\"2.0\"><inv:links><typ:link><typ:sourceAgenda>receivedOrder</typ:sourceAgenda>\
<typ:sourceDocument><typ:number>26OP00043</typ:number></typ:sourceDocument></typ:link></inv:links><inv:invoiceHeader>\
<inv:invoiceType>issuedInvoice</inv:invoiceType></inv:invoiceHeader></inv:invoice>";

pub(crate) const PRINT: &str = "<prn:print version=\"1.0\"><prn:record agenda=\"vydane_faktury\"><ftr:filter><ftr:id>940</ftr:id></ftr:filter>\
</prn:record><prn:printerSettings><prn:report><prn:id>5</prn:id></prn:report><prn:pdf><prn:fileName>C:\\Windows\\Temp\\a.pdf</prn:fileName>\
<prn:binaryData><prn:responseXml>true</prn:responseXml></prn:binaryData></prn:pdf></prn:printerSettings></prn:print>";
