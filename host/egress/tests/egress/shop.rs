//! A plugin, its connection and a call for the tests.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use krabice_contract::Manifest;
use krabice_contract::manifest::Effect;
use krabice_egress::{
    CallScope, Connection, Connections, EgressError, Network, NetworkBuilder, Outlet, Request,
    Resolver, Response, Secrets,
};
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::server::Server;

/// The connection's secret.
pub(crate) const KEY: &str = "kanarek-8842-tajny";

/// The time of a call, unless a test sets another.
pub(crate) const CALL: Duration = Duration::from_secs(30);

/// HTTP Basic in `Authorization`.
pub(crate) fn basic() -> Json {
    json!({ "basic": { "header": "Authorization", "username": "login", "password": "key" } })
}

/// A header of the back end's own.
pub(crate) fn header() -> Json {
    json!({ "header": { "name": "X-Api-Key", "prefix": "", "setting": "key" } })
}

/// A query parameter.
pub(crate) fn query() -> Json {
    json!({ "query": { "name": "key", "setting": "key" } })
}

/// A login by a JSON object.
pub(crate) fn login() -> Json {
    json!({ "login": {
        "path": "auth", "credentials": { "json": { "username": "user", "password": "pass" } },
        "username": "login", "password": "key", "token": "/data/token", "expires-in": "/data/life",
        "header": "Authorization", "prefix": "Bearer "
    } })
}

/// A signature with a time stamp.
pub(crate) fn hmac() -> Json {
    json!({ "hmac": {
        "header": "X-Signature", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex", "setting": "key",
        "timestamp": { "header": "X-Timestamp", "separator": "." }
    } })
}

/// A secret end of the address.
pub(crate) fn secret_path() -> Json {
    json!({ "secret-path": { "prefix": "bot", "setting": "key" } })
}

/// A plugin's manifest.
pub(crate) fn manifest(authorisation: Json, hosts: &[&str]) -> Manifest {
    serde_json::from_value(json!({
        "name": "shopper", "version": "1.0.0", "label": { "en": "Shopper" }, "help": {},
        "settings": [
            { "name": "address", "kind": "url", "secret": false, "required": true, "default": null, "choices": [],
              "label": { "en": "Address" }, "help": {} },
            { "name": "login", "kind": "text", "secret": false, "required": true, "default": null, "choices": [],
              "label": { "en": "Login" }, "help": {} },
            { "name": "key", "kind": "text", "secret": true, "required": true, "default": null, "choices": [],
              "label": { "en": "Key" }, "help": {} },
        ],
        "address": "address", "authorisation": authorisation, "hosts": hosts,
        "limits": { "requests-at-once": null, "requests-per-minute": null }, "functions": {}
    }))
    .unwrap()
}

/// Secrets from a table.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) HashMap<&'static str, &'static str>);

impl Secrets for Kept {
    fn env(&self, name: &str) -> io::Result<Option<SecretString>> {
        Ok(self.0.get(name).map(|value| SecretString::from(*value)))
    }

    fn file(&self, path: &Path) -> io::Result<SecretString> {
        let name = path.file_name().unwrap().to_str().unwrap();
        self.env(name)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }
}

/// A connection to an address, with further lines of its tables.
pub(crate) fn connection(address: &str, more: &str) -> Connection {
    connection_with(KEY, address, more)
}

/// A connection with another secret.
pub(crate) fn connection_with(key: &'static str, address: &str, more: &str) -> Connection {
    let text = format!(
        "[connections.shop]\nplugin = \"shopper\"\n[connections.shop.settings]\naddress = \"{address}\"\n\
         login = \"12345678\"\nkey = {{ env = \"SHOP_KEY\" }}\n{more}"
    );
    let connections =
        Connections::parse(&text, Path::new("/"), &Kept([("SHOP_KEY", key)].into())).unwrap();
    connections.get("shop").unwrap().clone()
}

/// Lines under the connection's `network` table.
pub(crate) fn network(lines: &str) -> String {
    format!("[connections.shop.network]\n{lines}\n")
}

/// An outlet to a server, with HTTP Basic and further lines of the connection's tables.
pub(crate) fn outlet(server: &Server, more: &str) -> Arc<Outlet> {
    outlet_for(server, basic(), &[], more)
}

/// An outlet to a server, with another authorisation and other hosts.
pub(crate) fn outlet_for(
    server: &Server,
    authorisation: Json,
    hosts: &[&str],
    more: &str,
) -> Arc<Outlet> {
    outlet_by(
        Network::builder(),
        &format!("http://{}/api", server.address),
        authorisation,
        hosts,
        more,
    )
}

/// An outlet to an address over another network.
pub(crate) fn outlet_by(
    network: NetworkBuilder,
    address: &str,
    authorisation: Json,
    hosts: &[&str],
    more: &str,
) -> Arc<Outlet> {
    network
        .build()
        .outlet(
            &manifest(authorisation, hosts),
            Some(&connection(address, more)),
        )
        .unwrap()
}

/// A call of a function that only reads.
pub(crate) fn reads() -> CallScope {
    call(Effect::Reads, CALL)
}

/// A call of a function that writes.
pub(crate) fn writes() -> CallScope {
    call(Effect::Writes, CALL)
}

/// A call with an effect and a time.
pub(crate) fn call(effect: Effect, time: Duration) -> CallScope {
    CallScope::new("shopper", "load-order", effect, Instant::now() + time, 1000)
}

/// Sends a `GET` in a call that only reads.
pub(crate) async fn get(outlet: &Outlet, url: &str) -> Result<Response, EgressError> {
    outlet.send(&reads(), Request::get(url)).await
}

/// The body of an answer as text.
pub(crate) fn text(response: &Response) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

/// The variant and the texts of an error and its causes: everything that it could disclose.
pub(crate) fn words(error: &EgressError) -> String {
    let mut words = format!("{error:?} {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words.push_str(&format!(" <- {cause:?} {cause}"));
        source = cause.source();
    }
    words
}

/// A name service that answers from a table, one answer after the other, and then repeats the
/// last one.
#[derive(Default, Clone)]
pub(crate) struct Names {
    answers: Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    /// Adds the answers for a name; each lists addresses.
    pub(crate) fn with(self, name: &str, answers: &[&[&str]]) -> Self {
        let parsed = answers
            .iter()
            .map(|one| one.iter().map(|ip| ip.parse().unwrap()).collect())
            .collect();
        self.answers.lock().unwrap().insert(name.to_owned(), parsed);
        self
    }

    /// The names asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let list = answers
            .get_mut(host)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"))?;
        Ok(if list.len() > 1 {
            list.remove(0)
        } else {
            list[0].clone()
        })
    }
}

#[async_trait::async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.answer(host)
    }
}
