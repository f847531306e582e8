//! The one way out: connections, credentials, and every rule for an outbound request. Knows nothing of components.
