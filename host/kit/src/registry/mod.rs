//! Pulls a component from an OCI registry.
//!
//! What a registry gives is believed when its digest is right, and nothing else that it says is:
//! where it leads to has to be public and encrypted, or allowed by the operator, and every answer
//! has a limit of size and time. Requests go out through [`krabice_egress`], under the rules of
//! plugins' requests, which no client of registries that brings its own HTTP keeps.
//!
//! A login of `docker login` is sent when the registry asks for one: to the registry, and to the
//! token service that the registry itself names, as every client of registries does. A redirect
//! goes without it, and an answer of another host asks for it in vain. Only what pulling one
//! component needs of the OCI distribution specification is here.

mod challenge;
mod image;
mod login;
mod reference;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use indexmap::IndexMap;
use krabice_egress::{
    CallScope, ConnectionProblem, Connections, EgressError, Network, NetworkBuilder, Outlet, Reach,
    Request, Response, Rule, Rules, SecretMask, Secrets,
};
use krabice_scenario::manifest::{Authorisation, Effect, Limits, Setting};
use krabice_scenario::{Kind, Manifest as PluginManifest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::{Host, Url};

pub use login::{DockerLogins, LoginError};
pub use reference::{Allowed, Reference, ReferenceError};

use challenge::{Challenge, TokenService};
use image::{Image, Manifest};
use login::Login;

/// The time for everything: 5 minutes carry a component of 64 MiB over 2 Mbit/s.
const TIME: Duration = Duration::from_secs(300);
/// Room for a manifest beside the component: registries take manifests of 4 MiB at most, and one
/// of an image of one layer has under 1 kB.
const MANIFEST_BYTES: usize = 1 << 20;
/// The name of what asks, in the log.
const NAME: &str = "install";

/// A component that was not pulled.
#[derive(Debug)]
pub struct PullError {
    /// What was to be pulled.
    reference: Reference,
    problem: Problem,
}

/// Why a component was not pulled, as the rest of a sentence about the reference.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// The registry gave no answer, or a rule refuses the request.
    #[error("cannot be pulled")]
    Network(#[source] EgressError),
    #[error("leads to `{origin}`, {what}")]
    Elsewhere { origin: String, what: &'static str },
    /// The registry said no.
    #[error("cannot be pulled: the registry answered {status} for {what}")]
    Refused {
        what: &'static str,
        status: StatusCode,
        /// Whether the registry was asked with a login.
        login: Sent,
    },
    /// There is no login to send.
    #[error("needs a login")]
    NeedsLogin(#[source] Option<LoginError>),
    #[error("cannot be pulled: the registry refused the login")]
    LoginRefused,
    /// What is there is not a component, or is not what its digest says.
    #[error("{0}")]
    Content(String),
}

/// Whether a login of Docker was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    No,
    Yes,
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.reference, self.problem)
    }
}

impl std::error::Error for PullError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

impl PullError {
    /// What the operator can do about it, in the words of the command line.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let host = self.reference.registry();
        match &self.problem {
            Problem::Elsewhere { origin, .. } => {
                Some(format!("if it is meant to, allow it by `--allow {origin}`"))
            }
            Problem::Network(EgressError::Forbidden(refusal)) if refusal.rule == Rule::Address => {
                Some(
                    "if the registry is meant to lead there, allow it by `--allow ORIGIN`"
                        .to_owned(),
                )
            }
            Problem::NeedsLogin(_) => Some(format!("log in by `docker login {host}`")),
            Problem::LoginRefused => Some(format!(
                "log in again by `docker login {host}`, with an account that may read `{}`; for a \
                 public plugin, which needs no login, `docker logout {host}`",
                self.reference.repository()
            )),
            Problem::Refused {
                status,
                login: Sent::No,
                ..
            } if *status == StatusCode::NOT_FOUND => Some(format!(
                "a private repository may not be shown without a login: `docker login {host}`"
            )),
            Problem::Network(_) | Problem::Refused { .. } | Problem::Content(_) => None,
        }
    }
}

