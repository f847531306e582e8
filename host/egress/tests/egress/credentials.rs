//! Credentials: added to requests to the own address, refused from the plugin, masked in
//! answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method};
use krabice_egress::{Network, Request, Rule};
use serde_json::json;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

/// Many back ends show the key with its prefix, and operators copy both.
#[tokio::test]
async fn a_prefix_that_was_entered_with_the_key_is_sent_once() {
    let start = &KEY[..9];
    let twice = json!({ "header": { "name": "Authorization", "prefix": start, "setting": "key" } });
    let server = Server::answering(ok("")).await;
    get(&outlet_for(&server, twice, &[], ""), "orders")
        .await
        .unwrap();
    assert_eq!(server.requests()[0].header("authorization"), [KEY]);
}

fn token() -> String {
    STANDARD.encode(format!("12345678:{KEY}"))
}

#[tokio::test]
async fn each_scheme_puts_the_credential_where_the_manifest_says() {
    let own_basic =
        json!({ "basic": { "header": "X-Shop-Auth", "username": "login", "password": "key" } });
    let bearer =
        json!({ "header": { "name": "Authorization", "prefix": "Bearer ", "setting": "key" } });
    for (authorisation, header, value) in [
        (basic(), "authorization", format!("Basic {}", token())),
        (own_basic, "x-shop-auth", format!("Basic {}", token())),
        (super::shop::header(), "x-api-key", KEY.to_owned()),
        (bearer, "authorization", format!("Bearer {KEY}")),
    ] {
        let server = Server::answering(ok("")).await;
        get(&outlet_for(&server, authorisation, &[], ""), "orders")
            .await
            .unwrap();
        assert_eq!(server.requests()[0].header(header), [value]);
    }
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, query(), &[], "");
    for (url, sent) in [
        ("orders", "/api/orders?"),
        ("orders?a=b", "/api/orders?a=b&"),
        ("", "/api?"),
    ] {
        get(&outlet, url).await.unwrap();
        let target = server.requests().last().unwrap().target.clone();
        assert_eq!(target, format!("{sent}key={}", KEY.replace('-', "%2D")));
    }
    let server = Server::answering(ok("")).await;
    get(&outlet_for(&server, json!("none"), &[], ""), "orders")
        .await
        .unwrap();
    assert!(!format!("{:?}", server.requests()).contains(KEY));
}

