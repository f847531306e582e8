//! The limit of open files, and how it is shared: what the store and back ends need is never given to
//! connections of clients.

/// Files that the process itself uses: listeners, the operator's connections, logs, files being read.
const OWN: u64 = 48;
/// Connections and files of the store.
const STORE: u64 = 16;

/// How many connections and requests may be open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Connections of clients.
    pub(crate) connections: usize,
    /// Requests to back ends. Each may leave an idle connection beside it.
    pub(crate) requests: u32,
}

/// Raises the limit of open files as far as the system allows, and lowers what is wanted to what fits,
/// with a warning.
pub(crate) fn share(wanted: Shares) -> Shares {
    let Some(limit) = raised() else {
        return wanted;
    };
    let shares = fitting(limit, wanted);
    if shares != wanted {
        tracing::warn!(
            open_files = limit,
            needed = needed(wanted),
            connections = shares.connections,
            requests_at_once = shares.requests,
            "the limit of open files is less than the configured connections need, so fewer are admitted; raise it (`ulimit -n`, `LimitNOFILE=`)"
        );
    }
    shares
}

fn needed(wanted: Shares) -> u64 {
    OWN + STORE + wanted.connections as u64 + 2 * u64::from(wanted.requests)
}

fn fitting(limit: u64, wanted: Shares) -> Shares {
    if limit >= needed(wanted) {
        return wanted;
    }
    let rest = limit.saturating_sub(OWN + STORE);
    let requests = u64::from(wanted.requests).min(rest / 4).max(1);
    let connections = rest.saturating_sub(2 * requests).max(1);
    Shares {
        connections: wanted
            .connections
            .min(usize::try_from(connections).unwrap_or(usize::MAX)),
        requests: u32::try_from(requests).unwrap_or(wanted.requests),
    }
}

/// The limit after it was raised. `None` if there is none.
#[cfg(unix)]
fn raised() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, most)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn raised() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_never_given_to_connections() {
        let wanted = Shares {
            connections: 10_000,
            requests: 256,
        };
        assert_eq!(fitting(1 << 20, wanted), wanted);
        for limit in [80, 128, 256, 1024, 4096, 10_000] {
            let shares = fitting(limit, wanted);
            assert!(needed(shares) <= limit, "{limit}: {shares:?}");
            assert!(shares.connections > 0 && shares.requests > 0);
        }
    }
}
