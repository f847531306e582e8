//! The policy: which hosts and paths a plugin may reach, and with which credential.
//!
//! The threat is a plugin, or an answer of a back end, that sends a request to the
//! operator's own network, or sends the credential to another host. The first layer
//! judges names and paths as plain values: nothing here resolves, connects or waits.
//! The second layer judges the IP addresses behind the names: the connector calls
//! [`Policy::admit`] for every socket.

use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use url::Url;

use crate::address::Reach;
use crate::base_url::{BaseUrl, has_user, written_path};
use crate::error::{Refusal, Rule};
use crate::hosts::HostEntry;
use crate::origin::{Origin, Scheme};
use crate::path::{length_problem, path_problem, unreadable};

/// The reserved authority that stands for the connection's address, for interfaces
/// that know only absolute addresses: `http://connection.internal/…`.
pub const CONNECTION_AUTHORITY: &str = "connection.internal";

/// The policy of one plugin and one connection.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    base: Option<Arc<BaseUrl>>,
    /// The hosts that the manifest names.
    hosts: Vec<HostEntry>,
    /// Those of the manifest's hosts that the operator allows; `None` for all.
    allowed_hosts: Option<Vec<HostEntry>>,
    /// The origins that may have a private address.
    private_origins: Vec<Origin>,
}

/// The target of a permitted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Scheme, host and port, and whether the credential may go there.
    pub destination: Destination,
    /// Path and query, ready to be sent.
    pub path: PathAndQuery,
}

/// The host that a request goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The connection's own address. The request carries the credential.
    Own(Arc<BaseUrl>),
    /// Another host that the manifest names. The request carries no credential.
    Named(Origin),
}

impl Destination {
    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        match self {
            Destination::Own(base) => base.origin(),
            Destination::Named(origin) => origin,
        }
    }

    /// The host as text, for records.
    pub(crate) fn host(&self) -> Arc<str> {
        match self {
            Destination::Own(base) => Arc::clone(base.host()),
            Destination::Named(origin) => origin.host.to_string().into(),
        }
    }

    /// The value of the header `Host`.
    pub(crate) fn host_header(&self) -> HeaderValue {
        match self {
            Destination::Own(base) => base.host_header().clone(),
            Destination::Named(origin) => origin.host_header(),
        }
    }
}

/// The decision about a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// The request is sent to the new target.
    Follow(Target),
    /// The plugin gets the redirect itself. The rules do not allow its target, which
    /// is not the plugin's fault, and the target may be what the plugin asked for.
    Return,
    /// The redirect leads into a private network, so the call is forbidden.
    Refuse(Refusal),
}

impl Policy {
    /// Makes the policy that allows the connection's own address and the hosts that the
    /// manifest names; of these, only `allowed_hosts`, if the operator lists any.
    ///
    /// `private_origins` may have a private address because the operator allows it. An
    /// own address that is visibly private, such as `10.0.0.5`, is allowed without that.
    #[must_use]
    pub fn new(
        base: Option<BaseUrl>,
        hosts: Vec<HostEntry>,
        allowed_hosts: Option<Vec<HostEntry>>,
        mut private_origins: Vec<Origin>,
    ) -> Self {
        // The operator who wrote a private IP address meant it. A host name is different:
        // its owner chooses the address.
        if let Some(base) = &base
            && (base.origin().literal().is_some() || base.origin().is_localhost())
        {
            private_origins.push(base.origin().clone());
        }
        Policy {
            base: base.map(Arc::new),
            hosts,
            allowed_hosts,
            private_origins,
        }
    }

    /// The connection's own address.
    #[must_use]
    pub fn base(&self) -> Option<&BaseUrl> {
        self.base.as_deref()
    }

    /// Judges the address that a plugin wrote: a path below its connection's address,
    /// the same under the reserved authority, or an absolute address.
    ///
    /// # Errors
    /// The refusal, when the address breaks a rule.
    pub fn judge(&self, written: &str) -> Result<Target, Refusal> {
        if let Some(problem) = length_problem(written) {
            return Err(problem);
        }
        if let Some(path) = reserved_path(written) {
            return self.own(path);
        }
        if !is_absolute(written) {
            return self.own(written);
        }
        let beyond_path = written.find(['?', '#']).unwrap_or(written.len());
        if written.contains(|c: char| c.is_control() || c == ' ')
            || written[..beyond_path].contains('\\')
        {
            return Err(Refusal::new(
                Rule::Url,
                "the address has a space, a backslash or a control character",
            ));
        }
        if !written.contains("://") {
            return Err(Refusal::new(
                Rule::Url,
                "the address has no `//` after its scheme",
            ));
        }
        if has_user(written) {
            return Err(Refusal::new(Rule::Url, "the address has a user name"));
        }
        if let Some(problem) = path_problem(written_path(written)) {
            return Err(problem);
        }
        let url = Url::parse(written)
            .map_err(|_| Refusal::new(Rule::Url, "the address cannot be read"))?;
        if url.fragment().is_some() {
            return Err(Refusal::new(Rule::Url, "the address has a fragment"));
        }
        let origin = Origin::of(&url)
            .ok_or_else(|| Refusal::new(Rule::Url, "the address is neither `http` nor `https`"))?;
        if url.host_str() == Some(CONNECTION_AUTHORITY) && url.port().is_none() {
            return self.own(&url[url::Position::BeforePath..]);
        }
        self.absolute(&url, origin)
    }

