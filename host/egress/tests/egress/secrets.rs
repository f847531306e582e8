//! Secrets are in no log, no error and no `Debug`, at any level.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use krabice_egress::{EgressError, Network, Request};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

/// Captures the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// All forms of the credential.
fn forms() -> Vec<String> {
    vec![
        KEY.to_owned(),
        KEY.replace('-', "%2D"),
        STANDARD.encode(KEY).trim_end_matches('=').to_owned(),
        STANDARD
            .encode(format!("12345678:{KEY}"))
            .trim_end_matches('=')
            .to_owned(),
        "a-fresh-token".to_owned(),
    ]
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a flat list of cases")]
async fn nothing_logged_and_no_error_has_a_credential() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut said = String::new();
    let mut signatures = Vec::new();
    for authorisation in [basic(), header(), query(), hmac(), secret_path(), login()] {
        let server = Server::start(|asked| {
            let echo = format!("{asked:?} {}", String::from_utf8_lossy(&asked.body));
            match (
                asked.target.as_str(),
                asked
                    .target
                    .split('?')
                    .next()
                    .and_then(|path| path.rsplit('/').next())
                    .unwrap(),
            ) {
                ("/api/auth", _) => vec![Action::Send(ok(
                    json!({ "data": { "token": "a-fresh-token" } }).to_string(),
                ))],
                (_, "echo") => vec![Action::Send(answer(
                    "500 Oh",
                    &[("x-echo", &echo.replace(['\r', '\n'], " "))],
                    &echo,
                ))],
                (_, "reset") => vec![Action::Send(b"HTTP/1.1 2".to_vec()), Action::Reset],
                (_, "nonsense") => vec![
                    Action::Send(format!("{echo}\r\n\r\n").into_bytes()),
                    Action::Close,
                ],
                (_, "half") => vec![
                    Action::Send(answer("200 OK", &[], &echo)[..80].to_vec()),
                    Action::Reset,
                ],
                (_, "redirect") => vec![Action::Send(answer(
                    "302 Found",
                    &[("location", &format!("/login?{echo}").replace(' ', "+"))],
                    "",
                ))],
                (_, "private") => vec![Action::Send(answer(
                    "302 Found",
                    &[("location", &format!("http://10.0.0.1/{KEY}"))],
                    "",
                ))],
                (_, "unauthorised") => vec![Action::Send(answer(
                    "401 No",
                    &[("www-authenticate", KEY)],
                    &echo,
                ))],
                _ => vec![Action::Send(ok(echo))],
            }
        })
        .await;
        let outlet = outlet_for(&server, authorisation, &[], "");
        said.push_str(&format!("{outlet:?}"));
        for url in [
            "orders",
            "echo",
            "reset",
            "nonsense",
            "half",
            "redirect",
            "private",
            "unauthorised",
            "https://evil.com",
            "../x",
        ] {
            let mut request = Request::new(Method::POST, url);
            if url == "redirect" || url == "private" {
                request.method = Method::GET;
            }
            let scope = reads();
            match outlet.send(&scope, request).await {
                Ok(response) => said.push_str(&format!(
                    "{:?} {}",
                    response.headers,
                    String::from_utf8_lossy(&response.body)
                )),
                Err(error) => said.push_str(&words(&error)),
            }
            said.push_str(&format!("{scope:?}"));
        }
        for asked in server.requests() {
            let signed = asked.header("x-signature");
            signatures.extend(signed.iter().map(|value| value.replace("sha256=", "")));
        }
    }
    assert!(!signatures.is_empty());
    let refused = Server::answering(answer("401 No", &[], KEY)).await;
    let error = get(&outlet_for(&refused, login(), &[], ""), "orders")
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Unauthorised { .. }));
    said.push_str(&words(&error));
    said.push_str(&format!("{:?}", connection("https://shop.example.com", "")));
    let logged = log.text();
    for form in forms().into_iter().chain(signatures) {
        for (what, text) in [("log", &logged), ("errors, answers and Debug", &said)] {
            let at = text.find(&form);
            assert!(
                at.is_none(),
                "{form} in {what}: {}",
                &text[at.unwrap().saturating_sub(200)..]
            );
        }
    }
    // The capture works, and the log has the expected events.
    for expected in [
        "outbound request plugin=\"shopper\" function=\"load-order\" connection=\"shop\" method=POST host=127.0.0.1",
        "status=200",
        "attempt=3",
        "reused=true",
        "outbound request refused",
        "rule=\"egress::forbidden-host\"",
        "an answer repeated a credential of the connection; it was masked",
    ] {
        assert!(
            logged.contains(expected),
            "{expected} is missing in\n{logged}"
        );
    }
    assert!(said.contains("•••"));
}

