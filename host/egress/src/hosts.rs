//! Host entries: the hosts that a manifest names and those that the operator allows.
//!
//! | entry | allows |
//! |---|---|
//! | `https://api.example.com` | that host, port 443 |
//! | `http://api.example.com:8080` | that host, port 8080, unencrypted |
//! | `https://*.example.com` | any host below `example.com`, at any depth, port 443; not `example.com` itself |
//! | `https://192.0.2.7:444` | that address; a private one must also be allowed by the operator |
//! | no entry | nothing |

use url::{Host, Url};

use crate::origin::{Origin, Scheme};

/// One entry of a list of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostEntry {
    scheme: Scheme,
    hosts: HostPattern,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    /// This host alone.
    Exact(Host<String>),
    /// Every host below the suffix, which begins with a dot.
    Below(String),
}

/// The reason why an entry cannot be read; its text says what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostEntryError(&'static str);

impl HostEntry {
    /// Reads an entry: `scheme://host`, `scheme://host:port` or
    /// `scheme://*.suffix`, with `http` or `https`.
    ///
    /// # Errors
    /// The text is anything else, for example has a path, a query or a user name.
    ///
    /// ```
    /// use krabice_egress::HostEntry;
    ///
    /// assert!(HostEntry::parse("https://*.example.com").is_ok());
    /// assert!(HostEntry::parse("https://example.com/api").is_err());
    /// assert!(HostEntry::parse("*").is_err());
    /// ```
    pub fn parse(entry: &str) -> Result<HostEntry, HostEntryError> {
        let (scheme, rest) = entry
            .split_once("://")
            .and_then(|(scheme, rest)| Some((Scheme::parse(scheme)?, rest)))
            .ok_or(HostEntryError(
                "begin the entry with `https://` or `http://`",
            ))?;
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(HostEntryError(
                "end the entry after the host or the port: without `/`, path and query",
            ));
        }
        if rest.contains('@') {
            return Err(HostEntryError("remove the user name from the entry"));
        }
        // `url` drops some of these silently, so the entry would allow another host than it shows.
        if rest.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(HostEntryError(
                "remove spaces and control characters from the entry",
            ));
        }
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(suffix) => (true, suffix),
            None => (false, rest),
        };
        if rest.contains('*') {
            return Err(HostEntryError(
                "write `*` only before a suffix, as in `https://*.example.com`",
            ));
        }
        let url = Url::parse(&format!("{}://{rest}", scheme.as_str())).map_err(|_| {
            HostEntryError(
                "write a scheme, a host and, where it is another than the default, a port",
            )
        })?;
        let origin = Origin::of(&url).ok_or(HostEntryError("name a host in the entry"))?;
        let hosts = match origin.host {
            host if !below => HostPattern::Exact(host),
            Host::Domain(suffix) if suffix.trim_end_matches('.').contains('.') => {
                HostPattern::Below(format!(".{suffix}"))
            }
            Host::Domain(_) => {
                return Err(HostEntryError(
                    "write a suffix of at least two parts, such as `example.com`",
                ));
            }
            Host::Ipv4(_) | Host::Ipv6(_) => {
                return Err(HostEntryError(
                    "write `*.` only before a name, not before an address",
                ));
            }
        };
        Ok(HostEntry {
            scheme,
            hosts,
            port: origin.port,
        })
    }

    /// Whether the entry allows the origin.
    #[must_use]
    pub fn allows(&self, origin: &Origin) -> bool {
        self.scheme == origin.scheme
            && self.port == origin.port
            && match (&self.hosts, &origin.host) {
                (HostPattern::Exact(allowed), host) => allowed == host,
                (HostPattern::Below(suffix), Host::Domain(name)) => {
                    name.len() > suffix.len() && name.ends_with(suffix.as_str())
                }
                (HostPattern::Below(_), _) => false,
            }
    }

    /// The single origin that the entry allows; `None` for a suffix.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        match &self.hosts {
            HostPattern::Exact(host) => Some(Origin {
                scheme: self.scheme,
                host: host.clone(),
                port: self.port,
            }),
            HostPattern::Below(_) => None,
        }
    }

    /// Whether this entry allows everything that `other` allows.
    pub(crate) fn covers(&self, other: &HostEntry) -> bool {
        self == other
            || other.origin().is_some_and(|origin| self.allows(&origin))
            || matches!((&self.hosts, &other.hosts), (HostPattern::Below(suffix), HostPattern::Below(longer))
                if self.scheme == other.scheme && self.port == other.port && longer.ends_with(suffix.as_str()))
    }
}
