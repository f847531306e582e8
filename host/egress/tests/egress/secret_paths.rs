//! A secret end of the address: put between the address and the plugin's path, masked in
//! answers, and in no record and no redirect.

use std::sync::{Arc, Mutex};

use http::Method;
use krabice_egress::{Network, Prepared, Request, RequestObserver, Response, check_connection};

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

/// A secret of several parts, one of them long.
const PARTS: &str = "T0182/B0777/kanarek-8842-tajny-klic";

fn outlet_with(
    key: &'static str,
    prefix: &str,
    address: &str,
    network: Network,
) -> Arc<krabice_egress::Outlet> {
    let mut authorisation = secret_path();
    authorisation["secret-path"]["prefix"] = prefix.into();
    let connection = connection_with(key, address, "");
    network
        .outlet(&manifest(authorisation, &[]), Some(&connection))
        .unwrap()
}

#[tokio::test]
async fn the_secret_stands_between_the_address_and_the_path() {
    let server = Server::answering(ok("")).await;
    let origin = format!("http://{}", server.address);
    for (base, prefix, key, url, sent) in [
        ("/services", "", PARTS, "", format!("/services/{PARTS}")),
        ("/services/", "", PARTS, "/", format!("/services/{PARTS}")),
        (
            "/services",
            "",
            PARTS,
            "a/b?c=d",
            format!("/services/{PARTS}/a/b?c=d"),
        ),
        (
            "/services",
            "",
            PARTS,
            "?c=d",
            format!("/services/{PARTS}?c=d"),
        ),
        (
            "",
            "bot",
            KEY,
            "sendMessage",
            format!("/bot{KEY}/sendMessage"),
        ),
        ("", "bot", KEY, "", format!("/bot{KEY}")),
        ("", "bot", KEY, "?a=b", format!("/bot{KEY}?a=b")),
        (
            "/api",
            "",
            "/123:aB-c_d~e.f!$&'()*+,;=@%20/",
            "x",
            "/api/123:aB-c_d~e.f!$&'()*+,;=@%20/x".to_owned(),
        ),
    ] {
        let outlet = outlet_with(
            key,
            prefix,
            &format!("{origin}{base}"),
            Network::builder().build(),
        );
        get(&outlet, url).await.unwrap();
        // The same as an address in full.
        let absolute = format!(
            "{origin}{}/{}",
            base.trim_end_matches('/'),
            url.trim_start_matches('/')
        );
        let scope = reads();
        outlet.send(&scope, Request::get(&absolute)).await.unwrap();
        let requests = server.requests();
        let [.., relative, absolute] = &requests[..] else {
            panic!()
        };
        assert_eq!(relative.target, sent);
        assert!(
            absolute.target.replace("/?", "?").trim_end_matches('/') == sent,
            "{}",
            absolute.target
        );
        assert!(!scope.exchanges()[0].path.contains(key.trim_matches('/')));
    }
}

#[test]
fn a_secret_that_is_no_end_of_an_address_is_reported() {
    let manifest = manifest(secret_path(), &[]);
    for bad in [
        "/",
        "//",
        "tajny klic",
        "tajny/../klic",
        "tajny/%2e%2e/klic",
        "tajny/..;a/klic",
        "tajny/%c0%ae%c0%ae",
        "tajny//klic",
        "tajny?klic",
        "tajny#klic",
        "tajny\\klic",
        "tajny\nklic",
        "tajný",
        "tajny%2",
        "tajny%zz",
        "https://hooks.example.com/tajny",
    ] {
        let connection = connection_with(bad, "https://hooks.example.com", "");
        let problems = check_connection(&manifest, &connection);
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["connections::unusable-secret"], "{bad:?}");
        assert!(!format!("{problems:?}").contains("tajn"), "{problems:?}");
    }
    for good in [KEY, PARTS, "/a/b/", "1:a%2Fb"] {
        let connection = connection_with(good, "https://hooks.example.com", "");
        assert_eq!(check_connection(&manifest, &connection), [], "{good:?}");
    }
}

/// What an observer sees.
#[derive(Default)]
struct Observed(Mutex<String>);

