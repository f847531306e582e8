//! Redirects: each step under all rules.

use bytes::Bytes;
use http::Method;
use krabice_egress::{EgressError, Network, Request, Rule};

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

fn moved(status: &str, location: &str) -> Vec<u8> {
    answer(status, &[("location", location)], "moved")
}

/// A server that answers `/api/from` with a redirect and everything else with
/// its name.
async fn redirecting(status: &'static str, location: String) -> Server {
    Server::start(move |asked| {
        let bytes = if asked.target.starts_with("/api/from") {
            moved(status, &location)
        } else {
            ok(&asked.target)
        };
        vec![Action::Send(bytes)]
    })
    .await
}

#[tokio::test]
async fn a_redirect_below_the_address_is_followed_with_the_credential() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        for method in [Method::GET, Method::HEAD] {
            let server = redirecting(status, "/api/to?x=1".to_owned()).await;
            let response = outlet(&server, "")
                .send(&reads(), Request::new(method.clone(), "from"))
                .await
                .unwrap();
            assert_eq!(response.status, 200, "{status}");
            assert_eq!(
                server.lines(),
                [
                    format!("{method} /api/from"),
                    format!("{method} /api/to?x=1")
                ]
            );
            let sent: Vec<_> = server
                .requests()
                .iter()
                .map(|asked| asked.header("authorization").len())
                .collect();
            assert_eq!(sent, [1, 1]);
        }
    }
}

