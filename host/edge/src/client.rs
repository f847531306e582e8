//! The client of a request: its address, as far as it can be trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

use http::HeaderMap;
use ipnet::IpNet;

/// The address of a request's client. Behind trusted proxies it is the last one in `X-Forwarded-For`
/// that is not such a proxy; the client could have written the entries before it, in any form. An entry
/// may have a port. One that a proxy wrote and that is no address is named in the log, once: then the
/// proxy's own address counts, for all of its clients.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut address = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter();
    // Bytes, because a client may have written what is no text.
    let mut forwarded: Vec<&[u8]> = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .collect();
    while is_trusted(address) {
        let Some(previous) = forwarded.pop() else {
            break;
        };
        let Some(previous) = entry(previous) else {
            UNREADABLE.call_once(|| {
                tracing::warn!(
                    proxy = %address,
                    "an entry of X-Forwarded-For that a trusted proxy wrote is no address: its clients count as one"
                );
            });
            break;
        };
        address = previous.to_canonical();
    }
    address
}

/// Whether the log has named an entry that cannot be read.
static UNREADABLE: Once = Once::new();

/// The address of an entry: `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` or
/// `[2001:db8::1]:4711`.
fn entry(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let bracketed = text.strip_prefix('[')?.strip_suffix(']')?;
    bracketed.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append("x-forwarded-for", value);
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let found = client_address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found.to_string(), expected);
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        check("203.0.113.7", &[], "203.0.113.7");
        check("203.0.113.7", &["198.51.100.1"], "203.0.113.7");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check(
            "10.0.0.1",
            &["1.2.3.4, 198.51.100.1", "10.0.0.2"],
            "198.51.100.1",
        );
        check("10.0.0.1", &["nonsense"], "10.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
        check("fd00::1", &["2001:db8::5"], "2001:db8::5");
    }

    #[test]
    fn what_a_client_wrote_before_the_proxys_entry_hides_nothing_and_an_entry_may_have_a_port() {
        check("10.0.0.1", &["\u{e9}, 203.0.113.9"], "203.0.113.9");
        check("10.0.0.1", &["\u{e9}", "203.0.113.9"], "203.0.113.9");
        check("10.0.0.1", &["1.2.3.4:x, , 203.0.113.9\t"], "203.0.113.9");
        check("10.0.0.1", &["203.0.113.10:4711"], "203.0.113.10");
        check(
            "10.0.0.1",
            &["203.0.113.10:4711, 10.0.0.2:80"],
            "203.0.113.10",
        );
        check("10.0.0.1", &["[2001:db8::9]:4711"], "2001:db8::9");
        check("10.0.0.1", &["[2001:db8::9]"], "2001:db8::9");
        check("10.0.0.1", &["[::ffff:203.0.113.9]:1"], "203.0.113.9");
        // What the proxy itself wrote cannot be read: it is believed no further.
        check("10.0.0.1", &["203.0.113.9, \u{e9}"], "10.0.0.1");
        check("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1");
        check("10.0.0.1", &["[203.0.113.9]"], "10.0.0.1");
    }
}
