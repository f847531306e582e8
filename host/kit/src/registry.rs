//! Pulls a component from an OCI registry.
//!
//! Only what pulling one component needs of the OCI distribution specification: a
//! manifest, its one layer, and the anonymous token that public registries ask
//! for. The media types are those of the `wasm-pkg` tools: a config of
//! `application/vnd.wasm.config.v0+json` and one layer of `application/wasm`.
//!
//! The crates that pull from registries (`oci-client`, `wasm-pkg-client`) bring an HTTP
//! client of their own, the latter a second TLS with it. Here the requests go out
//! through [`krabice_egress`], under the same rules as those of plugins: TLS with the
//! system's roots, limits of size and time, and no address of a private network that
//! nobody wrote down. What comes back is believed only when
//! its digest is right.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use indexmap::IndexMap;
use krabice_egress::{
    CallScope, ConnectionProblem, Connections, EgressError, HostEntry, Network, NetworkBuilder,
    Outlet, Request, Response, Rule, Rules, Secrets,
};
use krabice_scenario::manifest::{Authorisation, Effect, Limits, Setting};
use krabice_scenario::{Kind, Manifest};
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const LAYER_TYPE: &str = "application/wasm";

/// The time for everything: 5 minutes carry a component of 64 MiB over 2 Mbit/s.
const PATIENCE: Duration = Duration::from_secs(300);
/// Manifest, token, layer, and a redirect of each.
const REQUESTS: u32 = 8;
/// The name of what asks, in the log.
const NAME: &str = "install";

/// Where a component is in a registry: `registry.example/acme/shop:1.2.0`, or
/// `registry.example/acme/shop@sha256:…`. Without either, the tag is `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As it was written.
    text: String,
    parts: oci_spec::distribution::Reference,
}

/// A reference that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reference such as `registry.example/acme/shop:1.2.0`")]
pub struct ReferenceError(String);

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// It has no registry or no repository, or holds what neither may.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let wrong = || ReferenceError(text.to_owned());
        let parts: oci_spec::distribution::Reference = text.parse().map_err(|_| wrong())?;
        // Where none is written, the crate takes Docker's. Here it is a file that is not there.
        let names_registry = text
            .strip_prefix(parts.registry())
            .is_some_and(|rest| rest.starts_with('/'));
        if !names_registry || !parts.digest().is_none_or(is_digest) {
            return Err(wrong());
        }
        Ok(Reference {
            text: text.to_owned(),
            parts,
        })
    }

    /// Registries are asked by `https`, except on this very machine.
    fn address(&self) -> String {
        let registry = self.parts.resolve_registry();
        let host = registry.split(':').next().unwrap_or_default();
        let scheme = match host {
            "localhost" | "127.0.0.1" => "http",
            _ => "https",
        };
        format!("{scheme}://{registry}")
    }

    fn version(&self) -> &str {
        let tag = self.parts.tag();
        self.parts.digest().or(tag).unwrap_or("latest")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An origin that a registry may lead to although it is private or unencrypted, because the
/// operator says so: `https://blobs.intranet:9000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed(String);

impl std::str::FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Allowed, String> {
        HostEntry::parse(text).map_err(|error| error.to_string())?;
        match url::Url::parse(text) {
            Ok(url) if !text.contains('*') => Ok(Allowed(url.origin().ascii_serialization())),
            _ => Err("name each host, without `*`".to_owned()),
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// A component that was not pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The registry gave no answer, or the rules refuse it.
    #[error("`{reference}` cannot be pulled")]
    Network {
        /// What was to be pulled.
        reference: String,
        /// Why not.
        #[source]
        source: EgressError,
    },
    /// The registry leads to where nobody allowed it to.
    #[error("`{reference}` leads to `{origin}`, {what}")]
    Elsewhere {
        /// What was to be pulled.
        reference: String,
        /// Where it leads.
        origin: String,
        /// Why that is not gone to.
        what: &'static str,
    },
    /// The registry said no.
    #[error("the registry answered {status} for {what} of `{reference}`")]
    Refused {
        /// What was to be pulled.
        reference: String,
        /// Which part.
        what: &'static str,
        /// The status.
        status: StatusCode,
    },
    /// What is there is no component, or is not what it says it is.
    #[error("`{reference}` {what}")]
    Content {
        /// What was to be pulled.
        reference: String,
        /// What is wrong.
        what: String,
    },
}

impl PullError {
    /// What the operator can do about it, in the words of the command line.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            PullError::Elsewhere { origin, .. } => {
                Some(format!("if it is meant to, say so by `--allow {origin}`"))
            }
            PullError::Network {
                source: EgressError::Forbidden(refusal),
                ..
            } if refusal.rule == Rule::Address => Some(
                "if the registry is meant to lead there, say so by `--allow ORIGIN`".to_owned(),
            ),
            _ => None,
        }
    }
}

