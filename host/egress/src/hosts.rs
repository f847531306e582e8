//! Host entries: which hosts a plugin asks for, and which the operator allows.
//!
//! | entry | what it allows |
//! |---|---|
//! | `https://api.example.com` | that host, port 443 |
//! | `http://api.example.com:8080` | that host, port 8080, unencrypted |
//! | `https://*.example.com` | any host below `example.com`, at any depth, port 443; not `example.com` itself |
//! | `https://192.0.2.7:444` | that address; a private one needs the operator's grant besides |
//! | no entry | nothing |

use url::{Host, Url};

use crate::origin::{Origin, Scheme};

/// One entry of a list of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostEntry {
    scheme: Scheme,
    hosts: Hosts,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    /// That one.
    One(Host<String>),
    /// Any below the suffix, which begins with its dot.
    Below(String),
}

/// Why an entry cannot be read; its text says what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostEntryError(&'static str);

impl HostEntry {
    /// Reads an entry: `scheme://host`, `scheme://host:port` or
    /// `scheme://*.suffix`, with `http` or `https`.
    ///
    /// # Errors
    /// When it is anything else, a path, a query or a user name included.
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
            .and_then(|(scheme, rest)| Some((Scheme::named(scheme)?, rest)))
            .ok_or(HostEntryError(
                "an entry begins with `https://` or `http://`",
            ))?;
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(HostEntryError(
                "an entry ends with the host or the port: no `/`, no path, no query",
            ));
        }
        if rest.contains('@') {
            return Err(HostEntryError("an entry has no user name"));
        }
        // `url` drops some of these silently, so an entry would not mean what it shows.
        if rest.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(HostEntryError(
                "an entry has no spaces and no control characters",
            ));
        }
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(suffix) => (true, suffix),
            None => (false, rest),
        };
        if rest.contains('*') {
            return Err(HostEntryError(
                "`*` stands for what is before a suffix, as in `https://*.example.com`",
            ));
        }
        let url = Url::parse(&format!("{}://{rest}", scheme.word()))
            .map_err(|_| HostEntryError("an entry is a scheme, a host and perhaps a port"))?;
        let origin = Origin::of(&url).ok_or(HostEntryError("an entry names a host"))?;
        let hosts = match origin.host {
            host if !below => Hosts::One(host),
            Host::Domain(suffix) if suffix.trim_end_matches('.').contains('.') => {
                Hosts::Below(format!(".{suffix}"))
            }
            Host::Domain(_) => {
                return Err(HostEntryError(
                    "a suffix has at least two parts, as `example.com` has",
                ));
            }
            _ => {
                return Err(HostEntryError(
                    "`*.` stands before a name, not before an address",
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
                (Hosts::One(allowed), host) => allowed == host,
                (Hosts::Below(suffix), Host::Domain(name)) => {
                    name.len() > suffix.len() && name.ends_with(suffix.as_str())
                }
                (Hosts::Below(_), _) => false,
            }
    }

    /// The one origin that the entry allows; None for a suffix.
    pub(crate) fn origin(&self) -> Option<Origin> {
        match &self.hosts {
            Hosts::One(host) => Some(Origin {
                scheme: self.scheme,
                host: host.clone(),
                port: self.port,
            }),
            Hosts::Below(_) => None,
        }
    }

    /// Whether everything that `other` allows is allowed by this entry, too.
    pub(crate) fn covers(&self, other: &HostEntry) -> bool {
        self == other
            || other.origin().is_some_and(|origin| self.allows(&origin))
            || matches!((&self.hosts, &other.hosts), (Hosts::Below(suffix), Hosts::Below(longer))
                if self.scheme == other.scheme && self.port == other.port && longer.ends_with(suffix.as_str()))
    }
}