#[tokio::test]
async fn path_and_query_are_in_no_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::answering(ok("")).await;
    get(
        &outlet(&server, ""),
        "customers/petra@example.cz?email=petra@example.cz",
    )
    .await
    .unwrap();
    assert!(log.text().contains("outbound request"));
    assert!(!log.text().contains("petra"), "{}", log.text());
}

#[tokio::test]
async fn a_name_that_changes_its_address_changes_nothing() {
    let secret = Server::answering(ok("secret")).await;
    let port = secret.address.port();
    // Public on the first look-up, private on all later ones.
    let names = Names::default().with(
        "shop.test",
        &[&["93.184.215.14"], &["127.0.0.1"], &["169.254.169.254"]],
    );
    let network = Network::builder().resolver(names.clone());
    let more = super::shop::network("retries = 0\nconnect-timeout = \"50ms\"");
    let outlet = outlet_by(
        network,
        &format!("http://shop.test:{port}/api"),
        // An address with `http` and a credential must be allowed.
        serde_json::json!("none"),
        &[],
        &more,
    );
    let mut rules = Vec::new();
    for _ in 0..4 {
        let error = get(&outlet, "orders").await.unwrap_err();
        rules.push(error.refusal().map(|refusal| refusal.rule.code()));
        assert!(!words(&error).contains(KEY));
    }
    assert_eq!(rules[1..], [Some("egress::forbidden-address"); 3]);
    assert_eq!(
        names.asked().len(),
        4,
        "each connection asks once and connects to what it checked"
    );
    assert_eq!(secret.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_passed_are_used() {
    let server = Server::answering(ok("fine")).await;
    let port = server.address.port();
    let host = format!("http://shop.test:{port}");
    let addresses: &[&str] = &["169.254.169.254", "0.0.0.0", "127.0.0.1"];
    let network = Network::builder().resolver(Names::default().with("shop.test", &[addresses]));
    let outlet = outlet_by(
        network,
        &host,
        basic(),
        &[],
        &super::shop::network(&format!("allow = [\"{host}\"]")),
    );
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "fine");
    assert_eq!(
        server.requests()[0].header("host"),
        [format!("shop.test:{port}")]
    );
}

#[tokio::test]
async fn a_private_name_says_what_the_operator_can_do() {
    let network =
        Network::builder().resolver(Names::default().with("pohoda.firma.cz", &[&["10.0.0.5"]]));
    let outlet = outlet_by(network, "https://pohoda.firma.cz:444", basic(), &[], "");
    let error = get(&outlet, "orders").await.unwrap_err();
    insta::assert_snapshot!(error, @"`https://pohoda.firma.cz:444` has the private address 10.0.0.5; if that is intended, add `allow = [\"https://pohoda.firma.cz:444\"]` under `network` of the connection");
}

#[tokio::test]
async fn a_name_without_address_is_unavailable() {
    let names = Names::default().with("empty.test", &[&[]]);
    for host in ["empty.test", "unknown.test"] {
        let network = Network::builder().resolver(names.clone());
        let outlet = outlet_by(network, &format!("https://{host}"), basic(), &[], "");
        let error = get(&outlet, "orders").await.unwrap_err();
        assert!(
            matches!(error, EgressError::Unavailable { .. }),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            format!("`https://{host}` cannot be resolved")
        );
    }
}