/// Pulls a component of at most so many bytes. The registry itself may stand in a private
/// network, for its name was typed; where it leads to may not, but for what is allowed.
///
/// # Errors
/// The registry does not give it, or it is not what its digests say.
pub async fn pull(
    reference: &Reference,
    most_bytes: u64,
    allow: &[Allowed],
    logins: &DockerLogins,
) -> Result<Bytes, PullError> {
    let most_bytes = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let mut pull = Pull::new(Network::builder(), reference, most_bytes, allow, logins);
    pull.component().await
}

struct Pull<'a> {
    reference: &'a Reference,
    most_bytes: usize,
    allow: &'a [Allowed],
    logins: &'a DockerLogins,
    network: Network,
    rules: Rules,
    /// What the registry is asked with.
    credential: Option<Credential>,
    login: Sent,
    /// Why the logins of Docker cannot be read.
    login_problem: Option<LoginError>,
    /// Finds the login in what a registry says.
    mask: SecretMask,
    deadline: Instant,
}

/// The value of `Authorization`.
#[derive(Clone)]
struct Credential {
    scheme: &'static str,
    value: SecretString,
}

impl<'a> Pull<'a> {
    fn new(
        network: NetworkBuilder,
        reference: &'a Reference,
        most_bytes: usize,
        allow: &'a [Allowed],
        logins: &'a DockerLogins,
    ) -> Pull<'a> {
        let rules = Rules {
            response_bytes: most_bytes.saturating_add(MANIFEST_BYTES),
            total_timeout: TIME,
            ..Rules::default()
        };
        Pull {
            reference,
            most_bytes,
            allow,
            logins,
            network: network.rules(rules.clone()).build(),
            rules,
            credential: None,
            login: Sent::No,
            login_problem: None,
            mask: SecretMask::default(),
            deadline: Instant::now() + TIME,
        }
    }

    async fn component(&mut self) -> Result<Bytes, PullError> {
        let reference = self.reference;
        let manifest = self
            .manifest(reference.version(), reference.digest())
            .await?;
        let image = match manifest {
            Manifest::Image(image) => image,
            Manifest::Index(mut index) => {
                let mut components = Vec::new();
                let candidates = index.candidates().map_err(|what| self.wrong(what))?;
                for entry in candidates {
                    let digest = entry.digest.clone();
                    let Manifest::Image(image) = self.manifest(&digest, Some(&digest)).await?
                    else {
                        continue;
                    };
                    entry.found(&image);
                    if image.is_component() {
                        components.push((digest, image));
                    }
                }
                self.only(components, &index)?
            }
        };
        let layer = image
            .component(self.most_bytes)
            .map_err(|what| self.wrong(what))?;
        let path = format!("v2/{}/blobs/{}", reference.repository(), layer.digest);
        let component = self.get("the component", &path).await?;
        self.check("its component", &component, &layer.digest)?;
        Ok(component)
    }

    /// The one component of a list.
    fn only(
        &self,
        mut components: Vec<(String, Image)>,
        index: &image::Index,
    ) -> Result<Image, PullError> {
        match (components.pop(), components.as_slice()) {
            (Some((_, image)), []) => Ok(image),
            (Some((last, _)), others) => {
                let digests = others.iter().map(|(digest, _)| digest).chain([&last]);
                let digests: Vec<_> = digests.map(|digest| format!("`…@{digest}`")).collect();
                Err(self.wrong(format!(
                    "lists {} WebAssembly components; name one by its digest: {}",
                    digests.len(),
                    digests.join(", ")
                )))
            }
            (None, _) => Err(self.wrong(format!("lists no WebAssembly component, but {index}"))),
        }
    }

    async fn manifest(
        &mut self,
        version: &str,
        digest: Option<&str>,
    ) -> Result<Manifest, PullError> {
        let path = format!("v2/{}/manifests/{version}", self.reference.repository());
        let bytes = self.get("the manifest", &path).await?;
        if let Some(digest) = digest {
            self.check("its manifest", &bytes, digest)?;
        }
        Manifest::read(&bytes).map_err(|what| self.wrong(what))
    }

    /// Gets a part of the image, with a login where the registry asks for one.
    async fn get(&mut self, what: &'static str, path: &str) -> Result<Bytes, PullError> {
        let mut answer = self.ask(what, path).await?;
        if answer.status == StatusCode::UNAUTHORIZED && self.credential.is_none() {
            let challenge = Challenge::of(&answer.headers, self.reference.repository());
            self.credential = Some(self.credential(challenge).await?);
            answer = self.ask(what, path).await?;
        }
        if is_denied(answer.status) {
            return Err(self.denied());
        }
        if answer.status.is_redirection()
            && let Some(location) = answer.headers.get(header::LOCATION)
        {
            let url = Url::parse(&String::from_utf8_lossy(location.as_bytes()))
                .map_err(|_| self.wrong("leads to what is not an address"))?;
            answer = self
                .elsewhere(Request::get(url.as_str()), &url, None)
                .await?;
        }
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(self.refused(what, status)),
        }
    }

    /// Asks the registry. What it redirects to within the rules is followed without the
    /// credential; a host that refuses there is not the registry, so no login is for it.
    async fn ask(&self, what: &'static str, path: &str) -> Result<Response, PullError> {
        let outlet = self.outlet(
            &self.reference.origin(),
            Trust::Named,
            self.credential.as_ref(),
        )?;
        let mut request = Request::get(path);
        let accepted = HeaderValue::from_static(image::ACCEPTED);
        request.headers.insert(header::ACCEPT, accepted);
        let (scope, answer) = self.send(&outlet, request).await;
        let answer = answer?;
        let redirected = scope.exchanges().iter().any(|exchange| {
            exchange
                .status
                .is_some_and(|status| status.is_redirection())
        });
        if redirected && is_denied(answer.status) {
            return Err(self.refused(what, answer.status));
        }
        Ok(answer)
    }

    /// Asks another place than the registry's, with a credential where it is meant for that place.
    /// It has to be public and encrypted, or allowed: a registry does not lead into a private
    /// network.
    async fn elsewhere(
        &self,
        request: Request,
        url: &Url,
        credential: Option<&Credential>,
    ) -> Result<Response, PullError> {
        let origin = url.origin().ascii_serialization();
        let refused = |what| {
            let origin = origin.clone();
            self.error(Problem::Elsewhere { origin, what })
        };
        let is_allowed = origin == self.reference.origin()
            || self.allow.iter().any(|allowed| allowed.0 == origin);
        if is_allowed {
            let outlet = self.outlet(&origin, Trust::Named, credential)?;
            return self.send(&outlet, request).await.1;
        }
        if url.scheme() != "https" {
            return Err(refused("an address without `https`"));
        }
        if is_private(url) {
            return Err(refused("which is not public"));
        }
        let outlet = self.outlet(&origin, Trust::Told, credential)?;
        let (_, answer) = self.send(&outlet, request).await;
        answer.map_err(|error| match error.problem {
            Problem::Network(EgressError::Forbidden(_)) => refused("which is not public"),
            _ => error,
        })
    }

    async fn send(
        &self,
        outlet: &Outlet,
        request: Request,
    ) -> (CallScope, Result<Response, PullError>) {
        let scope = CallScope::new(NAME, "pull", Effect::Reads, self.deadline, 1)
            .with_body_bytes(self.rules.response_bytes as u64);
        let answer = outlet.send(&scope, request).await;
        (
            scope,
            answer.map_err(|error| self.error(Problem::Network(error))),
        )
    }

    /// What to ask the registry with, after it asked for a login.
    async fn credential(&mut self, challenge: Option<Challenge>) -> Result<Credential, PullError> {
        let login = match self.logins.find(self.reference).await {
            Ok(login) => login,
            // What is public can be had without.
            Err(problem) => {
                self.login_problem = Some(problem);
                None
            }
        };
        if let Some(login) = &login {
            self.login = Sent::Yes;
            self.mask = login.mask();
        }
        match (challenge, login) {
            (Some(Challenge::Bearer(service)), login) => self.token(&service, login).await,
            (Some(Challenge::Basic), Some(Login::Password { basic, .. })) => Ok(by_basic(basic)),
            (Some(Challenge::Basic), _) => Err(self.denied()),
            (None, _) => Err(self.wrong("asks for a login by neither HTTP Basic nor a token")),
        }
    }

    /// A token of a service: for the login, else for everybody.
    async fn token(
        &mut self,
        service: &TokenService,
        login: Option<Login>,
    ) -> Result<Credential, PullError> {
        let (request, credential) = match login {
            None => (Request::get(service.question()), None),
            Some(Login::Password { basic, .. }) => {
                (Request::get(service.question()), Some(by_basic(basic)))
            }
            Some(Login::Identity(identity)) => {
                let mut request = Request::new(Method::POST, service.realm().as_str());
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                request.headers.insert(header::CONTENT_TYPE, form);
                request.body = Some(service.form(identity.expose_secret()).into());
                (request, None)
            }
        };
        let answer = self
            .elsewhere(request, service.realm(), credential.as_ref())
            .await?;
        match answer.status {
            StatusCode::OK => match challenge::token(&answer.body) {
                Some(token) => Ok(Credential {
                    scheme: "Bearer ",
                    value: token.into(),
                }),
                None => Err(self.wrong("gets no token from its token service")),
            },
            status if is_denied(status) || status == StatusCode::BAD_REQUEST => Err(self.denied()),
            status => Err(self.refused("a token", status)),
        }
    }

    /// The way out to an origin, with a credential for that origin alone.
    fn outlet(
        &self,
        origin: &str,
        trust: Trust,
        credential: Option<&Credential>,
    ) -> Result<Arc<Outlet>, PullError> {
        let unusable = |problems: Vec<ConnectionProblem>| {
            let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
            self.wrong(format!("cannot be asked for: {}", all.join("; ")))
        };
        let others = self.allow.iter().map(|allowed| allowed.0.clone());
        let others: Vec<_> = others.filter(|allowed| allowed != origin).collect();
        let mut manifest = plugin_manifest(others, credential);
        if trust == Trust::Told && credential.is_none() {
            // A host of the manifest and not a connection, which may be private, and whose answers
            // have a lower limit than components.
            manifest.hosts = vec![origin.to_owned()];
            (manifest.address, manifest.settings) = (None, Vec::new());
            return self.network.outlet(&manifest, None).map_err(unusable);
        }
        let document = connection(origin, trust, &manifest.hosts, &self.rules, credential);
        let secret = Secret(credential.map(|credential| credential.value.clone()));
        let connections =
            Connections::parse(&document, Path::new("/"), &secret).map_err(unusable)?;
        self.network
            .outlet(&manifest, connections.get(NAME))
            .map_err(unusable)
    }

    fn check(&self, what: &str, bytes: &[u8], digest: &str) -> Result<(), PullError> {
        let found: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if digest.strip_prefix("sha256:") == Some(found.as_str()) {
            return Ok(());
        }
        Err(self.wrong(format!(
            "is not what its digest says: {what} has sha256 {found}, not {digest}"
        )))
    }

    fn error(&self, problem: Problem) -> PullError {
        PullError {
            reference: self.reference.clone(),
            problem,
        }
    }

    /// What is wrong with what the registry says. It may have said the login.
    fn wrong(&self, what: impl AsRef<str>) -> PullError {
        let what = self.mask.mask(what.as_ref().as_bytes());
        self.error(Problem::Content(
            String::from_utf8_lossy(&what).into_owned(),
        ))
    }

    fn refused(&self, what: &'static str, status: StatusCode) -> PullError {
        let login = self.login;
        self.error(Problem::Refused {
            what,
            status,
            login,
        })
    }

    /// The registry gives nothing with the login, or without one.
    fn denied(&mut self) -> PullError {
        let problem = match self.login {
            Sent::Yes => Problem::LoginRefused,
            Sent::No => Problem::NeedsLogin(self.login_problem.take()),
        };
        self.error(problem)
    }
}

