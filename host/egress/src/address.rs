//! The reach of IP addresses: public, private, or never allowed.
//!
//! A host name does not show where a request ends: a public name may resolve to a
//! private address, and may do so only on the second look-up (DNS rebinding). So
//! every address is judged right before a socket is opened to it, and the socket is
//! opened to that same address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The reach of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// An address of the public internet.
    Public,
    /// A loopback address: this machine. The operator may allow it.
    Loopback,
    /// An address of a private network. The operator may allow it.
    Private(&'static str),
    /// An address that nobody can allow: a metadata service of a cloud, or one that
    /// no server has.
    Never(&'static str),
}

impl Reach {
    /// Judges an address.
    ///
    /// ```
    /// use krabice_egress::Reach;
    ///
    /// assert_eq!(Reach::of("93.184.215.14".parse().unwrap()), Reach::Public);
    /// assert_eq!(Reach::of("::ffff:127.0.0.1".parse().unwrap()), Reach::Loopback);
    /// assert!(matches!(Reach::of("169.254.169.254".parse().unwrap()), Reach::Never(_)));
    /// ```
    #[must_use]
    pub fn of(address: IpAddr) -> Reach {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// The kind of address as an adjective, such as `link-local`.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Reach::Public => "public",
            Reach::Loopback => "loopback",
            Reach::Private(kind) | Reach::Never(kind) => kind,
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

/// Networks of IPv4; the first one that contains the address decides. Sources: the
/// IANA IPv4 Special-Purpose Address Registry; for metadata services, the pages of
/// the cloud vendors.
const V4: &[(Ipv4Net, Reach)] = &[
    (v4(169, 254, 169, 254, 32), Reach::Never("metadata service")),
    (v4(169, 254, 170, 2, 32), Reach::Never("metadata service")), // Amazon ECS
    (v4(100, 100, 100, 200, 32), Reach::Never("metadata service")), // Alibaba Cloud
    (v4(192, 0, 0, 192, 32), Reach::Never("metadata service")),   // Oracle Cloud
    (v4(168, 63, 129, 16, 32), Reach::Never("metadata service")), // Azure, a public address
    (v4(0, 0, 0, 0, 8), Reach::Never("unspecified")),
    (v4(10, 0, 0, 0, 8), Reach::Private("private")),
    (v4(100, 64, 0, 0, 10), Reach::Private("carrier's shared")),
    (v4(127, 0, 0, 0, 8), Reach::Loopback),
    (v4(169, 254, 0, 0, 16), Reach::Never("link-local")),
    (v4(172, 16, 0, 0, 12), Reach::Private("private")),
    (v4(192, 0, 0, 0, 24), Reach::Never("protocol assignment")),
    (v4(192, 0, 2, 0, 24), Reach::Never("documentation")),
    (v4(192, 31, 196, 0, 24), Reach::Never("AS112")),
    (v4(192, 52, 193, 0, 24), Reach::Never("multicast relay")),
    (v4(192, 88, 99, 0, 24), Reach::Never("6to4 relay")),
    (v4(192, 168, 0, 0, 16), Reach::Private("private")),
    (v4(192, 175, 48, 0, 24), Reach::Never("AS112")),
    (v4(198, 18, 0, 0, 15), Reach::Private("benchmark")),
    (v4(198, 51, 100, 0, 24), Reach::Never("documentation")),
    (v4(203, 0, 113, 0, 24), Reach::Never("documentation")),
    (v4(224, 0, 0, 0, 4), Reach::Never("multicast")),
    (v4(240, 0, 0, 0, 4), Reach::Never("reserved or broadcast")),
];

const fn v6(a: u16, b: u16, c: u16, d: u16, last: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, last), bits)
}

/// Networks of IPv6, in the order of [`V4`], from the IANA IPv6 Special-Purpose
/// Address Registry. Everything else outside 2000::/3, the only global unicast
/// block, is refused.
const V6: &[(Ipv6Net, Reach)] = &[
    (
        v6(0xfd00, 0xec2, 0, 0, 0x254, 128),
        Reach::Never("metadata service"),
    ), // Amazon EC2
    (
        v6(0xfd20, 0xce, 0, 0, 0x254, 128),
        Reach::Never("metadata service"),
    ), // Google Cloud
    (v6(0, 0, 0, 0, 1, 128), Reach::Loopback),
    (
        v6(0, 0, 0, 0, 0, 96),
        Reach::Never("unspecified or IPv4-compatible"),
    ),
    (v6(0x64, 0xff9b, 1, 0, 0, 48), Reach::Never("local NAT64")),
    (v6(0x2001, 0, 0, 0, 0, 32), Reach::Never("Teredo")),
    (
        v6(0x2001, 0, 0, 0, 0, 23),
        Reach::Never("protocol assignment"),
    ),
    (
        v6(0x2001, 0xdb8, 0, 0, 0, 32),
        Reach::Never("documentation"),
    ),
    (v6(0x2002, 0, 0, 0, 0, 16), Reach::Never("6to4")),
    (v6(0x2620, 0x4f, 0x8000, 0, 0, 48), Reach::Never("AS112")),
    (v6(0x3fff, 0, 0, 0, 0, 20), Reach::Never("documentation")),
    (v6(0x2000, 0, 0, 0, 0, 3), Reach::Public),
    (v6(0xfc00, 0, 0, 0, 0, 7), Reach::Private("unique local")),
    (v6(0xfe80, 0, 0, 0, 0, 10), Reach::Never("link-local")),
    (v6(0xff00, 0, 0, 0, 0, 8), Reach::Never("multicast")),
    (v6(0, 0, 0, 0, 0, 0), Reach::Never("reserved")),
];

/// The well-known prefix of NAT64 (RFC 6052): the packet goes to the IPv4 address
/// in the last four bytes.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 0, 0, 96);

fn of_v4(address: Ipv4Addr) -> Reach {
    V4.iter()
        .find(|(network, _)| network.contains(&address))
        .map_or(Reach::Public, |(_, reach)| *reach)
}

fn of_v6(address: Ipv6Addr) -> Reach {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return of_v4(mapped);
    }
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return of_v4(Ipv4Addr::new(a, b, c, d));
    }
    V6.iter()
        .find(|(network, _)| network.contains(&address))
        .map_or(Reach::Never("reserved"), |(_, reach)| *reach)
}
