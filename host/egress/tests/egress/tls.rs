//! TLS: the certificate must be for the host of the request.

use std::sync::Arc;

use krabice_egress::{EgressError, Network};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::server::{Action, Server, answer, ok};
use crate::shop::*;

/// A server for a name, and a client that trusts it.
fn certified(name: &str) -> (TlsAcceptor, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), client)
}

fn allowing(host: &str) -> String {
    network(&format!("allow = [\"{host}\"]\nretries = 0"))
}

#[tokio::test]
async fn an_encrypted_connection_is_kept_and_carries_the_credential() {
    let (acceptor, client) = certified("shop.test");
    let server = Server::start_tls(acceptor, |_| vec![Action::Send(ok("fine"))]).await;
    let host = format!("https://shop.test:{}", server.address.port());
    let names = Names::default().with("shop.test", &[&["127.0.0.1"]]);
    let outlet = outlet_by(
        Network::builder().resolver(names).tls(client),
        &host,
        basic(),
        &[],
        &allowing(&host),
    );
    for _ in 0..3 {
        assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "fine");
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.requests()[0].header("authorization").len(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_or_of_an_unknown_authority_is_not_trusted() {
    let (acceptor, client) = certified("other.test");
    let server = Server::start_tls(acceptor, |_| vec![Action::Send(ok("fine"))]).await;
    let host = format!("https://shop.test:{}", server.address.port());
    let (_, stranger) = certified("shop.test");
    for client in [Some(client), Some(stranger), None] {
        let names = Names::default().with("shop.test", &[&["127.0.0.1"]]);
        let mut builder = Network::builder().resolver(names);
        if let Some(client) = client {
            builder = builder.tls(client);
        }
        let outlet = outlet_by(builder, &host, basic(), &[], &allowing(&host));
        let error = get(&outlet, "orders").await.unwrap_err();
        assert!(
            matches!(error, EgressError::Unavailable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("TLS"), "{error}");
    }
    assert!(
        server.requests().is_empty(),
        "no request was sent, so no credential"
    );
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_not_followed() {
    let plain = Server::answering(ok("plain")).await;
    let (acceptor, client) = certified("shop.test");
    let location = format!("http://shop.test:{}/api/orders", plain.address.port());
    let moved = answer("301 Moved", &[("location", &location)], "");
    let server = Server::start_tls(acceptor, move |_| vec![Action::Send(moved.clone())]).await;
    let host = format!("https://shop.test:{}", server.address.port());
    let http = format!("http://shop.test:{}", plain.address.port());
    let names = Names::default().with("shop.test", &[&["127.0.0.1"]]);
    let builder = Network::builder().resolver(names).tls(client);
    let more = network(&format!("allow = [\"{host}\", \"{http}\"]"));
    let outlet = outlet_by(builder, &format!("{host}/api"), basic(), &[&http], &more);
    let response = get(&outlet, "orders").await.unwrap();
    assert_eq!(response.status, 301);
    assert_eq!(response.headers["location"], location);
    assert_eq!(plain.connections(), 0);
    // Although the plugin may send a request there itself, without the credential.
    assert_eq!(text(&get(&outlet, &location).await.unwrap()), "plain");
    assert!(plain.requests()[0].header("authorization").is_empty());
}