/// Who wrote an origin down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The operator: it may be private, and unencrypted.
    Named,
    /// The registry.
    Told,
}

fn is_denied(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// Whether an address is private without a look-up. What a name stands for, the connector judges.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => Reach::of(address.into()) != Reach::Public,
        Some(Host::Ipv6(address)) => Reach::of(address.into()) != Reach::Public,
        None => true,
    }
}

fn by_basic(value: SecretString) -> Credential {
    Credential {
        scheme: "Basic ",
        value,
    }
}

/// A registry as the egress knows the back end of a plugin. Its credential is one secret: what is
/// looked for in answers is then the whole of it and never a short user name, which may be in any
/// component.
fn plugin_manifest(hosts: Vec<String>, credential: Option<&Credential>) -> PluginManifest {
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
    let mut settings = vec![setting("address", Kind::Url, false)];
    settings.extend(credential.map(|_| setting("credential", Kind::Text, true)));
    PluginManifest {
        name: NAME.to_owned(),
        version: "0.0.0".to_owned(),
        label: IndexMap::new(),
        help: IndexMap::new(),
        settings,
        address: Some("address".to_owned()),
        authorisation: match credential {
            Some(credential) => Authorisation::Header {
                name: header::AUTHORIZATION.to_string(),
                prefix: credential.scheme.to_owned(),
                setting: "credential".to_owned(),
            },
            None => Authorisation::None,
        },
        hosts,
        limits: Limits::default(),
        functions: IndexMap::new(),
    }
}

