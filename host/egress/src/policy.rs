//! The first layer: which names a request may go to, and as what.
//!
//! Plain values: nothing here resolves, connects or waits. The second layer,
//! the addresses behind the names, is in [`crate::address`] and is asked by the
//! connector for every socket.

use std::sync::Arc;

use http::HeaderValue;
use http::uri::PathAndQuery;
use url::Url;

use crate::address::Reach;
use crate::base_url::{BaseUrl, has_user, path_problem, written_path};
use crate::hosts::HostEntry;
use crate::origin::{Origin, Scheme};
use crate::{Refusal, Rule};

/// The authority under which a plugin writes its connection's address, for
/// doors that know only absolute addresses: `http://connection.internal/…`.
pub const CONNECTION_AUTHORITY: &str = "connection.internal";

/// What one plugin may reach over one connection.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    base: Option<Arc<BaseUrl>>,
    hosts: Vec<HostEntry>,
    narrowed: Option<Vec<HostEntry>>,
    grants: Vec<Origin>,
}

/// Where a permitted request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose address it is.
    pub destination: Destination,
    /// Path and query, ready to be sent.
    pub path: PathAndQuery,
}

/// Whose address a request goes to, and so as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the connection's own address, with its credential.
    Own(Arc<BaseUrl>),
    /// To a host that the manifest names, without a credential.
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

    /// The host as records have it.
    pub(crate) fn host(&self) -> Arc<str> {
        match self {
            Destination::Own(base) => Arc::clone(base.host()),
            Destination::Named(origin) => origin.host.to_string().into(),
        }
    }

    /// What `Host` carries.
    pub(crate) fn host_header(&self) -> Option<HeaderValue> {
        match self {
            Destination::Own(base) => Some(base.host_header().clone()),
            Destination::Named(origin) => HeaderValue::try_from(origin.authority()).ok(),
        }
    }
}

/// What to do with an answer that points elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// Ask there.
    Follow(Target),
    /// The plugin gets the answer as it is: it points to where the rules do not
    /// lead, which is no fault of the plugin's, and where to may be the news.
    Return,
    /// The answer points into a private network.
    Refuse(Refusal),
}

impl Policy {
    /// What a plugin may reach: its connection's own address, the hosts that its
    /// manifest names, and of those only the ones that the operator lists, if
    /// he lists any. Nothing given: nothing.
    ///
    /// `grants` are private places that the operator wrote down besides the
    /// connection's address.
    #[must_use]
    pub fn new(
        base: Option<BaseUrl>,
        hosts: Vec<HostEntry>,
        narrowed: Option<Vec<HostEntry>>,
        mut grants: Vec<Origin>,
    ) -> Self {
        // An address that is private to look at was written down as such. A
        // name was not: who holds the name chooses where it leads.
        if let Some(base) = &base
            && (base.origin().literal().is_some() || base.origin().is_localhost())
        {
            grants.push(base.origin().clone());
        }
        Policy {
            base: base.map(Arc::new),
            hosts,
            narrowed,
            grants,
        }
    }

    /// The connection's own address.
    #[must_use]
    pub fn base(&self) -> Option<&BaseUrl> {
        self.base.as_deref()
    }

    pub(crate) fn own_destination(&self) -> Option<Destination> {
        self.base
            .as_ref()
            .map(|base| Destination::Own(Arc::clone(base)))
    }

    /// Judges what a plugin wrote: a path below its connection's address, the
    /// same under the reserved authority, or an absolute address.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn judge(&self, written: &str) -> Result<Target, Refusal> {
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

    /// Judges where an answer points: the `Location` that came from a target.
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
            // Another host does not choose what is asked with the credential.
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
                        "an answer of `{}` leads to `{origin}`, which is not public",
                        from.destination.origin()
                    ),
                ))
            }
            Err(_) => Redirect::Return,
        }
    }

    /// Whether a socket to `origin` may be opened at `address`.
    ///
    /// # Errors
    /// When the address is not public and the operator did not write the origin
    /// down, or when nothing opens it.
    pub fn admit(&self, origin: &Origin, address: std::net::IpAddr) -> Result<(), Refusal> {
        let reach = Reach::of(address);
        let granted = match reach {
            Reach::Public => true,
            Reach::Never(_) => false,
            Reach::Loopback => self.grants.contains(origin),
            // The name `localhost` means this machine and nothing else.
            Reach::Private(_) => self.grants.contains(origin) && !origin.is_localhost(),
        };
        if granted {
            return Ok(());
        }
        let detail = match (reach, origin.literal()) {
            (Reach::Never(_), _) => format!("`{origin}` stands at a {} address", reach.words()),
            (_, Some(_)) => format!(
                "`{origin}` is a {} address that no connection names",
                reach.words()
            ),
            (_, None) => format!(
                "`{origin}` stands at the {} address {address}; if it is meant to, the connection needs `allow = [\"{origin}\"]` under `network`",
                reach.words()
            ),
        };
        Err(Refusal::new(Rule::Address, detail))
    }

    fn own(&self, path: &str) -> Result<Target, Refusal> {
        let base = self.base.as_ref().ok_or_else(|| {
            Refusal::new(
                Rule::Host,
                "the plugin asks for its connection's address and has no connection",
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
            http::uri::PathAndQuery::try_from(
                &url[url::Position::BeforePath..url::Position::AfterQuery],
            )
            .map_err(|_| Refusal::new(Rule::Url, "the address has characters that no address has"))
        };
        if let Some(problem) = path_problem(url.path()) {
            return Err(problem);
        }
        let own = self.base.as_ref().filter(|base| *base.origin() == origin);
        if let Some(base) = own.filter(|base| base.holds(url.path())) {
            return Ok(Target {
                path: path()?,
                destination: Destination::Own(Arc::clone(base)),
            });
        }
        let named = self.hosts.iter().any(|entry| entry.allows(&origin))
            && self
                .narrowed
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

/// The path of an address under the reserved authority, in its usual spelling.
fn reserved_path(written: &str) -> Option<&str> {
    let rest = written
        .strip_prefix("http://")
        .or_else(|| written.strip_prefix("https://"))?;
    let path = rest.strip_prefix(CONNECTION_AUTHORITY)?;
    (path.is_empty() || path.starts_with(['/', '?'])).then_some(path)
}

/// Whether it begins with a scheme: letters, digits and `+-.` before `://`; or
/// is what some readers take for an address, as `https:host` is.
fn is_absolute(written: &str) -> bool {
    let Some((scheme, rest)) = written.split_once(':') else {
        return false;
    };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    named && (rest.starts_with("//") || Scheme::named(&scheme.to_ascii_lowercase()).is_some())
}

/// Whether an origin is private to look at, without asking the name service:
/// such an answer is an attempt to look into a network.
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
