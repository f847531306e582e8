//! Pulls a component from an OCI registry.
//!
//! A registry is not trusted: a component is accepted only when its digest is right, an address that
//! the registry gives must be public and encrypted or allowed by the operator, and every answer has
//! a limit of size and of time. Requests go out through [`krabice_egress`], under the rules for
//! requests of plugins; a client with its own HTTP would not keep these rules.
//!
//! A login of `docker login` is sent when the registry asks for one, to the registry and to the token
//! service that the registry itself names, as every client of registries does. A redirect gets no
//! login, and another host cannot ask for it. The module has only those parts of the OCI distribution
//! specification that pulling one component needs.

mod challenge;
mod image;
mod login;
mod reference;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use krabice_contract::manifest::{Authorisation, Effect};
use krabice_egress::{
    BaseUrl, CallScope, EgressError, HostEntry, Network, NetworkBuilder, Outlet, Reach, Request,
    Response, Rule, Rules, SecretMask,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::{Host, Url};

pub use login::{DockerLogins, LoginError};
pub use reference::{Allowed, Reference, ReferenceError};

use challenge::{Challenge, TokenService};
use image::{Image, Manifest};
use login::Login;

/// The time limit of a pull as a whole: in 5 minutes, 2 Mbit/s transfer a component of 64 MiB.
const TIME: Duration = Duration::from_secs(300);
/// The bytes that are allowed for a manifest, in addition to those of the component: the manifest of
/// an image with one layer has less than 1 kB.
const MANIFEST_BYTES: usize = 1 << 20;
/// The name of the outlets in the log.
const NAME: &str = "install";
/// The name of the credential's setting.
const CREDENTIAL: &str = "credential";

/// A component that was not pulled.
#[derive(Debug)]
pub struct PullError {
    reference: Box<Reference>,
    problem: Problem,
}

/// The reason, as the rest of a sentence that begins with the reference.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// The registry did not answer, or a rule refuses the request.
    #[error("cannot be pulled")]
    Network(#[source] EgressError),
    #[error("redirects or refers to `{origin}`, {what}")]
    Elsewhere { origin: String, what: &'static str },
    #[error("cannot be pulled: the registry answered {status} for {what}")]
    Refused {
        what: &'static str,
        status: StatusCode,
    },
    /// The registry answered without a login that there is no such part.
    #[error("cannot be pulled: the registry answered 404 Not Found for {0}")]
    NotFound(&'static str),
    /// Docker has no login for the registry, or its logins cannot be read.
    #[error("needs a login")]
    NeedsLogin(#[source] Option<LoginError>),
    #[error("cannot be pulled: the registry refused the login")]
    LoginRefused,
    /// What is there is not a component, or does not match its digest.
    #[error("{0}")]
    Content(String),
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
            Problem::Elsewhere { origin, .. } => Some(format!(
                "if this is right, allow it with `--allow {origin}`"
            )),
            Problem::Network(EgressError::Forbidden(refusal)) if refusal.rule == Rule::Address => {
                Some("if this is right, allow it with `--allow ORIGIN`".to_owned())
            }
            Problem::NeedsLogin(_) => Some(format!(
                "check the reference, and log in with `docker login {host}`"
            )),
            Problem::LoginRefused => Some(format!(
                "log in again with `docker login {host}` and an account that may read `{}`; if the \
                 plugin is public, `docker logout {host}` is enough",
                self.reference.repository()
            )),
            Problem::NotFound(_) => Some(format!(
                "check the reference; if the repository is private, log in with `docker login {host}`"
            )),
            Problem::Network(_) | Problem::Refused { .. } | Problem::Content(_) => None,
        }
    }
}

/// Pulls a component of at most `most_bytes`. The registry itself may be in a private network,
/// because its name was typed; it may lead into one only to the origins in `allow`.
///
/// # Errors
/// The registry does not give the component, or the component does not match its digest.
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
    /// The credential for the registry, after it asked for one.
    credential: Option<Credential>,
    /// Finds the login in texts; None when no login was sent.
    login: Option<SecretMask>,
    login_error: Option<LoginError>,
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
            login: None,
            login_error: None,
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
            (None, _) => {
                Err(self.wrong(format!("lists no WebAssembly component; it lists {index}")))
            }
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

    /// Gets a part of the image, with a credential if the registry asks for one.
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
                .map_err(|_| self.wrong("redirects or refers to something that is not a URL"))?;
            answer = self
                .elsewhere(Request::get(url.as_str()), &url, None)
                .await?;
        }
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(self.refused(what, status)),
        }
    }

    /// Asks the registry. The egress follows a redirect to an allowed origin, without the credential.
    /// When that origin asks for a login, it is an error: the login is for the registry.
    async fn ask(&self, what: &'static str, path: &str) -> Result<Response, PullError> {
        let credential = self.credential.as_ref();
        let outlet = self.outlet(&self.reference.origin, Trust::Named, credential)?;
        let mut request = Request::get(path);
        let accepted = HeaderValue::from_static(image::ACCEPTED);
        request.headers.insert(header::ACCEPT, accepted);
        let scope = self.scope();
        let answer = self.send(&outlet, &scope, request).await?;
        let exchanges = scope.exchanges();
        let mut statuses = exchanges.iter().filter_map(|exchange| exchange.status);
        if is_denied(answer.status) && statuses.any(|status| status.is_redirection()) {
            return Err(self.refused(what, answer.status));
        }
        Ok(answer)
    }

    /// Asks an address that the registry gave, with a credential if one is for it. It must be public
    /// and encrypted, or allowed: a registry must not lead into a private network.
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
        let is_allowed =
            origin == self.reference.origin || self.allow.iter().any(|one| one.0 == origin);
        if is_allowed {
            let outlet = self.outlet(&origin, Trust::Named, credential)?;
            return self.send(&outlet, &self.scope(), request).await;
        }
        if url.scheme() != "https" {
            return Err(refused("which does not use `https`"));
        }
        if is_private(url) {
            return Err(refused("which is not public"));
        }
        let outlet = self.outlet(&origin, Trust::Told, credential)?;
        let answer = self.send(&outlet, &self.scope(), request).await;
        answer.map_err(|error| {
            if let Problem::Network(EgressError::Forbidden(_)) = error.problem {
                return refused("which is not public");
            }
            error
        })
    }

    /// One request, with room for a component in its answer.
    fn scope(&self) -> CallScope {
        CallScope::new(NAME, "pull", Effect::Reads, self.deadline, 1)
            .with_body_bytes(self.rules.response_bytes as u64)
    }

    async fn send(
        &self,
        outlet: &Outlet,
        scope: &CallScope,
        request: Request,
    ) -> Result<Response, PullError> {
        let answer = outlet.send(scope, request).await;
        answer.map_err(|error| self.error(Problem::Network(error)))
    }

    /// The credential that answers the registry's challenge.
    async fn credential(&mut self, challenge: Option<Challenge>) -> Result<Credential, PullError> {
        let login = match self.logins.find(self.reference).await {
            Ok(login) => login,
            // A public plugin may still be pulled.
            Err(error) => {
                self.login_error = Some(error);
                None
            }
        };
        self.login = login.as_ref().map(Login::mask);
        match (challenge, login) {
            (Some(Challenge::Bearer(service)), login) => self.token(&service, login).await,
            (Some(Challenge::Basic), Some(Login::Password { basic, .. })) => Ok(by_basic(basic)),
            (Some(Challenge::Basic), _) => Err(self.denied()),
            (None, _) => Err(self.wrong("asks for a login by neither HTTP Basic nor a token")),
        }
    }

    /// A token of a token service, for the login or for everybody.
    async fn token(
        &mut self,
        service: &TokenService,
        login: Option<Login>,
    ) -> Result<Credential, PullError> {
        let (request, credential) = match login {
            None => (Request::get(service.realm_with_query()), None),
            Some(Login::Password { basic, .. }) => (
                Request::get(service.realm_with_query()),
                Some(by_basic(basic)),
            ),
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

    /// The way out to an origin, with a credential that only this origin gets.
    ///
    /// User name and password are one secret, in Base64: the egress masks secrets in answers, and
    /// a password alone may be a word in a component.
    fn outlet(
        &self,
        origin: &str,
        trust: Trust,
        credential: Option<&Credential>,
    ) -> Result<Arc<Outlet>, PullError> {
        let unusable = |error: &dyn fmt::Display| {
            self.wrong(format!(
                "redirects or refers to an address that cannot be used: {error}"
            ))
        };
        let host = |origin: &str| HostEntry::parse(origin).map_err(|error| unusable(&error));
        let own = host(origin)?;
        let mut outlet = Outlet::builder(NAME).rules(self.rules.clone());
        if trust == Trust::Told && credential.is_none() {
            // Not the own address, because that may be private.
            outlet = outlet.hosts([own]);
        } else {
            let address = BaseUrl::parse(origin).map_err(|error| unusable(&error))?;
            if trust == Trust::Named {
                outlet = outlet.allow(own.origin());
            }
            outlet = outlet.address(address);
            for other in self.allow.iter().filter(|other| other.0 != origin) {
                let other = host(&other.0)?;
                outlet = outlet.allow(other.origin()).hosts([other]);
            }
        }
        if let Some(credential) = credential {
            let authorisation = Authorisation::Header {
                name: header::AUTHORIZATION.to_string(),
                prefix: credential.scheme.to_owned(),
                setting: CREDENTIAL.to_owned(),
            };
            outlet = outlet
                .authorisation(authorisation)
                .secret(CREDENTIAL, credential.value.clone());
        }
        outlet
            .build(&self.network)
            .map_err(|error| unusable(&error))
    }

    fn check(&self, what: &str, bytes: &[u8], digest: &str) -> Result<(), PullError> {
        let found = crate::sha256(bytes);
        if digest.strip_prefix("sha256:") == Some(found.as_str()) {
            return Ok(());
        }
        Err(self.wrong(format!(
            "does not match its digest: {what} has sha256 {found}, not {digest}"
        )))
    }

    fn error(&self, problem: Problem) -> PullError {
        PullError {
            reference: Box::new(self.reference.clone()),
            problem,
        }
    }

    /// An error about what the registry sent, which may repeat the login.
    fn wrong(&self, what: impl Into<String>) -> PullError {
        let mut what = what.into();
        if let Some(mask) = &self.login {
            what = String::from_utf8_lossy(&mask.mask(what.as_bytes())).into_owned();
        }
        self.error(Problem::Content(what))
    }

    fn refused(&self, what: &'static str, status: StatusCode) -> PullError {
        if status == StatusCode::NOT_FOUND && self.login.is_none() {
            return self.error(Problem::NotFound(what));
        }
        self.error(Problem::Refused { what, status })
    }

    /// The error when the login is not enough, or there is none.
    fn denied(&mut self) -> PullError {
        let problem = match self.login {
            Some(_) => Problem::LoginRefused,
            None => Problem::NeedsLogin(self.login_error.take()),
        };
        self.error(problem)
    }
}

/// Who named an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The operator: the origin may be private and unencrypted.
    Named,
    /// The registry: the origin must be public.
    Told,
}

fn is_denied(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// Whether an address is private without looking a name up: the connector checks where a name leads.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Resolves every name to this machine.
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
            ("http://blobs.example/1", "which does not use `https`"),
        ] {
            let url = Url::parse(place).unwrap();
            let origin = url.origin().ascii_serialization();
            for credential in [None, Some(&credential)] {
                let asking = pull.elsewhere(Request::get(place), &url, credential);
                let error = asking.await.unwrap_err();
                let words = format!("`{reference}` redirects or refers to `{origin}`, {why}");
                assert_eq!(error.to_string(), words);
                let help = error.help().unwrap();
                assert!(help.contains(&format!("--allow {origin}")), "{help}");
            }
        }
    }
}
