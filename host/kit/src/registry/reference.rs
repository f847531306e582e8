//! What an operator writes: where a component is, and where its registry may lead to.

use std::fmt;

use krabice_egress::HostEntry;
use url::Url;

/// The name of Docker Hub in a reference.
const DOCKER_HUB: &str = "docker.io";

/// Where a component is in a registry: `registry.example/acme/shop:1.2.0`, or
/// `registry.example/acme/shop@sha256:…`. Without either, the tag is `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The reference as the operator wrote it.
    text: String,
    parts: oci_spec::distribution::Reference,
    /// The registry's origin: `https`, and `http` only for this machine.
    pub(super) origin: String,
}

/// A reference that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a reference such as `registry.example/acme/shop:1.2.0`")]
pub struct ReferenceError(String);

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// It names no registry or no repository, or has a character that neither may have.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let wrong = || ReferenceError(text.to_owned());
        let parts: oci_spec::distribution::Reference = text.parse().map_err(|_| wrong())?;
        // The crate takes Docker Hub where no registry is written. Here that is a path of a file
        // that does not exist.
        let names_registry = text
            .strip_prefix(parts.registry())
            .is_some_and(|rest| rest.starts_with('/'));
        if !names_registry || !parts.digest().is_none_or(is_digest) {
            return Err(wrong());
        }
        let registry = parts.resolve_registry();
        let scheme = match registry.split(':').next() {
            Some("localhost" | "127.0.0.1") => "http",
            Some(_) | None => "https",
        };
        let url = Url::parse(&format!("{scheme}://{registry}")).map_err(|_| wrong())?;
        Ok(Reference {
            text: text.to_owned(),
            origin: url.origin().ascii_serialization(),
            parts,
        })
    }

    /// The registry as it is an argument of `docker login`.
    pub(super) fn registry(&self) -> &str {
        self.parts.registry()
    }

    /// The registry as it is a key of Docker's configuration.
    pub(super) fn docker_key(&self) -> &str {
        match self.registry() {
            DOCKER_HUB => "https://index.docker.io/v1/",
            registry => registry,
        }
    }

    pub(super) fn repository(&self) -> &str {
        self.parts.repository()
    }

    pub(super) fn digest(&self) -> Option<&str> {
        self.parts.digest()
    }

    /// The digest, else the tag.
    pub(super) fn version(&self) -> &str {
        let tag = self.parts.tag();
        self.digest().or(tag).unwrap_or("latest")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An origin that a registry may lead to although it is private or unencrypted, because the
/// operator says so: `https://blobs.intranet:9000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed(pub(super) String);

impl std::str::FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Allowed, String> {
        HostEntry::parse(text).map_err(|error| error.to_string())?;
        match Url::parse(text) {
            Ok(url) if !text.contains('*') => Ok(Allowed(url.origin().ascii_serialization())),
            _ => Err("name each host, without `*`".to_owned()),
        }
    }
}

/// Whether a text is a SHA-256 digest. Only a digest is made a part of a path.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_files_and_folders() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "registry.example/acme/shop",
            "registry.example/acme/shop:1.2.0",
            "127.0.0.1:5000/shop:latest",
            "localhost/shop",
            &format!("registry.example:5000/shop@{digest}"),
            &format!("registry.example/acme/tools/shop:1.2.0@{digest}"),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "shop",
            "plugins/shop",
            "registry.example/",
            "registry.example/../shop",
            "registry.example//shop",
            "registry.example/shop@sha256:12",
            "registry.example/shop@md5:12",
            "registry.example/shop:a b",
            "user@registry.example/shop",
            "https://registry.example/shop",
            "registry.example/Shop",
            "docker.io",
            "registry.example:99999/shop",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_asked_without_encryption() {
        let origin = |text: &str| Reference::parse(text).unwrap().origin;
        assert_eq!(origin("127.0.0.1:5000/shop"), "http://127.0.0.1:5000");
        assert_eq!(origin("registry.example/shop"), "https://registry.example");
        assert_eq!(origin("192.168.1.2:5000/shop"), "https://192.168.1.2:5000");
        assert_eq!(
            origin("registry.example:443/shop"),
            "https://registry.example"
        );
    }

    #[test]
    fn a_login_is_looked_up_as_docker_stores_it() {
        let key = |text: &str| Reference::parse(text).unwrap().docker_key().to_owned();
        assert_eq!(key("registry.example:5000/shop"), "registry.example:5000");
        assert_eq!(key("docker.io/acme/shop"), "https://index.docker.io/v1/");
    }

    #[test]
    fn what_is_allowed_is_an_origin() {
        let read = |text: &str| text.parse::<Allowed>().map(|allowed| allowed.0);
        assert_eq!(
            read("https://Blobs.Intranet:443").unwrap(),
            "https://blobs.intranet"
        );
        assert_eq!(
            read("http://127.0.0.1:9000").unwrap(),
            "http://127.0.0.1:9000"
        );
        for text in [
            "blobs.intranet",
            "https://*.intranet.example",
            "https://a/b",
            "ftp://a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
