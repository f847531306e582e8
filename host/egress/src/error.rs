//! Errors of requests. Every text is for the operator: it names hosts and
//! rules, and never a secret, a query or a parameter's value.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A request that got no answer.
///
/// Cheap to clone, so that the runtime can keep a refusal for the whole call.
/// The variants are those of `krabice:boxes/values.failure`, and `Forbidden` for
/// a request that broke a rule of this host.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EgressError {
    /// The request breaks a rule. Nothing was sent, and the whole call fails as
    /// forbidden, whatever the plugin answers afterwards.
    /// [`CallScope::refusal`](crate::CallScope::refusal) keeps the refusal.
    #[error("{0}")]
    Forbidden(Refusal),
    /// The back end could not be reached, broke the connection off or took too
    /// long.
    #[error("{detail}")]
    Unavailable {
        /// What happened, on which host.
        detail: String,
        /// The error of the network.
        source: Option<Cause>,
    },
    /// The back end refused the connection's login.
    #[error("{detail}")]
    Unauthorised {
        /// What happened, on which host.
        detail: String,
    },
    /// The request would have waited past the call's deadline for the
    /// connection's rate limit, or for the pause that the back end asked for.
    #[error("{detail}")]
    RateLimited {
        /// How long to wait, from now.
        retry_after: Option<Duration>,
        /// Which limit, on which connection.
        detail: String,
    },
    /// The answer breaks a limit or is not HTTP.
    #[error("{detail}")]
    UnexpectedAnswer {
        /// What is wrong with it, on which host.
        detail: String,
        /// The error of the parser.
        source: Option<Cause>,
    },
}

impl EgressError {
    /// The refusal, when a rule forbade the request.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        if let EgressError::Forbidden(refusal) = self {
            return Some(refusal);
        }
        None
    }

    /// The variant as one word, for spans.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            EgressError::Forbidden(_) => "forbidden",
            EgressError::Unavailable { .. } => "unavailable",
            EgressError::Unauthorised { .. } => "unauthorised",
            EgressError::RateLimited { .. } => "rate-limited",
            EgressError::UnexpectedAnswer { .. } => "unexpected-answer",
        }
    }
}

impl From<Refusal> for EgressError {
    fn from(refusal: Refusal) -> Self {
        EgressError::Forbidden(refusal)
    }
}

/// The error behind an [`EgressError`], shared so that the error can be cloned.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Wraps an error of the network.
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Cause(Arc::from(error.into()))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// A request that a rule forbids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// The part of the request that broke it, for the operator.
    pub detail: String,
}

/// The longest detail of a refusal, in characters. It may repeat what a plugin
/// wrote, which can be of any length.
const DETAIL: usize = 300;

impl Refusal {
    /// Makes a refusal by a rule. A long detail is cut.
    #[must_use]
    pub fn new(rule: Rule, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        Refusal { rule, detail }
    }
}

/// The rules that a request can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The address cannot be read, or hides its target.
    Url,
    /// The host is neither the connection's nor one that the manifest names.
    Host,
    /// The path is not below the connection's address.
    Path,
    /// The host has a private, special or metadata address.
    Address,
    /// The method is not one of those that plugins may use, or hides another.
    Method,
    /// The header belongs to the transport, carries a credential, or leads to another
    /// path, host or method.
    Header,
    /// The request is larger than allowed: address, headers or body.
    Size,
    /// The call has already made as many requests as one call may make.
    Requests,
}

impl Rule {
    /// The rule's stable code, such as `egress::forbidden-host`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Rule::Url => "egress::unreadable-address",
            Rule::Host => "egress::forbidden-host",
            Rule::Path => "egress::forbidden-path",
            Rule::Address => "egress::forbidden-address",
            Rule::Method => "egress::forbidden-method",
            Rule::Header => "egress::forbidden-header",
            Rule::Size => "egress::request-too-large",
            Rule::Requests => "egress::too-many-requests-in-a-call",
        }
    }
}