/// The connections file of a registry.
fn connection(
    origin: &str,
    trust: Trust,
    others: &[String],
    rules: &Rules,
    credential: Option<&Credential>,
) -> String {
    let mut settings = json!({ "address": origin });
    if credential.is_some() {
        settings["credential"] = json!({ "env": "CREDENTIAL" });
    }
    let named = (trust == Trust::Named).then_some(origin);
    let allow: Vec<_> = named
        .into_iter()
        .chain(others.iter().map(String::as_str))
        .collect();
    let document = json!({ "connections": { NAME: {
        "plugin": NAME,
        "settings": settings,
        "network": {
            "allow": allow,
            // The most that a connections file may say.
            "response-bytes": rules.response_bytes.min(64 << 20),
            "total-timeout": format!("{}s", rules.total_timeout.as_secs()),
        },
    } } });
    toml::to_string(&document).expect("texts, numbers and lists of texts are values of TOML")
}

/// The one secret of a connection.
struct Secret(Option<SecretString>);

impl Secrets for Secret {
    fn env(&self, _: &str) -> std::io::Result<Option<SecretString>> {
        Ok(self.0.clone())
    }

    fn file(&self, _: &Path) -> std::io::Result<SecretString> {
        Err(std::io::Error::from(std::io::ErrorKind::NotFound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let logins = DockerLogins::default();
        let network = Network::builder().resolver(Here);
        let mut pull = Pull::new(network, &reference, 1000, &[], &logins);
        // It speaks no TLS, but it was asked to: 22 begins a handshake.
        let error = pull.component().await.unwrap_err();
        assert_eq!(asked.await.unwrap(), 22, "{error}");
        assert!(
            matches!(&error.problem, Problem::Network(source) if source.refusal().is_none()),
            "{error:?}"
        );

        let credential = by_basic("canary".to_owned().into());
        for (place, why) in [
            ("https://blobs.intranet/1", "which is not public"),
            ("https://localhost/1", "which is not public"),
            ("https://[::ffff:10.0.0.1]/1", "which is not public"),
            ("http://blobs.example/1", "an address without `https`"),
        ] {
            let url = Url::parse(place).unwrap();
            let origin = url.origin().ascii_serialization();
            for credential in [None, Some(&credential)] {
                let asking = pull.elsewhere(Request::get(place), &url, credential);
                let error = asking.await.unwrap_err();
                let words = format!("`{reference}` leads to `{origin}`, {why}");
                assert_eq!(error.to_string(), words);
                let help = error.help().unwrap();
                assert!(help.contains(&format!("--allow {origin}")), "{help}");
            }
        }
    }
}
