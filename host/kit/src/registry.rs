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
    CallScope, Connections, EgressError, Network, Outlet, Request, Response, Rules, Secrets,
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
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
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
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (registry, path) = rest.split_once('/').ok_or_else(wrong)?;
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        // By this a registry is told from a folder.
        let is_registry = registry.contains(['.', ':']) || registry == "localhost";
        let plain = |text: &str, more: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let fits = is_registry
            && plain(registry, ".-:")
            && plain(repository, "._-/")
            && !repository
                .split('/')
                .any(|part| matches!(part, "" | "." | ".."))
            && tag.as_deref().is_none_or(|tag| plain(tag, "._-"))
            && digest.as_deref().is_none_or(is_digest);
        if !fits {
            return Err(wrong());
        }
        Ok(Reference {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    /// Registries are asked by `https`, except on this very machine.
    fn address(&self) -> String {
        let host = self.registry.split(':').next().unwrap_or_default();
        let scheme = match host {
            "localhost" | "127.0.0.1" => "http",
            _ => "https",
        };
        format!("{scheme}://{}", self.registry)
    }

    fn version(&self) -> &str {
        let tag = self.tag.as_deref();
        self.digest.as_deref().or(tag).unwrap_or("latest")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
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

/// Pulls a component of at most so many bytes.
///
/// # Errors
/// It cannot be had, or is not what its digests say.
pub async fn pull(reference: &Reference, most_bytes: u64) -> Result<Bytes, PullError> {
    let mut pull = Pull {
        reference,
        most_bytes: usize::try_from(most_bytes).unwrap_or(usize::MAX),
        token: None,
        deadline: Instant::now() + PATIENCE,
    };
    let path = format!(
        "v2/{}/manifests/{}",
        reference.repository,
        reference.version()
    );
    let manifest = pull.get("the manifest", &path, Some(MANIFEST_TYPE)).await?;
    if let Some(digest) = &reference.digest {
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
    let path = format!("v2/{}/blobs/{}", reference.repository, layer.digest);
    let component = pull.get("the component", &path, None).await?;
    pull.check("its component", &component, &layer.digest)?;
    Ok(component)
}

struct Pull<'a> {
    reference: &'a Reference,
    most_bytes: usize,
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
        let outlet = self.outlet(&self.reference.address(), true)?;
        self.send(&outlet, path, headers).await
    }

    /// Asks where the registry sends us, without the token. It has to be public and
    /// encrypted: a registry does not lead into a private network.
    async fn elsewhere(&self, url: &str) -> Result<Response, PullError> {
        let origin = url::Url::parse(url)
            .ok()
            .filter(|url| url.scheme() == "https")
            .map(|url| url.origin().ascii_serialization())
            .ok_or_else(|| self.wrong("leads to an address without `https`".to_owned()))?;
        let outlet = self.outlet(&origin, false)?;
        self.send(&outlet, url, HeaderMap::new()).await
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
        let challenge = answer
            .headers
            .get(header::WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let part = |name: &str| -> Option<String> {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        let realm = part("realm").filter(|_| challenge.to_lowercase().starts_with("bearer "));
        let url = realm
            .and_then(|realm| url::Url::parse(&realm).ok())
            .ok_or_else(|| {
                self.wrong("needs a login, and anonymous ones are all there is".to_owned())
            })?;
        let mut url = url;
        for name in ["service", "scope"] {
            if let Some(value) = part(name) {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
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

    /// A way out to one address: the registry's own, which somebody wrote down, or
    /// one that an answer named.
    fn outlet(&self, address: &str, own: bool) -> Result<Arc<Outlet>, PullError> {
        let rules = Rules {
            response_bytes: self.most_bytes.saturating_add(1 << 20),
            total_timeout: PATIENCE,
            ..Rules::default()
        };
        let token = self.token.clone().filter(|_| own);
        let manifest = manifest(address, own, token.is_some());
        let wrong = |problems: Vec<krabice_egress::ConnectionProblem>| {
            let what = problems
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            self.wrong(format!("cannot be asked for: {what}"))
        };
        let connections = match own {
            true => Connections::parse(
                &connection(address, &rules, token.is_some()),
                Path::new("/"),
                &OneToken(token),
            )
            .map_err(wrong)?,
            false => Connections::default(),
        };
        let network = Network::builder().rules(rules).build();
        network
            .outlet(&manifest, connections.get(NAME))
            .map_err(wrong)
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

/// A registry as the egress knows a back end.
fn manifest(address: &str, own: bool, token: bool) -> Manifest {
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
    let mut settings = Vec::new();
    if own {
        settings.push(setting("address", Kind::Url, false));
    }
    if token {
        settings.push(setting("token", Kind::Text, true));
    }
    Manifest {
        name: NAME.to_owned(),
        version: "0.0.0".to_owned(),
        label: IndexMap::new(),
        help: IndexMap::new(),
        settings,
        address: own.then(|| "address".to_owned()),
        authorisation: match token {
            true => Authorisation::Header {
                name: "Authorization".to_owned(),
                prefix: "Bearer ".to_owned(),
                setting: "token".to_owned(),
            },
            false => Authorisation::None,
        },
        hosts: match own {
            true => Vec::new(),
            false => vec![address.to_owned()],
        },
        limits: Limits {
            requests_at_once: None,
            requests_per_minute: None,
            bucket: None,
        },
        functions: IndexMap::new(),
    }
}

fn connection(address: &str, rules: &Rules, token: bool) -> String {
    let mut settings = toml::Table::new();
    settings.insert("address".into(), address.into());
    if token {
        let secret = toml::Table::from_iter([("env".to_owned(), "TOKEN".into())]);
        settings.insert("token".into(), secret.into());
    }
    let mut network = toml::Table::new();
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
}
