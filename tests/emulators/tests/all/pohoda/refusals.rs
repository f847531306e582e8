//! Requests that the mServer refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use serde_json::json;

use super::client::{INVOICE, NEW, PRINT, Unit, by_filter, by_query, orders, pack, text};

#[tokio::test]
async fn wrong_requests_are_refused_by_status() {
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
        // Answered, and noted: clients that do so work with the real server.
        (
            Method::POST,
            "/xml",
            Some(("stw-check-duplicity", "true")),
            200,
            "header",
        ),
        (
            Method::POST,
            "/xml",
            Some(("content-type", "application/xml")),
            200,
            "content-type",
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
async fn a_login_is_required_and_checked() {
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
        (good.replace("Windows-1250", "UTF-16"), "", Some("encoding")),
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

#[tokio::test]
async fn requests_that_the_schemas_refuse_are_refused_and_change_nothing() {
    let update = "<ord:order version=\"2.0\"><ord:actionType><ord:update><ftr:filter><ftr:id>812</ftr:id></ftr:filter>\
                  </ord:update></ord:actionType></ord:order>";
    let with_header = |header: &str| NEW.replace("<ord:date>", &format!("{header}<ord:date>"));
    for operation in [
        update.to_owned(),
        // Elements in the wrong sequence.
        NEW.replace("<ord:orderHeader>", "<ord:orderDetail><ord:orderItem/></ord:orderDetail><ord:orderHeader>"),
        INVOICE.replace("<inv:links>", "<inv:invoiceHeader><inv:invoiceType>issuedInvoice</inv:invoiceType></inv:invoiceHeader><inv:links>"),
        orders("<lst:requestOrder/><lst:limit/>"),
        // Unknown elements, and known ones at the wrong place.
        with_header("<ord:state>x</ord:state>"),
        with_header("<ord:isDelivered>true</ord:isDelivered>"),
        with_header("<ord:storno>cancelledDocument</ord:storno>"),
        with_header("<typ:note>x</typ:note>"),
        by_filter("<ftr:numberOrder>N-1</ftr:numberOrder>"),
        by_filter("<ftr:dateTo>2026-01-01</ftr:dateTo>"),
        by_filter("<ftr:email>jana@example.com</ftr:email>"),
        // An element twice, and a missing one.
        with_header("<ord:text>a</ord:text><ord:text>b</ord:text>"),
        orders(""),
        String::new(),
        format!("{NEW}{NEW}"),
        // Invalid values.
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
async fn documented_but_not_emulated_requests_are_refused_as_such() {
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
async fn a_prolog_in_single_quotes_is_the_same_prolog() {
    let unit = Unit::open().await;
    let document = pack(&by_filter("<ftr:id>812</ftr:id>"));
    for prolog in [
        "<?xml version='1.0' encoding='Windows-1250'?>",
        "<?xml version='1.0' encoding = \"windows-1250\" ?>",
    ] {
        let (_, rest) = document.split_once("?>").unwrap();
        let reply = unit.post(&format!("{prolog}{rest}")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(unit.broken(), Vec::<String>::new(), "{prolog}");
    }
    let utf8 = document.replace("Windows-1250", "UTF-8");
    let reply = unit.post(&utf8).await;
    assert!(String::from_utf8_lossy(&reply.body).contains("26OP00042"));
    assert_eq!(unit.broken(), ["encoding"]);
}

#[tokio::test]
async fn an_amount_that_is_too_large_is_an_error_and_not_the_end_of_the_server() {
    for (quantity, price) in [
        ("99999999999", "79228162514264337593"),
        ("1", "79228162514264337593543950335"),
    ] {
        let unit = Unit::open().await;
        let order = format!(
            "<ord:order version=\"2.0\"><ord:orderHeader><ord:orderType>receivedOrder</ord:orderType>\
             <ord:date>2026-03-01</ord:date><ord:partnerIdentity><typ:address><typ:name>N</typ:name></typ:address>\
             </ord:partnerIdentity></ord:orderHeader><ord:orderDetail><ord:orderItem><ord:quantity>{quantity}</ord:quantity>\
             <ord:payVAT>false</ord:payVAT><ord:rateVAT>high</ord:rateVAT><ord:homeCurrency>\
             <typ:unitPrice>{price}</typ:unitPrice></ord:homeCurrency></ord:orderItem></ord:orderDetail></ord:order>"
        );
        let answer = unit.ask(&order).await;
        assert!(
            answer.contains("<ord:orderResponse version=\"2.0\" state=\"error\""),
            "{answer}"
        );
        assert_eq!(unit.broken(), ["import"]);
    }
}

#[tokio::test]
async fn an_invoice_may_name_the_partner_and_what_else_is_valid_is_not_called_a_violation_of_the_schema()
 {
    let unit = Unit::open().await;
    let invoice = |more: &str| {
        INVOICE.replace(
            "</inv:invoiceHeader>",
            &format!("{more}</inv:invoiceHeader>"),
        )
    };
    let partner = "<inv:partnerIdentity><typ:address><typ:name>N</typ:name></typ:address></inv:partnerIdentity>";
    let answer = unit.ask(&invoice(partner)).await;
    assert!(answer.contains("rdc:producedDetails"), "{answer}");
    assert_eq!(unit.broken(), Vec::<String>::new());
    unit.ask(&invoice("<inv:symVar>1</inv:symVar>")).await;
    assert_eq!(unit.broken(), ["not-emulated"]);
}
