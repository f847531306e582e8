//! POHODA's mServer from outside: what it lets through and what it refuses.

use std::io::{Read, Write};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use encoding_rs::WINDOWS_1250;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use http::{Method, Request};
use http_body_util::Full;
use krabice_emulators::{BackEndName, Clock, Emulator, Emulators, Fault, FaultRule, Options};
use serde_json::{Value, json};

use crate::client::{HttpClient, Reply, http_client, send, until};

struct Unit {
    emulators: Emulators,
    client: HttpClient,
}

impl Unit {
    async fn open() -> Self {
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

    fn emulator(&self) -> &Emulator {
        self.emulators.pohoda()
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
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

    async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Reply {
        let request = request.body(Full::new(body.into())).unwrap();
        send(&self.client, request).await.unwrap()
    }

    /// Posts a document.
    async fn post(&self, document: &str) -> Reply {
        let request = self
            .request(Method::POST, "/xml")
            .header("content-type", "text/xml");
        self.send(request, windows_1250(document)).await
    }

    /// Posts a pack with one operation.
    async fn ask(&self, operation: &str) -> String {
        text(&self.post(&pack(operation)).await.body)
    }

    /// Imports under two ids.
    async fn import(&self, id: &str, item: &str, operation: &str) -> String {
        let document = pack(operation)
            .replace("id=\"p\"", &format!("id=\"{id}\""))
            .replace("id=\"1\"", &format!("id=\"{item}\""));
        let request = self
            .request(Method::POST, "/xml")
            .header("content-type", "text/xml");
        let request = request.header("stw-check-duplicity", "true");
        text(&self.send(request, windows_1250(&document)).await.body)
    }

    fn broken(&self) -> Vec<String> {
        let violations = self.emulator().violations();
        violations
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    fn patch(&self, patch: Value) {
        self.emulator().patch_state(patch).unwrap();
    }
}

fn windows_1250(text: &str) -> Vec<u8> {
    WINDOWS_1250.encode(text).0.into_owned()
}

fn text(body: &[u8]) -> String {
    WINDOWS_1250
        .decode_without_bom_handling(body)
        .0
        .into_owned()
}

const NAMESPACES: [(&str, &str); 8] = [
    ("dat", "data"),
    ("lst", "list"),
    ("ord", "order"),
    ("inv", "invoice"),
    ("ftr", "filter"),
    ("typ", "type"),
    ("prn", "print"),
    ("vyd", "vydejka"),
];

fn pack(operation: &str) -> String {
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

fn orders(inside: &str) -> String {
    format!(
        "<lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\">{inside}</lst:listOrderRequest>"
    )
}

fn by_filter(filter: &str) -> String {
    orders(&format!(
        "<lst:requestOrder><ftr:filter>{filter}</ftr:filter></lst:requestOrder>"
    ))
}

fn by_query(condition: &str) -> String {
    orders(&format!(
        "<lst:requestOrder><ftr:queryFilter><ftr:filter>{condition}</ftr:filter></ftr:queryFilter></lst:requestOrder>"
    ))
}

/// The ids of the orders in an answer.
fn ids(answer: &str) -> Vec<&str> {
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

#[tokio::test]
async fn it_says_how_it_is() {
    let unit = Unit::open().await;
    let plain = Request::builder().uri(format!("{}/status", unit.emulator().address()));
    let reply = unit.send(plain, "").await;
    let status = text(&reply.body);
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("text/xml"))
    );
    assert!(status.starts_with("<?xml version=\"1.0\" encoding=\"Windows-1250\"?><mServer><message>Response from POHODA mServer"));
    assert!(
        status.contains("<status>idle</status><processing>0</processing></mServer>"),
        "{status}"
    );
    let reply = unit
        .send(unit.request(Method::GET, "/status?companyDetail"), "")
        .await;
    assert!(text(&reply.body).contains(
        "<companyDetail><company>Kavárna s.r.o.</company><databaseName>StwPh_12345678_2026</databaseName><year>2026</year></companyDetail>"
    ));
    let posted = unit.send(unit.request(Method::POST, "/status"), "").await;
    assert_eq!(posted.status, 200);
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_by_its_status() {
    for (method, path, header, status, rule) in [
        (Method::POST, "/", None, 404, "unknown-path"),
        (Method::POST, "/XML", None, 404, "unknown-path"),
        (Method::GET, "/xml", None, 405, "method"),
        (Method::PUT, "/status", None, 405, "method"),
        (Method::POST, "/xml?a=1", None, 400, "unknown-parameter"),
        (
            Method::GET,
            "/status?company",
            None,
            400,
            "unknown-parameter",
        ),
        (Method::GET, "/documents/a.pdf", None, 501, "not-emulated"),
        (
            Method::POST,
            "/xml",
            Some(("content-type", "application/json")),
            400,
            "content-type",
        ),
        (
            Method::POST,
            "/xml",
            Some(("content-encoding", "br")),
            400,
            "content-encoding",
        ),
        (
            Method::POST,
            "/xml",
            Some(("content-encoding", "gzip")),
            400,
            "content-encoding",
        ),
        (
            Method::POST,
            "/xml",
            Some(("stw-check-duplicity", "yes")),
            400,
            "header",
        ),
        (
            Method::POST,
            "/xml",
            Some(("stw-check-duplicity", "true")),
            400,
            "header",
        ),
    ] {
        let unit = Unit::open().await;
        let mut request = unit.request(method.clone(), path);
        let (name, value) = header.unwrap_or(("content-type", "text/xml"));
        if name != "content-type" {
            request = request.header("content-type", "text/xml");
        }
        let document = pack(&by_filter("<ftr:id>812</ftr:id>"));
        let reply = unit.send(request.header(name, value), document).await;
        assert_eq!(
            (reply.status, unit.broken()),
            (status, vec![rule.to_owned()]),
            "{method} {path} {header:?}"
        );
    }
}

#[tokio::test]
async fn a_login_is_needed_and_judged() {
    let unit = Unit::open().await;
    let address = unit.emulator().address().to_owned();
    for path in ["/xml", "/status?companyDetail", "/documents/a.pdf"] {
        let bare = |login: Option<&str>| {
            let request = Request::builder()
                .method(Method::POST)
                .uri(format!("{address}{path}"));
            match login {
                Some(login) => request.header("stw-authorization", login),
                None => request,
            }
        };
        assert_eq!(unit.send(bare(None), "").await.status, 401, "{path}");
        assert_eq!(unit.broken(), ["no-login"], "{path}");
        unit.emulator().clear_log();
        let wrong = format!("Basic {}", STANDARD.encode("krabice:wrong"));
        for login in [wrong.as_str(), "Bearer x", "a3JhYmljZTp4"] {
            assert_eq!(
                unit.send(bare(Some(login)), "").await.status,
                401,
                "{path} {login}"
            );
        }
        assert_eq!(unit.broken(), Vec::<String>::new());
    }
    unit.patch(json!({ "settings": { "may_open": false } }));
    assert_eq!(unit.post(&pack(&by_filter(""))).await.status, 403);
    let status = unit
        .send(unit.request(Method::GET, "/status?companyDetail"), "")
        .await;
    assert_eq!(status.status, 403);
}

#[tokio::test]
async fn a_pack_that_is_refused_says_so_with_status_200() {
    let good = pack(&by_filter("<ftr:id>812</ftr:id>"));
    for (document, id, rule) in [
        (good.replace("Windows-1250", "UTF-8"), "", Some("encoding")),
        ("<a/>".to_owned(), "", Some("encoding")),
        (good.replace("</dat:dataPack>", ""), "", Some("xml")),
        (
            good.replace("dat:dataPackItem", "dat:item"),
            "p",
            Some("envelope"),
        ),
        (
            good.replace(" application=\"test\"", ""),
            "p",
            Some("envelope"),
        ),
        (good.replace(" note=\"test\"", ""), "p", Some("envelope")),
        (
            good.replacen("version=\"2.0\"", "version=\"1.0\"", 1),
            "p",
            Some("envelope"),
        ),
        (
            good.replace("id=\"p\"", &format!("id=\"{}\"", "p".repeat(65))),
            &"p".repeat(65),
            Some("envelope"),
        ),
        (good.replace("ico=\"12345678\"", "ico=\"1\""), "p", None),
    ] {
        let unit = Unit::open().await;
        let reply = unit.post(&document).await;
        let answer = text(&reply.body);
        let begins = format!("<rsp:responsePack version=\"2.0\" id=\"{id}\" state=\"error\"");
        assert!(
            reply.status == 200 && answer.contains(&begins),
            "{document}\n{answer}"
        );
        assert_eq!(
            unit.broken(),
            rule.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            "{document}"
        );
    }
    let unit = Unit::open().await;
    let in_utf8 = unit
        .request(Method::POST, "/xml")
        .header("content-type", "text/xml");
    let body = good.replace("note=\"test\"", "note=\"žluť\"").into_bytes();
    assert!(text(&unit.send(in_utf8, body).await.body).contains("state=\"error\""));
    assert_eq!(unit.broken(), ["encoding"]);
    let unit = Unit::open().await;
    unit.patch(json!({ "settings": { "may_import": false } }));
    let denied = text(&unit.post(&good).await.body);
    assert!(
        denied.contains("id=\"\" state=\"error\"") && !denied.contains("responsePackItem"),
        "{denied}"
    );
}

/// An order that can be created.
const NEW: &str = "<ord:order version=\"2.0\"><ord:orderHeader><ord:orderType>receivedOrder</ord:orderType>\
<ord:numberOrder>N-1</ord:numberOrder><ord:date>2026-05-01</ord:date><ord:partnerIdentity><typ:address><typ:name>Žofie</typ:name>\
</typ:address></ord:partnerIdentity></ord:orderHeader><ord:orderDetail><ord:orderItem><ord:text>Lampa</ord:text>\
<ord:quantity>2</ord:quantity><ord:payVAT>false</ord:payVAT><ord:rateVAT>high</ord:rateVAT><ord:homeCurrency><typ:unitPrice>10.05</typ:unitPrice>\
</ord:homeCurrency></ord:orderItem></ord:orderDetail></ord:order>";

const INVOICE: &str = "<inv:invoice version=\"2.0\"><inv:links><typ:link><typ:sourceAgenda>receivedOrder</typ:sourceAgenda>\
<typ:sourceDocument><typ:number>26OP00043</typ:number></typ:sourceDocument></typ:link></inv:links><inv:invoiceHeader>\
<inv:invoiceType>issuedInvoice</inv:invoiceType></inv:invoiceHeader></inv:invoice>";

const PRINT: &str = "<prn:print version=\"1.0\"><prn:record agenda=\"vydane_faktury\"><ftr:filter><ftr:id>940</ftr:id></ftr:filter>\
</prn:record><prn:printerSettings><prn:report><prn:id>5</prn:id></prn:report><prn:pdf><prn:fileName>C:\\Windows\\Temp\\a.pdf</prn:fileName>\
<prn:binaryData><prn:responseXml>true</prn:responseXml></prn:binaryData></prn:pdf></prn:printerSettings></prn:print>";

#[tokio::test]
async fn what_the_schemas_refuse_is_refused_and_changes_nothing() {
    let update = "<ord:order version=\"2.0\"><ord:actionType><ord:update><ftr:filter><ftr:id>812</ftr:id></ftr:filter>\
                  </ord:update></ord:actionType></ord:order>";
    let with_header = |header: &str| NEW.replace("<ord:date>", &format!("{header}<ord:date>"));
    for operation in [
        update.to_owned(),
        // The elements of an order have an order, and a sequence is one.
        NEW.replace("<ord:orderHeader>", "<ord:orderDetail><ord:orderItem/></ord:orderDetail><ord:orderHeader>"),
        INVOICE.replace("<inv:links>", "<inv:invoiceHeader><inv:invoiceType>issuedInvoice</inv:invoiceType></inv:invoiceHeader><inv:links>"),
        orders("<lst:requestOrder/><lst:limit/>"),
        // Elements that there are not, or not there.
        with_header("<ord:state>x</ord:state>"),
        with_header("<ord:isDelivered>true</ord:isDelivered>"),
        with_header("<ord:storno>cancelledDocument</ord:storno>"),
        with_header("<typ:note>x</typ:note>"),
        by_filter("<ftr:numberOrder>N-1</ftr:numberOrder>"),
        by_filter("<ftr:dateTo>2026-01-01</ftr:dateTo>"),
        by_filter("<ftr:email>jana@example.com</ftr:email>"),
        // Twice, and none.
        with_header("<ord:text>a</ord:text><ord:text>b</ord:text>"),
        orders(""),
        String::new(),
        format!("{NEW}{NEW}"),
        // Values.
        with_header("<ord:isReserved>1</ord:isReserved>"),
        with_header(&format!("<ord:text>{}</ord:text>", "x".repeat(241))),
        NEW.replace("2026-05-01", "1. 5. 2026"),
        NEW.replace(">2<", ">2,5<"),
        NEW.replace("high", "21"),
        NEW.replace("N-1", &"N".repeat(33)),
        NEW.replace("<ord:orderHeader>", "<ord:orderHeader>text"),
        NEW.replace("<ord:order version=\"2.0\">", "<ord:order>"),
        NEW.replace("<ord:order version=\"2.0\">", "<ord:order version=\"2.0\" update=\"true\">"),
        orders("<lst:requestOrder/>").replace(" orderType=\"receivedOrder\"", ""),
        orders("<lst:limit><ftr:count>0</ftr:count></lst:limit><lst:requestOrder/>"),
        orders("<lst:limit><ftr:count>10001</ftr:count></lst:limit><lst:requestOrder/>"),
        by_filter("<ftr:id>0</ftr:id>"),
        by_filter("<ftr:lastChanges>2026-05-01</ftr:lastChanges>"),
        PRINT.replace("version=\"1.0\"", "version=\"2.0\""),
        PRINT.replace("C:\\Windows\\Temp\\a.pdf", " "),
        PRINT.replace(" agenda=\"vydane_faktury\"", ""),
        PRINT.replace("<prn:binaryData>", "<prn:sendMail><prn:to><prn:email>žofie@example.cz</prn:email></prn:to></prn:sendMail><prn:binaryData>"),
        "<ord:order version=\"2.0\"><ord:actionType><ord:delete><ftr:filter><ftr:id>812</ftr:id></ftr:filter></ord:delete></ord:actionType></ord:order>".to_owned(),
        "<ord:order version=\"2.0\"><ord:actionType><ord:delete><ftr:filter agenda=\"prijate_objednavky\"><ftr:number>12345678901</ftr:number>\
         </ftr:filter></ord:delete></ord:actionType></ord:order>".to_owned(),
    ] {
        let unit = Unit::open().await;
        let before = unit.emulator().state();
        let answer = unit.ask(&operation).await;
        assert!(answer.contains("<rsp:responsePackItem version=\"2.0\" id=\"1\" state=\"error\""), "{operation}\n{answer}");
        assert_eq!(unit.broken(), ["schema"], "{operation}");
        assert_eq!(unit.emulator().state(), before, "{operation}");
    }
}

#[tokio::test]
async fn what_is_documented_and_not_emulated_is_told_apart() {
    for operation in [
        "<vyd:vydejka/>".to_owned(),
        NEW.replace("<ord:orderHeader>", "<ord:links/><ord:orderHeader>"),
        orders("<lst:requestOrder><ftr:userFilterName>x</ftr:userFilterName></lst:requestOrder>"),
    ] {
        let unit = Unit::open().await;
        assert!(
            unit.ask(&operation).await.contains("state=\"error\""),
            "{operation}"
        );
        assert_eq!(unit.broken(), ["not-emulated"], "{operation}");
    }
}

#[tokio::test]
async fn orders_are_found_by_each_filter() {
    let unit = Unit::open().await;
    let number = |number: &str| {
        format!("<ftr:number><typ:numberRequested>{number}</typ:numberRequested></ftr:number>")
    };
    let numbers = format!(
        "<ftr:selectedNumbers>{}{}{}</ftr:selectedNumbers>",
        number("26OP00043"),
        number("26OP00042"),
        number("26op00044")
    );
    for (filter, found) in [
        ("<ftr:id>812</ftr:id>".to_owned(), vec!["812"]),
        ("<ftr:id>9999</ftr:id>".to_owned(), vec![]),
        (numbers, vec!["812", "813"]),
        ("<ftr:extId><typ:ids>5501</typ:ids><typ:exSystemName>my-eshop</typ:exSystemName></ftr:extId>".to_owned(), vec!["812"]),
        ("<ftr:extId><typ:ids>5501</typ:ids><typ:exSystemName>other</typ:exSystemName></ftr:extId>".to_owned(), vec![]),
        ("<ftr:lastChanges>2026-04-06T10:00:00</ftr:lastChanges>".to_owned(), vec!["831", "833"]),
        ("<ftr:dateFrom>2026-03-02</ftr:dateFrom><ftr:dateTill>2026-03-31</ftr:dateTill>".to_owned(), vec!["817", "821", "832"]),
    ] {
        assert_eq!(ids(&unit.ask(&by_filter(&filter)).await), found, "{filter}");
    }
    for (condition, found) in [
        ("(OBJ.PDoklad = 'es-5501')", vec!["812"]),
        ("(OBJ.PDoklad = 'ES-5507')", vec!["819", "820"]),
        (
            "(OBJ.Cislo = '26OP00042') OR (OBJ.ID = '813')",
            vec!["812", "813"],
        ),
    ] {
        assert_eq!(
            ids(&unit.ask(&by_query(condition)).await),
            found,
            "{condition}"
        );
    }
    let limited = orders(
        "<lst:limit><ftr:idFrom>815</ftr:idFrom><ftr:count>2</ftr:count></lst:limit><lst:requestOrder/>",
    );
    assert_eq!(ids(&unit.ask(&limited).await), ["815", "816"]);
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn a_condition_that_is_more_than_a_comparison_is_refused() {
    for condition in [
        "1 = 1",
        "(OBJ.PDoklad = 'a b')",
        "(OBJ.Email = 'a')",
        "(FA.Cislo = '1')",
    ] {
        let unit = Unit::open().await;
        assert!(
            unit.ask(&by_query(condition))
                .await
                .contains("state=\"error\""),
            "{condition}"
        );
        assert_eq!(unit.broken(), ["query"], "{condition}");
    }
}

#[tokio::test]
async fn an_order_is_exported_as_recorded() {
    let unit = Unit::open().await;
    let answer = unit.ask(&by_filter("<ftr:id>812</ftr:id>")).await;
    for part in [
        "<lst:listOrder version=\"2.0\" dateTimeStamp=\"2026-05-01T12:00:00\" dateValidFrom=\"2026-05-01\" state=\"ok\"><lst:order version=\"2.0\"><ord:orderHeader><ord:id>812</ord:id>",
        "<ord:number><typ:numberRequested>26OP00042</typ:numberRequested></ord:number>",
        "<typ:name>Jana Ukázková</typ:name>",
        "<ord:isExecuted>true</ord:isExecuted><ord:isDelivered>true</ord:isDelivered>",
        "<typ:parameter><typ:name>VPrTracking</typ:name><typ:textValue>CZ000111222</typ:textValue></typ:parameter>",
        "<ord:rateVAT value=\"21\">high</ord:rateVAT>",
        "<typ:priceHighSum>1309</typ:priceHighSum>",
        "<typ:sourceAgenda>issuedInvoice</typ:sourceAgenda><typ:sourceDocument><typ:id>940</typ:id>",
    ] {
        assert!(answer.contains(part), "{part}\n{answer}");
    }
    assert!(
        !answer.contains("ord:extId"),
        "only for the system that is asked for"
    );
    let less = "<lst:requestOrder><ftr:filter><ftr:id>812</ftr:id></ftr:filter></lst:requestOrder><lst:restrictionData>\
                <lst:documents>false</lst:documents><lst:parameters>false</lst:parameters></lst:restrictionData>";
    let answer = unit.ask(&orders(less)).await;
    assert!(
        !answer.contains("linkedDocuments") && !answer.contains("typ:parameter"),
        "{answer}"
    );
    let of_system =
        by_filter("<ftr:id>812</ftr:id>").replace("<lst:requestOrder>", "<lst:requestOrder>");
    let of_system = of_system.replace("orderType=", "extSystem=\"my-eshop\" orderType=");
    assert!(
        unit.ask(&of_system)
            .await
            .contains("<ord:extId><typ:ids>5501</typ:ids>")
    );
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn an_import_with_the_same_ids_is_taken_once() {
    let unit = Unit::open().await;
    let first = unit.import("batch", "N-1", NEW).await;
    assert!(first.contains("<rdc:producedDetails><rdc:id>834</rdc:id><rdc:number>26OP00064</rdc:number><rdc:actionType>add"), "{first}");
    let again = unit.import("batch", "N-1", NEW).await;
    assert!(again.contains("<rsp:recordDuplicity><rsp:agendaType>prijate_objednavky</rsp:agendaType><rsp:dateCreate>2026-05-01</rsp:dateCreate><rsp:id>834</rsp:id><rsp:number>26OP00064"), "{again}");
    let delete = "<ord:order version=\"2.0\"><ord:actionType><ord:delete><ftr:filter agenda=\"prijate_objednavky\"><ftr:id>834</ftr:id>\
                  </ftr:filter></ord:delete></ord:actionType></ord:order>";
    assert!(unit.ask(delete).await.contains("<rdc:actionType>delete"));
    let gone = unit.import("batch", "N-1", NEW).await;
    assert!(
        gone.contains("recordDuplicity") && !gone.contains("<rsp:id>"),
        "{gone}"
    );
    assert!(
        unit.import("batch", "N-2", NEW)
            .await
            .contains("producedDetails"),
        "another item"
    );
    assert!(
        unit.import("other", "N-1", NEW)
            .await
            .contains("producedDetails"),
        "another pack"
    );
    assert!(
        unit.ask(NEW).await.contains("producedDetails"),
        "without the check"
    );
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn a_new_order_has_its_amounts() {
    let unit = Unit::open().await;
    unit.ask(NEW).await;
    let orders = unit.emulator().state()["orders"].clone();
    let order = orders.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        order["summary"]["high"],
        json!({ "base": "20.10", "vat": "4.22", "sum": "24.32" })
    );
    assert_eq!(order["changed"], "2026-05-01T12:00:00");
    for missing in ["ord:orderType", "ord:date", "ord:partnerIdentity"] {
        let unit = Unit::open().await;
        let begin = NEW.find(&format!("<{missing}>")).unwrap();
        let end = NEW.find(&format!("</{missing}>")).unwrap() + missing.len() + 3;
        let without = format!("{}{}", &NEW[..begin], &NEW[end..]);
        assert!(
            unit.ask(&without)
                .await
                .contains("<rdc:state>error</rdc:state>"),
            "{missing}"
        );
        assert_eq!(unit.broken(), ["import"], "{missing}");
    }
}

#[tokio::test]
async fn an_invoice_executes_its_order() {
    let unit = Unit::open().await;
    let issued = unit.ask(INVOICE).await;
    assert!(
        issued.contains("<rdc:number>260100081</rdc:number>"),
        "{issued}"
    );
    let state = unit.emulator().state();
    let order = state["orders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == 813)
        .unwrap();
    assert_eq!(
        (&order["executed"], &order["delivered"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        order["items"][0]["delivered"],
        order["items"][0]["quantity"]
    );
    assert_eq!(order["links"][0]["agenda"], "issuedInvoice");
    assert_eq!(order["changed"], "2026-05-01T12:00:00");
    let refused = unit.ask(INVOICE).await;
    assert!(
        refused.contains("<inv:invoiceResponse version=\"2.0\" state=\"error\">"),
        "{refused}"
    );
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn a_print_gives_a_file_or_sends_it() {
    let unit = Unit::open().await;
    let printed = unit.ask(PRINT).await;
    let data = printed
        .split("code=\"base64\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert!(STANDARD.decode(data).unwrap().starts_with(b"%PDF"));
    let unknown = unit.ask(&PRINT.replace("<prn:id>5", "<prn:id>6")).await;
    assert!(
        unknown.contains("state=\"ok\"") && !unknown.contains("rdc:data"),
        "{unknown}"
    );
    let closed = unit.ask(&PRINT.replace("C:\\Windows\\Temp", "D:")).await;
    assert!(closed.contains("code=\"base64\"></rdc:data>"), "{closed}");
    let mail = "<prn:sendMail><prn:to><prn:email>&lt;EmailDokladu&gt;</prn:email></prn:to><prn:subject>Dobrý den</prn:subject>\
                <prn:body>Text</prn:body></prn:sendMail>";
    unit.ask(&PRINT.replace("<prn:binaryData>", &format!("{mail}<prn:binaryData>")))
        .await;
    assert_eq!(
        unit.emulator().state()["emails"],
        json!([{ "to": ["jana@example.com"], "subject": "Dobrý den", "body": "Text", "attachment": "a.pdf", "at": "2026-05-01T12:00:00" }])
    );
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_are_packed_where_the_client_asks_for_it() {
    let unit = Unit::open().await;
    let document = windows_1250(&pack(&by_filter("<ftr:id>812</ftr:id>")));
    let ask = |encoding: &'static str| {
        let request = unit
            .request(Method::POST, "/xml")
            .header("content-type", "text/xml");
        unit.send(
            request.header("accept-encoding", encoding),
            document.clone(),
        )
    };
    let plain = ask("identity").await;
    assert_eq!(plain.header("content-encoding"), None);
    let packed = ask("gzip, deflate").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    let packed = ask("deflate").await;
    assert_eq!(packed.header("content-encoding"), Some("deflate"));
    let mut unpacked = Vec::new();
    ZlibDecoder::new(&*packed.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&document).unwrap();
    let request = unit
        .request(Method::POST, "/xml")
        .header("content-type", "text/xml");
    let reply = unit
        .send(
            request.header("content-encoding", "gzip"),
            packer.finish().unwrap(),
        )
        .await;
    assert_eq!(reply.body, plain.body);
    unit.patch(json!({ "settings": { "compresses": false } }));
    assert_eq!(ask("gzip").await.header("content-encoding"), None);
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn one_request_after_the_other_is_processed_and_the_status_says_so() {
    let unit = Arc::new(Unit::open().await);
    let stuck = FaultRule::new(Fault::Silence {
        after_bytes: Some(0),
    });
    unit.emulator().fault(stuck.path("/xml")).unwrap();
    let post = || {
        let unit = Arc::clone(&unit);
        tokio::spawn(async move { unit.post(&pack(&by_filter("<ftr:id>812</ftr:id>"))).await })
    };
    let first = post();
    until(|| unit.emulator().log().len() == 1).await;
    let status = unit.send(unit.request(Method::GET, "/status"), "").await;
    let status = text(&status.body);
    assert!(
        status.contains("<status>working</status><processing>1</processing>"),
        "{status}"
    );
    let second = post();
    until(|| unit.emulator().counters().requests == 3).await;
    assert_eq!(unit.emulator().log().len(), 2, "the second one waits");
    first.abort();
    assert_eq!(second.await.unwrap().status, 200);
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn records_are_changed_by_their_ids() {
    let unit = Unit::open().await;
    unit.patch(json!({ "orders": { "812": { "executed": false }, "813": null }, "settings": { "year": "2027" } }));
    let state = unit.emulator().state();
    let ids: Vec<_> = state["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_i64().unwrap())
        .collect();
    assert!(!ids.contains(&813));
    assert_eq!(state["orders"][0]["executed"], false);
    assert_eq!(state["settings"]["year"], "2027");
    unit.emulator().reset();
    assert_eq!(unit.emulator().state()["settings"]["year"], "2026");
}

/// Amounts of the demo's lines add up to its summaries.
#[tokio::test]
async fn totals_are_the_sums_of_their_lines() {
    use rust_decimal::Decimal;
    let unit = Unit::open().await;
    let exact = |value: &Value| value.as_str().unwrap_or("0").parse::<Decimal>().unwrap();
    let state = unit.emulator().state();
    let records = ["orders", "invoices"].map(|name| state[name].as_array().unwrap().clone());
    for record in records.into_iter().flatten() {
        let items = record["items"].as_array().unwrap();
        let summary = &record["summary"];
        if items.is_empty() || summary.is_null() {
            continue;
        }
        for (rate, sum) in [
            ("high", &summary["high"]["sum"]),
            ("low", &summary["low"]["sum"]),
            ("none", &summary["none"]),
        ] {
            let own = items.iter().filter(|item| item["rate"] == rate);
            let lines: Decimal = own.map(|item| exact(&item["amounts"]["price_sum"])).sum();
            assert_eq!(lines, exact(sum), "{} {rate}", record["number"]);
        }
        let foreign = &summary["foreign"]["price_sum"];
        if !foreign.is_null() {
            let lines: Decimal = items
                .iter()
                .map(|item| exact(&item["foreign"]["price_sum"]))
                .sum();
            assert_eq!(lines, exact(foreign), "{}", record["number"]);
        }
    }
}
