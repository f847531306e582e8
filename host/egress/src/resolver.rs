//! Name resolution.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Resolves host names. A trait, so that a test can make a name change its address
/// between check and use.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// All addresses of a host name, in the order in which they should be
    /// tried.
    ///
    /// # Errors
    /// The name does not exist, or the name service does not answer.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's name service.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}
