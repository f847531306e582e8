//! Every limit: its default, its reason and its setting.

use std::time::Duration;

/// The limits of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The largest body of a request, in bytes.
    pub request_bytes: usize,
    /// The total time of a request.
    pub total_timeout: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            request_bytes: 1 << 20,
            total_timeout: Duration::from_secs(20),
        }
    }
}
