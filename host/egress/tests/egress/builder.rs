//! Outlets and connections that a program makes, without a connections file.

use krabice_contract::Value;
use krabice_contract::manifest::Authorisation;
use krabice_egress::{
    BaseUrl, Connection, HostEntry, Network, Outlet, OutletBuilder, Request, Rules,
    check_connection,
};
use serde_json::json;

use crate::server::{Server, ok};
use crate::shop::*;

fn bearer() -> Authorisation {
    Authorisation::Header {
        name: "Authorization".to_owned(),
        prefix: "Bearer ".to_owned(),
        setting: "token".to_owned(),
    }
}

fn builder(address: &str) -> OutletBuilder {
    Outlet::builder("registry")
        .address(BaseUrl::parse(address).unwrap())
        .authorisation(bearer())
}

#[tokio::test]
async fn an_outlet_of_a_program_keeps_the_same_rules() {
    let server = Server::answering(ok(KEY)).await;
    let other = Server::answering(ok("")).await;
    let host = HostEntry::parse(&format!("http://{}", other.address)).unwrap();
    let outlet = builder(&format!("http://{}/api", server.address))
        .secret("token", KEY.to_owned())
        .allow(host.origin())
        .hosts([host])
        .rules(Rules {
            request_bytes: 2,
            ..Rules::default()
        })
        .build(&Network::builder().build())
        .unwrap();
    assert_eq!((outlet.plugin(), outlet.connection()), ("registry", None));
    assert_eq!(text(&get(&outlet, "orders").await.unwrap()), "•••");
    get(&outlet, &format!("http://{}/file", other.address))
        .await
        .unwrap();
    let sent = &server.requests()[0];
    assert_eq!(sent.header("authorization"), [format!("Bearer {KEY}")]);
    assert!(other.requests()[0].header("authorization").is_empty());
    assert!(get(&outlet, "../x").await.is_err());
    let mut long = Request::get("orders");
    long.body = Some("abc".into());
    assert!(outlet.send(&reads(), long).await.is_err());
}

#[test]
fn what_is_wrong_with_an_outlet_is_said() {
    let network = Network::builder().build();
    let error = |builder: OutletBuilder| builder.build(&network).unwrap_err().to_string();
    let public = "https://registry.example.com";
    let given = |address| builder(address).secret("token", KEY.to_owned());
    let no_address = Outlet::builder("registry")
        .authorisation(bearer())
        .secret("token", KEY.to_owned());
    let errors = [
        error(builder(public)),
        error(builder(public).secret("token", format!("{KEY}\n"))),
        error(given("http://registry.example.com")),
        error(no_address),
    ];
    assert!(!errors.concat().contains(KEY));
    insta::assert_snapshot!(errors.join("\n"), @r"
    the setting `token` has no value; it is needed to authorise requests
    `token` has characters that are not allowed in a header, such as the end of a line
    the credential would be sent unencrypted to `http://registry.example.com`
    there is an authorisation and no address to send it to
    ");
    let base = BaseUrl::parse("http://registry.example.com").unwrap();
    let allowed = given("http://registry.example.com").allow([base.origin().clone()]);
    assert!(allowed.build(&network).is_ok());
}

#[tokio::test]
async fn a_connection_of_a_program_is_checked_like_one_of_a_file() {
    let server = Server::answering(ok("")).await;
    let connection = Connection::new("made", "shopper")
        .with_setting("address", format!("http://{}/api", server.address))
        .with_setting("login", "12345678")
        .with_secret("key", KEY.to_owned());
    assert!(!format!("{connection:?}").contains(KEY));
    let network = Network::builder().build();
    let outlet = network
        .outlet(&manifest(header(), &[]), Some(&connection))
        .unwrap();
    assert_eq!(outlet.connection(), Some("made"));
    get(&outlet, "orders").await.unwrap();
    assert_eq!(server.requests()[0].header("x-api-key"), [KEY]);

    let mut manifest = manifest(header(), &[]);
    manifest.settings[1].kind = serde_json::from_value(json!("integer")).unwrap();
    let outlet = network.outlet(&manifest, Some(&connection)).unwrap();
    assert_eq!(
        outlet.public_settings()["login"],
        Value::Integer(12_345_678)
    );
    let wrong = Connection::new("made", "shopper")
        .with_setting("address", "ftp://shop.example.com")
        .with_setting("login", KEY)
        .with_secret("kye", KEY.to_owned());
    let problems = check_connection(&manifest, &wrong);
    assert!(!format!("{problems:?}").contains(KEY));
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| format!("{}: {} {problem}", problem.path, problem.code))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    connections.made.settings.kye: connections::unknown-setting connections of `shopper` have no setting `kye`
    connections.made.settings.address: connections::wrong-kind `address` is not a valid url
    connections.made.settings.login: connections::wrong-kind `login` is not a valid integer
    connections.made: connections::missing-setting the connection `made` lacks the setting `key`
    ");
}