/// The manifest of an image; what is not needed is left out.
#[derive(Deserialize)]
struct Image {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// An answer to a question for a token.
#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

/// Pulls a component of at most so many bytes. The registry itself may stand in a private
/// network, for its name was typed; where it leads to may not, but for what is allowed.
///
/// # Errors
/// It cannot be had, or is not what its digests say.
pub async fn pull(
    reference: &Reference,
    most_bytes: u64,
    allow: &[Allowed],
) -> Result<Bytes, PullError> {
    pull_over(Network::builder(), reference, most_bytes, allow).await
}

async fn pull_over(
    network: NetworkBuilder,
    reference: &Reference,
    most_bytes: u64,
    allow: &[Allowed],
) -> Result<Bytes, PullError> {
    let component_bytes = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let rules = Rules {
        response_bytes: component_bytes.saturating_add(1 << 20),
        total_timeout: PATIENCE,
        ..Rules::default()
    };
    let mut pull = Pull {
        reference,
        most_bytes: component_bytes,
        allow,
        network: network.rules(rules.clone()).build(),
        rules,
        token: None,
        deadline: Instant::now() + PATIENCE,
    };
    let repository = reference.parts.repository();
    let path = format!("v2/{repository}/manifests/{}", reference.version());
    let manifest = pull.get("the manifest", &path, Some(MANIFEST_TYPE)).await?;
    if let Some(digest) = reference.parts.digest() {
        pull.check("its manifest", &manifest, digest)?;
    }
    let image: Image = serde_json::from_slice(&manifest)
        .map_err(|error| pull.wrong(format!("has a manifest that cannot be read: {error}")))?;
    if image
        .config
        .is_none_or(|config| config.media_type != CONFIG_TYPE)
    {
        return Err(pull.wrong(format!(
            "is no WebAssembly component: its config is not `{CONFIG_TYPE}`"
        )));
    }
    let [layer] = image.layers.as_slice() else {
        return Err(pull.wrong(format!(
            "has {} layers, and a component is one",
            image.layers.len()
        )));
    };
    if layer.media_type != LAYER_TYPE {
        return Err(pull.wrong(format!(
            "has a layer of `{}`, not `{LAYER_TYPE}`",
            layer.media_type
        )));
    }
    if layer.size > most_bytes {
        return Err(pull.wrong(format!("has {} bytes, more than {most_bytes}", layer.size)));
    }
    if !is_digest(&layer.digest) {
        return Err(pull.wrong("has a layer whose digest is not SHA-256".to_owned()));
    }
    let path = format!("v2/{repository}/blobs/{}", layer.digest);
    let component = pull.get("the component", &path, None).await?;
    pull.check("its component", &component, &layer.digest)?;
    Ok(component)
}

struct Pull<'a> {
    reference: &'a Reference,
    most_bytes: usize,
    allow: &'a [Allowed],
    network: Network,
    rules: Rules,
    token: Option<String>,
    deadline: Instant,
}