    /// Judges a redirect: the header `Location` in an answer of the target `from`.
    #[must_use]
    pub fn redirect(&self, from: &Target, location: &HeaderValue) -> Redirect {
        let Some(url) = self.resolve(from, location) else {
            return Redirect::Return;
        };
        let Some(origin) = Origin::of(&url) else {
            return Redirect::Return;
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Redirect::Return;
        }
        let downgrade =
            from.destination.origin().scheme == Scheme::Https && origin.scheme == Scheme::Http;
        match self.absolute(&url, origin.clone()) {
            Ok(_) if downgrade => Redirect::Return,
            // Another host must not choose a request that carries the credential.
            Ok(target)
                if matches!(target.destination, Destination::Own(_))
                    && matches!(from.destination, Destination::Named(_)) =>
            {
                Redirect::Return
            }
            Ok(target) => Redirect::Follow(target),
            Err(refusal) if refusal.rule == Rule::Host && looks_private(&origin) => {
                Redirect::Refuse(Refusal::new(
                    Rule::Address,
                    format!(
                        "an answer of `{}` redirects to `{origin}`, which is not public",
                        from.destination.origin()
                    ),
                ))
            }
            Err(_) => Redirect::Return,
        }
    }

    /// Checks that a socket to `origin` may be opened at `address`.
    ///
    /// # Errors
    /// The address is private and the operator did not allow the origin, or it is an
    /// address that nobody can allow.
    pub fn admit(&self, origin: &Origin, address: std::net::IpAddr) -> Result<(), Refusal> {
        let reach = Reach::of(address);
        let allowed = match reach {
            Reach::Public => true,
            Reach::Never(_) => false,
            Reach::Loopback => self.private_origins.contains(origin),
            // The name `localhost` means this machine and never another one.
            Reach::Private(_) => self.private_origins.contains(origin) && !origin.is_localhost(),
        };
        if allowed {
            return Ok(());
        }
        let detail = match (reach, origin.literal()) {
            (Reach::Never(_), _) => format!("`{origin}` has a {} address", reach.description()),
            (_, Some(_)) => format!(
                "`{origin}` is a {} address that no connection names",
                reach.description()
            ),
            (_, None) => format!(
                "`{origin}` has the {} address {address}; if that is intended, add `allow = [\"{origin}\"]` under `network` of the connection",
                reach.description()
            ),
        };
        Err(Refusal::new(Rule::Address, detail))
    }

    fn own(&self, path: &str) -> Result<Target, Refusal> {
        let base = self.base.as_ref().ok_or_else(|| {
            Refusal::new(
                Rule::Host,
                "the plugin wrote a path below its connection's address and has no connection",
            )
        })?;
        Ok(Target {
            path: base.below(path)?,
            destination: Destination::Own(Arc::clone(base)),
        })
    }

    /// Judges a normalised address.
    fn absolute(&self, url: &Url, origin: Origin) -> Result<Target, Refusal> {
        let path = || {
            PathAndQuery::try_from(&url[url::Position::BeforePath..url::Position::AfterQuery])
                .map_err(|_| unreadable())
        };
        if let Some(problem) = path_problem(url.path()) {
            return Err(problem);
        }
        let own = self.base.as_ref().filter(|base| *base.origin() == origin);
        if let Some(base) = own.filter(|base| base.contains(url.path())) {
            return Ok(Target {
                path: path()?,
                destination: Destination::Own(Arc::clone(base)),
            });
        }
        let named = self.hosts.iter().any(|entry| entry.allows(&origin))
            && self
                .allowed_hosts
                .as_ref()
                .is_none_or(|entries| entries.iter().any(|entry| entry.allows(&origin)));
        if named {
            return Ok(Target {
                path: path()?,
                destination: Destination::Named(origin),
            });
        }
        if own.is_some() {
            return Err(Refusal::new(
                Rule::Path,
                "the path is not below the connection's address",
            ));
        }
        Err(Refusal::new(
            Rule::Host,
            format!(
                "`{origin}` is neither the connection's address nor a host that the manifest names"
            ),
        ))
    }

    fn resolve(&self, from: &Target, location: &HeaderValue) -> Option<Url> {
        let mut url = Url::parse(&from.destination.origin().to_string()).ok()?;
        url.set_path(from.path.path());
        url.set_query(from.path.query());
        let mut url = url
            .join(std::str::from_utf8(location.as_bytes()).ok()?)
            .ok()?;
        url.set_fragment(None);
        Some(url)
    }
}

/// The path of an address that has the reserved authority in its usual spelling.
fn reserved_path(written: &str) -> Option<&str> {
    let rest = written
        .strip_prefix("http://")
        .or_else(|| written.strip_prefix("https://"))?;
    let path = rest.strip_prefix(CONNECTION_AUTHORITY)?;
    (path.is_empty() || path.starts_with(['/', '?'])).then_some(path)
}

/// Whether a text begins with a scheme (letters, digits and `+-.`) and `://`, or is
/// something that some parsers read as an absolute address, such as `https:host`.
fn is_absolute(written: &str) -> bool {
    let Some((scheme, rest)) = written.split_once(':') else {
        return false;
    };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    named && (rest.starts_with("//") || Scheme::parse(&scheme.to_ascii_lowercase()).is_some())
}

/// Whether an origin is visibly private, without a look-up of its name. A redirect to
/// such an origin is an attempt to reach into a network.
fn looks_private(origin: &Origin) -> bool {
    match (&origin.host, origin.literal()) {
        (_, Some(address)) => Reach::of(address) != Reach::Public,
        (url::Host::Domain(name), None) => {
            let name = name.trim_end_matches('.');
            // RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of `internal`.
            !name.contains('.')
                || [".localhost", ".local", ".internal", ".home.arpa"]
                    .iter()
                    .any(|suffix| name.ends_with(suffix))
        }
        _ => false,
    }
}
