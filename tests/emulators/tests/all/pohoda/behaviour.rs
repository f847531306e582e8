//! The mServer's answers to correct requests.

use std::io::{Read, Write};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use http::{Method, Request};
use krabice_emulators::{Fault, FaultRule};
use serde_json::{Value, json};

use crate::client::until;

use super::client::{
    INVOICE, NEW, PRINT, Unit, by_filter, by_query, ids, orders, pack, text, windows_1250,
};

#[tokio::test]
async fn its_status_has_the_documented_form() {
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
    let of_system = by_filter("<ftr:id>812</ftr:id>");
    let of_system = of_system.replace("orderType=", "extSystem=\"my-eshop\" orderType=");
    assert!(
        unit.ask(&of_system)
            .await
            .contains("<ord:extId><typ:ids>5501</typ:ids>")
    );
    assert_eq!(unit.broken(), Vec::<String>::new());
}

#[tokio::test]
async fn an_import_with_the_same_ids_is_accepted_once() {
    let unit = Unit::open().await;
    let first = unit.import("batch", "N-1", NEW).await;
    assert!(first.contains("<rdc:producedDetails><rdc:id>834</rdc:id><rdc:number>26OP00064</rdc:number><rdc:actionType>add"), "{first}");
    let again = unit.import("batch", "N-1", NEW).await;
    assert!(again.contains("<rsp:recordDuplicity><rsp:agendaType>prijate_objednavky</rsp:agendaType><rsp:dateCreate>2026-05-01</rsp:dateCreate><rsp:id>834</rsp:id><rsp:number>26OP00064"), "{again}");
    let delete = "<ord:order version=\"2.0\"><ord:actionType><ord:delete><ftr:filter agenda=\"prijate_objednavky\"><ftr:id>834</ftr:id>\
                  </ftr:filter></ord:delete></ord:actionType></ord:order>";
    assert!(unit.ask(delete).await.contains("<rdc:actionType>delete"));
    let deleted = unit.import("batch", "N-1", NEW).await;
    assert!(
        deleted.contains("recordDuplicity") && !deleted.contains("<rsp:id>"),
        "{deleted}"
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
async fn bodies_are_compressed_if_the_client_asks_for_it() {
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
async fn requests_are_processed_one_at_a_time_and_the_status_shows_it() {
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

/// The amounts of the demo data's lines add up to their summaries.
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