#[tokio::test]
async fn other_methods_and_bodies_get_the_redirect_itself() {
    for (method, body) in [
        (Method::POST, None),
        (Method::PUT, Some("x")),
        (Method::DELETE, None),
        (Method::GET, Some("x")),
    ] {
        let server = redirecting("307 Temporary", "/api/to".to_owned()).await;
        let mut request = Request::new(method, "from");
        request.body = body.map(Bytes::from);
        let response = outlet(&server, "").send(&reads(), request).await.unwrap();
        assert_eq!(response.status, 307);
        assert_eq!(response.headers["location"], "/api/to");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn another_host_gets_no_credential() {
    let other = Server::answering(ok("file")).await;
    let host = format!("http://files.test:{}", other.address.port());
    let server = redirecting("302 Found", format!("{host}/a.pdf")).await;
    let names = Names::default().with("files.test", &[&["127.0.0.1"]]);
    for authorisation in [basic(), header(), query()] {
        let outlet = outlet_by(
            Network::builder().resolver(names.clone()),
            &format!("http://{}/api", server.address),
            authorisation,
            &[&host],
            &network(&format!("allow = [\"{host}\"]")),
        );
        let response = get(&outlet, "from").await.unwrap();
        assert_eq!(text(&response), "file");
    }
    assert_eq!(server.requests().len(), 3);
    for asked in other.requests() {
        assert_eq!(asked.target, "/a.pdf");
        assert!(!format!("{asked:?}").contains(KEY));
        assert!(
            asked.header("authorization").is_empty() && asked.header("x-api-key").is_empty(),
            "{asked:?}"
        );
        assert_eq!(asked.header("host"), [host.trim_start_matches("http://")]);
    }
    assert_eq!(other.requests().len(), 3);
}

#[tokio::test]
async fn a_query_credential_that_comes_back_goes_to_no_other_host() {
    let other = Server::answering(ok("file")).await;
    let host = format!("http://files.test:{}", other.address.port());
    let to = host.clone();
    let server = Server::start(move |asked| {
        let (_, query) = asked.target.split_once('?').unwrap();
        vec![Action::Send(moved("301 Moved", &format!("{to}/a?{query}")))]
    })
    .await;
    let outlet = outlet_by(
        Network::builder().resolver(Names::default().with("files.test", &[&["127.0.0.1"]])),
        &format!("http://{}/api", server.address),
        query(),
        &[&host],
        &network(&format!("allow = [\"{host}\"]")),
    );
    get(&outlet, "from?page=2").await.unwrap();
    assert_eq!(other.requests()[0].target, "/a?page=2");
}

#[tokio::test]
async fn a_redirect_elsewhere_is_the_plugins_to_read() {
    // A shop that moved answers with 301, and the operator must learn of it.
    for location in [
        "https://shop2.example.com/api/v2",
        "/login",
        "https://evil.com/",
        "mailto:a@b.cz",
    ] {
        let server = redirecting("301 Moved", location.to_owned()).await;
        let scope = reads();
        let response = outlet(&server, "")
            .send(&scope, Request::get("from"))
            .await
            .unwrap();
        assert_eq!(response.status, 301);
        assert_eq!(response.headers["location"], location);
        assert_eq!(text(&response), "moved");
        assert!(scope.refusal().is_none());
    }
    let server = Server::answering(answer("301 Moved", &[], "{\"api_url\":\"https://x\"}")).await;
    assert_eq!(get(&outlet(&server, ""), "from").await.unwrap().status, 301);
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_forbidden() {
    let secret = Server::answering(ok("secret")).await;
    for location in [
        "http://169.254.169.254/latest/meta-data/iam/".to_owned(),
        format!("http://{}/", secret.address),
        format!("http://localhost:{}/", secret.address.port()),
        "http://10.0.0.1/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        let server = redirecting("302 Found", location.clone()).await;
        let scope = reads();
        let error = outlet(&server, "")
            .send(&scope, Request::get("from"))
            .await
            .unwrap_err();
        assert_eq!(error.refusal().unwrap().rule, Rule::Address, "{location}");
        assert!(scope.refusal().is_some());
    }
    assert_eq!(secret.connections(), 0);
}

#[tokio::test]
async fn an_allowed_name_that_leads_into_a_private_network_is_forbidden() {
    let secret = Server::answering(ok("secret")).await;
    let host = format!("http://files.test:{}", secret.address.port());
    let server = redirecting("302 Found", format!("{host}/a")).await;
    let names = Names::default().with("files.test", &[&["127.0.0.1"]]);
    let network = Network::builder().resolver(names);
    let outlet = outlet_by(
        network,
        &format!("http://{}/api", server.address),
        basic(),
        &[&host],
        "",
    );
    let error = get(&outlet, "from").await.unwrap_err();
    assert_eq!(error.refusal().unwrap().rule, Rule::Address);
    assert_eq!(secret.connections(), 0);
}

#[tokio::test]
async fn the_number_of_redirects_is_limited() {
    for (more, requests) in [("", 4), ("redirects = 0", 1), ("redirects = 1", 2)] {
        let server = redirecting("302 Found", "/api/from".to_owned()).await;
        let error = get(&outlet(&server, &network(more)), "from")
            .await
            .unwrap_err();
        assert!(
            matches!(error, EgressError::UnexpectedAnswer { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("`redirects`"), "{error}");
        assert_eq!(server.requests().len(), requests);
    }
    let server = Server::start(|asked| {
        let step: u32 = asked.target.rsplit('/').next().unwrap().parse().unwrap();
        vec![Action::Send(if step == 3 {
            ok("there")
        } else {
            moved("302 Found", &format!("/api/{}", step + 1))
        })]
    })
    .await;
    assert_eq!(
        text(&get(&outlet(&server, ""), "0").await.unwrap()),
        "there"
    );
}

#[tokio::test]
async fn a_query_credential_that_comes_back_in_the_location_is_not_doubled() {
    let server = Server::start(|asked| {
        let (path, query) = asked.target.split_once('?').unwrap();
        let bytes = match path {
            "/api/from" => moved("301 Moved", &format!("/api/to?{query}")),
            _ => ok(&asked.target),
        };
        vec![Action::Send(bytes)]
    })
    .await;
    let response = get(&outlet_for(&server, query(), &[], ""), "from?page=2")
        .await
        .unwrap();
    assert_eq!(response.status, 200);
    let requests = server.requests();
    assert_eq!(
        requests[1].target.matches("key=").count(),
        1,
        "{}",
        requests[1].target
    );
    assert!(
        requests[1].target.starts_with("/api/to?page=2&key="),
        "{}",
        requests[1].target
    );
}

#[tokio::test]
async fn a_redirect_that_repeats_a_credential_is_the_plugins_to_read() {
    for authorisation in [basic(), header()] {
        let server = redirecting("302 Found", format!("/api/to/{KEY}")).await;
        let scope = reads();
        let response = outlet_for(&server, authorisation, &[], "")
            .send(&scope, Request::get("from"))
            .await
            .unwrap();
        assert_eq!(response.status, 302);
        assert_eq!(
            response.headers["location"].as_bytes(),
            "/api/to/•••".as_bytes()
        );
        assert_eq!(server.lines(), ["GET /api/from"]);
        assert!(!format!("{scope:?}").contains(KEY));
    }
}