impl Pull<'_> {
    /// Gets a part of the image, with a token where the registry asks for one.
    async fn get(
        &mut self,
        what: &'static str,
        path: &str,
        accept: Option<&'static str>,
    ) -> Result<Bytes, PullError> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        let mut answer = self.ask(path, headers.clone()).await?;
        if answer.status == StatusCode::UNAUTHORIZED && self.token.is_none() {
            self.token = Some(self.token(&answer).await?);
            answer = self.ask(path, headers).await?;
        }
        if answer.status.is_redirection()
            && let Some(location) = answer.headers.get(header::LOCATION)
        {
            let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
            answer = self.elsewhere(&location).await?;
        }
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(PullError::Refused {
                reference: self.reference.to_string(),
                what,
                status,
            }),
        }
    }

    /// Asks the registry itself.
    async fn ask(&self, path: &str, headers: HeaderMap) -> Result<Response, PullError> {
        let outlet = self.own()?;
        self.send(&outlet, path, headers).await
    }

    /// Asks where the registry sends us, without the token. It has to be public and
    /// encrypted, or allowed: a registry does not lead into a private network.
    async fn elsewhere(&self, url: &str) -> Result<Response, PullError> {
        let url = url::Url::parse(url)
            .map_err(|_| self.wrong("leads to what is no address".to_owned()))?;
        let origin = url.origin().ascii_serialization();
        if self.allow.iter().any(|allowed| allowed.0 == origin) {
            let outlet = self.own()?;
            return self.send(&outlet, url.as_str(), HeaderMap::new()).await;
        }
        let refused = |what| PullError::Elsewhere {
            reference: self.reference.to_string(),
            origin: origin.clone(),
            what,
        };
        if url.scheme() != "https" {
            return Err(refused("an address without `https`"));
        }
        let outlet = self
            .network
            .outlet(&manifest(None, vec![origin.clone()], false), None)
            .map_err(|problems| self.unusable(&problems))?;
        let answer = self.send(&outlet, url.as_str(), HeaderMap::new()).await;
        answer.map_err(|error| match error {
            PullError::Network {
                source: EgressError::Forbidden(_),
                ..
            } => refused("which is not public"),
            error => error,
        })
    }

    async fn send(
        &self,
        outlet: &Outlet,
        url: &str,
        headers: HeaderMap,
    ) -> Result<Response, PullError> {
        let scope = CallScope::new(NAME, "pull", Effect::Reads, self.deadline, REQUESTS)
            .with_body_bytes(self.most_bytes as u64 + (1 << 20));
        let mut request = Request::new(Method::GET, url);
        request.headers = headers;
        outlet
            .send(&scope, request)
            .await
            .map_err(|source| PullError::Network {
                reference: self.reference.to_string(),
                source,
            })
    }

    /// An anonymous token, where the registry says who gives one.
    async fn token(&self, answer: &Response) -> Result<String, PullError> {
        let url = token_service(&answer.headers).ok_or_else(|| {
            self.wrong("needs a login, and anonymous ones are all there is".to_owned())
        })?;
        let own = url.origin().ascii_serialization() == self.reference.address();
        let answer = match own {
            true => {
                let path = url[url::Position::BeforePath..].to_owned();
                self.ask(&path, HeaderMap::new()).await?
            }
            false => self.elsewhere(url.as_str()).await?,
        };
        serde_json::from_slice::<Token>(&answer.body)
            .map(|token| token.token)
            .map_err(|_| self.wrong("gives no anonymous token".to_owned()))
    }

    /// The way out to the registry itself, which somebody wrote down.
    fn own(&self) -> Result<Arc<Outlet>, PullError> {
        let address = self.reference.address();
        let allowed: Vec<_> = self.allow.iter().map(|allowed| allowed.0.clone()).collect();
        let with_token = self.token.is_some();
        let connections = Connections::parse(
            &connection(&address, &allowed, &self.rules, with_token),
            Path::new("/"),
            &OneToken(self.token.clone()),
        )
        .map_err(|problems| self.unusable(&problems))?;
        self.network
            .outlet(
                &manifest(Some("address"), allowed, with_token),
                connections.get(NAME),
            )
            .map_err(|problems| self.unusable(&problems))
    }

    fn unusable(&self, problems: &[ConnectionProblem]) -> PullError {
        let what = problems.first().map(ToString::to_string);
        self.wrong(format!("cannot be asked for: {}", what.unwrap_or_default()))
    }

    fn check(&self, what: &str, bytes: &[u8], digest: &str) -> Result<(), PullError> {
        let found: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        match digest.strip_prefix("sha256:") == Some(found.as_str()) {
            true => Ok(()),
            false => Err(self.wrong(format!(
                "is not what its digest says: {what} has sha256 {found}, not {digest}"
            ))),
        }
    }

    fn wrong(&self, what: String) -> PullError {
        PullError::Content {
            reference: self.reference.to_string(),
            what,
        }
    }
}