impl RequestObserver for Observed {
    fn exchanged(&self, request: &Prepared, answer: Response) {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let line = format!(
            "{} {request:?} {:?} {body}\n",
            request.url(),
            answer.headers
        );
        self.0.lock().unwrap().push_str(&line);
    }

    fn sending(&self, request: &Prepared) {
        let line = format!("{} {request:?}\n", request.path());
        self.0.lock().unwrap().push_str(&line);
    }
}

#[tokio::test]
async fn the_secret_is_masked_wherever_it_comes_back() {
    let server = Server::start(|asked| {
        let echo = asked.target.clone();
        let encoded = echo.replace('/', "%2F");
        let escaped = echo.replace('/', "\\/");
        let long = echo
            .split('/')
            .find(|part| part.len() > 20)
            .unwrap()
            .to_owned();
        let body = format!("{echo} {encoded} {escaped} {long}");
        vec![Action::Send(answer("404 No", &[("x-echo", &echo)], &body))]
    })
    .await;
    let observed = Arc::new(Observed::default());
    let network = Network::builder()
        .observer(Arc::clone(&observed) as _)
        .build();
    let address = format!("http://{}/api", server.address);
    let outlet = outlet_with(PARTS, "", &address, network);
    let scope = reads();
    let response = outlet.send(&scope, Request::get("orders")).await.unwrap();
    let seen = format!(
        "{} {:?} {scope:?} {outlet:?} {}",
        text(&response),
        response.headers,
        observed.0.lock().unwrap()
    );
    assert!(server.requests()[0].target.contains(PARTS));
    for part in ["kanarek", "B0777"] {
        assert!(!seen.contains(part), "{seen}");
    }
    assert!(text(&response).starts_with("/api/•••/orders"));
    assert_eq!(scope.exchanges()[0].path, "/api/orders");
    assert!(seen.contains(&format!("http://{}/api/orders", server.address)));
}

#[tokio::test]
async fn a_redirect_carries_no_secret() {
    let other = Server::answering(ok("file")).await;
    let host = format!("http://{}", other.address);
    let to = host.clone();
    let server = Server::start(move |asked| {
        let location = match asked.target.rsplit('/').next().unwrap() {
            "slash" => format!("{}/", asked.target),
            "below" => "/api/elsewhere".to_owned(),
            "other" => format!("{to}{}", asked.target),
            _ => format!("{to}/file"),
        };
        let location = [("location", location.as_str())];
        vec![Action::Send(answer("307 Moved", &location, ""))]
    })
    .await;
    let allowed = network(&format!("allow = [\"{host}\"]"));
    let outlet = outlet_for(&server, secret_path(), &[&host], &allowed);
    for (url, location) in [
        ("slash", "/api/bot•••/slash/".to_owned()),
        ("below", "/api/elsewhere".to_owned()),
        ("other", format!("{host}/api/bot•••/other")),
    ] {
        let response = get(&outlet, url).await.unwrap();
        assert_eq!(response.status, 307, "{url}");
        let read = String::from_utf8_lossy(response.headers["location"].as_bytes());
        assert_eq!(read, location);
    }
    assert!(other.requests().is_empty());
    // Another host is followed as usual, and learns nothing.
    let response = get(&outlet, "file").await.unwrap();
    assert_eq!(text(&response), "file");
    assert_eq!(other.lines(), ["GET /file"]);
    assert_eq!(server.requests().len(), 4);
    // A body is not sent again in any case.
    let mut request = Request::new(Method::POST, "file");
    request.body = Some("x".into());
    let response = outlet.send(&reads(), request).await.unwrap();
    assert_eq!(response.status, 307);
}

/// The address that is refused is the plugin's, which never has the secret.
#[tokio::test]
async fn the_rules_judge_the_path_before_the_secret_is_put_in() {
    let server = Server::answering(ok("")).await;
    let outlet = outlet_for(&server, secret_path(), &[], "");
    for url in ["..", "../x", "%2e%2e/x", &format!("../bot{KEY}/x")] {
        let error = get(&outlet, url).await.unwrap_err();
        assert_eq!(
            error.refusal().unwrap().rule.code(),
            "egress::forbidden-path"
        );
        assert!(!words(&error).contains(KEY));
    }
    assert!(server.requests().is_empty());
}
