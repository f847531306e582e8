//! Origins: scheme, host and port. A credential belongs to one, and the operator
//! allows private addresses by them.

use std::fmt;
use std::net::IpAddr;

use http::HeaderValue;
use url::{Host, Url};

/// A scheme that requests may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `http`, unencrypted.
    Http,
    /// `https`.
    Https,
}

impl Scheme {
    /// The scheme's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// Reads a scheme; `None` when it is neither `http` nor `https`.
    pub(crate) fn parse(name: &str) -> Option<Scheme> {
        match name {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ => None,
        }
    }
}

/// Scheme, host and port, normalised: the host is folded by IDNA, an IPv4 address is
/// recognised in every spelling, and the port is always present.
///
/// Its text is the beginning of a URL: `https://shop.example.com`, with the port
/// where it is not the default of the scheme.
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
    /// The origin of a URL; `None` when it is neither `http` nor `https`.
    pub(crate) fn of(url: &Url) -> Option<Origin> {
        Some(Origin {
            scheme: Scheme::parse(url.scheme())?,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// The IP address, when the host is one.
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

    /// The value of the header `Host`: the host, and the port where it is not the
    /// default of the scheme.
    pub(crate) fn host_header(&self) -> HeaderValue {
        let authority = if self.has_default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        };
        HeaderValue::try_from(authority).expect("a parsed host is visible ASCII")
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
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.has_default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}