/// Who gives a token for what was refused, with the question in the address.
fn token_service(headers: &HeaderMap) -> Option<url::Url> {
    let values = headers.get_all(header::WWW_AUTHENTICATE).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let challenges = texts.filter_map(|text| http_auth::parse_challenges(text).ok());
    let bearer = challenges
        .flatten()
        .find(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))?;
    let part = |name: &str| {
        let (_, value) = bearer
            .params
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.to_unescaped())
    };
    let mut url = url::Url::parse(&part("realm")?).ok()?;
    for name in ["service", "scope"] {
        if let Some(value) = part(name) {
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    Some(url)
}

/// A registry as the egress knows a back end.
fn manifest(address: Option<&str>, hosts: Vec<String>, token: bool) -> Manifest {
    let setting = |name: &str, kind, secret| Setting {
        name: name.to_owned(),
        kind,
        secret,
        required: true,
        default: None,
        choices: Vec::new(),
        label: IndexMap::new(),
        help: IndexMap::new(),
    };
    let mut settings: Vec<_> = address
        .iter()
        .map(|name| setting(name, Kind::Url, false))
        .collect();
    if token {
        settings.push(setting("token", Kind::Text, true));
    }
    Manifest {
        name: NAME.to_owned(),
        version: "0.0.0".to_owned(),
        label: IndexMap::new(),
        help: IndexMap::new(),
        settings,
        address: address.map(str::to_owned),
        authorisation: match token {
            true => Authorisation::Header {
                name: "Authorization".to_owned(),
                prefix: "Bearer ".to_owned(),
                setting: "token".to_owned(),
            },
            false => Authorisation::None,
        },
        hosts,
        limits: Limits {
            requests_at_once: None,
            requests_per_minute: None,
            bucket: None,
        },
        functions: IndexMap::new(),
    }
}

fn connection(address: &str, allowed: &[String], rules: &Rules, token: bool) -> String {
    let mut settings = toml::Table::new();
    settings.insert("address".into(), address.into());
    if token {
        let secret = toml::Table::from_iter([("env".to_owned(), "TOKEN".into())]);
        settings.insert("token".into(), secret.into());
    }
    let mut network = toml::Table::new();
    // The registry was typed, so it may stand in the operator's own network.
    let allow = [address]
        .into_iter()
        .chain(allowed.iter().map(String::as_str));
    let allow: Vec<toml::Value> = allow.map(toml::Value::from).collect();
    network.insert("allow".into(), allow.into());
    let bytes = i64::try_from(rules.response_bytes.min(64 << 20)).unwrap_or(i64::MAX);
    network.insert("response-bytes".into(), bytes.into());
    network.insert(
        "total-timeout".into(),
        format!("{}s", PATIENCE.as_secs()).into(),
    );
    let mut connection = toml::Table::new();
    connection.insert("plugin".into(), NAME.into());
    connection.insert("settings".into(), settings.into());
    connection.insert("network".into(), network.into());
    let connections = toml::Table::from_iter([(NAME.to_owned(), connection.into())]);
    toml::Table::from_iter([("connections".to_owned(), connections.into())]).to_string()
}

/// The token of the registry, kept as every credential is.
struct OneToken(Option<String>);

impl Secrets for OneToken {
    fn env(&self, _: &str) -> std::io::Result<Option<SecretString>> {
        Ok(self.0.clone().map(SecretString::from))
    }

    fn file(&self, _: &Path) -> std::io::Result<SecretString> {
        Err(std::io::Error::from(std::io::ErrorKind::NotFound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_files_and_folders() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "registry.example/acme/shop",
            "registry.example/acme/shop:1.2.0",
            "127.0.0.1:5000/shop:latest",
            "localhost/shop",
            &format!("registry.example:5000/shop@{digest}"),
            &format!("registry.example/acme/tools/shop:1.2.0@{digest}"),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "shop",
            "plugins/shop",
            "registry.example/",
            "registry.example/../shop",
            "registry.example//shop",
            "registry.example/shop@sha256:12",
            "registry.example/shop@md5:12",
            "registry.example/shop:a b",
            "user@registry.example/shop",
            "https://registry.example/shop",
            "registry.example/Shop",
            "docker.io",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_asked_without_encryption() {
        let address = |text: &str| Reference::parse(text).unwrap().address();
        assert_eq!(address("127.0.0.1:5000/shop"), "http://127.0.0.1:5000");
        assert_eq!(address("registry.example/shop"), "https://registry.example");
        assert_eq!(address("192.168.1.2:5000/shop"), "https://192.168.1.2:5000");
    }

    #[test]
    fn a_challenge_is_found_among_others_and_read_as_it_is_quoted() {
        let asked = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::WWW_AUTHENTICATE, value.parse().unwrap());
            }
            token_service(&headers).map(String::from)
        };
        let bearer = r#"Basic realm="x, Bearer realm=", bearer Realm="https://tokens.example/t?a=1", scope="repository:a/\"b\":pull,push", service=s"#;
        let url =
            "https://tokens.example/t?a=1&service=s&scope=repository%3Aa%2F%22b%22%3Apull%2Cpush";
        assert_eq!(asked(&[bearer]).as_deref(), Some(url));
        assert_eq!(asked(&["Basic realm=\"x\"", bearer]).as_deref(), Some(url));
        for none in [
            "",
            "Bearer",
            "Basic realm=\"https://a.example\"",
            "Bearer realm=\"x\"",
        ] {
            assert_eq!(asked(&[none]), None, "{none}");
        }
    }

    #[test]
    fn what_is_allowed_is_an_origin() {
        let read = |text: &str| text.parse::<Allowed>().map(|allowed| allowed.0);
        assert_eq!(
            read("https://Blobs.Intranet:443").unwrap(),
            "https://blobs.intranet"
        );
        assert_eq!(
            read("http://127.0.0.1:9000").unwrap(),
            "http://127.0.0.1:9000"
        );
        for text in [
            "blobs.intranet",
            "https://*.intranet.example",
            "https://a/b",
            "ftp://a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    /// Every name is this machine.
    struct Here;

    #[async_trait::async_trait]
    impl krabice_egress::Resolver for Here {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
            Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()])
        }
    }

    /// The name of a registry that was typed may lead into a private network; a name that an
    /// answer tells may not.
    #[tokio::test]
    async fn a_registry_of_an_own_network_is_asked_and_leads_to_no_other() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first)
                .await
                .unwrap();
            first[0]
        });
        let reference = Reference::parse(&format!("registry.intranet:{port}/shop")).unwrap();
        let network = || Network::builder().resolver(Here);
        // It speaks no TLS, but it was asked to: 22 begins a handshake.
        let error = pull_over(network(), &reference, 1000, &[])
            .await
            .unwrap_err();
        assert_eq!(asked.await.unwrap(), 22, "{error}");
        assert!(
            matches!(&error, PullError::Network { source, .. } if source.refusal().is_none()),
            "{error:?}"
        );

        let pull = Pull {
            reference: &reference,
            most_bytes: 1000,
            allow: &[],
            network: network().build(),
            rules: Rules::default(),
            token: None,
            deadline: Instant::now() + PATIENCE,
        };
        let error = pull
            .elsewhere("https://blobs.intranet/1")
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{reference}` leads to `https://blobs.intranet`, which is not public")
        );
        assert!(
            error
                .help()
                .unwrap()
                .contains("--allow https://blobs.intranet")
        );
    }
}
