//! Checks the shop's address before anything is sent: the first request is the login, which carries
//! the password.

use std::net::IpAddr;

use krabice_plugin::Failure;

/// The address without a slash at its end.
///
/// The host refuses an unencrypted address that the operator did not allow. No shop of the vendor
/// needs that, so that here only an address of this machine, such as an emulator's, may be
/// unencrypted.
///
/// # Errors
/// The address does not begin with `https://`, or has a path: the host logs in at
/// `webapi/rest/auth` below it.
pub(crate) fn origin(address: &str) -> Result<&str, Failure> {
    let refused = |what: &str| Err(Failure::invalid_parameter("address", what));
    let address = address.trim_end_matches('/');
    let Some((scheme, host)) = address.split_once("://") else {
        return refused("the connection's address does not begin with `https://`");
    };
    if host.contains(['/', '?', '#']) {
        return refused(
            "the connection's address has a path: give the shop's own, such as \
             `https://sklep.example`, without `/webapi/rest`",
        );
    }
    if scheme.eq_ignore_ascii_case("https") || is_this_machine(host) {
        return Ok(address);
    }
    refused(
        "the connection's address does not begin with `https://`, so the password would travel \
         unencrypted",
    )
}

/// Whether a host, with or without a port, is a loopback address or `localhost`.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    name.is_some_and(|name| {
        name.eq_ignore_ascii_case("localhost")
            || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_address_is_accepted_without_its_last_slash() {
        for address in [
            "https://sklep.example",
            "https://sklep.example/",
            "HTTPS://sklep.example:8443",
        ] {
            assert_eq!(origin(address), Ok(address.trim_end_matches('/')));
        }
    }

    #[test]
    fn only_this_machine_may_have_an_unencrypted_address() {
        for host in ["127.0.0.1:8080", "127.9.9.9", "[::1]:80", "localhost:80"] {
            assert!(origin(&format!("http://{host}")).is_ok(), "{host}");
        }
        for host in [
            "sklep.example",
            "127.0.0.1.sklep.example",
            "localhost.sklep.example",
            "10.0.0.1",
            "[2001:db8::1]",
            "127.0.0.1@sklep.example",
        ] {
            assert!(origin(&format!("http://{host}")).is_err(), "{host}");
        }
    }

    #[test]
    fn an_address_with_a_path_is_refused() {
        for address in [
            "https://sklep.example/webapi/rest",
            "https://sklep.example/webapi/rest/",
            "https://sklep.example/?a",
            "sklep.example",
        ] {
            assert!(origin(address).is_err(), "{address}");
        }
    }
}
