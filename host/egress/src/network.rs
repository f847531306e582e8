//! What the whole process shares on its way out.

use std::sync::Arc;

use krabice_scenario::Manifest;

use crate::{Connection, ConnectionProblem, Outlet, Resolver, Rules, SystemResolver};

/// The network as this process may use it: name service, TLS, limits for all
/// connections together. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    rules: Rules,
    resolver: Arc<dyn Resolver>,
}

impl Network {
    /// Starts a network with the defaults.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder {
            rules: Rules::default(),
            resolver: Arc::new(SystemResolver),
        }
    }

    /// Makes the way out for a plugin and one of its connections. Keep it as
    /// long as the plugin is loaded: it holds the pool, the permits, the rate
    /// limit and the credentials.
    ///
    /// # Errors
    /// Everything that is wrong with the connection for this plugin.
    pub fn outlet(
        &self,
        manifest: &Manifest,
        connection: Option<&Connection>,
    ) -> Result<Arc<Outlet>, Vec<ConnectionProblem>> {
        let _ = (&self.rules, &self.resolver, manifest, connection);
        Ok(Arc::new(Outlet::new()))
    }
}

/// Makes a [`Network`].
pub struct NetworkBuilder {
    rules: Rules,
    resolver: Arc<dyn Resolver>,
}

impl NetworkBuilder {
    /// The rules of connections that say nothing else.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Another name service.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// The network.
    #[must_use]
    pub fn build(self) -> Network {
        Network {
            rules: self.rules,
            resolver: self.resolver,
        }
    }
}