#[tokio::test]
async fn a_plugin_sets_neither_the_credential_nor_what_belongs_to_the_transport() {
    let refused = [
        "authorization",
        "Authorization",
        "X-API-Key",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "proxy-anything",
        "expect",
        "http2-settings",
        // The same names for a server that knows them by variables.
        "x_api_key",
        "X.Api~Key",
        "content_length",
        "Transfer_Encoding",
        // Another method.
        "X-HTTP-Method-Override",
        "x-http-method",
        "X-Method-Override",
        "X_HTTP_Method_Override",
        "X-Original-Method",
        "X-Forwarded-Method",
        // Another path.
        "X-Original-URL",
        "X-Rewrite-URL",
        "x_rewrite_url",
        "X-Original-URI",
        "X-Envoy-Original-Path",
        "X-WAWS-Unencoded-URL",
        "X-Script-Name",
        "X-Forwarded-Prefix",
        "X-Forwarded-Path",
        "X-Forwarded-Uri",
        // Another host.
        "Forwarded",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Forwarded-For",
        "X-Original-Host",
    ];
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, header(), &["https://files.example.com"], "");
    for url in ["orders", "https://files.example.com/a"] {
        for name in refused {
            let name = HeaderName::try_from(name).unwrap();
            assert!(outlet.refuses_header(&name), "{name}");
            let mut request = Request::get(url);
            request
                .headers
                .insert(name.clone(), HeaderValue::from_static("x"));
            let scope = reads();
            let error = outlet.send(&scope, request).await.unwrap_err();
            assert_eq!(error.refusal().unwrap().rule, Rule::Header, "{name}");
            assert!(scope.refusal().is_some());
        }
    }
    for name in [
        "accept",
        "content-type",
        "x-own",
        "cookie",
        "user-agent",
        "if-none-match",
        "x-request-id",
        "x-method",
        "x_own",
        "origin",
        "referer",
    ] {
        assert!(
            !outlet.refuses_header(&HeaderName::from_static(name)),
            "{name}"
        );
    }
    let none = outlet_for(&server, json!("none"), &[], "");
    assert!(none.refuses_header(&HeaderName::from_static("authorization")));
    assert!(!none.refuses_header(&HeaderName::from_static("x-api-key")));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_plugin_does_not_set_the_parameter_of_the_credential() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, query(), &[], "");
    for url in [
        "orders?key=mine",
        "orders?a=b&key=mine",
        "orders?key",
        "orders?%6bey=mine",
        "orders?k%65y=mine",
        "orders?key%00x=mine",
    ] {
        let error = get(&outlet, url).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Header, "{url}");
    }
    get(&outlet, "orders?monkey=1").await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_plugin_does_not_set_the_method_by_a_parameter() {
    let server = Server::answering(ok("")).await;
    let other = format!("http://{}", server.address);
    let allowed = network(&format!("allow = [\"{other}\"]"));
    let outlet = outlet_for(&server, header(), &[&other], &allowed);
    let absolute = format!("{other}/elsewhere?_method=DELETE");
    for url in [
        "orders?_method=DELETE",
        "orders?a=b&_METHOD=delete",
        "orders?a=b;_method=DELETE",
        "orders?%5fmethod=DELETE",
        "orders?+_method=DELETE",
        "orders?.method=DELETE",
        "orders?_method%00x=DELETE",
        "orders?%20.method%00%00=DELETE",
        "orders?_method_override=DELETE",
        "orders?X-HTTP-Method-Override=DELETE",
        &absolute,
    ] {
        let error = get(&outlet, url).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Method, "{url}");
    }
    for url in [
        "orders?method=card",
        "orders?payment_method=card",
        "orders?q=_method",
    ] {
        get(&outlet, url).await.unwrap();
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_credential_goes_to_no_other_host_and_no_other_path() {
    let server = Server::answering(ok("")).await;
    let port = server.address.port();
    let other = format!("http://other.test:{port}");
    let same = format!("http://127.0.0.1:{port}");
    let names = Names::default().with("other.test", &[&["127.0.0.1"]]);
    for authorisation in [basic(), header(), query(), hmac(), secret_path()] {
        let outlet = outlet_by(
            Network::builder().resolver(names.clone()),
            &format!("{same}/api"),
            authorisation,
            // The manifest also names the connection's own host.
            &[&other, &same],
            &network(&format!("allow = [\"{other}\"]")),
        );
        for url in [
            format!("{other}/api/orders"),
            format!("{same}/elsewhere"),
            format!("{same}/apis"),
        ] {
            get(&outlet, &url).await.unwrap();
        }
    }
    assert_eq!(server.requests().len(), 15);
    for asked in server.requests() {
        for name in ["authorization", "x-api-key", "x-signature", "x-timestamp"] {
            assert!(asked.header(name).is_empty(), "{asked:?}");
        }
        assert!(!asked.target.contains("key="), "{asked:?}");
        assert!(!asked.target.contains(KEY), "{asked:?}");
    }
}

#[tokio::test]
async fn what_a_back_end_repeats_of_a_credential_is_masked() {
    let quoted = KEY.replace('-', "%2D");
    for (authorisation, echo) in [
        (basic(), format!("you are {KEY}!")),
        (basic(), format!("header: Basic {}", token())),
        (
            basic(),
            format!("{{\"key\":\"{KEY}\",\"again\":\"{KEY}\"}}"),
        ),
        (header(), format!("<p>{KEY}</p>")),
        (query(), format!("GET /api/orders?key={quoted}")),
        (header(), STANDARD.encode(KEY)),
        // At the end of a long body.
        (basic(), format!("{}{KEY}", "x".repeat(2_000_000))),
    ] {
        let steps = answer(
            "200 OK",
            &[
                ("x-echo", &echo[echo.len().saturating_sub(60)..]),
                ("location", "/x"),
            ],
            &echo,
        );
        let server = Server::answering(steps).await;
        let response = get(&outlet_for(&server, authorisation, &[], ""), "orders")
            .await
            .unwrap();
        let body = text(&response);
        let header = String::from_utf8_lossy(response.headers["x-echo"].as_bytes()).into_owned();
        for seen in [&body, &header] {
            for form in [
                KEY,
                &token(),
                &quoted,
                STANDARD.encode(KEY).trim_end_matches('='),
            ] {
                assert!(
                    !seen.contains(form),
                    "{form} in {}",
                    &seen[..seen.len().min(100)]
                );
            }
            assert!(seen.contains("•••"));
        }
    }
}

#[tokio::test]
async fn what_is_no_secret_is_left_alone() {
    let body = "login 12345678, kanarek, 8842: �";
    let server = Server::answering(ok(body)).await;
    assert_eq!(
        text(&get(&outlet(&server, ""), "orders").await.unwrap()),
        body
    );
}

#[tokio::test]
async fn an_answer_of_another_host_is_not_searched() {
    // Another host cannot know the secret, so the same text there is not masked.
    let other = Server::answering(ok(KEY)).await;
    let server = Server::answering(ok("")).await;
    let host = format!("http://{}", other.address);
    let outlet = outlet_for(
        &server,
        basic(),
        &[&host],
        &network(&format!("allow = [\"{host}\"]")),
    );
    assert_eq!(text(&get(&outlet, &format!("{host}/")).await.unwrap()), KEY);
}

#[tokio::test]
async fn settings_that_are_not_secret_are_the_plugins_to_read() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet(&server, "");
    let settings = outlet.public_settings();
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["address", "login"]);
    assert_eq!(settings["login"], "12345678".into());
    assert!(!format!("{settings:?}{outlet:?}").contains(KEY));
}

#[tokio::test]
async fn each_attempt_carries_the_credential_once() {
    let server = Server::start(|asked| {
        if asked.nth < 2 {
            vec![Action::Reset]
        } else {
            vec![Action::Send(ok(""))]
        }
    })
    .await;
    let outlet = outlet(&server, "");
    outlet
        .send(&reads(), Request::new(Method::GET, "orders"))
        .await
        .unwrap();
    for asked in server.requests() {
        assert_eq!(
            asked.header("authorization"),
            [format!("Basic {}", token())]
        );
    }
    assert_eq!(server.requests().len(), 3);
}
