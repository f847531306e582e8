//! Scheme, host and port: what a credential belongs to and a grant is for.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The schemes that exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `http`, unencrypted.
    Http,
    /// `https`.
    Https,
}

impl Scheme {
    /// The scheme as it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The scheme of that name.
    pub(crate) fn named(name: &str) -> Option<Scheme> {
        match name {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ => None,
        }
    }
}

/// Scheme, host and port, normalised: the host folded by IDNA, an IPv4 address
/// in whatever spelling made a proper one, the port always there.
///
/// Its text is that of a URL: `https://shop.example.com`, with the port where
/// it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host.
    pub host: Host<String>,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// The origin of a URL; None when it is neither `http` nor `https`.
    pub(crate) fn of(url: &Url) -> Option<Origin> {
        Some(Origin {
            scheme: Scheme::named(url.scheme())?,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// The address, when the host is one.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// Whether the host is a name for this machine (RFC 6761, section 6.3).
    pub(crate) fn is_localhost(&self) -> bool {
        matches!(&self.host, Host::Domain(name) if name == "localhost" || name.ends_with(".localhost"))
    }

    /// Host, and port where it is not the scheme's own: what `Host` carries.
    pub(crate) fn authority(&self) -> String {
        if self.has_default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn has_default_port(&self) -> bool {
        self.port
            == match self.scheme {
                Scheme::Http => 80,
                Scheme::Https => 443,
            }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.word(), self.host)?;
        if self.has_default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}
